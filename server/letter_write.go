package server

import (
	"crypto/sha256"
	"errors"
	"maps"
	"strings"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/attachment"
	"gongkai/server/document"
	"gongkai/storage"
	"gongkai/workflow/letter"
)

// write renders the file and describes its attachment.
func (p *prepared) write(r storage.Reader) error {
	content, err := p.template.content(r, p.kind)
	if err != nil {
		return err
	}
	if p.file, err = document.Letter(content, letterValues(p)); err != nil {
		if bad, ok := errors.AsType[*document.TemplateError](err); ok {
			return failf(pb.Reason_TEMPLATE_REFUSED, "文书模板不能使用：%[1]s；请重新上传模板", "the template cannot be used: %[2]s; upload it anew", bad.ZH, bad.EN)
		}
		return err
	}
	a := p.letterCase.Application
	name := p.kind.Title + " " + a.ApplicationNo
	if p.letterCase.Number != "" {
		name = p.kind.Title + " " + p.letterCase.Number
	}
	p.row = storage.Attachment{
		Agency: a.Agency, Application: a.ID, Kind: pb.Attachment_LETTER.String(), Name: plainName(name) + ".docx", MediaType: attachment.DOCX,
		Content: storage.Content{Sum: sha256.Sum256(p.file), Size: int64(len(p.file))}, Revision: 1,
	}
	return nil
}

// plainName leaves out of a name what no file may bear.
func plainName(text string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, r) {
			return '-'
		}
		return r
	}, text)
}

// letterValues are what the placeholders of a template stand for.
func letterValues(p *prepared) document.LetterValues {
	v := document.LetterValues{Text: map[string]string{}}
	maps.Copy(v.Text, p.letter.Values)
	parts := map[letter.Role][]string{}
	for _, b := range p.letter.Blocks {
		if b.Role == letter.Row {
			v.Rows = append(v.Rows, document.LetterRow{Label: b.Label, Value: b.Text})
			continue
		}
		parts[b.Role] = append(parts[b.Role], b.Text)
	}
	for name, role := range map[string]letter.Role{"body": letter.Body, "remedy": letter.Remedies, "enclosures": letter.Enclosure, "contact": letter.Contact} {
		v.Text[name] = strings.Join(parts[role], "\n")
	}
	for _, known := range letter.Placeholders(p.kind) { // what is known of nothing is empty
		if _, ok := v.Text[known.Name]; !ok {
			v.Text[known.Name] = ""
		}
	}
	return v
}
