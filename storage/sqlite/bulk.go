package sqlite

import (
	"context"
	"slices"
)

// bulkPragmas write without waiting for the disk. What a power cut leaves behind is of no
// use, so that only a file that can be made again is written with them.
var bulkPragmas = slices.Concat(commonPragmas, []pragma{
	{"journal_mode", "WAL", "wal"},
	{"synchronous", "OFF", "0"},
	{"wal_autocheckpoint", "0", "0"},
	{"journal_size_limit", "67108864", "67108864"},
	{"cache_size", "-524288", "-524288"},
})

// OpenBulk opens a file to fill it with what can be made again: nothing that it
// acknowledges is on the disk before it is closed.
func OpenBulk(ctx context.Context, path string) (*Store, error) {
	return Open(ctx, path, Options{bulk: true})
}

func (o Options) writePragmas() []pragma {
	if o.bulk {
		return bulkPragmas
	}
	return writePragmas
}
