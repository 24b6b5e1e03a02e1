package report

import (
	"fmt"
	"slices"
	"strings"

	"gongkai/workflow"
	"gongkai/workflow/calendar"
	"gongkai/workflow/outcome"
)

// A variant may go on, after its print, with the readings by which an agency departs from
// the defaults where neither the law nor the label says in which cell a case counts:
//
//	shanghai;code.unavailable.needs_creation=3360;pending=other
//
// They are part of the variant so that whoever has a report knows how it was counted, and
// a figure and what is behind it are read alike.
const (
	readingMark = ";"
	readCode    = "code."
	readRow     = "row."
	readPending = "pending"
)

// VariantOf is the variant by which an agency computes a year. The last day of the year
// decides which version of a setting holds for it.
func VariantOf(s workflow.Settings, year int) Variant {
	last := calendar.New(year, 12, 31)
	var tail []string
	rows, codes := s.Readings(last)
	for b, v := range rows {
		tail = append(tail, readRow+string(b)+"="+v)
	}
	for b, v := range codes {
		tail = append(tail, readCode+string(b)+"="+v)
	}
	if v := s.Text(workflow.SetPendingDisputes, last); v == workflow.ChosePendingAsOther {
		tail = append(tail, readPending+"="+v)
	}
	print := s.CodesVariant
	if len(tail) == 0 {
		return Variant(print)
	}
	if print == "" {
		print = string(Shanghai)
	}
	slices.Sort(tail)
	return Variant(print + readingMark + strings.Join(tail, readingMark))
}

// Print is the print of the coded table, without the readings.
func (v Variant) Print() Variant {
	print, _, _ := strings.Cut(string(v), readingMark)
	return Variant(print)
}

// readings says how a variant reads bases; the zero readings are the defaults.
type readings struct {
	rows, codes map[outcome.Basis]string
	pending     bool
}

// readings reads the variant's tail.
func (v Variant) readings() (readings, error) {
	var out readings
	parts := strings.Split(string(v), readingMark)
	for _, part := range parts[1:] {
		key, value, _ := strings.Cut(part, "=")
		if part == readPending+"="+workflow.ChosePendingAsOther {
			out.pending = true
			continue
		}
		b, into := strings.TrimPrefix(key, readCode), &out.codes
		if after, ok := strings.CutPrefix(key, readRow); ok {
			b, into = after, &out.rows
		}
		if _, ok := outcome.Of(outcome.Basis(b)); !ok || b == key {
			return out, fmt.Errorf("reading %q: %w", part, ErrForm)
		}
		if *into == nil {
			*into = map[outcome.Basis]string{}
		}
		(*into)[outcome.Basis(b)] = value
	}
	return out, nil
}

// of returns the row of table 三 and the code of a basis.
func (r readings) of(b outcome.Basis) (row, code string) {
	o, ok := outcome.Of(b)
	if !ok {
		return "", ""
	}
	row, code = o.Row2021, o.Code2014
	if v, ok := r.rows[b]; ok {
		row = v
	}
	if v, ok := r.codes[b]; ok {
		code = v
	}
	return row, code
}

// tables returns the prints with what is undecided at the end of the year counted among
// the other results.
func (r readings) tables(tables []Table) []Table {
	if !r.pending {
		return tables
	}
	out := slices.Clone(tables)
	for i := range out {
		rows := slices.Clone(out[i].Rows)
		for j := range rows {
			if w := rows[j].Where; w.Flow == Decided && w.Result == workflow.OtherResult {
				rows[j].Also = &Where{Flow: Pending, When: AtEnd, Remedy: w.Remedy}
			}
		}
		out[i].Rows = rows
	}
	return out
}

// admits reports whether a tuple counts in the row.
func (r *Row) admits(s sighted, year int) bool {
	return r.Where.admits(s, year) || r.Also != nil && r.Also.admits(s, year)
}

// Decisions says in words which of the agency's readings a report was counted by.
func (v Variant) Decisions() []Message {
	var out []Message
	for _, part := range strings.Split(string(v), readingMark)[1:] {
		key, value, _ := strings.Cut(part, "=")
		b := strings.TrimPrefix(strings.TrimPrefix(key, readCode), readRow)
		row, known := outcome.Of(outcome.Basis(b))
		switch {
		case key == readPending:
			out = append(out, Message{
				"按本机关设置，年末尚未审结的复议、诉讼计入4300、5300", "by the agency's setting, disputes undecided at the end of the year count in 4300 and 5300",
			})
		case known && value == "":
			out = append(out, Message{
				fmt.Sprintf("按本机关设置，“%s”只计入3200", row.LabelZH), fmt.Sprintf("by the agency's setting, %s counts in 3200 only", row.Basis),
			})
		case known:
			out = append(out, Message{
				fmt.Sprintf("按本机关设置，“%s”计入%s", row.LabelZH, value), fmt.Sprintf("by the agency's setting, %s counts in %s", row.Basis, value),
			})
		}
	}
	return out
}
