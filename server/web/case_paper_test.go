package web_test

import (
	"bytes"
	"html"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	pb "gongkai/proto/disclosure/v1"
)

// filePart is a piece of an upload.
type filePart struct{ name, file, content string }

// uploads sends a multipart form, its parts in their order.
func (v *visitor) uploads(path string, parts ...filePart) *sheet {
	v.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for _, p := range parts {
		var to io.Writer
		var err error
		if p.file != "" {
			to, err = w.CreateFormFile(p.name, p.file)
		} else {
			to, err = w.CreateFormField(p.name)
		}
		if err == nil {
			_, err = io.WriteString(to, p.content)
		}
		if err != nil {
			v.t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		v.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(v.t.Context(), http.MethodPost, v.office.url+path, &body)
	if err != nil {
		v.t.Fatal(err)
	}
	req.Header.Set("Content-Type", w.FormDataContentType())
	return v.send(req)
}

// send makes one request and reads its answer.
func (v *visitor) send(req *http.Request) *sheet {
	v.t.Helper()
	res, err := v.client.Do(req)
	if err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return &sheet{t: v.t, status: res.StatusCode, header: res.Header, text: string(raw)}
}

const casePDF = "%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"

func TestAttachmentsOfACase(t *testing.T) {
	b := newBureau(t)
	a := b.application("2026-06-15")
	path := "/" + a.GetName()
	hidden := b.officer.get(path).fillIn(path+"/attachments", nil)
	form := func(kind, name, content string) []filePart {
		return []filePart{{"form_token", "", hidden.Get("form_token")}, {"request_id", "", hidden.Get("request_id")}, {"kind", "", kind}, {"file", name, content}}
	}
	const odd = `信封 "𠮷"<img src=x onerror=alert(1)>.pdf`
	stored := b.officer.uploads(path+"/attachments", form("ENVELOPE", odd, casePDF)...)
	page := b.officer.follow(stored)
	again := b.officer.uploads(path+"/attachments", form("ENVELOPE", odd, casePDF)...)
	if again.status != http.StatusSeeOther {
		t.Errorf("a second click answered %d", again.status)
	}
	list, err := pb.NewAttachmentServiceClient(b.conn).ListAttachments(t.Context(), &pb.ListAttachmentsRequest{Parent: "agencies/jyj", Application: a.GetName()})
	if err != nil || len(list.GetAttachments()) != 1 {
		t.Fatalf("%d files, %v; want 1", len(list.GetAttachments()), err)
	}
	kept := list.GetAttachments()[0]
	at := "/" + kept.GetName()
	if !strings.Contains(page.text, at) || strings.Contains(page.text, "<img src=x") {
		t.Error("the case does not list the file, or its name became markup")
	}
	got := b.officer.get(at + "/file")
	_, params, err := mime.ParseMediaType(got.header.Get("Content-Disposition"))
	if err != nil || params["filename"] != kept.GetFileName() || got.text != casePDF || got.header.Get("Content-Type") != "application/pdf" {
		t.Errorf("the download is %q of %s (%v)", got.header.Get("Content-Disposition"), got.header.Get("Content-Type"), err)
	}
	if csp := got.header.Get("Content-Security-Policy"); csp != "default-src 'none'; sandbox" || got.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("a file of somebody else comes with the policy %q", csp)
	}
	if more := b.officer.get(at); !strings.Contains(more.text, kept.GetSha256()) || !strings.Contains(more.text, "下载") {
		t.Error("the page of the attachment lacks its hash or its history")
	}
	for _, tt := range []struct {
		name  string
		parts []filePart
		at    string
	}{
		{"no file", form("FORM", "", "")[:3], "f-file"},
		{"no kind", form("", "a.pdf", casePDF), "f-kind"},
		{"a program", form("FORM", "a.exe", "MZ\x90\x00\x03"), "f-file"},
		{"empty", form("FORM", "a.pdf", ""), "f-file"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.parts[1].content = "5b0f5a1e-0000-4000-8000-" + strings.Repeat("0", 12)
			refused := b.officer.uploads(path+"/attachments", tt.parts...)
			if refused.status != http.StatusUnprocessableEntity || !strings.Contains(refused.text, `href="#`+tt.at+`"`) {
				t.Errorf("answered %d: %s", refused.status, refused.refusedWith())
			}
		})
	}
	foreign := form("FORM", "a.pdf", casePDF)
	foreign[0].content = "another"
	if refused := b.officer.uploads(path+"/attachments", foreign...); refused.status != http.StatusForbidden {
		t.Errorf("an upload without our token answered %d", refused.status)
	}
	more := b.officer.get(at)
	if refused := b.officer.post(at+"/withdraw", more.fillIn(at+"/withdraw", nil)); refused.status != http.StatusUnprocessableEntity || !strings.Contains(refused.text, `href="#f-reason"`) {
		t.Errorf("withdrawing without a reason answered %d: %s", refused.status, refused.refusedWith())
	}
	gone := b.officer.follow(b.officer.post(at+"/withdraw", more.fillIn(at+"/withdraw", url.Values{"reason": {"误传"}})))
	if !strings.Contains(gone.text, "误传") || strings.Contains(gone.text, `action="`+at+`/withdraw"`) {
		t.Error("the attachment does not show as withdrawn")
	}
}

