package server

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/document"
	"gongkai/storage"
	"gongkai/workflow/letter"
	"gongkai/workflow/outcome"
)

// templateFacts is a version of an office's template. Its bytes are those of the object that
// its sum names.
type templateFacts struct {
	Version int      `json:"v"`
	File    string   `json:"file,omitempty"`
	Sum     string   `json:"sha256,omitempty"` // empty: ours is used again
	Size    int64    `json:"size,omitempty"`
	Holds   []string `json:"holds,omitempty"` // placeholders
}

// templateBytes are the bytes of a template, kept once.
type templateBytes struct {
	Version int    `json:"v"`
	Data    []byte `json:"data"`
}

// officeTemplate is a template in use; the zero one is ours.
type officeTemplate struct {
	ID       string
	Revision int64
	agency   string
	facts    templateFacts
}

func templateObject(id string) string { return "template/" + id }

func templateFile(sum string) string { return "templatefile/" + sum }

func letterTemplateName(agency, id string) string {
	return agencyName(agency) + "/letterTemplates/" + id
}

// templateKind finds the kind of a template by its id.
func templateKind(id string) (letter.Kind, bool) {
	if id == letter.Reply {
		return letter.AnyReply(), true
	}
	key, basis, _ := strings.Cut(id, ".")
	return letter.Of(key, outcome.Basis(basis))
}

func templateKey(name string) (agency string, k letter.Kind, err error) {
	agency, id, ok := child(name, "letterTemplates")
	if ok {
		if k, ok := templateKind(id); ok {
			return agency, k, nil
		}
	}
	return "", k, invalid("name", "name应为agencies/{机关}/letterTemplates/{文书种类}，答复书可以写作reply.{依据}，收到“%s”",
		"name must be agencies/{agency}/letterTemplates/{kind}, or reply.{basis} for one of the replies, got %q", name)
}

// templateInUse is the office's template for a kind, for its basis first; else ours.
func templateInUse(r storage.Reader, agency string, k letter.Kind) (officeTemplate, error) {
	for _, id := range slices.Compact([]string{k.ID(), k.Key}) {
		f, e, err := kept[templateFacts](r, agency, templateObject(id))
		if err != nil {
			return officeTemplate{}, err
		}
		if e != nil && f.Sum != "" {
			return officeTemplate{id, e.Revision, agency, f}, nil
		}
	}
	return officeTemplate{}, nil
}

// content are the bytes of a template, or of ours for the kind.
func (t officeTemplate) content(r storage.Reader, k letter.Kind) ([]byte, error) {
	if t.ID != "" {
		b, _, err := kept[templateBytes](r, t.agency, templateFile(t.facts.Sum))
		return b.Data, err
	}
	layout := document.LetterForm
	if k.Addressee == letter.File {
		layout = document.SheetForm
	}
	return document.LetterTemplate(layout, k.Title)
}

// PutLetterTemplate keeps an office's template as a new version.
func (s *Server) PutLetterTemplate(ctx context.Context, req *pb.PutLetterTemplateRequest) (*pb.LetterTemplate, error) {
	agency, k, err := templateKey(req.GetName())
	if err != nil {
		return nil, err
	}
	facts, err := templateOf(req, k)
	if err != nil {
		return nil, err
	}
	m, err := s.mutate(ctx, agency, req.GetRequestId(), req)
	if err != nil {
		return nil, err
	}
	var out *pb.LetterTemplate
	err = s.change(ctx, agency, req.GetValidateOnly(), func(r storage.Reader, w storage.Writer) error {
		e, err := m.putTemplate(r, w, k, facts, req)
		if err == nil {
			out, err = templatePB(agency, k, e)
		}
		return err
	})
	return out, err
}

