// Package attachment says what a file is: by its content and nothing else, out of a short
// list of types that offices scan, sign and send. It reads no more of a file than it must,
// unpacks nothing and trusts no name.
//
// What two programs could take for two different things is refused: a picture that is an
// archive as well, an archive whose entries lead out of it, a page of the web under
// whatever name.
package attachment

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"
)

// Type is what a file may be.
type Type struct {
	Media  string // as Sniff returns it
	Ending string // of file names, with the dot
	ZH, EN string
}

// The media types.
const (
	PDF  = "application/pdf"
	JPEG = "image/jpeg"
	PNG  = "image/png"
	TIFF = "image/tiff"
	OFD  = "application/ofd"
	DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	Mail = "message/rfc822"
	Text = "text/plain"
)

// Types returns the types that are accepted.
func Types() []Type {
	return []Type{
		{PDF, ".pdf", "PDF文件", "PDF"},
		{JPEG, ".jpg", "JPEG图片", "JPEG"},
		{PNG, ".png", "PNG图片", "PNG"},
		{TIFF, ".tif", "TIFF图片", "TIFF"},
		{OFD, ".ofd", "OFD版式文件", "OFD"},
		{DOCX, ".docx", "Word文档", "DOCX"},
		{XLSX, ".xlsx", "Excel工作簿", "XLSX"},
		{Mail, ".eml", "电子邮件", "EML"},
		{Text, ".txt", "纯文本", "plain text"},
	}
}

// What Sniff answers of a file that is not accepted.
var (
	// ErrUnknown: the content is of no type that is accepted.
	ErrUnknown = errors.New("of no accepted type")
	// ErrAmbiguous: another program could take the content for something else.
	ErrAmbiguous = errors.New("it can be read as something else as well")
	// ErrBroken: the content begins like its type and does not go on or end like it.
	ErrBroken = errors.New("it is cut off or damaged")
	// ErrUnsafe: the content would do something when opened, or leads out of itself.
	ErrUnsafe = errors.New("it holds what acts by itself or leads elsewhere")
)

// headSize is how much of a file's beginning is looked at, as net/http does twice over.
const headSize = 1024

// tailSize is how far before its end a file may say that it ends.
const tailSize = 2048

// Sniff returns the media type of a content.
func Sniff(r io.ReaderAt, size int64) (media string, err error) {
	head, err := span(r, 0, min(size, headSize))
	if err != nil {
		return "", err
	}
	if bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		return sniffArchive(r, size)
	}
	media = byMagic(head)
	if media == "" {
		if media, err = sniffText(r, size, head); err != nil {
			return "", err
		}
	}
	tail, err := span(r, max(0, size-tailSize), min(size, tailSize))
	if err == nil {
		err = ends(tail, media)
	}
	if err == nil {
		err = single(r, size, media, head, tail)
	}
	if err != nil {
		return "", err
	}
	return media, nil
}

// span reads a part of a content.
func span(r io.ReaderAt, from, n int64) ([]byte, error) {
	b := make([]byte, n)
	if _, err := r.ReadAt(b, from); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("look at the content: %w", err)
	}
	return b, nil
}

// byMagic knows the binary types by their first bytes; empty if it is none of them.
func byMagic(head []byte) string {
	switch media, _, _ := strings.Cut(http.DetectContentType(head), ";"); {
	case media == PDF, media == JPEG, media == PNG:
		return media
	case bytes.HasPrefix(head, []byte("II*\x00")), bytes.HasPrefix(head, []byte("MM\x00*")),
		bytes.HasPrefix(head, []byte("II+\x00")), bytes.HasPrefix(head, []byte("MM\x00+")):
		return TIFF
	}
	return ""
}

// endings are what files of a type end with, and how much may follow: programs that read
// PDF look for its end in its last KiB. A photograph may be followed by anything.
var endings = map[string]struct {
	mark  []byte
	slack int
}{
	PDF: {[]byte("%%EOF"), 1024},
	PNG: {[]byte("IEND\xaeB`\x82"), 0},
}

