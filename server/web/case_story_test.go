package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"

	pb "gongkai/proto/disclosure/v1"
)

// shown are the inputs of the form with an action that a person sees without opening
// anything, and the buttons.
func (s *sheet) shown(action string) (inputs, buttons int) {
	s.t.Helper()
	for form := range s.nodes("form") {
		if attr(form, "action") != action {
			continue
		}
		radios := map[string]bool{}
		for n := range form.Descendants() {
			if n.Type != html.ElementNode || folded(n, form) {
				continue
			}
			switch kind := attr(n, "type"); {
			case n.Data == "button":
				buttons++
			case n.Data == "input" && kind == "radio":
				if !radios[attr(n, "name")] {
					inputs++
				}
				radios[attr(n, "name")] = true
			case n.Data == "input" && kind != "hidden", n.Data == "select", n.Data == "textarea":
				inputs++
			}
		}
	}
	return inputs, buttons
}

// folded tells whether an element lies within details that are closed.
func folded(n, top *html.Node) bool {
	for at := n; at != nil && at != top; at = at.Parent {
		if at.Data == "details" && !marked(at, "open") {
			return true
		}
	}
	return false
}

// refusedWith are the messages on top of a form that was refused.
func (s *sheet) refusedWith() string {
	for n, text := range s.nodes("div") {
		if attr(n, "id") == "errors" {
			return text
		}
	}
	return ""
}

// TestExtendIsOneDialog holds the journey to the goal: one dialog with two inputs, both of
// them filled in already, and the letter ready.
func TestExtendIsOneDialog(t *testing.T) {
	b := newBureau(t)
	a := b.application("2026-06-15")
	path := "/" + a.GetName()
	dialog := b.head.get(path + "/act/extend")
	if inputs, _ := dialog.shown(path + "/act/extend"); inputs != 2 {
		t.Errorf("the dialog shows %d inputs, want 2", inputs)
	}
	sent := dialog.fillIn(path+"/act/extend", nil)
	sent.Set("do", "act")
	done := b.head.post(path+"/act/extend", sent)
	after := b.head.follow(done)
	now := b.read(a.GetName())
	if now.GetExtension().GetWorkdays() != 20 || now.GetDeadline().GetDueDate() != "2026-08-11" {
		t.Fatalf("extended to %s by %v", now.GetDeadline().GetDueDate(), now.GetExtension())
	}
	for _, want := range []string{"已办理：延期", "2026年8月11日", path + "/letters/extension", "延长的工作日"} {
		if !strings.Contains(after.text, want) {
			t.Errorf("after it the case does not show %q", want)
		}
	}
	again := b.head.post(path+"/act/extend", sent)
	if again.status != http.StatusSeeOther || b.read(a.GetName()).GetRevision() != now.GetRevision() {
		t.Errorf("a second click answered %d and made revision %d of %d", again.status, b.read(a.GetName()).GetRevision(), now.GetRevision())
	}
}

func TestRefusalsStandAtTheirInputs(t *testing.T) {
	b := newBureau(t)
	a := b.application("2026-06-15")
	path := "/" + a.GetName()
	for _, tt := range []struct {
		name, act string
		typed     url.Values
		at        string // the input
		says      string
	}{
		{"too long an extension", "extend", url.Values{"actions[0].extend.workdays": {"25"}}, "f-actions-0-extend-workdays", "20"},
		{"not a number", "extend", url.Values{"actions[0].extend.workdays": {"二十"}}, "f-actions-0-extend-workdays", "二十"},
		{"a day to come", "extend", url.Values{"actions[0].extend.notify_date": {"2027-01-01"}}, "f-actions-0-extend-notify_date", "2026-06-30"},
		{"nobody named", "assign", nil, "f-actions-0-assign-holder", ""},
		{"nothing to supplement", "request_supplement", nil, "f-actions-0-request_supplement-items", ""},
		{"no basis", "decide", nil, "f-actions-0-decide-basis", ""},
		{"not an amount", "notify_fee", url.Values{"actions[0].notify_fee.amount_fen": {"1.234"}, "actions[0].notify_fee.tariff": {"PER_PAGE"}}, "f-actions-0-notify_fee-amount_fen", "12.50"},
		{"another organ without a day", "consult", url.Values{"actions[0].consult.kind": {"ORGAN"}}, "f-actions-0-consult-due_date", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			action := path + "/act/" + tt.act
			form := b.head.get(action)
			sent := form.fillIn(action, tt.typed)
			sent.Set("do", "act")
			refused := b.head.post(action, sent)
			if refused.status != http.StatusUnprocessableEntity {
				t.Fatalf("answered %d:\n%s", refused.status, refused.text)
			}
			if !strings.Contains(refused.text, `href="#`+tt.at+`"`) || !strings.Contains(refused.text, `id="`+tt.at+`-error"`) {
				t.Errorf("the refusal does not stand at %s: %s", tt.at, refused.refusedWith())
			}
			if !strings.Contains(refused.refusedWith(), tt.says) {
				t.Errorf("it says %q, want %q in it", refused.refusedWith(), tt.says)
			}
			for name, values := range tt.typed {
				if kept := refused.fillIn(action, nil); kept.Get(name) != values[0] {
					t.Errorf("what was typed into %s became %q", name, kept.Get(name))
				}
			}
		})
	}
	if n := b.read(a.GetName()).GetRevision(); n != a.GetRevision() {
		t.Errorf("refused acts made revision %d of %d", n, a.GetRevision())
	}
}

