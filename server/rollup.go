package server

import (
	"context"
	"fmt"
	"slices"
	"strings"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/report"
)

// rollup is the sum over the units of a tree for one form of one year.
type rollup struct {
	year   int
	form   report.Form
	top    storage.Agency
	units  []*unit
	groups []*group // the one of the top first
	shares []share  // in the order of units
}

// share is what one register contributes to its unit.
type share struct {
	unit     *unit
	register string
	*contribution
}

// group is the units that read cases and print the coded table alike, so that their sum
// can be filled into the form at once.
type group struct {
	variant report.Variant
	units   []*unit
	tuples  []report.Tuple
	sums    []int64 // of the tuples over the group
}

func (g *group) tally() report.Tally {
	tally := report.Tally{}
	for i, n := range g.sums {
		if n != 0 {
			tally.Add([]report.Count{{Tuple: g.tuples[i], N: n}}, 1)
		}
	}
	return tally
}

// rollUp reads what the units of a tree contribute, in a handful of queries whatever the
// number of cases.
func (s *Server) rollUp(r storage.Reader, top string, year int, form report.Form, own bool) (*rollup, error) {
	u := &rollup{year: year, form: form}
	var err error
	if u.top, err = r.Agency(top); err != nil {
		return nil, err
	}
	if u.units, err = treeOf(r, top, year, own); err != nil {
		return nil, err
	}
	u.divide()
	if err := u.read(r, s.contributions.of(year)); err != nil {
		return nil, err
	}
	u.units = slices.DeleteFunc(u.units, func(x *unit) bool { return x.loose && x.state() == pb.RollupUnit_SILENT })
	if i := u.find(top); i >= 0 {
		u.top = u.units[i].Agency
	}
	return u, nil
}

// divide puts the units into groups.
func (u *rollup) divide() {
	of := map[report.Variant]*group{}
	in := func(a storage.Agency) *group {
		v := variantOf(a, u.year)
		if of[v] == nil {
			of[v] = &group{variant: v}
			u.groups = append(u.groups, of[v])
		}
		return of[v]
	}
	in(u.top)
	for _, x := range u.units {
		x.group = in(x.Agency)
		x.group.units = append(x.group.units, x)
	}
}

// find is the place of a unit, -1 if it is none.
func (u *rollup) find(id string) int {
	return slices.IndexFunc(u.units, func(x *unit) bool { return x.ID == id })
}

// ids lists the units for which keep holds.
func (u *rollup) ids(keep func(*unit) bool) []string {
	list := make([]string, 0, len(u.units))
	for _, x := range u.units {
		if keep(x) {
			list = append(list, x.ID)
		}
	}
	return list
}

// read takes what each register contributes for its unit.
func (u *rollup) read(r storage.Reader, kept *yearKept) error {
	var registers []string
	for _, x := range u.units {
		for _, id := range x.registers {
			u.shares, registers = append(u.shares, share{unit: x, register: id}), append(registers, id)
		}
	}
	list, tuples, err := kept.read(r, registers)
	if err != nil {
		return err
	}
	for _, g := range u.groups {
		g.tuples, g.sums = tuples, make([]int64, len(tuples))
	}
	for i, c := range list {
		x := u.shares[i].unit
		u.shares[i].contribution = c
		x.flows.merge(&c.flows)
		for _, l := range c.lines {
			x.group.sums[l.tuple] += l.n
		}
		if registers[i] != x.ID {
			continue // of a unit that was merged, the cases alone go on
		}
		x.figures = c.figures
		for k := range c.kept {
			if err := u.readKept(x, &c.kept[k]); err != nil {
				return err
			}
		}
	}
	return nil
}

// readKept reads a report that was taken in, before which cases go, or whether the year is
// frozen.
func (u *rollup) readKept(x *unit, e *storage.Event) error {
	switch e.Object {
	case frozenObject(u.year):
		var f frozenFacts
		err := decodeFacts(e, &f)
		x.frozen = f.State == stateFrozen
		return err
	case intakeObject(u.year, u.form):
		x.intake = &intakeFacts{}
		return decodeFacts(e, x.intake)
	}
	x.other = x.other || strings.HasPrefix(e.Object, intakeObject(u.year, ""))
	return nil
}

// state is what a unit contributed.
func (x *unit) state() pb.RollupUnit_State {
	switch {
	case x.flows.any && x.frozen:
		return pb.RollupUnit_FROZEN
	case x.flows.any:
		return pb.RollupUnit_DERIVED
	case x.intake != nil && !x.intake.report("").Zero():
		return pb.RollupUnit_RECEIVED
	case x.intake != nil, x.figures > 0, x.frozen:
		return pb.RollupUnit_ZERO
	}
	return pb.RollupUnit_SILENT
}

// takenIn reports whether the unit's figures are those of a report that was taken in.
func (x *unit) takenIn() bool { return x.intake != nil && !x.flows.any }

// report fills the form: what cases and figures say first, for each way of reading them,
// then what was taken in.
func (u *rollup) report(r storage.Reader) (report.Report, []report.Message, error) {
	var rep report.Report
	given := map[string]int{}
	for i, g := range u.groups {
		figures, err := g.figures(r, u.year, given)
		if err != nil {
			return rep, nil, err
		}
		part, err := report.Compute(u.form, g.variant, u.year, g.tally(), figures)
		if err != nil {
			return rep, nil, err
		}
		if i == 0 {
			rep = part
			continue
		}
		rep.Merge(&part)
	}
	sum := map[string]report.Figure{}
	for _, x := range u.units {
		if !x.takenIn() {
			continue
		}
		in := x.intake.report(u.form)
		for name, f := range report.InPrint(u.form, in.Variant(), rep.Variant.Print(), in.Cells) {
			sum[name] += f
		}
	}
	rep.Add(sum)
	lacking, err := u.lacking(given)
	return rep, append(lacking, u.notes()...), err
}

