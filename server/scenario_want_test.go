package server_test

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/testing/protocmp"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/workflow"
	"gongkai/workflow/scenario"
)

// setText gives a field of a message a value written as text: enums by name, the entries
// of a list with ; between them.
func setText(m protoreflect.Message, name, text string) error {
	f := m.Descriptor().Fields().ByName(protoreflect.Name(name))
	switch {
	case f == nil:
		return errors.New("there is no such field")
	case f.IsList():
		for line := range strings.SplitSeq(text, ";") {
			m.Mutable(f).List().Append(protoreflect.ValueOfString(line))
		}
	case f.Kind() == protoreflect.StringKind:
		m.Set(f, protoreflect.ValueOfString(text))
	case f.Kind() == protoreflect.BoolKind:
		v, err := strconv.ParseBool(text)
		m.Set(f, protoreflect.ValueOfBool(v))
		return err
	case f.Kind() == protoreflect.Int32Kind:
		v, err := strconv.ParseInt(text, 10, 32)
		m.Set(f, protoreflect.ValueOfInt32(int32(v)))
		return err
	case f.Kind() == protoreflect.Int64Kind:
		v, err := strconv.ParseInt(text, 10, 64)
		m.Set(f, protoreflect.ValueOfInt64(v))
		return err
	case f.Kind() == protoreflect.EnumKind:
		v := f.Enum().Values().ByName(protoreflect.Name(text))
		if v == nil {
			return errors.New("there is no value " + text)
		}
		m.Set(f, protoreflect.ValueOfEnum(v.Number()))
	default:
		return errors.New("no text can stand for a " + f.Kind().String())
	}
	return nil
}

// valueName is the name of an enum value, nothing for the one that says nothing.
func valueName(e protoreflect.Enum) string {
	if e.Number() == 0 {
		return ""
	}
	return string(e.Descriptor().Values().ByNumber(e.Number()).Name())
}

// fact is what the interface says of an application under the key of a script.
func fact(a *pb.Application, key string) (string, bool) {
	switch key {
	case "state":
		return valueName(a.GetState()), true
	case "receive_date":
		return a.GetReceiveDate(), true
	case "regime":
		return strconv.Itoa(int(a.GetRegime())), true
	case "close_date":
		return a.GetConclusion().GetCloseDate(), true
	case "concluded_due_date":
		return a.GetConclusion().GetDueDate(), true
	case "timing":
		return valueName(a.GetConclusion().GetTiming()), true
	case "basis":
		return a.GetConclusion().GetBasis(), true
	case "supplement_due_date":
		return a.GetSupplement().GetDueDate(), true
	case "fee_due_date":
		return a.GetFee().GetDueDate(), true
	}
	return "", false
}

// wantRefusal compares a refusal: status, reason, field and both texts.
func (p *play) wantRefusal(w scenario.Want, path string) {
	p.t.Helper()
	code := codes.FailedPrecondition
	switch w.Value() {
	case "FIELD_INVALID", "DATE_IN_FUTURE", "OUT_OF_SCOPE":
		code = codes.InvalidArgument
	case "ROLE_NOT_ALLOWED":
		code = codes.PermissionDenied
	}
	got := p.refusal
	if got.code != code || got.reason != w.Value() || got.zh == "" || got.en == "" {
		p.errorf(w.Line, "got %+v, want %v %s in two languages", got, code, w.Value())
	}
	if field, ok := w.Field("field"); ok {
		path += "." + field
	}
	if got.field != path {
		p.errorf(w.Line, "refused at %q, want %q", got.field, path)
	}
	zh, _ := w.Field("zh")
	en, _ := w.Field("en")
	if !strings.Contains(got.zh, zh) || !strings.Contains(got.en, en) {
		p.errorf(w.Line, "texts %q and %q, want them to say %q and %q", got.zh, got.en, zh, en)
	}
	p.refused[w.Value()] = got
}

// want compares one thing that the interface says of the application at hand.
func (p *play) want(w scenario.Want) {
	p.t.Helper()
	a, ok := p.read()
	if !ok {
		p.fatalf(w.Line, "application %s cannot be read", p.current)
	}
	var got string
	switch w.Key {
	case "warning", "no_warning":
		p.wantWarning(w, a)
		return
	case "last_date", "impossible", "possible":
		p.wantPossible(w)
		return
	case "consultation":
		n, _ := strconv.Atoi(w.Value())
		opinion, _ := w.Field("opinion")
		if n < 1 || n > len(a.GetConsultations()) || valueName(a.GetConsultations()[n-1].GetOpinion()) != opinion {
			p.errorf(w.Line, "consultations are %v", a.GetConsultations())
		}
		return
	case "row", "code":
		got = p.counted(w, a)
	case "due_date", "safe_due_date", "suspended", "provisional", "overdue", "workdays_left", "workdays_remaining":
		got = p.deadline(w, a)
	default:
		if got, ok = fact(a, w.Key); !ok {
			p.fatalf(w.Line, "nothing is called %q", w.Key)
		}
	}
	if want := strings.TrimSuffix(w.Value(), "none"); got != want {
		p.errorf(w.Line, "%s is %q, want %q", w.Key, got, want)
	}
}

