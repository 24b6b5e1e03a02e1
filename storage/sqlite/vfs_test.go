//go:build linux

package sqlite_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"

	"gongkai/storage/storagetest/faults"
)

// watched is a directory whose I/O by SQLite is recorded, and fails when it is told to. It
// stands between SQLite and its VFS "unix", so that all above it is what users run.
type watched struct {
	dir string

	mu      sync.Mutex
	ops     []faults.Op
	marks   []int // how many operations there were at each Mark
	keep    bool  // record
	armed   bool
	failAt  int // the operation that fails, counted from arm
	count   int // operations since then
	once    bool
	full    bool // ENOSPC rather than EIO
	failed  int
	retried bool // a sync that failed is tried again, and believed
}

// watch makes SQLite tell of every file in a directory.
func watch(t testing.TB, dir string, keep bool) *watched {
	t.Helper()
	v := theVFS()
	w := &watched{dir: dir, keep: keep}
	v.mu.Lock()
	v.disks[dir] = w
	v.mu.Unlock()
	t.Cleanup(func() { v.forget(dir) })
	return w
}

// mark notes that something was acknowledged by now.
func (w *watched) mark() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.marks = append(w.marks, len(w.ops))
}

// arm lets the nth operation from now fail, and all that follow unless once.
func (w *watched) arm(n int, once, full bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.armed, w.failAt, w.once, w.full, w.count, w.failed = true, n, once, full, 0, 0
}

// disarm heals the disk and says how many operations there were and how many failed.
func (w *watched) disarm() (count, failed int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.armed = false
	return w.count, w.failed
}

// note records an operation that cannot fail.
func (w *watched) note(op faults.Op) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.keep {
		w.ops = append(w.ops, op)
	}
}

// admit records an operation, or returns the code with which it fails.
func (w *watched) admit(op faults.Op, code int32) int32 {
	w.mu.Lock()
	defer w.mu.Unlock()
	rc := int32(sqlite3.SQLITE_OK)
	if w.armed {
		w.count++
		if w.count == w.failAt || w.count > w.failAt && !w.once {
			w.failed++
			if rc = code; w.full && op.Kind == faults.Write {
				rc = sqlite3.SQLITE_FULL
			}
		}
	}
	if rc != sqlite3.SQLITE_OK {
		switch op.Kind {
		case faults.Sync:
			op.Kind = faults.SyncFailed
		case faults.Write:
			op.Data = op.Data[:len(op.Data)/2] // and that half may lie there
		default:
			return rc
		}
	}
	if w.keep {
		w.ops = append(w.ops, op)
	}
	if op.Kind == faults.SyncFailed && w.retried {
		return sqlite3.SQLITE_OK
	}
	return rc
}

// vfs is "unix" with our steps in between; it is SQLite's default once it is made.
type vfs struct {
	orig    uintptr
	methods map[uintptr]uintptr // those of unix → ours

	mu    sync.Mutex
	disks map[string]*watched
	files map[uintptr]opened
}

type opened struct {
	disk    *watched
	name    string
	journal bool                         // the next sync syncs the directory too, as unix does
	methods *sqlite3.Tsqlite3_io_methods // of unix
}

// theVFS is one for the process, because SQLite's list of them is.
var theVFS = sync.OnceValue(func() *vfs {
	tls := libc.NewTLS()
	name, err := libc.CString("unix")
	if err != nil {
		panic(err)
	}
	v := &vfs{
		orig: sqlite3.Xsqlite3_vfs_find(tls, name), methods: map[uintptr]uintptr{},
		disks: map[string]*watched{}, files: map[uintptr]opened{},
	}
	ours := allocate[sqlite3.Tsqlite3_vfs](tls)
	*at[sqlite3.Tsqlite3_vfs](ours) = *at[sqlite3.Tsqlite3_vfs](v.orig)
	if at[sqlite3.Tsqlite3_vfs](ours).FzName, err = libc.CString("watched"); err != nil {
		panic(err)
	}
	at[sqlite3.Tsqlite3_vfs](ours).FxOpen = pointerTo(v.open)
	at[sqlite3.Tsqlite3_vfs](ours).FxDelete = pointerTo(v.delete)
	if rc := sqlite3.Xsqlite3_vfs_register(tls, ours, 1); rc != sqlite3.SQLITE_OK {
		panic(fmt.Sprintf("registering a VFS: %d", rc))
	}
	return v
})

// at is what lies at an address of SQLite's memory.
func at[T any](address uintptr) *T { return *(**T)(unsafe.Pointer(&address)) }

func allocate[T any](tls *libc.TLS) uintptr {
	var zero T
	return libc.Xmalloc(tls, libc.Tsize_t(unsafe.Sizeof(zero)))
}

// pinned keeps the functions that only SQLite's memory points to.
var pinned struct {
	sync.Mutex
	list []any
}

// pointerTo is a function as SQLite, translated to Go, calls it through a pointer.
func pointerTo[F any](f F) uintptr {
	p := &struct{ f F }{f}
	pinned.Lock()
	defer pinned.Unlock()
	pinned.list = append(pinned.list, p)
	return *(*uintptr)(unsafe.Pointer(p))
}

// function is the opposite.
func function[F any](p uintptr) F { return *(*F)(unsafe.Pointer(&struct{ uintptr }{p})) }

