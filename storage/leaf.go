package storage

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
)

// leafVersion is the first byte of the encoding under a leaf; a new one comes with
// every change of the encoding.
const leafVersion = 1

// Seal commits to personal data under a salt: HMAC-SHA256. Without the salt it tells
// nothing about them, so that it may outlive their erasure.
func Seal(salt, personal []byte) []byte {
	mac := hmac.New(sha256.New, salt)
	mac.Write(personal)
	return mac.Sum(nil)
}

// Hash is what Leaf must be: SHA-256 over a zero byte, as RFC 6962 marks leaves, and the
// event with every part preceded by its length. Personal counts only through its seal.
func (e *Event) Hash() []byte {
	b := make([]byte, 0, 512)
	b = append(b, 0, leafVersion)
	b = appendPart(b, e.Agency)
	b = binary.BigEndian.AppendUint64(b, uint64(e.N))
	b = appendPart(b, e.Object)
	b = binary.BigEndian.AppendUint64(b, uint64(e.Revision))
	b = binary.BigEndian.AppendUint64(b, uint64(e.Time.UnixMicro()))
	b = appendPart(b, e.Actor)
	b = appendPart(b, e.Action)
	b = appendPart(b, e.RequestID)
	b = appendPart(b, e.RequestHash)
	b = appendPart(b, e.Facts)
	b = appendPart(b, e.Seal)
	sum := sha256.Sum256(b)
	return sum[:]
}

func appendPart[T string | []byte](b []byte, part T) []byte {
	return append(binary.AppendUvarint(b, uint64(len(part))), part...)
}
