package server

import (
	"strconv"
	"unicode/utf8"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/workflow"
	"gongkai/workflow/deadline"
)

// This file, convert_action.go and convert_event.go are where messages become values of
// the domain and back. Enums go by name: the values of the interface are called as the
// constants of the domain are.

// enumOf finds an enum value by its name; the zero value for an empty or foreign one.
func enumOf[E ~int32, S ~string](values map[string]int32, name S) E { return E(values[string(name)]) }

// nameOf is the name of an enum value; empty for the zero value, which says nothing.
func nameOf[S ~string](value protoreflect.Enum) S {
	n := value.Number()
	if n == 0 {
		return ""
	}
	if d := value.Descriptor().Values().ByNumber(n); d != nil {
		return S(d.Name())
	}
	return S(strconv.Itoa(int(n)))
}

// The most characters of what is registered.
const (
	maxNumber      = 100
	maxShort       = 200
	maxAddress     = 500
	maxDescription = 100_000
	maxRemark      = 10_000
)

// checkText refuses a text that is too long or holds control characters; lines is for
// texts that may have several.
func checkText(field, text string, most int, lines bool) error {
	if n := utf8.RuneCountInString(text); n > most {
		return invalid(field, "%[1]s有%[2]d个字符，最多%[3]d个", "%[1]s has %[2]d characters; at most %[3]d", field, n, most)
	}
	for _, r := range text {
		if workflow.Hidden(r) && (!lines || r != '\n' && r != '\r' && r != '\t') {
			return invalid(field, "%[1]s含有控制字符%[2]U，请删除", "%[1]s holds the control character %[2]U; remove it", field, r)
		}
	}
	return nil
}

// registrationOf reads an application that is to be registered: its particulars, without
// blanks around them, and the act that registers it.
func registrationOf(m *pb.Application) (workflow.Application, workflow.Act, error) {
	p, trim := m.GetApplicant(), workflow.Trim
	a := workflow.Application{
		ApplicationNo: trim(m.GetApplicationNo()), Description: m.GetDescription(), Remark: m.GetRemark(),
		Applicant: workflow.Applicant{
			Name: trim(p.GetDisplayName()), IDType: trim(p.GetIdType()), IDNumber: trim(p.GetIdNumber()), Phone: trim(p.GetPhone()),
			Address: trim(p.GetAddress()), Postcode: trim(p.GetPostcode()), Email: trim(p.GetEmail()),
		},
	}
	act := workflow.Act{
		Action: workflow.ActSubmit, Channel: nameOf[workflow.Channel](m.GetChannel()), Kind: nameOf[workflow.ApplicantKind](p.GetKind()),
	}
	for _, t := range []struct {
		field, text string
		most        int
		lines       bool
	}{
		{"application_no", a.ApplicationNo, maxNumber, false},
		{"applicant.display_name", a.Applicant.Name, maxShort, false},
		{"applicant.id_type", a.Applicant.IDType, maxNumber, false},
		{"applicant.id_number", a.Applicant.IDNumber, maxNumber, false},
		{"applicant.phone", a.Applicant.Phone, maxNumber, false},
		{"applicant.address", a.Applicant.Address, maxAddress, false},
		{"applicant.postcode", a.Applicant.Postcode, maxNumber, false},
		{"applicant.email", a.Applicant.Email, maxShort, false},
		{"description", a.Description, maxDescription, true},
		{"remark", a.Remark, maxRemark, true},
	} {
		if err := checkText(t.field, t.text, t.most, t.lines); err != nil {
			return a, act, err
		}
	}
	var err error
	act.Date, err = parseDate("arrive_date", m.GetArriveDate())
	return a, act, err
}

// view renders for one caller, as of one day.
type view struct {
	rules workflow.Rules
	today workflow.Date
	lang  language
	shown *shown
}

// application shows one application in full.
func (v view) application(a *workflow.Application) *pb.Application {
	v.shown.application(a, shownApplication)
	return v.particulars(a)
}

// masked shows an application among others, or where nobody asked for more.
func (v view) masked(a *workflow.Application) *pb.Application {
	v.shown.application(a, shownMasked)
	out := v.particulars(a)
	maskApplicant(out.GetApplicant())
	return out
}

func (v view) particulars(a *workflow.Application) *pb.Application {
	out := &pb.Application{
		ApplicationNo: a.ApplicationNo, State: stateOf(a.State), StateLabel: v.lang.pick(a.State.ZH(), a.State.EN()),
		Applicant:  applicantPB(a.Applicant),
		Channel:    enumOf[pb.Application_Channel](pb.Application_Channel_value, a.Channel),
		ArriveDate: a.ArriveDate.String(), ReceiveDate: a.ReceiveDate.String(),
		Description: a.Description, Remark: a.Remark, Regime: int32(a.Regime),
		Deadline: v.deadline(a), Consultations: consultationsPB(a.Consultations), Replies: repliesPB(a.Replies),
		Conclusion: conclusionPB(a), Hold: a.Hold, Holder: a.Holder(), Revision: a.Revision, Etag: etag(a.Revision),
		CreateTime: timestamppb.New(a.CreateTime), UpdateTime: timestamppb.New(a.UpdateTime),
	}
	if a.ID != 0 {
		out.Name = applicationName(a.Agency, a.ID)
	}
	fillProceedings(out, a)
	for _, w := range v.rules.Warnings(a) {
		out.Warnings = append(out.Warnings, v.lang.pick(w.ZH, w.EN))
	}
	if p := checkIdentity(a.Applicant.IDType, a.Applicant.IDNumber, a.Applicant.Kind); p != nil {
		out.Warnings = append(out.Warnings, v.lang.pick(p.zh, p.en))
	}
	return out
}

