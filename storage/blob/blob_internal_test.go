package blob

import (
	"errors"
	"io/fs"
	"syscall"
	"testing"

	"gongkai/storage"
)

// TestFull: whatever keeps a disk from taking a content, the writer is told that nothing was
// saved, and not that the service is at fault.
func TestFull(t *testing.T) {
	for _, cause := range []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT, syscall.EROFS, syscall.EIO} {
		if err := full(&fs.PathError{Op: "sync", Path: "draft", Err: cause}); !errors.Is(err, storage.ErrFull) {
			t.Errorf("%v becomes %v", cause, err)
		}
	}
	if err := full(fs.ErrNotExist); errors.Is(err, storage.ErrFull) {
		t.Errorf("a file that is not there becomes %v", err)
	}
}