func TestWhatIfRecordsNothing(t *testing.T) {
	b := newBureau(t)
	a := b.application("2026-06-15")
	path := "/" + a.GetName() + "/act/extend"
	sent := b.head.get(path).fillIn(path, url.Values{"do": {"try"}, "actions[0].extend.workdays": {"10"}})
	tried := b.head.post(path, sent)
	if tried.status != http.StatusOK {
		t.Fatalf("answered %d:\n%s", tried.status, tried.text)
	}
	for _, want := range []string{"试算结果", "2026年7月14日 → ", "2026年7月28日", "延期第10日", `value="10"`} {
		if !strings.Contains(tried.text, want) {
			t.Errorf("the trial does not show %q", want)
		}
	}
	if b.read(a.GetName()).GetRevision() != a.GetRevision() {
		t.Error("the trial was recorded")
	}
	sent = tried.fillIn(path, url.Values{"do": {"act"}})
	if done := b.head.post(path, sent); done.status != http.StatusSeeOther {
		t.Errorf("after the trial the act answered %d:\n%s", done.status, done.refusedWith())
	}
}

func TestStaleDialog(t *testing.T) {
	b := newBureau(t)
	a := b.application("2026-06-15")
	path := "/" + a.GetName() + "/act/assign"
	sent := b.head.get(path).fillIn(path, url.Values{"do": {"act"}, "actions[0].assign.holder": {"办公室"}})
	b.act(b.conn, a, &pb.Action{Action: &pb.Action_Assign{Assign: &pb.Assign{AssignDate: today, Holder: "规划科"}}})
	stale := b.head.post(path, sent)
	if stale.status != http.StatusUnprocessableEntity || stale.refusedWith() == "" {
		t.Fatalf("answered %d", stale.status)
	}
	if b.read(a.GetName()).GetHolder() != "规划科" {
		t.Error("it acted on what nobody had seen")
	}
	if done := b.head.post(path, stale.fillIn(path, url.Values{"do": {"act"}})); done.status != http.StatusSeeOther {
		t.Errorf("seen, it answered %d", done.status)
	}
}

// TestApprovalIsOneClick holds the supervisor's part to the goal: the draft passes by one
// click on the page of the case.
func TestApprovalIsOneClick(t *testing.T) {
	b := newBureau(t)
	agencies := pb.NewAgencyServiceClient(b.admin)
	if _, err := agencies.UpdateAgency(t.Context(), &pb.UpdateAgencyRequest{
		Agency: &pb.Agency{Name: "agencies/jyj", ReviewSteps: []string{"SUPERVISOR"}}, UpdateMask: "review_steps",
	}); err != nil {
		t.Fatal(err)
	}
	a := b.application("2026-06-15")
	path := "/" + a.GetName()
	clicks, proposal := b.outcome(b.officer, path)
	if clicks > 5 {
		t.Errorf("%d answers, want at most 5", clicks)
	}
	action := path + "/act/submit_for_review"
	sent := proposal.fillIn(action, url.Values{"do": {"act"}})
	b.officer.follow(b.officer.post(action, sent))
	page := b.head.get(path)
	_, buttons := page.shown(path + "/act/approve")
	if buttons != 1 {
		t.Fatalf("the case offers %d buttons to approve:\n%s", buttons, page.text)
	}
	after := b.head.follow(b.head.post(path+"/act/approve", page.fillIn(path+"/act/approve", nil)))
	if got := b.read(a.GetName()).GetState(); got != pb.Application_DECIDED {
		t.Errorf("after one click it is %s", got)
	}
	if !strings.Contains(after.text, "已签发待送达") {
		t.Error("the case does not say so")
	}
}

