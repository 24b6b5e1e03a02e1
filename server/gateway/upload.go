package gateway

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"os"
	"strconv"
	"strings"

	"google.golang.org/grpc/codes"

	"gongkai/client"
	"gongkai/client/ledger"
	pb "gongkai/proto/disclosure/v1"
)

// What is taken in: how many requests at a time, and how much each may send. The service
// has closer bounds of its own; this one keeps the disk from filling.
const (
	filesAtOnce = 16
	fileLimit   = 256 << 20
)

// received is a file that was taken in.
type received struct {
	*os.File
	field, name string // of its part of a form; empty for a bare body
	size        int64
}

// receive takes in the files of a request, by whatever way it sends them: as parts of a
// form, or one as the body. They lie in the file system, for this process alone, until done
// is called. Nothing is read from whom the service does not know.
func (g *gateway) receive(w http.ResponseWriter, r *http.Request) (files []received, done func(), err error) {
	c := callerIn(r.Context())
	c.unread = false
	if _, err := pb.NewPrincipalServiceClient(g.calls).GetPrincipal(r.Context(), &pb.GetPrincipalRequest{Name: "principals/me"}); err != nil {
		return nil, nil, err
	}
	select {
	case g.places <- struct{}{}:
	default:
		return nil, nil, crowded()
	}
	done = func() {
		defer func() { <-g.places }() // whatever becomes of the files
		if err := discard(files); err != nil {
			g.Log.LogAttrs(r.Context(), slog.LevelError, "discarding a file that was taken in", slog.String("error", err.Error()))
		}
	}
	control := http.NewResponseController(w)
	until := machineTime().Add(fileTimeout)
	_ = errors.Join(control.SetReadDeadline(until), control.SetWriteDeadline(until)) // what has no deadline has its own bounds
	r.Body = http.MaxBytesReader(w, c.body, fileLimit)
	if files, err = g.parts(r); err != nil {
		done()
		return nil, nil, arrival(err)
	}
	return files, done, nil
}

func crowded() *fault {
	return &fault{
		Code: codes.ResourceExhausted, Reason: pb.Reason_OVERLOADED,
		ZH: "同时上传的文件太多；请稍后重试", EN: "too many files are being sent at once; try again later",
	}
}

// arrival words why a body did not arrive.
func arrival(err error) error {
	if large, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return tooLarge(large.Limit)
	}
	if _, ok := errors.AsType[*fault](err); ok {
		return err
	}
	if _, ok := errors.AsType[*os.PathError](err); ok {
		return err
	}
	return malformed("文件没有完整到达：%v", "the file did not arrive whole: %v", err)
}

func (g *gateway) parts(r *http.Request) (files []received, err error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" {
		f, err := g.keep(r.Body)
		if err != nil {
			return nil, err
		}
		return []received{f}, nil
	}
	form, err := r.MultipartReader()
	if err != nil {
		return nil, err
	}
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err == nil && len(files) == partsAtMost {
			err = malformed("表单至多%d个文件", "a form holds at most %d files", partsAtMost)
		}
		var f received
		if err == nil {
			f, err = g.keep(part)
		}
		if err != nil {
			return nil, errors.Join(err, discard(files))
		}
		f.field, f.name = part.FormName(), part.FileName()
		files = append(files, f)
	}
}

const partsAtMost = 3

// keep writes a body to a file.
func (g *gateway) keep(body io.Reader) (received, error) {
	file, err := os.CreateTemp(g.Dir, "gongkai-*")
	if err != nil {
		return received{}, fmt.Errorf("keeping a file: %w", err)
	}
	f := received{File: file}
	if f.size, err = io.Copy(file, body); err != nil {
		return received{}, errors.Join(err, discard([]received{f}))
	}
	return f, nil
}

func discard(files []received) (err error) {
	for _, f := range files {
		err = errors.Join(err, f.Close(), os.Remove(f.Name()))
	}
	return err
}

// uploadAttachment stores a file; what it is stands in the parameters.
func (g *gateway) uploadAttachment(w http.ResponseWriter, r *http.Request, path map[string]string) error {
	header := &pb.UploadAttachmentHeader{}
	if err := fill(header, r, path); err != nil {
		return err
	}
	c := callerIn(r.Context())
	if err := c.repeat(header.ProtoReflect()); err != nil {
		return err
	}
	files, done, err := g.receive(w, r)
	if err != nil {
		return err
	}
	defer done()
	if len(files) != 1 {
		return malformed("请发送一个文件", "send one file")
	}
	if header.GetFileName() == "" {
		header.FileName = files[0].name
	}
	if err := expected(header, files[0]); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), fileTimeout)
	defer cancel()
	out, err := client.New(g.calls, c.language()).UploadAttachment(ctx, header, files[0], nil)
	if err != nil {
		return err
	}
	text, err := newCodec(false).Marshal(out)
	if err != nil {
		return err
	}
	writeJSON(w, text)
	return nil
}

