package server_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/document"
	"gongkai/workflow"
)

// TestLetterTemplates: an office's own template is used from then on, its versions stay, and
// ours can be had back.
func TestLetterTemplates(t *testing.T) {
	onEngines(t, func(t *testing.T, f *filing) {
		officer := writing(t, f)
		c := pb.NewLetterServiceClient(f.env.conn(t, workflow.Supervisor, "own"))
		const name = "agencies/own/letterTemplates/reply"
		ours, err := officer.GetLetterTemplate(t.Context(), &pb.GetLetterTemplateRequest{Name: name})
		if err != nil || ours.GetVersion() != 0 || len(ours.GetContent()) == 0 || !slices.Contains(ours.GetPlaceholders(), "remedy") {
			t.Fatalf("ours: %v, %v", ours, err)
		}
		put := &pb.PutLetterTemplateRequest{Name: name, FileName: "答复书.docx", Content: ours.GetContent(), Etag: ours.GetEtag(), RequestId: uuid.NewString(), ValidateOnly: true}
		if would, err := c.PutLetterTemplate(t.Context(), put); err != nil || would.GetVersion() != 1 {
			t.Fatalf("to be checked: %v, %v", would, err)
		}
		put.ValidateOnly = false
		first, err := c.PutLetterTemplate(t.Context(), put)
		if err != nil || first.GetVersion() != 1 || first.GetSha256() != ours.GetSha256() {
			t.Fatalf("put: %v, %v", first, err)
		}
		again, err := c.PutLetterTemplate(t.Context(), put)
		if err != nil {
			t.Fatal(err)
		}
		sameMessage(t, "put again", first, again)
		_, err = c.PutLetterTemplate(t.Context(), &pb.PutLetterTemplateRequest{Name: name, FileName: "a.docx", Content: ours.GetContent(), Etag: ours.GetEtag()})
		wantRefusal(t, err, codes.Aborted, pb.Reason_STALE_ETAG)

		l, err := officer.IssueLetter(t.Context(), f.refusal())
		if err != nil || l.GetTemplate() != name || l.GetTemplateVersion() != 1 {
			t.Fatalf("issued by it: %v, %v", l, err)
		}
		for _, of := range []string{"reply.refused.internal_affairs", "receipt"} {
			if got, err := c.GetLetterTemplate(t.Context(), &pb.GetLetterTemplateRequest{Name: "agencies/own/letterTemplates/" + of}); err != nil || got.GetVersion() != 0 {
				t.Errorf("%s: %v, %v", of, got, err)
			}
		}
		back, err := c.PutLetterTemplate(t.Context(), &pb.PutLetterTemplateRequest{Name: name})
		if err != nil || back.GetVersion() != 0 {
			t.Fatalf("ours again: %v, %v", back, err)
		}
		old, err := c.GetLetterTemplate(t.Context(), &pb.GetLetterTemplateRequest{Name: name, Version: 1})
		if err != nil || !bytes.Equal(old.GetContent(), ours.GetContent()) || old.GetFileName() != "答复书.docx" {
			t.Errorf("the first version: %v", err)
		}
		_, err = c.GetLetterTemplate(t.Context(), &pb.GetLetterTemplateRequest{Name: name, Version: 9})
		wantRefusal(t, err, codes.NotFound, pb.Reason_RESOURCE_NOT_FOUND)
		if l, err := officer.IssueLetter(t.Context(), f.refusal()); err != nil || l.GetTemplate() != "" {
			t.Errorf("issued by ours: %v, %v", l, err)
		}
		list, err := officer.ListLetterTemplates(t.Context(), &pb.ListLetterTemplatesRequest{Parent: "agencies/own"})
		if err != nil || len(list.GetTemplates()) != 20 {
			t.Errorf("listed %d: %v", len(list.GetTemplates()), err)
		}
		verified(t, f.store)
		_, err = officer.PutLetterTemplate(t.Context(), put)
		wantRefusal(t, err, codes.PermissionDenied, pb.Reason_ROLE_NOT_ALLOWED)
	})
}

// TestTemplateRefused: placeholders that are none, and letters that could leave out what the
// law asks for.
func TestTemplateRefused(t *testing.T) {
	f := newFiling(t, nil)
	c := pb.NewLetterServiceClient(f.env.conn(t, workflow.Supervisor, "own"))
	sheet, err := document.LetterTemplate(document.SheetForm, "x")
	if err != nil {
		t.Fatal(err)
	}
	form, err := document.LetterTemplate(document.LetterForm, "x")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, template, says string
		content              []byte
	}{
		{"a form for a letter", "reply", "{{rows}}", sheet},
		{"a letter for a form", "approval", "{{number}}", form},
		{"no DOCX", "reply", "no DOCX", []byte("PK")},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := c.PutLetterTemplate(inEnglish(t.Context()), &pb.PutLetterTemplateRequest{Name: "agencies/own/letterTemplates/" + test.template, FileName: "a.docx", Content: test.content})
			wantRefusal(t, err, codes.InvalidArgument, pb.Reason_TEMPLATE_REFUSED)
			if !strings.Contains(err.Error(), test.says) {
				t.Errorf("it does not say %q: %v", test.says, err)
			}
		})
	}
	for _, name := range []string{"agencies/own/letterTemplates/none", "agencies/own/letterTemplates/reply.none", "agencies/own"} {
		_, err := c.GetLetterTemplate(t.Context(), &pb.GetLetterTemplateRequest{Name: name})
		wantRefusal(t, err, codes.InvalidArgument, pb.Reason_FIELD_INVALID)
	}
}
