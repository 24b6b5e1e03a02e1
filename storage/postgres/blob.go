package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"

	"gongkai/storage"
	"gongkai/storage/blob"
	"gongkai/storage/internal/sqlstore"
)

// Blobs keeps the contents of attachments in the database itself, in pieces of
// blob.ChunkSize. So all servers that share it have them, a standby gets them before the
// rows that name them, and pg_dump takes both as of one moment. Drafts lie in a directory
// of the server that receives them: a slow sender then holds no transaction open.
type Blobs struct {
	db     *sql.DB
	drafts *blob.Dir
	now    func() time.Time
}

// blobConnections is how many contents are read or written at a time.
const blobConnections = 4

// OpenBlobs opens the contents in a database whose tables Open has made. Drafts go to a
// directory, which is made if need be; without one contents are only read.
func OpenBlobs(ctx context.Context, dsn, drafts string, now func() time.Time, o Options) (*Blobs, error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, fmt.Errorf("open the attachments: %w", err)
	}
	dir := &blob.Dir{}
	if drafts != "" {
		if dir, err = blob.OpenDir(drafts, now); err != nil {
			return nil, err
		}
	}
	b := &Blobs{sql.OpenDB(connector(config, o)), dir, now}
	b.db.SetMaxOpenConns(blobConnections)
	if err := b.db.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open the attachments: %w", err), b.Close())
	}
	return b, nil
}

// Close is blob.Store.
func (b *Blobs) Close() error { return errors.Join(b.db.Close(), b.drafts.Close()) }

// Draft is blob.Store.
func (b *Blobs) Draft() (*blob.Draft, error) { return b.drafts.Draft() }

// Sweep is blob.Store.
func (b *Blobs) Sweep(ctx context.Context, before time.Time) (int, error) {
	return b.drafts.Sweep(ctx, before)
}

// Keep is blob.Store. What becomes a row is read from the draft once more, and compared.
func (b *Blobs) Keep(ctx context.Context, d *blob.Draft) error {
	c := d.Content()
	tx, err := b.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("keep %s: %w", c.Sum, classed(err, false))
	}
	if err := keep(ctx, tx, d, c, b.now()); err != nil {
		_ = tx.Rollback() // what failed says more, and the server rolls back of itself
		return fmt.Errorf("keep %s: %w", c.Sum, classed(err, false))
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("keep %s: %w", c.Sum, classed(err, true))
	}
	return nil
}

func keep(ctx context.Context, tx *sql.Tx, d *blob.Draft, c storage.Content, now time.Time) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO content (sum, size, time) VALUES ($1, $2, $3)
		ON CONFLICT (sum) DO UPDATE SET size = excluded.size, time = excluded.time`, c.Sum[:], c.Size, now.UnixMicro())
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM chunk WHERE sum = $1`, c.Sum[:]); err != nil {
		return err
	}
	n := int64(0)
	return d.Send(ctx, func(piece []byte) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO chunk (sum, n, data) VALUES ($1, $2, $3)`, c.Sum[:], n, piece)
		n++
		return err
	})
}

// classed turns a fault of the server into the error of the contract.
func classed(err error, committing bool) error {
	switch fault(err, committing) {
	case sqlstore.FaultFull, sqlstore.FaultFatal:
		return fmt.Errorf("%w: %w", storage.ErrFull, err)
	case sqlstore.FaultRetry:
		return fmt.Errorf("%w: %w", storage.ErrBusy, err)
	case sqlstore.FaultAway:
		return fmt.Errorf("%w: %w", storage.ErrUnreachable, err)
	case sqlstore.FaultNone:
	}
	if committing {
		return fmt.Errorf("%w: %w", storage.ErrOutcomeUnknown, err)
	}
	return err
}

// Open is blob.Store. No transaction stays open while somebody reads slowly.
func (b *Blobs) Open(ctx context.Context, sum storage.Digest) (io.ReadCloser, error) {
	r := &pieces{ctx: ctx, db: b.db, sum: sum}
	var size int64
	err := b.db.QueryRowContext(ctx, `SELECT size FROM content WHERE sum = $1`, sum[:]).Scan(&size)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, blob.ErrMissing
	}
	if err != nil {
		return nil, classed(err, false)
	}
	return r, nil
}

// pieces reads a content piece by piece.
type pieces struct {
	ctx  context.Context //nolint:containedctx // bounds the one reading, and Read takes none
	db   *sql.DB
	sum  storage.Digest
	n    int64
	rest []byte
}

// Read is io.Reader.
func (p *pieces) Read(to []byte) (int, error) {
	for len(p.rest) == 0 {
		err := p.db.QueryRowContext(p.ctx, `SELECT data FROM chunk WHERE sum = $1 AND n = $2`, p.sum[:], p.n).Scan(&p.rest)
		if errors.Is(err, sql.ErrNoRows) {
			return 0, io.EOF
		}
		if err != nil {
			return 0, classed(err, false)
		}
		p.n++
	}
	n := copy(to, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

// Close is io.Closer.
func (p *pieces) Close() error { return nil }

// List is blob.Store.
func (b *Blobs) List(ctx context.Context, after storage.Digest, limit int) (list []blob.Entry, err error) {
	rows, err := b.db.QueryContext(ctx, `SELECT sum, size, time FROM content WHERE sum > $1 ORDER BY sum LIMIT $2`, after[:], limit)
	if err != nil {
		return nil, fmt.Errorf("list the attachments: %w", classed(err, false))
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var e blob.Entry
		var sum []byte
		var micro int64
		if err := rows.Scan(&sum, &e.Size, &micro); err != nil {
			return nil, fmt.Errorf("list the attachments: %w", err)
		}
		if len(sum) != len(e.Sum) {
			return nil, fmt.Errorf("list the attachments: %w: a sum of %d bytes", blob.ErrDamaged, len(sum))
		}
		copy(e.Sum[:], sum)
		e.Time = time.UnixMicro(micro)
		list = append(list, e)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("list the attachments: %w", classed(err, false))
	}
	return list, nil
}

// Remove is blob.Store.
func (b *Blobs) Remove(ctx context.Context, sum storage.Digest, before time.Time) error {
	_, err := b.db.ExecContext(ctx, `DELETE FROM content WHERE sum = $1 AND time < $2`, sum[:], before.UnixMicro())
	if err != nil {
		return fmt.Errorf("remove %s: %w", sum, classed(err, false))
	}
	return nil
}

var _ blob.Store = (*Blobs)(nil)
