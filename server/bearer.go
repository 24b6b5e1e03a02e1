package server

import (
	"crypto/sha256"
	"sync"
	"time"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
)

// tokenAge is how long an answer about a token holds: a message may come long after its
// headers, and a program asks many times a second with the same token. Whoever is removed by
// this server is refused at once, by another one on the same database after that time.
const tokenAge = time.Second

// mostTokens bounds how many tokens are remembered.
const mostTokens = 4096

// bearer is whose token calls.
type bearer struct {
	principal storage.Principal
	asked     time.Time         // when the register was asked, by the machine's clock
	signIn    int64             // 0: the token of a principal
	way       storage.Way       // how it signed in
	pending   []pb.Account_Step // what is still to do before anything else
}

// fresh reports whether what is known of a bearer still holds.
func (b *bearer) fresh() bool { return machineTime().Sub(b.asked) < tokenAge }

// bearers remember whose tokens called lately. To find that out takes longer than all else
// that comes before a handler, because whatever commits meanwhile makes a reader of SQLite
// read its pages anew.
type bearers struct {
	mu    sync.Mutex
	known map[[sha256.Size]byte]bearer
	era   int // counts what made all answers void
}

// find returns the bearer of a token, if he is known, and the era in which to keep him if not.
func (k *bearers) find(hash []byte) (b bearer, era int, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	b, ok = k.known[[sha256.Size]byte(hash)]
	return b, k.era, ok && b.fresh()
}

// keep remembers a bearer, unless all were forgotten since he was asked for.
func (k *bearers) keep(hash []byte, b bearer, era int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if era != k.era {
		return
	}
	if k.known == nil || len(k.known) >= mostTokens {
		k.known = map[[sha256.Size]byte]bearer{}
	}
	k.known[[sha256.Size]byte(hash)] = b
}

// forget makes every answer void: a principal was removed.
func (k *bearers) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.known = nil
	k.era++
}
