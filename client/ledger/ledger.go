// Package ledger knows the shape of ledgers (台账): the encodings in which offices
// save them, the headings that stand for a key, and how a cell becomes text with its
// row and column, in CSV and XLSX, in and out.
//
// It does not judge what a cell says. Whether a date is possible under the law, which
// basis a label means, or whether a number is taken is for the server, so that every
// client gets the same answer. A cell is refused here only when its text cannot be
// trusted: damaged encoding, digits a spreadsheet has dropped, a day that does not
// exist, text beyond the last column.
//
// Reading streams. The memory of a CSV file does not grow with it; of an XLSX file the
// table of shared strings is held, which the format forces on every reader, and the
// rows are not. Row holds its cells as a slice parallel to Header.Keys rather than as a
// map, because the slice and one string are then all that a row allocates; Row.Cell
// looks one up by its key.
package ledger

import (
	"errors"
	"fmt"
)

// Sheet names one of the three kinds of ledger.
type Sheet string

// The sheets, in the order in which an import takes them: a remedy refers to an
// application, a figure to nothing.
const (
	Applications Sheet = "applications"
	Remedies     Sheet = "remedies"
	Figures      Sheet = "figures"
)

// What a file is held to, so that a hostile or broken one costs little.
const (
	// MaxCell is the most bytes of text in a cell; a longer one is an Issue.
	MaxCell = 1 << 20
	// MaxColumns is the most columns of a file.
	MaxColumns = 1000

	maxRecord = 4 << 20
	maxHeader = 64 << 10
)

// Why a file cannot be read at all. The error that carries them is a *FileError.
var (
	// ErrSheet: the caller asked for a sheet that does not exist as a kind.
	ErrSheet = errors.New("unknown kind of sheet")
	// ErrEncoding: neither UTF-8 nor GB18030.
	ErrEncoding = errors.New("encoding not supported")
	// ErrFormat: neither CSV nor a workbook that can be read, or one that is damaged.
	ErrFormat = errors.New("not a readable ledger")
	// ErrHeader: the first row does not name the columns that every row needs.
	ErrHeader = errors.New("heading row not usable")
	// ErrLimit: larger than a ledger can be, or packed like a decompression bomb.
	ErrLimit = errors.New("file too large")
)

// errNamed: a sheet has the name of a kind of ledger and not its headings.
var errNamed = fmt.Errorf("sheet named like a ledger: %w", ErrHeader)

// FileError says why reading or writing a file ended, in both languages. It wraps one of
// the sentinels above, ErrCell, or the error of the file system.
type FileError struct {
	// Row is the spreadsheet row where it happened, 0 if it concerns the whole file.
	Row int
	// Keys are the required keys without a column, for ErrHeader.
	Keys []string
	// ZH and EN say what is wrong and what to do.
	ZH, EN string
	// Err is the sentinel or cause.
	Err error
}

// Error gives the English text; a screen shows ZH beside it.
func (e *FileError) Error() string { return e.EN }

// Unwrap lets errors.Is find the sentinel.
func (e *FileError) Unwrap() error { return e.Err }

// Row is one row of a sheet. It stays valid after the next call of Reader.Next.
type Row struct {
	// Number is the row as a spreadsheet shows it; the header is 1.
	Number int
	// Cells are the texts in the order of Header.Keys; empty is not known.
	Cells []string

	index map[string]int
}

// Cell returns the text under a key, empty if the file has no such column.
func (r Row) Cell(key string) string {
	if i, ok := r.index[key]; ok {
		return r.Cells[i]
	}
	return ""
}

// Map returns the cells that are not empty by key, the form that Writer.Write takes.
func (r Row) Map() map[string]string {
	cells := make(map[string]string, len(r.Cells))
	for key, i := range r.index {
		if r.Cells[i] != "" {
			cells[key] = r.Cells[i]
		}
	}
	return cells
}
