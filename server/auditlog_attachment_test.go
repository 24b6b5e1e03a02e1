package server_test

import (
	"slices"
	"strings"
	"testing"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/workflow"
)

// TestAuditRecordsOfAttachments: whoever asks what was done with an application finds who
// added, listed, looked at and downloaded its attachments, and who tried to; not what was
// done with those of another case.
func TestAuditRecordsOfAttachments(t *testing.T) {
	f := newFiling(t, nil)
	ctx := t.Context()
	conn, _ := f.person(t, workflow.Auditor, "own")
	mine := f.add(t, pdf(100, 1))
	other := f.headerFor(pdf(100, 2))
	other.Application = f.register(t, handedOver("2026-06-02")).GetName()
	theirs, err := send(ctx, f.files, other, pdf(100, 2))
	if err != nil {
		t.Fatal(err)
	}
	again := f.add(t, pdf(100, 3))
	for _, a := range []*pb.Attachment{mine, theirs} {
		if _, err := receive(ctx, f.files, a.GetName()); err != nil {
			t.Fatal(err)
		}
		if _, err := f.files.GetAttachment(ctx, &pb.GetAttachmentRequest{Name: a.GetName()}); err != nil {
			t.Fatal(err)
		}
		if _, err := pb.NewAttachmentServiceClient(conn).GetAttachment(ctx, &pb.GetAttachmentRequest{Name: a.GetName()}); err == nil {
			t.Fatal("the auditor looks at an attachment")
		}
	}
	for _, of := range []string{other.GetApplication(), ""} {
		if _, err := f.files.ListAttachments(ctx, &pb.ListAttachmentsRequest{Parent: "agencies/own", Application: of}); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string][]string{
		f.open: {
			"read read/attachment AttachmentService/ListAttachments", "refuse refused/AttachmentService/GetAttachment AttachmentService/GetAttachment",
			"read read/attachment/1 AttachmentService/GetAttachment", "download_attachment attachment/1 ", "upload_attachment attachment/3 ", "upload_attachment attachment/1 ",
		},
		other.GetApplication(): {
			"read read/attachment AttachmentService/ListAttachments", "read read/attachment/2 AttachmentService/ListAttachments",
			"refuse refused/AttachmentService/GetAttachment AttachmentService/GetAttachment",
			"read read/attachment/2 AttachmentService/GetAttachment", "download_attachment attachment/2 ", "upload_attachment attachment/2 ",
		},
	} {
		for _, size := range []int32{0, 1} {
			var got []string
			for _, line := range auditLines(t, pb.NewAuditServiceClient(conn), &pb.ListAuditRecordsRequest{Parent: "agencies/own", Application: name, PageSize: size}) {
				_, line, _ = strings.Cut(line, " ")
				if strings.Contains(line, "attachment") || strings.Contains(line, "Attachment") {
					got = append(got, line)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s in pages of %d: got\n%s\nwant\n%s", name, size, strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		}
	}
	if again.GetApplication() != f.open {
		t.Errorf("the last attachment belongs to %s", again.GetApplication())
	}
}
