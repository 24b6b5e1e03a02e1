package storage

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"time"
)

// Credential is what a principal signs in with: a password, an identity elsewhere, or both.
// None of it is a secret that could be used as it stands but the secrets of one-time codes.
type Credential struct {
	Agency    string // empty: of the whole installation
	Principal string
	Password  string    // argon2id, as $argon2id$v=19$m=…,t=…,p=…$salt$hash; empty: none
	SetTime   time.Time // when the password was set
	Given     bool      // by an administrator, for one use
	Previous  []string  // passwords before it, the last first

	Failures int64     // to sign in, one after another
	LockTime time.Time // until when none is admitted; zero: it is not locked

	Code             []byte // secret of one-time codes; nil: none
	CodeStep         int64  // the last that was accepted: none up to it is taken again
	Recovery         []Digest
	ProposedCode     []byte // secret that is not confirmed yet; nil: none
	ProposedRecovery []Digest

	Issuer  string // of the identity provider that knows the principal; empty: none is linked
	Subject string // as whom it does

	Revision int64 // 1 on creation; grows with what Sum covers
}

// Sum commits to what only an act may change: everything but failures and the place of the
// last code. Its event carries it, so that whoever writes another password into the store
// is found. It tells nothing of a password: that of a salted slow hash is none faster.
func (c *Credential) Sum() string {
	h := sha256.New()
	part := func(b []byte) {
		_, _ = h.Write(binary.AppendUvarint(nil, uint64(len(b)))) // a hash takes everything
		_, _ = h.Write(b)
	}
	part([]byte(c.Password))
	part(binary.BigEndian.AppendUint64(nil, uint64(c.SetTime.UnixMicro())))
	given := []byte{0}
	if c.Given {
		given[0] = 1
	}
	part(given)
	part(binary.AppendUvarint(nil, uint64(len(c.Previous))))
	for _, p := range c.Previous {
		part([]byte(p))
	}
	part(c.Code)
	part(c.ProposedCode)
	for _, list := range [][]Digest{c.Recovery, c.ProposedRecovery} {
		part(binary.AppendUvarint(nil, uint64(len(list))))
		for _, d := range list {
			part(d[:])
		}
	}
	if c.Subject != "" { // sums of those without one are older than identities
		part([]byte(c.Issuer))
		part([]byte(c.Subject))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// SignIn is one time that a person signed in, from then until it ended.
type SignIn struct {
	ID         int64
	Agency     string
	Principal  string
	TokenHash  []byte // SHA-256
	CreateTime time.Time
	SeenTime   time.Time // of its last call, to the minute
	ExpireTime time.Time // when it ends at the latest
	EndTime    time.Time // when it was ended; zero: it was not
	Address    string
	Agent      string // the program, as it named itself
	Way        Way
	Proof      []byte // SHA-256 of what an identity provider's answer was bound to; nil: of none
}

// Way is how somebody signed in. Stored values never change.
type Way string

// The ways.
const (
	ByPassword Way = "password" // with the one-time code, if the account has one
	ByToken    Way = "token"    // of the principal
	ByIdentity Way = "identity" // elsewhere; a second factor was not shown
	ByFactor   Way = "factor"   // elsewhere, with a second factor
)

// CredentialObject names what a principal signs in with in the history of its agency.
func CredentialObject(principal string) string { return "credential/" + principal }
