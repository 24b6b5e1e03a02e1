package document

import (
	"bufio"
	"encoding/xml"
	"fmt"
	"strconv"
)

const (
	numbersAcross = 6       // application numbers side by side in a row of the sheet
	mostSheetRows = 1 << 20 // of a sheet
)

// xlsxAppendix writes the sheet of application numbers: the rows of a cell begin with its
// name and label. Text stands in the cells themselves, not in the table of strings, which
// would have to be held until the end.
// It takes at most so many rows.
func xlsxAppendix(b *bufio.Writer, p *page, most int) error {
	s := &appendixRows{b: b}
	b.WriteString(xml.Header + `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><cols><col min="1" max="1" width="46" customWidth="1"/><col min="2" max="2" width="70" customWidth="1"/>`)
	fmt.Fprintf(b, `<col min="3" max="%d" width="20" customWidth="1"/></cols><sheetData>`, 2+numbersAcross)
	s.begin()
	s.cell(appendixTitle)
	s.end()
	s.begin()
	s.cell(appendixCell)
	s.cell(appendixLabel)
	s.cell(appendixNumber)
	s.end()
	var name, label string
	begin := func(n, l string) error {
		name, label = n, l
		s.end()
		return nil
	}
	number := func(text string) error {
		if s.column == 2+numbersAcross {
			s.end()
		}
		if s.column == 0 {
			if s.row == most {
				return fmt.Errorf("the appendix fills the %d rows of a sheet: %w; CSV has no such limit", most, ErrTooLarge)
			}
			s.begin()
			s.cell(name)
			s.cell(label)
		}
		return s.last(text)
	}
	if err := p.entries(begin, number); err != nil {
		return err
	}
	s.end()
	_, err := b.WriteString(`</sheetData><pageMargins left="0.6" right="0.6" top="0.8" bottom="0.8" header="0.3" footer="0.3"/><pageSetup paperSize="9" orientation="landscape" fitToHeight="0"/></worksheet>`)
	return err
}

// appendixRows writes rows one after the other.
type appendixRows struct {
	b      *bufio.Writer
	row    int
	column int // cells of the present row; 0: none is open
}

func (a *appendixRows) begin() {
	a.row++
	a.b.WriteString(`<row r="`)
	a.b.Write(strconv.AppendInt(a.b.AvailableBuffer(), int64(a.row), 10))
	a.b.WriteString(`">`)
}

func (a *appendixRows) end() {
	if a.column > 0 {
		a.b.WriteString("</row>")
	}
	a.column = 0
}

// cell writes the next cell of the row; last tells of an error.
func (a *appendixRows) cell(text string) { _ = a.last(text) }

// last is cell, and returns the first error of all that was written so far. A column has
// one letter, because there are few.
func (a *appendixRows) last(text string) error {
	a.b.WriteString(`<c r="`)
	a.b.WriteByte(byte('A' + a.column))
	a.b.Write(strconv.AppendInt(a.b.AvailableBuffer(), int64(a.row), 10))
	a.b.WriteString(`" t="inlineStr"><is><t xml:space="preserve">`)
	a.column++
	if err := xml.EscapeText(a.b, []byte(literal(text))); err != nil {
		return err
	}
	_, err := a.b.WriteString("</t></is></c>")
	return err
}
