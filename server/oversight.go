package server

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/types/known/timestamppb"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/workflow/report"
)

// acceptPrefix begins the names of the accepted checks of a report.
func acceptPrefix(year int, form report.Form) string {
	return "accept/" + strconv.Itoa(year) + "/" + string(form) + "/"
}

// checkFacts is a check as it was when it was accepted.
type checkFacts struct {
	ID      string       `json:"id"`
	Status  string       `json:"status"`
	Hard    bool         `json:"hard,omitempty"`
	ZH      string       `json:"zh"`
	EN      string       `json:"en"`
	Left    string       `json:"left,omitempty"`
	Right   string       `json:"right,omitempty"`
	Source  string       `json:"source"`
	Cells   []string     `json:"cells,omitempty"`
	Entries []entryFacts `json:"entries,omitempty"`
}

type entryFacts struct {
	Application string `json:"application,omitempty"`
	No          string `json:"no,omitempty"`
	Remedy      string `json:"remedy,omitempty"`
	FileDate    string `json:"file_date,omitempty"`
}

// acceptFacts is an acceptance. Hash is that of the evidence: once that changes, the
// acceptance stands no more.
type acceptFacts struct {
	Version int        `json:"v"`
	Reason  string     `json:"reason"`
	Hash    string     `json:"hash"`
	Check   checkFacts `json:"check"`
}

// hash commits to the whole evidence, not to its wording.
func (c checkFacts) hash() (string, error) {
	c.ZH, c.EN, c.Source = "", "", ""
	raw, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("hashing the evidence of %s: %w", c.ID, err)
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:]), nil
}

func (c *checkFacts) pb(lang language) *pb.Check {
	out := &pb.Check{
		Id: c.ID, Status: pb.Finding_Status(pb.Finding_Status_value[c.Status]), Hard: c.Hard, Message: lang.pick(c.ZH, c.EN),
		Left: c.Left, Right: c.Right, Source: c.Source, Cells: c.Cells,
	}
	for _, e := range c.Entries {
		out.Entries = append(out.Entries, &pb.CellEntry{Application: e.Application, ApplicationNo: e.No, RemedyKind: e.Remedy, FileDate: e.FileDate})
	}
	return out
}

func (a *acceptFacts) pb(lang language, e *storage.Event) *pb.Check {
	out := a.Check.pb(lang)
	out.AcceptReason, out.AcceptActor = a.Reason, e.Actor
	out.AcceptTime = timestamppb.New(e.Time.Truncate(time.Microsecond)) // as precise as it is stored
	return out
}

// ListChecks runs the whole catalogue on one report.
func (s *Server) ListChecks(ctx context.Context, req *pb.ListChecksRequest) (*pb.ListChecksResponse, error) {
	id, err := parentAgency("parent", req.GetParent())
	if err != nil {
		return nil, err
	}
	year, form, err := reportOn(req.GetYear(), req.GetForm())
	if err != nil {
		return nil, err
	}
	out := &pb.ListChecksResponse{}
	err = s.store.View(ctx, func(r storage.Reader) error {
		out.Reset()
		list, err := s.checks(r, id, year, form)
		if err != nil {
			return err
		}
		accepted, err := acceptances(r, id, year, form)
		if err != nil {
			return err
		}
		for i := range list {
			c, err := withAcceptance(callOf(ctx).lang, &list[i], accepted)
			if err != nil {
				return err
			}
			if !req.GetOpenOnly() || open(c) {
				out.Checks = append(out.Checks, c)
			}
		}
		return nil
	})
	return out, err
}

// open reports whether a check still asks for something.
func open(c *pb.Check) bool {
	return c.GetAcceptReason() == "" && (c.GetStatus() == pb.Finding_FAIL || c.GetStatus() == pb.Finding_UNCERTAIN)
}

// withAcceptance is a check with the acceptance that stands for its evidence.
func withAcceptance(lang language, c *checkFacts, accepted map[string]acceptance) (*pb.Check, error) {
	a, ok := accepted[c.ID]
	if !ok || !acceptable(c) {
		return c.pb(lang), nil
	}
	if hash, err := c.hash(); err != nil || a.facts.Hash != hash {
		return c.pb(lang), err
	}
	current := a.facts
	current.Check = *c
	return current.pb(lang, a.event), nil
}

// acceptance is an accepted check with the event that says so.
type acceptance struct {
	facts acceptFacts
	event *storage.Event
}

