package server

import (
	"cmp"
	"context"
	"errors"
	"strconv"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/workflow/report"
)

// frozenPrefix begins the name of every frozen year in the history of its agency.
const frozenPrefix = "freeze/"

func frozenObject(year int) string { return frozenPrefix + strconv.Itoa(year) }

// The states of a frozen year. Stored strings never change.
const (
	stateFrozen   = "frozen"
	stateAmending = "amending"
)

// frozenFacts is what freezing or opening an amendment made of a year. The lists behind
// the cells are not kept: events up to At give them again, and Lists commits to them.
type frozenFacts struct {
	agency string // whose report it is, where that is asked

	Format    int                      `json:"v"`
	Year      int                      `json:"year"`
	Version   int                      `json:"version"`
	State     string                   `json:"state"`
	Form      string                   `json:"form"`
	Variant   string                   `json:"variant,omitempty"`
	Actor     string                   `json:"actor"`
	At        time.Time                `json:"at"`
	Tally     map[string]int64         `json:"tally"`
	Figures   map[string]report.Figure `json:"figures"`
	Lists     string                   `json:"lists"`
	Hash      string                   `json:"hash"`
	Signature string                   `json:"signature,omitempty"`
	Key       string                   `json:"key,omitempty"`
	Reason    string                   `json:"reason,omitempty"`
	Amender   string                   `json:"amender,omitempty"`
}

// report computes the form for the frozen year from what was kept.
func (f *frozenFacts) report(form report.Form) (report.Report, error) {
	tally, err := f.tally()
	if err != nil {
		return report.Report{}, err
	}
	return report.Compute(form, report.Variant(f.Variant), f.Year, tally, f.Figures)
}

func (f *frozenFacts) tally() (report.Tally, error) {
	tally := report.Tally{}
	for key, n := range f.Tally {
		t, err := report.ParseKey(key)
		if err != nil {
			return nil, err
		}
		tally[t] = n
	}
	return tally, nil
}

func (f *frozenFacts) pb(agency string) *pb.FrozenReport {
	state := pb.FrozenReport_FROZEN
	if f.State == stateAmending {
		state = pb.FrozenReport_AMENDING
	}
	return &pb.FrozenReport{
		Name: agencyName(agency) + "/frozenReports/" + strconv.Itoa(f.Year), Year: int32(f.Year), Version: int32(f.Version), State: state,
		Actor: f.Actor, FreezeTime: timestamppb.New(f.At), Hash: f.Hash, Reason: f.Reason, Amender: f.Amender, Form: f.Form,
		Signature: f.Signature, SigningKey: f.Key,
	}
}

// frozenYear reads the year of a request, and the form: by default that of the year.
func frozenYear(year int32, form string) (int, report.Form, error) {
	if form == "" {
		form = string(report.DefaultForm(int(year)))
	}
	return reportOn(year, form)
}

// errMoved says that a year changed between being looked at and being kept.
var errMoved = errors.New("the year changed while it was being frozen")

// freezeTries is how often a year is looked at anew before the caller is asked to.
const freezeTries = 5

// FreezeReport keeps a year as it stands and refuses from then on what would change it.
func (s *Server) FreezeReport(ctx context.Context, req *pb.FreezeReportRequest) (*pb.FrozenReport, error) {
	agency, err := parentAgency("parent", req.GetParent())
	if err != nil {
		return nil, err
	}
	year, form, err := frozenYear(req.GetYear(), req.GetForm())
	if err != nil {
		return nil, err
	}
	m, err := s.mutate(ctx, agency, req.GetRequestId(), req)
	if err != nil {
		return nil, err
	}
	for range freezeTries {
		var facts frozenFacts
		facts, err = s.freeze(ctx, m, year, form)
		if err == nil {
			return facts.pb(agency), nil
		}
		if !errors.Is(err, errMoved) {
			return nil, err
		}
	}
	return nil, storage.ErrStale
}

