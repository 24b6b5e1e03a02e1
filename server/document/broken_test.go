package document_test

import (
	"errors"
	"testing"

	"gongkai/server/document"
)

type trap struct{}

func (trap) ReadAt([]byte, int64) (int, error) { panic("a trap in the file") }

// A file that makes its reader panic is no report, and ends nothing but its own reading.
func TestPanicIsNoReport(t *testing.T) {
	for _, format := range []document.Format{document.XLSX, document.CSV} {
		if _, err := document.Read(trap{}, 1000, format); !errors.Is(err, document.ErrLayout) {
			t.Errorf("%s: %v", format, err)
		}
	}
}
