// Package document writes an annual report as the document that an agency files and
// publishes: XLSX, DOCX, HTML for print and CSV, in the layout of the official forms, and
// reads the figures of its own XLSX and CSV back.
//
// It renders and does nothing else: the figures come in computed, the prose comes in
// written, and neither is judged. It knows no clock, so that the same report gives the
// same bytes, and it touches nothing but the writer or reader it is given. The documents
// are in Chinese only, because the forms are.
//
// Layouts: 国办发〔2014〕32号 (coded table), 国办公开办函〔2019〕60号 and 国办公开办函〔2021〕30号
// (formats under Art 50 of the Regulation of 2019).
package document

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"unicode/utf8"

	"gongkai/workflow/report"
)

// Format is a kind of file. Its text is also the usual ending of the file's name.
type Format string

// The formats.
const (
	XLSX Format = "xlsx" // tables and appendix, figures as numbers
	DOCX Format = "docx" // the whole report, to be edited
	HTML Format = "html" // the whole report as one page, for print and for the web site
	CSV  Format = "csv"  // tables and appendix
)

// Errors of a caller's choice of format and content.
var (
	ErrFormat   = errors.New("no such format")
	ErrContent  = errors.New("the document cannot hold this")
	ErrTooLarge = errors.New("more than the format can hold")
)

// Formats returns the formats that can be written.
func Formats() []Format { return []Format{XLSX, DOCX, HTML, CSV} }

// ParseFormat reads the name of a format; case makes no difference.
func ParseFormat(s string) (Format, error) {
	for _, f := range Formats() {
		if strings.EqualFold(s, string(f)) {
			return f, nil
		}
	}
	return "", fmt.Errorf("format %q: %w; there are xlsx, docx, html and csv", s, ErrFormat)
}

// MediaType is the type under which the web knows the format.
func (f Format) MediaType() string {
	switch f {
	case XLSX:
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	case DOCX:
		return "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	case HTML:
		return "text/html; charset=utf-8"
	case CSV:
		return "text/csv; charset=utf-8"
	}
	return "application/octet-stream"
}

// Document is an annual report with what stands around its figures.
type Document struct {
	Report     report.Report
	AgencyName string
	// Provisional says that a date behind the figures may still move, because the notice of
	// holidays for a year is not out.
	Provisional bool
	Notes       []string // more to be said below the title, a sentence each

	// The chapters of prose, one paragraph a line. A chapter without text is marked 待填
	// like a figure that was not entered. The coded table has no chapters; Prose is then
	// printed before it. XLSX and CSV hold no prose.
	Prose    string // 一、总体情况
	Problems string // 五、存在的主要问题及改进情况
	Others   string // 六、其他需要报告的事项

	// Appendix, unless nil, yields the applications behind the derived cells, those of a
	// cell one after the other. It is read once, while the document is written, and is
	// never held in memory. An error that it yields ends the writing.
	Appendix iter.Seq2[Entry, error]
}

// Entry says that an application counts in a cell. The number is all that is printed of
// the application.
type Entry struct {
	Cell   string // report.Cell.Name
	Number string
}

// Write writes a document. The figures must be those of the report's form; a report that
// lacks a row of it is ErrContent.
//
// What was written before an error is no document.
func Write(w io.Writer, format Format, d Document) error {
	p, err := newPage(&d)
	if err != nil {
		return fmt.Errorf("lay out the report on %d: %w", d.Report.Year, err)
	}
	switch format {
	case XLSX:
		err = writeXLSX(w, p)
	case DOCX:
		err = writeDOCX(w, p)
	case HTML:
		err = writeHTML(w, p)
	case CSV:
		err = writeCSV(w, p)
	default:
		err = fmt.Errorf("format %q: %w", format, ErrFormat)
	}
	if err != nil {
		return fmt.Errorf("write the report on %d: %w", d.Report.Year, err)
	}
	return nil
}

// entries walks the appendix: begin is told of each new cell, number of each application.
func (p *page) entries(begin func(name, label string) error, number func(string) error) error {
	cell, started := "", false
	for e, err := range p.appendix {
		if err != nil {
			return fmt.Errorf("read the appendix: %w", err)
		}
		if !started || e.Cell != cell {
			label, ok := p.labels[e.Cell]
			if !ok {
				return fmt.Errorf("appendix for cell %q, which the form lacks: %w", e.Cell, ErrContent)
			}
			if err := begin(e.Cell, label); err != nil {
				return err
			}
			cell, started = e.Cell, true
		}
		if err := number(oneLine(e.Number)); err != nil {
			return err
		}
	}
	return nil
}

// printable replaces what no XML document may hold.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t', r == '\n', r >= 0x20 && r <= 0xD7FF, r >= 0xE000 && r <= 0xFFFD, r >= 0x10000:
			return r
		case r == '\r':
			return '\n'
		}
		return utf8.RuneError
	}, s)
}

// oneLine is a text for a heading or a cell.
func oneLine(s string) string { return strings.Join(strings.Fields(printable(s)), " ") }

// paragraphs are the lines of a prose that are not empty.
func paragraphs(s string) []string {
	var list []string
	for line := range strings.Lines(printable(s)) {
		if line = strings.TrimSpace(line); line != "" {
			list = append(list, line)
		}
	}
	return list
}