// acceptances are those of one report by id of the check.
func acceptances(r storage.Reader, agency string, year int, form report.Form) (map[string]acceptance, error) {
	prefix := acceptPrefix(year, form)
	out := map[string]acceptance{}
	after := ""
	for {
		list, err := r.Latest(agency, prefix, after, maxRows)
		if err != nil {
			return nil, err
		}
		for i := range list {
			a := acceptance{event: &list[i]}
			if err := decodeFacts(&list[i], &a.facts); err != nil {
				return nil, err
			}
			after = list[i].Object
			out[strings.TrimPrefix(after, prefix)] = a
		}
		if len(list) < maxRows {
			return out, nil
		}
	}
}

// acceptable reports whether a person may accept what came out: a warning, or what could
// not be assessed. A hard check that fails is to be mended.
func acceptable(c *checkFacts) bool {
	return c.Status != string(report.Pass) && (c.Status != string(report.Fail) || !c.Hard)
}

// mostReason is the length of a reason in characters.
const mostReason = 2000

// AcceptCheck accepts a warning with a reason. What the check said is read before, and
// its hash kept: if it changes meanwhile, the acceptance does not stand.
func (s *Server) AcceptCheck(ctx context.Context, req *pb.AcceptCheckRequest) (*pb.Check, error) {
	id, err := parentAgency("parent", req.GetParent())
	if err != nil {
		return nil, err
	}
	year, form, err := reportOn(req.GetYear(), req.GetForm())
	if err != nil {
		return nil, err
	}
	reason := strings.TrimSpace(req.GetReason())
	if n := utf8.RuneCountInString(reason); n == 0 || n > mostReason {
		return nil, invalid("reason", "须写明接受的理由，1至%[1]d字，收到%[2]d字", "say why it is accepted, in 1 to %[1]d characters; got %[2]d", mostReason, n)
	}
	m, err := s.mutate(ctx, id, req.GetRequestId(), req)
	if err != nil {
		return nil, err
	}
	facts, earlier, err := s.toAccept(ctx, m, year, form, req.GetId())
	if err != nil {
		return nil, err
	}
	if earlier == nil {
		facts.Reason = reason
		if facts, earlier, err = s.accept(ctx, m, acceptPrefix(year, form)+req.GetId(), facts); err != nil {
			return nil, err
		}
	}
	return facts.pb(callOf(ctx).lang, earlier), nil
}

// toAccept finds the check that is to be accepted; the event is that of an earlier send
// of the same request, nil if there was none.
func (s *Server) toAccept(ctx context.Context, m mutation, year int, form report.Form, check string) (acceptFacts, *storage.Event, error) {
	var facts acceptFacts
	var done *storage.Event
	err := s.store.View(ctx, func(r storage.Reader) error {
		var err error
		if done, err = m.done(r); err != nil || done != nil {
			if done != nil {
				err = decodeFacts(done, &facts)
			}
			return err
		}
		list, err := s.checks(r, m.agency, year, form)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(list, func(c checkFacts) bool { return c.ID == check })
		if i < 0 {
			return notFound()
		}
		c := list[i]
		switch {
		case c.Status == string(report.Pass):
			return failf(pb.Reason_CHECK_NOT_ACCEPTABLE, "校验%[1]s已经相符，无需接受", "check %[1]s passes; there is nothing to accept", c.ID)
		case !acceptable(&c):
			return failf(pb.Reason_CHECK_NOT_ACCEPTABLE, "校验%[1]s不符，且为必须满足的关系（%[2]s）；请更正数据或者文字，不能以说明代替", "check %[1]s fails and must hold (%[2]s): mend the data or the text, a reason does not replace that", c.ID, c.Source)
		}
		hash, err := c.hash()
		facts = acceptFacts{Version: 1, Hash: hash, Check: c}
		return err
	})
	return facts, done, err
}

// accept keeps an acceptance once.
func (s *Server) accept(ctx context.Context, m mutation, object string, facts acceptFacts) (acceptFacts, *storage.Event, error) {
	var event *storage.Event
	err := s.update(ctx, m.agency, func(w storage.Writer) error {
		done, err := m.done(w)
		if err != nil {
			return err
		}
		if done != nil {
			event = done
			return decodeFacts(done, &facts)
		}
		_, before, err := kept[acceptFacts](w, m.agency, object)
		if err != nil {
			return err
		}
		e, err := m.keep(w, object, "accept_check", before, facts)
		event = &e
		return err
	})
	return facts, event, err
}
