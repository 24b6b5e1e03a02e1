package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"
)

// The tables in which a register, and a copy that is not finished, record their
// migrations. Whoever looks for the first one in an unfinished copy finds none.
const (
	versions = goose.DefaultTablename
	copying  = versions + "_copying"
)

// refuseCopy refuses to take a copy that was broken off for a register. If the table cannot
// be read because of anything else than that it is not there, what follows will say so.
func refuseCopy(ctx context.Context, db *sql.DB, name string) error {
	var rows int64
	if name == copying || db.QueryRowContext(ctx, "SELECT count(*) FROM "+copying).Scan(&rows) != nil {
		return nil
	}
	return errors.New("这里是未完成的副本，不能使用：请重新运行gongkaid copy · it holds an unfinished copy, which is no register: run gongkaid copy again")
}

// CheckVersion refuses a register of another schema than ours, and what is none.
func CheckVersion(ctx context.Context, c Config) error {
	conn, err := c.dialer(c.Read).connect(ctx)
	if err != nil {
		return err
	}
	return errors.Join(checkVersion(ctx, c.Dialect, conn), conn.close())
}

// checkVersion refuses a register of another schema than ours.
func checkVersion(ctx context.Context, d Dialect, c *conn) error {
	known, err := lastMigration(d.Schema)
	if err != nil {
		return err
	}
	var version int64
	err = c.query(ctx, "SELECT max(version_id) FROM "+versions+" WHERE is_applied", func(v row) error {
		version = v.integer(0)
		return nil
	})
	switch {
	case err != nil:
		return fmt.Errorf("不是公开申请登记簿 · it is no register: %w", err)
	case version > known:
		return fmt.Errorf("数据库结构版本%[1]d，本程序只认识到%[2]d：请使用更新的程序 · it has schema %[1]d, this program knows up to %[2]d: use a newer program", version, known)
	case version < known:
		return fmt.Errorf("数据库结构版本%[1]d，本程序需要%[2]d：请先用本程序启动一次服务 · it has schema %[1]d, this program needs %[2]d: serve it once with this program", version, known)
	}
	return nil
}

// lastMigration is the number of the last migration.
func lastMigration(schema fs.FS) (last int64, err error) {
	files, err := fs.Glob(schema, "*.sql")
	for _, name := range files {
		number, _, _ := strings.Cut(path.Base(name), "_")
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("number of migration %s: %w", name, err)
		}
		last = max(last, n)
	}
	return last, err
}
