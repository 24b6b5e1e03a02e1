package blob

import (
	"context"
	"errors"
	"fmt"

	"gongkai/storage"
)

// Copy copies a content unless it is there and sound. It is compared while it is read, and
// what is not what it should be is not kept: ErrMissing or ErrDamaged.
func Copy(ctx context.Context, from, to Store, c storage.Content) (copied bool, err error) {
	err = Check(ctx, to, c)
	if err == nil || !errors.Is(err, ErrMissing) && !errors.Is(err, ErrDamaged) {
		return false, err
	}
	draft, err := to.Draft()
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, draft.Discard()) }()
	err = Send(ctx, from, c, func(piece []byte) error {
		_, err := draft.Write(piece)
		return err
	})
	if err != nil {
		return false, err
	}
	return true, to.Keep(ctx, draft)
}

// CopySum is what a copy of all contents came to.
type CopySum struct {
	Files  int64 // contents that are needed
	Copied int64 // those that were not there
	Bytes  int64 // of those that are needed
	Faults []Fault
}

// Fault is a content that a register needs and that is missing or damaged.
type Fault struct {
	Agency string
	Object string // the attachment, as its events name it
	Err    error
}

// CopyAll copies all contents that the attachments of a register need. Missing and damaged
// ones do not stop it: they stand in the sum. progress, which may be nil, hears of it after
// each attachment.
func CopyAll(ctx context.Context, register storage.Viewer, from, to Store, progress func(CopySum)) (sum CopySum, err error) {
	if progress == nil {
		progress = func(CopySum) {}
	}
	err = Each(ctx, register, func(a *storage.Attachment) error {
		copied, err := Copy(ctx, from, to, a.Content)
		sum.Files++
		sum.Bytes += a.Size
		if copied {
			sum.Copied++
		}
		if errors.Is(err, ErrMissing) || errors.Is(err, ErrDamaged) {
			sum.Faults = append(sum.Faults, Fault{a.Agency, storage.AttachmentObject(a.ID), err})
			err = nil
		}
		progress(sum)
		return err
	})
	if err != nil {
		return sum, fmt.Errorf("copy the attachments: %w", err)
	}
	return sum, nil
}

// pageSize is how many rows one View reads.
const pageSize = 1000

// Each calls fn with every attachment of a register whose content must be there, agency by
// agency and outside any View.
func Each(ctx context.Context, register storage.Viewer, fn func(*storage.Attachment) error) error {
	for last := ""; ; {
		var agencies []storage.Agency
		err := register.View(ctx, func(r storage.Reader) (err error) {
			agencies, err = r.Agencies(last, pageSize)
			return err
		})
		if err != nil {
			return err
		}
		for _, a := range agencies {
			if err := eachOf(ctx, register, a.ID, fn); err != nil {
				return err
			}
			last = a.ID
		}
		if len(agencies) < pageSize {
			return nil
		}
	}
}

func eachOf(ctx context.Context, register storage.Viewer, agency string, fn func(*storage.Attachment) error) error {
	q := storage.AttachmentQuery{Limit: pageSize}
	for {
		var page []storage.Attachment
		err := register.View(ctx, func(r storage.Reader) (err error) {
			page, err = r.Attachments(agency, q)
			return err
		})
		if err != nil {
			return err
		}
		for i := range page {
			q.After = page[i].ID
			if !page[i].Needed() {
				continue
			}
			if err := fn(&page[i]); err != nil {
				return err
			}
		}
		if len(page) < q.Limit {
			return nil
		}
	}
}