// freeze looks at the year as of an instant, and keeps that unless the year has moved
// meanwhile.
func (s *Server) freeze(ctx context.Context, m mutation, year int, form report.Form) (frozenFacts, error) {
	moved := s.moves.of(m.agency)
	var before frozenFacts
	var again *frozenFacts
	err := s.store.View(ctx, func(r storage.Reader) (err error) {
		before, again, err = m.mayFreeze(r, year)
		return err
	})
	if err != nil || again != nil {
		return *cmp.Or(again, &before), err
	}
	at, err := s.settle(ctx, m.agency, time.Time{})
	if err != nil {
		return before, err
	}
	facts, err := s.snapshot(ctx, m, year, form, at)
	if err != nil {
		return facts, err
	}
	err = s.update(ctx, m.agency, func(w storage.Writer) error {
		last, again, err := m.mayFreeze(w, year)
		if err != nil {
			return err
		}
		if again != nil {
			facts = *again
			return nil
		}
		if err := s.unmoved(w, m.agency, moved, &facts); err != nil {
			return err
		}
		facts.Version, facts.Reason, facts.Amender = last.Version+1, last.Reason, last.Amender
		_, event, err := kept[frozenFacts](w, m.agency, frozenObject(year))
		if err == nil {
			_, err = m.keep(w, frozenObject(year), "freeze_report", event, facts)
		}
		return err
	})
	return facts, err
}

// mayFreeze asks whether the caller may freeze the year. It returns what the year was
// before, or, where the request came before, what came of it.
func (m mutation) mayFreeze(r storage.Reader, year int) (before frozenFacts, again *frozenFacts, err error) {
	if again, err = m.frozenAgain(r); err != nil || again != nil {
		return before, again, err
	}
	if _, err := r.Agency(m.agency); err != nil {
		return before, nil, err
	}
	if year >= m.year {
		return before, nil, failf(pb.Reason_YEAR_NOT_OVER, "%[1]d年度尚未结束，不能冻结；年度报告于次年1月31日前公布（第49条），最早可于%[2]d年1月1日冻结",
			"%[1]d is not over; a report is published by 31 January of the next year (Art 49), so freeze it from %[2]d-01-01 on", year, year+1)
	}
	if err := m.notTakenIn(r, year); err != nil {
		return before, nil, err
	}
	before, event, err := kept[frozenFacts](r, m.agency, frozenObject(year))
	switch {
	case err != nil || event == nil:
		return before, nil, err
	case before.State == stateFrozen:
		return before, nil, failf(pb.Reason_ALREADY_FROZEN, "%[1]d年度报告已冻结（第%[2]d版）；如需更正，请先用 gongkai report amend --year %[1]d 打开更正",
			"the report on %[1]d is frozen already (version %[2]d); to correct it, open an amendment: gongkai report amend --year %[1]d", year, before.Version)
	case before.Amender == m.actor:
		return before, nil, failf(pb.Reason_SECOND_PERSON, "更正由您打开，须由另一人核对后冻结；可先用 gongkai report diff --year %[1]d 查看差异",
			"you opened the amendment, so another person must freeze it; gongkai report diff --year %[1]d shows what it changes", year)
	}
	return before, nil, nil
}

// notTakenIn refuses to freeze a report that was taken in: its figures stand in no case,
// and what is frozen here is what the cases say.
func (m mutation) notTakenIn(r storage.Reader, year int) error {
	list, err := r.Latest(m.agency, intakeObject(year, ""), "", 1)
	if err != nil || len(list) == 0 {
		return err
	}
	err = checkNoCases(r, m.agency, year)
	if _, has := errors.AsType[*fault](err); has {
		return nil
	}
	if err != nil {
		return err
	}
	return invalid("parent", "该单位%[1]d年度的报告是收到的，不由申请统计，由报送单位自行定稿，不能在此冻结", "the report of this unit on %[1]d was taken in and is derived from no case: whoever sent it settles it, it cannot be frozen here", year)
}

// frozenAgain is what a request that came before made of a year; nil if it is new.
func (m mutation) frozenAgain(r storage.Reader) (*frozenFacts, error) {
	e, err := m.done(r)
	if err != nil || e == nil {
		return nil, err
	}
	var facts frozenFacts
	return &facts, decodeFacts(e, &facts)
}

