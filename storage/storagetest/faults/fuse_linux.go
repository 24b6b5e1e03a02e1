package faults

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// Fuse is a file system that keeps of a file what was there at its last fsync, and of a
// directory the names that were there at its own. It is stricter than any real one: a file
// that was synced is lost if its directory was not.
type Fuse struct {
	dir, live string
	server    *fuse.Server

	mu      sync.Mutex
	cut     bool
	delay   time.Duration
	keys    map[uint64]int            // inode → the file that has it now
	last    int                       // key given last
	content map[int]file              // key → what is durable of it
	names   map[string]map[string]int // directory → its durable names; 0: a directory
	syncs   int
}

type file struct {
	data []byte
	mode os.FileMode
}

// NewFuse mounts one. It needs no fusermount: root mounts directly.
func NewFuse(t testing.TB) *Fuse {
	t.Helper()
	NeedRoot(t)
	if _, err := os.Stat("/dev/fuse"); err != nil {
		Skip(t, "/dev/fuse", "modprobe fuse, or start the container with --privileged or --device /dev/fuse --cap-add SYS_ADMIN")
	}
	f := &Fuse{
		dir: t.TempDir(), live: Memory(t), keys: map[uint64]int{}, content: map[int]file{}, names: map[string]map[string]int{"": {}},
	}
	if err := f.Mount(); err != nil {
		t.Fatalf("mounting a FUSE file system: %v", err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// Dir is Disk.
func (f *Fuse) Dir() string { return f.dir }

// Mount is Disk.
func (f *Fuse) Mount() (err error) {
	if f.server != nil {
		return nil
	}
	root := &fs.LoopbackRoot{Path: f.live}
	root.NewNode = func( //nolint:staticcheck // the kind of node is all that is needed
		r *fs.LoopbackRoot, _ *fs.Inode, _ string, _ *syscall.Stat_t,
	) fs.InodeEmbedder {
		return &node{LoopbackNode: fs.LoopbackNode{RootData: r}, disk: f}
	}
	root.RootNode = root.NewNode(root, nil, "", nil) //nolint:staticcheck // as above
	f.mu.Lock()
	f.cut = false
	f.mu.Unlock()
	f.server, err = fs.Mount(f.dir, root.RootNode, &fs.Options{
		MountOptions: fuse.MountOptions{DirectMount: true, DirectMountStrict: true, FsName: "faults"},
	})
	return err
}

// Slow makes every fsync take so long.
func (f *Fuse) Slow(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.delay = d
}

// Syncs counts the files and directories that were synced.
func (f *Fuse) Syncs() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.syncs
}

// Cut is Disk: no sync after it comes true.
func (f *Fuse) Cut() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.cut = true
	return nil
}

// Restore is Disk.
func (f *Fuse) Restore() (string, error) {
	if err := f.Close(); err != nil {
		return "", err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := empty(f.live); err != nil {
		return "", err
	}
	f.keys = map[uint64]int{}
	return f.live, f.rebuild("")
}

// rebuild writes what is durable of a directory.
func (f *Fuse) rebuild(dir string) error {
	for name, key := range f.names[dir] {
		path := filepath.Join(f.live, dir, name)
		if key == 0 {
			if err := errors.Join(os.Mkdir(path, 0o700), f.rebuild(filepath.Join(dir, name))); err != nil {
				return err
			}
			continue
		}
		c := f.content[key]
		if err := os.WriteFile(path, c.data, max(c.mode, 0o600)); err != nil {
			return err
		}
		if err := f.identify(path, key); err != nil {
			return err
		}
	}
	return nil
}

// identify remembers which file has the inode at a path.
func (f *Fuse) identify(path string, key int) error {
	var st syscall.Stat_t
	if err := syscall.Lstat(path, &st); err != nil {
		return fmt.Errorf("identify %s: %w", path, err)
	}
	f.keys[st.Ino] = key
	return nil
}

// Close is Disk.
func (f *Fuse) Close() error {
	if f.server == nil {
		return nil
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	var err error
	for range 500 {
		if err = f.server.Unmount(); err == nil {
			f.server = nil
			return nil
		}
		<-tick.C // a program that was killed still lets go
	}
	return fmt.Errorf("unmount %s: %w", f.dir, err)
}

// created gives a new file its key: an inode may have been another file's before.
func (f *Fuse) created(path string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last++
	_ = f.identify(path, f.last) // gone again already
}

// sync makes durable what a path leads to.
func (f *Fuse) sync(path string, st *syscall.Stat_t) syscall.Errno {
	f.mu.Lock()
	delay := f.delay
	f.mu.Unlock()
	if delay > 0 {
		<-time.NewTimer(delay).C
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.cut {
		return syscall.EIO
	}
	f.syncs++
	if st.Mode&syscall.S_IFMT == syscall.S_IFDIR {
		return f.syncNames(path)
	}
	data, err := os.ReadFile(filepath.Join(f.live, path))
	if err != nil {
		return fs.ToErrno(err)
	}
	f.content[f.keys[st.Ino]] = file{data, os.FileMode(st.Mode & 0o777)}
	return fs.OK
}

func (f *Fuse) syncNames(dir string) syscall.Errno {
	entries, err := os.ReadDir(filepath.Join(f.live, dir))
	if err != nil {
		return fs.ToErrno(err)
	}
	names := map[string]int{}
	for _, e := range entries {
		var st syscall.Stat_t
		if err := syscall.Lstat(filepath.Join(f.live, dir, e.Name()), &st); err != nil {
			continue // unlinked meanwhile
		}
		if e.IsDir() {
			names[e.Name()] = 0
		} else {
			names[e.Name()] = f.keys[st.Ino]
		}
	}
	f.names[dir] = names
	return fs.OK
}

// node is a file or directory of the file system.
type node struct {
	fs.LoopbackNode
	disk *Fuse
}

func (n *node) at() string { return n.Path(n.RootData.RootNode.EmbeddedInode()) }

// Create is fs.NodeCreater.
func (n *node) Create(ctx context.Context, name string, flags, mode uint32, out *fuse.EntryOut) (*fs.Inode, fs.FileHandle, uint32, syscall.Errno) {
	path := filepath.Join(n.disk.live, n.at(), name)
	_, missing := os.Lstat(path)
	child, handle, fuseFlags, errno := n.LoopbackNode.Create(ctx, name, flags, mode, out)
	if errno == fs.OK && missing != nil {
		n.disk.created(path)
	}
	return child, handle, fuseFlags, errno
}

// Fsync is fs.NodeFsyncer.
func (n *node) Fsync(context.Context, fs.FileHandle, uint32) syscall.Errno {
	var st syscall.Stat_t
	if err := syscall.Lstat(filepath.Join(n.disk.live, n.at()), &st); err != nil {
		return fs.ToErrno(err) // nothing is left of a file that was unlinked
	}
	return n.disk.sync(n.at(), &st)
}

// OpendirHandle is fs.NodeOpendirHandler.
func (n *node) OpendirHandle(context.Context, uint32) (fs.FileHandle, uint32, syscall.Errno) {
	stream, errno := fs.NewLoopbackDirStream(filepath.Join(n.disk.live, n.at()))
	if errno != fs.OK {
		return nil, 0, errno
	}
	entries, ok := stream.(dirStream)
	if !ok {
		return nil, 0, syscall.ENOTSUP
	}
	return &directory{entries, n}, 0, fs.OK
}

type dirStream interface {
	fs.FileReaddirenter
	fs.FileReleasedirer
	fs.FileSeekdirer
}

// directory is an open directory.
type directory struct {
	dirStream
	node *node
}

// Fsyncdir is fs.FileFsyncdirer.
func (d *directory) Fsyncdir(ctx context.Context, flags uint32) syscall.Errno {
	return d.node.Fsync(ctx, nil, flags)
}
