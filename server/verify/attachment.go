package verify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gongkai/server"
	"gongkai/storage"
	"gongkai/storage/blob"
)

// attachments compares each attachment with its last event.
func (v *verifier) attachments(ctx context.Context) error {
	return v.walk(ctx, storage.AttachmentTable, pageSize, func(in storage.Inspector, row *storage.Row) error {
		v.sum.Attachments++
		events, err := in.Events(row.Agency, row.Object)
		if err != nil {
			return err
		}
		acts := v.history(row, events)
		if len(acts) == 0 {
			return nil
		}
		last := &acts[len(acts)-1]
		a, err := server.AttachmentAfter(last)
		if err != nil {
			v.unreadable(row, err)
			return nil
		}
		want := in.Kept(a)
		if erased(last) {
			want = slices.DeleteFunc(want, func(c storage.Column) bool { return c.Name == "name" || c.Name == "reason" })
		}
		v.differences(row, want)
		return nil
	})
}

// Contents says how to verify what attachments hold.
type Contents struct {
	// Blobs is where they lie.
	Blobs blob.Store
	// Settled is the instant before which a content came that should have its attachment.
	Settled time.Time
	// Report hears of each finding as it is made.
	Report func(Finding)
	// Progress hears of what has been read so far, after each content; nil: nobody does.
	Progress func(ContentSummary)
}

// ContentSummary is what was read, and how much was found.
type ContentSummary struct {
	Files    int64 `json:"files"`
	Bytes    int64 `json:"bytes"`
	Orphans  int64 `json:"orphans"` // of the findings
	Findings int64 `json:"findings"`
}

// Verify reads every content that an attachment needs and names those that are missing or
// damaged, and then those that no attachment needs. What is wrong with the rows, the
// Verify of the register tells. An error says that it could not be read to its end.
func (c Contents) Verify(ctx context.Context, register storage.Viewer) (ContentSummary, error) {
	if c.Progress == nil {
		c.Progress = func(ContentSummary) {}
	}
	r := &contentReader{Contents: c, register: register}
	err := r.needed(ctx)
	if err == nil {
		err = r.orphans(ctx)
	}
	if err != nil {
		return r.sum, fmt.Errorf("verify the attachments: %w", err)
	}
	return r.sum, nil
}

// contentReader is one run.
type contentReader struct {
	Contents
	register storage.Viewer
	sum      ContentSummary
}

func (r *contentReader) find(f Finding) {
	r.sum.Findings++
	r.Report(f)
}

// needed reads the contents page by page: the rows in one View, the contents outside.
func (r *contentReader) needed(ctx context.Context) error {
	var after storage.Key
	for more := true; more; {
		var rows []storage.Row
		err := r.register.View(ctx, func(reader storage.Reader) (err error) {
			in, ok := reader.(storage.Inspector)
			if !ok {
				return errors.New("the engine offers no inspection")
			}
			rows = rows[:0]
			after, more, err = page(in, storage.AttachmentTable, after, pageSize, func(row *storage.Row) error {
				rows = append(rows, *row)
				return nil
			})
			return err
		})
		if err != nil {
			return err
		}
		for i := range rows {
			if err := r.content(ctx, &rows[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// content reads what a row needs. A row that says no such thing differs from its history,
// of which another finding tells.
func (r *contentReader) content(ctx context.Context, row *storage.Row) error {
	sum, _ := row.Value("sum")
	size, _ := row.Value("size")
	withdrawn, _ := row.Value("withdraw_time")
	kept, _ := row.Value("kept")
	var c storage.Content
	ok := false
	if c.Size, ok = size.(int64); !ok || copy(c.Sum[:], bytesOf(sum)) != len(c.Sum) || withdrawn != nil && kept != true {
		return nil
	}
	f := Finding{Agency: row.Agency, Object: row.Object, Derived: fmt.Sprintf("%s (%d)", c.Sum, c.Size)}
	switch err := blob.Check(ctx, r.Blobs, c); {
	case errors.Is(err, blob.ErrMissing):
		f.Check = Missing
		r.find(f)
	case errors.Is(err, blob.ErrDamaged):
		f.Check, f.Stored = Damaged, part(err.Error(), 0)
		r.find(f)
	case err != nil:
		return err
	}
	r.sum.Files++
	r.sum.Bytes += c.Size
	r.Progress(r.sum)
	return nil
}

// orphans names contents that no attachment, not even a withdrawn one, ever named.
func (r *contentReader) orphans(ctx context.Context) error {
	var after storage.Digest
	for more := true; more; {
		list, err := r.Blobs.List(ctx, after, pageSize)
		if err != nil {
			return err
		}
		more = len(list) == pageSize
		err = r.register.View(ctx, func(reader storage.Reader) error {
			for _, e := range list {
				after = e.Sum
				named, err := reader.Needed(e.Sum, time.Time{})
				if err != nil {
					return err
				}
				if named || !e.Time.Before(r.Settled) {
					continue
				}
				r.sum.Orphans++
				r.find(Finding{Object: "content/" + e.Sum.String(), Check: Orphan, Stored: fmt.Sprintf("(%d)", e.Size)})
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
