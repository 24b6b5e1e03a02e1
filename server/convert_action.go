package server

import (
	"fmt"
	"reflect"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/workflow"
)

// slots say where an act keeps what the interface calls by a name. The day of the act
// itself, which each action calls differently, stands in its Spec.
var slots = map[protoreflect.Name]func(*workflow.Act) any{
	"notice_receive_date":     func(a *workflow.Act) any { return &a.Receive },
	"party_receive_date":      func(a *workflow.Act) any { return &a.Receive },
	"receive_date":            func(a *workflow.Act) any { return &a.Receive },
	"due_date":                func(a *workflow.Act) any { return &a.Due },
	"post_date":               func(a *workflow.Act) any { return &a.Post },
	"decide_date":             func(a *workflow.Act) any { return &a.Sign },
	"third_party_notify_date": func(a *workflow.Act) any { return &a.Told },
	"workdays":                func(a *workflow.Act) any { return &a.Workdays },
	"kind":                    func(a *workflow.Act) any { return &a.Consulted },
	"consultation":            func(a *workflow.Act) any { return &a.Consultation },
	"opinion":                 func(a *workflow.Act) any { return &a.Opinion },
	"returned":                func(a *workflow.Act) any { return &a.Returned },
	"accepted":                func(a *workflow.Act) any { return &a.Accepted },
	"amount_fen":              func(a *workflow.Act) any { return &a.Amount },
	"tariff":                  func(a *workflow.Act) any { return &a.Tariff },
	"basis":                   func(a *workflow.Act) any { return &a.Basis },
	"document_no":             func(a *workflow.Act) any { return &a.Document },
	"prior_application_no":    func(a *workflow.Act) any { return &a.Prior },
	"review_first_told":       func(a *workflow.Act) any { return &a.ReviewFirst },
	"mode":                    func(a *workflow.Act) any { return &a.Mode },
	"items":                   func(a *workflow.Act) any { return &a.Text.Items },
	"party":                   func(a *workflow.Act) any { return &a.Text.Party },
	"approver":                func(a *workflow.Act) any { return &a.Text.Approver },
	"reason":                  func(a *workflow.Act) any { return &a.Text.Reason },
	"holder":                  func(a *workflow.Act) any { return &a.Holder },
	"late_cause":              func(a *workflow.Act) any { return &a.LateCause },
	goodCause:                 func(a *workflow.Act) any { return &a.Text.Reason },
}

// goodCause is said in words by the interface; the law asks whether there is one.
const goodCause protoreflect.Name = "good_cause"

func slotOf(act *workflow.Act, spec workflow.Spec, name protoreflect.Name) (reflect.Value, error) {
	if string(name) == spec.Date {
		return reflect.ValueOf(&act.Date).Elem(), nil
	}
	at, ok := slots[name]
	if !ok {
		return reflect.Value{}, fmt.Errorf("action %s: field %s has no place in an act", spec.Action, name)
	}
	return reflect.ValueOf(at(act)).Elem(), nil
}

var (
	dateType  = reflect.TypeFor[workflow.Date]()
	oneAction = (&pb.Action{}).ProtoReflect().Descriptor().Oneofs().ByName("action")
)

// step is one action of a request, as the domain takes it.
type step struct {
	path    string // of the action's message in the request
	act     workflow.Act
	changes []workflow.Amendment // of a correction
}

// maxFen is the largest amount of money of one act: sums of a million of them still count.
const maxFen = 1_000_000_000

// The most actions of a request, changes of a correction and points of a list.
const maxActions = 100

