package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/pressly/goose/v3"
)

// migrate brings the schema up to date, one transaction a step, and refuses one that
// a later program wrote.
func migrate(ctx context.Context, d Dialect, c driver.Connector) (err error) {
	db := sql.OpenDB(c)
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	options := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true)}
	if d.MigrateLock != nil {
		options = append(options, goose.WithSessionLocker(d.MigrateLock))
	}
	p, err := goose.NewProvider(d.Goose, db, d.Schema, options...)
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	current, target, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read the schema's version: %w", err)
	}
	if current > target {
		return fmt.Errorf("the store has schema %d, this program knows up to %d: use a newer program", current, target)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("from schema %d to %d: %w", current, target, err)
	}
	return nil
}
