package web

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"unicode/utf8"

	"github.com/google/uuid"

	pb "gongkai/proto/disclosure/v1"
)

// uploadLimit bounds the body of an upload: the service's own bound on a file is lower or
// the same, and says so better.
const uploadLimit = 65 << 20

// formPart bounds what stands beside the file.
const formPart = 4 << 10

func (d *desk) attachmentRoutes() []route {
	title := text{"附件", "Attachment"}
	const path = "/agencies/{agency}/attachments/{attachment}"
	return []route{
		{pattern: "POST " + casePath + "/attachments", title: title, roles: handlers, upload: uploadLimit, handle: uploadToCase},
		{pattern: "POST " + remedyPath + "/attachments", title: title, roles: handlers, upload: uploadLimit, handle: uploadToRemedy},
		{pattern: "GET " + path, title: title, roles: handlers, handle: showAttachment},
		{pattern: "GET " + path + "/file", title: title, roles: handlers, long: true, handle: downloadAttachment},
		{pattern: "POST " + path + "/withdraw", title: title, roles: handlers, handle: withdrawAttachment},
	}
}

// attachmentName is the resource name of the attachment that a page is about.
func (p *page) attachmentName() string {
	return p.parent() + "/attachments/" + p.r.PathValue("attachment")
}

func uploadToCase(p *page) error {
	name := p.caseName()
	return p.upload(&pb.UploadAttachmentHeader{Application: name}, name, (*page).showCase)
}

func uploadToRemedy(p *page) error {
	name := p.remedyName()
	return p.upload(&pb.UploadAttachmentHeader{Remedy: name}, name, (*page).showRemedy)
}

// upload stores the file of a multipart form. It is kept on the disk on its way, because
// its size and hash go before it.
func (p *page) upload(header *pb.UploadAttachmentHeader, owner string, again func(*page) error) error {
	file, err := os.CreateTemp("", "upload-*")
	if err != nil {
		return err
	}
	defer func() { _ = errors.Join(file.Close(), os.Remove(file.Name())) }()
	if err := p.readUpload(header, file); err != nil {
		return err
	}
	f := p.form()
	if header.GetFileName() == "" {
		f.wrong("file", text{"请选择文件", "Choose a file"})
	}
	if header.GetKind() == pb.Attachment_KIND_UNSPECIFIED {
		f.wrong("kind", text{"请选择材料类别", "Choose the kind of document"})
	}
	if len(f.Problems) > 0 {
		return again(p)
	}
	header.Parent, header.RequestId = p.parent(), f.RequestID
	a, err := p.api.UploadAttachment(p.ctx(), header, file, nil)
	if err != nil {
		if f.refused(err) {
			for i := range f.Problems { // all but the kind is the file's
				if at := &f.Problems[i]; at.Field != "kind" {
					at.Field, at.ID = "file", inputID("file")
				}
			}
			return again(p)
		}
		return err
	}
	return p.done(pathOf(owner)+"#attachments", text{"已保存附件：" + a.GetFileName(), "Stored: " + a.GetFileName()})
}

// readUpload reads the parts of the form: request id and kind, then the file.
func (p *page) readUpload(header *pb.UploadAttachmentHeader, to io.Writer) error {
	values := url.Values{}
	for {
		part, err := p.parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return unreadable(err)
		}
		if part.FormName() == "file" && part.FileName() != "" && header.GetFileName() == "" {
			header.FileName = part.FileName()
			if _, err := io.Copy(to, part); err != nil {
				return unreadable(err)
			}
			continue
		}
		if err := readValue(values, part); err != nil {
			return unreadable(err)
		}
	}
	if !textual(values) || !utf8.ValidString(header.GetFileName()) {
		return errNotText
	}
	secret := p.token
	p.sent = &form{Token: formToken(secret), RequestID: values.Get(requestField), lang: p.lang, values: values}
	if uuid.Validate(p.sent.RequestID) != nil {
		p.sent.RequestID = uuid.NewString()
	}
	header.Kind = pb.Attachment_Kind(pb.Attachment_Kind_value[values.Get("kind")])
	return nil
}

func readValue(values url.Values, part *multipart.Part) error {
	var b bytes.Buffer
	if _, err := io.Copy(&b, io.LimitReader(part, formPart)); err != nil {
		return err
	}
	values.Set(part.FormName(), b.String())
	return nil
}

// attachmentView is one attachment with its history.
type attachmentView struct {
	*pb.Attachment
	Owner string // path of what it belongs to
	Input *field // why it is withdrawn
}

func showAttachment(p *page) error { return p.showAttachment() }

func (p *page) showAttachment() error {
	a, err := p.api.Attachments.GetAttachment(p.ctx(), &pb.GetAttachmentRequest{Name: p.attachmentName()})
	if err != nil {
		return err
	}
	v := attachmentView{Attachment: a, Owner: pathOf(a.GetApplication())}
	if a.GetRemedy() != "" {
		v.Owner = pathOf(a.GetRemedy())
		p.under(remediesPath, p.text("复议诉讼", "Remedies"))
	} else {
		p.underLedger()
	}
	v.Input = p.form().Field("reason", p.text("撤下的理由", "Why it is withdrawn")).Must().Full().Most(shortLength)
	p.under(v.Owner, p.text("所属案件", "Its case"))
	p.title = a.GetFileName()
	return p.show("attachment", v)
}

func downloadAttachment(p *page) error {
	stream, err := p.api.Attachments.DownloadAttachment(p.ctx(), &pb.DownloadAttachmentRequest{Name: p.attachmentName()})
	if err != nil {
		return err
	}
	return p.send(func() (name, media string, data []byte, err error) {
		part, err := stream.Recv()
		return part.GetAttachment().GetFileName(), part.GetAttachment().GetMediaType(), part.GetData(), err
	})
}

func withdrawAttachment(p *page) error {
	f := p.form()
	a, err := p.api.Attachments.WithdrawAttachment(p.ctx(), &pb.WithdrawAttachmentRequest{
		Name: p.attachmentName(), Reason: f.Value("reason"), Etag: f.Value("etag"), RequestId: f.RequestID,
	})
	if err != nil {
		if f.refused(err) {
			p.status = http.StatusUnprocessableEntity
			return p.showAttachment()
		}
		return err
	}
	return p.done(pathOf(a.GetName()), text{"附件已撤下", "The attachment is withdrawn"})
}
