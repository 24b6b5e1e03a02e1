package client

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	pb "gongkai/proto/disclosure/v1"
)

// DownloadLetter writes an issued letter and compares it with its size and SHA-256. After an
// error what was written is not the letter and must be thrown away. While the service is
// unavailable it begins again, as long as nothing was written.
func (c *Client) DownloadLetter(ctx context.Context, name string, to io.Writer) (*pb.Letter, error) {
	var out *pb.Letter
	err := again(ctx, func() error {
		letter, done, err := c.letterOnce(ctx, name, to)
		if out = letter; done > 0 && err != nil {
			return &begun{err}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("download letter: %w", err)
	}
	return out, nil
}

func (c *Client) letterOnce(ctx context.Context, name string, to io.Writer) (out *pb.Letter, done int64, err error) {
	ctx, cancel := context.WithCancel(ctx) // ends the call if the content cannot be written
	defer cancel()
	stream, err := c.Letters.DownloadLetter(ctx, &pb.DownloadLetterRequest{Name: name})
	if err != nil {
		return nil, 0, err
	}
	sum := sha256.New()
	for {
		part, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			if done != out.GetSize() || hex.EncodeToString(sum.Sum(nil)) != out.GetSha256() {
				return out, done, &begun{ErrWrongContent}
			}
			return out, done, nil
		}
		if err != nil {
			return out, done, err
		}
		if part.GetLetter() != nil {
			out = part.GetLetter()
		}
		sum.Write(part.GetData())
		n, err := to.Write(part.GetData())
		if done += int64(n); err != nil {
			return out, done, fmt.Errorf("write the file: %w", err)
		}
	}
}