// watching finds the directory of a file.
func (v *vfs) watching(zName uintptr) (*watched, string) {
	if zName == 0 {
		return nil, ""
	}
	path := libc.GoString(zName)
	v.mu.Lock()
	defer v.mu.Unlock()
	if strings.HasSuffix(path, ".lock") {
		return nil, ""
	}
	return v.disks[filepath.Dir(path)], filepath.Base(path)
}

func (v *vfs) forget(dir string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.disks, dir)
}

func (v *vfs) file(p uintptr) opened {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.files[p]
}

func (v *vfs) open(tls *libc.TLS, _, zName, pFile uintptr, flags int32, out uintptr) int32 {
	call := function[func(*libc.TLS, uintptr, uintptr, uintptr, int32, uintptr) int32](at[sqlite3.Tsqlite3_vfs](v.orig).FxOpen)
	rc := call(tls, v.orig, zName, pFile, flags, out)
	disk, name := v.watching(zName)
	f := at[sqlite3.Tsqlite3_file](pFile)
	if rc != sqlite3.SQLITE_OK || disk == nil || f.FpMethods == 0 {
		return rc
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.files[pFile] = opened{disk, name, isJournal(flags), at[sqlite3.Tsqlite3_io_methods](f.FpMethods)}
	ours, ok := v.methods[f.FpMethods]
	if !ok {
		ours = allocate[sqlite3.Tsqlite3_io_methods](tls)
		m := at[sqlite3.Tsqlite3_io_methods](ours)
		*m = *at[sqlite3.Tsqlite3_io_methods](f.FpMethods)
		m.FxClose, m.FxWrite, m.FxTruncate, m.FxSync = pointerTo(v.close), pointerTo(v.write), pointerTo(v.truncate), pointerTo(v.sync)
		v.methods[f.FpMethods] = ours
	}
	f.FpMethods = ours
	return rc
}

// isJournal reports whether unix syncs the directory of a file with the file's first sync.
func isJournal(flags int32) bool {
	return flags&sqlite3.SQLITE_OPEN_CREATE != 0 && flags&(sqlite3.SQLITE_OPEN_WAL|sqlite3.SQLITE_OPEN_MAIN_JOURNAL|sqlite3.SQLITE_OPEN_SUPER_JOURNAL) != 0
}

func (v *vfs) delete(tls *libc.TLS, _, zName uintptr, dirSync int32) int32 {
	if disk, name := v.watching(zName); disk != nil {
		rc := disk.admit(faults.Op{Kind: faults.Delete, File: name}, sqlite3.SQLITE_IOERR_DELETE)
		if rc == sqlite3.SQLITE_OK && dirSync != 0 {
			rc = disk.admit(faults.Op{Kind: faults.SyncDirectory}, sqlite3.SQLITE_IOERR_DIR_FSYNC)
		}
		if rc != sqlite3.SQLITE_OK {
			return rc
		}
	}
	return function[func(*libc.TLS, uintptr, uintptr, int32) int32](at[sqlite3.Tsqlite3_vfs](v.orig).FxDelete)(tls, v.orig, zName, dirSync)
}

func (v *vfs) close(tls *libc.TLS, pFile uintptr) int32 {
	f := v.file(pFile)
	v.mu.Lock()
	delete(v.files, pFile)
	v.mu.Unlock()
	return function[func(*libc.TLS, uintptr) int32](f.methods.FxClose)(tls, pFile)
}

func (v *vfs) write(tls *libc.TLS, pFile, buf uintptr, n int32, off int64) int32 {
	f := v.file(pFile)
	data := append([]byte(nil), unsafe.Slice(at[byte](buf), n)...)
	if rc := f.disk.admit(faults.Op{Kind: faults.Write, File: f.name, Off: off, Data: data}, sqlite3.SQLITE_IOERR_WRITE); rc != sqlite3.SQLITE_OK {
		return rc
	}
	return function[func(*libc.TLS, uintptr, uintptr, int32, int64) int32](f.methods.FxWrite)(tls, pFile, buf, n, off)
}

func (v *vfs) truncate(tls *libc.TLS, pFile uintptr, size int64) int32 {
	f := v.file(pFile)
	if rc := f.disk.admit(faults.Op{Kind: faults.Truncate, File: f.name, Size: size}, sqlite3.SQLITE_IOERR_TRUNCATE); rc != sqlite3.SQLITE_OK {
		return rc
	}
	return function[func(*libc.TLS, uintptr, int64) int32](f.methods.FxTruncate)(tls, pFile, size)
}

func (v *vfs) sync(tls *libc.TLS, pFile uintptr, flags int32) int32 {
	f := v.file(pFile)
	if rc := f.disk.admit(faults.Op{Kind: faults.Sync, File: f.name}, sqlite3.SQLITE_IOERR_FSYNC); rc != sqlite3.SQLITE_OK {
		return rc
	}
	if f.journal { // what comes of it, unix does not ask either
		f.disk.note(faults.Op{Kind: faults.SyncDirectory})
		f.journal = false
		v.mu.Lock()
		v.files[pFile] = f
		v.mu.Unlock()
	}
	return function[func(*libc.TLS, uintptr, int32) int32](f.methods.FxSync)(tls, pFile, flags)
}
