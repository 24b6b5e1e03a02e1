package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/attachment"
	"gongkai/storage"
	"gongkai/storage/blob"
)

// upload is one attachment on its way into the register.
type upload struct {
	server *Server
	mutation
	who    storage.Principal
	header *pb.UploadAttachmentHeader
	row    storage.Attachment // as far as the header says it
}

// UploadAttachment stores a file: its content is on the disk before its row is written.
func (s *Server) UploadAttachment(stream pb.AttachmentService_UploadAttachmentServer) error {
	ctx := stream.Context()
	u, err := s.newUpload(ctx, stream)
	if err != nil {
		return err
	}
	before, err := u.admitted(ctx)
	if err != nil || before != nil {
		return answered(stream, before, err)
	}
	draft, err := s.attachments.Blobs.Draft()
	if err != nil {
		return err
	}
	defer func() {
		if err := draft.Discard(); err != nil { // it is swept once it is old
			s.log.ErrorContext(ctx, "discarding a draft", "error", err)
		}
	}()
	if err := u.receive(stream, draft); err != nil {
		return err
	}
	if err := u.judge(ctx, draft); err != nil {
		return err
	}
	a, err := u.keep(ctx, draft)
	return answered(stream, &a, err)
}

func answered(stream pb.AttachmentService_UploadAttachmentServer, a *storage.Attachment, err error) error {
	if err != nil {
		return err
	}
	return stream.SendAndClose(attachmentPB(a))
}

// newUpload reads the header and asks whether the caller may write for its agency.
func (s *Server) newUpload(ctx context.Context, stream pb.AttachmentService_UploadAttachmentServer) (*upload, error) {
	first, err := stream.Recv()
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	h := first.GetHeader()
	if h == nil {
		return nil, invalid("header", "第一条消息应为header", "the first message must be the header")
	}
	agency, err := parentAgency("header.parent", h.GetParent())
	if err != nil {
		return nil, err
	}
	c := callOf(ctx)
	if err := s.reach(ctx, c, agency); err != nil {
		return nil, err
	}
	if err := s.attachmentsKept(); err != nil {
		return nil, err
	}
	u := &upload{server: s, who: c.principal, header: h}
	if err := u.read(); err != nil {
		return nil, within("header", err)
	}
	u.mutation, err = s.mutate(ctx, agency, h.GetRequestId(), h)
	return u, within("header", err)
}

// read reads what the header says by itself.
func (u *upload) read() (err error) {
	h := u.header
	if (h.GetApplication() == "") == (h.GetRemedy() == "") {
		return invalid("application", "application和remedy应当且只能写明一个", "name either application or remedy")
	}
	if u.row.Kind, err = attachmentKind(h.GetKind()); err != nil {
		return err
	}
	if h.GetKind() == pb.Attachment_LETTER {
		return invalid("kind", "文书只能由系统印发（IssueLetter），不能上传；扫描件请选择“答复书”等种类", "letters are issued by the service (IssueLetter) and not uploaded; for a scan take another kind, such as reply")
	}
	if err := checkFileName(h.GetFileName()); err != nil {
		return err
	}
	most := u.server.attachments.FileBytes
	if n := h.GetSize(); n < 1 || n > most {
		return invalid("size", "文件应有1至%[2]d个字节，收到%[1]d", "a file must have 1 to %[2]d bytes, got %[1]d", n, most)
	}
	u.row.Name, u.row.Size, u.row.Revision = h.GetFileName(), h.GetSize(), 1
	if u.row.Sum, err = storage.ParseDigest(h.GetSha256()); err != nil {
		return invalid("sha256", "sha256应为64位小写十六进制数字，收到“%s”", "sha256 must be 64 lower-case hexadecimal digits, got %q", h.GetSha256())
	}
	return nil
}

// admitted asks before anything is received whether it will be taken. It returns what came
// of the request if it came before.
func (u *upload) admitted(ctx context.Context) (before *storage.Attachment, err error) {
	err = u.server.store.View(ctx, func(r storage.Reader) error {
		e, err := u.done(r)
		if err == nil && e == nil {
			return u.place(r)
		}
		a, err := attachmentAgain(e, err)
		before = &a
		return err
	})
	return before, err
}

// place finds the case, and refuses what it has no room for.
func (u *upload) place(r storage.Reader) error {
	if err := remains(r, u.who); err != nil {
		return err
	}
	application, remedy, err := caseOf(r, u.agency, "header.", u.header.GetApplication(), u.header.GetRemedy())
	if err != nil {
		return err
	}
	u.row.Agency, u.row.Application, u.row.Remedy = u.agency, application, remedy
	return u.server.room(r, &u.row)
}