// templateOf checks what is to be kept. Nothing: ours is to be used again.
func templateOf(req *pb.PutLetterTemplateRequest, k letter.Kind) (templateFacts, error) {
	if len(req.GetContent()) == 0 {
		return templateFacts{Version: 1}, nil
	}
	if err := checkFileName(req.GetFileName()); err != nil {
		return templateFacts{}, err
	}
	holds, err := document.CheckLetterTemplate(req.GetContent())
	if err != nil {
		if bad, ok := errors.AsType[*document.TemplateError](err); ok {
			return templateFacts{}, templateRefused(bad.ZH, bad.EN)
		}
		return templateFacts{}, err
	}
	if err := rightPlaceholders(k, holds); err != nil {
		return templateFacts{}, err
	}
	sum := sha256.Sum256(req.GetContent())
	return templateFacts{1, req.GetFileName(), hex.EncodeToString(sum[:]), int64(len(req.GetContent())), holds}, nil
}

func templateRefused(zh, en string) error {
	f := failf(pb.Reason_TEMPLATE_REFUSED, "%[1]s", "%[2]s", listed(zh), listed(en))
	f.field = "content"
	return f
}

// rightPlaceholders asks that each placeholder is one of the kind's, and that those are there
// without which a letter would lack what it must say.
func rightPlaceholders(k letter.Kind, holds []string) error {
	var known []string
	for _, p := range letter.Placeholders(k) {
		known = append(known, p.Name)
	}
	for _, name := range holds {
		if !slices.Contains(known, name) {
			return templateRefused(fmt.Sprintf("没有占位符{{%s}}；%s可用：%s", clip(name), k.Label.ZH, strings.Join(known, "、")),
				fmt.Sprintf("there is no placeholder {{%s}}; a %s may have %s", clip(name), k.Label.EN, strings.Join(known, ", ")))
		}
	}
	var zh, en []string
	for _, p := range letter.Lacks(k, holds) {
		zh, en = append(zh, "{{"+p.Name+"}}（"+p.Label.ZH+"）"), append(en, "{{"+p.Name+"}} ("+p.Label.EN+")")
	}
	if len(zh) > 0 {
		return templateRefused("模板缺少必备的占位符："+strings.Join(zh, "、"), "the template lacks placeholders that it must have: "+strings.Join(en, ", "))
	}
	return nil
}

// putTemplate keeps the bytes, once, and the version that names them.
func (m mutation) putTemplate(r storage.Reader, w storage.Writer, k letter.Kind, facts templateFacts, req *pb.PutLetterTemplateRequest) (*storage.Event, error) {
	if e, err := m.done(r); err != nil || e != nil {
		return e, err
	}
	object := templateObject(k.ID())
	_, before, err := kept[templateFacts](r, m.agency, object)
	if err != nil {
		return nil, err
	}
	revision := int64(0)
	if before != nil {
		revision = before.Revision
	}
	if err := checkEtag(req.GetEtag(), revision); err != nil {
		return nil, err
	}
	if w == nil {
		e := m.event(object, revision+1, "put_letter_template", nil, nil)
		e.Facts, err = json.Marshal(facts)
		return &e, err
	}
	if facts.Sum != "" {
		if err := m.keepBytes(w, facts.Sum, req.GetContent()); err != nil {
			return nil, err
		}
	}
	e, err := m.keep(w, object, "put_letter_template", before, facts)
	return &e, err
}

func (m mutation) keepBytes(w storage.Writer, sum string, data []byte) error {
	_, there, err := kept[templateBytes](w, m.agency, templateFile(sum))
	if err != nil || there != nil {
		return err
	}
	m.requestID, m.hash = "", nil // the event of the version bears it
	_, err = m.keep(w, templateFile(sum), "keep_letter_template", nil, templateBytes{1, data})
	return err
}

// templatePB renders a version; without an event it is ours.
func templatePB(agency string, k letter.Kind, e *storage.Event) (*pb.LetterTemplate, error) {
	out := &pb.LetterTemplate{Name: letterTemplateName(agency, k.ID()), Etag: etag(0)}
	if e == nil {
		return out, nil
	}
	var f templateFacts
	if err := decodeFacts(e, &f); err != nil {
		return nil, err
	}
	out.Etag, out.Actor = etag(e.Revision), e.Actor
	out.CreateTime = timestamppb.New(e.Time.Truncate(time.Microsecond)) // as the store keeps it
	if f.Sum != "" {
		out.Version, out.FileName, out.Size, out.Sha256, out.Placeholders = int32(e.Revision), f.File, f.Size, f.Sum, f.Holds
	}
	return out, nil
}

