package document

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// What is read of a file from outside. The tables of a form are far below all of this.
const (
	mostText    = 4 << 20  // bytes of a CSV before its appendix
	mostPart    = 16 << 20 // bytes of a part of an XLSX, unpacked; an appendix longer than that is left out
	mostParts   = 64 << 20
	mostRows    = 2000 // of a sheet
	mostColumns = 100
)

// readCSV reads the rows up to the appendix. A spreadsheet that saves the file again may
// do so in GB18030.
func readCSV(r io.ReaderAt, size int64) ([]table, error) {
	data := make([]byte, min(size, mostText))
	if _, err := r.ReadAt(data, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	data, err := decode(data, size > mostText)
	if err != nil {
		return nil, err
	}
	c := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte(utf8Mark))))
	c.FieldsPerRecord = -1
	c.LazyQuotes = true
	t := table{}
	for {
		record, err := c.Read()
		if errors.Is(err, io.EOF) {
			return []table{t}, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrLayout, err)
		}
		if len(t.rows) == mostRows {
			return nil, fmt.Errorf("more than %d rows: %w", mostRows, ErrTooLarge)
		}
		line, _ := c.FieldPos(0)
		t.lines = append(t.lines, line)
		record[0] = plain(record[0])
		t.rows = append(t.rows, record)
	}
}

// decode returns the text before the appendix; cut says that data is only the beginning.
func decode(data []byte, cut bool) ([]byte, error) {
	gb18030 := simplifiedchinese.GB18030
	second, err := gb18030.NewEncoder().Bytes([]byte(appendixTitle))
	if err != nil {
		return nil, err
	}
	for _, mark := range [][]byte{[]byte(appendixTitle), second} {
		if before, _, ok := bytes.Cut(data, slices.Concat([]byte("\n"), mark)); ok {
			data, cut = before, false
		}
	}
	switch {
	case cut:
		return nil, fmt.Errorf("the tables take more than %d bytes: %w", mostText, ErrTooLarge)
	case utf8.Valid(data):
		return data, nil
	}
	if data, err = gb18030.NewDecoder().Bytes(data); err != nil {
		return nil, fmt.Errorf("the text is neither UTF-8 nor GB18030: %w", ErrLayout)
	}
	return data, nil
}

func readXLSX(r io.ReaderAt, size int64) (list []table, err error) {
	packed, err := slim(r, size)
	if err != nil {
		return nil, err
	}
	f, err := excelize.OpenReader(packed, excelize.Options{UnzipSizeLimit: mostParts, UnzipXMLSizeLimit: mostParts})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrLayout, err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	for _, name := range f.GetSheetList() {
		if strings.HasPrefix(name, appendixSheet) {
			continue
		}
		t, err := readSheet(f, name)
		if err != nil {
			return nil, fmt.Errorf("sheet %s: %w", name, err)
		}
		list = append(list, t)
	}
	return list, nil
}

// slim is the package without the parts that are too long to be tables.
func slim(r io.ReaderAt, size int64) (*bytes.Buffer, error) {
	in, err := zip.NewReader(r, size)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrLayout, err)
	}
	packed := &bytes.Buffer{}
	out := zip.NewWriter(packed)
	var whole uint64
	for _, f := range in.File {
		if f.UncompressedSize64 > mostPart {
			continue
		}
		if whole += f.UncompressedSize64; whole > mostParts {
			return nil, fmt.Errorf("more than %d bytes unpacked: %w", mostParts, ErrTooLarge)
		}
		if err := out.Copy(f); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrLayout, err)
		}
	}
	return packed, out.Close()
}

func readSheet(f *excelize.File, name string) (t table, err error) {
	rows, err := f.Rows(name)
	if err != nil {
		return t, fmt.Errorf("%w: %w", ErrLayout, err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	t.name = name
	for rows.Next() {
		if len(t.rows) == mostRows {
			return t, fmt.Errorf("more than %d rows: %w", mostRows, ErrTooLarge)
		}
		cells, err := rows.Columns(excelize.Options{RawCellValue: true})
		if err != nil {
			return t, fmt.Errorf("%w: %w", ErrLayout, err)
		}
		t.rows = append(t.rows, slices.Clone(cells[:min(len(cells), mostColumns)]))
	}
	return t, nil
}
