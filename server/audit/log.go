package audit

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// signatureMark begins the lines of signatures under a note.
const signatureMark = "— "

// maxLine bounds a line of a file of checkpoints; longLine stands for one that is longer,
// such as the zeros that a power cut may leave: it is part of no note.
const (
	maxLine  = 1 << 16
	longLine = "#\n"
)

// notes hands out the signed notes of a file, one after another. A note is a text, an
// empty line, and its signatures; empty lines may follow. What a crash left of a note has
// no signature or ends within a line, and is counted only.
func notes(r io.Reader, each func(msg []byte) error) (torn int, err error) {
	lines := bufio.NewReaderSize(r, maxLine)
	var msg []byte
	texts, signed := false, false // what msg holds
	end := func() error {
		m := msg
		msg, texts = nil, false
		if signed {
			signed = false
			return each(m)
		}
		torn++
		return nil
	}
	for {
		line, whole, err := readLine(lines)
		if err != nil {
			return torn, err
		}
		mark := bytes.HasPrefix(line, []byte(signatureMark))
		if signed && !mark || texts && endsEmpty(msg) && !mark {
			if err := end(); err != nil {
				return torn, err
			}
		}
		if !whole {
			return torn + min(len(line)+len(msg), 1), nil
		}
		if len(line) == 1 && !texts {
			continue
		}
		texts, signed = true, mark
		if len(msg) > maxLine { // nor is so long a text one
			msg = append(msg[:0], longLine...)
		}
		msg = append(msg, line...)
	}
}

// readLine reads a line; the last of a file may not be whole.
func readLine(lines *bufio.Reader) (line []byte, whole bool, err error) {
	line, err = lines.ReadSlice('\n')
	for errors.Is(err, bufio.ErrBufferFull) {
		_, err = lines.ReadSlice('\n')
		line = []byte(longLine)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, false, fmt.Errorf("read the checkpoints: %w", err)
	}
	return line, err == nil, nil
}

// endsEmpty reports whether a text ends with an empty line.
func endsEmpty(text []byte) bool { return bytes.HasSuffix(text, []byte("\n\n")) }

// Log is a file of checkpoints that is only added to.
type Log struct{ path string }

// NewLog names a file of checkpoints, which need not be there yet.
func NewLog(path string) *Log { return &Log{path} }

// last returns the checkpoint of the largest tree of each agency, whoever signed it.
func (l *Log) last() (map[string]Checkpoint, error) {
	last := map[string]Checkpoint{}
	f, err := os.Open(l.path)
	if errors.Is(err, fs.ErrNotExist) {
		return last, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the checkpoints: %w", err)
	}
	defer f.Close() //nolint:errcheck // it was read only
	_, err = notes(f, func(msg []byte) error {
		text, _, _ := bytes.Cut(msg, []byte("\n\n"))
		if c, err := ParseCheckpoint(string(text)); err == nil && c.Size >= last[c.Agency].Size {
			last[c.Agency] = c
		}
		return nil
	})
	return last, err
}

// add writes signed notes behind what is there, and returns once they are on the disk. It
// is one write, so that two who add at a time do not mix theirs.
func (l *Log) add(msgs [][]byte) (err error) {
	if len(msgs) == 0 {
		return nil
	}
	_, missing := os.Stat(l.path)
	f, err := os.OpenFile(l.path, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("write the checkpoints: %w", err)
	}
	defer func() {
		if e := f.Close(); e != nil && err == nil {
			err = fmt.Errorf("write the checkpoints: %w", e)
		}
	}()
	whole, err := endsWhole(f)
	if err != nil {
		return fmt.Errorf("write the checkpoints: %w", err)
	}
	var b bytes.Buffer
	if !whole { // a crash left part of a note: end it so that it is none, and runs into none
		b.WriteString("#\n\n")
	}
	for _, m := range msgs {
		b.Write(m)
		b.WriteByte('\n')
	}
	if _, err = f.Write(b.Bytes()); err == nil {
		err = f.Sync()
	}
	if err == nil && missing != nil && runtime.GOOS != "windows" { // directories cannot be synced there
		err = syncDirectory(filepath.Dir(l.path))
	}
	if err != nil {
		return fmt.Errorf("write the checkpoints: %w", err)
	}
	return nil
}

// endsWhole reports whether a file is empty or ends with the empty line behind a note.
func endsWhole(f *os.File) (bool, error) {
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return true, err
	}
	end := make([]byte, min(info.Size(), 2))
	if _, err := f.ReadAt(end, info.Size()-int64(len(end))); err != nil {
		return false, err
	}
	return endsEmpty(end), nil
}

func syncDirectory(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
