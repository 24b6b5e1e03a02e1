package document

import (
	"bufio"
	"errors"
	"io"
	"testing"
)

// TestAppendixTooLong fills a sheet to its last row and beyond. The rows of a real sheet
// take too long for a test.
func TestAppendixTooLong(t *testing.T) {
	const most, heads = 12, 2
	for _, tc := range []struct {
		name    string
		entries int
		want    error
	}{
		{"as many as fit", (most - heads) * numbersAcross, nil},
		{"one more", (most-heads)*numbersAcross + 1, ErrTooLarge},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := &page{labels: map[string]string{"3100": "收到申请数"}}
			p.appendix = func(yield func(Entry, error) bool) {
				for range tc.entries {
					if !yield(Entry{Cell: "3100", Number: "1"}, nil) {
						return
					}
				}
			}
			if err := xlsxAppendix(bufio.NewWriter(io.Discard), p, most); !errors.Is(err, tc.want) {
				t.Errorf("got %v, want %v", err, tc.want)
			}
		})
	}
}
