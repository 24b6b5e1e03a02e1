// Package audit proves what a register has recorded. The events of an agency are the
// leaves of a Merkle tree; a checkpoint is the size and root of such a tree at one time,
// signed and kept outside the database. Whoever holds an old checkpoint can tell, without
// a server and without trusting one, whether the register still has what it had then.
//
// It reads registers and writes checkpoints only. That rows say the same as the events is
// for package verify. Somebody who holds the signing key and all checkpoints ever given
// out can make another history: checkpoints are worth what the places are where they lie.
package audit

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"gongkai/storage"
)

// keyName is that of the key in every signature.
const keyName = "gongkai-audit"

// NewSigner makes what signs checkpoints of an Ed25519 key.
func NewSigner(key ed25519.PrivateKey) (note.Signer, error) {
	text, err := VerifierKey(key.Public())
	if err != nil {
		return nil, err
	}
	v, err := note.NewVerifier(text)
	if err != nil {
		return nil, fmt.Errorf("key of the checkpoints: %w", err)
	}
	const ed25519Key = 1 // as signed notes number their algorithms
	secret := base64.StdEncoding.EncodeToString(append([]byte{ed25519Key}, key.Seed()...))
	s, err := note.NewSigner(fmt.Sprintf("PRIVATE+KEY+%s+%08x+%s", keyName, v.KeyHash(), secret))
	if err != nil {
		return nil, fmt.Errorf("key of the checkpoints: %w", err)
	}
	return s, nil
}

// VerifierKey is the public key by which checkpoints are verified, as signed notes write
// it: name, hash and key with plus signs between them.
func VerifierKey(public any) (string, error) {
	key, ok := public.(ed25519.PublicKey)
	if !ok {
		return "", fmt.Errorf("key of the checkpoints: a %T is no Ed25519 key", public)
	}
	text, err := note.NewEd25519VerifierKey(keyName, key)
	if err != nil {
		return "", fmt.Errorf("key of the checkpoints: %w", err)
	}
	return text, nil
}

// Verifiers reads public keys, one a line; what follows # is a remark.
func Verifiers(text string) (note.Verifiers, error) {
	var list []note.Verifier
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		v, err := note.NewVerifier(line)
		if err != nil {
			return nil, fmt.Errorf("public key %q: %w; give what gongkaid audit key prints", line, err)
		}
		list = append(list, v)
	}
	if len(list) == 0 {
		return nil, errors.New("there is no public key; give what gongkaid audit key prints")
	}
	return note.VerifierList(list...), nil
}

// Checkpoint is the tree of an agency's register as it was at one time.
type Checkpoint struct {
	Installation string // see Installation
	Agency       string // empty: the installation's own register
	Size         int64
	Root         tlog.Hash
	Time         time.Time
}

// Installation names a register by the leaf of its very first event, which no other has:
// a copy of the register has the same name, another register another one.
func Installation(origin []byte) string {
	const named = 8
	return hex.EncodeToString(origin[:min(named, len(origin))])
}

const (
	originPrefix  = "gongkai/"
	agencyPrefix  = "/agencies/"
	ownRegister   = "/installation"
	checkpointEnd = "\n"
)

// Text is the text under the signature: origin, size, root and time, a line each.
func (c *Checkpoint) Text() string {
	of := ownRegister
	if c.Agency != "" {
		of = agencyPrefix + c.Agency
	}
	return originPrefix + c.Installation + of + "\n" + strconv.FormatInt(c.Size, 10) + "\n" +
		c.Root.String() + "\n" + c.Time.UTC().Format(time.RFC3339) + checkpointEnd
}

// ParseCheckpoint reads what Text wrote. Lines after the four that are known are passed
// over: a later program may add some.
func ParseCheckpoint(text string) (c Checkpoint, err error) {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	const known = 4
	if len(lines) < known {
		return c, fmt.Errorf("a checkpoint of %d lines: it has at least %d", len(lines), known)
	}
	rest, ok := strings.CutPrefix(lines[0], originPrefix)
	installation, agency, named := strings.Cut(rest, agencyPrefix)
	if !named {
		installation, named = strings.CutSuffix(rest, ownRegister)
	} else if agency == "" {
		named = false
	}
	if !ok || !named || installation == "" || strings.Contains(installation, "/") {
		return c, fmt.Errorf("a checkpoint of %q, which names no register", lines[0])
	}
	c.Installation, c.Agency = installation, agency
	if c.Size, err = strconv.ParseInt(lines[1], 10, 64); err != nil || c.Size < 1 || strconv.FormatInt(c.Size, 10) != lines[1] {
		return c, fmt.Errorf("a checkpoint of the size %q: it is a number from 1 on", lines[1])
	}
	if c.Root, err = tlog.ParseHash(lines[2]); err != nil {
		return c, fmt.Errorf("root of a checkpoint: %w", err)
	}
	if c.Time, err = time.Parse(time.RFC3339, lines[3]); err != nil {
		return c, fmt.Errorf("time of a checkpoint: %w", err)
	}
	return c, nil
}

// Sign makes the signed note of a checkpoint.
func (c *Checkpoint) Sign(s note.Signer) ([]byte, error) {
	msg, err := note.Sign(&note.Note{Text: c.Text()}, s)
	if err != nil {
		return nil, fmt.Errorf("sign a checkpoint: %w", err)
	}
	return msg, nil
}

// errMalformed says that a note is none: a crash left it so.
var errMalformed = errors.New("it is no signed note")

// open verifies a signed note. With an error comes what it says, though nobody answers
// for it.
func open(msg []byte, keys note.Verifiers) (Checkpoint, error) {
	n, err := note.Open(msg, keys)
	if err == nil {
		return ParseCheckpoint(n.Text)
	}
	_, unknown := errors.AsType[*note.UnverifiedNoteError](err)
	_, wrong := errors.AsType[*note.InvalidSignatureError](err)
	if !unknown && !wrong {
		return Checkpoint{}, fmt.Errorf("%w: %w", errMalformed, err)
	}
	text, _, _ := bytes.Cut(msg, []byte("\n\n"))
	c, _ := ParseCheckpoint(string(text))
	return c, err
}

// of is the checkpoint of a tree as it stands.
func of(installation string, h *storage.Head, now time.Time) Checkpoint {
	return Checkpoint{Installation: installation, Agency: h.Agency, Size: h.Edge.Size(), Root: h.Edge.Root(), Time: now}
}
