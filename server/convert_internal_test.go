package server

import (
	"errors"
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/testing/protocmp"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/workflow"
)

// filledAction is an action of a kind with every field set, no two alike.
func filledAction(field protoreflect.FieldDescriptor) *pb.Action {
	out := &pb.Action{}
	m := out.ProtoReflect().Mutable(field).Message()
	for i := range m.Descriptor().Fields().Len() {
		f := m.Descriptor().Fields().Get(i)
		switch {
		case f.IsList():
			m.Mutable(f).List().Append(protoreflect.ValueOfString("第一项"))
			m.Mutable(f).List().Append(protoreflect.ValueOfString("second\nline"))
		case strings.HasSuffix(string(f.Name()), "_date"):
			m.Set(f, protoreflect.ValueOfString("2026-03-"+strconv.Itoa(10+i)))
		case f.Kind() == protoreflect.StringKind:
			m.Set(f, protoreflect.ValueOfString("文"+string(f.Name())))
		case f.Kind() == protoreflect.BoolKind:
			m.Set(f, protoreflect.ValueOfBool(true))
		case f.Kind() == protoreflect.Int32Kind:
			m.Set(f, protoreflect.ValueOfInt32(int32(3+i)))
		case f.Kind() == protoreflect.Int64Kind:
			m.Set(f, protoreflect.ValueOfInt64(int64(1<<29+i)))
		}
	}
	return out
}

// everyAction is one action of each kind but the correction, filled, and a correction
// that changes each of them.
func everyAction() []*pb.Action {
	var out []*pb.Action
	correct := &pb.Correct{Reason: "错登", Amendments: []*pb.Amendment{
		{Revision: 1, Change: &pb.Amendment_Registration{Registration: &pb.Registration{
			ArriveDate: "2026-03-02", Channel: "FAX", ApplicantKind: "RESEARCH",
		}}},
		{Revision: 2, Change: &pb.Amendment_Strike{Strike: true}},
	}}
	for i := range oneAction.Fields().Len() {
		f := oneAction.Fields().Get(i)
		if f.Name() == "correct" {
			continue
		}
		a := filledAction(f)
		out = append(out, a)
		correct.Amendments = append(correct.Amendments, &pb.Amendment{Revision: int64(i + 3), Change: &pb.Amendment_Action{Action: a}})
	}
	return append(out, &pb.Action{Action: &pb.Action_Correct{Correct: correct}})
}

func TestActionsSurviveTheWayIntoTheStoreAndBack(t *testing.T) {
	actions := everyAction()
	if len(actions) != 37 {
		t.Fatalf("%d actions, want 37", len(actions))
	}
	for i, want := range actions {
		steps, err := stepsOf([]*pb.Action{want})
		if err != nil {
			t.Errorf("reading %v: %v", want, err)
			continue
		}
		s := steps[0]
		event := workflow.Event{Revision: int64(i + 2), Act: s.act, Text: s.act.Text, Changes: s.changes}
		facts, personal, err := event.Encode()
		if err != nil {
			t.Fatal(err)
		}
		back, err := workflow.DecodeEvent(event.Revision, time.Unix(0, 0), facts, personal)
		if err != nil {
			t.Fatal(err)
		}
		got, err := actionPB(&back.Act, back.Changes)
		if err != nil {
			t.Errorf("writing %s: %v", s.act.Action, err)
			continue
		}
		if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
			t.Errorf("%s (-sent +came back):\n%s", s.act.Action, diff)
		}
		if s.act.GoodCause != (s.act.Action == workflow.ActSubmitSupplement) {
			t.Errorf("%s: good cause %t", s.act.Action, s.act.GoodCause)
		}
		if strings.Contains(string(facts), "文reason") || strings.Contains(string(facts), "第一项") {
			t.Errorf("%s: words that may name persons stand among the facts: %s", s.act.Action, facts)
		}
	}
}