// ends refuses what is cut off, and what goes on after its end: there another file may lie.
func ends(tail []byte, media string) error {
	want, ok := endings[media]
	if !ok {
		return nil
	}
	tail = bytes.TrimRight(tail, "\x00\r\n\t ")
	at := bytes.LastIndex(tail, want.mark)
	switch {
	case at < 0:
		return fmt.Errorf("%w: the end of the %s is missing", ErrBroken, media)
	case len(tail)-at-len(want.mark) > want.slack:
		return fmt.Errorf("%w: something follows the end of the %s", ErrAmbiguous, media)
	}
	return nil
}

// single refuses a file of one type that is one of another as well.
func single(r io.ReaderAt, size int64, media string, head, tail []byte) error {
	if isArchive(r, size) {
		return fmt.Errorf("%w: a %s that is an archive", ErrAmbiguous, media)
	}
	if media == Mail {
		return nil
	}
	if media != PDF && bytes.Contains(head, []byte("%PDF-")) {
		return fmt.Errorf("%w: a %s that is a PDF", ErrAmbiguous, media)
	}
	if media != Text && (has(head, active) || has(tail, active)) {
		return fmt.Errorf("%w: a %s that is a page of the web", ErrAmbiguous, media)
	}
	return nil
}

// active is what programs of the web run wherever it stands; markup is what a text begins
// with that is not plain.
var (
	active = []string{"<!doctype html", "<html", "<svg", "<script", "<iframe", "<?php"}
	markup = append([]string{"<?xml", "<head", "<body", "<!doctype"}, active...)
)

// has reports whether one of some tags stands in a text.
func has(text []byte, tags []string) bool {
	low := strings.ToLower(string(text))
	return slices.ContainsFunc(tags, func(tag string) bool { return strings.Contains(low, tag) })
}

// sniffText tells mail and plain text from all else: both are text throughout.
func sniffText(r io.ReaderAt, size int64, head []byte) (string, error) {
	if size == 0 {
		return "", fmt.Errorf("%w: it is empty", ErrUnknown)
	}
	if isMail(head) {
		if err := isText(r, size); err != nil {
			return "", err
		}
		return Mail, nil
	}
	if has(head, markup) {
		return "", fmt.Errorf("%w: a page or drawing of the web", ErrUnknown)
	}
	if bytes.HasPrefix(head, []byte("#!")) {
		return "", fmt.Errorf("%w: a program", ErrUnknown)
	}
	if err := isText(r, size); err != nil {
		return "", err
	}
	return Text, nil
}

// isText reads all of a content: no byte of it may be a control character of another kind
// than those that move the cursor. So it may be UTF-8 or GB 18030.
func isText(r io.ReaderAt, size int64) error {
	const step = 64 << 10
	for at := int64(0); at < size; at += step {
		part, err := span(r, at, min(step, size-at))
		if err != nil {
			return err
		}
		if i := bytes.IndexFunc(part, func(c rune) bool { return c < ' ' && !strings.ContainsRune("\t\n\v\f\r\x1b", c) || c == 0x7f }); i >= 0 {
			return fmt.Errorf("%w: byte %d is no text", ErrUnknown, at+int64(i))
		}
	}
	return nil
}

// isMail reports whether a text begins with header fields as RFC 5322 has them, one of
// which a mail has.
func isMail(head []byte) bool {
	lines := strings.Split(strings.ReplaceAll(string(head), "\r\n", "\n"), "\n")
	known := false
	for i, line := range lines {
		if line == "" || i == len(lines)-1 && len(head) == headSize {
			return known && i > 0
		}
		if line[0] == ' ' || line[0] == '\t' {
			if i == 0 {
				return false
			}
			continue
		}
		name, _, found := strings.Cut(line, ":")
		if !found || name == "" || strings.ContainsFunc(name, func(c rune) bool { return c <= ' ' || c >= 0x7f || c == utf8.RuneError }) {
			return false
		}
		switch strings.ToLower(name) {
		case "from", "to", "date", "message-id", "received", "return-path", "mime-version":
			known = true
		}
	}
	return known
}
