package web

import (
	"slices"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "gongkai/proto/disclosure/v1"
)

const auditPath = "/audit"

// auditRoutes is the page of auditors. The service gives them the history of an
// application and the frozen reports; it has no list of refusals and readings, which stand
// in the log of the server, so that the page has none either.
func (d *desk) auditRoutes() []route {
	return []route{
		{pattern: "GET " + auditPath, title: text{"审计", "Audit"}, roles: []pb.Principal_Role{pb.Principal_AUDITOR}, menu: true, handle: showAudit},
	}
}

// auditView is the history of one application, and the reports that were frozen.
type auditView struct {
	Number string
	Events []auditLine
	Actors int // persons who acted
	Frozen []*pb.FrozenReport
}

// auditLine is one act with everything that is recorded of it.
type auditLine struct {
	*pb.Event
	Title string
	Facts []fact
}

func showAudit(p *page) error {
	f := p.form()
	v := auditView{Number: strings.TrimSpace(f.Value("number"))}
	frozen, err := p.api.Freezes.ListFrozenReports(p.ctx(), &pb.ListFrozenReportsRequest{Parent: p.parent()})
	if err != nil {
		return err
	}
	v.Frozen = frozen.GetReports()
	slices.Reverse(v.Frozen)
	if v.Number == "" {
		return p.show("audit", v)
	}
	res, err := p.api.Applications.ListEvents(p.ctx(), &pb.ListEventsRequest{Name: p.parent() + "/applications/no:" + v.Number})
	switch {
	case status.Code(err) == codes.NotFound:
		f.wrong("number", text{"没有编号为“" + v.Number + "”的申请", "There is no application " + v.Number})
	case err != nil && !f.refused(err):
		return err
	}
	who := map[string]bool{}
	for _, e := range res.GetEvents() {
		who[e.GetActor()] = true
		v.Events = append(v.Events, p.auditLine(e))
	}
	v.Actors = len(who)
	return p.show("audit", v)
}

func (p *page) auditLine(e *pb.Event) auditLine {
	name, m := actOf(e.GetAction())
	line := auditLine{Event: e, Title: p.actTitle(name, e.GetRevision())}
	if m != nil {
		line.Facts = append(p.factsOf(m, steps[name].inputs), p.amendments(e.GetAction().GetCorrect())...)
	}
	return line
}
