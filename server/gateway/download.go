package gateway

import (
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/utilities"
	"google.golang.org/protobuf/proto"

	"gongkai/client"
	"gongkai/client/ledger"
	pb "gongkai/proto/disclosure/v1"
)

// How long a file may take on its way, and each piece of it.
const (
	fileTimeout  = 15 * time.Minute
	pieceTimeout = 2 * time.Minute
)

// registerFiles adds the handlers of what is given out or taken in as files.
func (g *gateway) registerFiles() error {
	for _, f := range []struct {
		method, pattern string
		handle          func(w http.ResponseWriter, r *http.Request, path map[string]string) error
	}{
		{http.MethodGet, "/v1/{name=agencies/*/attachments/*}:download", g.downloadAttachment},
		{http.MethodGet, "/v1/{name=agencies/*/letters/*}:download", g.downloadLetter},
		{http.MethodGet, "/v1/{parent=agencies/*}/annualReports/{year}/{form}:export", g.exportReport},
		{http.MethodGet, "/v1/{parent=agencies/*}/ledgers/{sheet}:download", g.downloadLedger},
		{http.MethodPost, "/v1/{parent=agencies/*}/attachments:upload", g.uploadAttachment},
		{http.MethodPost, "/v1/{parent=agencies/*}/ledgers:import", g.importLedger},
	} {
		err := g.mux.HandlePath(f.method, f.pattern, func(w http.ResponseWriter, r *http.Request, path map[string]string) {
			if err := f.handle(w, r, path); err != nil {
				g.fail(w, r, err)
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// fill reads the path and the parameters of an address into a request.
func fill(m proto.Message, r *http.Request, path map[string]string, besides ...string) error {
	fields := m.ProtoReflect().Descriptor().Fields()
	bound := [][]string{}
	for name, value := range path {
		if fields.ByTextName(name) == nil {
			continue
		}
		if err := (query{}).Parse(m, map[string][]string{name: {value}}, utilities.NewDoubleArray(nil)); err != nil {
			return err
		}
		bound = append(bound, []string{name})
	}
	values := r.URL.Query()
	for _, name := range besides {
		values.Del(name)
	}
	callerIn(r.Context()).unread = false
	return query{}.Parse(m, values, utilities.NewDoubleArray(bound))
}

// piece is a part of a file; the first one says what it is.
type piece struct {
	data            []byte
	name, mediaType string
	size            int64  // 0: not known beforehand
	sha256          string // in hexadecimal digits; empty: not known beforehand
}

func (g *gateway) downloadAttachment(w http.ResponseWriter, r *http.Request, path map[string]string) error {
	req := &pb.DownloadAttachmentRequest{}
	if err := fill(req, r, path); err != nil {
		return err
	}
	stream, err := pb.NewAttachmentServiceClient(g.calls).DownloadAttachment(r.Context(), req)
	if err != nil {
		return err
	}
	return g.send(w, func() (piece, error) {
		m, err := stream.Recv()
		a := m.GetAttachment()
		return piece{m.GetData(), a.GetFileName(), a.GetMediaType(), a.GetSize(), a.GetSha256()}, err
	})
}

func (g *gateway) downloadLetter(w http.ResponseWriter, r *http.Request, path map[string]string) error {
	req := &pb.DownloadLetterRequest{}
	if err := fill(req, r, path); err != nil {
		return err
	}
	stream, err := pb.NewLetterServiceClient(g.calls).DownloadLetter(r.Context(), req)
	if err != nil {
		return err
	}
	const docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	return g.send(w, func() (piece, error) {
		m, err := stream.Recv()
		l := m.GetLetter()
		return piece{m.GetData(), l.GetFileName(), docx, l.GetSize(), l.GetSha256()}, err
	})
}

func (g *gateway) exportReport(w http.ResponseWriter, r *http.Request, path map[string]string) error {
	req := &pb.ExportReportRequest{}
	if err := fill(req, r, path); err != nil {
		return err
	}
	stream, err := pb.NewDocumentServiceClient(g.calls).ExportReport(r.Context(), req)
	if err != nil {
		return err
	}
	return g.send(w, func() (piece, error) {
		m, err := stream.Recv()
		return piece{data: m.GetData(), name: m.GetFileName(), mediaType: m.GetMediaType()}, err
	})
}

// send answers with a file. An error before the first piece is answered as any other; one
// after it breaks the connection off, so that nobody takes a part for the whole.
func (g *gateway) send(w http.ResponseWriter, next func() (piece, error)) error {
	first, err := next()
	p := first
	for err == nil && len(p.data) == 0 {
		p, err = next()
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	describe(w.Header(), first)
	control := http.NewResponseController(w)
	for ; err == nil; p, err = next() {
		_ = control.SetWriteDeadline(machineTime().Add(pieceTimeout)) // what has no deadline has its own bounds
		if _, err := w.Write(p.data); err != nil {
			panic(http.ErrAbortHandler)
		}
	}
	if !errors.Is(err, io.EOF) {
		panic(http.ErrAbortHandler)
	}
	return nil
}

// describe sets the headers of a file. It is never shown in the page of a browser.
func describe(h http.Header, p piece) {
	h.Set("Content-Type", cmp.Or(p.mediaType, "application/octet-stream"))
	h.Set("Content-Disposition", disposition(p.name))
	if p.size > 0 {
		h.Set("Content-Length", strconv.FormatInt(p.size, 10))
	}
	if sum, err := hex.DecodeString(p.sha256); err == nil && len(sum) > 0 {
		h.Set("Repr-Digest", "sha-256=:"+base64.StdEncoding.EncodeToString(sum)+":")
	}
}

// disposition names a file (RFC 6266). A name is text; that it looks like a path means
// nothing, and nobody should take it for one.
func disposition(name string) string {
	name = strings.NewReplacer("/", "_", `\`, "_", "\x00", "_").Replace(name)
	return mime.FormatMediaType("attachment", map[string]string{"filename": cmp.Or(name, "file")})
}

// downloadLedger writes a ledger as CSV or, with format=xlsx, as a workbook.
func (g *gateway) downloadLedger(w http.ResponseWriter, r *http.Request, path map[string]string) error {
	req := &pb.ExportLedgerRequest{}
	if err := fill(req, r, path, "format"); err != nil {
		return err
	}
	format := cmp.Or(r.URL.Query().Get("format"), "csv")
	mediaType := map[string]string{"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}[format]
	if mediaType == "" {
		return invalid("format", "没有该格式；可取csv, xlsx", "there is no such format; it takes csv, xlsx")
	}
	sheet, err := sheetOf(req.GetSheet())
	if err != nil {
		return err
	}
	late := &lateWriter{w: w, head: piece{name: req.GetSheet() + "." + format, mediaType: mediaType}}
	_, err = client.New(g.calls, callerIn(r.Context()).language()).Export(r.Context(), client.Export{
		Agency: strings.TrimPrefix(req.GetParent(), "agencies/"), Sheet: sheet, Headings: req.GetHeadings(), Workbook: format == "xlsx",
		Filter: req.GetFilter(), Words: req.GetWords(),
	}, late)
	switch {
	case err != nil && late.sent:
		panic(http.ErrAbortHandler)
	case err != nil:
		return err
	}
	return late.flush()
}

func sheetOf(name string) (ledger.Sheet, error) {
	switch s := ledger.Sheet(name); s {
	case ledger.Applications, ledger.Remedies, ledger.Figures:
		return s, nil
	}
	return "", invalid("sheet", "没有该台账；可取applications, remedies, figures", "there is no such ledger; it is one of applications, remedies, figures")
}

// lateWriter holds the beginning of a file back, so that an error that comes early is
// answered as one.
type lateWriter struct {
	w    http.ResponseWriter
	head piece
	held []byte
	sent bool
}

const heldBytes = 64 << 10

// Write is io.Writer's.
func (l *lateWriter) Write(b []byte) (int, error) {
	l.held = append(l.held, b...)
	if len(l.held) < heldBytes {
		return len(b), nil
	}
	return len(b), l.flush()
}

func (l *lateWriter) flush() error {
	if !l.sent {
		describe(l.w.Header(), l.head)
		l.sent = true
	}
	_ = http.NewResponseController(l.w).SetWriteDeadline(machineTime().Add(pieceTimeout))
	_, err := l.w.Write(l.held)
	l.held = l.held[:0]
	return err
}