// settle gives the agency what its letters need.
func (b *bureau) settle() {
	b.t.Helper()
	_, err := pb.NewSettingServiceClient(b.admin).UpdateSettings(b.t.Context(), &pb.UpdateSettingsRequest{Parent: "agencies/jyj", EffectiveDate: "2020-01-01", Values: map[string]string{
		"letter.contact": "示例市示例路2号，010-00000000", "remedy.review_organ": "示例市人民政府", "remedy.court": "示例市第一人民法院", "number.word": "示教",
	}})
	if err != nil {
		b.t.Fatal(err)
	}
}

func TestLettersOfACase(t *testing.T) {
	b := newBureau(t)
	b.settle()
	a := b.application("2026-06-15")
	path := "/" + a.GetName()
	at := path + "/letters/receipt"
	page := b.officer.get(at)
	if page.status != http.StatusOK || !strings.Contains(page.text, "示教") || !strings.Contains(page.text, "待补：收到的材料") {
		t.Fatalf("the preview answered %d:\n%s", page.status, page.text)
	}
	sent := page.fillIn(at, url.Values{"do": {"issue"}})
	refused := b.officer.post(at, sent)
	if refused.status != http.StatusUnprocessableEntity || !strings.Contains(refused.text, `href="#f-fields-received_items"`) {
		t.Errorf("an incomplete letter answered %d: %s", refused.status, refused.refusedWith())
	}
	sent = refused.fillIn(at, url.Values{"do": {"preview"}, "fields.received_items": {"申请表1份<script>alert(1)</script>"}})
	preview := b.officer.post(at, sent)
	if preview.status != http.StatusOK || strings.Contains(preview.text, "待补") || strings.Contains(preview.text, "<script>alert") {
		t.Errorf("the preview answered %d, or shows markup or gaps", preview.status)
	}
	sent = preview.fillIn(at, url.Values{"do": {"issue"}})
	after := b.officer.follow(b.officer.post(at, sent))
	if again := b.officer.post(at, sent); again.status != http.StatusSeeOther {
		t.Errorf("a second click answered %d: %s", again.status, again.refusedWith())
	}
	list, err := pb.NewLetterServiceClient(b.conn).ListLetters(t.Context(), &pb.ListLettersRequest{Parent: a.GetName()})
	if err != nil || len(list.GetLetters()) != 1 {
		t.Fatalf("%d letters, %v; want 1", len(list.GetLetters()), err)
	}
	l := list.GetLetters()[0]
	if !strings.Contains(after.text, l.GetDocumentNo()) || !strings.Contains(after.text, "/"+l.GetName()+"/file") {
		t.Error("the case does not list the letter")
	}
	got := b.officer.get("/" + l.GetName() + "/file")
	if got.status != http.StatusOK || !strings.HasPrefix(got.text, "PK") || int64(len(got.text)) != l.GetSize() {
		t.Errorf("the download answered %d with %d bytes of %d", got.status, len(got.text), l.GetSize())
	}
	if page := b.officer.get(path + "/letters/nothing"); page.status == http.StatusOK {
		t.Error("there is a letter of no kind")
	}
}

