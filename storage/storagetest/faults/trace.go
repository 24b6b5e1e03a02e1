package faults

import (
	"math/rand/v2"
	"slices"
)

// Op is what a program asked of a disk.
type Op struct {
	Kind Kind
	File string
	Off  int64  // Write
	Data []byte // Write
	Size int64  // Truncate
}

// Kind is a kind of Op.
type Kind int

// The kinds. A sync that failed tells nothing of what reached the disk, and the system takes
// what it held for written: no later sync brings it there. That a name is there, or no
// longer, is durable once the directory is synced.
const (
	Write Kind = iota
	Truncate
	Sync
	SyncFailed
	Delete
	SyncDirectory
)

// sector is what a disk writes wholly or not at all.
const sector = 512

// Volume is a set of files as a disk holds them: what is durable, and what may be.
type Volume struct {
	files map[string]*content
	rnd   *rand.Rand
}

// content is one file. A nil durable is a file that is not there.
type content struct {
	durable []byte
	named   bool // its name is durable
	pending []Op
}

// NewVolume makes an empty volume whose accidents rnd decides.
func NewVolume(rnd *rand.Rand) *Volume { return &Volume{map[string]*content{}, rnd} }

// Put places a durable file.
func (v *Volume) Put(name string, data []byte) {
	v.files[name] = &content{durable: slices.Clone(data), named: true}
}

// Apply lets an operation happen.
func (v *Volume) Apply(op Op) {
	c := v.files[op.File]
	if c == nil && op.Kind != SyncDirectory {
		c = &content{}
		v.files[op.File] = c
	}
	switch op.Kind {
	case Write, Truncate, Delete:
		c.pending = append(c.pending, op)
	case Sync:
		for _, p := range c.pending {
			c.durable = applied(c.durable, p, nil)
		}
		c.pending = c.pending[:0]
		if c.durable == nil {
			c.durable = []byte{}
		}
	case SyncFailed:
		c.durable = v.kept(c, Lot)
		c.pending = c.pending[:0]
	case SyncDirectory:
		for _, c := range v.files {
			c.syncName()
		}
	}
}

// syncName makes durable that a file is there, or that it is gone.
func (c *content) syncName() {
	for i, op := range slices.Backward(c.pending) {
		if op.Kind == Delete {
			c.durable, c.pending = nil, slices.Clone(c.pending[i+1:])
			break
		}
	}
	c.named = c.durable != nil || len(c.pending) > 0
	if c.named && c.durable == nil {
		c.durable = []byte{}
	}
}

// Luck is what becomes of that which was not synced.
type Luck int

// Lot drops, keeps or tears each operation by lot; Ordered keeps the first of them.
const (
	Lot Luck = iota
	Ordered
	None
	All
)

// Crash returns the files as they may be found after the power went, and changes nothing.
func (v *Volume) Crash(l Luck) map[string][]byte {
	found := map[string][]byte{}
	names := make([]string, 0, len(v.files))
	for name := range v.files {
		names = append(names, name)
	}
	slices.Sort(names) // so that a seed means the same each time
	for _, name := range names {
		if data := v.left(v.files[name], l); data != nil {
			found[name] = data
		}
	}
	return found
}

// left is what is found of one file; nil: not even its name.
func (v *Volume) left(c *content, l Luck) []byte {
	if lost := v.rnd.IntN(2) == 0; !c.named && (l == None || l != All && lost) {
		return nil
	}
	return v.kept(c, l)
}

// kept is what is found in one file.
func (v *Volume) kept(c *content, l Luck) []byte {
	data := slices.Clone(c.durable)
	first := v.rnd.IntN(len(c.pending) + 1)
	for i, op := range c.pending {
		var tear func() bool
		switch l {
		case None:
			continue
		case Ordered:
			if i >= first {
				continue
			}
		case Lot:
			switch v.rnd.IntN(3) {
			case 0:
				continue
			case 1:
				tear = func() bool { return v.rnd.IntN(2) == 0 }
			}
		case All:
		}
		data = applied(data, op, tear)
	}
	return data
}

// applied is a file after an operation, of which drop may leave out sectors; nil: none.
func applied(data []byte, op Op, drop func() bool) []byte {
	switch op.Kind {
	case Delete:
		return nil
	case Truncate:
		return sized(data, op.Size)
	case Write:
	default:
		return data
	}
	end := op.Off + int64(len(op.Data))
	for at := op.Off; at < end; {
		next := min(at-at%sector+sector, end)
		if drop == nil || !drop() {
			if int64(len(data)) < next {
				data = sized(data, next)
			}
			copy(data[at:next], op.Data[at-op.Off:next-op.Off])
		}
		at = next
	}
	if data == nil {
		data = []byte{}
	}
	return data
}

// sized cuts a file or fills it up with zeros.
func sized(data []byte, size int64) []byte {
	if int64(len(data)) >= size {
		return data[:size]
	}
	return append(data, make([]byte, size-int64(len(data)))...)
}