// TestSpecsNameTheFieldsOfTheInterface: what the domain calls a field is what the
// interface calls it, and nothing is left out on either side.
func TestSpecsNameTheFieldsOfTheInterface(t *testing.T) {
	for _, spec := range workflow.Specs() {
		field := oneAction.Fields().ByName(protoreflect.Name(spec.Action))
		if spec.Action == workflow.ActSubmit {
			if field != nil {
				t.Errorf("a registration is no action of the interface")
			}
			continue
		}
		if field == nil {
			t.Errorf("the interface has no action %s", spec.Action)
			continue
		}
		want := slices.Concat(spec.Required, spec.Optional)
		if spec.Date != "" {
			want = append(want, spec.Date)
		}
		var got []string
		for i := range field.Message().Fields().Len() {
			got = append(got, string(field.Message().Fields().Get(i).Name()))
		}
		slices.Sort(want)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-domain +interface):\n%s", spec.Action, diff)
		}
	}
	if n := oneAction.Fields().Len(); n != len(workflow.Specs())-1 {
		t.Errorf("%d actions in the interface, %d in the domain", n, len(workflow.Specs())-1)
	}
}

func texts[S ~string](list ...S) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = string(s)
	}
	slices.Sort(out)
	return out
}

func TestEnumsAreCalledAsInTheDomain(t *testing.T) {
	for _, tt := range []struct {
		enum protoreflect.Enum
		want []string
	}{
		{pb.Application_STATE_UNSPECIFIED, texts(workflow.States()...)},
		{pb.Application_CHANNEL_UNSPECIFIED, texts(workflow.Channels()...)},
		{pb.Application_TIMING_UNSPECIFIED, texts(workflow.OnTime, workflow.Extended, workflow.Late)},
		{pb.Applicant_KIND_UNSPECIFIED, texts(workflow.ApplicantKinds()...)},
		{pb.Consultation_KIND_UNSPECIFIED, texts(workflow.ConsultationKinds()...)},
		{pb.Consultation_OPINION_UNSPECIFIED, texts(workflow.Consent, workflow.Objection, workflow.NoAnswer)},
		{pb.Delivery_MODE_UNSPECIFIED, texts(workflow.DeliveryModes()...)},
		{pb.Remedy_KIND_UNSPECIFIED, texts(workflow.RemedyKinds()...)},
		{pb.Remedy_RESULT_UNSPECIFIED, texts(workflow.Pending, workflow.Upheld, workflow.Corrected, workflow.OtherResult)},
		{pb.Remedy_CAPACITY_UNSPECIFIED, texts(workflow.OriginalOrgan, workflow.ReviewOrgan)},
		{pb.Principal_ROLE_UNSPECIFIED, texts(workflow.Roles()...)},
	} {
		var got []string
		for i := range tt.enum.Descriptor().Values().Len() {
			v := tt.enum.Descriptor().Values().Get(i)
			if v.Number() == 0 {
				continue
			}
			name := nameOf[string](tt.enum.Type().New(v.Number()))
			if name != string(v.Name()) {
				t.Errorf("%s is called %q", v.FullName(), name)
			}
			got = append(got, name)
		}
		slices.Sort(got)
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-domain +interface):\n%s", tt.enum.Descriptor().FullName(), diff)
		}
	}
	if got := nameOf[string](pb.Application_State(99)); got != "99" {
		t.Errorf("a value that does not exist is called %q", got)
	}
	if got := enumOf[pb.Application_State](pb.Application_State_value, workflow.State("")); got != 0 {
		t.Errorf("no state is %v", got)
	}
}