// figures sums what the units of a group entered by hand, and counts who did.
func (g *group) figures(r storage.Reader, year int, given map[string]int) (map[string]report.Figure, error) {
	var ids []string
	for _, x := range g.units {
		if !x.takenIn() && x.figures > 0 {
			ids = append(ids, x.ID)
		}
	}
	sums, err := r.FigureSums(ids, year)
	out := make(map[string]report.Figure, len(sums))
	for code, s := range sums {
		out[code] = s.Value
		given[code] += s.Agencies
	}
	return out, err
}

// lacking says how many units did not enter a figure that others did.
func (u *rollup) lacking(given map[string]int) ([]report.Message, error) {
	names, err := u.form.Cells(u.groups[0].variant)
	if err != nil {
		return nil, err
	}
	units := len(u.ids(func(x *unit) bool { return !x.takenIn() && x.state() != pb.RollupUnit_SILENT }))
	for _, name := range names {
		if n := given[name]; n > 0 && n < units {
			return []report.Message{{
				ZH: fmt.Sprintf("%d个应填报单位中有%d个未填“%s”，汇总数只含已填的单位", units, units-n, name),
				EN: fmt.Sprintf("%d of %d units did not enter %q; the sum holds those that did", units-n, units, name),
			}}, nil
		}
	}
	return nil, nil
}

// notes are what a reader of the sum must know about its units.
func (u *rollup) notes() []report.Message {
	var out []report.Message
	note := func(keep func(*unit) bool, zh, one, several string) {
		if list := u.ids(keep); len(list) > 0 {
			out = append(out, report.Message{
				ZH: fmt.Sprintf("%d个单位%s：%s", len(list), zh, joined(shortened(list))), EN: fmt.Sprintf(workflow.Plural(len(list), "%d unit %s: %s", "%d units %s: %s"), len(list), workflow.Plural(len(list), one, several), joined(shortened(list))),
			})
		}
	}
	note(func(x *unit) bool { return x.state() == pb.RollupUnit_SILENT && !x.other }, "未报，汇总数不含", "has not reported and is not in the sum", "have not reported and are not in the sum")
	note(func(x *unit) bool { return x.state() == pb.RollupUnit_SILENT && x.other },
		"报送的是其他表式，不能换算，视为未报本表", "reported in another form, which cannot be converted; it counts as silent in this one", "reported in another form, which cannot be converted; they count as silent in this one")
	note(func(x *unit) bool { return x.intake != nil && x.flows.any },
		"既有申请又有收到的报告，按申请统计", "has cases beside a report that was taken in; the cases count", "have cases beside a report that was taken in; the cases count")
	note(func(x *unit) bool { return x.takenIn() && len(x.intake.Blank) > 0 },
		"的报告有空白单元格，按0计", "left cells blank in its report; these count as 0", "left cells blank in their reports; these count as 0")
	note(func(x *unit) bool { return x.takenIn() && x.intake.Lost },
		"的报告有合计数与分项不符或者没有分项，只汇总分项", "gives totals that their parts do not make up; the parts alone are in the sum", "give totals that their parts do not make up; the parts alone are in the sum")
	note(func(x *unit) bool { return x.loose }, "在该年度并不存在但有数据", "did not exist in that year, yet something of its counts", "did not exist in that year, yet something of theirs counts")
	return out
}

// shortened is the beginning of a list.
func shortened(list []string) []string {
	const most = 10
	if len(list) > most {
		return append(slices.Clone(list[:most]), "…")
	}
	return list
}

// ComputeRollup sums one form over a tree of agencies.
func (s *Server) ComputeRollup(ctx context.Context, req *pb.ComputeRollupRequest) (*pb.ComputeRollupResponse, error) {
	id, err := parentAgency("parent", req.GetParent())
	if err != nil {
		return nil, err
	}
	year, form, err := reportOn(req.GetYear(), req.GetForm())
	if err != nil {
		return nil, err
	}
	out := &pb.ComputeRollupResponse{}
	var u *rollup
	var rep report.Report
	var notes []report.Message
	err = s.store.View(ctx, func(r storage.Reader) error {
		if u, err = s.rollUp(r, id, year, form, req.GetOwnOnly()); err != nil {
			return err
		}
		if rep, notes, err = u.report(r); err != nil {
			return err
		}
		return u.count(r, out)
	})
	if err != nil {
		return nil, err
	}
	lang := callOf(ctx).lang
	out.Report = s.reportPB(lang, u.top, &rep)
	for _, n := range notes {
		out.Report.Warnings = append(out.Report.Warnings, lang.pick(n.ZH, n.EN))
	}
	return out, nil
}

// count fills the counters of units.
func (u *rollup) count(r storage.Reader, out *pb.ComputeRollupResponse) error {
	for _, x := range u.units {
		out.Units++
		if x.state() == pb.RollupUnit_SILENT {
			out.Silent++
		} else {
			out.Reported++
		}
		if x.frozen {
			out.Frozen++
		}
		bad, err := u.unbalanced(r, x)
		if err != nil {
			return err
		}
		if bad {
			out.Unbalanced++
		}
	}
	return nil
}
