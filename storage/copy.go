package storage

import "crypto/sha256"

// CopySum tells what one table holds of one agency, whichever engine it lies on: two that are
// equal hold the same rows, byte for byte.
type CopySum struct {
	Table  string
	Agency string // empty: the installation's own rows; "*": rows that name no agency
	Rows   int64
	Digest [sha256.Size]byte // SHA-256 over the rows in the order of their keys
}
