package server

import (
	"cmp"
	"maps"
	"slices"

	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/report"
)

// shown are the frozen years in which the agency's cases count: its own, and from the year
// after its end those of whoever took it over.
func (f *frost) shown() (map[int]frozenFacts, error) {
	out, err := f.years()
	if err != nil {
		return nil, err
	}
	a, err := f.reader.Agency(f.agency)
	if err != nil {
		return nil, err
	}
	later, err := f.heirs(a.Settings.Lineage)
	for year, list := range later {
		if _, own := out[year]; !own {
			out[year] = list[0]
		}
	}
	return out, err
}

// heirs are the frozen years, of those who took the agency over by a lineage, in which its
// cases count.
func (f *frost) heirs(l workflow.Lineage) (map[int][]frozenFacts, error) {
	out := map[int][]frozenFacts{}
	from := 0
	for n := 0; n < maxDepth && l.Successor != "" && !l.Abolished.IsZero(); n++ {
		first := l.Abolished.Year()
		if !gone(l, first) {
			first++
		}
		from = max(from, first)
		years, err := f.yearsOf(l.Successor)
		if err != nil {
			return nil, err
		}
		for year, facts := range years {
			if year >= from {
				out[year] = append(out[year], facts)
			}
		}
		next, err := f.reader.Agency(l.Successor)
		if err != nil {
			return nil, err
		}
		l = next.Settings.Lineage
	}
	return out, nil
}

// agencyChanged refuses settings by which a frozen year would be read otherwise, and days and
// successors by which cases would count in a frozen year of another agency, or no longer.
func (f *frost) agencyChanged(a storage.Agency) error {
	if f == nil {
		return nil
	}
	if err := f.settings(a.Settings); err != nil {
		return err
	}
	before, err := f.reader.Agency(a.ID)
	if err != nil {
		return err
	}
	if was, is := before.Settings.Lineage, a.Settings.Lineage; was.Successor != is.Successor || was.Abolished != is.Abolished {
		return f.inherited(was, is)
	}
	return nil
}

// inherited compares in which frozen years of others the agency's cases counted and would.
// A year in which none of them counts stays as it is, whoever has them.
func (f *frost) inherited(was, is workflow.Lineage) error {
	left, err := f.heirs(was)
	if err != nil {
		return err
	}
	gained, err := f.heirs(is)
	if err != nil {
		return err
	}
	for _, lists := range [][2]map[int][]frozenFacts{{left, gained}, {gained, left}} {
		for _, year := range slices.Sorted(maps.Keys(lists[0])) {
			for _, facts := range lists[0][year] {
				if slices.ContainsFunc(lists[1][year], func(o frozenFacts) bool { return o.agency == facts.agency }) {
					continue
				}
				if counts, err := f.counted(year); err != nil || counts {
					return cmp.Or(err, f.refusal(facts, []report.Message{{ZH: "承继“" + f.agency + "”的各项", EN: "what was taken over from " + f.agency}}))
				}
			}
		}
	}
	return nil
}

// counted reports whether a case of the agency, or of those that it took over itself,
// counts in a year.
func (f *frost) counted(year int) (found bool, err error) {
	all, err := nodesOf(f.reader, year)
	if err != nil {
		return false, err
	}
	var registers []string
	for id := range all {
		if all.passes(id, f.agency) {
			registers = append(registers, id)
		}
	}
	err = f.reader.Tallies(registers, firstYear, year, year, func(_ string, t *report.Tuple, n int64) error {
		found = found || n != 0 && effectOf(t, year).any
		return nil
	})
	return found, err
}
