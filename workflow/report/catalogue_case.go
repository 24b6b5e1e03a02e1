package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"gongkai/workflow"
	"gongkai/workflow/outcome"
)

// leaves are groups of rows of which a tuple of the flow must meet exactly one.
type leaves struct {
	flow Flow
	rows []*Where
	// silent says that a basis may lawfully have no cell: a case closed without a reply.
	silent bool
}

// partitions are the groups of a form: what was received, by channel; what was concluded,
// by time and by result. The columns of kinds are groups of their own.
func partitions(tables []Table) []*leaves {
	var out []*leaves
	index := map[string]*leaves{}
	add := func(key string, flow Flow, w *Where) {
		if index[key] == nil {
			index[key] = &leaves{flow: flow, silent: key == "code"}
			out = append(out, index[key])
		}
		index[key].rows = append(index[key].rows, w)
	}
	for i := range tables {
		t := &tables[i]
		for j := range t.Rows {
			if r := &t.Rows[j]; r.counts() && r.Where.dimension() != "" {
				add(r.Where.dimension(), r.Where.Flow, &r.Where)
			}
		}
		for j := range t.Columns {
			if w := &t.Columns[j].Where; w.Kind != "" {
				add("kind", Concluded, w)
				add("kindOfNew", Received, w)
			}
		}
	}
	return out
}

// dimension is that by which a row of applications divides them; empty: it divides none.
func (w *Where) dimension() string {
	switch {
	case len(w.Channels) > 0:
		return "channel"
	case len(w.Timings) > 0:
		return "timing"
	case w.Code != "":
		return "code"
	case len(w.Outcomes) > 0:
		return "outcome"
	}
	return ""
}

// misplaced finds the tuples of a year that meet no row of a group, or two.
func misplaced(tables []Table, read readings, year int, tally Tally) (none, two Tally) {
	none, two = Tally{}, Tally{}
	groups := partitions(tables)
	for _, s := range tally.near(year, read) {
		if s.tuple.Year != year {
			continue
		}
		for _, g := range groups {
			if g.flow != s.tuple.Flow || g.silent && s.code == "" && s.outcome != "" {
				continue
			}
			n := 0
			for _, w := range g.rows {
				if w.admits(s, year) {
					n++
				}
			}
			switch {
			case n == 0:
				none[s.tuple] = s.n
			case n > 1:
				two[s.tuple] = s.n
			}
		}
	}
	return none, two
}

// termOf finds the cases that contribute a tuple, and no others: a dimension that is not
// known must be unknown of the case as well.
func termOf(t Tuple) Term {
	term := Term{Flow: t.Flow, From: t.Year, To: t.Year, Kinds: []workflow.ApplicantKind{t.Kind}}
	switch t.Flow {
	case Received:
		term.Channels = []workflow.Channel{t.Channel}
	case Concluded:
		term.Bases, term.Timings = []outcome.Basis{t.Basis}, []workflow.Timing{t.Timing}
	case Carried, Open, Decided, Pending, Undecided, Filed, Fee:
	}
	return term
}

func listed[T comparable](v T) []T {
	var zero T
	if v == zero {
		return nil
	}
	return []T{v}
}

func casesInNoCell(e *Evidence) []Verdict {
	return e.placed("有%s件申请不属于该表式的任何一行或者一列，请更正其类别", "%s application falls into no row or column of the form; correct its kind", "%s applications fall into no row or column of the form; correct their kind", func(none, _ Tally) Tally { return none })
}

func casesInTwoCells(e *Evidence) []Verdict {
	return e.placed("有%s件申请同时属于该表式的两行或者两列，请更正其类别", "%s application falls into two rows or columns of the form; correct its kind", "%s applications fall into two rows or columns of the form; correct their kind", func(_, two Tally) Tally { return two })
}

func (e *Evidence) placed(zh, one, several string, pick func(none, two Tally) Tally) []Verdict {
	tables, err := e.Form.Tables(e.Variant)
	read, bad := e.Variant.readings()
	if e.Cases == nil || err != nil || bad != nil {
		return unassessable()
	}
	list := pick(misplaced(tables, read, e.Year, e.Cases.Tally))
	if len(list) == 0 {
		return verdict(Pass, "", "")
	}
	return e.cases(Fail, list, zh+"。", one+".", several+".")
}

// cases is a verdict on the cases behind tuples. zh, and one or several, take their number.
func (e *Evidence) cases(s Status, tuples Tally, zh, one, several string) []Verdict {
	n := Figure(0)
	keys := slices.SortedFunc(maps.Keys(tuples), func(a, b Tuple) int { return cmp.Compare(a.Key(), b.Key()) })
	v := Verdict{}
	for _, t := range keys {
		n += Whole(tuples[t])
		v.Terms = append(v.Terms, termOf(t))
	}
	v.Finding = Finding{Status: s, Left: Known(n), Right: Known(0), Message: Message{fmt.Sprintf(zh, n), fmt.Sprintf(n.plural(one, several), n)}}
	return []Verdict{v}
}

