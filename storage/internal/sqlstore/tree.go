package sqlstore

import (
	"database/sql/driver"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gongkai/storage"
	"gongkai/workflow/report"
)

// batches are how many agencies one statement asks for. There are few sizes, because each
// is a prepared statement; the last id fills a batch up.
var batches = [...]int{1, 16, 512}

// batched runs a statement once for each batch of agencies. The text has %s where the
// list of their ids stands; the other arguments come after, from $1 on.
func (r *reader) batched(agencies []string, text string, scan func(row) error, others ...driver.Value) error {
	for len(agencies) > 0 {
		n := batches[len(batches)-1]
		for _, size := range batches {
			if len(agencies) <= size {
				n = size
				break
			}
		}
		args := append(make([]driver.Value, 0, n+len(others)), others...)
		var list strings.Builder
		for i := range n {
			if i > 0 {
				list.WriteByte(',')
			}
			list.WriteString("$" + strconv.Itoa(len(others)+i+1))
			args = append(args, agencies[min(i, len(agencies)-1)])
		}
		if err := r.query(fmt.Sprintf(text, list.String()), scan, args...); err != nil {
			return err
		}
		agencies = agencies[min(n, len(agencies)):]
	}
	return nil
}

// ranged runs a statement over agencies, of which scan skips those that are not wanted: a
// range of ids costs less than to look for each, and never more than all agencies once.
// The text has a.id BETWEEN $1 AND $2.
func (r *reader) ranged(agencies []string, text string, scan func(agency string, v row) error, others ...driver.Value) error {
	if len(agencies) == 0 {
		return nil
	}
	wanted := make(map[string]bool, len(agencies))
	for _, id := range agencies {
		wanted[id] = true
	}
	last, in := "", false
	args := append([]driver.Value{slices.Min(agencies), slices.Max(agencies)}, others...)
	return r.query(text, func(v row) error {
		if id := v.text(0); id != last {
			last, in = id, wanted[id]
		}
		if !in {
			return nil
		}
		return scan(last, v)
	}, args...)
}

// Tallies is storage.Reader. Lines are found by their text, so that a tuple is read once
// however many agencies have it.
func (r *reader) Tallies(agencies []string, from, to, whole int, add func(string, *report.Tuple, int64) error) error {
	known, standing := map[string]*report.Tuple{}, standingLetters()
	err := r.ranged(agencies, `SELECT a.id, t.year, t.data FROM agency a JOIN tally t ON t.agency = a.key
		WHERE a.id BETWEEN $1 AND $2 AND t.year >= $3 AND t.year <= $4`, func(agency string, v row) error {
		tallied := func(line string) error {
			return r.tallied(known, line, func(t *report.Tuple, n int64) error { return add(agency, t, n) })
		}
		if int(v.integer(1)) >= whole {
			return each(v.text(2), tallied)
		}
		return eachStanding(v.text(2), standing, tallied)
	}, int64(from), int64(to))
	if err != nil {
		return fmt.Errorf("tallies of %d agencies: %w", len(agencies), err)
	}
	return nil
}

// each hands out the lines of a tally row.
func each(data string, line func(string) error) error {
	for l := range strings.Lines(data) {
		if err := line(l); err != nil {
			return err
		}
	}
	return nil
}

// standingFlows are what stood open over the end of a year, or does today.
var standingFlows = [...]report.Flow{report.Carried, report.Open, report.Pending, report.Undecided}

// standingLetters are the letters with which the keys of standing flows begin.
func standingLetters() []string {
	letters := make([]string, len(standingFlows))
	for i, f := range standingFlows {
		letters[i] = report.Tuple{Flow: f}.Key()[:1]
	}
	return letters
}

// eachStanding hands out the lines of standing flows. Lines are in the order of their keys, of
// which the flow is the first letter, so that each flow's stand together.
func eachStanding(data string, letters []string, line func(string) error) error {
	for _, letter := range letters {
		rest := data
		if !strings.HasPrefix(data, letter) {
			i := strings.Index(data, "\n"+letter)
			if i < 0 {
				continue
			}
			rest = data[i+1:]
		}
		for l := range strings.Lines(rest) {
			if l[:1] != letter {
				break
			}
			if err := line(l); err != nil {
				return err
			}
		}
	}
	return nil
}

// tallied reads one line of a tally row.
func (r *reader) tallied(known map[string]*report.Tuple, line string, add func(*report.Tuple, int64) error) error {
	key, n, err := counted(line)
	if err != nil {
		return err
	}
	t, ok := known[key]
	if !ok {
		if t, err = r.tuples.parse(key); err != nil {
			return err
		}
		known[strings.Clone(key)] = t
	}
	return add(t, n)
}

// EventCounts is storage.Reader.
func (r *reader) EventCounts(agencies []string) (map[string]int64, error) {
	counts := make(map[string]int64, len(agencies))
	err := r.ranged(agencies, `SELECT a.id, a.events - a.idle FROM agency a WHERE a.id BETWEEN $1 AND $2`, func(agency string, v row) error {
		counts[agency] = v.integer(1)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("events of %d agencies: %w", len(agencies), err)
	}
	return counts, nil
}

// FigureSums is storage.Reader.
func (r *reader) FigureSums(agencies []string, year int) (map[string]storage.FigureSum, error) {
	sums := map[string]storage.FigureSum{}
	err := r.batched(agencies, `SELECT f.code, CAST(SUM(f.value) AS BIGINT), COUNT(*) FROM agency a JOIN figure f ON f.agency = a.key
		WHERE f.year = $1 AND a.id IN (%s) GROUP BY f.code`, func(v row) error {
		s := sums[v.text(0)]
		s.Value += report.Figure(v.integer(1))
		s.Agencies += int(v.integer(2))
		sums[v.text(0)] = s
		return nil
	}, int64(year))
	if err != nil {
		return nil, fmt.Errorf("sum of figures on %d: %w", year, err)
	}
	return sums, nil
}

// FigureCounts is storage.Reader.
func (r *reader) FigureCounts(agencies []string, year int) (map[string]int, error) {
	counts := map[string]int{}
	err := r.ranged(agencies, `SELECT a.id, COUNT(*) FROM agency a JOIN figure f ON f.agency = a.key
		WHERE a.id BETWEEN $1 AND $2 AND f.year = $3 GROUP BY a.id`, func(agency string, v row) error {
		counts[agency] = int(v.integer(1))
		return nil
	}, int64(year))
	if err != nil {
		return nil, fmt.Errorf("figures on %d of %d agencies: %w", year, len(agencies), err)
	}
	return counts, nil
}

// LatestOf is storage.Reader.
func (r *reader) LatestOf(agencies []string, prefix string) ([]storage.Event, error) {
	var list []storage.Event
	err := r.ranged(agencies, `SELECT a.id, `+eventOf+` FROM agency a JOIN event e ON e.agency = a.key LEFT JOIN event_personal p ON p.seq = e.seq
		WHERE a.id BETWEEN $1 AND $2 AND e.object >= $3 AND e.object < $4
		AND e.revision = (SELECT MAX(x.revision) FROM event x WHERE x.agency = e.agency AND x.object = e.object)`, func(agency string, v row) error {
		list = append(list, scanEvent(agency, v[1:]))
		return nil
	}, prefix, prefix+"\x7f")
	if err != nil {
		return nil, fmt.Errorf("latest events of %s… in %d agencies: %w", prefix, len(agencies), err)
	}
	return list, nil
}
