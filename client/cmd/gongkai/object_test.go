package main

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
)

func TestFiguresThatAreNone(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"NaN", "1e5", "01", "1.", ".5", "+1", "1,000", "null", "１"} {
		if got, err := figure(value); err == nil {
			t.Errorf("%s became %s", value, got)
		}
	}
	for _, test := range []struct{ name, path, other string }{
		{"figures under a figure", "codes", "codes/1110"},
		{"figure above figures", "codes/1110", "codes"},
	} {
		var o object
		if err := o.put(strings.Split(test.path, "/"), json.RawMessage("1")); err != nil {
			t.Fatal(err)
		}
		if err := o.put(strings.Split(test.other, "/"), json.RawMessage("1")); err == nil {
			t.Errorf("%s: no error", test.name)
		}
	}
}

// FuzzObject reads objects as encoding/json does and writes them back in order.
func FuzzObject(f *testing.F) {
	for _, seed := range []string{`{}`, `{"b":1,"a":{"d":null,"c":[1,{"e":2}]}}`, `{"a":1,"a":2}`, `[]`, `{"a"`, ` {"a" : "\u4e00" }`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var o object
		if err := json.Unmarshal([]byte(text), &o); err != nil {
			return
		}
		out, err := json.Marshal(&o)
		if err != nil {
			t.Fatalf("%q cannot be written: %v", text, err)
		}
		var want, got map[string]any
		if json.Unmarshal([]byte(text), &want) != nil {
			return
		}
		if err := json.Unmarshal(out, &got); err != nil {
			t.Fatal(err)
		}
		if len(want) != len(o.keys) {
			t.Errorf("%d keys of %q, want %d", len(o.keys), text, len(want))
		}
		if !reflect.DeepEqual(want, got) {
			t.Errorf("%q became %s", text, out)
		}
	})
}
