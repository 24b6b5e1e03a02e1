package server

import (
	"errors"
	"slices"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/calendar"
)

// What an agency was called, whom it reported to and who took it over are dated, so that
// the tree of a past year can be told (workflow.Lineage).

// datedFields are the fields of an agency that hold from a day on.
var datedFields = []string{"display_name", "parent", "successor"}

// dating is the day from which a change of an agency holds, and the present day.
type dating struct{ from, today workflow.Date }

// datingOf reads from which day a change holds.
func (s *Server) datingOf(text string) (dating, error) {
	d := dating{today: s.today()}
	var err error
	if d.from, err = optionalDate("effective_date", text); err != nil {
		return d, err
	}
	if d.from.IsZero() {
		d.from = d.today
	}
	if d.from > d.today || d.from.Year() < firstYear {
		return d, invalid("effective_date", "生效日%[1]s无效：应在%[2]d年至今天（%[3]s）之间，可以追溯，不能预定",
			"effective date %[1]s: give a day from %[2]d to today (%[3]s); it may lie in the past, not in the future", d.from.String(), firstYear, d.today.String())
	}
	return d, nil
}

// apply records what an update changed from the day on; own is the caller's agency.
func (d dating) apply(r storage.Reader, own string, a *storage.Agency, before storage.Agency, fields []string) error {
	l := &a.Settings.Lineage
	if slices.Contains(fields, "successor") && a.Settings.Lineage.Successor != "" && !slices.Contains(fields, "abolish_date") {
		l.Abolished = d.from
	}
	if slices.Contains(fields, "abolish_date") && l.Abolished.IsZero() {
		l.Successor = ""
	}
	if err := d.check(a, fields); err != nil {
		return err
	}
	if slices.Contains(fields, "display_name") && (a.DisplayName != before.DisplayName || len(l.Names) > 0) {
		l.Names = workflow.Change(l.Names, before.DisplayName, d.from, a.DisplayName)
	}
	if slices.Contains(fields, "parent") && (a.Parent != before.Parent || len(l.Parents) > 0) {
		l.Parents = workflow.Change(l.Parents, before.Parent, d.from, a.Parent)
	}
	return d.checkLineage(r, own, *a, fields)
}

// check asks whether the days of an agency agree with each other.
func (d dating) check(a *storage.Agency, fields []string) error {
	l := a.Settings.Lineage
	dated := slices.ContainsFunc(fields, func(f string) bool { return slices.Contains(datedFields, f) })
	switch {
	case dated && d.from < l.Established:
		return invalid("effective_date", "生效日%[1]s早于机关设立之日%[2]s，应不早于该日",
			"effective date %[1]s lies before the agency was established on %[2]s; give that day or a later one", d.from.String(), l.Established.String())
	case l.Abolished.IsZero():
		if l.Successor != "" {
			return invalid("agency.successor", "有承继机关的应有撤销之日，请同时给出abolish_date", "an agency with a successor is abolished: give abolish_date as well")
		}
	case l.Abolished > d.today:
		return invalid("agency.abolish_date", "撤销之日%[1]s晚于今天（%[2]s）；请在撤销当日或之后登记",
			"abolish date %[1]s lies after today (%[2]s); record it on the day or later", l.Abolished.String(), d.today.String())
	case l.Abolished <= l.Established:
		return invalid("agency.abolish_date", "撤销之日%[1]s不晚于设立之日%[2]s", "abolish date %[1]s is not after the establish date %[2]s", l.Abolished.String(), l.Established.String())
	}
	return nil
}

// checkLineage refuses a successor that does not exist, lies beyond the caller's reach or
// would make a ring, and a parent under which the tree of some year would be one.
func (d dating) checkLineage(r storage.Reader, own string, a storage.Agency, fields []string) error {
	if l := a.Settings.Lineage; slices.Contains(fields, "successor") && l.Successor != "" {
		if err := checkSuccessor(r, own, a); err != nil {
			return err
		}
		return d.checkRing(r, a.ID, l.Successor, "agency.successor")
	}
	if !slices.Contains(fields, "parent") || a.Parent == "" {
		return nil
	}
	parent, err := r.Agency(a.Parent)
	if err != nil {
		return err
	}
	if l := parent.Settings.Lineage; !l.Abolished.IsZero() {
		return invalid("agency.parent", "“%[1]s”已于%[2]s撤销，不能作为上级", "%[1]q was abolished on %[2]s and cannot be a parent", a.Parent, l.Abolished.String())
	}
	return d.checkRing(r, a.ID, a.Parent, "agency.parent")
}

