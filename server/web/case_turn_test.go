package web_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"gongkai/client"
	pb "gongkai/proto/disclosure/v1"
)

// rest is where a page leads to the rest of a list in a section; empty: it shows all.
func (s *sheet) rest(section string) string {
	for n := range s.nodes("a") {
		if attr(n, "rel") == "next" && strings.HasSuffix(attr(n, "href"), "#"+section) {
			return attr(n, "href")
		}
	}
	return ""
}

// Attachments and letters beyond those that a page shows are named as such and reached from
// it; the sheet on paper has all.
func TestAllPapersOfACase(t *testing.T) {
	b := newBureau(t)
	a := b.application("2026-06-15")
	r, err := pb.NewRemedyServiceClient(b.conn).CreateRemedy(t.Context(), &pb.CreateRemedyRequest{Parent: "agencies/jyj", Remedy: &pb.Remedy{Kind: pb.Remedy_COMPLAINT, FileDate: "2026-06-25"}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = pb.NewSettingServiceClient(b.admin).UpdateSettings(t.Context(), &pb.UpdateSettingsRequest{Parent: "agencies/jyj", Values: map[string]string{"letter.contact": "示例路1号"}})
	if err != nil {
		t.Fatal(err)
	}
	const papers = 60
	api := client.New(b.conn, client.Chinese)
	for i := range papers {
		for _, header := range []*pb.UploadAttachmentHeader{{Application: a.GetName()}, {Remedy: r.GetName()}} {
			header.Parent, header.Kind, header.FileName = "agencies/jyj", pb.Attachment_OTHER_DOCUMENT, fmt.Sprintf("材料%03d.pdf", i)
			if _, err := api.UploadAttachment(t.Context(), header, bytes.NewReader([]byte(casePDF+fmt.Sprint(i))), nil); err != nil {
				t.Fatal(err)
			}
		}
		if i > 55 {
			continue
		}
		_, err := pb.NewLetterServiceClient(b.conn).IssueLetter(t.Context(), &pb.IssueLetterRequest{Name: a.GetName(), Kind: "receipt", Fields: map[string]string{"received_items": "申请表"}})
		if err != nil {
			t.Fatal(err)
		}
	}
	files := func(s *sheet, seen map[string]bool) {
		for n := range s.nodes("a") {
			if name := textOf(n); strings.HasPrefix(name, "材料") {
				seen[name] = true
			}
		}
	}
	letters := func(s *sheet, seen map[string]bool) {
		for n := range s.nodes("a") {
			if strings.Contains(attr(n, "href"), "/letters/") && marked(n, "download") {
				seen[attr(n, "href")] = true
			}
		}
	}
	for _, x := range []struct {
		name, path, section string
		collect             func(*sheet, map[string]bool)
		want                int
	}{
		{"attachments of a case", "/" + a.GetName(), "attachments", files, papers},
		{"attachments of a remedy", "/" + r.GetName(), "attachments", files, papers},
		{"letters", "/" + a.GetName(), "letters", letters, 56},
	} {
		seen, at, pages := map[string]bool{}, x.path, 0
		for ; at != "" && pages < 9; pages++ {
			s := b.officer.get(at)
			x.collect(s, seen)
			at = s.rest(x.section)
		}
		if len(seen) != x.want || pages < 2 {
			t.Errorf("%s: %d are reached on %d pages, want %d", x.name, len(seen), pages, x.want)
		}
	}
	sheet := b.officer.get("/" + a.GetName() + "/sheet")
	if n := strings.Count(sheet.text, "材料0"); n != papers {
		t.Errorf("the sheet has %d attachments, want %d", n, papers)
	}
	if s := b.officer.get("/" + a.GetName() + "?files=forged"); s.status != 400 {
		t.Errorf("a forged token answered %d", s.status)
	}
}