// AmendReport opens a frozen year for correction.
func (s *Server) AmendReport(ctx context.Context, req *pb.AmendReportRequest) (*pb.FrozenReport, error) {
	agency, err := parentAgency("parent", req.GetParent())
	if err != nil {
		return nil, err
	}
	year, _, err := frozenYear(req.GetYear(), "")
	if err != nil {
		return nil, err
	}
	reason := req.GetReason()
	if reason == "" {
		return nil, invalid("reason", "请写明更正的理由（reason）", "give the reason of the amendment")
	}
	if err := checkText("reason", reason, maxReason, true); err != nil {
		return nil, err
	}
	m, err := s.mutate(ctx, agency, req.GetRequestId(), req)
	if err != nil {
		return nil, err
	}
	var out frozenFacts
	err = s.update(ctx, agency, func(w storage.Writer) (err error) {
		out, err = m.amend(w, year, reason)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out.pb(agency), nil
}

func (m mutation) amend(w storage.Writer, year int, reason string) (frozenFacts, error) {
	if again, err := m.frozenAgain(w); err != nil {
		return frozenFacts{}, err
	} else if again != nil {
		return *again, nil
	}
	facts, event, err := kept[frozenFacts](w, m.agency, frozenObject(year))
	switch {
	case err != nil:
		return facts, err
	case event == nil:
		return facts, notFrozen(year)
	case facts.State == stateAmending:
		return facts, failf(pb.Reason_AMENDMENT_OPEN, "%[1]d年度报告的更正已由%[2]s打开；办理后由另一人重新冻结即可", "an amendment of %[1]d is open already, by %[2]s; correct the cases, then another person freezes the year again", year, facts.Amender)
	}
	facts.State, facts.Reason, facts.Amender = stateAmending, reason, m.actor
	_, err = m.keep(w, frozenObject(year), "amend_report", event, facts)
	return facts, err
}

func notFrozen(year int) error {
	return failf(pb.Reason_NOT_FROZEN, "%[1]d年度报告尚未冻结；请先用 gongkai report freeze --year %[1]d 冻结", "the report on %[1]d is not frozen; freeze it first: gongkai report freeze --year %[1]d", year)
}

// versions are the versions of a frozen year, oldest first; an open amendment stands on
// the last.
func versions(r storage.Reader, agency string, year int) ([]frozenFacts, error) {
	events, err := r.Events(agency, frozenObject(year))
	if err != nil {
		return nil, err
	}
	var list []frozenFacts
	for i := range events {
		if events[i].Revision == 0 {
			continue
		}
		var facts frozenFacts
		if err := decodeFacts(&events[i], &facts); err != nil {
			return nil, err
		}
		if facts.State == stateFrozen {
			list = append(list, facts)
		} else if i == len(events)-1 {
			list[len(list)-1] = facts
		}
	}
	return list, nil
}

// frozenVersion finds a version of a year; 0 is the latest.
func frozenVersion(r storage.Reader, agency string, year, version int) (frozenFacts, error) {
	list, err := versions(r, agency, year)
	if err != nil {
		return frozenFacts{}, err
	}
	if len(list) == 0 {
		return frozenFacts{}, notFrozen(year)
	}
	if version == 0 {
		return list[len(list)-1], nil
	}
	if version < 0 || version > len(list) {
		return frozenFacts{}, invalid("version", "%[1]d年度报告没有第%[2]d版，共有%[3]d版", "%[1]d has no version %[2]d; it has %[3]d", year, version, len(list))
	}
	return list[version-1], nil
}

// GetFrozenReport returns a frozen year.
func (s *Server) GetFrozenReport(ctx context.Context, req *pb.GetFrozenReportRequest) (*pb.FrozenReport, error) {
	agency, text, ok := child(req.GetName(), "frozenReports")
	year, err := strconv.Atoi(text)
	if !ok || err != nil || year < firstYear || year > lastYear {
		return nil, invalid("name", "name应为agencies/{机关}/frozenReports/{年度}，收到“%s”", "name must be agencies/{agency}/frozenReports/{year}, got %q", req.GetName())
	}
	var out *pb.FrozenReport
	err = s.store.View(ctx, func(r storage.Reader) error {
		facts, err := frozenVersion(r, agency, year, int(req.GetVersion()))
		out = facts.pb(agency)
		if f, ok := errors.AsType[*fault](err); ok && f.reason == pb.Reason_NOT_FROZEN {
			return storage.ErrNotFound
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// ListFrozenReports lists every version of every frozen year.
func (s *Server) ListFrozenReports(ctx context.Context, req *pb.ListFrozenReportsRequest) (*pb.ListFrozenReportsResponse, error) {
	agency, err := parentAgency("parent", req.GetParent())
	if err != nil {
		return nil, err
	}
	out := &pb.ListFrozenReportsResponse{}
	err = s.store.View(ctx, func(r storage.Reader) error {
		out.Reset()
		if _, err := r.Agency(agency); err != nil {
			return err
		}
		latest, err := r.Latest(agency, frozenPrefix, "", lastYear-firstYear+1)
		if err != nil {
			return err
		}
		for i := range latest {
			var facts frozenFacts
			if err := decodeFacts(&latest[i], &facts); err != nil {
				return err
			}
			list, err := versions(r, agency, facts.Year)
			if err != nil {
				return err
			}
			for i := range list {
				out.Reports = append(out.Reports, list[i].pb(agency))
			}
		}
		return nil
	})
	return out, err
}
