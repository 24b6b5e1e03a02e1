package ledger

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"
)

// Reader yields the rows of one sheet. It is not safe for concurrent use.
type Reader struct {
	source source
	layout *layout
	record record
	err    error
	closer io.Closer
}

// zipMagic begins every XLSX file, and no CSV file that has headings.
const zipMagic = "PK\x03\x04"

// Open reads a ledger from a file, whatever its name says: a zip archive is taken for
// XLSX, all else for CSV. Of a workbook, remedies and figures are the sheet of their name
// if there is one (remedies, 行政救济, 复议诉讼; figures, 数据); else each kind is the first
// visible sheet that has its required columns. The error is a *FileError unless the file
// system gave it.
func Open(path string, sheet Sheet) (*Reader, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open ledger: %w", err)
	}
	r, err := openFile(file, sheet)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	r.closer = file
	return r, nil
}

// Sheets tells which ledgers a file holds, so that one workbook can be imported whole:
// those whose required columns Open finds. A file that cannot be read is an error, and so
// is a sheet that has the name of a kind and other headings; an empty one holds none.
func Sheets(path string) ([]Sheet, error) {
	var sheets []Sheet
	for _, sheet := range []Sheet{Applications, Remedies, Figures} {
		r, err := Open(path, sheet)
		if errors.Is(err, ErrHeader) && !errors.Is(err, errNamed) {
			continue
		}
		if err != nil {
			return nil, err
		}
		sheets = append(sheets, sheet)
		if err := r.Close(); err != nil {
			return nil, err
		}
	}
	return sheets, nil
}

// openFile takes a file with a size by content, and a pipe as CSV.
func openFile(file *os.File, sheet Sheet) (*Reader, error) {
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("open ledger: %w", err)
	}
	if !info.Mode().IsRegular() {
		return NewCSVReader(file, sheet)
	}
	return NewReader(file, info.Size(), sheet)
}

// NewReader reads a ledger of size bytes, XLSX or CSV by its content. The caller closes
// input after the Reader is done with.
func NewReader(input io.ReaderAt, size int64, sheet Sheet) (r *Reader, err error) {
	defer func() {
		if err2 := broken(recover()); err2 != nil {
			r, err = nil, err2
		}
	}()
	magic := make([]byte, len(zipMagic))
	if _, err := input.ReadAt(magic, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read ledger: %w", err)
	}
	if string(magic) != zipMagic {
		return newCSVReader(io.NewSectionReader(input, 0, size), size, sheet)
	}
	return newXLSXReader(input, size, sheet)
}

// NewCSVReader reads CSV of unknown length, as from a pipe.
func NewCSVReader(input io.Reader, sheet Sheet) (*Reader, error) {
	buffered := bufio.NewReader(input)
	if magic, _ := buffered.Peek(len(zipMagic)); bytes.Equal(magic, []byte(zipMagic)) {
		return nil, errStream
	}
	return newCSVReader(buffered, 0, sheet)
}

func newCSVReader(input io.Reader, size int64, sheet Sheet) (*Reader, error) {
	s, err := newCSVSource(input, size, sheet)
	if err != nil {
		return nil, err
	}
	return newReader(s, sheet)
}

