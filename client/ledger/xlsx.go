package ledger

import (
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// xlsxSource streams the rows of a worksheet. It reads the XML itself because a ledger
// must tell a number from a text and a date from either, which libraries that stream
// rows hide and those that show it load the whole sheet for.
type xlsxSource struct {
	book    *workbook
	part    io.Closer
	guard   *guard
	xml     *xml.Decoder
	row     int
	text    richText
	value   []byte
	content int
}

// newXLSXReader opens the worksheet called by the kind of ledger, else the first visible
// one that has the columns which the kind requires.
func newXLSXReader(input io.ReaderAt, size int64, sheet Sheet) (*Reader, error) {
	a, err := openArchive(input, size)
	if err != nil {
		return nil, err
	}
	book, err := readWorkbook(a, sheet)
	if err != nil {
		return nil, err
	}
	var first error
	for _, s := range book.sheets {
		source, err := newXLSXSource(book, s.part)
		if err != nil {
			return nil, err
		}
		r, err := newReader(source, sheet)
		if !errors.Is(err, ErrHeader) {
			return r, err
		}
		if book.named {
			return nil, headingsOf(s.name, err)
		}
		first = cmp.Or(first, err)
	}
	return nil, first
}

// headingsOf says of a sheet that by its name is a ledger why its headings are none.
func headingsOf(name string, err error) error {
	var file *FileError
	if errors.Is(err, errEmpty) || !errors.As(err, &file) {
		return err
	}
	named := *file
	named.ZH, named.EN = fmt.Sprintf("工作表“%s”：%s", shorten(name), file.ZH), fmt.Sprintf("sheet %q: %s", shorten(name), file.EN)
	named.Err = errNamed
	return &named
}

// newXLSXSource opens a worksheet.
func newXLSXSource(book *workbook, name string) (*xlsxSource, error) {
	part, guard, err := book.archive.open(name)
	if err != nil {
		return nil, err
	}
	return &xlsxSource{book: book, part: part, guard: guard, xml: xml.NewDecoder(guard)}, nil
}

// Close releases the worksheet.
func (s *xlsxSource) Close() error { return s.part.Close() }

// progress counts bytes of the worksheet.
func (s *xlsxSource) progress() (done, total int64) { return s.xml.InputOffset(), s.guard.size }

// next reads one row.
func (s *xlsxSource) next(rec *record) error {
	rec.reset()
	for {
		token, err := s.token()
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if t.Name.Local != "row" {
				continue
			}
			if err := s.beginRow(t); err != nil {
				return err
			}
			rec.number = s.row
			return s.readRow(rec)
		case xml.EndElement:
			if t.Name.Local == "sheetData" {
				return io.EOF
			}
		}
	}
}

// token reads on; the end of the part before the end of the sheet is damage.
func (s *xlsxSource) token() (xml.Token, error) {
	token, err := s.xml.RawToken()
	switch {
	case err == nil:
		return token, nil
	case errors.Is(err, io.EOF):
		err = io.ErrUnexpectedEOF
	}
	return nil, damaged(err)
}

// beginRow takes the number of the row, which may be left out for the next one.
func (s *xlsxSource) beginRow(t xml.StartElement) error {
	number := s.row + 1
	if r := attribute(t, "r"); r != "" {
		n, err := strconv.Atoi(r)
		if err != nil || n < number || n > 1<<20 {
			return damaged(errors.New("rows out of order"))
		}
		number = n
	}
	s.row = number
	s.content = 0
	return nil
}

// readRow reads the cells up to the end of the row.
func (s *xlsxSource) readRow(rec *record) error {
	at := -1
	for {
		token, err := s.token()
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if t.Name.Local != "c" {
				continue
			}
			if at, err = columnOf(attribute(t, "r"), at); err != nil {
				return err
			}
			c, err := s.readCell(t)
			if err != nil {
				return err
			}
			s.keep(rec, at, c)
		case xml.EndElement:
			if t.Name.Local == "row" {
				return nil
			}
		}
	}
}

// keep puts a cell into the row unless a limit keeps it out.
func (s *xlsxSource) keep(rec *record, at int, c cell) {
	if c.text == "" && c.flaw == flawNone {
		return
	}
	if len(c.text) > MaxCell {
		c = cell{text: c.text[:maxValue], flaw: flawCellLong}
	}
	s.content += len(c.text)
	switch {
	case at >= MaxColumns:
		rec.flaw = flawTooWide
	case s.content > maxRecord:
		rec.flaw = flawRowLong
	default:
		rec.place(at, c)
	}
}

// readCell reads a cell up to its end. A formula counts by its stored result.
func (s *xlsxSource) readCell(start xml.StartElement) (cell, error) {
	s.value, s.text = s.value[:0], richText{buf: s.text.buf[:0]}
	inline, formula, valued, inValue := "", false, false, false
	for {
		token, err := s.token()
		if err != nil {
			return cell{}, err
		}
		switch t := token.(type) {
		case xml.StartElement:
			inValue = t.Name.Local == "v"
			valued = valued || inValue
			formula = formula || t.Name.Local == "f"
			s.text.start(t.Name.Local)
		case xml.CharData:
			if inValue && len(s.value) <= MaxCell {
				s.value = append(s.value, t...)
			}
			s.text.add(t)
		case xml.EndElement:
			inValue = false
			if s.text.end(t.Name.Local) {
				inline = s.text.take()
			}
			if t.Name.Local == "c" {
				if formula && !valued {
					return cell{flaw: flawNoValue}, nil
				}
				return s.cell(start, string(s.value), inline), nil
			}
		}
	}
}

// cell makes text of the value by the type of the cell.
func (s *xlsxSource) cell(start xml.StartElement, value, inline string) cell {
	switch attribute(start, "t") {
	case "s":
		if value == "" {
			return cell{}
		}
		i, err := strconv.Atoi(trim(value))
		if err != nil || i < 0 || i >= len(s.book.shared) {
			return cell{text: value, flaw: flawNumber}
		}
		return cell{text: s.book.shared[i]}
	case "inlineStr":
		return cell{text: inline}
	case "str":
		return cell{text: unescapeXML(value)}
	case "b":
		return cell{text: map[bool]string{true: "TRUE", false: "FALSE"}[isTrue(value)]}
	case "e":
		return cell{text: value, flaw: flawFormula}
	case "d":
		return cell{text: value, form: formDate}
	}
	id, err := strconv.Atoi(attribute(start, "s"))
	if err != nil {
		id = -1
	}
	return s.book.numberCell(trim(value), id)
}

// columnOf reads the letters of a cell's place; without, it is the next one.
func columnOf(ref string, previous int) (int, error) {
	if ref == "" {
		return previous + 1, nil
	}
	n := 0
	for i := 0; i < len(ref) && ref[i] >= 'A' && ref[i] <= 'Z' && n <= 1<<14; i++ {
		n = n*26 + int(ref[i]-'A') + 1
	}
	if n-1 <= previous || n > 1<<14 {
		return 0, damaged(errors.New("cells out of order"))
	}
	return n - 1, nil
}

// attribute gives an attribute without a name space.
func attribute(t xml.StartElement, name string) string {
	for _, a := range t.Attr {
		if a.Name.Space == "" && a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}
