package ledger

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

// Limits of a workbook. A register of 100,000 rows and all columns unpacks to some
// 200 MiB of XML and shrinks thirtyfold; a bomb shrinks a thousandfold.
const (
	maxEntries  = 1000
	maxUnpacked = 512 << 20
	maxPart     = 256 << 20
	maxSmall    = 16 << 20
	bombSize    = 64 << 20
	bombRatio   = 200
	// maxMark is the most bytes between two angle brackets: a cell of MaxCell with
	// every character written as a reference.
	maxMark = 8 << 20
)

// archive gives the parts of a workbook by name.
type archive struct{ parts map[string]*zip.File }

// openArchive checks the directory of a zip file before anything of it is unpacked.
func openArchive(input io.ReaderAt, size int64) (*archive, error) {
	z, err := zip.NewReader(input, size)
	if err != nil {
		return nil, damaged(err)
	}
	if len(z.File) > maxEntries {
		return nil, tooLarge("entries")
	}
	a := &archive{parts: make(map[string]*zip.File, len(z.File))}
	var total uint64
	for _, f := range z.File {
		unpacked := f.UncompressedSize64
		total += min(unpacked, maxUnpacked+1)
		if total > maxUnpacked || unpacked > maxPart {
			return nil, tooLarge(f.Name)
		}
		if unpacked > bombSize && unpacked/bombRatio > f.CompressedSize64 {
			return nil, tooLarge(f.Name)
		}
		name := strings.ToLower(strings.ReplaceAll(f.Name, `\`, "/"))
		if _, taken := a.parts[name]; !taken {
			a.parts[name] = f
		}
	}
	return a, nil
}

// open unpacks a part as a stream that ends in an error where the part turns out larger
// than the directory says, or holds a mark of absurd length.
func (a *archive) open(name string) (io.ReadCloser, *guard, error) {
	f, ok := a.parts[strings.ToLower(name)]
	if !ok {
		return nil, nil, damaged(fmt.Errorf("part %q is missing", shorten(name)))
	}
	part, err := f.Open()
	if err != nil {
		return nil, nil, damaged(err)
	}
	return part, &guard{input: part, left: int64(f.UncompressedSize64), size: int64(f.UncompressedSize64)}, nil
}

// decode reads a small part whole.
func (a *archive) decode(name string, into any) error {
	part, guard, err := a.open(name)
	if err != nil {
		return err
	}
	if guard.size > maxSmall {
		return errors.Join(tooLarge(name), part.Close())
	}
	if err := xml.NewDecoder(guard).Decode(into); err != nil {
		return errors.Join(damaged(err), part.Close())
	}
	return part.Close()
}

// resolve finds the part that a relationship of another part points to.
func resolve(base, target string) string {
	if strings.HasPrefix(target, "/") {
		return strings.TrimPrefix(path.Clean(target), "/")
	}
	return path.Join(path.Dir(base), target)
}

// guard passes a part on while it keeps to its limits.
type guard struct {
	input      io.Reader
	left, size int64
	mark       int
}

func (g *guard) Read(p []byte) (int, error) {
	n, err := g.input.Read(p)
	g.left -= int64(n)
	if i := bytes.LastIndexByte(p[:n], '<'); i >= 0 {
		g.mark = n - i
	} else {
		g.mark += n
	}
	if g.left < 0 || g.mark > maxMark {
		return 0, tooLarge("XML")
	}
	return n, err
}

// damaged reports a workbook that does not hold together.
func damaged(err error) error {
	if known, ok := errors.AsType[*FileError](err); ok {
		return known
	}
	return &FileError{
		Err: ErrFormat,
		ZH:  "xlsx文件已损坏或不是工作簿。请用表格软件打开并重新保存。",
		EN:  fmt.Sprintf("the xlsx file is damaged or no workbook (%v); open and save it in a spreadsheet", err),
	}
}

// tooLarge reports a workbook that unpacks to more than a ledger holds.
func tooLarge(what string) error {
	return &FileError{
		Err: ErrLimit,
		ZH:  "xlsx文件解压后超出限度（共512 MiB，单个部分256 MiB，压缩比200）。请拆分文件，或改用CSV。",
		EN:  fmt.Sprintf("the xlsx file unpacks to more than is allowed (512 MiB in all, 256 MiB a part, ratio 200; at %q); split it, or use CSV", shorten(what)),
	}
}
