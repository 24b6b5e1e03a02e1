package web

import (
	"errors"
	"io"
	"net/url"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"gongkai/client"
	pb "gongkai/proto/disclosure/v1"
)

func (d *desk) letterRoutes() []route {
	title := text{"文书", "Letters"}
	return []route{
		{pattern: "GET " + casePath + "/letters/{kind}", title: title, roles: handlers, handle: showLetter},
		{pattern: "POST " + casePath + "/letters/{kind}", title: title, roles: handlers, makes: true, handle: issueLetter},
		{pattern: "GET /agencies/{agency}/letters/{letter}/file", title: title, roles: handlers, long: true, handle: downloadLetter},
	}
}

func (p *page) letters() pb.LetterServiceClient { return pb.NewLetterServiceClient(p.calls) }

// caseLetters are the letters of a case.
type caseLetters struct {
	Off     string // why there are none
	Issued  []*pb.Letter
	Kinds   []*pb.LetterKind // possible now
	Next    *pb.LetterKind   // goes with the act that was just recorded
	Refused int              // kinds that are not possible now
	Turn    turn
}

const replyKind = "reply"

// Mendable reports a withdrawn letter of a kind that is possible now, whose number no other
// letter took over yet.
func (l caseLetters) Mendable(x *pb.Letter) bool {
	return x.GetWithdrawTime() != nil && x.GetDocumentNo() != "" && x.GetKind() != replyKind &&
		slices.ContainsFunc(l.Kinds, func(k *pb.LetterKind) bool { return k.GetKind() == x.GetKind() }) &&
		!slices.ContainsFunc(l.Issued, func(later *pb.Letter) bool { return later.GetReplaces() == x.GetName() })
}

func (v *caseView) readLetters(p *page) error {
	kinds, err := p.letters().ListLetterKinds(p.ctx(), &pb.ListLetterKindsRequest{Parent: p.parent(), Application: v.A.GetName()})
	if status.Code(err) == codes.Unimplemented {
		v.Letters.Off = client.Message(err)
		return nil
	}
	if err != nil {
		return err
	}
	for _, k := range kinds.GetKinds() {
		reply := k.GetKind() == replyKind
		switch {
		case !k.GetPossible():
			v.Letters.Refused++
			continue
		case reply && len(v.A.GetReplies()) == 0: // its basis is asked for first
			continue
		case reply && slices.ContainsFunc(v.Letters.Kinds, func(k *pb.LetterKind) bool { return k.GetKind() == replyKind }):
			continue
		}
		v.Letters.Kinds = append(v.Letters.Kinds, k)
		if k.GetKind() == p.r.URL.Query().Get("letter") {
			v.Letters.Next = k
		}
	}
	issued, err := p.letters().ListLetters(p.ctx(), &pb.ListLettersRequest{Parent: v.A.GetName(), PageSize: v.most(), PageToken: p.r.URL.Query().Get(lettersTurn)})
	if err != nil {
		return err
	}
	v.Letters.Issued = issued.GetLetters()
	v.Letters.Turn = p.turn(lettersTurn, "letters", issued.GetNextPageToken())
	return nil
}

// letterView is one letter before it is issued.
type letterView struct {
	caseHead
	Preview  *pb.PreviewLetterResponse
	Kind     string
	Basis    string
	Replaces string // the withdrawn letter whose number it takes over
	Inputs   stepForm
	Known    []*pb.LetterElement // from the case and the settings
}

const letterFields = "fields."

func showLetter(p *page) error { return p.showLetter() }

// letterAsked are the texts that were entered for a letter; an empty one was cleared, so that
// what the case tells does not come back.
func (p *page) letterAsked() map[string]string {
	out := map[string]string{}
	for name, values := range p.form().values {
		if key, ok := strings.CutPrefix(name, letterFields); ok && len(values) > 0 {
			out[key] = strings.ReplaceAll(strings.TrimSpace(values[0]), "\r\n", "\n")
		}
	}
	return out
}

