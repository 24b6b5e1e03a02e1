package ledger

import (
	"strconv"
	"strings"
)

// richText gathers the text of an si or is element: its t elements, alone or in runs,
// without the phonetic guides that East Asian files carry.
type richText struct {
	buf      []byte
	inText   bool
	phonetic int
	long     bool
}

func (r *richText) start(name string) {
	switch name {
	case "rPh":
		r.phonetic++
	case "t":
		r.inText = r.phonetic == 0
	}
}

func (r *richText) add(text []byte) {
	if !r.inText {
		return
	}
	if len(r.buf)+len(text) > MaxCell {
		text = text[:MaxCell+1-len(r.buf)]
		r.long = true
		r.inText = false
	}
	r.buf = append(r.buf, text...)
}

// end tells that the whole text is complete.
func (r *richText) end(name string) bool {
	switch name {
	case "rPh":
		r.phonetic = max(0, r.phonetic-1)
	case "t":
		r.inText = false
	}
	return name == "si" || name == "is"
}

// take returns the text and begins a new one. One that was cut is left longer than
// MaxCell, so that the row can tell.
func (r *richText) take() string {
	text := string(r.buf)
	if !r.long {
		text = unescapeXML(text)
	}
	*r = richText{buf: r.buf[:0]}
	return text
}

// unescapeXML resolves the _xHHHH_ by which workbooks write characters that XML lacks,
// and the underscore itself where a text looks like one.
func unescapeXML(text string) string {
	i := strings.Index(text, "_x")
	if i < 0 {
		return text
	}
	var b strings.Builder
	for i >= 0 {
		b.WriteString(text[:i])
		text = text[i:]
		if len(text) >= 7 && text[6] == '_' {
			if n, err := strconv.ParseUint(text[2:6], 16, 16); err == nil {
				b.WriteRune(rune(n))
				text = text[7:]
				i = strings.Index(text, "_x")
				continue
			}
		}
		b.WriteString(text[:2])
		text = text[2:]
		i = strings.Index(text, "_x")
	}
	b.WriteString(text)
	return b.String()
}
