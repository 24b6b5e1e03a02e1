package faults

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// shutdown is EXT4_IOC_SHUTDOWN. With noFlush the file system stops at once, as if the power
// went: not even its journal is written.
const (
	shutdown = 0x8004587d
	noFlush  = 2
)

// Ext4 is a real file system on a loop device.
type Ext4 struct{ image, dir string }

// NewExt4 makes and mounts an ext4 of so many MiB; errors=remount-ro turns it read-only at
// the first sign of damage.
func NewExt4(t testing.TB, mib int) *Ext4 {
	t.Helper()
	NeedRoot(t)
	NeedCommand(t, "mkfs.ext4", "e2fsprogs")
	if _, err := os.Stat("/dev/loop-control"); err != nil {
		Skip(t, "/dev/loop-control", "modprobe loop, or start the container with --privileged")
	}
	base := Memory(t)
	e := &Ext4{filepath.Join(base, "image"), filepath.Join(base, "mount")}
	err := errors.Join(os.WriteFile(e.image, nil, 0o600), os.Truncate(e.image, int64(mib)<<20), os.Mkdir(e.dir, 0o700))
	if err == nil {
		err = run("mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=1", e.image)
	}
	if err == nil {
		err = e.Mount()
	}
	if err != nil {
		t.Fatalf("making an ext4: %v", err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

// Dir is Disk.
func (e *Ext4) Dir() string { return e.dir }

// Mount is Disk.
func (e *Ext4) Mount() error {
	if mounted(e.dir) {
		return nil
	}
	return run("mount", "-o", "loop,errors=remount-ro", e.image, e.dir)
}

// Cut is Disk.
func (e *Ext4) Cut() error {
	d, err := os.Open(e.dir)
	if err != nil {
		return err
	}
	flags := uint32(noFlush)
	_, _, errno := syscall.Syscall(syscall.SYS_IOCTL, d.Fd(), shutdown, pointer(&flags))
	if errno != 0 {
		err = fmt.Errorf("shut %s down: %w", e.dir, errno)
	}
	return errors.Join(err, d.Close())
}

// Restore is Disk. Mounting replays the journal of the file system.
func (e *Ext4) Restore() (string, error) {
	return e.dir, errors.Join(e.unmount(), e.Mount())
}

// BreakDown makes the kernel find an error in the file system, which turns it read-only
// under whoever writes. Restore repairs it.
func (e *Ext4) BreakDown() error {
	device, err := deviceOf(e.dir)
	if err != nil {
		return err
	}
	return os.WriteFile("/sys/fs/ext4/"+filepath.Base(device)+"/trigger_fs_error", []byte("test"), 0o200)
}

// Repair unmounts, lets fsck do what it must, and mounts again.
func (e *Ext4) Repair() error {
	if err := e.unmount(); err != nil {
		return err
	}
	_ = run("e2fsck", "-p", "-f", e.image) // answers 1 when it corrected something
	return e.Mount()
}

func (e *Ext4) unmount() error {
	if !mounted(e.dir) {
		return nil
	}
	return unmount(e.dir)
}

// Close is Disk.
func (e *Ext4) Close() error { return e.unmount() }

// Tmpfs is a file system in memory that is full after so many KiB.
type Tmpfs struct{ dir string }

// NewTmpfs mounts one.
func NewTmpfs(t testing.TB, kib int) *Tmpfs {
	t.Helper()
	NeedRoot(t)
	f := &Tmpfs{t.TempDir()}
	if err := run("mount", "-t", "tmpfs", "-o", fmt.Sprintf("size=%dk,mode=0700", kib), "tmpfs", f.dir); err != nil {
		Skip(t, "mounting a tmpfs", "start the container with --privileged or --cap-add SYS_ADMIN: "+err.Error())
	}
	t.Cleanup(func() { _ = unmount(f.dir) })
	return f
}

// Dir is where it is mounted.
func (f *Tmpfs) Dir() string { return f.dir }

// Fill takes all the space but so many KiB, though others write meanwhile; Free gives it back.
func (f *Tmpfs) Fill(leave int) error {
	file, err := os.OpenFile(filepath.Join(f.dir, "filler"), os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	for {
		var s syscall.Statfs_t
		if err = syscall.Statfs(f.dir, &s); err != nil {
			break
		}
		size := int64(s.Bavail)*s.Bsize - int64(leave)<<10
		if size <= 0 {
			break
		}
		if err = syscall.Fallocate(int(file.Fd()), 0, 0, size); !errors.Is(err, syscall.ENOSPC) {
			break
		}
	}
	return errors.Join(err, file.Close())
}

// Free removes what Fill put there.
func (f *Tmpfs) Free() error { return os.Remove(filepath.Join(f.dir, "filler")) }

// unmount waits for a program that was killed to let go.
func unmount(dir string) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	var err error
	for range 500 {
		if err = syscall.Unmount(dir, 0); !errors.Is(err, syscall.EBUSY) {
			return err
		}
		<-tick.C
	}
	return fmt.Errorf("unmount %s: %w", dir, err)
}

func mounted(dir string) bool {
	_, err := deviceOf(dir)
	return err == nil
}

// deviceOf says what is mounted at a directory.
func deviceOf(dir string) (string, error) {
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(mounts)) {
		if f := strings.Fields(line); len(f) > 1 && f[1] == dir {
			return f[0], nil
		}
	}
	return "", fmt.Errorf("%s is not mounted", dir)
}
