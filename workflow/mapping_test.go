package workflow_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/reflect/protoreflect"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/workflow"
	"gongkai/workflow/deadline"
	"gongkai/workflow/outcome"
)

// TestActionsMapToTheInterface: one action, one message, one row of the table at least,
// with fields of the same names.
func TestActionsMapToTheInterface(t *testing.T) {
	oneof := (&pb.Action{}).ProtoReflect().Descriptor().Oneofs().ByName("action").Fields()
	var messages []string
	for i := range oneof.Len() {
		messages = append(messages, string(oneof.Get(i).Name()))
	}
	var actions []string
	for _, spec := range workflow.Specs() {
		if !slices.ContainsFunc(workflow.Transitions(workflow.R2019), func(r workflow.Transition) bool { return r.Action == spec.Action }) {
			t.Errorf("%s has no row in the table", spec.Action)
		}
		if spec.ZH == "" || spec.EN == "" {
			t.Errorf("%s has no name", spec.Action)
		}
		if spec.Action == workflow.ActSubmit {
			continue // it is CreateApplication
		}
		actions = append(actions, string(spec.Action))
		field := oneof.ByName(protoreflect.Name(spec.Action))
		if field == nil {
			t.Errorf("the interface has no message for %s", spec.Action)
			continue
		}
		fields(t, spec, field.Message())
	}
	slices.Sort(messages)
	slices.Sort(actions)
	if diff := cmp.Diff(messages, actions); diff != "" {
		t.Errorf("messages and actions (-messages +actions):\n%s", diff)
	}
	for _, row := range workflow.Transitions(workflow.R2019) {
		if _, ok := workflow.SpecOf(row.Action); !ok {
			t.Errorf("row %s is of an action without spec", row.Name)
		}
	}
}

// fields compares the names, and that the interface's comments call required what the
// spec requires is left to the reader: descriptors carry no comments.
func fields(t *testing.T, spec workflow.Spec, message protoreflect.MessageDescriptor) {
	t.Helper()
	var got, want []string
	for i := range message.Fields().Len() {
		got = append(got, string(message.Fields().Get(i).Name()))
	}
	want = append(append(want, spec.Required...), spec.Optional...)
	if spec.Date != "" {
		want = append(want, spec.Date)
	}
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("fields of %s (-spec +interface):\n%s", spec.Action, diff)
	}
	for _, name := range got {
		var act workflow.Act
		if spec.Action == workflow.ActCorrect || name == spec.Date || dateFieldOf(&act, name) != nil {
			continue
		}
		if err := setField(&act, name, "1"); err != nil {
			t.Errorf("%s: no field of an act holds %s: %v", spec.Action, name, err)
		}
	}
}

// TestEnumsMapOneToOne: the values of each closed set are those of the interface.
func TestEnumsMapOneToOne(t *testing.T) {
	tests := []struct {
		name string
		enum protoreflect.EnumDescriptor
		want []string
	}{
		{"state", pb.Application_State(0).Descriptor(), texts(workflow.States())},
		{"channel", pb.Application_Channel(0).Descriptor(), texts(workflow.Channels())},
		{"timing", pb.Application_Timing(0).Descriptor(), texts([]workflow.Timing{workflow.OnTime, workflow.Extended, workflow.Late})},
		{"kind of applicant", pb.Applicant_Kind(0).Descriptor(), texts(workflow.ApplicantKinds())},
		{"kind of consultation", pb.Consultation_Kind(0).Descriptor(), texts(workflow.ConsultationKinds())},
		{"opinion", pb.Consultation_Opinion(0).Descriptor(), texts([]workflow.Opinion{workflow.Consent, workflow.Objection, workflow.NoAnswer})},
		{"delivery", pb.Delivery_Mode(0).Descriptor(), texts(workflow.DeliveryModes())},
		{"kind of remedy", pb.Remedy_Kind(0).Descriptor(), texts(workflow.RemedyKinds())},
		{"result", pb.Remedy_Result(0).Descriptor(), texts([]workflow.RemedyResult{workflow.Pending, workflow.Upheld, workflow.Corrected, workflow.OtherResult})},
		{"capacity", pb.Remedy_Capacity(0).Descriptor(), texts([]workflow.Capacity{workflow.OriginalOrgan, workflow.ReviewOrgan})},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for i := range tt.enum.Values().Len() {
				if name := string(tt.enum.Values().Get(i).Name()); !strings.HasSuffix(name, "_UNSPECIFIED") {
					got = append(got, name)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("values (-workflow +interface):\n%s", diff)
			}
		})
	}
}

func texts[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return out
}

// TestReasonsAreOfTheInterface: each refusal has a code there.
func TestReasonsAreOfTheInterface(t *testing.T) {
	for _, reason := range workflow.RefusalReasons() {
		if pb.Reason(0).Descriptor().Values().ByName(protoreflect.Name(reason)) == nil {
			t.Errorf("the interface has no reason %s", reason)
		}
	}
}

// TestRemedyActionsMapToTheInterface: the steps of remedies and their fields.
func TestRemedyActionsMapToTheInterface(t *testing.T) {
	oneof := (&pb.RemedyAction{}).ProtoReflect().Descriptor().Oneofs().ByName("action").Fields()
	var rows []string
	for _, row := range workflow.RemedyTransitions() {
		rows = append(rows, string(row.Action))
		field := oneof.ByName(protoreflect.Name(row.Action))
		switch {
		case field == nil:
			t.Errorf("the interface has no message for %s", row.Action)
		case row.Date != "" && field.Message().Fields().ByName(protoreflect.Name(row.Date)) == nil:
			t.Errorf("%s has no field %s", row.Action, row.Date)
		case row.Reason != (field.Message().Fields().ByName("reason") != nil):
			t.Errorf("%s: reason asked for %v", row.Action, row.Reason)
		}
		if row.Basis == "" || len(row.Roles) == 0 || row.ZH == "" {
			t.Errorf("%s lacks an article, a role or a name", row.Action)
		}
	}
	if len(rows) != oneof.Len() {
		t.Errorf("rows %v, the interface has %d", rows, oneof.Len())
	}
}

// TestLabels: every state and role has a name in both languages, no two the same.
func TestLabels(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range workflow.States() {
		if s.ZH() == "" || s.EN() == "" || seen[s.ZH()] || seen[s.EN()] {
			t.Errorf("state %s is called %q, %q", s, s.ZH(), s.EN())
		}
		seen[s.ZH()], seen[s.EN()] = true, true
	}
	for _, r := range workflow.Roles() {
		if r.ZH() == "" || r.EN() == "" || seen[r.ZH()] {
			t.Errorf("role %s is called %q, %q", r, r.ZH(), r.EN())
		}
		seen[r.ZH()] = true
	}
	if workflow.ThirdParty != deadline.ThirdParty || len(outcome.Rows()) == 0 {
		t.Error("the kinds of consultation are not those of the clock")
	}
}
