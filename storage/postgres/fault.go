package postgres

import (
	"database/sql/driver"
	"errors"
	"io"
	"net"

	"github.com/jackc/pgx/v5/pgconn"

	"gongkai/storage/internal/sqlstore"
)

// severityError is that of an error after which the connection lives.
const severityError = "ERROR"

// faults class what a server says by SQLSTATE.
var faults = map[string]sqlstore.Fault{
	"40001": sqlstore.FaultRetry, // serialization
	"40P01": sqlstore.FaultRetry, // deadlock
	"55P03": sqlstore.FaultRetry, // lock not available
	"57014": sqlstore.FaultRetry, // somebody cancelled the statement
	"23505": sqlstore.FaultRetry, // another server took the key since we looked: look again

	"53100": sqlstore.FaultFull, // disk full
	"53200": sqlstore.FaultFull, // out of memory
	"53300": sqlstore.FaultAway, // too many connections
	"53400": sqlstore.FaultFull, // limit of the configuration
	"57P03": sqlstore.FaultAway, // starting, stopping, recovering
	"58030": sqlstore.FaultFull, // input or output
	"25006": sqlstore.FaultFull, // read-only

	"XX001": sqlstore.FaultFatal, // data corrupted
	"XX002": sqlstore.FaultFatal, // index corrupted
}

// fault classes errors. Whatever a COMMIT failed by, other than a plain refusal by a
// server that lives, leaves open whether it was carried out.
func fault(err error, committing bool) sqlstore.Fault {
	var said *pgconn.PgError
	var connecting *pgconn.ConnectError
	switch {
	case errors.As(err, &connecting):
		return sqlstore.FaultAway
	case errors.As(err, &said):
		if committing && said.SeverityUnlocalized != severityError {
			return sqlstore.FaultNone
		}
		if f, ok := faults[said.Code]; ok || said.SeverityUnlocalized == severityError {
			return f
		}
		return sqlstore.FaultRetry // the connection is gone, and with it the transaction
	case committing:
		return sqlstore.FaultNone
	case pgconn.Timeout(err):
		return sqlstore.FaultAway
	case lost(err):
		return sqlstore.FaultRetry
	}
	return sqlstore.FaultNone
}

// lost tells that the connection broke.
func lost(err error) bool {
	var network *net.OpError
	for _, e := range []error{driver.ErrBadConn, pgconn.ErrConnClosed, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed} {
		if errors.Is(err, e) {
			return true
		}
	}
	return errors.As(err, &network)
}