// showLetter shows what is still to be entered, and the letter as it would be.
func (p *page) showLetter() error {
	h, err := p.head()
	if err != nil {
		return err
	}
	p.under(h.Path(), h.A.GetApplicationNo())
	f := p.form()
	v := letterView{caseHead: h, Kind: p.r.PathValue("kind"), Basis: f.Value("basis"), Replaces: f.Value("replaces")}
	req := &pb.PreviewLetterRequest{Name: h.A.GetName(), Kind: v.Kind, Basis: v.Basis, LetterDate: f.Value("letter_date"), Fields: p.letterAsked(), Replaces: v.Replaces}
	v.Preview, err = p.letters().PreviewLetter(p.ctx(), req)
	if err != nil && f.refused(err) && (len(req.GetFields()) > 0 || req.GetLetterDate() != "") {
		req.Fields, req.LetterDate = nil, "" // what was entered stands in the form with what is wrong with it
		v.Preview, err = p.letters().PreviewLetter(p.ctx(), req)
	}
	if err != nil {
		return err
	}
	p.title = v.Preview.GetKind().GetLabel()
	v.inputs(p)
	return p.show("case-letter", v)
}

// inputs are those of the elements that are entered; what the case or the settings tell is
// shown beside.
func (v *letterView) inputs(p *page) {
	f := p.form()
	day := f.Field("letter_date", p.text("成文日期", "Date of the letter")).Day().Default(v.Preview.GetLetterDate())
	v.Inputs.More = append(v.Inputs.More, day)
	v.Inputs.Open = day.Wrong() != ""
	for _, e := range v.Preview.GetKind().GetElements() {
		if e.GetSource() == pb.LetterElement_CASE || e.GetSource() == pb.LetterElement_SETTING {
			v.Known = append(v.Known, e)
			continue
		}
		d := f.Field(letterFields+e.GetKey(), e.GetLabel()).Hint(e.GetHint()).Most(4000)
		if !f.values.Has(d.Name) {
			d.Value = e.GetValue()
		}
		switch {
		case e.GetDate():
			d.Day().Most(0)
		case e.GetMultiline():
			d.Text(4)
		}
		for _, c := range e.GetChoices() {
			d.Option(c.GetValue(), c.GetLabel())
		}
		if e.GetRequired() {
			v.Inputs.Needed = append(v.Inputs.Needed, d.Must())
			continue
		}
		v.Inputs.More = append(v.Inputs.More, d)
		v.Inputs.Open = v.Inputs.Open || d.Value != "" || d.Wrong() != ""
	}
}

// issueLetter issues a letter, or shows it again as it would be.
func issueLetter(p *page) error {
	f := p.form()
	if f.Value("do") != "issue" {
		return p.showLetter()
	}
	l, err := p.letters().IssueLetter(p.ctx(), &pb.IssueLetterRequest{
		Name: p.caseName(), Kind: p.r.PathValue("kind"), Basis: f.Value("basis"), LetterDate: f.Value("letter_date"),
		Fields: p.letterAsked(), Replaces: f.Value("replaces"), Etag: f.Value("etag"), RequestId: f.RequestID,
	})
	if err != nil {
		if f.refused(err) {
			return p.showLetter()
		}
		return err
	}
	return p.done(pathOf(l.GetApplication())+"#letters", text{"已印发：" + l.GetFileName(), "Issued: " + l.GetFileName()})
}

const docxType = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

func downloadLetter(p *page) error {
	stream, err := p.letters().DownloadLetter(p.ctx(), &pb.DownloadLetterRequest{Name: p.parent() + "/letters/" + p.r.PathValue("letter")})
	if err != nil {
		return err
	}
	return p.send(func() (name, media string, data []byte, err error) {
		part, err := stream.Recv()
		return part.GetLetter().GetFileName(), docxType, part.GetData(), err
	})
}

// send sends a file as it comes: the first message names it. It is never shown within the
// desk, whatever it holds.
func (p *page) send(next func() (name, media string, data []byte, err error)) error {
	name, media, data, err := next()
	if err != nil {
		return err
	}
	p.w.Header().Set("Content-Security-Policy", "default-src 'none'; sandbox")
	file := &download{w: p.w, name: name, kind: media}
	for err == nil {
		if _, err = file.Write(data); err == nil {
			_, _, data, err = next()
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	if err != nil && !file.begun {
		p.w.Header().Set("Content-Security-Policy", policy)
	}
	return file.end(err)
}

// Prepare is where a kind of letter is prepared for the case.
func (h caseHead) Prepare(k *pb.LetterKind) string {
	path := h.Path() + "/letters/" + url.PathEscape(k.GetKind())
	if k.GetBasis() != "" {
		path += "?basis=" + url.QueryEscape(k.GetBasis())
	}
	return path
}