// stepsOf reads the actions of a request; every error says which field is at fault.
func stepsOf(actions []*pb.Action) ([]step, error) {
	if len(actions) > maxActions {
		return nil, invalid("actions", "一次最多办理%[1]d个步骤，收到%[2]d个", "at most %[1]d actions at once, got %[2]d", maxActions, len(actions))
	}
	out := make([]step, 0, len(actions))
	for i, a := range actions {
		s, err := stepOf(fmt.Sprintf("actions[%d]", i), a)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

func stepOf(path string, a *pb.Action) (step, error) {
	if c := a.GetCorrect(); c != nil {
		return correctionOf(path+".correct", c)
	}
	act, name, err := actOf(a)
	if name != "" {
		path += "." + name
	}
	return step{path: path, act: act}, within(path, err)
}

// actOf reads an action other than a correction. The name is that of its field.
func actOf(a *pb.Action) (act workflow.Act, name string, err error) {
	m := a.ProtoReflect()
	field := m.WhichOneof(oneAction)
	if field == nil {
		return act, "", invalid("action", "没有写明办理哪个步骤", "no action is given")
	}
	name = string(field.Name())
	spec, ok := workflow.SpecOf(workflow.Action(name))
	if !ok || spec.Action == workflow.ActCorrect {
		return act, name, invalid("action", "此处不能使用“%s”", "%s cannot stand here", name)
	}
	act.Action = spec.Action
	m.Get(field).Message().Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		err = putField(&act, spec, f, v)
		return err == nil
	})
	return act, name, err
}

// putField takes one field over.
func putField(act *workflow.Act, spec workflow.Spec, f protoreflect.FieldDescriptor, v protoreflect.Value) error {
	slot, err := slotOf(act, spec, f.Name())
	if err != nil {
		return err
	}
	name := string(f.Name())
	switch {
	case slot.Type() == dateType:
		d, err := parseDate(name, v.String())
		slot.Set(reflect.ValueOf(d))
		return err
	case f.IsList():
		return putLines(slot, name, v.List())
	case slot.Kind() == reflect.String:
		slot.SetString(v.String())
	case slot.Kind() == reflect.Bool:
		slot.SetBool(v.Bool())
	default:
		slot.SetInt(v.Int())
		if f.Name() == "amount_fen" && v.Int() > maxFen {
			return invalid(name, "%[1]s为%[2]d，最多%[3]d分", "%[1]s is %[2]d; at most %[3]d", name, v.Int(), maxFen)
		}
	}
	if slot.Kind() != reflect.String {
		return nil
	}
	if f.Name() == goodCause {
		act.GoodCause = strings.TrimSpace(v.String()) != ""
	}
	if f.Name() == "reason" || f.Name() == goodCause {
		return checkText(name, v.String(), maxRemark, true)
	}
	slot.SetString(workflow.Trim(v.String())) // a number or name, which blanks around make no other one
	return checkText(name, slot.String(), maxShort, false)
}

func putLines(slot reflect.Value, name string, list protoreflect.List) error {
	if list.Len() > maxActions {
		return invalid(name, "%[1]s最多%[2]d项，收到%[3]d项", "%[1]s: at most %[2]d entries, got %[3]d", name, maxActions, list.Len())
	}
	lines := make([]string, list.Len())
	for i := range lines {
		lines[i] = list.Get(i).String()
		if err := checkText(fmt.Sprintf("%s[%d]", name, i), lines[i], maxRemark, true); err != nil {
			return err
		}
	}
	slot.Set(reflect.ValueOf(lines))
	return nil
}

// correctionOf reads a correction.
func correctionOf(path string, c *pb.Correct) (step, error) {
	s := step{path: path, act: workflow.Act{Action: workflow.ActCorrect, Text: workflow.Text{Reason: c.GetReason()}}}
	if strings.TrimSpace(c.GetReason()) == "" {
		return s, within(path, invalid("reason", "更正须写明理由（reason）", "a correction needs its reason"))
	}
	if err := checkText("reason", c.GetReason(), maxRemark, true); err != nil {
		return s, within(path, err)
	}
	if n := len(c.GetAmendments()); n > maxActions {
		return s, within(path, invalid("amendments", "一次更正最多%[1]d处，收到%[2]d处", "at most %[1]d amendments at once, got %[2]d", maxActions, n))
	}
	for i, m := range c.GetAmendments() {
		a, at, err := amendmentOf(m)
		if err != nil {
			return s, within(fmt.Sprintf("%s.amendments[%d]%s", path, i, at), err)
		}
		s.changes = append(s.changes, a)
	}
	return s, nil
}

