package transfer

import (
	"context"
	"errors"
	"fmt"
	"os"

	"gongkai/storage/blob"
	"gongkai/storage/postgres"
)

// attach copies the contents of all attachments to where the target keeps them. One that
// is missing or damaged ends the copy: it would be so for ever.
func attach(ctx context.Context, dst target, from, to string, o Options) (err error) {
	drafts, err := os.MkdirTemp("", "gongkaid-copy-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(drafts)) }()
	source, err := openBlobs(ctx, from, drafts, false, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	target, err := openBlobs(ctx, to, drafts, true, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	views := dst.Views()
	defer func() { err = errors.Join(err, views.Close()) }()
	sum, err := blob.CopyAll(ctx, views, source, target, func(s blob.CopySum) { o.Progress("content", s.Files) })
	errs := []error{err}
	for _, f := range sum.Faults {
		errs = append(errs, fmt.Errorf("%s of agency %s: %w", f.Object, f.Agency, f.Err))
	}
	return errors.Join(errs...)
}

// openBlobs opens what is attached to a register.
func openBlobs(ctx context.Context, database, drafts string, write bool, o Options) (blob.Store, error) {
	if OnPostgres(database) {
		return postgres.OpenBlobs(ctx, database, drafts, o.Now, postgres.Options{Volatile: o.Volatile})
	}
	if write {
		return blob.OpenDir(blob.Beside(database), o.Now)
	}
	return blob.OpenDirReadOnly(blob.Beside(database))
}