// expected compares what came with what the caller said would come, before the library
// measures it anew.
func expected(header *pb.UploadAttachmentHeader, f received) error {
	if said := header.GetSize(); said != 0 && said != f.size {
		return invalid("size", "收到%d字节，与所给不符", "%d bytes came, which is not what was said", f.size)
	}
	if header.GetSha256() == "" {
		return nil
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(f, 0, f.size)); err != nil {
		return fmt.Errorf("reading a file that was taken in: %w", err)
	}
	if !strings.EqualFold(hex.EncodeToString(sum.Sum(nil)), header.GetSha256()) {
		return invalid("sha256", "收到的内容与所给摘要不符", "what came has another SHA-256 than was said")
	}
	return nil
}

// importLedger takes in ledgers: the body, or the parts applications, remedies and figures
// of a form, each as CSV or XLSX.
func (g *gateway) importLedger(w http.ResponseWriter, r *http.Request, path map[string]string) error {
	header := &pb.ImportHeader{}
	if err := fill(header, r, path); err != nil {
		return err
	}
	files, done, err := g.receive(w, r)
	if err != nil {
		return err
	}
	defer done()
	sources, err := sourcesOf(files)
	defer func() {
		for _, s := range sources {
			_ = s.Reader.Close() // it was only read
		}
	}()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), fileTimeout)
	defer cancel()
	balance, err := client.New(g.calls, callerIn(r.Context()).language()).Import(ctx, client.Import{
		Agency: strings.TrimPrefix(header.GetParent(), "agencies/"), DryRun: header.GetDryRun(), Sources: sources,
	})
	if broken, ok := errors.AsType[*client.SourceError](err); ok {
		return unreadableFile(broken)
	}
	if err != nil {
		return err
	}
	text, err := json.Marshal(balance)
	if err != nil {
		return err
	}
	writeJSON(w, text)
	return nil
}

// sourcesOf opens the ledgers in the order in which they are judged. A workbook of
// applications brings its other sheets, unless they came as files of their own.
func sourcesOf(files []received) (sources []client.Source, err error) {
	given := map[ledger.Sheet]received{}
	for _, f := range files {
		sheet, err := sheetOf(cmp.Or(f.field, string(ledger.Applications)))
		if _, twice := given[sheet]; err != nil || twice {
			return nil, invalid(f.field, "应为applications, remedies, figures各至多一个文件", "it must be applications, remedies or figures, each once")
		}
		given[sheet] = f
	}
	if err := unfold(given); err != nil {
		return nil, err
	}
	for _, sheet := range []ledger.Sheet{ledger.Applications, ledger.Remedies, ledger.Figures} {
		f, ok := given[sheet]
		if !ok {
			continue
		}
		name := cmp.Or(f.name, f.field, string(sheet))
		reader, err := ledger.NewReader(f, f.size, sheet)
		if err != nil {
			return sources, unreadableFile(&client.SourceError{Name: name, Err: err})
		}
		sources = append(sources, client.Source{Name: name, Sheet: sheet, Reader: reader})
	}
	return sources, nil
}

// unfold adds the other sheets of a workbook of applications.
func unfold(given map[ledger.Sheet]received) error {
	main, ok := given[ledger.Applications]
	magic := make([]byte, len(zipMagic))
	if _, err := main.ReadAt(magic, 0); !ok || err != nil || string(magic) != zipMagic {
		return nil //nolint:nilerr // what is shorter is no workbook
	}
	sheets, err := ledger.Sheets(main.Name())
	if err != nil {
		return unreadableFile(&client.SourceError{Name: main.name, Err: err})
	}
	for _, sheet := range sheets {
		if _, taken := given[sheet]; !taken {
			given[sheet] = received{File: main.File, size: main.size, name: cmp.Or(main.name, string(ledger.Applications)) + "#" + string(sheet)}
		}
	}
	return nil
}

const zipMagic = "PK\x03\x04"

// unreadableFile words what is wrong with a ledger as a whole.
func unreadableFile(broken *client.SourceError) error {
	if f, ok := errors.AsType[*ledger.FileError](broken.Err); ok {
		fault := invalid(broken.Name, "", "")
		fault.ZH, fault.EN = f.ZH, f.EN
		return fault
	}
	return malformed("文件无法读取：%v", "the file cannot be read: %v", broken.Err)
}

func writeJSON(w http.ResponseWriter, text []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	_, _ = w.Write(text) // whoever went away needs none
}