// TestRemedyOfAnOfficesNumber: the case hands its number to the form of a remedy as the
// office writes it.
func TestRemedyOfAnOfficesNumber(t *testing.T) {
	b := newBureau(t)
	const number = "示教〔2026〕第1号+%41&甲=乙"
	a, err := pb.NewApplicationServiceClient(b.conn).CreateApplication(t.Context(), &pb.CreateApplicationRequest{
		Parent: "agencies/jyj",
		Application: &pb.Application{
			ApplicationNo: number, Channel: pb.Application_IN_PERSON, ArriveDate: "2026-06-15", Applicant: &pb.Applicant{Kind: pb.Applicant_BUSINESS},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	link := regexp.MustCompile(`href="(/remedies/new[^"]*)"`).FindStringSubmatch(b.officer.get("/" + a.GetName()).text)
	if link == nil {
		t.Fatal("the case offers no remedy")
	}
	form := b.officer.get(html.UnescapeString(link[1]))
	if got := form.fillIn("/remedies/new", nil).Get("remedy.application"); got != number {
		t.Errorf("the form has the number %q, want %q", got, number)
	}
}

func TestRemediesOfACase(t *testing.T) {
	b := newBureau(t)
	a := b.application("2026-03-02")
	b.act(b.conn, a,
		&pb.Action{Action: &pb.Action_Decide{Decide: &pb.Decide{Basis: "disclosed.provided", DecideDate: "2026-03-20"}}},
		&pb.Action{Action: &pb.Action_Deliver{Deliver: &pb.Deliver{Mode: "POST", DeliverDate: "2026-03-23"}}})
	const fresh = "/remedies/new"
	form := b.officer.get(fresh + "?no=" + a.GetApplicationNo())
	sent := form.fillIn(fresh, url.Values{"remedy.kind": {"RECONSIDERATION"}, "remedy.file_date": {"2026-05-06"}})
	made := b.officer.post(fresh, sent)
	page := b.officer.follow(made)
	at := made.header.Get("Location")
	if again := b.officer.post(fresh, sent); again.header.Get("Location") != at {
		t.Errorf("a second click answered %d and led to %s", again.status, again.header.Get("Location"))
	}
	if !strings.Contains(page.text, a.GetApplicationNo()) || !strings.Contains(page.text, "行政复议") || !strings.Contains(page.text, "尚未审结") {
		t.Fatalf("the remedy does not show what was entered:\n%s", page.text)
	}
	missing := form.fillIn(fresh, url.Values{"remedy.kind": {"LITIGATION"}, "remedy.application": {"2026-99999"}, "request_id": {""}})
	if refused := b.officer.post(fresh, missing); refused.status != http.StatusUnprocessableEntity || !strings.Contains(refused.text, `href="#f-remedy-application"`) {
		t.Errorf("an unknown number answered %d: %s", refused.status, refused.refusedWith())
	}
	none := b.officer.get(fresh).fillIn(fresh, nil)
	if refused := b.officer.post(fresh, none); refused.status != http.StatusUnprocessableEntity || !strings.Contains(refused.text, `href="#f-remedy-kind"`) {
		t.Errorf("no kind answered %d: %s", refused.status, refused.refusedWith())
	}
	act := at + "/act/conclude"
	early := b.officer.get(act).fillIn(act, url.Values{"action.conclude.result": {"UPHELD"}, "action.conclude.conclude_date": {"2026-05-01"}})
	if refused := b.officer.post(act, early); refused.status != http.StatusUnprocessableEntity || refused.refusedWith() == "" {
		t.Errorf("a result before its beginning answered %d", refused.status)
	}
	done := b.officer.follow(b.officer.post(act, b.officer.get(act).fillIn(act, url.Values{"action.conclude.result": {"UPHELD"}})))
	if !strings.Contains(done.text, "维持") {
		t.Error("the remedy does not show its result")
	}
	if list := b.officer.get("/remedies"); !strings.Contains(list.text, at) || !strings.Contains(list.text, "维持") {
		t.Error("the list does not show the remedy")
	}
	if page := b.officer.get("/" + a.GetName()); !strings.Contains(page.text, at) {
		t.Error("the case does not show its remedy")
	}
	act = at + "/act/strike"
	if strings.Contains(b.officer.get(at).text, act) {
		t.Error("an officer is offered what only the head may do")
	}
	struck := b.head.follow(b.head.post(act, b.head.get(act).fillIn(act, url.Values{"action.strike.reason": {"重复登记"}})))
	if !strings.Contains(struck.text, "已作废") || strings.Contains(struck.text, "/act/conclude") {
		t.Error("the remedy does not show as struck")
	}
}

// TestCasesOfAnotherAgency asks for what is another agency's by every page of a case, and
// for what is not there: the answers are the same.
func TestCasesOfAnotherAgency(t *testing.T) {
	b := newBureau(t)
	a := b.application("2026-06-15")
	remedy, err := pb.NewRemedyServiceClient(b.conn).CreateRemedy(t.Context(), &pb.CreateRemedyRequest{
		Parent: "agencies/jyj", Remedy: &pb.Remedy{Kind: pb.Remedy_COMPLAINT, FileDate: "2026-06-20", Application: a.GetName()},
	})
	if err != nil {
		t.Fatal(err)
	}
	path := "/" + a.GetName()
	hidden := b.officer.get(path).fillIn(path+"/attachments", nil)
	b.officer.follow(b.officer.uploads(path+"/attachments", filePart{"form_token", "", hidden.Get("form_token")}, filePart{"kind", "", "FORM"}, filePart{"file", "a.pdf", casePDF}))
	files, err := pb.NewAttachmentServiceClient(b.conn).ListAttachments(t.Context(), &pb.ListAttachmentsRequest{Parent: "agencies/jyj"})
	if err != nil {
		t.Fatal(err)
	}
	file := "/" + files.GetAttachments()[0].GetName()
	stranger := b.enter(b.hire(pb.Principal_SUPERVISOR, b.another()))
	token := stranger.get("/").with(nil)
	act := url.Values{"form_token": token["form_token"], "do": {"act"}}
	for _, tt := range []struct {
		method, path string
		form         url.Values
	}{
		{"GET", path, nil},
		{"GET", path + "/sheet", nil},
		{"GET", path + "/history", nil},
		{"GET", path + "/text", nil},
		{"GET", path + "/similar", nil},
		{"POST", path + "/applicant", act},
		{"GET", path + "/act/extend", nil},
		{"POST", path + "/act/extend", withPairs(act, "actions[0].extend.workdays", "20", "actions[0].extend.notify_date", today)},
		{"POST", path + "/act/extend", withPairs(act, "actions[0].extend.workdays", "20", "do", "try")},
		{"GET", path + "/correct/1", nil},
		{"POST", path + "/correct/1", withPairs(act, "actions[0].correct.reason", "x", "actions[0].correct.amendments[0].registration.arrive_date", today)},
		{"GET", path + "/outcome", nil},
		{"GET", path + "/letters/receipt", nil},
		{"POST", path + "/letters/receipt", withPairs(act, "do", "issue", "fields.received_items", "x")},
		{"GET", file, nil},
		{"GET", file + "/file", nil},
		{"POST", file + "/withdraw", withPairs(act, "reason", "x")},
		{"GET", "/" + remedy.GetName(), nil},
		{"GET", "/" + remedy.GetName() + "/act/conclude", nil},
		{"POST", "/" + remedy.GetName() + "/act/conclude", withPairs(act, "action.conclude.result", "UPHELD", "action.conclude.conclude_date", today)},
	} {
		t.Run(tt.method+" "+tt.path, func(t *testing.T) {
			theirs := stranger.do(tt.method, tt.path, tt.form)
			unknown := stranger.do(tt.method, ids.ReplaceAllString(tt.path, "/$1/zzzzz"), tt.form)
			if theirs.status != http.StatusNotFound || unknown.status != http.StatusNotFound {
				t.Fatalf("answered %d, and %d for what is not there", theirs.status, unknown.status)
			}
			if a, b := neutral(theirs.text), neutral(unknown.text); a != b {
				t.Errorf("the answers differ:\n%s\n--\n%s", a, b)
			}
		})
	}
	if got := b.read(a.GetName()); got.GetRevision() != a.GetRevision() {
		t.Error("another agency changed the case")
	}
}

// ids are the ids of things in paths.
var ids = regexp.MustCompile(`/(applications|attachments|remedies)/[0-9a-z]+`)

// neutral is a page without what differs from answer to answer.
func neutral(page string) string {
	page = ids.ReplaceAllString(page, "/$1/x")
	return regexp.MustCompile(`name="request_id" value="[^"]*"|agencies%2F[^"]*|agencies/[^"]*`).ReplaceAllString(page, "")
}

// withPairs adds pairs of names and values to a form.
func withPairs(form url.Values, pairs ...string) url.Values {
	out := url.Values{}
	for name, values := range form {
		out[name] = slices.Clone(values)
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		out.Set(pairs[i], pairs[i+1])
	}
	return out
}
