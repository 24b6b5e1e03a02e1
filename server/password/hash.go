// Package password keeps passwords as argon2id hashes and says which ones are too weak to
// be set. It knows no account and stores nothing.
//
// A password is the bytes that were given, all of them: nothing is cut off, no case is
// folded, and no character is converted into another. Those that keyboards enter in several
// forms are refused when a password is set (see Profile.Check), so that nobody is locked
// out by an input method.
package password

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"golang.org/x/crypto/argon2"
)

// Cost is what one hash takes.
type Cost struct {
	Memory  uint32 // KiB
	Passes  uint32
	Threads uint8
}

// Standard is the least that OWASP asks of argon2id with one pass: 46 MiB.
var Standard = Cost{Memory: 46 << 10, Passes: 1, Threads: 1}

const (
	saltSize = 16
	keySize  = 32
	// What is read from a store is bounded: whoever writes there must not be able to have
	// the service take all memory.
	mostMemory = 1 << 20
	mostPasses = 64
)

// Hasher hashes a bounded number of passwords at a time: each takes tens of MiB.
type Hasher struct {
	cost   Cost
	places chan struct{}
	calls  atomic.Int64
	decoy  hash
}

// NewHasher makes a Hasher that hashes at most atOnce passwords at a time.
func NewHasher(cost Cost, atOnce int) *Hasher {
	h := &Hasher{cost: cost, places: make(chan struct{}, atOnce)}
	h.decoy = hash{cost: cost, salt: make([]byte, saltSize), key: make([]byte, keySize)}
	rand.Read(h.decoy.key) // nobody's
	return h
}

// Calls is how many hashes were computed since the start.
func (h *Hasher) Calls() int64 { return h.calls.Load() }

// hash is a stored password.
type hash struct {
	cost      Cost
	salt, key []byte
}

var b64 = base64.RawStdEncoding.Strict()

func (x hash) String() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, x.cost.Memory, x.cost.Passes, x.cost.Threads,
		b64.EncodeToString(x.salt), b64.EncodeToString(x.key))
}

// ErrMalformed says that a stored hash is none that this package wrote.
var ErrMalformed = errors.New("no argon2id hash")

func parse(text string) (x hash, err error) {
	parts := strings.Split(text, "$")
	if len(parts) != 6 {
		return x, ErrMalformed
	}
	_, err = fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &x.cost.Memory, &x.cost.Passes, &x.cost.Threads)
	if err == nil {
		x.salt, err = b64.DecodeString(parts[4])
	}
	if err == nil {
		x.key, err = b64.DecodeString(parts[5])
	}
	if err != nil || x.String() != text || len(x.salt) == 0 || len(x.key) < saltSize || x.cost.Threads == 0 ||
		x.cost.Passes == 0 || x.cost.Passes > mostPasses || x.cost.Memory > mostMemory {
		return hash{}, ErrMalformed
	}
	return x, nil
}

// compute hashes a password once a place is free.
func (h *Hasher) compute(ctx context.Context, password string, cost Cost, salt []byte, size uint32) ([]byte, error) {
	select {
	case h.places <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("wait to hash: %w", ctx.Err())
	}
	defer func() { <-h.places }()
	h.calls.Add(1)
	return argon2.IDKey([]byte(password), salt, cost.Passes, cost.Memory, cost.Threads, size), nil
}

// Hash returns what is to be stored of a password.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	x := hash{cost: h.cost, salt: make([]byte, saltSize)}
	rand.Read(x.salt) // never fails
	var err error
	x.key, err = h.compute(ctx, password, x.cost, x.salt, keySize)
	return x.String(), err
}

// Matches reports whether a password is the stored one. Where nothing is stored ("") it
// does the same work and says no.
func (h *Hasher) Matches(ctx context.Context, stored, password string) (bool, error) {
	x := h.decoy
	if stored != "" {
		var err error
		if x, err = parse(stored); err != nil {
			return false, err
		}
	}
	key, err := h.compute(ctx, password, x.cost, x.salt, uint32(len(x.key)))
	return err == nil && subtle.ConstantTimeCompare(key, x.key) == 1 && stored != "", err
}

// Outdated reports whether a stored password was hashed at another cost than passwords are
// now. It is to be hashed anew when it is next known.
func (h *Hasher) Outdated(stored string) bool {
	x, err := parse(stored)
	return err == nil && x.cost != h.cost
}
