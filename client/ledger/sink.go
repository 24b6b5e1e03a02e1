package ledger

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"
)

// csvSink writes RFC 4180. It quotes every delimiter that Open knows, not only its own,
// so that no cell can change what the file is taken for.
type csvSink struct{ output *bufio.Writer }

func newCSVSink(output io.Writer, mark string) *csvSink {
	s := &csvSink{bufio.NewWriter(output)}
	s.output.WriteString(mark) // an error stays in the buffer until Flush
	return s
}

func (s *csvSink) row(cells []string) error {
	for i, text := range cells {
		if i > 0 {
			s.output.WriteByte(',')
		}
		if !strings.ContainsAny(text, ",;\t\"\r\n") {
			s.output.WriteString(text)
			continue
		}
		s.output.WriteByte('"')
		s.output.WriteString(strings.ReplaceAll(text, `"`, `""`))
		s.output.WriteByte('"')
	}
	if _, err := s.output.WriteString("\r\n"); err != nil {
		return fmt.Errorf("write ledger: %w", err)
	}
	return nil
}

func (s *csvSink) close() error {
	if err := s.output.Flush(); err != nil {
		return fmt.Errorf("write ledger: %w", err)
	}
	return nil
}

// maxXLSXCell is the most UTF-16 units that a workbook's cell holds.
const maxXLSXCell = 32767

// xlsxSink writes a workbook through excelize, which keeps rows in a file of its own
// until the end.
type xlsxSink struct {
	output io.Writer
	file   *excelize.File
	stream *excelize.StreamWriter
	number int
	values []any
}

func newXLSXSink(output io.Writer, name string) (*xlsxSink, error) {
	s := &xlsxSink{output: output, file: excelize.NewFile()}
	if err := s.file.SetSheetName(s.file.GetSheetName(0), name); err != nil {
		return s, fmt.Errorf("write workbook: %w", err)
	}
	var err error
	if s.stream, err = s.file.NewStreamWriter(name); err != nil {
		return s, fmt.Errorf("write workbook: %w", err)
	}
	return s, nil
}

func (s *xlsxSink) row(cells []string) error {
	s.values = s.values[:0]
	for _, text := range cells {
		if err := checkXLSX(text); err != nil {
			return err
		}
		var value any
		if text != "" {
			value = text
		}
		s.values = append(s.values, value)
	}
	s.number++
	place, err := excelize.CoordinatesToCellName(1, s.number)
	if err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	if err := s.stream.SetRow(place, s.values); err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	return nil
}

// checkXLSX refuses what a workbook would cut or replace.
func checkXLSX(text string) error {
	if len(text) > maxXLSXCell && len(utf16.Encode([]rune(text))) > maxXLSXCell {
		return &FileError{
			ZH: "有一项内容超过32,767个字符，Excel单元格容纳不下。请改用CSV导出。",
			EN: "a text is longer than the 32,767 characters that a cell of a workbook holds; export it as CSV", Err: ErrCell,
		}
	}
	for _, r := range text {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == '\ufffe' || r == '\uffff' {
			return &FileError{
				ZH: fmt.Sprintf("有一项内容含有Excel工作簿不能保存的字符%U。请改用CSV导出。", r),
				EN: fmt.Sprintf("a text holds the character %U, which no workbook can hold; export it as CSV", r), Err: ErrCell,
			}
		}
	}
	return nil
}

func (s *xlsxSink) close() error {
	defer s.file.Close() //nolint:errcheck // only removes temporary files; the workbook was written by Flush
	if s.stream == nil {
		return nil
	}
	if err := s.stream.Flush(); err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	if _, err := s.file.WriteTo(s.output); err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	return nil
}
