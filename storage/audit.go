package storage

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/bits"
	"slices"

	"golang.org/x/mod/sumdb/tlog"
)

// Edge is the right edge of the Merkle tree (RFC 6962) over the leaves of an agency's
// events: how many there are, and the roots of the complete subtrees that they fill, the
// largest first. It is all that the tree needs to grow and to tell its root, so that
// nothing else of the tree is stored: the leaves lie in the events. The zero value is the
// tree of no leaf.
type Edge struct {
	size  int64
	roots []tlog.Hash
}

// Size is how many leaves the tree has.
func (e *Edge) Size() int64 { return e.size }

// Append adds a leaf. visit, which may be nil, hears of every subtree that is complete
// with it: its level, 0 for the leaf, its place among those of the level, and its root.
func (e *Edge) Append(leaf tlog.Hash, visit func(level int, n int64, root tlog.Hash)) {
	h, n := leaf, e.size
	for level := 0; ; level++ {
		if visit != nil {
			visit(level, n, h)
		}
		if n&1 == 0 {
			break
		}
		last := len(e.roots) - 1
		h, n, e.roots = tlog.NodeHash(e.roots[last], h), n>>1, e.roots[:last]
	}
	e.roots = append(e.roots, h)
	e.size++
}

// Root is the root of the tree.
func (e *Edge) Root() tlog.Hash {
	if e.size == 0 {
		return sha256.Sum256(nil)
	}
	last := len(e.roots) - 1
	root := e.roots[last]
	for _, left := range slices.Backward(e.roots[:last]) {
		root = tlog.NodeHash(left, root)
	}
	return root
}

// Parting compares two trees of one size and tells between which leaves the first differs,
// counted from 1: those of the first complete subtree whose roots differ. It is 0, 0 if
// the trees are the same.
func (e *Edge) Parting(other *Edge) (from, to int64) {
	done := int64(0)
	for i := range e.roots {
		left := e.size - done
		part := int64(1) << (bits.Len64(uint64(left)) - 1)
		if e.roots[i] != other.roots[i] {
			return done + 1, done + part
		}
		done += part
	}
	return 0, 0
}

// MarshalBinary is the stored form: the size, and the roots one after another.
func (e *Edge) MarshalBinary() ([]byte, error) {
	b := make([]byte, 0, 8+len(e.roots)*tlog.HashSize)
	b = binary.BigEndian.AppendUint64(b, uint64(e.size))
	for i := range e.roots {
		b = append(b, e.roots[i][:]...)
	}
	return b, nil
}

// UnmarshalBinary reads what MarshalBinary wrote. Nothing is the tree of no leaf.
func (e *Edge) UnmarshalBinary(b []byte) error {
	*e = Edge{roots: e.roots[:0]}
	if len(b) == 0 {
		return nil
	}
	if len(b) < 8 {
		return fmt.Errorf("the edge of a tree has %d bytes", len(b))
	}
	size := binary.BigEndian.Uint64(b)
	rest := b[8:]
	if int64(size) < 0 || len(rest) != bits.OnesCount64(size)*tlog.HashSize {
		return fmt.Errorf("the edge of a tree of %d leaves has %d bytes of roots", size, len(rest))
	}
	e.size = int64(size)
	for ; len(rest) > 0; rest = rest[tlog.HashSize:] {
		e.roots = append(e.roots, tlog.Hash(rest[:tlog.HashSize]))
	}
	return nil
}

// LeafHash is a leaf as a tree takes it; false if it is none.
func LeafHash(leaf []byte) (h tlog.Hash, ok bool) {
	if len(leaf) != tlog.HashSize {
		return h, false
	}
	return tlog.Hash(leaf), true
}

// Head is the tree of an agency as it stands.
type Head struct {
	Agency string
	Edge   Edge
	Events int64 // by the agency's own count
	Fault  error // the edge cannot be read
}
