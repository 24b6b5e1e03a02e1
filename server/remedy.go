package server

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/workflow"
)

// remedyFacts is a remedy as an event stores it: what it became by the event, whole. Words
// stand apart in remedyWords.
type remedyFacts struct {
	Version     int                   `json:"v"`
	Kind        workflow.RemedyKind   `json:"kind"`
	Application int64                 `json:"application,omitempty"`
	Number      string                `json:"no,omitempty"`
	FileDate    workflow.Date         `json:"file_date,omitzero"`
	AfterReview bool                  `json:"after_review,omitempty"`
	Capacity    workflow.Capacity     `json:"capacity"`
	Result      workflow.RemedyResult `json:"result"`
	Conclude    workflow.Date         `json:"conclude_date,omitzero"`
	Void        bool                  `json:"void,omitempty"`
	CreateTime  time.Time             `json:"create_time"`
	Act         *workflow.RemedyAct   `json:"act,omitempty"`
}

type remedyWords struct {
	Remark string `json:"remark,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// remedyEvent makes the record of a remedy that was created (act nil) or acted on.
func (m mutation) remedyEvent(r workflow.Remedy, act *workflow.RemedyAct) (storage.Event, error) {
	action, object, words := "create_remedy", "", remedyWords{Remark: r.Remark}
	if r.ID != 0 {
		object = storage.RemedyObject(r.ID)
	}
	if act != nil {
		action, words.Reason = string(act.Action), act.Reason
	}
	facts, err := json.Marshal(remedyFacts{
		1, r.Kind, r.ApplicationID, r.ApplicationNo, r.FileDate, r.AfterReview, r.Capacity, r.Result, r.ConcludeDate, r.Void, r.CreateTime, act,
	})
	if err != nil {
		return storage.Event{}, fmt.Errorf("encoding the remedy: %w", err)
	}
	var personal []byte
	if words != (remedyWords{}) {
		if personal, err = json.Marshal(words); err != nil {
			return storage.Event{}, fmt.Errorf("encoding the remedy: %w", err)
		}
	}
	return m.mark(m.event(object, r.Revision, action, facts, personal)), nil
}

// remedyAfter is a remedy as an event left it.
func remedyAfter(e *storage.Event) (workflow.Remedy, error) {
	var f remedyFacts
	var w remedyWords
	id, err := strconv.ParseInt(strings.TrimPrefix(e.Object, "remedy/"), 10, 64)
	if err == nil {
		err = json.Unmarshal(e.Facts, &f)
	}
	if err == nil && len(e.Personal) > 0 {
		err = json.Unmarshal(e.Personal, &w)
	}
	if err != nil {
		return workflow.Remedy{}, fmt.Errorf("decoding event %d of %s: %w", e.Revision, e.Object, err)
	}
	return workflow.Remedy{
		ID: id, Agency: e.Agency, ApplicationID: f.Application, ApplicationNo: f.Number, Kind: f.Kind, FileDate: f.FileDate,
		AfterReview: f.AfterReview, Capacity: f.Capacity, Result: f.Result, ConcludeDate: f.Conclude, Remark: w.Remark,
		Void: f.Void, Revision: e.Revision, CreateTime: f.CreateTime,
	}, nil
}

// remedyOf reads a remedy that is to be recorded.
func remedyOf(m *pb.Remedy) (workflow.Remedy, error) {
	r := workflow.Remedy{
		Kind: nameOf[workflow.RemedyKind](m.GetKind()), AfterReview: m.GetAfterReconsideration(),
		Capacity: nameOf[workflow.Capacity](m.GetCapacity()), Remark: m.GetRemark(),
	}
	if r.Capacity == "" {
		r.Capacity = workflow.OriginalOrgan
	}
	if err := checkText("remark", r.Remark, maxRemark, true); err != nil {
		return r, err
	}
	var err error
	r.FileDate, err = optionalDate("file_date", m.GetFileDate())
	return r, err
}

func remedyPB(r workflow.Remedy) *pb.Remedy {
	out := &pb.Remedy{
		Kind: enumOf[pb.Remedy_Kind](pb.Remedy_Kind_value, r.Kind), ApplicationNo: r.ApplicationNo, FileDate: r.FileDate.String(),
		AfterReconsideration: r.AfterReview, Capacity: enumOf[pb.Remedy_Capacity](pb.Remedy_Capacity_value, r.Capacity),
		Result: enumOf[pb.Remedy_Result](pb.Remedy_Result_value, r.Result), ConcludeDate: r.ConcludeDate.String(), Remark: r.Remark,
		Void: r.Void, Etag: etag(r.Revision), CreateTime: timestamppb.New(r.CreateTime),
	}
	if r.ID != 0 {
		out.Name = remedyName(r.Agency, r.ID)
	}
	if r.ApplicationID != 0 {
		out.Application = applicationName(r.Agency, r.ApplicationID)
	}
	return out
}

// concerned finds the application that a field of a request names, if it names one.
func concerned(r storage.Reader, agency, field, name string) (id int64, number string, err error) {
	if name == "" {
		return 0, "", nil
	}
	owner, key, err := applicationKey(name)
	switch {
	case err != nil:
		return 0, "", invalid(field, "%[1]s应为agencies/{机关}/applications/{申请}或者…/no:{申请编号}，收到“%[2]s”",
			"%[1]s must be agencies/{agency}/applications/{application} or …/no:{application_no}, got %[2]q", field, name)
	case owner != agency:
		return 0, "", within(field, notFound())
	}
	a, err := applicationBy(r, agency, key)
	if err != nil {
		return 0, "", within(field, err)
	}
	return a.ID, a.ApplicationNo, nil
}

// CreateRemedy records a remedy.
func (s *Server) CreateRemedy(ctx context.Context, req *pb.CreateRemedyRequest) (*pb.Remedy, error) {
	agency, err := parentAgency("parent", req.GetParent())
	if err != nil {
		return nil, err
	}
	in, err := remedyOf(req.GetRemedy())
	if err == nil {
		in.Agency, in.Result = agency, workflow.Pending
		err = workflow.CheckRemedy(in, s.today())
	}
	if err != nil {
		return nil, within("remedy", err)
	}
	m, err := s.mutate(ctx, agency, req.GetRequestId(), req)
	if err != nil {
		return nil, err
	}
	var out *pb.Remedy
	err = s.change(ctx, agency, req.GetValidateOnly(), func(r storage.Reader, w storage.Writer) error {
		result, err := m.createRemedy(r, w, in, req.GetRemedy().GetApplication())
		out = remedyPB(result)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (m mutation) createRemedy(r storage.Reader, w storage.Writer, in workflow.Remedy, application string) (workflow.Remedy, error) {
	if e, err := m.done(r); err != nil || e != nil {
		return remedyAgain(e, err)
	}
	var err error
	if _, err = r.Agency(m.agency); err != nil {
		return in, err
	}
	if in.ApplicationID, in.ApplicationNo, err = concerned(r, m.agency, "remedy.application", application); err != nil {
		return in, err
	}
	in.Revision, in.CreateTime = 1, m.now.Truncate(time.Microsecond)
	if w == nil {
		return in, m.frost(r).remedy(nil, &in)
	}
	e, err := m.remedyEvent(in, nil)
	if err != nil {
		return in, err
	}
	err = w.InsertRemedy(&in, e)
	return in, err
}

func remedyAgain(e *storage.Event, err error) (workflow.Remedy, error) {
	if err != nil {
		return workflow.Remedy{}, err
	}
	return remedyAfter(e)
}

func remedyKey(name string) (agency string, id int64, err error) {
	agency, text, ok := child(name, "remedies")
	if !ok {
		return "", 0, invalid("name", "name应为agencies/{机关}/remedies/{案件}，收到“%s”", "name must be agencies/{agency}/remedies/{remedy}, got %q", name)
	}
	return agency, idOf(text), nil
}

// GetRemedy returns one remedy.
func (s *Server) GetRemedy(ctx context.Context, req *pb.GetRemedyRequest) (*pb.Remedy, error) {
	agency, id, err := remedyKey(req.GetName())
	if err != nil {
		return nil, err
	}
	var out workflow.Remedy
	err = s.store.View(ctx, func(r storage.Reader) (err error) {
		out, err = r.Remedy(agency, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	callOf(ctx).shown.remedy(&out)
	return remedyPB(out), nil
}

// ListRemedies lists the remedies of one agency in the order of their entry.
func (s *Server) ListRemedies(ctx context.Context, req *pb.ListRemediesRequest) (*pb.ListRemediesResponse, error) {
	agency, err := parentAgency("parent", req.GetParent())
	if err != nil {
		return nil, err
	}
	size, err := pageSize(req.GetPageSize())
	if err != nil {
		return nil, err
	}
	after, err := readToken[int64](req, req.GetPageToken())
	if err != nil {
		return nil, err
	}
	out := &pb.ListRemediesResponse{}
	err = s.store.View(ctx, func(r storage.Reader) error {
		out.Reset()
		if _, err := r.Agency(agency); err != nil {
			return err
		}
		id, _, err := concerned(r, agency, "application", req.GetApplication())
		if err != nil {
			return err
		}
		list, more, err := readPage(size, after, func(after int64, limit int) ([]workflow.Remedy, error) {
			return r.Remedies(agency, storage.RemedyQuery{After: after, Limit: limit, Application: id})
		}, func(x workflow.Remedy) (int64, int) { return x.ID, len(x.Remark) })
		for _, x := range list {
			callOf(ctx).shown.remedy(&x)
			out.Remedies = append(out.Remedies, remedyPB(x))
		}
		if more {
			out.NextPageToken = nextToken(req, list[len(list)-1].ID)
		}
		return err
	})
	return out, err
}

// remedyActOf reads the one action of a request.
func remedyActOf(m *pb.RemedyAction) (act workflow.RemedyAct, path string, err error) {
	switch a := m.GetAction().(type) {
	case *pb.RemedyAction_Conclude:
		path = "action.conclude"
		act.Action, act.Result = workflow.RemedyConclude, nameOf[workflow.RemedyResult](a.Conclude.GetResult())
		act.Date, err = optionalDate("conclude_date", a.Conclude.GetConcludeDate())
	case *pb.RemedyAction_Remand:
		path = "action.remand"
		act.Action, act.Reason = workflow.RemedyRemand, a.Remand.GetReason()
		act.Date, err = optionalDate("remand_date", a.Remand.GetRemandDate())
	case *pb.RemedyAction_Strike:
		path, act.Action, act.Reason = "action.strike", workflow.RemedyStrike, a.Strike.GetReason()
	default:
		return act, "", invalid("action", "没有写明办理哪个步骤：conclude、remand或strike", "no action is given: conclude, remand or strike")
	}
	if err == nil {
		err = checkText("reason", act.Reason, maxRemark, true)
	}
	return act, path, within(path, err)
}

// ActOnRemedy applies one action to a remedy.
func (s *Server) ActOnRemedy(ctx context.Context, req *pb.ActOnRemedyRequest) (*pb.Remedy, error) {
	agency, id, err := remedyKey(req.GetName())
	if err != nil {
		return nil, err
	}
	act, path, err := remedyActOf(req.GetAction())
	if err != nil {
		return nil, err
	}
	m, err := s.mutate(ctx, agency, req.GetRequestId(), req)
	if err != nil {
		return nil, err
	}
	var out *pb.Remedy
	err = s.change(ctx, agency, req.GetValidateOnly(), func(r storage.Reader, w storage.Writer) error {
		if e, err := m.done(r); err != nil || e != nil {
			result, err := remedyAgain(e, err)
			out = remedyPB(result)
			return err
		}
		before, err := r.Remedy(agency, id)
		if err != nil {
			return err
		}
		if err := checkEtag(req.GetEtag(), before.Revision); err != nil {
			return err
		}
		after, err := before.Apply(act, callOf(ctx).person(), s.today())
		if err != nil {
			return within(path, err)
		}
		after.Revision++
		out = remedyPB(after)
		if w == nil {
			callOf(ctx).shown.remedy(&after)
			return m.frost(r).remedy(&before, &after)
		}
		return m.updateRemedy(w, before, after, &act)
	})
	return out, err
}

// updateRemedy stores what became of a remedy.
func (m mutation) updateRemedy(w storage.Writer, before, after workflow.Remedy, act *workflow.RemedyAct) error {
	e, err := m.remedyEvent(after, act)
	if err != nil {
		return err
	}
	return w.UpdateRemedy(before, after, e)
}
