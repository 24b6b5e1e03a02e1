package ledger

import (
	"bytes"
	"errors"
	"io"
)

var errOpenQuote = errors.New("quote never closed")

// csvScanner splits bytes into the fields of one row. It takes them in pieces of any
// size and keeps no more than the limits allow, whatever comes.
type csvScanner struct {
	delim byte
	state scanState
	// buf holds the fields end to end without quotes; ends are where they end in it.
	buf  []byte
	ends []int
	// ended tells that the row is complete, begun that any byte of it was seen.
	ended, begun bool
	// afterCR lets a line feed that follows a carriage return belong to it.
	afterCR bool
	// longField is the place of a field over MaxCell, -1 for none.
	longField int
	flaw      flaw
}

type scanState uint8

const (
	scanStart scanState = iota
	scanPlain
	scanQuoted
	scanQuote // after a quote within a quoted field
)

// reset begins a row; afterCR stays.
func (s *csvScanner) reset(delim byte) {
	*s = csvScanner{delim: delim, buf: s.buf[:0], ends: s.ends[:0], longField: -1, afterCR: s.afterCR}
}

// feed takes bytes until the row ends and returns how many it took.
func (s *csvScanner) feed(window []byte) int {
	i := 0
	if s.afterCR {
		s.afterCR = false
		if window[0] == '\n' {
			i++
		}
	}
	for i < len(window) && !s.ended {
		s.begun = true
		switch s.state {
		case scanStart, scanPlain:
			i += s.plain(window[i:])
		case scanQuoted:
			i += s.quoted(window[i:])
		case scanQuote:
			if window[i] == '"' {
				s.put(window[i : i+1])
				s.state = scanQuoted
				i++
				continue
			}
			s.state = scanPlain
		}
	}
	return i
}

// plain takes bytes outside quotes up to and with the next mark.
func (s *csvScanner) plain(window []byte) int {
	if s.state == scanStart && window[0] == '"' {
		s.state = scanQuoted
		return 1
	}
	s.state = scanPlain
	n := 0
	for n < len(window) && window[n] != s.delim && window[n] != '\n' && window[n] != '\r' {
		n++
	}
	s.put(window[:n])
	if n == len(window) {
		return n
	}
	s.endField()
	if window[n] != s.delim {
		s.ended = true
		s.afterCR = window[n] == '\r'
	}
	return n + 1
}

// quoted takes bytes inside quotes up to and with the next quote.
func (s *csvScanner) quoted(window []byte) int {
	n := bytes.IndexByte(window, '"')
	if n < 0 {
		s.put(window)
		return len(window)
	}
	s.put(window[:n])
	s.state = scanQuote
	return n + 1
}

// put adds bytes to the field, or notes which limit keeps them out.
func (s *csvScanner) put(text []byte) {
	switch {
	case len(text) == 0:
	case len(s.ends) >= MaxColumns:
		if len(bytes.TrimSpace(text)) > 0 {
			s.flaw = flawTooWide
		}
	case len(s.buf)-s.from()+len(text) > MaxCell:
		s.longField = len(s.ends)
	case len(s.buf)+len(text) > maxRecord:
		s.flaw = flawRowLong
	default:
		s.buf = append(s.buf, text...)
	}
}

// from is where the field being read begins in buf.
func (s *csvScanner) from() int {
	if len(s.ends) == 0 {
		return 0
	}
	return s.ends[len(s.ends)-1]
}

// endField closes the field; those beyond the last possible column are not kept.
func (s *csvScanner) endField() {
	s.state = scanStart
	if len(s.ends) < MaxColumns {
		s.ends = append(s.ends, len(s.buf))
	}
}

// finish closes the row at the end of the input.
func (s *csvScanner) finish() error {
	switch {
	case !s.begun:
		return io.EOF
	case s.state == scanQuoted:
		return errOpenQuote
	}
	s.endField()
	s.ended = true
	return nil
}

// field gives the bytes of a field.
func (s *csvScanner) field(i int) []byte {
	if i == 0 {
		return s.buf[:s.ends[0]]
	}
	return s.buf[s.ends[i-1]:s.ends[i]]
}