// outcome answers the questions of the wizard, always by the first choice, up to the
// proposal, and counts the clicks.
func (b *bureau) outcome(v *visitor, path string) (clicks int, proposal *sheet) {
	b.t.Helper()
	page := v.get(path + "/outcome")
	for range 8 {
		query := url.Values{}
		choice := ""
		for form := range page.nodes("form") {
			if attr(form, "action") != path+"/outcome" {
				continue
			}
			for n := range form.Descendants() {
				if n.Data == "input" {
					query.Set(attr(n, "name"), attr(n, "value"))
				}
				if n.Data == "button" && choice == "" {
					choice = attr(n, "name")
					query.Set(choice, attr(n, "value"))
				}
			}
		}
		if choice == "" {
			return clicks, page
		}
		clicks++
		page = v.get(path + "/outcome?" + query.Encode())
	}
	b.t.Fatalf("after %d answers there is no proposal:\n%s", clicks, page.text)
	return 0, nil
}

// TestAnswerAndClose holds the journey to the goal: at most five answers lead to basis,
// row, remedy paragraph and letter; one form signs and delivers.
func TestAnswerAndClose(t *testing.T) {
	b := newBureau(t)
	a := b.application("2026-06-15")
	path := "/" + a.GetName()
	clicks, page := b.outcome(b.officer, path)
	if clicks > 5 {
		t.Errorf("%d answers, want at most 5", clicks)
	}
	for _, want := range []string{"建议", "年报行次", "救济途径", "letters/reply?basis=", "已经确定"} {
		if !strings.Contains(page.text, want) {
			t.Errorf("the proposal does not show %q", want)
		}
	}
	action := path + "/act/decide"
	if inputs, _ := page.shown(action); inputs > 2 {
		t.Errorf("the proposal asks for %d more inputs", inputs)
	}
	sent := page.fillIn(action, url.Values{"do": {"act"}, "actions[1].deliver.mode": {"POST"}, "actions[1].deliver.deliver_date": {today}})
	after := b.officer.follow(b.officer.post(action, sent))
	now := b.read(a.GetName())
	if now.GetState() != pb.Application_CLOSED || now.GetConclusion().GetTiming() != pb.Application_ON_TIME {
		t.Fatalf("it is %s, %v", now.GetState(), now.GetConclusion())
	}
	if !strings.Contains(after.text, path+"/letters/reply") {
		t.Error("the letter of the reply is not offered")
	}
	if again := b.officer.post(action, sent); again.status != http.StatusSeeOther || b.read(a.GetName()).GetRevision() != now.GetRevision() {
		t.Errorf("a second click answered %d", again.status)
	}
}

// TestEveryDialogOpens opens the dialog of every act in both languages, whether it is
// possible now or not.
func TestEveryDialogOpens(t *testing.T) {
	b := newBureau(t)
	a := b.application("2026-06-15")
	res, err := pb.NewApplicationServiceClient(b.conn).ListPossibleActions(t.Context(), &pb.ListPossibleActionsRequest{Name: a.GetName()})
	if err != nil {
		t.Fatal(err)
	}
	for _, act := range res.GetActions() {
		path := "/" + a.GetName() + "/act/" + act.GetAction()
		if act.GetAction() == "correct" {
			if page := b.head.get(path); page.status != http.StatusNotFound {
				t.Errorf("%s answered %d: a correction begins with what it corrects", path, page.status)
			}
			continue
		}
		for _, lang := range []string{"zh", "en"} {
			page := b.head.get(path + "?lang=" + lang)
			if page.status != http.StatusOK {
				t.Errorf("%s in %s answered %d", path, lang, page.status)
			}
			if says := strings.Contains(page.text, "现在不能办理") || strings.Contains(page.text, "Not possible now"); says == act.GetPossible() {
				t.Errorf("%s in %s: possible %v, yet the dialog says otherwise", path, lang, act.GetPossible())
			}
			if !act.GetPossible() && lang == "zh" && !strings.Contains(page.text, html.EscapeString(act.GetRefusal())) {
				t.Errorf("%s does not say why not: %s", path, act.GetRefusal())
			}
		}
	}
	if page := b.head.get("/" + a.GetName() + "/act/nothing"); page.status != http.StatusNotFound {
		t.Errorf("an unknown act answered %d", page.status)
	}
}

