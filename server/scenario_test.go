package server_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/testing/protocmp"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server"
	"gongkai/workflow"
	"gongkai/workflow/scenario"
)

// scenarios is the number of scenarios that the specification answers.
const scenarios = 50

// domainOnly are the questions of the scenarios that no method answers: tariffs, periods
// of remedies and access to them belong to the domain. Each begins with its scenario.
var domainOnly = []string{
	"16 silence file_date=2026-04-01",
	"29 fee tariff=PER_REQUEST count=35",
	"29 fee tariff=PER_REQUEST count=30",
	"29 fee tariff=PER_REQUEST count=45",
	"31 fee tariff=PER_PAGE count=250",
	"31 fee tariff=PER_PAGE count=30",
	"31 fee tariff=PER_PAGE count=100",
	"31 fee tariff=PER_PAGE count=200",
	"32 review_first basis=disclosed.in_part decide_date=2026-03-16",
	"36 last_day kind=RECONSIDERATION against=REPLY start=2026-08-03",
	"37 last_day kind=LITIGATION against=RECONSIDERATION start=2026-09-20",
	"38 last_day kind=RECONSIDERATION against=SILENCE start=2026-03-30",
	"38 last_day kind=LITIGATION against=SILENCE start=2026-03-30",
	"38 silence file_date=2026-05-29",
	"38 last_day kind=LITIGATION against=REPLY start=2014-09-01",
	"39 review_first basis=refused.deliberative decide_date=2025-07-14",
	"39 review_first basis=refused.deliberative decide_date=2023-12-29",
	"39 suit basis=refused.deliberative decide_date=2025-07-14 file_date=2025-09-01",
	"39 suit basis=refused.deliberative decide_date=2025-07-14 file_date=2025-12-01 after_reconsideration=true",
	"39 suit basis=unavailable.needs_creation decide_date=2025-07-14 file_date=2025-05-30",
	"39 suit basis=unavailable.needs_creation decide_date=2025-07-14 file_date=2025-09-01",
	"39 suit basis=not_processed.repeat decide_date=2025-07-14 file_date=2025-09-01 disclosed=true",
}

// TestScenarios plays every scenario of the law through the interface, each in an agency
// of its own in one register, with a clock that goes as the scenario says.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "workflow", "testdata", "cases", "*.txtar"))
	if err != nil || len(files) != scenarios {
		t.Fatalf("%d scenarios (%v), want %d", len(files), err, scenarios)
	}
	e := start(t, today)
	var beyond []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		script, err := scenario.Parse(text)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		number := filepath.Base(file)[:2]
		steps := slices.DeleteFunc(script.Steps, func(s scenario.Step) bool {
			if s.Kind != scenario.Question || s.Name == "cell" || s.Name == "add_workdays" {
				return false
			}
			beyond = append(beyond, question(number, s))
			return true
		})
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			p := newPlay(t, e, filepath.Base(file), "s"+number)
			for _, s := range steps {
				p.step(s)
			}
			p.histories()
		})
	}
	if diff := cmp.Diff(domainOnly, beyond); diff != "" {
		t.Errorf("questions that no method answers (-expected +found):\n%s", diff)
	}
}

// question writes a question of a scenario in one line.
func question(number string, s scenario.Step) string {
	out := number + " " + s.Name
	for _, f := range s.Fields {
		out += " " + f.Name + "=" + f.Value
	}
	return out
}

// play plays one script in one agency.
type play struct {
	t       *testing.T
	file    string
	parent  string
	clock   atomic.Int64 // seconds; what the server takes for now
	today   workflow.Date
	apps    map[workflow.Role]pb.ApplicationServiceClient
	remedy  map[workflow.Role]pb.RemedyServiceClient
	reports pb.ReportServiceClient
	days    pb.CalendarServiceClient

	current string                  // number of the application at hand
	person  map[string]string       // number to the name of the applicant
	sent    map[string][]*pb.Action // accepted actions, nil for the registration
	latest  *pb.Remedy              // remedy at hand
	refusal refusal                 // of the latest act
	refused map[string]refusal      // by reason, the latest of the script
}

