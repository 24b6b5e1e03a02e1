package workflow_test

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"gongkai/workflow"
	"gongkai/workflow/calendar"
	"gongkai/workflow/scenario"
)

// actOf reads an act of a script; its fields are named as in the interface.
func actOf(s scenario.Step) (workflow.Act, error) {
	act := workflow.Act{Action: workflow.Action(s.Name), Date: s.Date}
	spec, ok := workflow.SpecOf(act.Action)
	if !ok {
		return act, fmt.Errorf("no action is called %q", s.Name)
	}
	for _, f := range s.Fields {
		if f.Name == "by" {
			continue
		}
		if !slices.Contains(spec.Required, f.Name) && !slices.Contains(spec.Optional, f.Name) {
			return act, fmt.Errorf("%s has no field %s", s.Name, f.Name)
		}
		if err := setField(&act, f.Name, f.Value); err != nil {
			return act, fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	return act, nil
}

// setField gives a field of the interface a value.
func setField(act *workflow.Act, name, value string) error {
	if day := dateFieldOf(act, name); day != nil {
		parsed, err := calendar.Parse(value)
		*day = parsed
		return err
	}
	switch name {
	case "channel":
		act.Channel = workflow.Channel(value)
	case "applicant_kind":
		act.Kind = workflow.ApplicantKind(value)
	case "kind":
		act.Consulted = workflow.ConsultationKind(value)
	case "opinion":
		act.Opinion = workflow.Opinion(value)
	case "mode":
		act.Mode = workflow.DeliveryMode(value)
	case "tariff":
		act.Tariff = workflow.Tariff(value)
	case "basis":
		act.Basis = workflow.Basis(value)
	case "document_no":
		act.Document = value
	case "holder":
		act.Holder = value
	case "late_cause":
		act.LateCause = value
	case "prior_application_no":
		act.Prior = value
	default:
		return setScalar(act, name, value)
	}
	return nil
}

func setScalar(act *workflow.Act, name, value string) (err error) {
	switch name {
	case "items":
		act.Text.Items = strings.Split(value, ";")
	case "reason":
		act.Text.Reason = value
	case "party":
		act.Text.Party = value
	case "approver":
		act.Text.Approver = value
	case "good_cause":
		act.GoodCause, act.Text.Reason = value != "", value
	case "workdays":
		act.Workdays, err = strconv.Atoi(value)
	case "consultation":
		act.Consultation, err = strconv.Atoi(value)
	case "amount_fen":
		act.Amount, err = strconv.ParseInt(value, 10, 64)
	case "accepted":
		act.Accepted, err = strconv.ParseBool(value)
	case "returned":
		act.Returned, err = strconv.ParseBool(value)
	case "review_first_told":
		act.ReviewFirst, err = strconv.ParseBool(value)
	default:
		return fmt.Errorf("no field is called %q", name)
	}
	return err
}

// dateFieldOf is where an act keeps a day beside its own.
func dateFieldOf(act *workflow.Act, name string) *workflow.Date {
	switch name {
	case "receive_date", "notice_receive_date", "party_receive_date":
		return &act.Receive
	case "due_date":
		return &act.Due
	case "post_date":
		return &act.Post
	case "decide_date":
		return &act.Sign
	case "third_party_notify_date":
		return &act.Told
	}
	return nil
}

// clone copies an application and all that it points to.
func clone(a workflow.Application) workflow.Application {
	a.Acts = slices.Clone(a.Acts)
	for i := range a.Acts {
		a.Acts[i].Text.Items = slices.Clone(a.Acts[i].Text.Items)
	}
	a.Consultations = slices.Clone(a.Consultations)
	a.Payments = slices.Clone(a.Payments)
	a.Replies = slices.Clone(a.Replies)
	return a
}

func diffApplications(want, got workflow.Application) string {
	if reflect.DeepEqual(want, got) {
		return "" // cmp is slow, and random walks compare often
	}
	return cmp.Diff(want, got, cmpopts.EquateEmpty())
}

// checkTexts asks that a refusal says why in both languages.
func checkTexts(t interface {
	Helper()
	Errorf(string, ...any)
}, no *workflow.Refusal,
) {
	t.Helper()
	if no.Reason == "" || no.ZH == "" || no.EN == "" {
		t.Errorf("refusal %+v lacks a reason or a text", no)
	}
	for _, text := range []string{no.ZH, no.EN, no.Error(), no.Article} {
		if strings.Contains(text, "%!") {
			t.Errorf("refusal %s has a broken text: %s", no.Reason, text)
		}
	}
	if no.Article == "" && !lawless[no.Reason] {
		t.Errorf("refusal %s names no article: %s", no.Reason, no.EN)
	}
}

// lawless are the reasons that rest on no article: a form filled in wrongly, days that
// cannot be.
var lawless = map[workflow.Reason]bool{
	workflow.FieldInvalid: true, workflow.DateInFuture: true, workflow.DateOrder: true, workflow.ContradictsLaterFact: true,
}

func day(t testing.TB, text string) workflow.Date {
	t.Helper()
	d, err := calendar.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