// registerAgrees compares the counts that the tables rest on with the cases one by one.
func registerAgrees(e *Evidence) []Verdict {
	if e.Cases == nil {
		return unassessable()
	}
	if e.Cases.Recount == nil {
		return verdict(NotAssessable, "本年办结的申请过多，不逐件复核；请用gongkai verify核对整个台账。", "too many applications were concluded in the year to be counted one by one here; gongkai verify does that for the whole register.")
	}
	off := Tally{}
	counted, stored := Figure(0), Figure(0)
	for t, n := range e.Cases.Recount {
		off.plus(t, n)
		counted += Whole(n)
	}
	for t, n := range e.Cases.Tally {
		if t.Flow == Concluded && t.Year == e.Year {
			off.plus(t, -n)
			stored += Whole(n)
		}
	}
	v := Verdict{Finding: Finding{Status: Pass, Left: Known(counted), Right: Known(stored)}}
	if len(off) > 0 {
		v = e.cases(Fail, off, "", "", "")[0]
		v.Left, v.Right = Known(counted), Known(stored)
		v.Message = Message{fmt.Sprintf("逐件清点办结%s件，统计数为%s件，或者类别不同；请运行gongkai verify并报告管理员。", counted, stored), fmt.Sprintf(counted.plural("counted one by one, %s was concluded", "counted one by one, %s were concluded")+"; stored are %s, or others: run gongkai verify and tell the operator.", counted, stored)}
	}
	return []Verdict{v}
}

// lateClosings are counted in 3220, because the coded table has no cell for them.
func lateClosings(e *Evidence) []Verdict {
	if e.Form != Codes2014 {
		return nil
	}
	if e.Cases == nil {
		return unassessable()
	}
	late := Tally{}
	for t, n := range e.Cases.Tally {
		if t.Flow == Concluded && t.Year == e.Year && t.Timing == workflow.Late {
			late[t] = n
		}
	}
	if len(late) == 0 {
		return verdict(Pass, "", "")
	}
	list := e.cases(Uncertain, late, "%s件超过法定期限办结，表中无对应单元格，计入延期办结数3220。", "%s was concluded after the time limit; the table has no cell for that, so 3220 counts it.", "%s were concluded after the time limit; the table has no cell for that, so 3220 counts them.")
	list[0].Cells = []string{"3220"}
	return list
}

// ambiguousBases are those that ended a case of the year and whose place in the form is a
// default, unless the agency has settled it.
func ambiguousBases(e *Evidence) []Verdict {
	if e.Cases == nil {
		return unassessable()
	}
	read, err := e.Variant.readings()
	if err != nil {
		return unassessable()
	}
	byBasis := map[outcome.Basis]Tally{}
	for t, n := range e.Cases.Tally {
		row, known := outcome.Of(t.Basis)
		if t.Flow != Concluded || t.Year != e.Year || !known || !read.unsettled(e.Form, &row) {
			continue
		}
		if byBasis[t.Basis] == nil {
			byBasis[t.Basis] = Tally{}
		}
		byBasis[t.Basis][t] = n
	}
	var out []Verdict
	for _, row := range outcome.Rows() {
		cell, name := e.defaultCell(&row)
		if byBasis[row.Basis] == nil || cell == "" {
			continue
		}
		en := "%s ended by " + row.LabelEN + ", by default counted in " + cell + "; the law does not fix that, confirm it."
		v := e.cases(Uncertain, byBasis[row.Basis], "%s件以“"+row.LabelZH+"”结案，默认计入"+cell+"；该归类并非法定唯一，请确认。", en, en)[0]
		v.ID, v.Cells = "X.ambiguousBasis/"+string(row.Basis), []string{name}
		out = append(out, v)
	}
	if out == nil {
		return verdict(Pass, "", "")
	}
	return out
}

// defaultCell is the row or code of a basis, and the name of its cell.
func (e *Evidence) defaultCell(row *outcome.Row) (cell, name string) {
	switch e.Form {
	case Table2019:
		return row.Row2019(), row.Row2019() + "/total"
	case Table2021:
		return row.Row2021, row.Row2021 + "/total"
	case Codes2014, Cumulative:
	}
	return row.Code2014, row.Code2014
}

// unsettled reports whether the place of a basis in the form is a default that the agency
// has not made its own.
func (r readings) unsettled(form Form, row *outcome.Row) bool {
	if tabular(form) {
		_, set := r.rows[row.Basis]
		return row.Exact != outcome.ExactBoth && row.Exact != outcome.ExactRow && !set
	}
	_, set := r.codes[row.Basis]
	return row.Exact != outcome.ExactBoth && row.Exact != outcome.ExactCode && !set
}

func otherWithoutReason(e *Evidence) []Verdict {
	if e.Cases == nil || e.Cases.Recount == nil {
		return unassessable()
	}
	const en = "%d ended in 其他 without a text that says what was done and why; add it."
	return named(e.Cases.Unreasoned, "%d件以“其他”结案而未写明如何处理及理由，请补充说明。", en, en, e.lastResort())
}

func directSuits(e *Evidence) []Verdict {
	if !tabular(e.Form) {
		return nil
	}
	if e.Cases == nil {
		return unassessable()
	}
	return named(e.Cases.DirectSuits, "%d件对2024年1月1日后依第14条至第16条不予公开的答复直接起诉；应先申请行政复议，通常计入“其他结果”，请核对。", "%d suit over a refusal under Arts 14 to 16 dated from 2024-01-01 was filed without the reconsideration that comes first; it belongs there if filed, normally with another result. Look at it.", "%d suits over a refusal under Arts 14 to 16 dated from 2024-01-01 were filed without the reconsideration that comes first; they belong there if filed, normally with another result. Look at them.", "litigationDirect/total")
}

func named(list []Case, zh, one, several, cell string) []Verdict {
	if len(list) == 0 {
		return verdict(Pass, "", "")
	}
	return []Verdict{{
		Finding: Finding{Status: Uncertain, Left: Known(Whole(int64(len(list)))), Right: Known(0), Message: Message{fmt.Sprintf(zh, len(list)), fmt.Sprintf(workflow.Plural(len(list), one, several), len(list))}},
		Cases:   list, Cells: listed(cell),
	}}
}
