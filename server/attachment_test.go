package server_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server"
	"gongkai/storage"
	"gongkai/storage/blob"
	"gongkai/workflow"
)

// TestAttachmentLife stores a file of several pieces, reads it and withdraws it, each call
// sent twice.
func TestAttachmentLife(t *testing.T) {
	onEngines(t, func(t *testing.T, f *filing) {
		content := pdf(2*blob.ChunkSize, 0)
		h := f.headerFor(content)
		first, err := send(t.Context(), f.files, h, content)
		if err != nil {
			t.Fatal(err)
		}
		want := &pb.Attachment{
			Name: first.GetName(), Application: f.open, Kind: pb.Attachment_FORM, FileName: "申请表.pdf", MediaType: "application/pdf",
			Size: int64(len(content)), Sha256: h.GetSha256(), CreateTime: first.GetCreateTime(), Etag: `"1"`,
		}
		sameMessage(t, "stored", want, first)
		again, err := send(t.Context(), f.files, h, content)
		if err != nil {
			t.Fatal(err)
		}
		sameMessage(t, "stored again", first, again)
		if again, err = send(t.Context(), f.files, h, nil); err != nil { // it need not even be sent again
			t.Fatal(err)
		}
		sameMessage(t, "stored again without its content", first, again)
		other := proto.CloneOf(h)
		other.FileName = "另一个.pdf"
		_, err = send(t.Context(), f.files, other, content)
		wantRefusal(t, err, codes.AlreadyExists, pb.Reason_REQUEST_ID_REUSED)
		if list := f.list(t); len(list) != 1 {
			t.Fatalf("%d attachments", len(list))
		}
		got, err := receive(t.Context(), f.files, first.GetName())
		if err != nil || !bytes.Equal(got, content) {
			t.Errorf("%d bytes came back, %v", len(got), err)
		}

		withdraw := &pb.WithdrawAttachmentRequest{Name: first.GetName(), Reason: "误传", Etag: first.GetEtag(), RequestId: uuid.NewString(), ValidateOnly: true}
		if _, err := f.files.WithdrawAttachment(t.Context(), withdraw); err != nil {
			t.Fatal(err)
		}
		if got := f.list(t)[0]; got.GetWithdrawTime() != nil {
			t.Errorf("it was only to be checked: %v", got)
		}
		withdraw.ValidateOnly = false
		gone, err := f.files.WithdrawAttachment(t.Context(), withdraw)
		if err != nil || gone.GetKept() || gone.GetWithdrawReason() != "误传" || gone.GetWithdrawTime() == nil {
			t.Fatalf("withdrawn: %v, %v", gone, err)
		}
		twice, err := f.files.WithdrawAttachment(t.Context(), withdraw)
		if err != nil {
			t.Fatal(err)
		}
		sameMessage(t, "withdrawn again", gone, twice)
		_, err = f.files.WithdrawAttachment(t.Context(), &pb.WithdrawAttachmentRequest{Name: first.GetName(), Reason: "误传"})
		wantRefusal(t, err, codes.FailedPrecondition, pb.Reason_ATTACHMENT_WITHDRAWN)
		_, err = receive(t.Context(), f.files, first.GetName())
		wantRefusal(t, err, codes.FailedPrecondition, pb.Reason_ATTACHMENT_WITHDRAWN)

		shown, err := f.files.GetAttachment(t.Context(), &pb.GetAttachmentRequest{Name: first.GetName()})
		if err != nil {
			t.Fatal(err)
		}
		var actions []string
		for _, e := range shown.GetEvents() {
			actions = append(actions, e.GetAction())
		}
		if got := strings.Join(actions, " "); got != "upload_attachment download_attachment withdraw_attachment" {
			t.Errorf("history: %s", got)
		}
		f.clean(t)
	})
}