func newPlay(t *testing.T, e *env, file, agency string) *play {
	p := &play{
		t: t, file: file, parent: "agencies/" + agency, apps: map[workflow.Role]pb.ApplicationServiceClient{}, remedy: map[workflow.Role]pb.RemedyServiceClient{},
		person: map[string]string{}, sent: map[string][]*pb.Action{}, refused: map[string]refusal{},
	}
	own := e.serveOn(t, func() time.Time { return time.Unix(p.clock.Load(), 0) })
	own.agency(t, agency, "")
	for _, role := range []workflow.Role{workflow.Officer, workflow.Supervisor} {
		conn := own.conn(t, role, agency)
		p.apps[role], p.remedy[role] = pb.NewApplicationServiceClient(conn), pb.NewRemedyServiceClient(conn)
		p.reports, p.days = pb.NewReportServiceClient(conn), pb.NewCalendarServiceClient(conn)
	}
	return p
}

// serveOn serves the same register a second time, by another clock, without a test clock
// of the server's own.
func (e *env) serveOn(t *testing.T, now func() time.Time) *env {
	t.Helper()
	s, err := server.New(server.Config{Store: e.store, Now: now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("serving: %v", err)
		}
	})
	return &env{t: t, store: e.store, target: l.Addr().String(), admin: e.admin}
}

func (p *play) errorf(line int, format string, args ...any) {
	p.t.Helper()
	p.t.Errorf("%s:%d: %s", p.file, line, fmt.Sprintf(format, args...))
}

func (p *play) fatalf(line int, format string, args ...any) {
	p.t.Helper()
	p.t.Fatalf("%s:%d: %s", p.file, line, fmt.Sprintf(format, args...))
}

// look sets the day, and with it the server's clock: the day has just begun in Shanghai,
// while in Greenwich it is still the day before.
func (p *play) look(on workflow.Date) {
	p.today = on
	p.clock.Store(time.Date(on.Year(), on.Month(), on.Day(), 0, 0, 1, 0, time.FixedZone("CST", 8*60*60)).Unix())
}

func (p *play) step(s scenario.Step) {
	p.t.Helper()
	switch s.Kind {
	case scenario.Application:
		p.current = s.Name
		if p.person[s.Name] == "" {
			p.person[s.Name] = "申请人"
		}
		if name, ok := s.Field("display_name"); ok {
			p.person[s.Name] = name
		}
	case scenario.Today:
		p.look(s.Date)
	case scenario.Question:
		p.ask(s)
		return
	case scenario.Act:
		p.look(max(p.today, s.Date))
		p.act(s)
	case scenario.Setting:
		p.fatalf(s.Line, "no scenario needed a setting so far")
	}
	for _, w := range s.Wants {
		if w.Key != "refused" {
			p.want(w)
		}
	}
}

// name is the resource name of the application at hand.
func (p *play) name() string { return p.parent + "/applications/no:" + p.current }

// act sends an act and holds the answer against what the script says of it: accepted, and
// then readable as it was answered; or refused without a trace.
func (p *play) act(s scenario.Step) {
	p.t.Helper()
	before, known := p.read()
	answer, path, err := p.send(s)
	p.refusal = refusalOf(err)
	for _, w := range s.Wants {
		if w.Key != "refused" {
			continue
		}
		p.wantRefusal(w, path)
		if after, _ := p.read(); known && cmp.Diff(before, after, protocmp.Transform()) != "" {
			p.errorf(s.Line, "a refused act left a trace: %s", cmp.Diff(before, after, protocmp.Transform()))
		}
		return
	}
	if err != nil {
		p.fatalf(s.Line, "%s refused: %v", s.Name, err)
	}
	if after, _ := p.read(); answer != nil {
		if diff := cmp.Diff(answer, after, protocmp.Transform()); diff != "" {
			p.errorf(s.Line, "the application reads otherwise than answered (-answered +read):\n%s", diff)
		}
	}
}

// read returns the application at hand, and whether it is registered.
func (p *play) read() (*pb.Application, bool) {
	a, err := p.apps[workflow.Officer].GetApplication(p.t.Context(), &pb.GetApplicationRequest{Name: p.name()})
	return a, err == nil
}

