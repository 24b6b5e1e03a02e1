package ledger_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"gongkai/client/ledger"
)

// trap is a file whose reader panics behind a place.
type trap struct {
	io.ReaderAt
	after int64
}

func (r trap) ReadAt(p []byte, at int64) (int, error) {
	if at+int64(len(p)) > r.after {
		panic("a trap in the file")
	}
	return r.ReaderAt.ReadAt(p, at)
}

// A file that makes its reader panic is damaged, and ends nothing but its own reading.
func TestPanicIsDamage(t *testing.T) {
	rows := file(t, 5_000, ledger.NewXLSX)
	for name, after := range map[string]int64{"at once": 4, "at the end of it": int64(len(rows)) / 2} {
		_, err := ledger.NewReader(trap{bytes.NewReader(rows), after}, int64(len(rows)), ledger.Applications)
		if file, ok := errors.AsType[*ledger.FileError](err); !ok || file.ZH == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	in := &switched{ReaderAt: bytes.NewReader(rows)}
	r, err := ledger.NewReader(in, int64(len(rows)), ledger.Applications)
	if err != nil {
		t.Fatal(err)
	}
	in.on = true
	for err == nil {
		_, _, err = r.Next()
	}
	if _, ok := errors.AsType[*ledger.FileError](err); !ok {
		t.Errorf("among the rows: %v", err)
	}
	if _, _, again := r.Next(); !errors.Is(again, err) {
		t.Errorf("afterwards: %v", again)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

// switched panics once it is on.
type switched struct {
	io.ReaderAt
	on bool
}

func (r *switched) ReadAt(p []byte, at int64) (int, error) {
	if r.on {
		panic("a trap in the file")
	}
	return r.ReaderAt.ReadAt(p, at)
}