// TestAttachmentOfCaseAtRest: what was withdrawn from a closed case, or from a concluded
// remedy, is kept.
func TestAttachmentOfCaseAtRest(t *testing.T) {
	f := newFiling(t, nil)
	content := pdf(1000, 0)
	a := f.add(t, content)
	remedy, err := f.remedies.CreateRemedy(t.Context(), &pb.CreateRemedyRequest{Parent: "agencies/own", Remedy: &pb.Remedy{Kind: pb.Remedy_RECONSIDERATION, FileDate: "2026-06-10"}})
	if err != nil {
		t.Fatal(err)
	}
	h := f.headerFor(pdf(10, 1))
	h.Application, h.Remedy, h.Kind = "", remedy.GetName(), pb.Attachment_REMEDY_DOCUMENT
	b, err := send(t.Context(), f.files, h, pdf(10, 1))
	if err != nil || b.GetRemedy() != remedy.GetName() || b.GetApplication() != "" {
		t.Fatalf("of a remedy: %v, %v", b, err)
	}
	_, err = f.remedies.ActOnRemedy(t.Context(), &pb.ActOnRemedyRequest{Name: remedy.GetName(), Action: &pb.RemedyAction{
		Action: &pb.RemedyAction_Conclude{Conclude: &pb.Conclude{Result: pb.Remedy_UPHELD, ConcludeDate: "2026-06-20"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	f.act(t, f.open, action(&pb.Decide{Basis: "disclosed.provided", DecideDate: "2026-06-10"}), action(&pb.Deliver{Mode: "IN_PERSON", DeliverDate: "2026-06-10"}))
	for name, want := range map[string][]byte{a.GetName(): content, b.GetName(): pdf(10, 1)} {
		gone, err := f.files.WithdrawAttachment(t.Context(), &pb.WithdrawAttachmentRequest{Name: name, Reason: "误传"})
		if err != nil || !gone.GetKept() {
			t.Fatalf("withdrawn from a case at rest: %v, %v", gone, err)
		}
		if got, err := receive(t.Context(), f.files, name); err != nil || !bytes.Equal(got, want) {
			t.Errorf("its content: %d bytes, %v", len(got), err)
		}
	}
}

// TestAttachmentRefusals sends what is not as it should be: nothing is stored.
func TestAttachmentRefusals(t *testing.T) {
	f := newFiling(t, func(c *server.Config) { c.Attachments.FileBytes, c.Attachments.CaseBytes = 1<<20, 3<<19 })
	content := pdf(100, 0)
	large := pdf(1<<20, 0)
	for _, tt := range []struct {
		name    string
		change  func(*pb.UploadAttachmentHeader)
		content []byte // nil: the one that the header was made for
		code    codes.Code
		reason  pb.Reason
		field   string
	}{
		{"no case", func(h *pb.UploadAttachmentHeader) { h.Application = "" }, nil, codes.InvalidArgument, pb.Reason_FIELD_INVALID, "header.application"},
		{"two cases", func(h *pb.UploadAttachmentHeader) { h.Remedy = "agencies/own/remedies/2" }, nil, codes.InvalidArgument, pb.Reason_FIELD_INVALID, "header.application"},
		{"a case that is not there", func(h *pb.UploadAttachmentHeader) { h.Application = "agencies/own/applications/no:9" }, nil, codes.NotFound, pb.Reason_RESOURCE_NOT_FOUND, "header.application"},
		{"a case of another agency", func(h *pb.UploadAttachmentHeader) { h.Application = "agencies/other/applications/no:9" }, nil, codes.NotFound, pb.Reason_RESOURCE_NOT_FOUND, "header.application"},
		{"a remedy that is not there", func(h *pb.UploadAttachmentHeader) { h.Application, h.Remedy = "", "agencies/own/remedies/zz" }, nil, codes.NotFound, pb.Reason_RESOURCE_NOT_FOUND, "header.remedy"},
		{"another agency", func(h *pb.UploadAttachmentHeader) { h.Parent = "agencies/other" }, nil, codes.NotFound, pb.Reason_RESOURCE_NOT_FOUND, ""},
		{"no agency", func(h *pb.UploadAttachmentHeader) { h.Parent = "own" }, nil, codes.InvalidArgument, pb.Reason_FIELD_INVALID, "header.parent"},
		{"no kind", func(h *pb.UploadAttachmentHeader) { h.Kind = 0 }, nil, codes.InvalidArgument, pb.Reason_FIELD_INVALID, "header.kind"},
		{"unknown kind", func(h *pb.UploadAttachmentHeader) { h.Kind = 99 }, nil, codes.InvalidArgument, pb.Reason_FIELD_INVALID, "header.kind"},
		{"empty", func(h *pb.UploadAttachmentHeader) { h.Size = 0 }, nil, codes.InvalidArgument, pb.Reason_FIELD_INVALID, "header.size"},
		{"negative", func(h *pb.UploadAttachmentHeader) { h.Size = -1 }, nil, codes.InvalidArgument, pb.Reason_FIELD_INVALID, "header.size"},
		{"too large", func(h *pb.UploadAttachmentHeader) { h.Size = 1<<20 + 1 }, nil, codes.InvalidArgument, pb.Reason_FIELD_INVALID, "header.size"},
		{"no sum", func(h *pb.UploadAttachmentHeader) { h.Sha256 = "" }, nil, codes.InvalidArgument, pb.Reason_FIELD_INVALID, "header.sha256"},
		{"a path for a sum", func(h *pb.UploadAttachmentHeader) { h.Sha256 = strings.Repeat("../", 21) + "x" }, nil, codes.InvalidArgument, pb.Reason_FIELD_INVALID, "header.sha256"},
		{"another sum", func(h *pb.UploadAttachmentHeader) { h.Sha256 = strings.Repeat("0", 64) }, nil, codes.InvalidArgument, pb.Reason_ATTACHMENT_MISMATCH, "header.sha256"},
		{"more than the header says", func(h *pb.UploadAttachmentHeader) { h.Size-- }, nil, codes.InvalidArgument, pb.Reason_ATTACHMENT_MISMATCH, "header.size"},
		{"less than the header says", func(h *pb.UploadAttachmentHeader) { h.Size++ }, nil, codes.InvalidArgument, pb.Reason_ATTACHMENT_MISMATCH, "header.size"},
		{"much more than the header says", func(*pb.UploadAttachmentHeader) {}, large, codes.InvalidArgument, pb.Reason_ATTACHMENT_MISMATCH, "header.size"},
		{"another type", func(h *pb.UploadAttachmentHeader) { h.MediaType = "image/png" }, nil, codes.InvalidArgument, pb.Reason_ATTACHMENT_TYPE, "header.media_type"},
		{"a request id that is none", func(h *pb.UploadAttachmentHeader) { h.RequestId = "x" }, nil, codes.InvalidArgument, pb.Reason_FIELD_INVALID, "header.request_id"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := f.headerFor(content)
			tt.change(h)
			if tt.content == nil {
				tt.content = content
			}
			_, err := send(t.Context(), f.files, h, tt.content)
			if got := wantRefusal(t, err, tt.code, tt.reason); got.field != tt.field {
				t.Errorf("at %q, want %q", got.field, tt.field)
			}
			f.clean(t)
		})
	}
	if list := f.list(t); len(list) != 0 || f.held(t) != 0 {
		t.Errorf("stored %v and %d contents", list, f.held(t))
	}
}

// TestAttachmentQuota: what a case holds counts, what was withdrawn no longer does.
func TestAttachmentQuota(t *testing.T) {
	f := newFiling(t, func(c *server.Config) { c.Attachments.CaseBytes = 3000 })
	first := f.add(t, pdf(1400, 0))
	f.add(t, pdf(1400, 1))
	content := pdf(400, 2)
	_, err := send(t.Context(), f.files, f.headerFor(content), content)
	wantRefusal(t, err, codes.FailedPrecondition, pb.Reason_ATTACHMENT_QUOTA)
	if _, err := f.files.WithdrawAttachment(t.Context(), &pb.WithdrawAttachmentRequest{Name: first.GetName(), Reason: "误传"}); err != nil {
		t.Fatal(err)
	}
	f.add(t, content)
	f.clean(t)
	if n := f.held(t); n != 3 {
		t.Errorf("%d contents are held", n)
	}
}

// TestAttachmentNames takes names that look like paths, devices or nothing: each is refused
// or is text, and on the disk stand sums alone.
func TestAttachmentNames(t *testing.T) {
	f := newFiling(t, nil)
	for i, tt := range []struct {
		name string
		ok   bool
	}{
		{"申请表.pdf", true},
		{"../../etc/passwd", true},
		{"/etc/passwd", true},
		{`..\..\windows\system32\x.dll`, true},
		{`C:\x.pdf`, true},
		{"CON", true},
		{"nul.pdf", true},
		{".", true},
		{"..", true},
		{"-rf", true},
		{"$(id).pdf", true},
		{"a%00b%2e%2e%2f", true},
		{strings.Repeat("长", 85), true},
		{strings.Repeat("长", 85) + "x", false},
		{"", false},
		{"  ", false},
		{"a\x00.pdf", false},
		{"a\n.pdf", false},
		{"a\x1b[31m.pdf", false},
		{"a\u202efdp.exe", false},
		{"a\u2066b.pdf", false},
		{"a\u200fb.pdf", false},
		{"a\u061cb.pdf", false},
		{"a\u2028b.pdf", false},
	} {
		content := pdf(10+i, byte(i))
		h := f.headerFor(content)
		h.FileName = tt.name
		a, err := send(t.Context(), f.files, h, content)
		if !tt.ok {
			if got := wantRefusal(t, err, codes.InvalidArgument, pb.Reason_FIELD_INVALID); got.field != "header.file_name" {
				t.Errorf("%q: at %q", tt.name, got.field)
			}
			continue
		}
		if err != nil || a.GetFileName() != tt.name {
			t.Errorf("%q came back as %q, %v", tt.name, a.GetFileName(), err)
		}
	}
	f.clean(t)
	contents, _, _ := f.lying(t)
	if len(contents) != 13 {
		t.Errorf("%d contents lie there: %v", len(contents), contents)
	}
}

// TestAttachmentOfAnotherAgency: every method answers as for one that is not there.
func TestAttachmentOfAnotherAgency(t *testing.T) {
	f := newFiling(t, nil)
	a := f.add(t, pdf(10, 0))
	stranger := pb.NewAttachmentServiceClient(f.env.conn(t, workflow.Officer, "other"))
	none := "agencies/other" + strings.TrimPrefix(a.GetName(), "agencies/own")
	calls := map[string]func(ctx context.Context, name string) error{
		"get": func(ctx context.Context, name string) error {
			_, err := stranger.GetAttachment(ctx, &pb.GetAttachmentRequest{Name: name})
			return err
		},
		"download": func(ctx context.Context, name string) error {
			_, err := receive(ctx, stranger, name)
			return err
		},
		"withdraw": func(ctx context.Context, name string) error {
			_, err := stranger.WithdrawAttachment(ctx, &pb.WithdrawAttachmentRequest{Name: name, Reason: "x"})
			return err
		},
		"list": func(ctx context.Context, name string) error {
			agency, _, _ := strings.Cut(name, "/attachments")
			_, err := stranger.ListAttachments(ctx, &pb.ListAttachmentsRequest{Parent: agency, Application: agency + "/applications/no:2026-00001"})
			return err
		},
		"upload": func(ctx context.Context, name string) error {
			agency, _, _ := strings.Cut(name, "/attachments")
			h := f.headerFor(pdf(10, 0))
			h.Parent, h.Application = agency, agency+"/applications/no:2026-00001"
			_, err := send(ctx, stranger, h, pdf(10, 0))
			return err
		},
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			another := wantRefusal(t, call(t.Context(), a.GetName()), codes.NotFound, pb.Reason_RESOURCE_NOT_FOUND)
			missing := wantRefusal(t, call(t.Context(), none), codes.NotFound, pb.Reason_RESOURCE_NOT_FOUND)
			if another.zh != missing.zh || another.en != missing.en {
				t.Errorf("%q differs from %q", another.zh, missing.zh)
			}
		})
	}
	for _, role := range []workflow.Role{workflow.Statistician, workflow.Auditor, workflow.Administrator} {
		_, err := receive(t.Context(), pb.NewAttachmentServiceClient(f.env.conn(t, role, "own")), a.GetName())
		wantRefusal(t, err, codes.PermissionDenied, pb.Reason_ROLE_NOT_ALLOWED)
	}
	shown, err := f.files.GetAttachment(t.Context(), &pb.GetAttachmentRequest{Name: a.GetName()})
	if err != nil || len(shown.GetEvents()) != 1 {
		t.Errorf("what was refused left %v, %v", shown.GetEvents(), err)
	}
}

// TestAttachmentsOff: a server without a place for files says so.
func TestAttachmentsOff(t *testing.T) {
	f := newFiling(t, func(c *server.Config) { c.Attachments = server.Attachments{} })
	content := pdf(10, 0)
	_, err := send(t.Context(), f.files, f.headerFor(content), content)
	wantRefusal(t, err, codes.FailedPrecondition, pb.Reason_ATTACHMENTS_OFF)
	_, err = receive(t.Context(), f.files, "agencies/own/attachments/2")
	wantRefusal(t, err, codes.FailedPrecondition, pb.Reason_ATTACHMENTS_OFF)
	if n, err := f.server.SweepAttachments(t.Context()); n != 0 || err != nil {
		t.Errorf("swept %d, %v", n, err)
	}
}

// TestAttachmentAfter reads back what events say.
func TestAttachmentAfter(t *testing.T) {
	f := newFiling(t, nil)
	f.add(t, pdf(10, 0))
	err := f.store.View(t.Context(), func(r storage.Reader) error {
		list, err := r.Attachments("own", storage.AttachmentQuery{Limit: 1})
		if err != nil || len(list) != 1 {
			t.Fatalf("%v, %v", list, err)
		}
		events, err := r.Events("own", storage.AttachmentObject(list[0].ID))
		if err != nil || len(events) != 1 {
			t.Fatalf("%v, %v", events, err)
		}
		got, err := server.AttachmentAfter(&events[0])
		if err != nil || got != list[0] {
			t.Errorf("the event says %+v, %v; the row %+v", got, err, list[0])
		}
		if strings.Contains(string(events[0].Facts), "申请表") {
			t.Error("the name stands outside of what can be erased")
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
