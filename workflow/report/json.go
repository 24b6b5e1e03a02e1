package report

import (
	"encoding/json"
	"strconv"
)

// AppendFigures appends the figures as a JSON object in the shape in which reports are
// exchanged: {"codes": {…}}, or {"rows": {ROW: {COLUMN: …}}, "review": {…}, …} with the
// figures of table 二 under "t2". A figure that was not entered is null. The order is
// that of print, so that the same report always gives the same bytes.
func (r *Report) AppendFigures(dst []byte) []byte {
	var at []string // the members that are open
	dst = append(dst, '{')
	empty := true // the innermost object has no member yet
	for i := range r.Lines {
		for _, c := range r.Lines[i].Cells {
			parents := c.Path[:len(c.Path)-1]
			same := shared(at, parents)
			for range len(at) - same {
				dst, empty = append(dst, '}'), false
			}
			at = parents
			for _, name := range parents[same:] {
				dst, empty = appendName(dst, name, empty), true
				dst = append(dst, '{')
			}
			dst, empty = appendName(dst, c.Path[len(c.Path)-1], empty), false
			if c.Value.Known {
				dst = append(dst, c.Value.String()...)
			} else {
				dst = append(dst, "null"...)
			}
		}
	}
	for range at {
		dst = append(dst, '}')
	}
	return append(dst, '}')
}

// shared is the number of leading names that two paths have in common.
func shared(a, b []string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

func appendName(dst []byte, name string, first bool) []byte {
	if !first {
		dst = append(dst, ',')
	}
	return append(appendText(dst, name), ':')
}

// appendText cannot fail: encoding/json replaces bytes that are no UTF-8.
func appendText(dst []byte, s string) []byte {
	text, _ := json.Marshal(s)
	return append(dst, text...)
}

// AppendJSON appends the report as a document. Whose it is, and whether a date that it
// rests on may still move, is for the caller to know.
func (r *Report) AppendJSON(dst []byte, agency string, provisional bool) []byte {
	dst = append(dst, `{"agency":`...)
	dst = appendText(dst, agency)
	dst = append(dst, `,"year":`...)
	dst = strconv.AppendInt(dst, int64(r.Year), 10)
	dst = append(dst, `,"form":`...)
	dst = appendText(dst, string(r.Form))
	dst = append(dst, `,"figures":`...)
	dst = r.AppendFigures(dst)
	dst = append(dst, `,"missing":[`...)
	for i, key := range r.Missing {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendText(dst, key)
	}
	dst = append(dst, `],"provisional":`...)
	dst = strconv.AppendBool(dst, provisional)
	for i, w := range r.Warnings {
		if i == 0 {
			dst = append(dst, `,"warnings":[`...)
		} else {
			dst = append(dst, ',')
		}
		dst = appendText(append(dst, `{"zh":`...), w.ZH)
		dst = append(appendText(append(dst, `,"en":`...), w.EN), '}')
	}
	if len(r.Warnings) > 0 {
		dst = append(dst, ']')
	}
	return append(dst, '}')
}
