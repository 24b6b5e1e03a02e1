package server

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"google.golang.org/protobuf/types/known/timestamppb"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/attachment"
	"gongkai/storage"
	"gongkai/storage/blob"
	"gongkai/workflow"
)

// Attachments says where the files of cases lie and what they may cost. A limit that is
// zero has the default that stands beside it.
type Attachments struct {
	Blobs     blob.Store         // nil: no files are taken
	Scan      attachment.Scanner // nil: nobody looks into them
	FileBytes int64              // of one file: 32 MiB
	CaseBytes int64              // of all files of a case that stay: 200 MiB
	Time      time.Duration      // of one transfer: ten minutes
}

func (a Attachments) withDefaults() Attachments {
	a.FileBytes, a.CaseBytes = cmp.Or(a.FileBytes, 32<<20), cmp.Or(a.CaseBytes, 200<<20)
	a.Time = cmp.Or(a.Time, 10*time.Minute)
	return a
}

// caseFiles is how many attachments a case may have, withdrawn ones included.
const caseFiles = 1000

// attachmentFacts is an attachment as an event stores it: what it became by the event,
// whole. What may name persons stands apart in attachmentWords.
type attachmentFacts struct {
	Version     int       `json:"v"`
	Application int64     `json:"application,omitempty"`
	Remedy      int64     `json:"remedy,omitempty"`
	Kind        string    `json:"kind"`
	Media       string    `json:"media"`
	Size        int64     `json:"size"`
	Sum         string    `json:"sha256"`
	Create      time.Time `json:"create_time"`
	Withdraw    time.Time `json:"withdraw_time,omitzero"`
	Kept        bool      `json:"kept,omitempty"`
}

