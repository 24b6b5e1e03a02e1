package server

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/workflow"
)

// A call that shows personal data unmasked is recorded before its answer leaves, and so is
// one that was refused. What a call changed is recorded by its act, which names the caller
// as well: its answer shows nothing further.

// The actions of these records. Stored strings never change.
const (
	actionRead   = "read"
	actionRefuse = "refuse"
)

// What of an object may name persons.
const (
	shownApplication = "applicant,description,remark"
	shownMasked      = "applicant_masked,description,remark" // see maskApplicant
	shownHistory     = "words"
	shownRemark      = "remark"
	shownFile        = "file_name,reason"
	shownRecord      = "record"
)

// shown is what an answer shows unmasked, noted where it is rendered.
type shown struct{ of map[shownKey]map[int64]bool }

type shownKey struct{ agency, kind, fields string }

func (s *shown) add(key shownKey, id int64) {
	if s == nil || id == 0 { // what is not registered is the caller's own
		return
	}
	if s.of == nil {
		s.of = map[shownKey]map[int64]bool{}
	}
	if s.of[key] == nil {
		s.of[key] = map[int64]bool{}
	}
	s.of[key][id] = true
}

// application notes the particulars of an application, if it has any.
func (s *shown) application(a *workflow.Application, fields string) {
	p := &a.Applicant
	if p.Name+p.IDType+p.IDNumber+p.Phone+p.Address+p.Postcode+p.Email+a.Description+a.Remark != "" {
		s.add(shownKey{a.Agency, "application", fields}, a.ID)
	}
}

// history notes the events of one object, if they say what may name persons.
func (s *shown) history(events []storage.Event) {
	for i := range events {
		if events[i].Personal != nil {
			kind, id, _ := strings.Cut(events[i].Object, "/")
			n, _ := strconv.ParseInt(id, 10, 64) // as ApplicationObject wrote it
			s.add(shownKey{events[i].Agency, kind, shownHistory}, n)
			return
		}
	}
}

// remedy notes the remark on a remedy, if there is one.
func (s *shown) remedy(r *workflow.Remedy) {
	if r.Remark != "" {
		s.add(shownKey{r.Agency, "remedy", shownRemark}, r.ID)
	}
}

// attachment notes the name that an attachment came under, which is a person's choice.
func (s *shown) attachment(a *storage.Attachment) {
	if a.Name+a.Reason != "" {
		s.add(shownKey{a.Agency, "attachment", shownFile}, a.ID)
	}
}

// readFacts say what a reading showed of which objects. A page holds at most a thousand.
type readFacts struct {
	Version int    `json:"v"`
	Method  string `json:"method"`
	Kind    string `json:"kind"`
	IDs     string `json:"ids"` // 3-17,20
	Count   int    `json:"count"`
	Fields  string `json:"fields"`
}

// objectRead names what was read: readings of one object are found by its name.
func objectRead(kind string, ids []int64) string {
	if len(ids) == 1 {
		return "read/" + kind + "/" + strconv.FormatInt(ids[0], 10)
	}
	return "read/" + kind
}

// idRanges writes ids in their order, neighbours as ranges.
func idRanges(ids []int64) string {
	var b strings.Builder
	for i := 0; i < len(ids); {
		j := i
		for j+1 < len(ids) && ids[j+1] == ids[j]+1 {
			j++
		}
		if b.Len() > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.FormatInt(ids[i], 10))
		if j > i {
			b.WriteString("-" + strconv.FormatInt(ids[j], 10))
		}
		i = j + 1
	}
	return b.String()
}

// recordShown records what is about to be shown, one event for each kind of object in the
// register of its agency, and begins anew.
func (s *Server) recordShown(ctx context.Context, c call) error {
	if c.shown == nil || len(c.shown.of) == 0 {
		return nil
	}
	events := map[string][]storage.Event{}
	for key, set := range c.shown.of {
		ids := slices.Sorted(maps.Keys(set))
		facts, err := json.Marshal(readFacts{1, methodName(c.rule.Method), key.kind, idRanges(ids), len(ids), key.fields})
		if err != nil {
			return fmt.Errorf("encoding a reading: %w", err)
		}
		events[key.agency] = append(events[key.agency], s.audited(c, objectRead(key.kind, ids), actionRead, facts))
	}
	for _, agency := range slices.Sorted(maps.Keys(events)) {
		if err := s.record(ctx, agency, events[agency]...); err != nil {
			return fmt.Errorf("recording a reading: %w", err)
		}
	}
	c.shown.of = nil
	return nil
}