// checkRing refuses an agency as the parent or successor of one above it, in the tree of
// any year since the change and of the next, when all that is abolished now has gone.
func (d dating) checkRing(r storage.Reader, id, above, field string) error {
	for year := d.from.Year(); year <= d.today.Year()+1; year++ {
		ring, err := isBelowIn(r, id, above, year)
		if err != nil {
			return err
		}
		if ring {
			f := failf(pb.Reason_AGENCY_CYCLE, "“%[1]s”在%[3]d年底是“%[2]s”的下级，不能从%[4]s起作为其上级或承继机关；请先改变“%[1]s”的上级",
				"%[1]q is below %[2]q at the end of %[3]d and cannot be its parent or successor from %[4]s on; move %[1]q first", above, id, year, d.from.String())
			f.field = field
			return f
		}
	}
	return nil
}

// checkSuccessor follows the successors up to one that still exists.
func checkSuccessor(r storage.Reader, own string, a storage.Agency) error {
	id := a.Settings.Lineage.Successor
	if own != "" {
		ok, err := isBelow(r, own, id)
		if err != nil {
			return err
		}
		if a.ID == own || id != own && !ok {
			return notFound()
		}
	}
	for range maxDepth {
		if id == a.ID {
			return invalid("agency.successor", "承继机关不能是该机关自己，也不能是由它承继的机关", "the successor cannot be the agency itself or one that it succeeded")
		}
		next, err := r.Agency(id)
		if err != nil {
			return within("agency.successor", err)
		}
		if id = next.Settings.Lineage.Successor; id == "" {
			return nil
		}
	}
	return invalid("agency.successor", "承继关系超过%d层", "successors follow each other over more than %d steps", maxDepth)
}

// isBelowIn walks up from an agency in the tree of a year, where those that have gone give
// their place to who took them over.
func isBelowIn(r storage.Reader, top, agency string, year int) (bool, error) {
	for range maxDepth {
		a, err := r.Agency(agency)
		if err != nil {
			return false, err
		}
		l := a.Settings.Lineage
		if gone(l, year) && l.Successor != "" {
			agency = l.Successor
		} else {
			agency = workflow.HeldOn(l.Parents, a.Parent, calendar.New(year, 12, 31))
		}
		if agency == top || agency == "" {
			return agency == top, nil
		}
	}
	return false, nil
}

// gone reports whether an agency existed on no day of a year any more.
func gone(l workflow.Lineage, year int) bool {
	return !l.Abolished.IsZero() && l.Abolished <= calendar.New(year, 1, 1)
}

// maxPredecessors bounds how many agencies one is told to have taken over.
const maxPredecessors = 100

// predecessors names the agencies that one took over, and those that these had taken over.
func predecessors(r storage.Reader, id string) ([]string, error) {
	var names []string
	for ids := []string{id}; len(ids) > 0; ids = ids[1:] {
		list, err := r.Predecessors(ids[0])
		if err != nil {
			return nil, err
		}
		for _, a := range list {
			if len(names) < maxPredecessors { // which also ends a ring that damage closed
				names, ids = append(names, agencyName(a.ID)), append(ids, a.ID)
			}
		}
	}
	return names, nil
}

// succeeds reports whether an agency, or one that took it over in turn, continues another.
func succeeds(r storage.Reader, own, agency string) (bool, error) {
	for range maxDepth {
		a, err := r.Agency(agency)
		if errors.Is(err, storage.ErrNotFound) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		switch agency = a.Settings.Lineage.Successor; agency {
		case "":
			return false, nil
		case own:
			return true, nil
		}
	}
	return false, nil
}
