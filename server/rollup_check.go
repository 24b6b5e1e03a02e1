package server

import (
	"slices"
	"strconv"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/workflow/report"
)

// unbalanced reports whether a unit's own figures fail an identity.
func (u *rollup) unbalanced(r storage.Reader, x *unit) (bool, error) {
	switch {
	case x.takenIn():
		return x.intake.Unbalanced, nil
	case x.flows.balanced() && (u.form != report.Codes2014 || x.figures == 0):
		return false, nil // derived sums are sums of their parts
	}
	list, err := u.findings(r, x)
	return slices.ContainsFunc(list, failed), err
}

func failed(f report.Finding) bool { return f.Status == report.Fail }

// findings are the checks on a unit's own report that fail or need a look.
func (u *rollup) findings(r storage.Reader, x *unit) ([]report.Finding, error) {
	var list []report.Finding
	if x.takenIn() {
		list = x.intake.report(u.form).Findings()
	} else if x.state() != pb.RollupUnit_SILENT {
		rep, err := u.computeUnit(r, x)
		if err != nil {
			return nil, err
		}
		list = rep.Findings()
	}
	return slices.DeleteFunc(list, func(f report.Finding) bool { return f.Status != report.Fail && f.Status != report.Uncertain }), nil
}

// computeUnit is the report of one unit from its cases and figures.
func (u *rollup) computeUnit(r storage.Reader, x *unit) (report.Report, error) {
	tally := report.Tally{}
	for _, id := range x.registers {
		t, err := r.Tally(id, firstYear, u.year)
		if err != nil {
			return report.Report{}, err
		}
		tally.Merge(t)
	}
	list, err := r.Figures(x.ID, u.year)
	if err != nil {
		return report.Report{}, err
	}
	return report.Compute(u.form, x.group.variant, u.year, tally, byCode(list))
}

// unitPB is a unit as the interface shows it.
func (u *rollup) unitPB(lang language, x *unit, findings []report.Finding) *pb.RollupUnit {
	out := &pb.RollupUnit{Agency: agencyName(x.ID), DisplayName: x.DisplayName, State: x.state(), Findings: findingsPB(lang, findings)}
	if x.Parent != "" {
		out.Parent = agencyName(x.Parent)
	}
	if l := x.Settings.Lineage; l.Successor != "" {
		out.Successor = agencyName(l.Successor)
	}
	switch {
	case out.State == pb.RollupUnit_SILENT:
	case x.takenIn():
		u.takenPB(out, x)
	default:
		out.Received, out.Concluded = strconv.FormatInt(x.flows.received, 10), strconv.FormatInt(x.flows.concluded, 10)
		out.CarriedForward = strconv.FormatInt(x.flows.carriedForward, 10)
	}
	return out
}

// takenPB takes the three figures from a report that was taken in.
func (u *rollup) takenPB(out *pb.RollupUnit, x *unit) {
	rep, err := report.Compute(u.form, x.group.variant, u.year, nil, nil)
	if err != nil {
		return // it was computed before, for the sum
	}
	rep.Add(x.intake.Cells)
	names := [...]string{"newReceived", "total", "carriedForward"}
	if u.form == report.Codes2014 {
		names = [...]string{"3100", "3200", ""} // it has no row of what is open
	}
	for i, to := range []*string{&out.Received, &out.Concluded, &out.CarriedForward} {
		if c, err := rep.Cell(names[i]); names[i] != "" && err == nil {
			*to = c.Value.String()
		}
	}
}
