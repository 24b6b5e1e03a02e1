package server_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server"
	"gongkai/storage"
	"gongkai/storage/blob"
	"gongkai/storage/postgres"
	"gongkai/storage/sqlite"
	"gongkai/storage/storagetest/pgtest"
	"gongkai/workflow"
)

// filing is an office that keeps attachments, with one open case.
type filing struct {
	*office
	conn   *grpc.ClientConn // of an officer
	files  pb.AttachmentServiceClient
	server *server.Server
	blobs  blob.Store
	dir    string // of the files, or of the drafts alone
	open   string // resource name of the case
}

// onEngines runs a test on both engines.
func onEngines(t *testing.T, test func(*testing.T, *filing)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, newFiling(t, nil)) })
	t.Run("postgres", func(t *testing.T) { test(t, newFilingOnPostgres(t, nil)) })
}

// newFiling serves on SQLite; set may change what is served.
func newFiling(t testing.TB, set func(*server.Config)) *filing {
	t.Helper()
	path := filepath.Join(t.TempDir(), "gongkai.db")
	store, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	dir := blob.Beside(path)
	blobs, err := blob.OpenDir(dir, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return serveFiling(t, store, blobs, dir, set)
}

func newFilingOnPostgres(t testing.TB, set func(*server.Config)) *filing {
	t.Helper()
	dsn, err := pgtest.Start(t).Create(t.Context(), "attachments")
	if err != nil {
		t.Fatal(err)
	}
	volatile := postgres.Options{Volatile: true}
	store, err := postgres.Open(t.Context(), dsn, volatile)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "drafts")
	blobs, err := postgres.OpenBlobs(t.Context(), dsn, dir, time.Now, volatile)
	if err != nil {
		t.Fatal(err)
	}
	return serveFiling(t, store, blobs, dir, set)
}

func serveFiling(t testing.TB, store storage.Store, blobs blob.Store, dir string, set func(*server.Config)) *filing {
	t.Helper()
	token := server.NewToken()
	if _, err := server.FirstAdministrator(t.Context(), store, token, time.Now()); err != nil {
		t.Fatal(err)
	}
	config := server.Config{
		Store: store, Now: time.Now, Today: day(t, today), Log: slog.New(slog.DiscardHandler), Attachments: server.Attachments{Blobs: blobs},
	}
	if set != nil {
		set(&config)
	}
	s, err := server.New(config)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	e := &env{t: t, store: store, target: l.Addr().String()}
	t.Cleanup(func() {
		stop()
		if err := errors.Join(<-done, store.Close(), blobs.Close()); err != nil {
			t.Errorf("ending: %v", err)
		}
	})
	e.admin = e.dial(token)
	e.agency(t, "own", "")
	e.agency(t, "other", "")
	o := &office{env: e}
	o.supervisor = pb.NewApplicationServiceClient(e.conn(t, workflow.Supervisor, "own"))
	f := &filing{office: o, conn: e.conn(t, workflow.Officer, "own"), server: s, blobs: blobs, dir: dir}
	f.files = pb.NewAttachmentServiceClient(f.conn)
	f.officer, f.remedies = pb.NewApplicationServiceClient(f.conn), pb.NewRemedyServiceClient(f.conn)
	f.open = o.register(t, handedOver("2026-06-09")).GetName()
	return f
}

// pdf is a PDF of at least n bytes, each seed another.
func pdf(n int, seed byte) []byte {
	b := append([]byte("%PDF-1.7\n%"), bytes.Repeat([]byte{'a' + seed%26}, n)...)
	return append(b, "\n%%EOF\n"...)
}

// headerFor is the header of a content for the open case.
func (f *filing) headerFor(content []byte) *pb.UploadAttachmentHeader {
	sum := sha256.Sum256(content)
	return &pb.UploadAttachmentHeader{
		Parent: "agencies/own", Application: f.open, Kind: pb.Attachment_FORM, FileName: "申请表.pdf",
		Size: int64(len(content)), Sha256: hex.EncodeToString(sum[:]), RequestId: uuid.NewString(),
	}
}

// send uploads a content behind a header.
func send(ctx context.Context, files pb.AttachmentServiceClient, h *pb.UploadAttachmentHeader, content []byte) (*pb.Attachment, error) {
	stream, err := files.UploadAttachment(ctx)
	if err != nil {
		return nil, err
	}
	err = stream.Send(&pb.UploadAttachmentRequest{Part: &pb.UploadAttachmentRequest_Header{Header: h}})
	for len(content) > 0 && err == nil {
		n := min(len(content), blob.ChunkSize)
		err = stream.Send(&pb.UploadAttachmentRequest{Part: &pb.UploadAttachmentRequest_Data{Data: content[:n]}})
		content = content[n:]
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return stream.CloseAndRecv()
}

// add uploads a content that must be taken.
func (f *filing) add(t testing.TB, content []byte) *pb.Attachment {
	t.Helper()
	a, err := send(t.Context(), f.files, f.headerFor(content), content)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// receive downloads a content; what came before an error comes with it.
func receive(ctx context.Context, files pb.AttachmentServiceClient, name string) (content []byte, err error) {
	stream, err := files.DownloadAttachment(ctx, &pb.DownloadAttachmentRequest{Name: name})
	if err != nil {
		return nil, err
	}
	for {
		part, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return content, nil
		}
		if err != nil {
			return content, err
		}
		if n := len(part.GetData()); n == 0 || n > blob.ChunkSize {
			return content, errors.New("a piece of a wrong size")
		}
		content = append(content, part.GetData()...)
	}
}

// list lists what the agency has.
func (f *filing) list(t testing.TB) []*pb.Attachment {
	t.Helper()
	out, err := f.files.ListAttachments(t.Context(), &pb.ListAttachmentsRequest{Parent: "agencies/own", PageSize: 1000})
	if err != nil {
		t.Fatal(err)
	}
	return out.GetAttachments()
}

// contentName is where a content may lie; all else are drafts.
var contentName = regexp.MustCompile(`^[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{64}$`)

// lying lists the contents and the drafts that lie on the disk, and whatever else does.
func (f *filing) lying(t testing.TB) (contents, drafts, alien []string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(f.dir), ".", func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil || e.IsDir():
			return err
		case contentName.MatchString(path):
			contents = append(contents, path)
		case filepath.Dir(path) == "draft":
			drafts = append(drafts, path)
		default:
			alien = append(alien, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return contents, drafts, alien
}

// clean waits until no draft lies there: a handler ends shortly after its client knows.
func (f *filing) clean(t testing.TB) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		_, drafts, alien := f.lying(t)
		if len(alien) > 0 {
			t.Fatalf("beside the contents lie %v", alien)
		}
		if len(drafts) == 0 {
			return
		}
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatalf("drafts are left: %v", drafts)
		}
	}
}

// held are the contents that the store holds.
func (f *filing) held(t testing.TB) int {
	t.Helper()
	list, err := f.blobs.List(t.Context(), storage.Digest{}, 1000)
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}
