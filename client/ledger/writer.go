package ledger

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// ErrCell is wrapped when a text cannot be written so that it reads back.
var ErrCell = errors.New("cell cannot be written")

// Options choose how a ledger is written.
type Options struct {
	// Headings is "zh" (or empty) for the first Chinese heading of each column, "key"
	// for its key.
	Headings string
}

// Writer writes a sheet with all its columns, so that what it writes reads back the same
// except for white space at the ends of a text. Text that a spreadsheet would run gets
// an apostrophe in front, in XLSX too, where it would only run after being saved again.
type Writer struct {
	columns []Column
	sink    sink
	cells   []string
	started bool
	err     error
}

// sink takes rows in the format of the file.
type sink interface {
	row(cells []string) error
	close() error
}

// NewCSV begins a CSV file (RFC 4180, UTF-8). With Chinese headings a byte order mark
// comes first, without which Excel takes the file for GBK. The headings are written with
// the first row or on Close; a wrong sheet or option is reported then.
func NewCSV(output io.Writer, sheet Sheet, options Options) *Writer {
	mark := ""
	if options.Headings != "key" {
		mark = "\ufeff"
	}
	return newWriter(newCSVSink(output, mark), sheet, options)
}

// NewXLSX begins a workbook with one worksheet, whose name Open looks for. All cells are
// text, so that nothing loses digits. The workbook is written on Close.
func NewXLSX(output io.Writer, sheet Sheet, options Options) *Writer {
	s, err := newXLSXSink(output, sheetName(sheet, options))
	w := newWriter(s, sheet, options)
	w.err = errors.Join(w.err, err)
	return w
}

// sheetName is what the worksheet is called in the language of the headings.
func sheetName(sheet Sheet, options Options) string {
	switch others := sheetNames[sheet]; {
	case tables[sheet] == nil:
		return "ledger"
	case options.Headings == "key":
		return string(sheet)
	case len(others) > 1:
		return others[1]
	}
	return "申请"
}

func newWriter(s sink, sheet Sheet, options Options) *Writer {
	w := &Writer{columns: tables[sheet], sink: s}
	if w.columns == nil {
		w.err = fmt.Errorf("write ledger: %w: %q", ErrSheet, sheet)
		return w
	}
	for _, c := range w.columns {
		switch options.Headings {
		case "", "zh":
			w.cells = append(w.cells, c.Headings[0])
		case "key":
			w.cells = append(w.cells, c.Key)
		default:
			w.err = fmt.Errorf("write ledger: headings %q are neither zh nor key", options.Headings)
			return w
		}
	}
	return w
}

// Write adds a row. A key that is no column of the sheet is an error, because its text
// would be lost; so is a text that is not UTF-8, holds NUL or does not fit a cell of the
// format. After such an error the row is left out and writing may go on.
func (w *Writer) Write(cells map[string]string) error {
	if err := w.begin(); err != nil {
		return err
	}
	found := 0
	for i, c := range w.columns {
		text, ok := cells[c.Key]
		if ok {
			found++
		}
		if !utf8.ValidString(text) || strings.IndexByte(text, 0) >= 0 {
			return fmt.Errorf("%w: %s is not UTF-8 text", ErrCell, c.Key)
		}
		if w.cells[i] = escape(text); len(w.cells[i]) > MaxCell {
			return fmt.Errorf("%w: %s is longer than 1 MiB", ErrCell, c.Key)
		}
	}
	if found < len(cells) {
		return fmt.Errorf("%w: a key is no column of the sheet", ErrCell)
	}
	err := w.put()
	if file, ok := errors.AsType[*FileError](err); ok && cells["application_no"] != "" {
		file.ZH, file.EN = "申请"+cells["application_no"]+"："+file.ZH, "application "+cells["application_no"]+": "+file.EN
	}
	return err
}

// begin writes the headings, which wait in cells until then.
func (w *Writer) begin() error {
	if w.err != nil {
		return w.err
	}
	if w.started {
		return nil
	}
	w.started = true
	return w.put()
}

// put writes a row; what the output refuses ends the file.
func (w *Writer) put() error {
	err := w.sink.row(w.cells)
	if err != nil && !errors.Is(err, ErrCell) {
		w.err = err
	}
	return err
}

// Close writes what is left and releases the Writer, not the output. A sheet without
// rows has its headings.
func (w *Writer) Close() error {
	err := w.begin()
	if w.sink == nil {
		return err
	}
	closed := w.sink.close()
	w.sink = nil
	if w.err == nil {
		w.err = io.ErrClosedPipe
	}
	return errors.Join(err, closed)
}