// room refuses an attachment for which its case has no room.
func (s *Server) room(r storage.Reader, row *storage.Attachment) error {
	use, err := r.AttachmentUse(row.Agency, row.Application, row.Remedy)
	if err != nil {
		return err
	}
	most := s.attachments.CaseBytes
	if use.Bytes+row.Size > most || use.Count >= caseFiles {
		return failf(pb.Reason_ATTACHMENT_QUOTA, "该案件已有%[1]d个附件、%[2]d字节，加上本文件将超过%[3]d个或者%[4]d字节",
			"the case has %[1]d attachments of %[2]d bytes; with this one it would pass %[3]d or %[4]d bytes", use.Count, use.Bytes, caseFiles, most)
	}
	return nil
}

// receive writes the pieces into the draft.
func (u *upload) receive(stream pb.AttachmentService_UploadAttachmentServer, draft *blob.Draft) error {
	end := machineTime().Add(u.server.attachments.Time)
	for {
		msg, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return u.whole(draft)
		}
		if err != nil {
			return err
		}
		data := msg.GetData()
		switch n := len(data); {
		case msg.GetHeader() != nil:
			return invalid("header", "header只能是第一条消息", "only the first message may be a header")
		case n == 0 || n > blob.ChunkSize:
			return invalid("data", "每条消息应有1至%[2]d个字节，收到%[1]d", "a piece must have 1 to %[2]d bytes, got %[1]d", n, blob.ChunkSize)
		case draft.Size()+int64(n) > u.row.Size:
			return u.mismatch("size", "内容超过header写明的%d字节", "the content has more than the %d bytes that the header says", u.row.Size)
		case machineTime().After(end):
			return tooSlow(u.server.attachments)
		}
		if _, err := draft.Write(data); err != nil {
			return fmt.Errorf("receiving an attachment: %w", err)
		}
	}
}

func tooSlow(a Attachments) error {
	return failf(pb.Reason_TRANSFER_TOO_SLOW, "传输超过%v尚未完成，已经中断；请改善网络后重试", "the transfer took longer than %v and was ended; try again on a better line", a.Time)
}

func (u *upload) mismatch(field, zh, en string, args ...any) error {
	f := failf(pb.Reason_ATTACHMENT_MISMATCH, zh, en, args...)
	f.field = field
	return within("header", f)
}

// whole compares what came with what was to come.
func (u *upload) whole(draft *blob.Draft) error {
	switch c := draft.Content(); {
	case c.Size != u.row.Size:
		return u.mismatch("size", "内容只有%[1]d字节，header写明%[2]d", "the content has %[1]d bytes and the header says %[2]d", c.Size, u.row.Size)
	case c.Sum != u.row.Sum:
		return u.mismatch("sha256", "内容的SHA-256是%[1]s，header写明%[2]s", "the SHA-256 of the content is %[1]s and the header says %[2]s", c.Sum, u.row.Sum)
	}
	return nil
}

// judge looks into the content: what it is, and whether the scanner lets it pass. Where a
// scanner is set and gives no answer, nothing is taken.
func (u *upload) judge(ctx context.Context, draft *blob.Draft) error {
	media, err := attachment.Sniff(draft, u.row.Size)
	if err != nil {
		return typeRefused(err)
	}
	if said, _, _ := strings.Cut(u.header.GetMediaType(), ";"); said != "" && !strings.EqualFold(strings.TrimSpace(said), media) {
		f := failf(pb.Reason_ATTACHMENT_TYPE, "media_type写明“%[1]s”，而内容是%[2]s", "media_type says %[1]q and the content is %[2]s", said, media)
		f.field = "media_type"
		return within("header", f)
	}
	u.row.MediaType = media
	if u.server.attachments.Scan == nil {
		return nil
	}
	found, err := u.server.attachments.Scan(ctx, io.NewSectionReader(draft, 0, u.row.Size))
	switch {
	case err != nil && ctx.Err() == nil:
		u.server.log.ErrorContext(ctx, "scanning an attachment", "error", err)
		return failf(pb.Reason_SCANNER_DOWN, "查毒服务没有应答，文件没有保存；请稍后重试", "the scanner gave no answer and nothing was saved; try again later")
	case err != nil:
		return err
	case found != "":
		return failf(pb.Reason_ATTACHMENT_INFECTED, "查毒服务在文件中发现“%s”，没有保存", "the scanner found %q in the file; nothing was saved", found)
	}
	return nil
}