// GetLetterTemplate returns a template with its bytes.
func (s *Server) GetLetterTemplate(ctx context.Context, req *pb.GetLetterTemplateRequest) (*pb.LetterTemplate, error) {
	agency, k, err := templateKey(req.GetName())
	if err != nil {
		return nil, err
	}
	if req.GetVersion() < 0 || req.GetBuiltin() && req.GetVersion() != 0 {
		return nil, invalid("version", "version应为本机关模板的版本号；取内置模板时不写", "version is that of the office's own template; leave it out for ours")
	}
	var out *pb.LetterTemplate
	err = s.store.View(ctx, func(r storage.Reader) error {
		if _, err := r.Agency(agency); err != nil {
			return err
		}
		e, err := templateVersion(r, agency, k, req)
		if err == nil {
			out, err = templatePB(agency, k, e)
		}
		if err != nil {
			return err
		}
		use := officeTemplate{}
		if out.GetVersion() > 0 {
			use = officeTemplate{k.ID(), int64(out.GetVersion()), agency, templateFacts{Sum: out.GetSha256()}}
		}
		out.Content, err = use.content(r, k)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, callOf(ctx).lang.describe(out, k)
}

// describe says of a template what it may hold, and of ours what it is.
func (l language) describe(out *pb.LetterTemplate, k letter.Kind) (err error) {
	for _, p := range letter.Placeholders(k) {
		out.Known = append(out.Known, &pb.LetterPlaceholder{Name: p.Name, Label: l.pick(p.Label.ZH, p.Label.EN), Required: p.Required})
	}
	if out.GetVersion() > 0 {
		return nil
	}
	sum := sha256.Sum256(out.GetContent())
	out.FileName, out.Size, out.Sha256 = plainName(k.Title)+".docx", int64(len(out.GetContent())), hex.EncodeToString(sum[:])
	out.Placeholders, err = document.CheckLetterTemplate(out.GetContent())
	return err
}

// templateVersion finds the event of the version asked for; nil: ours.
func templateVersion(r storage.Reader, agency string, k letter.Kind, req *pb.GetLetterTemplateRequest) (*storage.Event, error) {
	if req.GetVersion() == 0 {
		_, e, err := kept[templateFacts](r, agency, templateObject(k.ID()))
		if e != nil && req.GetBuiltin() {
			return nil, err
		}
		return e, err
	}
	events, err := r.Events(agency, templateObject(k.ID()))
	for i := range events {
		if events[i].Revision == int64(req.GetVersion()) {
			return &events[i], err
		}
	}
	if err == nil {
		err = within("version", notFound())
	}
	return nil, err
}

// ListLetterTemplates lists for each kind the template in use.
func (s *Server) ListLetterTemplates(ctx context.Context, req *pb.ListLetterTemplatesRequest) (*pb.ListLetterTemplatesResponse, error) {
	agency, err := parentAgency("parent", req.GetParent())
	if err != nil {
		return nil, err
	}
	out := &pb.ListLetterTemplatesResponse{}
	err = s.store.View(ctx, func(r storage.Reader) error {
		out.Reset()
		if _, err := r.Agency(agency); err != nil {
			return err
		}
		reply := false
		for _, k := range letter.Kinds() {
			if k.Key == letter.Reply && !reply {
				reply = true
				if err := addTemplate(out, r, agency, letter.AnyReply(), true); err != nil {
					return err
				}
			}
			if err := addTemplate(out, r, agency, k, k.Key != letter.Reply); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

// addTemplate adds the template of a kind: ours as well, or the office's own only.
func addTemplate(out *pb.ListLetterTemplatesResponse, r storage.Reader, agency string, k letter.Kind, ours bool) error {
	_, e, err := kept[templateFacts](r, agency, templateObject(k.ID()))
	if err != nil {
		return err
	}
	one, err := templatePB(agency, k, e)
	if err == nil && (ours || one.GetVersion() > 0) {
		out.Templates = append(out.Templates, one)
	}
	return err
}
