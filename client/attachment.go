package client

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	pb "gongkai/proto/disclosure/v1"
)

// attachmentPiece is the size of the pieces in which contents travel.
const attachmentPiece = 256 << 10

// How often a transfer is begun, and how long to wait before the second time. Then the wait
// doubles.
const (
	transferTries = 4
	transferWait  = 200 * time.Millisecond
)

// UploadAttachment stores a file. Size and SHA-256 of the header are filled in from the
// content, which is read from its beginning; so is a request_id if there is none. While the
// service is unavailable it begins again with the same request_id, so that the file is
// stored once. progress, which may be nil, hears of the bytes sent.
func (c *Client) UploadAttachment(
	ctx context.Context, header *pb.UploadAttachmentHeader, content io.ReadSeeker, progress func(done, total int64),
) (*pb.Attachment, error) {
	header = proto.CloneOf(header)
	if err := measure(header, content); err != nil {
		return nil, fmt.Errorf("upload attachment: %w", err)
	}
	if header.GetRequestId() == "" {
		header.RequestId = NewRequestID()
	}
	var out *pb.Attachment
	err := again(ctx, func() (err error) {
		out, err = c.upload(ctx, header, content, progress)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("upload attachment: %w", err)
	}
	return out, nil
}

// measure fills in what a content is known by.
func measure(header *pb.UploadAttachmentHeader, content io.ReadSeeker) error {
	if _, err := content.Seek(0, io.SeekStart); err != nil {
		return err
	}
	sum := sha256.New()
	n, err := io.Copy(sum, content)
	if err != nil {
		return err
	}
	header.Size, header.Sha256 = n, hex.EncodeToString(sum.Sum(nil))
	return nil
}

// upload sends a content once. The service may answer before it has all.
func (c *Client) upload(
	ctx context.Context, header *pb.UploadAttachmentHeader, content io.ReadSeeker, progress func(done, total int64),
) (*pb.Attachment, error) {
	if _, err := content.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx) // ends the call if the content cannot be read
	defer cancel()
	stream, err := c.Attachments.UploadAttachment(ctx)
	if err != nil {
		return nil, err
	}
	err = stream.Send(&pb.UploadAttachmentRequest{Part: &pb.UploadAttachmentRequest_Header{Header: header}})
	piece, sent := make([]byte, attachmentPiece), int64(0)
	for err == nil {
		n, fault := io.ReadFull(content, piece)
		if n == 0 && errors.Is(fault, io.EOF) {
			break
		}
		if fault != nil && !errors.Is(fault, io.ErrUnexpectedEOF) {
			return nil, fmt.Errorf("read the file: %w", fault)
		}
		err = stream.Send(&pb.UploadAttachmentRequest{Part: &pb.UploadAttachmentRequest_Data{Data: piece[:n]}})
		if sent += int64(n); progress != nil {
			progress(sent, header.GetSize())
		}
	}
	if err != nil && !errors.Is(err, io.EOF) { // EOF: the stream has ended, and CloseAndRecv says why
		return nil, err
	}
	return stream.CloseAndRecv()
}

// DownloadAttachment writes the content of an attachment and compares it with its size and
// SHA-256. After an error what was written is not the content and must be thrown away.
// While the service is unavailable it begins again, as long as nothing was written.
// progress, which may be nil, hears of the bytes written.
func (c *Client) DownloadAttachment(ctx context.Context, name string, to io.Writer, progress func(done, total int64)) (*pb.Attachment, error) {
	d := &download{to: to, progress: progress}
	err := again(ctx, func() error {
		err := d.once(ctx, c.Attachments, name)
		if d.done > 0 && err != nil {
			return &begun{err}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("download attachment: %w", err)
	}
	return d.attachment, nil
}

// begun is an error after which nothing can be begun again.
type begun struct{ error }

// Unwrap is that of package errors.
func (b *begun) Unwrap() error { return b.error }

// download is a content on its way.
type download struct {
	to         io.Writer
	progress   func(done, total int64)
	attachment *pb.Attachment
	done       int64
}

func (d *download) once(ctx context.Context, service pb.AttachmentServiceClient, name string) error {
	ctx, cancel := context.WithCancel(ctx) // ends the call if the content cannot be written
	defer cancel()
	stream, err := service.DownloadAttachment(ctx, &pb.DownloadAttachmentRequest{Name: name})
	if err != nil {
		return err
	}
	sum := sha256.New()
	for {
		part, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return d.compare(hex.EncodeToString(sum.Sum(nil)))
		}
		if err != nil {
			return err
		}
		if part.GetAttachment() != nil {
			d.attachment = part.GetAttachment()
		}
		sum.Write(part.GetData())
		n, err := d.to.Write(part.GetData())
		if d.done += int64(n); err != nil {
			return fmt.Errorf("write the file: %w", err)
		}
		if d.progress != nil {
			d.progress(d.done, d.attachment.GetSize())
		}
	}
}

// ErrWrongContent says that what came is not what the service says it is.
var ErrWrongContent = errors.New("the content that came has another size or SHA-256 than it should")

func (d *download) compare(sum string) error {
	if d.done != d.attachment.GetSize() || sum != d.attachment.GetSha256() {
		return &begun{ErrWrongContent}
	}
	return nil
}

// again calls fn until it succeeds or fails otherwise than by UNAVAILABLE.
func again(ctx context.Context, fn func() error) error {
	wait := transferWait
	for try := 1; ; try++ {
		err := fn()
		if _, stop := errors.AsType[*begun](err); err == nil || stop || status.Code(err) != codes.Unavailable || try == transferTries {
			return err
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return errors.Join(ctx.Err(), err)
		case <-timer.C:
		}
		wait *= 2
	}
}