func TestCorrections(t *testing.T) {
	b := newBureau(t)
	a := b.application("2026-06-15")
	b.act(b.conn, a, &pb.Action{Action: &pb.Action_Extend{Extend: &pb.Extend{Workdays: 20, NotifyDate: "2026-06-20"}}})
	path := "/" + a.GetName()
	correct := func(revision int, typed url.Values) *sheet {
		t.Helper()
		at := path + "/correct/" + strconv.Itoa(revision)
		query := ""
		if add := typed.Get("add"); add != "" {
			query = "?add=" + add
		}
		form := b.head.get(at + query)
		if form.status != http.StatusOK {
			t.Fatalf("%s answered %d:\n%s", at, form.status, form.text)
		}
		sent := form.fillIn(at, typed)
		if sent.Get("do") == "" {
			sent.Set("do", "act")
		}
		return b.head.post(at, sent)
	}
	const pre = "actions[0].correct."
	if refused := correct(2, url.Values{pre + "amendments[0].action.extend.workdays": {"10"}}); refused.status != http.StatusUnprocessableEntity {
		t.Errorf("a correction without a reason answered %d", refused.status)
	}
	b.head.follow(correct(2, url.Values{pre + "reason": {"录入错误"}, pre + "amendments[0].action.extend.workdays": {"10"}}))
	if got := b.read(a.GetName()); got.GetExtension().GetWorkdays() != 10 || got.GetExtension().GetNotifyDate() != "2026-06-20" {
		t.Errorf("corrected to %v", got.GetExtension())
	}
	b.head.follow(correct(1, url.Values{pre + "reason": {"到达日期录错"}, pre + "amendments[0].registration.arrive_date": {"2026-06-16"}}))
	if got := b.read(a.GetName()); got.GetReceiveDate() != "2026-06-16" || got.GetChannel() != pb.Application_IN_PERSON {
		t.Errorf("corrected to %s, %s", got.GetReceiveDate(), got.GetChannel())
	}
	tried := correct(2, url.Values{pre + "reason": {"试"}, pre + "amendments[0].action.extend.workdays": {"5"}, "do": {"try"}})
	if tried.status != http.StatusOK || !strings.Contains(tried.text, "试算结果") {
		t.Errorf("the trial of a correction answered %d: %s", tried.status, tried.refusedWith())
	}
	b.head.follow(correct(2, url.Values{pre + "reason": {"并未延期"}, "do": {"strike"}}))
	if got := b.read(a.GetName()); got.GetExtension() != nil {
		t.Errorf("struck, it is still extended: %v", got.GetExtension())
	}
	b.head.follow(correct(0, url.Values{"add": {"assign"}, pre + "reason": {"漏记"}, pre + "amendments[0].action.assign.holder": {"规划科"}, pre + "amendments[0].action.assign.assign_date": {"2026-06-17"}}))
	if got := b.read(a.GetName()); got.GetHolder() != "规划科" {
		t.Errorf("added, it is held by %q", got.GetHolder())
	}
	history := b.head.get(path + "/history").text
	for _, want := range []string{"录入错误", "更正第2步", "删去", "漏记", "到达日期 2026-06-16"} {
		if !strings.Contains(history, want) {
			t.Errorf("the history does not show %q", want)
		}
	}
	if page := b.officer.get(path); strings.Contains(page.text, "/correct/") {
		t.Error("an officer is offered corrections, which are the supervisor's")
	}
}

// TestLongCase holds the page of a case with a long text and a long history to its size.
func TestLongCase(t *testing.T) {
	b := newBureau(t)
	a := b.register(b.conn, "jyj", "示例人", strings.Repeat("很长的申请内容<b>&", 9000), "2026-06-15")
	for i := range 60 {
		a = b.act(b.conn, a, &pb.Action{Action: &pb.Action_Assign{Assign: &pb.Assign{AssignDate: "2026-06-16", Holder: fmt.Sprintf("科室%d", i), Reason: strings.Repeat("说明", 40)}}})
	}
	page := b.head.get("/" + a.GetName())
	if page.status != http.StatusOK || len(page.text) > 60<<10 {
		t.Errorf("the page answered %d with %d bytes", page.status, len(page.text))
	}
	if !strings.Contains(page.text, "科室59") || strings.Contains(page.text, "科室3<") {
		t.Error("the page does not show the latest acts, and only these")
	}
	if whole := b.head.get("/" + a.GetName() + "/text"); strings.Count(whole.text, "很长的申请内容") != 9000 {
		t.Error("the page of the text does not show it whole")
	}
	if whole := b.head.get("/" + a.GetName() + "/history"); !strings.Contains(whole.text, "科室3<") {
		t.Error("the page of the history does not show it whole")
	}
}