// deadline is a value of the clock as one sees it on a day. What the application itself
// says today must be the same.
func (p *play) deadline(w scenario.Want, a *pb.Application) string {
	p.t.Helper()
	on, other := w.Field("on")
	res, err := p.apps[workflow.Officer].ExplainDeadline(p.t.Context(), &pb.ExplainDeadlineRequest{Name: p.name(), OnDate: on})
	if err != nil {
		p.fatalf(w.Line, "explaining the deadline: %v", err)
	}
	d := res.GetDeadline()
	if diff := cmp.Diff(a.GetDeadline(), d, protocmp.Transform()); diff != "" && !other {
		p.errorf(w.Line, "the deadline of today is explained otherwise (-read +explained):\n%s", diff)
	}
	switch w.Key {
	case "due_date":
		return d.GetDueDate()
	case "safe_due_date":
		return d.GetSafeDueDate()
	case "suspended":
		return strconv.FormatBool(d.GetSuspended())
	case "provisional":
		return strconv.FormatBool(d.GetProvisional())
	case "overdue":
		return strconv.FormatBool(d.GetOverdue())
	case "workdays_left":
		return optional(d.WorkdaysLeft)
	}
	return optional(d.WorkdaysRemaining)
}

func optional(n *int32) string {
	if n == nil {
		return ""
	}
	return strconv.Itoa(int(*n))
}

// warningWords are parts of the warnings by the code that a script gives: the interface
// says warnings in words only.
var warningWords = map[string]struct{ zh, en string }{
	"SUPPLEMENT_NOTICE_LATE":    {"补正告知晚于收到申请后7个工作日", "requested later than seven workdays after receipt"},
	"DEFERRAL_LONG":             {"延迟答复超过20个工作日", "deferred by over 20 workdays"},
	"OVERDUE":                   {"办结超过答复期限", "concluded after the last day"},
	"REVIEW_FIRST_IN_PART":      {"部分公开中依据第十四至十六条不予公开的部分", "for the part withheld under Arts 14–16"},
	"BASIS_LATER_THAN_DECISION": {"决定日期在其施行以前", "later than the decision"},
}

// warns reports whether an application has a warning in a language.
func warns(a *pb.Application, words string) bool {
	return slices.ContainsFunc(a.GetWarnings(), func(text string) bool { return strings.Contains(text, words) })
}

func (p *play) wantWarning(w scenario.Want, a *pb.Application) {
	p.t.Helper()
	words, ok := warningWords[w.Value()]
	english, err := p.apps[workflow.Officer].GetApplication(inEnglish(p.t.Context()), &pb.GetApplicationRequest{Name: p.name()})
	if err != nil || !ok {
		p.fatalf(w.Line, "words of the warning %s: %v, %v", w.Value(), words, err)
	}
	if want := w.Key == "warning"; warns(a, words.zh) != want || warns(english, words.en) != want {
		p.errorf(w.Line, "%s %s does not hold: %q, %q", w.Key, w.Value(), a.GetWarnings(), english.GetWarnings())
	}
}

// TestWarningWords sees the warning that the scenarios only know the absence of.
func TestWarningWords(t *testing.T) {
	o := newOffice(t, today)
	a := o.register(t, handedOver("2019-04-26"), action(&pb.Decide{Basis: "refused.deliberative", DecideDate: "2019-05-14"}))
	english, err := o.officer.GetApplication(inEnglish(t.Context()), &pb.GetApplicationRequest{Name: a.GetName()})
	if err != nil {
		t.Fatal(err)
	}
	if words := warningWords["BASIS_LATER_THAN_DECISION"]; !warns(a, words.zh) || !warns(english, words.en) {
		t.Errorf("warnings %q and %q, want %v", a.GetWarnings(), english.GetWarnings(), words)
	}
}

// wantPossible compares what a supervisor may do. The interface says why not in words: they
// must be those with which the script was refused before.
func (p *play) wantPossible(w scenario.Want) {
	p.t.Helper()
	res, err := p.apps[workflow.Supervisor].ListPossibleActions(p.t.Context(), &pb.ListPossibleActionsRequest{Name: p.name()})
	if err != nil {
		p.fatalf(w.Line, "listing possible actions: %v", err)
	}
	i := slices.IndexFunc(res.GetActions(), func(x *pb.PossibleAction) bool { return x.GetAction() == w.Value() })
	if i < 0 {
		p.fatalf(w.Line, "no action is called %s", w.Value())
	}
	got, want := res.GetActions()[i], strings.Join(w.Values[1:], " ")
	switch w.Key {
	case "last_date":
		if got.GetLastDate() != want || !got.GetPossible() {
			p.errorf(w.Line, "%v, want the last date %s", got, want)
		}
	case "possible":
		if !got.GetPossible() || got.GetRefusal() != "" {
			p.errorf(w.Line, "%v, want it possible", got)
		}
	default:
		before, refused := p.refused[want]
		if got.GetPossible() || !refused || got.GetRefusal() == "" || !strings.HasPrefix(before.zh, got.GetRefusal()) {
			p.errorf(w.Line, "%v, want the refusal %s: %q", got, want, before.zh)
		}
	}
}
