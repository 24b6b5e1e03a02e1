package server_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server"
	"gongkai/storage"
	"gongkai/storage/blob"
	"gongkai/workflow"
)

// begin opens an upload and sends its header and first piece.
func (f *filing) begin(ctx context.Context, t testing.TB, files pb.AttachmentServiceClient, content []byte) pb.AttachmentService_UploadAttachmentClient {
	t.Helper()
	stream, err := files.UploadAttachment(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []*pb.UploadAttachmentRequest{
		{Part: &pb.UploadAttachmentRequest_Header{Header: f.headerFor(content)}},
		{Part: &pb.UploadAttachmentRequest_Data{Data: content[:10]}},
	} {
		if err := stream.Send(m); err != nil {
			t.Fatal(err)
		}
	}
	return stream
}

// TestAttachmentBrokenOff: an upload that breaks off leaves nothing, wherever it does.
func TestAttachmentBrokenOff(t *testing.T) {
	onEngines(t, func(t *testing.T, f *filing) {
		content := pdf(1000, 0)
		ctx, cancel := context.WithCancel(t.Context())
		f.begin(ctx, t, f.files, content)
		cancel()
		_, err := f.begin(t.Context(), t, f.files, content).CloseAndRecv()
		wantRefusal(t, err, codes.InvalidArgument, pb.Reason_ATTACHMENT_MISMATCH)
		f.clean(t)
		if list := f.list(t); len(list) != 0 || f.held(t) != 0 {
			t.Errorf("it left %v and %d contents", list, f.held(t))
		}
	})
}

// TestAttachmentMessages sends messages out of order, empty and too large.
func TestAttachmentMessages(t *testing.T) {
	f := newFiling(t, nil)
	content := pdf(blob.ChunkSize+100, 0)
	header := &pb.UploadAttachmentRequest{Part: &pb.UploadAttachmentRequest_Header{Header: f.headerFor(content)}}
	data := func(n int) *pb.UploadAttachmentRequest {
		return &pb.UploadAttachmentRequest{Part: &pb.UploadAttachmentRequest_Data{Data: content[:n]}}
	}
	for _, tt := range []struct {
		name     string
		messages []*pb.UploadAttachmentRequest
		field    string
	}{
		{"none", nil, "header"},
		{"no header", []*pb.UploadAttachmentRequest{data(10)}, "header"},
		{"nothing", []*pb.UploadAttachmentRequest{{}}, "header"},
		{"two headers", []*pb.UploadAttachmentRequest{header, header}, "header"},
		{"an empty piece", []*pb.UploadAttachmentRequest{header, data(0)}, "data"},
		{"a piece that is too large", []*pb.UploadAttachmentRequest{header, data(blob.ChunkSize + 1)}, "data"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			stream, err := f.files.UploadAttachment(t.Context())
			for _, m := range tt.messages {
				err = errors.Join(err, stream.Send(m))
			}
			if err != nil && !errors.Is(err, io.EOF) {
				t.Fatal(err)
			}
			_, err = stream.CloseAndRecv()
			if got := wantRefusal(t, err, codes.InvalidArgument, pb.Reason_FIELD_INVALID); got.field != tt.field {
				t.Errorf("at %q, want %q", got.field, tt.field)
			}
		})
	}
	f.clean(t)
}