// newReader takes the first row of the source as its header.
func newReader(s source, sheet Sheet) (*Reader, error) {
	if tables[sheet] == nil {
		return nil, &FileError{
			Err: ErrSheet,
			ZH:  fmt.Sprintf("没有“%s”这种台账；应为applications、remedies或figures。", shorten(string(sheet))),
			EN:  fmt.Sprintf("no such sheet as %q; it is applications, remedies or figures", shorten(string(sheet))),
		}
	}
	r := &Reader{source: s}
	titles, err := r.titles()
	if err != nil {
		return nil, errors.Join(err, r.Close())
	}
	if r.layout, err = newLayout(sheet, titles); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// titles reads the first row.
func (r *Reader) titles() ([]string, error) {
	err := r.source.next(&r.record)
	switch {
	case errors.Is(err, io.EOF):
		return nil, errEmpty
	case err != nil:
		return nil, err
	case r.record.flaw != flawNone:
		return nil, errHeaderSize
	case r.record.number != 1:
		return nil, nil // the first row of the sheet is empty, so all columns are missing
	}
	var titles []string
	for _, c := range r.record.cells {
		if c.flaw == flawEncoding || !utf8.ValidString(c.text) {
			return nil, &FileError{
				Row: 1, Err: ErrEncoding,
				ZH: "列名的编码无法识别。请将文件另存为UTF-8或GB18030。",
				EN: "the headings are in an encoding that cannot be read; save the file as UTF-8 or GB18030",
			}
		}
		titles = append(titles, trim(c.text))
	}
	return titles, nil
}

// Header says which columns the file has. It must not be changed.
func (r *Reader) Header() Header { return r.layout.header }

// Next returns the next row that has anything in it, and io.EOF after the last. A row
// with issues must be refused; reading goes on after it. Any other error ends the file
// and is returned again from then on: rows after it were not seen.
func (r *Reader) Next() (row Row, issues []Issue, err error) {
	defer func() {
		if err2 := broken(recover()); err2 != nil {
			r.err = err2
			row, issues, err = Row{}, nil, err2
		}
	}()
	for r.err == nil {
		if r.err = r.source.next(&r.record); r.err != nil {
			break
		}
		if !r.record.blank() && !r.record.repeats(r.layout.titles) {
			row, issues = r.layout.read(&r.record)
			return row, issues, nil
		}
	}
	return Row{}, nil, r.err
}

// broken makes an error of what a reader panicked with: no file, however it was made, may
// end the process that reads it.
func broken(panicked any) error {
	if panicked == nil {
		return nil
	}
	return damaged(fmt.Errorf("reading it failed: %v", panicked))
}

// Progress tells how far reading has come and where it ends, in bytes; of a workbook, in
// bytes of the unpacked sheet. A total of 0 is not known.
func (r *Reader) Progress() (done, total int64) { return r.source.progress() }

// Close releases the file. Rows that were returned stay valid.
func (r *Reader) Close() error {
	if r.err == nil {
		r.err = os.ErrClosed
	}
	var errs []error
	if c, ok := r.source.(io.Closer); ok {
		errs = append(errs, c.Close())
	}
	if r.closer != nil {
		errs = append(errs, r.closer.Close())
		r.closer = nil
	}
	return errors.Join(errs...)
}

// read judges the cells of a row.
func (l *layout) read(rec *record) (Row, []Issue) {
	row := Row{Number: rec.number, Cells: make([]string, len(l.used)), index: l.index}
	var issues []Issue
	if rec.flaw != flawNone {
		issues = append(issues, rec.flaw.issue(rec.number, "", "", ""))
	}
	for i := range l.used {
		u := &l.used[i]
		if u.place >= len(rec.cells) {
			continue
		}
		text, f := rec.cells[u.place].read(&u.column)
		if f != flawNone {
			issues = append(issues, f.issue(rec.number, u.heading, u.column.Key, rec.cells[u.place].text))
			continue
		}
		row.Cells[i] = text
	}
	for place := len(l.titles); place < len(rec.cells); place++ {
		if c := rec.cells[place]; c.flaw != flawNone || trim(c.text) != "" {
			issues = append(issues, flawSurplus.issue(rec.number, letters(place), "", c.text))
			break
		}
	}
	return row, issues
}

// read gives the text of a cell as its column wants it, or what is wrong with it.
func (c *cell) read(column *Column) (string, flaw) {
	switch {
	case c.flaw != flawNone:
		return "", c.flaw
	case !utf8.ValidString(c.text):
		return "", flawEncoding
	case strings.IndexByte(c.text, 0) >= 0:
		return "", flawNUL
	}
	text := trim(c.text)
	switch {
	case text == "" || column.Kind == Text:
		return unescape(text), flawNone
	case column.Kind == Date:
		return c.date(text)
	}
	return c.digits(unescape(text), column.Key)
}
