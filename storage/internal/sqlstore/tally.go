package sqlstore

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"gongkai/workflow/report"
)

// tupleCache keeps the tuples of the keys that were read: their number is bounded by
// the dimensions and years, and reading a key takes longer than finding it.
type tupleCache struct{ byKey sync.Map }

// parse returns the tuple of a key, each time the same one.
func (c *tupleCache) parse(key string) (*report.Tuple, error) {
	if t, ok := c.byKey.Load(key); ok {
		return t.(*report.Tuple), nil
	}
	t, err := report.ParseKey(key)
	if err != nil {
		return nil, err
	}
	kept, _ := c.byKey.LoadOrStore(strings.Clone(key), &t)
	return kept.(*report.Tuple), nil
}

// Tally is storage.Reader.
func (r *reader) Tally(agency string, from, to int) (report.Tally, error) {
	tally := report.Tally{}
	key, err := r.keyOf(agency)
	if err == nil {
		err = r.query(`SELECT data FROM tally WHERE agency = $1 AND year >= $2 AND year <= $3`, func(v row) error {
			return unpack(v.text(0), func(key string, n int64) error {
				t, err := r.tuples.parse(key)
				if err != nil {
					return err
				}
				tally.Add([]report.Count{{Tuple: *t, N: n}}, 1)
				return nil
			})
		}, key, int64(from), int64(to))
	}
	if err != nil {
		return nil, fmt.Errorf("tally of %d to %d: %w", from, to, err)
	}
	return tally, nil
}

// unpack reads the lines "key<TAB>count" of a tally row.
func unpack(data string, add func(key string, n int64) error) error {
	for line := range strings.Lines(data) {
		key, n, err := counted(line)
		if err != nil {
			return err
		}
		if err := add(key, n); err != nil {
			return err
		}
	}
	return nil
}

// counted reads one line.
func counted(line string) (key string, n int64, err error) {
	key, count, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
	if n, err = strconv.ParseInt(count, 10, 64); err != nil {
		return "", 0, fmt.Errorf("count of %q: %w", key, err)
	}
	return key, n, nil
}

// merge returns a tally row with changes added, in the order of keys, without zeros. Most
// lines stay as they are, and are not read further than their key.
func merge(data string, changes map[string]int64) (string, error) {
	keys := slices.Sorted(maps.Keys(changes))
	b := make([]byte, 0, len(data)+64*len(changes))
	add := func(key string, n int64) {
		if n != 0 {
			b = append(append(b, key...), '\t')
			b = append(strconv.AppendInt(b, n, 10), '\n')
		}
	}
	for line := range strings.Lines(data) {
		key, _, _ := strings.Cut(line, "\t")
		for len(keys) > 0 && keys[0] < key {
			add(keys[0], changes[keys[0]])
			keys = keys[1:]
		}
		if len(keys) == 0 || keys[0] != key {
			b = append(b, line...)
			continue
		}
		_, n, err := counted(line)
		if err != nil {
			return "", err
		}
		add(key, n+changes[key])
		keys = keys[1:]
	}
	for _, key := range keys {
		add(key, changes[key])
	}
	return string(b), nil
}