// typeRefused says what is accepted.
func typeRefused(err error) error {
	why, zh := err, "内容不属于可接收的类型"
	for _, known := range []struct {
		err error
		zh  string
	}{
		{attachment.ErrAmbiguous, "内容可以被当作两种不同的文件"},
		{attachment.ErrBroken, "文件不完整或者已损坏"},
		{attachment.ErrUnsafe, "文件含有宏、链接或者指向文件之外的部分"},
		{attachment.ErrUnknown, zh},
	} {
		if errors.Is(err, known.err) {
			return refusedAs(known.zh, why)
		}
	}
	return err
}

func refusedAs(zh string, why error) error {
	var nameZH, nameEN []string
	for _, t := range attachment.Types() {
		nameZH, nameEN = append(nameZH, t.ZH), append(nameEN, t.EN)
	}
	return failf(pb.Reason_ATTACHMENT_TYPE, "%[1]s（%[2]s）。可接收：%[3]s", "the file is refused: %[2]s. Accepted are %[4]s",
		zh, why, listed(strings.Join(nameZH, "、")), listed(strings.Join(nameEN, ", ")))
}

// keep puts the content on the disk, and only then writes the row with its event: whoever
// finds a row finds its content, whatever happened in between.
func (u *upload) keep(ctx context.Context, draft *blob.Draft) (a storage.Attachment, err error) {
	err = ordered(func() error { return u.server.attachments.Blobs.Keep(ctx, draft) }, func() error {
		a, err = u.record(ctx)
		return err
	})
	return a, err
}

// record writes the row with its event, or finds what a request that came before wrote.
func (u *upload) record(ctx context.Context) (a storage.Attachment, err error) {
	err = u.server.update(ctx, u.agency, func(w storage.Writer) error {
		e, err := u.done(w)
		if err != nil || e != nil {
			a, err = attachmentAgain(e, err)
			return err
		}
		if err := u.place(w); err != nil {
			return err
		}
		row := u.row
		row.CreateTime = u.server.instants.next(u.now)
		event, err := u.attachmentEvent(&row, actUpload, row.CreateTime)
		if err != nil {
			return err
		}
		if err := w.InsertAttachment(&row, event); err != nil {
			return err
		}
		a = row
		return nil
	})
	return a, err
}

// DownloadAttachment streams a content. That it is read is recorded before the first piece.
func (s *Server) DownloadAttachment(req *pb.DownloadAttachmentRequest, stream pb.AttachmentService_DownloadAttachmentServer) error {
	ctx := stream.Context()
	agency, id, err := attachmentKey(req.GetName())
	if err != nil {
		return err
	}
	if err := s.attachmentsKept(); err != nil {
		return err
	}
	a, err := s.recordReading(ctx, agency, id)
	if err != nil {
		return err
	}
	end := machineTime().Add(s.attachments.Time)
	head := attachmentPB(&a)
	err = blob.Send(ctx, s.attachments.Blobs, a.Content, func(piece []byte) error {
		if machineTime().After(end) {
			return tooSlow(s.attachments)
		}
		err := stream.Send(&pb.DownloadAttachmentResponse{Attachment: head, Data: piece})
		head = nil
		return err
	})
	return s.lostContent(ctx, &a, err)
}

// recordReading records that an attachment is read, which may show a person.
func (s *Server) recordReading(ctx context.Context, agency string, id int64) (a storage.Attachment, err error) {
	who := callOf(ctx)
	m := mutation{agency: agency, actor: who.person().Name, now: s.now()}
	err = s.update(ctx, agency, func(w storage.Writer) error {
		if err := remains(w, who.principal); err != nil {
			return err
		}
		row, err := w.Attachment(agency, id)
		if err != nil {
			return err
		}
		if !row.Needed() {
			return withdrawn(&row)
		}
		a = row
		return w.Record(m.event(storage.AttachmentObject(id), 0, actDownload, []byte(`{"v":1}`), nil))
	})
	return a, err
}

// lostContent tells that a content is not what it should be, and the operator which.
func (s *Server) lostContent(ctx context.Context, a *storage.Attachment, err error) error {
	if !errors.Is(err, blob.ErrMissing) && !errors.Is(err, blob.ErrDamaged) {
		return err
	}
	s.log.ErrorContext(ctx, "attachment damaged", "agency", a.Agency, "attachment", storage.AttachmentObject(a.ID), "error", err)
	return failf(pb.Reason_ATTACHMENT_DAMAGED, "附件内容缺失或者已损坏（SHA-256 %s），没有完整发出；请联系管理员从备份恢复",
		"the content of the attachment (SHA-256 %s) is missing or damaged and was not sent whole; ask the operator to restore it from a backup", a.Sum)
}
