package ledger

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// style is what the format of a cell says about its number.
type style struct {
	date bool
	// zeros is the width to which a format of noughts fills, as 000000 does for postcodes.
	zeros int
}

type stylesXML struct {
	Formats []struct {
		ID   int    `xml:"numFmtId,attr"`
		Code string `xml:"formatCode,attr"`
	} `xml:"numFmts>numFmt"`
	Cells []struct {
		Format int `xml:"numFmtId,attr"`
	} `xml:"cellXfs>xf"`
}

// styles resolves the formats of the cell styles.
func (x *stylesXML) styles() []style {
	codes := make(map[int]string, len(x.Formats))
	for _, f := range x.Formats {
		codes[f.ID] = f.Code
	}
	styles := make([]style, len(x.Cells))
	for i, c := range x.Cells {
		if code, custom := codes[c.Format]; custom {
			styles[i] = parseFormat(code)
		} else {
			styles[i].date = isDateFormat(c.Format)
		}
	}
	return styles
}

// isDateFormat tells which of the formats without a code show a day. 27 to 58 are those
// of the Chinese editions; the times of day among them are left out.
func isDateFormat(id int) bool {
	return id >= 14 && id <= 17 || id == 22 || id >= 27 && id <= 31 || id == 36 ||
		id >= 50 && id <= 54 || id == 57 || id == 58
}

// parseFormat tells from a format code whether it shows a year or a day. What stands in
// quotes, in brackets or after a backslash is not part of the pattern.
func parseFormat(code string) style {
	var pattern []byte
	for i := 0; i < len(code); i++ {
		switch c := code[i]; c {
		case '"':
			i = skipTo(code, i+1, '"')
		case '[':
			i = skipTo(code, i+1, ']')
		case '\\', '_', '*':
			i++
		case ';':
			i = len(code)
		default:
			pattern = append(pattern, c)
		}
	}
	p := strings.ToLower(string(pattern))
	switch {
	case p == "general" || p == "standard":
		return style{}
	case p != "" && strings.Trim(p, "0") == "":
		return style{zeros: len(p)}
	}
	return style{date: strings.ContainsAny(p, "yd")}
}

// skipTo gives the index of the next end, or the last of the text.
func skipTo(text string, from int, end byte) int {
	if i := strings.IndexByte(text[from:], end); i >= 0 {
		return from + i
	}
	return len(text)
}

// maxExact is how many digits a spreadsheet keeps of a number.
const maxExact = 15

// numberCell makes a cell of the raw text of a number.
func (w *workbook) numberCell(raw string, styleID int) cell {
	var s style
	if styleID >= 0 && styleID < len(w.styles) {
		s = w.styles[styleID]
	}
	if raw == "" {
		return cell{}
	}
	value, err := strconv.ParseFloat(raw, 64)
	if err != nil || strings.Trim(raw, "0123456789.eE+-") != "" {
		return cell{text: raw, form: formNumber, flaw: flawNumber}
	}
	switch {
	case s.date:
		return w.dateCell(raw, value)
	case math.Abs(value) >= 1e15:
		return cell{text: raw, form: formNumber, flaw: flawDigits}
	}
	text := formatNumber(raw, value)
	if fill := min(s.zeros, maxExact) - len(text); fill > 0 && strings.Trim(text, "0123456789") == "" {
		text = strings.Repeat("0", fill) + text
	}
	return cell{text: text, form: formNumber}
}

// formatNumber writes a number as a spreadsheet shows it, with the 15 digits that are
// its own and without an exponent.
func formatNumber(raw string, value float64) string {
	if len(raw) <= maxExact && strings.Trim(raw, "0123456789") == "" && raw[0] != '0' {
		return raw
	}
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(value, 'g', maxExact, 64), 64)
	if err != nil || rounded == 0 {
		return "0"
	}
	return strconv.FormatFloat(rounded, 'f', -1, 64)
}

// The days that serial numbers count.
const (
	fictive29Feb1900 = 60
	lastSerial       = 2958465 // 9999-12-31 in the 1900 system
	days1904         = 1462    // between the two systems
)

// dateCell makes a day of a serial number. The 1900 system counts a 29 February 1900
// that never was, so the days before it lie one later than a plain count has them.
func (w *workbook) dateCell(raw string, value float64) cell {
	bad := cell{text: raw, form: formNumber, flaw: flawDate}
	if value < 0 || value > lastSerial+1 {
		return bad
	}
	serial := int(value)
	if w.date1904 {
		serial += days1904
	}
	switch {
	case serial < 1 || serial == fictive29Feb1900 || serial > lastSerial:
		return bad
	case serial < fictive29Feb1900:
		serial++
	}
	day := time.Date(1899, time.December, 30, 0, 0, 0, 0, time.UTC).AddDate(0, 0, serial)
	return cell{text: day.Format(time.DateOnly), form: formDate}
}
