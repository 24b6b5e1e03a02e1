package server

import (
	"context"
	"fmt"
	"time"

	"gongkai/storage"
	"gongkai/storage/blob"
)

// orphanAge is how long a content may wait for its row, and a draft for its end; then
// nobody waits for them. withdrawnAge is how long what was withdrawn can be asked back.
const (
	orphanAge    = 24 * time.Hour
	withdrawnAge = 30 * 24 * time.Hour
)

// OrphanAge is the age from which a content without an attachment is an orphan.
const OrphanAge = orphanAge

// SweepAttachments removes what no attachment needs and what broken uploads left behind,
// once it is old, and counts it. While the clock is not trusted it removes nothing.
func (s *Server) SweepAttachments(ctx context.Context) (removed int, err error) {
	if s.attachments.Blobs == nil {
		return 0, nil
	}
	if r, err := s.LastRound(ctx); err != nil || r.Distrust != "" {
		return 0, err
	}
	now, blobs := s.now(), s.attachments.Blobs
	removed, err = blobs.Sweep(ctx, now.Add(-orphanAge))
	var after storage.Digest
	for more := true; more && err == nil; {
		var page []blob.Entry
		if page, err = blobs.List(ctx, after, maxRows); err != nil {
			break
		}
		more = len(page) == maxRows
		var n int
		n, err = s.sweepPage(ctx, page, now)
		removed += n
		if more {
			after = page[len(page)-1].Sum
		}
	}
	if err != nil {
		return removed, fmt.Errorf("sweeping attachments: %w", err)
	}
	return removed, nil
}

// sweepPage removes those contents of a page that nobody needs. One that comes again
// meanwhile is young again, and Remove spares it.
func (s *Server) sweepPage(ctx context.Context, page []blob.Entry, now time.Time) (removed int, err error) {
	var idle []storage.Digest
	err = s.store.View(ctx, func(r storage.Reader) error {
		idle = idle[:0]
		for _, e := range page {
			if !e.Time.Before(now.Add(-orphanAge)) {
				continue
			}
			needed, err := r.Needed(e.Sum, now.Add(-withdrawnAge))
			if err != nil {
				return err
			}
			if !needed {
				idle = append(idle, e.Sum)
			}
		}
		return nil
	})
	for _, sum := range idle {
		if err == nil {
			err = s.attachments.Blobs.Remove(ctx, sum, now.Add(-orphanAge))
			removed++
		}
	}
	return removed, err
}