// TestEveryRefusalHasAReason reads the reasons from the source of the domain, where they
// are constants that no function lists.
func TestEveryRefusalHasAReason(t *testing.T) {
	file, err := parser.ParseFile(gotoken.NewFileSet(), "../workflow/refusal.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	ast.Inspect(file, func(node ast.Node) bool {
		spec, ok := node.(*ast.ValueSpec)
		if !ok {
			return true
		}
		for _, v := range spec.Values {
			name, err := strconv.Unquote(v.(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			if _, ok := pb.Reason_value[name]; !ok {
				t.Errorf("the interface has no reason %s", name)
			}
			n++
		}
		return true
	})
	if n < 25 {
		t.Errorf("found %d reasons only", n)
	}
}

func TestActionsThatCannotBeRead(t *testing.T) {
	long := strings.Repeat("长", maxRemark+1)
	many := make([]string, maxActions+1)
	extend := func(date string) *pb.Action {
		return &pb.Action{Action: &pb.Action_Extend{Extend: &pb.Extend{NotifyDate: date}}}
	}
	correct := func(c *pb.Correct) *pb.Action { return &pb.Action{Action: &pb.Action_Correct{Correct: c}} }
	amend := func(a *pb.Amendment) *pb.Action {
		return correct(&pb.Correct{Reason: "错登", Amendments: []*pb.Amendment{{Revision: 2, Change: &pb.Amendment_Strike{Strike: true}}, a}})
	}
	for _, tt := range []struct {
		name   string
		action *pb.Action
		path   string
	}{
		{"nothing", &pb.Action{}, "actions[1]: no action is given"},
		{"no day of the calendar", extend("2026-02-30"), "actions[1].extend: notify_date"},
		{"another order of the date", extend("30-06-2026"), "actions[1].extend: notify_date"},
		{"a day without zeros", extend("2026-6-3"), "actions[1].extend: notify_date"},
		{
			"a long reason", &pb.Action{Action: &pb.Action_Void{Void: &pb.Void{Reason: long}}},
			"actions[1].void: reason has 10001 characters; at most 10000",
		},
		{
			"a control character", &pb.Action{Action: &pb.Action_Decide{Decide: &pb.Decide{DocumentNo: "公\x00开"}}},
			"actions[1].decide: document_no holds the control character U+0000",
		},
		{
			"too many points", &pb.Action{Action: &pb.Action_RequestSupplement{RequestSupplement: &pb.RequestSupplement{Items: many}}},
			"actions[1].request_supplement: items",
		},
		{
			"a long point", &pb.Action{Action: &pb.Action_RequestSupplement{RequestSupplement: &pb.RequestSupplement{Items: []string{"a", long}}}},
			"actions[1].request_supplement: items[1]",
		},
		{"a correction without a reason", correct(&pb.Correct{Reason: " "}), "actions[1].correct: a correction needs"},
		{"an empty amendment", amend(&pb.Amendment{Revision: 3}), "actions[1].correct.amendments[1]: give what stands instead"},
		{
			"a strike that does not strike", amend(&pb.Amendment{Revision: 3, Change: &pb.Amendment_Strike{}}),
			"actions[1].correct.amendments[1]: to strike",
		},
		{
			"an amendment without an action", amend(&pb.Amendment{Revision: 3, Change: &pb.Amendment_Action{Action: &pb.Action{}}}),
			"actions[1].correct.amendments[1].action: no action",
		},
		{
			"a correction of a correction", amend(&pb.Amendment{Revision: 3, Change: &pb.Amendment_Action{Action: correct(&pb.Correct{Reason: "错"})}}),
			"actions[1].correct.amendments[1].action.correct: correct cannot stand here",
		},
		{
			"a bad date in an amendment", amend(&pb.Amendment{Revision: 3, Change: &pb.Amendment_Action{Action: extend("x")}}),
			"actions[1].correct.amendments[1].action.extend: notify_date",
		},
		{
			"a bad date in a registration", amend(&pb.Amendment{Revision: 1, Change: &pb.Amendment_Registration{Registration: &pb.Registration{ArriveDate: "x"}}}),
			"actions[1].correct.amendments[1].registration: arrive_date",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := stepsOf([]*pb.Action{extend("2026-06-03"), tt.action})
			var f *fault
			if !errors.As(err, &f) || f.reason != pb.Reason_FIELD_INVALID || f.zh == "" {
				t.Fatalf("got %v", err)
			}
			if !strings.HasPrefix(err.Error(), tt.path) {
				t.Errorf("got  %s\nwant %s…", err, tt.path)
			}
		})
	}
	if _, err := stepsOf(make([]*pb.Action, maxActions+1)); err == nil {
		t.Error("too many actions are read")
	}
}
