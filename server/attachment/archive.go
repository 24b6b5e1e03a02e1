package attachment

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
)

// maxEntries bounds the parts of an archive, and maxDirectory how much is read to list
// them: a file that is nothing but a directory takes six times its size in memory. A long
// report has some thousand parts.
const (
	maxEntries   = 20_000
	maxDirectory = 4 << 20
)

// errLong says that the directory of an archive is longer than any document's.
var errLong = errors.New("its directory is too long")

// isArchive reports whether a program for archives would open a content, wherever in it
// the archive begins.
func isArchive(r io.ReaderAt, size int64) bool {
	_, err := openArchive(r, size)
	return err == nil || errors.Is(err, zip.ErrInsecurePath) || errors.Is(err, errLong)
}

// openArchive lists the parts of an archive.
func openArchive(r io.ReaderAt, size int64) (*zip.Reader, error) {
	b := &bounded{r, maxDirectory}
	z, err := zip.NewReader(b, size)
	b.left = maxEntries * localHeader // to find where each begins
	return z, err
}

// bounded reads no more than so many bytes.
type bounded struct {
	io.ReaderAt
	left int64
}

func (b *bounded) ReadAt(p []byte, at int64) (int, error) {
	if b.left -= int64(len(p)); b.left < 0 {
		return 0, errLong
	}
	return b.ReaderAt.ReadAt(p, at)
}

// The parts by which documents are known that are archives.
const (
	ofdRoot     = "OFD.xml"
	officeTypes = "[Content_Types].xml"
	wordPart    = "word/document.xml"
	sheetPart   = "xl/workbook.xml"
)

// sniffArchive knows OFD, DOCX and XLSX by their parts. It opens none of them.
func sniffArchive(r io.ReaderAt, size int64) (string, error) {
	z, err := openArchive(r, size)
	if errors.Is(err, errLong) {
		return "", fmt.Errorf("%w: %w", ErrUnsafe, err)
	}
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return "", fmt.Errorf("%w: %w", ErrBroken, err)
	}
	if len(z.File) > maxEntries {
		return "", fmt.Errorf("%w: it has %d parts", ErrUnsafe, len(z.File))
	}
	parts := make(map[string]bool, len(z.File))
	first := int64(size)
	for _, f := range z.File {
		if err := checkEntry(f, parts); err != nil {
			return "", err
		}
		parts[f.Name] = true
		if at, err := f.DataOffset(); err == nil {
			first = min(first, at)
		}
	}
	if first > localHeader+maxName+maxExtra {
		return "", fmt.Errorf("%w: an archive behind something else", ErrAmbiguous)
	}
	return byParts(parts)
}

// What precedes the data of the first part: its header, name and extra fields.
const (
	localHeader = 30
	maxName     = 1 << 10
	maxExtra    = 4 << 10
)

// byParts says which document has these parts.
func byParts(parts map[string]bool) (string, error) {
	media := ""
	for _, known := range []struct {
		media string
		parts []string
	}{
		{OFD, []string{ofdRoot}},
		{DOCX, []string{officeTypes, wordPart}},
		{XLSX, []string{officeTypes, sheetPart}},
	} {
		has := true
		for _, p := range known.parts {
			has = has && parts[p]
		}
		switch {
		case has && media != "":
			return "", fmt.Errorf("%w: %s and %s", ErrAmbiguous, media, known.media)
		case has:
			media = known.media
		}
	}
	if media == "" {
		return "", fmt.Errorf("%w: an archive", ErrUnknown)
	}
	return media, nil
}

// checkEntry refuses a part that would lead a program that unpacks it elsewhere, that
// hides another one, or that runs.
func checkEntry(f *zip.File, before map[string]bool) error {
	name := strings.ReplaceAll(f.Name, `\`, "/")
	switch {
	case f.Mode()&fs.ModeType&^fs.ModeDir != 0:
		return fmt.Errorf("%w: a part is a link or device", ErrUnsafe)
	case name == "" || strings.HasPrefix(name, "/") || strings.ContainsAny(name, "\x00:") || name != f.Name ||
		path.Clean(name) == ".." || strings.HasPrefix(path.Clean(name), "../") || strings.Contains("/"+name+"/", "/../"):
		return fmt.Errorf("%w: the name of a part leads elsewhere", ErrUnsafe)
	case before[f.Name]:
		return fmt.Errorf("%w: two parts have one name", ErrAmbiguous)
	case strings.HasSuffix(strings.ToLower(name), "vbaproject.bin"):
		return fmt.Errorf("%w: macros", ErrUnsafe)
	}
	return nil
}
