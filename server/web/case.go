package web

import (
	"cmp"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"gongkai/client"
	pb "gongkai/proto/disclosure/v1"
)

// casePath is where an application lies; acts and papers lie below.
const casePath = "/agencies/{agency}/applications/{application}"

func (d *desk) caseRoutes() []route {
	title := text{"申请", "Application"}
	page := func(pattern string, handle func(*page) error) route {
		return route{pattern: pattern, title: title, roles: handlers, handle: handle}
	}
	return slices.Concat([]route{
		page("GET "+casePath, showCase),
		page("GET "+casePath+"/sheet", showSheet),
		page("GET "+casePath+"/history", showHistory),
		page("GET "+casePath+"/text", showText),
		page("GET "+casePath+"/similar", showSimilar),
		page("POST "+casePath+"/applicant", showApplicant),
		page("GET "+casePath+"/act/{action}", showAct),
		page("POST "+casePath+"/act/{action}", act),
		page("GET "+casePath+"/correct/{revision}", showCorrect),
		page("POST "+casePath+"/correct/{revision}", correct),
		page("GET "+casePath+"/outcome", showOutcome),
	}, d.letterRoutes(), d.attachmentRoutes(), d.remedyRoutes())
}

// caseName is the resource name of the application that a page is about.
func (p *page) caseName() string { return p.parent() + "/applications/" + p.r.PathValue("application") }

// application reads the application that a page is about, and leads the trail to it. Its
// identity number and phone are masked.
func (p *page) application() (*pb.Application, error) {
	a, err := p.api.Applications.GetApplication(p.ctx(), &pb.GetApplicationRequest{Name: p.caseName(), MaskApplicant: true})
	if err != nil {
		return nil, err
	}
	p.underLedger()
	return a, nil
}

// underLedger begins the trail of a case: with the list that holds it, open or not.
func (p *page) underLedger() { p.under(p.here("/ledger"), p.text("台账", "Ledger")) }

// caseHead is what stands on top of each page of a case.
type caseHead struct {
	A     *pb.Application
	Queue *pb.QueueEntry // nil: it is not open
}

// head reads where a case stands.
func (p *page) head() (caseHead, error) {
	a, err := p.application()
	if err != nil {
		return caseHead{}, err
	}
	h := caseHead{A: a}
	res, err := p.api.Queue.ListQueue(p.ctx(), &pb.ListQueueRequest{Parent: p.parent(), Name: a.GetName()})
	if err != nil {
		return caseHead{}, err
	}
	if len(res.GetEntries()) > 0 {
		h.Queue = res.GetEntries()[0]
	}
	return h, nil
}

// Path is where the case lies.
func (h caseHead) Path() string { return pathOf(h.A.GetName()) }

// Light is that of the queue; a case at rest has none.
func (h caseHead) Light() string {
	if h.Queue == nil {
		return ""
	}
	return h.Queue.GetLight().String()
}

// shownAbout is how much of what is asked for stands in a line.
const shownAbout = 48

// About is what is asked for, in a line.
func (h caseHead) About() string {
	about, _ := beginning(strings.Join(strings.Fields(h.A.GetDescription()), " "), shownAbout)
	return about
}

// caseView is the page of a case.
type caseView struct {
	caseHead
	Strip     clockStrip
	Text      string // the beginning of a long description
	Cut       bool
	Actions   []actionLine // possible now
	Refused   []actionLine // not possible now, with why
	Approve   bool         // the draft waits for whoever looks
	Wizard    bool         // a reply may be prepared
	Events    []eventLine
	Earlier   int // events that the page leaves out
	Remedies  []*pb.Remedy
	Files     []*pb.Attachment
	FilesOff  string // why there are none
	FilesTurn turn
	Letters   caseLetters
	Form      *form // of the upload
	Sheet     bool  // it is for paper
}

// actionLine is an act that an officer may ask for.
type actionLine struct {
	*pb.PossibleAction
	Title    string
	Path     string
	Pressing bool // its last day is today, or over
}

// What a case page shows of long things; each has a page of its own.
const (
	shownText   = 1200
	shownEvents = 20
	shownFiles  = 50   // attachments, and letters
	sheetFiles  = 1000 // on paper, which has no next page
)

func showCase(p *page) error {
	return p.showCase()
}

// showCase shows the case, also after an upload that was refused.
func (p *page) showCase() error {
	h, err := p.head()
	if err != nil {
		return err
	}
	p.title = h.A.GetApplicationNo()
	v := caseView{caseHead: h, Form: p.form()}
	v.Text, v.Cut = beginning(h.A.GetDescription(), shownText)
	for _, read := range []func(*page) error{v.readClock, v.readActions, v.readEvents, v.readRemedies, v.readFiles, v.readLetters} {
		if err := read(p); err != nil {
			return err
		}
	}
	return p.show("case", &v)
}

// beginning is a text, cut after so many characters.
func beginning(all string, most int) (string, bool) {
	r := []rune(all)
	if len(r) <= most {
		return all, false
	}
	return string(r[:most]) + "……", true
}

func (v *caseView) readClock(p *page) error {
	e, err := p.api.Applications.ExplainDeadline(p.ctx(), &pb.ExplainDeadlineRequest{Name: v.A.GetName()})
	if err != nil {
		return err
	}
	v.Strip = p.stripOf(e)
	return nil
}