func (s *Server) audited(c call, object, action string, facts []byte) storage.Event {
	return storage.Event{Object: object, Time: s.now(), Actor: c.person().Name, Action: action, Facts: facts}
}

// record stores events that change nothing.
func (s *Server) record(ctx context.Context, agency string, events ...storage.Event) error {
	return s.update(ctx, agency, func(w storage.Writer) error { return w.Record(events...) })
}

// answered records what a call shows or why it was refused, once it is known.
func (s *Server) answered(ctx context.Context, c call, req any, err error) error {
	if err != nil {
		s.recordRefusal(ctx, c, req, err)
		return err
	}
	if acts(req) {
		return nil
	}
	return s.recordShown(ctx, c)
}

// acts reports whether a request changes the register, and not only asks what if.
func acts(req any) bool {
	m, ok := req.(proto.Message)
	if !ok {
		return false
	}
	fields := m.ProtoReflect().Descriptor().Fields()
	if fields.ByName("request_id") == nil {
		return false
	}
	trial := fields.ByName("validate_only")
	return trial == nil || !m.ProtoReflect().Get(trial).Bool()
}

// refusedFacts say what was refused. The name that was asked for is told only where it
// can hold no personal data.
type refusedFacts struct {
	Version int    `json:"v"`
	Method  string `json:"method"`
	Reason  string `json:"reason"`
	Name    string `json:"name,omitempty"`
}

// recordRefusal records that the law, the access table or the walls between agencies
// refused a call: in the register of the agency that was asked, if it is within the
// caller's reach, else in the caller's own. Malformed requests are no acts, nor is what the
// law would refuse; but who asks on trial for what he may not see has asked for it. The
// refusal stands even if it cannot be recorded.
func (s *Server) recordRefusal(ctx context.Context, c call, req any, err error) {
	f := faultOf(err)
	if f == nil || c.principal.ID == "" || c.rule.Method == "" || !tellsOf(f.reason, isTrial(req)) {
		return
	}
	facts := refusedFacts{Version: 1, Method: methodName(c.rule.Method), Reason: f.reason.String()}
	if m, ok := req.(proto.Message); ok && c.rule.Agency != "" {
		if name := stringAt(m, c.rule.Agency); harmless(name) {
			facts.Name = name
		}
	}
	agency := c.principal.Agency
	if refusesAct(f.reason) && facts.Name != "" {
		agency = agencyIn(facts.Name)
	}
	raw, err := json.Marshal(facts)
	if err == nil {
		err = s.record(ctx, agency, s.audited(c, "refused/"+facts.Method, actionRefuse, raw))
	}
	if err != nil {
		s.log.LogAttrs(ctx, slog.LevelError, "refusal not recorded", slog.String("method", facts.Method), slog.String("error", err.Error()))
	}
}

// tellsOf reports whether a refusal is recorded.
func tellsOf(reason pb.Reason, trial bool) bool {
	if trial && reason == pb.Reason_STEP_ROLE {
		return false
	}
	return refusesCaller(reason) || refusesAct(reason) && !trial
}

// isTrial reports whether a request asks what would be.
func isTrial(req any) bool {
	m, ok := req.(proto.Message)
	if !ok {
		return false
	}
	trial := m.ProtoReflect().Descriptor().Fields().ByName("validate_only")
	return trial != nil && m.ProtoReflect().Get(trial).Bool()
}

// maxAsked is the longest name of a resource that is recorded.
const maxAsked = 200

// harmless reports whether a name is one that the service could have given out: a number
// that was given by hand may hold anything.
func harmless(name string) bool {
	return len(name) <= maxAsked && !strings.Contains(name, numberPrefix) &&
		strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789/-_.") == ""
}

// methodName is a method without its package: ApplicationService/GetApplication.
func methodName(full string) string {
	service, method, _ := strings.Cut(strings.TrimPrefix(full, "/"), "/")
	return service[strings.LastIndexByte(service, '.')+1:] + "/" + method
}
