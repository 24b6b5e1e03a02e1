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
func migrate(ctx context.Context, d Dialect, c driver.Connector) error {
	return migrateAs(ctx, d, c, versions)
}

// migrateAs records in a table of another name which migrations were applied.
func migrateAs(ctx context.Context, d Dialect, c driver.Connector, name string) (err error) {
	db := sql.OpenDB(c)
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	options := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true), goose.WithTableName(name)}
	if d.MigrateLock != nil {
		options = append(options, goose.WithSessionLocker(d.MigrateLock))
	}
	p, err := goose.NewProvider(d.Goose, db, d.Schema, options...)
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	if err := refuseCopy(ctx, db, name); err != nil {
		return err
	}
	current, target, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read the schema's version: %w", err)
	}
	if current > target {
		return fmt.Errorf("数据库结构版本%[1]d，本程序只认识到%[2]d：请使用更新的程序 · the store has schema %[1]d, this program knows up to %[2]d: use a newer program", current, target)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("from schema %d to %d: %w", current, target, err)
	}
	return nil
}
