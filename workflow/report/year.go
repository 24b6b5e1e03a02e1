package report

import "slices"

// AppendYear appends what counts say about the tables of one year. What is open today
// stands there as what stood open over a year end, so that a later conclusion of it is
// no change: of cases at both ends of the year, of remedies at its own.
func AppendYear(dst, counts []Count, year int) []Count {
	for _, c := range counts {
		t := c.Tuple
		switch t.Flow {
		case Received, Concluded, Decided, Filed, Fee:
			if t.Year == year {
				dst = append(dst, c)
			}
		case Carried, Open:
			for y := year - 1; y <= year; y++ {
				if standing(Carried, y, t) {
					dst = append(dst, stood(c, Carried, y))
				}
			}
		case Pending, Undecided:
			if standing(Pending, year, t) {
				dst = append(dst, stood(c, Pending, year))
			}
		}
	}
	return dst
}

func stood(c Count, flow Flow, year int) Count {
	c.Tuple.Flow, c.Tuple.Year = flow, year
	return c
}

// Year is what a tally says about the tables of one year: computing any form for the year
// from it gives the same figures.
func (t Tally) Year(year int) Tally {
	out := Tally{}
	var one [2]Count
	for tuple, n := range t {
		out.Add(AppendYear(one[:0], []Count{{tuple, n}}, year), 1)
	}
	return out
}

// Changes is what a case counted in the tables of a year and counts no more, and what it
// counts and did not. Both are empty where the year's tables stay as they are.
func Changes(before, after []Count, year int) (removed, added []Count) {
	var x, y [8]Count
	was, is := AppendYear(x[:0], before, year), AppendYear(y[:0], after, year)
	if slices.Equal(was, is) {
		return nil, nil
	}
	left := Tally{}
	left.Add(was, -1)
	left.Add(is, 1)
	for tuple, n := range left {
		if n < 0 {
			removed = append(removed, Count{tuple, -n})
		} else {
			added = append(added, Count{tuple, n})
		}
	}
	return removed, added
}
