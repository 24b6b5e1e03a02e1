package web_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	pb "gongkai/proto/disclosure/v1"
)

// TestMendedLetter: a letter that was withdrawn is issued again from the case under its
// number; what was not yet taken over is offered, and only that.
func TestMendedLetter(t *testing.T) {
	b := newBureau(t)
	b.settle()
	path := "/" + b.application("2026-06-15").GetName()
	at := path + "/letters/receipt"
	issue := func(from string) {
		t.Helper()
		sent := b.officer.get(from).fillIn(at, url.Values{"fields.received_items": {"申请表1份"}})
		sent.Set("do", "preview")
		sent = b.officer.post(at, sent).fillIn(at, nil) // what it replaces comes back with it
		sent.Set("do", "issue")
		if a := b.officer.post(at, sent); a.status != http.StatusSeeOther {
			t.Fatalf("issuing answered %d: %s", a.status, a.refusedWith())
		}
	}
	offered := regexp.MustCompile(`href="(` + regexp.QuoteMeta(at) + `\?replaces=[^"]*)"`)
	offers := func() []string {
		t.Helper()
		var out []string
		for _, m := range offered.FindAllStringSubmatch(b.officer.get(path).text, -1) {
			out = append(out, html.UnescapeString(m[1]))
		}
		return out
	}
	withdraw := func(l *pb.Letter) {
		t.Helper()
		file := "/" + l.GetAttachment()
		sent := b.officer.get(file).fillIn(file+"/withdraw", url.Values{"reason": {"份数写错，尚未送达"}})
		if a := b.officer.post(file+"/withdraw", sent); a.status != http.StatusSeeOther {
			t.Fatalf("withdrawing answered %d: %s", a.status, a.refusedWith())
		}
	}
	letters := func() []*pb.Letter {
		t.Helper()
		list, err := pb.NewLetterServiceClient(b.conn).ListLetters(t.Context(), &pb.ListLettersRequest{Parent: path[1:]})
		if err != nil {
			t.Fatal(err)
		}
		return list.GetLetters()
	}
	issue(at)
	issue(at)
	if list := offers(); len(list) > 0 {
		t.Errorf("letters that stand are offered: %v", list)
	}
	faulty := letters()[0]
	withdraw(faulty)
	list := offers()
	if len(list) != 1 {
		t.Fatalf("the withdrawn letter is offered %d times", len(list))
	}
	if page := b.officer.get(list[0]); !strings.Contains(page.text, "沿用文号") || !strings.Contains(page.text, "已经送达的") || !strings.Contains(page.text, faulty.GetDocumentNo()) {
		t.Errorf("the form does not say whose number it takes over, and when it must not:\n%s", page.text)
	}
	issue(list[0])
	mended := letters()[2]
	if mended.GetDocumentNo() != faulty.GetDocumentNo() || mended.GetReplaces() != faulty.GetName() {
		t.Errorf("%s in place of %q, want %s", mended.GetDocumentNo(), mended.GetReplaces(), faulty.GetDocumentNo())
	}
	if more := offers(); len(more) > 0 {
		t.Errorf("a number that was taken over is offered again: %v", more)
	}
	late := b.officer.get(list[0])
	if late.status != http.StatusUnprocessableEntity && late.status != http.StatusConflict || !strings.Contains(late.text, "已由另一份文书沿用") {
		t.Errorf("asked for once more the form answered %d", late.status)
	}
	withdraw(mended)
	if more := offers(); len(more) != 1 || more[0] == list[0] {
		t.Errorf("after the second fault are offered %v", more)
	}
	a := b.read(path[1:])
	b.act(b.api(b.hire(pb.Principal_SUPERVISOR, "jyj")), a, &pb.Action{Action: &pb.Action_Void{Void: &pb.Void{VoidDate: a.GetReceiveDate(), Reason: "重复登记"}}})
	if more := offers(); len(more) > 0 {
		t.Errorf("of a void case, which has no receipt, are offered %v", more)
	}
}

// TestWithdrawnLetterOnPaper: the case sheet tells a withdrawn letter from the one that bears
// its number now, and the case which of them took it over.
func TestWithdrawnLetterOnPaper(t *testing.T) {
	b := newBureau(t)
	b.settle()
	name := b.application("2026-06-15").GetName()
	c := pb.NewLetterServiceClient(b.conn)
	issue := func(replaces string) *pb.Letter {
		t.Helper()
		l, err := c.IssueLetter(t.Context(), &pb.IssueLetterRequest{Name: name, Kind: "receipt", Replaces: replaces, Fields: map[string]string{"received_items": "申请表1份"}})
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	faulty := issue("")
	if _, err := pb.NewAttachmentServiceClient(b.conn).WithdrawAttachment(t.Context(), &pb.WithdrawAttachmentRequest{Name: faulty.GetAttachment(), Reason: "份数写错"}); err != nil {
		t.Fatal(err)
	}
	issue(faulty.GetName())
	letters := regexp.MustCompile(`<li[^>]*>[^\n]*?</li>`)
	for _, page := range []string{"/sheet", ""} {
		var rows []string
		for _, row := range letters.FindAllString(b.officer.get("/"+name+page).text, -1) {
			if strings.Contains(row, faulty.GetDocumentNo()) {
				rows = append(rows, row)
			}
		}
		if len(rows) != 2 {
			t.Fatalf("%q lists %d letters of the number", page, len(rows))
		}
		for i, says := range []string{"已撤下：份数写错", "替换已撤下的文书"} {
			if !strings.Contains(rows[i], says) || strings.Contains(rows[1-i], says) {
				t.Errorf("%q: not letter %d alone says %q: %q", page, i+1, says, rows)
			}
		}
	}
}