// send calls the method that an act belongs to; answer is nil for the act of a remedy,
// path is that of the act in the request.
func (p *play) send(s scenario.Step) (answer *pb.Application, path string, err error) {
	p.t.Helper()
	switch s.Name {
	case string(workflow.ActSubmit):
		return p.submit(s)
	case "file":
		return nil, "remedy", p.fileRemedy(s)
	}
	if f := (&pb.RemedyAction{}).ProtoReflect().Descriptor().Fields().ByName(protoreflect.Name(s.Name)); f != nil {
		return nil, "action." + s.Name, p.actOnRemedy(s, f)
	}
	action := &pb.Action{}
	spec, _ := workflow.SpecOf(workflow.Action(s.Name))
	p.put(action, s.Name, spec.Date, s)
	answer, err = p.apps[handler(s)].ActOnApplication(p.t.Context(), &pb.ActOnApplicationRequest{Name: p.name(), Actions: []*pb.Action{action}})
	if err == nil {
		p.sent[p.current] = append(p.sent[p.current], action)
	}
	return answer, "actions[0]." + s.Name, err
}

// handler is the role that does an act: as the script says, else an officer where one may.
func handler(s scenario.Step) workflow.Role {
	if by, ok := s.Field("by"); ok {
		return workflow.Role(by)
	}
	if officerMay(s.Name) {
		return workflow.Officer
	}
	return workflow.Supervisor
}

// officerMay reports whether any row of the law's table lets an officer do an action.
func officerMay(action string) bool {
	return slices.ContainsFunc(workflow.Transitions(workflow.R2019), func(row workflow.Transition) bool {
		return string(row.Action) == action && slices.Contains(row.Roles, workflow.Officer)
	})
}

func (p *play) submit(s scenario.Step) (*pb.Application, string, error) {
	p.t.Helper()
	a := &pb.Application{ApplicationNo: p.current, ArriveDate: s.Date.String(), Applicant: &pb.Applicant{DisplayName: p.person[p.current]}}
	for _, f := range s.Fields {
		if f.Name == "applicant_kind" {
			p.set(s.Line, a.GetApplicant().ProtoReflect(), "kind", f.Value)
		} else {
			p.set(s.Line, a.ProtoReflect(), f.Name, f.Value)
		}
	}
	out, err := p.apps[handler(s)].CreateApplication(p.t.Context(), &pb.CreateApplicationRequest{Parent: p.parent, Application: a})
	if err == nil {
		p.sent[p.current] = append(p.sent[p.current], nil)
	}
	return out, "application", err
}

func (p *play) fileRemedy(s scenario.Step) error {
	p.t.Helper()
	r := &pb.Remedy{Application: p.name(), FileDate: s.Date.String()}
	for _, f := range s.Fields {
		p.set(s.Line, r.ProtoReflect(), f.Name, f.Value)
	}
	out, err := p.remedy[workflow.Officer].CreateRemedy(p.t.Context(), &pb.CreateRemedyRequest{Parent: p.parent, Remedy: r})
	if err == nil {
		p.latest = out
	}
	return err
}

func (p *play) actOnRemedy(s scenario.Step, f protoreflect.FieldDescriptor) error {
	p.t.Helper()
	if p.latest == nil {
		p.fatalf(s.Line, "no remedy before %s", s.Name)
	}
	action := &pb.RemedyAction{}
	p.put(action, s.Name, string(f.Name())+"_date", s)
	out, err := p.remedy[workflow.Officer].ActOnRemedy(p.t.Context(), &pb.ActOnRemedyRequest{Name: p.latest.GetName(), Etag: p.latest.GetEtag(), Action: action})
	if err == nil {
		p.latest = out
	}
	return err
}

// put fills one of the messages of an action: its day and the fields of the step.
func (p *play) put(action proto.Message, name, day string, s scenario.Step) {
	p.t.Helper()
	f := action.ProtoReflect().Descriptor().Fields().ByName(protoreflect.Name(name))
	if f == nil {
		p.fatalf(s.Line, "the interface has no action %s", name)
	}
	m := action.ProtoReflect().Mutable(f).Message()
	p.set(s.Line, m, day, s.Date.String())
	for _, f := range s.Fields {
		if f.Name != "by" {
			p.set(s.Line, m, f.Name, f.Value)
		}
	}
}

// set gives a field of a message the value that a script writes.
func (p *play) set(line int, m protoreflect.Message, name, text string) {
	p.t.Helper()
	if err := setText(m, name, text); err != nil {
		p.fatalf(line, "%s.%s: %v", m.Descriptor().Name(), name, err)
	}
}