// amendmentOf reads one change; at is where in it an error lies.
func amendmentOf(m *pb.Amendment) (a workflow.Amendment, at string, err error) {
	a.Revision = m.GetRevision()
	switch change := m.GetChange().(type) {
	case *pb.Amendment_Strike:
		if a.Strike = change.Strike; !a.Strike {
			err = invalid("strike", "删除步骤须填strike=true", "to strike an act give strike=true")
		}
	case *pb.Amendment_Registration:
		r := change.Registration
		a.Act = workflow.Act{Action: workflow.ActSubmit, Channel: workflow.Channel(r.GetChannel()), Kind: workflow.ApplicantKind(r.GetApplicantKind())}
		a.Act.Date, err = optionalDate("arrive_date", r.GetArriveDate())
		at = ".registration"
	case *pb.Amendment_Action:
		var name string
		a.Act, name, err = actOf(change.Action)
		at = strings.TrimSuffix(".action."+name, ".")
	default:
		err = invalid("change", "请写明更改的内容：action、registration或strike", "give what stands instead: action, registration or strike")
	}
	return a, at, err
}

// actionPB writes an act as the interface says it; nil for a registration, which is no
// action of the interface.
func actionPB(act *workflow.Act, changes []workflow.Amendment) (*pb.Action, error) {
	if act.Action == workflow.ActSubmit {
		return nil, nil //nolint:nilnil // a registration has none
	}
	if act.Action == workflow.ActCorrect {
		c, err := correctPB(act, changes)
		return &pb.Action{Action: &pb.Action_Correct{Correct: c}}, err
	}
	spec, ok := workflow.SpecOf(act.Action)
	out := &pb.Action{}
	field := oneAction.Fields().ByName(protoreflect.Name(act.Action))
	if !ok || field == nil {
		return nil, fmt.Errorf("writing action %q: the interface has none", act.Action)
	}
	m := out.ProtoReflect().Mutable(field).Message()
	for i := range m.Descriptor().Fields().Len() {
		f := m.Descriptor().Fields().Get(i)
		slot, err := slotOf(act, spec, f.Name())
		if err != nil {
			return nil, err
		}
		takeField(m, f, slot)
	}
	return out, nil
}

func takeField(m protoreflect.Message, f protoreflect.FieldDescriptor, slot reflect.Value) {
	if slot.IsZero() {
		return
	}
	switch {
	case slot.Type() == dateType:
		d, _ := reflect.TypeAssert[workflow.Date](slot)
		m.Set(f, protoreflect.ValueOfString(d.String()))
	case f.IsList():
		for i := range slot.Len() {
			m.Mutable(f).List().Append(protoreflect.ValueOfString(slot.Index(i).String()))
		}
	case slot.Kind() == reflect.String:
		m.Set(f, protoreflect.ValueOfString(slot.String()))
	case slot.Kind() == reflect.Bool:
		m.Set(f, protoreflect.ValueOfBool(slot.Bool()))
	case f.Kind() == protoreflect.Int64Kind:
		m.Set(f, protoreflect.ValueOfInt64(slot.Int()))
	default:
		m.Set(f, protoreflect.ValueOfInt32(int32(slot.Int())))
	}
}

func correctPB(act *workflow.Act, changes []workflow.Amendment) (*pb.Correct, error) {
	out := &pb.Correct{Reason: act.Text.Reason}
	for i := range changes {
		c := &changes[i]
		a := &pb.Amendment{Revision: c.Revision}
		switch {
		case c.Strike:
			a.Change = &pb.Amendment_Strike{Strike: true}
		case c.Act.Action == workflow.ActSubmit:
			a.Change = &pb.Amendment_Registration{Registration: &pb.Registration{
				ArriveDate: c.Act.Date.String(), Channel: string(c.Act.Channel), ApplicantKind: string(c.Act.Kind),
			}}
		default:
			action, err := actionPB(&c.Act, nil)
			if err != nil {
				return nil, err
			}
			a.Change = &pb.Amendment_Action{Action: action}
		}
		out.Amendments = append(out.Amendments, a)
	}
	return out, nil
}