// answering are the acts to which the questions of the outcome lead.
var answering = []string{"decide", "submit_for_review", "deliver_redecision"}

func (v *caseView) readActions(p *page) error {
	res, err := p.api.Applications.ListPossibleActions(p.ctx(), &pb.ListPossibleActionsRequest{Name: v.A.GetName()})
	if err != nil {
		return err
	}
	for _, a := range res.GetActions() {
		line := actionLine{
			PossibleAction: a, Title: p.actTitle(a.GetAction(), 0), Path: v.Path() + "/act/" + a.GetAction(),
			Pressing: a.GetLastDate() != "" && a.GetLastDate() <= p.today(),
		}
		switch {
		case !a.GetPossible():
			v.Refused = append(v.Refused, line)
		case a.GetAction() == "correct": // from the line of the history that is to be corrected
		default:
			v.Actions = append(v.Actions, line)
			v.Approve = v.Approve || a.GetAction() == "approve"
			v.Wizard = v.Wizard || slices.Contains(answering, a.GetAction())
		}
	}
	return nil
}

func (v *caseView) readEvents(p *page) error {
	lines, err := p.events(v.caseHead)
	if err != nil {
		return err
	}
	v.Events = lines[:min(len(lines), shownEvents)]
	v.Earlier = len(lines) - len(v.Events)
	return nil
}

func (v *caseView) readRemedies(p *page) error {
	res, err := p.api.Remedies.ListRemedies(p.ctx(), &pb.ListRemediesRequest{Parent: p.parent(), Application: v.A.GetName()})
	if err != nil {
		return err
	}
	v.Remedies = res.GetRemedies()
	return nil
}

func (v *caseView) readFiles(p *page) error {
	res, err := p.api.Attachments.ListAttachments(p.ctx(), &pb.ListAttachmentsRequest{
		Parent: p.parent(), Application: v.A.GetName(), PageSize: v.most(), PageToken: p.r.URL.Query().Get(filesTurn),
	})
	if v.FilesOff = filesOff(err); v.FilesOff == "" && err != nil {
		return err
	}
	v.FilesTurn = p.turn(filesTurn, "attachments", res.GetNextPageToken())
	v.Files = slices.DeleteFunc(res.GetAttachments(), func(a *pb.Attachment) bool { return a.GetKind() == pb.Attachment_LETTER })
	return nil
}

// most is how many files and letters are listed at once.
func (v *caseView) most() int32 {
	if v.Sheet {
		return sheetFiles
	}
	return shownFiles
}

// filesOff is why the service keeps no files; empty if it does.
func filesOff(err error) string {
	if client.ReasonIs(err, pb.Reason_ATTACHMENTS_OFF) {
		return client.Message(err)
	}
	return ""
}

// isMissing tells whether something does not exist, or is another agency's.
func isMissing(err error) bool { return status.Code(err) == codes.NotFound }

// showApplicant shows the applicant in full. The service records who read it.
func showApplicant(p *page) error {
	a, err := p.api.Applications.GetApplication(p.ctx(), &pb.GetApplicationRequest{Name: p.caseName()})
	if err != nil {
		return err
	}
	p.underLedger()
	p.under(pathOf(a.GetName()), a.GetApplicationNo())
	p.title = p.text("申请人", "Applicant")
	return p.show("case-applicant", a)
}

// showText shows a long description whole.
func showText(p *page) error {
	a, err := p.application()
	if err != nil {
		return err
	}
	p.under(pathOf(a.GetName()), a.GetApplicationNo())
	p.title = p.text("申请内容", "What is asked for")
	return p.show("case-text", a)
}

// similarView is what is like a case.
type similarView struct {
	A     *pb.Application
	Found *pb.FindSimilarResponse
	Busy  string
}

// showSimilar looks through the register for what is like a case; that may take a moment
// in a large one, so that the page of the case does not wait for it.
func showSimilar(p *page) error {
	a, err := p.application()
	if err != nil {
		return err
	}
	p.under(pathOf(a.GetName()), a.GetApplicationNo())
	p.title = p.text("相近和关联的申请", "Similar and linked applications")
	v := similarView{A: a}
	v.Found, err = p.api.Advice.FindSimilar(p.ctx(), &pb.FindSimilarRequest{Name: a.GetName(), Limit: 30})
	if status.Code(err) == codes.ResourceExhausted {
		v.Busy = client.Message(err)
		err = nil
	}
	if err != nil {
		return err
	}
	return p.show("case-similar", v)
}

// sheetView is the case on paper.
type sheetView struct {
	*caseView
	Printed string
}

// showSheet is the case on A4, for the file.
func showSheet(p *page) error {
	h, err := p.head()
	if err != nil {
		return err
	}
	p.under(h.Path(), h.A.GetApplicationNo())
	p.title = p.text("办理登记表", "Case sheet")
	v := &caseView{caseHead: h, Sheet: true}
	v.Text, v.Cut = beginning(h.A.GetDescription(), shownText)
	for _, read := range []func(*page) error{v.readClock, v.readEvents, v.readRemedies, v.readFiles, v.readLetters} {
		if err := read(p); err != nil {
			return err
		}
	}
	return p.show("case-sheet", sheetView{v, cmp.Or(lastOf(p.me.GetName()), "—")})
}