func stateOf(s workflow.State) pb.Application_State {
	return enumOf[pb.Application_State](pb.Application_State_value, s)
}

func applicantPB(p workflow.Applicant) *pb.Applicant {
	return &pb.Applicant{
		Kind:        enumOf[pb.Applicant_Kind](pb.Applicant_Kind_value, p.Kind),
		DisplayName: p.Name, IdType: p.IDType, IdNumber: p.IDNumber, Phone: p.Phone, Address: p.Address, Postcode: p.Postcode, Email: p.Email,
	}
}

// fillProceedings adds what happens at most once, where it happened.
func fillProceedings(out *pb.Application, a *workflow.Application) {
	if s := a.Supplement; !s.NotifyDate.IsZero() {
		out.Supplement = &pb.Supplement{
			NotifyDate: s.NotifyDate.String(), NoticeReceiveDate: s.NoticeDate.String(), DueDate: s.DueDate.String(),
			ReceiveDate: s.ReceiveDate.String(), LateNotice: s.Late, Lapsed: s.Lapsed,
		}
	}
	if e := a.Extension; e.Workdays != 0 {
		out.Extension = &pb.Extension{Workdays: int32(e.Workdays), NotifyDate: e.NotifyDate.String()}
	}
	if d := a.Deferral; !d.DueDate.IsZero() {
		out.Deferral = &pb.Deferral{NotifyDate: d.NotifyDate.String(), DueDate: d.DueDate.String()}
	}
	if f := a.Fee; !f.ReceiveDate.IsZero() {
		out.Fee = &pb.Fee{
			ReceiveDate: f.ReceiveDate.String(), DueDate: f.DueDate.String(), AmountFen: f.Amount,
			PayDate: f.PayDate.String(), PaidFen: f.Paid,
		}
	}
}

func consultationsPB(list []workflow.Consultation) []*pb.Consultation {
	var out []*pb.Consultation
	for i, c := range list {
		out = append(out, &pb.Consultation{
			Consultation: int32(i + 1),
			Kind:         enumOf[pb.Consultation_Kind](pb.Consultation_Kind_value, c.Kind),
			SendDate:     c.SendDate.String(), ReceiveDate: c.ReceiveDate.String(), DueDate: c.DueDate.String(),
			EndDate: c.EndDate.String(), Lapsed: c.Lapsed,
			Opinion: enumOf[pb.Consultation_Opinion](pb.Consultation_Opinion_value, c.Opinion),
		})
	}
	return out
}

func repliesPB(list []workflow.Reply) []*pb.Reply {
	var out []*pb.Reply
	for _, r := range list {
		out = append(out, &pb.Reply{
			Basis: string(r.Basis), DecideDate: r.DecideDate.String(), DocumentNo: r.DocumentNo,
			DeliveryMode: enumOf[pb.Delivery_Mode](pb.Delivery_Mode_value, r.Mode), DeliverDate: r.DeliverDate.String(),
		})
	}
	return out
}

func conclusionPB(a *workflow.Application) *pb.Conclusion {
	c := a.Conclusion
	if c.Date.IsZero() {
		return nil
	}
	return &pb.Conclusion{
		CloseDate: c.Date.String(), Basis: string(a.CountedBasis()), DueDate: c.DueDate.String(), LateCause: c.LateCause,
		WorkdaysTaken: int32(c.Workdays),
		Timing:        enumOf[pb.Application_Timing](pb.Application_Timing_value, c.Timing),
	}
}

// deadline is the answer period as of the day of the view. A case at rest keeps the date
// by which its first conclusion was judged; one that was void or unconfirmed has none.
func (v view) deadline(a *workflow.Application) *pb.Deadline {
	switch {
	case a.State == workflow.Void:
		return &pb.Deadline{}
	case !a.State.Open():
		return &pb.Deadline{DueDate: a.Conclusion.DueDate.String()}
	}
	r := v.rules.Deadline(a)
	return deadlinePB(r, r.On(v.today, v.rules.Calendar))
}

func deadlinePB(r deadline.Result, s deadline.Status) *pb.Deadline {
	switch {
	case s.Unconfirmed:
		return &pb.Deadline{}
	case s.Suspended:
		return &pb.Deadline{Suspended: true, Provisional: r.Provisional, WorkdaysRemaining: workdays(s.Remaining)}
	}
	return &pb.Deadline{
		DueDate: s.Due.String(), SafeDueDate: r.Safe.String(), WorkdaysLeft: workdays(s.Left),
		Provisional: r.Provisional, Overdue: s.Overdue,
	}
}

func workdays(n int) *int32 {
	v := int32(n)
	return &v
}