// TestAttachmentDamaged flips a byte of a content, and takes it away: neither is served as
// if nothing had happened.
func TestAttachmentDamaged(t *testing.T) {
	f := newFiling(t, nil)
	content := pdf(2*blob.ChunkSize, 0)
	a := f.add(t, content)
	contents, _, _ := f.lying(t)
	path := filepath.Join(f.dir, contents[0])
	for _, at := range []int{0, blob.ChunkSize, len(content) - 1} {
		damaged := bytes.Clone(content)
		damaged[at] ^= 4
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := receive(t.Context(), f.files, a.GetName())
		wantRefusal(t, err, codes.DataLoss, pb.Reason_ATTACHMENT_DAMAGED)
		if len(got) >= len(content) {
			t.Errorf("byte %d flipped: all %d bytes were sent", at, len(got))
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	got, err := receive(t.Context(), f.files, a.GetName())
	wantRefusal(t, err, codes.DataLoss, pb.Reason_ATTACHMENT_DAMAGED)
	if len(got) > 0 {
		t.Errorf("of a content that is gone %d bytes came", len(got))
	}
	f.add(t, content) // the same file again mends it
	if got, err := receive(t.Context(), f.files, a.GetName()); err != nil || !bytes.Equal(got, content) {
		t.Errorf("mended: %d bytes, %v", len(got), err)
	}
}

// watched is a store of contents that tells when a reading ends.
type watched struct {
	blob.Store
	ended chan struct{}
}

func (w watched) Open(ctx context.Context, sum storage.Digest) (io.ReadCloser, error) {
	r, err := w.Store.Open(ctx, sum)
	return &watchedReader{r, w.ended}, err
}

type watchedReader struct {
	io.ReadCloser
	ended chan struct{}
}

func (w *watchedReader) Close() error {
	close(w.ended)
	return w.ReadCloser.Close()
}

// TestAttachmentStandsStill: a client that sends or reads nothing is let go.
func TestAttachmentStandsStill(t *testing.T) {
	ended := make(chan struct{})
	f := newFiling(t, func(c *server.Config) {
		c.Limits.Idle = 50 * time.Millisecond
		c.Attachments.Blobs = watched{c.Attachments.Blobs, ended}
	})
	err := f.begin(t.Context(), t, f.files, pdf(1000, 0)).RecvMsg(&pb.Attachment{})
	wantRefusal(t, err, codes.DeadlineExceeded, pb.Reason_STREAM_IDLE)
	f.clean(t)

	content := pdf(4<<20, 0) // more than a connection takes in ahead
	sum := sha256.Sum256(content)
	if err := keepContent(t, f.blobs, content); err != nil {
		t.Fatal(err)
	}
	a := storage.Attachment{Kind: "FORM", Name: "x", MediaType: "application/pdf", Content: storage.Content{Sum: sum, Size: int64(len(content))}, CreateTime: time.Now(), Revision: 1}
	name := f.insert(t, a)
	stream, err := f.files.DownloadAttachment(t.Context(), &pb.DownloadAttachmentRequest{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	<-ended // nothing is read before the server has given up
	for err == nil {
		_, err = stream.Recv()
	}
	wantRefusal(t, err, codes.DeadlineExceeded, pb.Reason_STREAM_IDLE)
}

// keepContent keeps a content without a row.
func keepContent(t testing.TB, blobs blob.Store, content []byte) error {
	t.Helper()
	d, err := blobs.Draft()
	if err != nil {
		return err
	}
	if _, err = d.Write(content); err == nil {
		err = blobs.Keep(t.Context(), d)
	}
	return errors.Join(err, d.Discard())
}

// insert stores a row of the open case and returns its resource name.
func (f *filing) insert(t testing.TB, a storage.Attachment) string {
	t.Helper()
	err := f.store.Update(t.Context(), "own", func(w storage.Writer) error {
		of, err := w.ApplicationByNumber("own", "2026-00001")
		if err != nil {
			return err
		}
		a.Application = of.ID
		return w.InsertAttachment(&a, storage.Event{Revision: 1, Time: time.Now(), Actor: "x", Action: "upload_attachment", Facts: []byte(`{"v":1}`)})
	})
	if err != nil {
		t.Fatal(err)
	}
	list := f.list(t)
	return list[len(list)-1].GetName()
}

// TestAttachmentTakesTooLong: a transfer as a whole is bounded, however steadily it trickles.
func TestAttachmentTakesTooLong(t *testing.T) {
	f := newFiling(t, func(c *server.Config) { c.Attachments.Time = time.Nanosecond })
	content := pdf(1000, 0)
	_, err := send(t.Context(), f.files, f.headerFor(content), content)
	wantRefusal(t, err, codes.DeadlineExceeded, pb.Reason_TRANSFER_TOO_SLOW)
	if err := keepContent(t, f.blobs, content); err != nil {
		t.Fatal(err)
	}
	name := f.insert(t, storage.Attachment{Kind: "FORM", Name: "x", Content: storage.Content{Sum: sha256.Sum256(content), Size: int64(len(content))}, CreateTime: time.Now(), Revision: 1})
	_, err = receive(t.Context(), f.files, name)
	wantRefusal(t, err, codes.DeadlineExceeded, pb.Reason_TRANSFER_TOO_SLOW)
	f.clean(t)
}

// TestAttachmentRemovedPerson: a person who is removed during an upload stores nothing.
func TestAttachmentRemovedPerson(t *testing.T) {
	f := newFiling(t, nil)
	conn, person := f.person(t, workflow.Officer, "own")
	content := pdf(1000, 0)
	stream := f.begin(t.Context(), t, pb.NewAttachmentServiceClient(conn), content)
	if _, err := pb.NewPrincipalServiceClient(f.admin).DeletePrincipal(t.Context(), &pb.DeletePrincipalRequest{Name: person}); err != nil {
		t.Fatal(err)
	}
	if err := stream.Send(&pb.UploadAttachmentRequest{Part: &pb.UploadAttachmentRequest_Data{Data: content[10:]}}); err != nil && !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	_, err := stream.CloseAndRecv()
	wantRefusal(t, err, codes.Unauthenticated, pb.Reason_TOKEN_INVALID)
	if list := f.list(t); len(list) > 0 {
		t.Errorf("stored %v", list)
	}
}

// TestAttachmentWithoutToken: the chain that every call passes holds for both streams.
func TestAttachmentWithoutToken(t *testing.T) {
	f := newFiling(t, nil)
	nobody := pb.NewAttachmentServiceClient(f.dial("nobody"))
	content := pdf(10, 0)
	_, err := send(t.Context(), nobody, f.headerFor(content), content)
	wantRefusal(t, err, codes.Unauthenticated, pb.Reason_TOKEN_INVALID)
	_, err = receive(t.Context(), nobody, "agencies/own/attachments/2")
	wantRefusal(t, err, codes.Unauthenticated, pb.Reason_TOKEN_INVALID)
}

// panicking is a store of contents that panics.
type panicking struct{ blob.Store }

func (panicking) Draft() (*blob.Draft, error) { panic("draft") }

func (panicking) Open(context.Context, storage.Digest) (io.ReadCloser, error) { panic("open") }

// TestAttachmentPanic: a panic in a stream ends that stream alone.
func TestAttachmentPanic(t *testing.T) {
	f := newFiling(t, func(c *server.Config) { c.Attachments.Blobs = panicking{c.Attachments.Blobs} })
	content := pdf(10, 0)
	_, err := send(t.Context(), f.files, f.headerFor(content), content)
	wantRefusal(t, err, codes.Internal, pb.Reason_INTERNAL_ERROR)
	name := f.insert(t, storage.Attachment{Kind: "FORM", Name: "x", Content: storage.Content{Sum: sha256.Sum256(content), Size: int64(len(content))}, CreateTime: time.Now(), Revision: 1})
	_, err = receive(t.Context(), f.files, name)
	wantRefusal(t, err, codes.Internal, pb.Reason_INTERNAL_ERROR)
	if list := f.list(t); len(list) != 1 {
		t.Errorf("it no longer answers well: %v", list)
	}
}

// failing is a store of contents that keeps nothing.
type failing struct {
	blob.Store
	err error
}

func (f failing) Keep(context.Context, *blob.Draft) error { return f.err }

// TestAttachmentNotKept: where the content cannot be kept there is no row.
func TestAttachmentNotKept(t *testing.T) {
	f := newFiling(t, func(c *server.Config) { c.Attachments.Blobs = failing{c.Attachments.Blobs, storage.ErrFull} })
	content := pdf(10, 0)
	_, err := send(t.Context(), f.files, f.headerFor(content), content)
	wantRefusal(t, err, codes.ResourceExhausted, pb.Reason_OVERLOADED)
	if list := f.list(t); len(list) != 0 {
		t.Errorf("rows without content: %v", list)
	}
	f.clean(t)
}

// TestAttachmentScanner: what the scanner finds, or cannot look at, is not taken.
func TestAttachmentScanner(t *testing.T) {
	type answer struct {
		found string
		err   error
	}
	var now atomic.Pointer[answer]
	now.Store(&answer{err: errors.New("connection refused")})
	content := pdf(10, 0)
	f := newFiling(t, func(c *server.Config) {
		c.Attachments.Scan = func(_ context.Context, r io.Reader) (string, error) {
			if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, content) {
				t.Errorf("it was asked about %q, %v", got, err)
			}
			return now.Load().found, now.Load().err
		}
	})
	_, err := send(t.Context(), f.files, f.headerFor(content), content)
	wantRefusal(t, err, codes.Unavailable, pb.Reason_SCANNER_DOWN)
	now.Store(&answer{found: "Eicar-Signature"})
	_, err = send(t.Context(), f.files, f.headerFor(content), content)
	wantRefusal(t, err, codes.InvalidArgument, pb.Reason_ATTACHMENT_INFECTED)
	f.clean(t)
	if list := f.list(t); len(list) != 0 || f.held(t) != 0 {
		t.Errorf("stored %v and %d contents", list, f.held(t))
	}
	now.Store(&answer{})
	f.add(t, content)
}

// TestAttachmentSweep lets time pass: orphans and old drafts go after a day, what was
// withdrawn from an open case after thirty, and all else stays.
func TestAttachmentSweep(t *testing.T) {
	var at atomic.Int64
	at.Store(time.Now().UnixNano())
	now := func() time.Time { return time.Unix(0, at.Load()) }
	dir := filepath.Join(t.TempDir(), "files")
	blobs, err := blob.OpenDir(dir, now)
	if err != nil {
		t.Fatal(err)
	}
	defer blobs.Close()
	f := newFiling(t, func(c *server.Config) { c.Now, c.Attachments.Blobs = now, blobs })
	stays, goes := pdf(10, 0), pdf(10, 1)
	f.add(t, stays)
	gone := f.add(t, goes)
	both := f.add(t, pdf(10, 2))
	f.add(t, pdf(10, 2))
	for _, name := range []string{gone.GetName(), both.GetName()} {
		if _, err := f.files.WithdrawAttachment(t.Context(), &pb.WithdrawAttachmentRequest{Name: name, Reason: "误传"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := keepContent(t, blobs, pdf(10, 3)); err != nil {
		t.Fatal(err)
	}
	draft, err := blobs.Draft()
	if err != nil {
		t.Fatal(err)
	}
	defer draft.Discard() //nolint:errcheck // it is swept
	sweep := func(what string, later time.Duration, want int) {
		t.Helper()
		at.Add(int64(later))
		if n, err := f.server.SweepAttachments(t.Context()); n != want || err != nil {
			t.Errorf("%s: swept %d, %v, want %d", what, n, err, want)
		}
	}
	sweep("at once", 0, 0)
	sweep("within a day", 23*time.Hour, 0)
	sweep("after a day", 2*time.Hour, 2)
	sweep("again", 0, 0)
	sweep("within thirty days", 28*24*time.Hour, 0)
	sweep("after thirty days", 24*time.Hour, 1)
	sweep("after years", 10*365*24*time.Hour, 0)
	for _, content := range [][]byte{stays, pdf(10, 2)} {
		if err := blob.Check(t.Context(), blobs, storage.Content{Sum: sha256.Sum256(content), Size: int64(len(content))}); err != nil {
			t.Errorf("what is needed: %v", err)
		}
	}
}

// BenchmarkAttachment carries files of two sizes over gRPC, up and down.
func BenchmarkAttachment(b *testing.B) {
	for name, open := range map[string]func(testing.TB, func(*server.Config)) *filing{"sqlite": newFiling, "postgres": newFilingOnPostgres} {
		for _, size := range []int{1 << 20, 32 << 20} {
			f := open(b, func(c *server.Config) { c.Attachments.CaseBytes, c.Attachments.FileBytes = 1<<50, 1<<30 })
			content := pdf(size, 0)
			b.Run(name+"/up/"+sizeName(size), func(b *testing.B) {
				b.SetBytes(int64(size))
				b.ReportAllocs()
				for b.Loop() {
					if _, err := send(b.Context(), f.files, f.headerFor(content), content); err != nil {
						b.Fatal(err)
					}
				}
			})
			a := f.add(b, content)
			b.Run(name+"/down/"+sizeName(size), func(b *testing.B) {
				b.SetBytes(int64(size))
				b.ReportAllocs()
				for b.Loop() {
					drain(b, f.conn, a)
				}
			})
		}
	}
}

func sizeName(n int) string { return map[int]string{1 << 20: "1MiB", 32 << 20: "32MiB"}[n] }

// drain downloads a content and keeps nothing but its sum.
func drain(b *testing.B, conn *grpc.ClientConn, a *pb.Attachment) {
	b.Helper()
	stream, err := pb.NewAttachmentServiceClient(conn).DownloadAttachment(b.Context(), &pb.DownloadAttachmentRequest{Name: a.GetName()})
	if err != nil {
		b.Fatal(err)
	}
	sum := sha256.New()
	for {
		part, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			b.Fatal(err)
		}
		sum.Write(part.GetData())
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != a.GetSha256() {
		b.Fatalf("the sum is %s", got)
	}
}
