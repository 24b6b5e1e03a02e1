// Package transfer moves a whole register from one database to another, of the same
// engine or another, and proves the two equal.
//
// It copies what is at rest. For a copy of a register that is being served there is the
// backup of its engine.
package transfer

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"gongkai/storage"
	"gongkai/storage/internal/sqlstore"
	"gongkai/storage/postgres"
	"gongkai/storage/sqlite"
)

// Options say how to copy.
type Options struct {
	// Verify looks at the copy before it becomes a register; sound reads its file through.
	// An error leaves the copy unfinished.
	Verify func(ctx context.Context, copied storage.Viewer, sound func(context.Context) ([]string, error)) error
	// Now tells when what is attached arrives at the copy.
	Now func() time.Time
	// Progress hears of rows that were written, and of contents that are attached; nil:
	// nobody does.
	Progress func(table string, rows int64)
	// Volatile admits a PostgreSQL that does not keep what it acknowledged. Only tests
	// want that.
	Volatile bool
}

// target is a database that becomes a copy.
type target interface {
	Load(ctx context.Context, from *sqlstore.Source, progress func(string, int64)) ([]storage.CopySum, error)
	Views() *sqlstore.Views
	Sound(ctx context.Context) ([]string, error)
	Finish(ctx context.Context) error
	Close() error
}

// Copy copies a register and returns what both then hold, table by table and agency by
// agency. A database is named by a URL that begins with postgres:// or postgresql://, or
// by the path of a file. No server may have either open.
//
// The target must be empty. It becomes a register at the very end, after every row was
// read back and found equal; broken off before that, it is none, whoever opens it is told
// so, and the next Copy to it begins anew.
func Copy(ctx context.Context, from, to string, o Options) (sums []storage.CopySum, err error) {
	src, release, err := openSource(ctx, from, o)
	if err != nil {
		return nil, fmt.Errorf("copy from %w", err)
	}
	defer func() { err = errors.Join(err, release()) }()
	dst, err := openTarget(ctx, to, o)
	if err != nil {
		return nil, fmt.Errorf("copy to %w", err)
	}
	defer func() { err = errors.Join(err, dst.Close()) }()
	if o.Progress == nil {
		o.Progress = func(string, int64) {}
	}
	if sums, err = dst.Load(ctx, src, o.Progress); err != nil {
		return nil, fmt.Errorf("copy: %w", err)
	}
	if err := attach(ctx, dst, from, to, o); err != nil {
		return nil, fmt.Errorf("copy what is attached: %w", err)
	}
	if err := verify(ctx, dst, o); err != nil {
		return nil, fmt.Errorf("verify the copy: %w", err)
	}
	if err := dst.Finish(ctx); err != nil {
		return nil, fmt.Errorf("finish the copy: %w", err)
	}
	return sums, nil
}

func verify(ctx context.Context, dst target, o Options) (err error) {
	if o.Verify == nil {
		return nil
	}
	views := dst.Views()
	defer func() { err = errors.Join(err, views.Close()) }()
	return o.Verify(ctx, views, dst.Sound)
}

// OnPostgres reports whether a database is named by a URL.
func OnPostgres(database string) bool {
	return strings.HasPrefix(database, "postgres://") || strings.HasPrefix(database, "postgresql://")
}

func openSource(ctx context.Context, database string, o Options) (_ *sqlstore.Source, release func() error, err error) {
	if OnPostgres(database) {
		s, err := postgres.OpenCopySource(ctx, database, postgres.Options{Volatile: o.Volatile})
		if err != nil {
			return nil, nil, err
		}
		return s.Source, s.Close, nil
	}
	s, err := sqlite.OpenCopySource(ctx, database)
	if err != nil {
		return nil, nil, err
	}
	return s.Source, s.Close, nil
}

func openTarget(ctx context.Context, database string, o Options) (target, error) {
	if OnPostgres(database) {
		return postgres.OpenCopyTarget(ctx, database, postgres.Options{Volatile: o.Volatile})
	}
	return sqlite.OpenCopyTarget(ctx, database)
}