type attachmentWords struct {
	Name   string `json:"name,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// The actions on attachments. Stored strings never change.
const (
	actUpload   = "upload_attachment"
	actDownload = "download_attachment"
	actWithdraw = "withdraw_attachment"
)

// attachmentEvent makes the record of what an attachment became.
func (m mutation) attachmentEvent(a *storage.Attachment, action string, at time.Time) (storage.Event, error) {
	facts, err := json.Marshal(attachmentFacts{
		1, a.Application, a.Remedy, a.Kind, a.MediaType, a.Size, a.Sum.String(), a.CreateTime, a.WithdrawTime, a.Kept,
	})
	if err != nil {
		return storage.Event{}, fmt.Errorf("encoding the attachment: %w", err)
	}
	words, err := json.Marshal(attachmentWords{a.Name, a.Reason})
	if err != nil {
		return storage.Event{}, fmt.Errorf("encoding the attachment: %w", err)
	}
	object := ""
	if a.ID != 0 {
		object = storage.AttachmentObject(a.ID)
	}
	e := m.mark(m.event(object, a.Revision, action, facts, words))
	e.Time = at
	return e, nil
}

// AttachmentAfter is an attachment as an event left it.
func AttachmentAfter(e *storage.Event) (storage.Attachment, error) {
	var f attachmentFacts
	var w attachmentWords
	id, err := strconv.ParseInt(strings.TrimPrefix(e.Object, "attachment/"), 10, 64)
	if err == nil {
		err = json.Unmarshal(e.Facts, &f)
	}
	if err == nil && len(e.Personal) > 0 {
		err = json.Unmarshal(e.Personal, &w)
	}
	a := storage.Attachment{
		ID: id, Agency: e.Agency, Application: f.Application, Remedy: f.Remedy, Kind: f.Kind, Name: w.Name, MediaType: f.Media,
		Content: storage.Content{Size: f.Size}, CreateTime: f.Create, WithdrawTime: f.Withdraw, Reason: w.Reason, Kept: f.Kept, Revision: e.Revision,
	}
	if err == nil {
		a.Sum, err = storage.ParseDigest(f.Sum)
	}
	if err != nil {
		return storage.Attachment{}, fmt.Errorf("decoding event %d of %s: %w", e.Revision, e.Object, err)
	}
	return a, nil
}

func attachmentName(agency string, id int64) string {
	return agencyName(agency) + "/attachments/" + idText(id)
}

func attachmentKey(name string) (agency string, id int64, err error) {
	agency, text, ok := child(name, "attachments")
	if !ok {
		return "", 0, invalid("name", "name应为agencies/{机关}/attachments/{附件}，收到“%s”", "name must be agencies/{agency}/attachments/{attachment}, got %q", name)
	}
	return agency, idOf(text), nil
}

func attachmentPB(a *storage.Attachment) *pb.Attachment {
	out := &pb.Attachment{
		Name: attachmentName(a.Agency, a.ID), Kind: enumOf[pb.Attachment_Kind](pb.Attachment_Kind_value, a.Kind), FileName: a.Name,
		MediaType: a.MediaType, Size: a.Size, Sha256: a.Sum.String(), CreateTime: timestamppb.New(a.CreateTime),
		WithdrawReason: a.Reason, Kept: a.Kept, Etag: etag(a.Revision),
	}
	if a.Application != 0 {
		out.Application = applicationName(a.Agency, a.Application)
	} else {
		out.Remedy = remedyName(a.Agency, a.Remedy)
	}
	if !a.WithdrawTime.IsZero() {
		out.WithdrawTime = timestamppb.New(a.WithdrawTime)
	}
	return out
}

// maxFileName is the most bytes of a file name, as file systems have it.
const maxFileName = 255

// checkFileName refuses a name that would not show as what it is. Whether it looks like a
// path does not matter: it is never used as one.
func checkFileName(name string) error {
	if strings.TrimSpace(name) == "" {
		return invalid("file_name", "没有写明文件名", "the file name is missing")
	}
	if n := len(name); n > maxFileName {
		return invalid("file_name", "文件名有%d个字节，最多%d个", "the file name has %d bytes; at most %d", n, maxFileName)
	}
	for _, r := range name {
		if workflow.Hidden(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029' {
			return invalid("file_name", "文件名含有控制字符或者改变文字方向的字符%U，请删除", "the file name holds %U, a control character or one that turns the text; remove it", r)
		}
	}
	return nil
}

// attachmentsKept refuses where no files are kept.
func (s *Server) attachmentsKept() error {
	if s.attachments.Blobs == nil {
		return failf(pb.Reason_ATTACHMENTS_OFF, "本服务未开放附件", "this server keeps no attachments")
	}
	return nil
}

// caseOf finds the application or remedy that an attachment belongs to, by the names in a
// request or in a part of it; both empty: none is named.
func caseOf(r storage.Reader, agency, part, application, remedy string) (applicationID, remedyID int64, err error) {
	if applicationID, _, err = concerned(r, agency, part+"application", application); err != nil || remedy == "" {
		return applicationID, 0, err
	}
	owner, id, err := remedyKey(remedy)
	switch {
	case err != nil:
		return 0, 0, invalid(part+"remedy", "remedy应为agencies/{机关}/remedies/{案件}，收到“%s”", "remedy must be agencies/{agency}/remedies/{remedy}, got %q", remedy)
	case owner != agency:
		return 0, 0, within(part+"remedy", notFound())
	}
	x, err := r.Remedy(agency, id)
	return applicationID, x.ID, within(part+"remedy", err)
}

// ListAttachments lists attachments in the order of their entry.
func (s *Server) ListAttachments(ctx context.Context, req *pb.ListAttachmentsRequest) (*pb.ListAttachmentsResponse, error) {
	agency, err := parentAgency("parent", req.GetParent())
	if err != nil {
		return nil, err
	}
	size, err := pageSize(req.GetPageSize())
	if err != nil {
		return nil, err
	}
	after, err := readToken[int64](req, req.GetPageToken())
	if err != nil {
		return nil, err
	}
	out := &pb.ListAttachmentsResponse{}
	err = s.store.View(ctx, func(r storage.Reader) error {
		out.Reset()
		if _, err := r.Agency(agency); err != nil {
			return err
		}
		application, remedy, err := caseOf(r, agency, "", req.GetApplication(), req.GetRemedy())
		if err != nil {
			return err
		}
		list, more, err := readPage(size, after, func(after int64, limit int) ([]storage.Attachment, error) {
			return r.Attachments(agency, storage.AttachmentQuery{After: after, Limit: limit, Application: application, Remedy: remedy})
		}, func(a storage.Attachment) (int64, int) { return a.ID, len(a.Name) + len(a.Reason) })
		for i := range list {
			callOf(ctx).shown.attachment(&list[i])
			out.Attachments = append(out.Attachments, attachmentPB(&list[i]))
		}
		if more {
			out.NextPageToken = nextToken(req, list[len(list)-1].ID)
		}
		return err
	})
	return out, err
}

// latestEvents is how many events of an attachment are told.
const latestEvents = 1000

// GetAttachment returns an attachment with its history.
func (s *Server) GetAttachment(ctx context.Context, req *pb.GetAttachmentRequest) (*pb.Attachment, error) {
	agency, id, err := attachmentKey(req.GetName())
	if err != nil {
		return nil, err
	}
	var out *pb.Attachment
	err = s.store.View(ctx, func(r storage.Reader) error {
		a, err := r.Attachment(agency, id)
		if err != nil {
			return err
		}
		callOf(ctx).shown.attachment(&a)
		out = attachmentPB(&a)
		events, err := r.LastEvents(agency, storage.AttachmentObject(id), latestEvents)
		for _, e := range events {
			out.Events = append(out.Events, &pb.AttachmentEvent{RecordTime: timestamppb.New(e.Time), Actor: e.Actor, Action: e.Action})
		}
		return err
	})
	return out, err
}

// WithdrawAttachment withdraws an attachment.
func (s *Server) WithdrawAttachment(ctx context.Context, req *pb.WithdrawAttachmentRequest) (*pb.Attachment, error) {
	agency, id, err := attachmentKey(req.GetName())
	if err != nil {
		return nil, err
	}
	if strings.TrimSpace(req.GetReason()) == "" {
		return nil, invalid("reason", "请写明撤回附件的理由", "say why the attachment is withdrawn")
	}
	if err := checkText("reason", req.GetReason(), maxReason, true); err != nil {
		return nil, err
	}
	m, err := s.mutate(ctx, agency, req.GetRequestId(), req)
	if err != nil {
		return nil, err
	}
	var out *pb.Attachment
	err = s.change(ctx, agency, req.GetValidateOnly(), func(r storage.Reader, w storage.Writer) error {
		a, err := s.withdraw(ctx, m, r, w, id, req)
		out = attachmentPB(&a)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (s *Server) withdraw(ctx context.Context, m mutation, r storage.Reader, w storage.Writer, id int64, req *pb.WithdrawAttachmentRequest) (storage.Attachment, error) {
	if e, err := m.done(r); err != nil || e != nil {
		return attachmentAgain(e, err)
	}
	before, err := r.Attachment(m.agency, id)
	if err != nil {
		return before, err
	}
	if err := checkEtag(req.GetEtag(), before.Revision); err != nil {
		return before, err
	}
	if !before.WithdrawTime.IsZero() {
		return before, withdrawn(&before)
	}
	after := before
	after.Revision++
	after.Reason, after.WithdrawTime = req.GetReason(), s.instants.next(m.now)
	if after.Kept, err = s.atRest(ctx, r, &before); err != nil {
		return after, err
	}
	after.Kept = after.Kept || before.Kind == pb.Attachment_LETTER.String() // it may have been sent
	if w == nil {
		return after, nil
	}
	e, err := m.attachmentEvent(&after, actWithdraw, after.WithdrawTime)
	if err != nil {
		return after, err
	}
	return after, w.UpdateAttachment(before, after, e)
}

func attachmentAgain(e *storage.Event, err error) (storage.Attachment, error) {
	if err != nil {
		return storage.Attachment{}, err
	}
	return AttachmentAfter(e)
}

func withdrawn(a *storage.Attachment) error {
	day := a.WithdrawTime.In(shanghai).Format(time.DateOnly)
	return failf(pb.Reason_ATTACHMENT_WITHDRAWN, "附件已于%[1]s撤回：%[2]s", "the attachment was withdrawn on %[1]s: %[2]s", day, a.Reason)
}

// atRest reports whether what an attachment shows stays with the case: it was concluded, or
// stands in a report that is frozen.
func (s *Server) atRest(ctx context.Context, r storage.Reader, a *storage.Attachment) (bool, error) {
	if a.Remedy != 0 {
		x, err := r.Remedy(a.Agency, a.Remedy)
		return !x.ConcludeDate.IsZero(), err
	}
	b, err := s.bench(ctx, r, a.Agency)
	if err != nil {
		return false, err
	}
	x, err := b.find(idText(a.Application))
	if err != nil || !x.State.Open() || !x.Conclusion.Date.IsZero() {
		return err == nil, err
	}
	years, err := b.frost().years()
	for year := range years {
		if received := cmp.Or(x.ReceiveDate, x.ArriveDate); !received.IsZero() && received.Year() <= year {
			return true, err
		}
	}
	return false, err
}

// attachmentKind is the kind of a request as it is stored.
func attachmentKind(k pb.Attachment_Kind) (string, error) {
	if _, known := pb.Attachment_Kind_name[int32(k)]; !known || k == 0 {
		return "", invalid("kind", "没有写明附件种类，或者没有该种类", "the kind of the attachment is missing, or there is no such kind")
	}
	return k.String(), nil
}
