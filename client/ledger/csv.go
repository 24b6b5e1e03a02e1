package ledger

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// csvSource reads RFC 4180 with the licence that spreadsheets take: any line end, text
// after a closing quote, quotes within an unquoted field. It works on bytes, because no
// delimiter, quote or line end is ever part of a longer character in UTF-8 or GB18030,
// and decodes field by field.
type csvSource struct {
	input   *bufio.Reader
	delim   byte
	charset charset
	gb      gbDecoder
	scan    csvScanner
	decoded []byte
	cuts    []int
	total   int64
	done    int64
	number  int
}

// newCSVSource looks at the beginning of the input to find encoding and delimiter.
// total is its length in bytes, 0 if unknown.
func newCSVSource(input io.Reader, total int64, sheet Sheet) (*csvSource, error) {
	s := &csvSource{input: bufio.NewReaderSize(input, maxHeader), total: total, gb: newGBDecoder()}
	sample, err := s.input.Peek(maxHeader)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read ledger: %w", err)
	}
	skip, charset, err := sniff(sample)
	if err != nil {
		return nil, err
	}
	s.charset = charset
	sample = sample[skip:]
	if s.delim, err = findDelimiter(sample, charset, sheet, len(sample)+skip == maxHeader); err != nil {
		return nil, err
	}
	n, err := s.input.Discard(skip)
	s.done = int64(n)
	return s, err
}

// findDelimiter reads the first line with each delimiter and keeps the one that makes
// most headings known, then most columns.
func findDelimiter(sample []byte, c charset, sheet Sheet, cut bool) (byte, error) {
	best, bestKnown, bestWidth, bestEnd := byte(','), -1, 0, 0
	for _, delim := range []byte(",;\t") {
		s := &csvSource{input: bufio.NewReader(bytes.NewReader(sample)), delim: delim, charset: c, gb: newGBDecoder()}
		var rec record
		known, width := 0, 0
		if err := s.next(&rec); err != nil {
			width = len(s.scan.ends) // amid quotes: the width so far still tells
		}
		for _, cell := range rec.cells {
			width++
			if _, ok := match(sheet, cell.text); ok {
				known++
			}
		}
		if known > bestKnown || known == bestKnown && width > bestWidth {
			best, bestKnown, bestWidth, bestEnd = delim, known, width, int(s.done)
		}
	}
	if cut && bestEnd >= len(sample) {
		return 0, errHeaderSize
	}
	return best, nil
}

// next reads one row.
func (s *csvSource) next(rec *record) error {
	rec.reset()
	s.scan.reset(s.delim)
	for !s.scan.ended {
		if _, err := s.input.Peek(1); err != nil {
			if !errors.Is(err, io.EOF) {
				return fmt.Errorf("read ledger: %w", err)
			}
			if err := s.scan.finish(); err != nil {
				return s.fail(err)
			}
			break
		}
		window, _ := s.input.Peek(s.input.Buffered())
		n := s.scan.feed(window)
		s.done += int64(n)
		if _, err := s.input.Discard(n); err != nil {
			return fmt.Errorf("read ledger: %w", err)
		}
	}
	s.number++
	rec.number = s.number
	s.settle()
	s.fill(rec)
	return nil
}

// fail says in which row the input ended amid quotes; io.EOF passes.
func (s *csvSource) fail(err error) error {
	if !errors.Is(err, errOpenQuote) {
		return err
	}
	return &FileError{
		Row: s.number + 1, Err: ErrFormat,
		ZH: fmt.Sprintf("第%d行有未闭合的双引号，其后的内容无法分行读取。请补上引号后再试。", s.number+1),
		EN: fmt.Sprintf("row %d has a quote that is never closed, so what follows cannot be split into rows; close it and try again", s.number+1),
	}
}

// settle decides on the encoding at the first row that is not ASCII, with what is
// buffered after it.
func (s *csvSource) settle() {
	if s.charset != charsetOpen || isASCII(s.scan.buf) {
		return
	}
	ahead, _ := s.input.Peek(s.input.Buffered())
	s.charset = guess(append(bytes.Clone(s.scan.buf), ahead...))
}

// fill turns the fields into cells. They share one string.
func (s *csvSource) fill(rec *record) {
	bytes, ends := s.scan.buf, s.scan.ends
	decoding := s.charset == charsetGB18030 && !isASCII(bytes)
	if decoding {
		bytes, ends = s.decode()
	}
	text := string(bytes)
	from := 0
	for i, end := range ends {
		c := cell{text: text[from:end]}
		if decoding && s.gb.damaged(c.text, s.scan.field(i)) {
			c.flaw = flawEncoding
		}
		rec.cells = append(rec.cells, c)
		from = end
	}
	if at := s.scan.longField; at >= 0 {
		rec.cells[at].flaw = flawCellLong
	}
	rec.flaw = s.scan.flaw
}

// decode turns the fields of GB18030 into UTF-8, end to end.
func (s *csvSource) decode() (text []byte, ends []int) {
	s.decoded, s.cuts = s.decoded[:0], s.cuts[:0]
	for i := range s.scan.ends {
		s.decoded = s.gb.append(s.decoded, s.scan.field(i))
		s.cuts = append(s.cuts, len(s.decoded))
	}
	return s.decoded, s.cuts
}

// progress counts bytes.
func (s *csvSource) progress() (done, total int64) { return s.done, s.total }
