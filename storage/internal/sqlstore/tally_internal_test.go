package sqlstore

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMerge(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		data    string
		changes map[string]int64
		want    string
	}{
		{"nothing to nothing", "", nil, ""},
		{"nothing to a row", "b\t2\nd\t4\n", nil, "b\t2\nd\t4\n"},
		{"to an empty row, in the order of keys", "", map[string]int64{"c": 3, "a": 1, "b": 2}, "a\t1\nb\t2\nc\t3\n"},
		{"other keys before, between and after", "b\t2\nd\t4\n", map[string]int64{"a": 1, "c": 3, "e": 5}, "a\t1\nb\t2\nc\t3\nd\t4\ne\t5\n"},
		{"the same key, first, middle and last", "a\t1\nb\t2\nc\t3\n", map[string]int64{"a": 10, "b": 20, "c": 30}, "a\t11\nb\t22\nc\t33\n"},
		{"the same key and another", "b\t2\n", map[string]int64{"b": 1, "a": 7}, "a\t7\nb\t3\n"},
		{"a sum of zero leaves no line", "a\t1\nb\t2\nc\t3\n", map[string]int64{"b": -2}, "a\t1\nc\t3\n"},
		{"all sums zero leave no row", "a\t1\nb\t-2\n", map[string]int64{"a": -1, "b": 2}, ""},
		{"a change of zero adds no line", "b\t2\n", map[string]int64{"a": 0, "b": 0, "c": 0}, "b\t2\n"},
		{"less than there was", "a\t5\n", map[string]int64{"a": -3}, "a\t2\n"},
		{"below zero", "a\t1\n", map[string]int64{"a": -3}, "a\t-2\n"},
		{"below zero where nothing was", "b\t2\n", map[string]int64{"a": -1}, "a\t-1\nb\t2\n"},
		{"a key that begins another", "a\t1\na/b\t2\n", map[string]int64{"a/": 5, "a/b": 1}, "a\t1\na/\t5\na/b\t3\n"},
		{"keys with spaces and Chinese", "a b\t1\n甲\t2\n", map[string]int64{"甲": 1, "乙": 4}, "a b\t1\n乙\t4\n甲\t3\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := merge(test.data, test.changes)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A line that is changed is read to its end: a count that is no number is told, not overwritten.
func TestMergeOfADamagedLine(t *testing.T) {
	t.Parallel()
	for name, data := range map[string]string{"an empty count": "a\t\n", "letters": "a\tx\n"} {
		if got, err := merge(data, map[string]int64{"a": 1}); err == nil {
			t.Errorf("%s: %q became %q without an error", name, data, got)
		}
	}
}
