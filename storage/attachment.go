package storage

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"
)

// Attachment is a scan or another file that belongs to an application or to a remedy. Its
// content lies apart from the register, under its sum; see package blob.
type Attachment struct {
	ID          int64
	Agency      string
	Application int64 // this or Remedy; the other is 0
	Remedy      int64
	Kind        string
	Name        string // what the file was called: text for people, never part of a path
	MediaType   string
	Content
	CreateTime   time.Time
	WithdrawTime time.Time // zero: it stands
	Reason       string    // of the withdrawal
	Kept         bool      // withdrawn, but what it held stays
	Revision     int64     // 1 on creation
}

// Content names bytes by what they are.
type Content struct {
	Sum  Digest
	Size int64
}

// Digest is the SHA-256 of a content.
type Digest [sha256.Size]byte

// String is the digest in hexadecimal digits.
func (s Digest) String() string { return hex.EncodeToString(s[:]) }

// ParseDigest reads 64 lower-case hexadecimal digits.
func ParseDigest(text string) (s Digest, err error) {
	raw, err := hex.DecodeString(text)
	if err == nil && (len(raw) != len(s) || hex.EncodeToString(raw) != text) {
		err = fmt.Errorf("it has %d digits or capital letters", len(text))
	}
	if err != nil {
		return s, fmt.Errorf("read the SHA-256 %.80q: %w", text, err)
	}
	copy(s[:], raw)
	return s, nil
}

// AttachmentQuery selects attachments, in the order of their entry; an empty field admits
// everything.
type AttachmentQuery struct {
	After       int64 // id of the last row of the page before
	Limit       int   // 1 to 1,000
	Application int64
	Remedy      int64
}

// AttachmentUse is what the attachments of one case amount to.
type AttachmentUse struct {
	Count int64 // withdrawn ones included
	Bytes int64 // of contents that stay
}

// AttachmentObject names an attachment in the history of its agency.
func AttachmentObject(id int64) string { return "attachment/" + strconv.FormatInt(id, 10) }

// Needed reports whether the content of an attachment must be there: it stands, or was
// withdrawn and kept.
func (a *Attachment) Needed() bool { return a.WithdrawTime.IsZero() || a.Kept }
