package postgres

import (
	"context"
	"database/sql/driver"
	"errors"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// unconfirmed is the key under which a connection remembers that a commit was answered
// before the standby had it.
const unconfirmed = "unconfirmed"

// noteUnconfirmed hears the warning of a COMMIT whose wait for the synchronous standby was
// broken off: it stands here, and is lost if the standby is promoted. Only the source
// file tells the warning, whose code is that of all warnings and whose text is translated.
func noteUnconfirmed(c *pgconn.PgConn, n *pgconn.Notice) {
	if n.File == "syncrep.c" {
		c.CustomData()[unconfirmed] = true
	}
}

// watch tells a transaction that an error has spoiled, or that went with its connection.
func watch(c driver.Conn) (func() bool, error) {
	s, ok := c.(*stdlib.Conn)
	if !ok {
		return nil, errors.New("not a connection of this driver")
	}
	p := s.Conn().PgConn()
	return func() bool {
		_, ended := p.CustomData()[unconfirmed]
		delete(p.CustomData(), unconfirmed)
		if p.TxStatus() == 'E' {
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			_ = p.Exec(ctx, "ROLLBACK").Close() // if that fails, the connection is closed
			ended = true
		}
		return ended || p.IsClosed()
	}, nil
}

// groups is the key under which a writer's connection counts its groups.
const groups = "groups"

// outgrown names the tables that are more than twice as long as when the server last
// looked at them. Four pages are soon read whatever the plan.
const outgrown = `SELECT COALESCE(string_agg(quote_ident(relname), ', '), '') FROM pg_class
	WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace
	AND pg_relation_size(oid) / current_setting('block_size')::int > GREATEST(4, 2 * relpages)`

// replan has statements planned anew whenever the groups of a writer have doubled. What was
// planned while a table was small walks through a whole agency when it is large; the server
// comes to see that of itself, but only after a minute or more, in which an import may
// bring a million rows. What fails here is slow, not wrong.
func replan(ctx context.Context, c driver.Conn) error {
	s, ok := c.(*stdlib.Conn)
	if !ok || s.Conn().IsClosed() {
		return nil
	}
	p := s.Conn().PgConn()
	n, _ := p.CustomData()[groups].(uint64)
	n++
	p.CustomData()[groups] = n
	if n&(n-1) != 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var tables string
	if err := s.Conn().QueryRow(ctx, outgrown).Scan(&tables); err == nil && tables != "" {
		_ = p.Exec(ctx, "ANALYZE "+tables).Close()
	}
	_ = p.Exec(ctx, "DISCARD PLANS").Close()
	return nil
}
