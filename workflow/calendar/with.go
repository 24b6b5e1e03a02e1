package calendar

import (
	"cmp"
	"slices"
	"strings"
)

// With returns the calendar that also knows notices issued since the embedded ones. They
// need a day from which they are known, and are taken in its order. A notice for a year
// that has none yet makes that year firm; one for a year that has supersedes, from its
// day on, the days of the festivals that it names. c stays as it is.
//
// The error is a *NoticeError: a notice that contradicts itself or the plan.
func (c *Calendar) With(list ...Notice) (*Calendar, error) {
	if len(list) == 0 {
		return c, nil
	}
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b Notice) int { return cmp.Compare(a.KnownFrom, b.KnownFrom) })
	all := clone(c.notices)
	for i := range list {
		n := &list[i]
		if err := n.Check(); err != nil {
			return nil, err
		}
		if n.KnownFrom.IsZero() {
			return nil, wrong(0, "通知缺少印发日期，应写明自哪一日起知悉", "the notice needs the day from which it is known")
		}
		if all = n.before(all); n.Year > lastYearOf(all, lastDay)+1 {
			return nil, wrong(0, "%[1]d年的通知之前缺少%[2]d年的通知；请先导入后者", "before the notice for %[1]d that for %[2]d is missing; import that first",
				n.Year, lastYearOf(all, lastDay)+1)
		}
		row, err := n.row()
		if err != nil {
			return nil, err
		}
		if err := supersede(all, row); err != nil {
			return nil, err
		}
		if all, err = insert(all, row); err != nil {
			return nil, err
		}
		if err := disjoint(all, n.KnownFrom); err != nil {
			return nil, err
		}
	}
	return chain(all), nil
}

// insert adds a notice to the table. What a later program has embedded may amend it.
func insert(all []notice, row notice) ([]notice, error) {
	for _, later := range all {
		if later.year != row.year || later.knownFrom <= row.knownFrom {
			continue
		}
		if err := supersede([]notice{row}, later); err != nil {
			return nil, err
		}
	}
	all = append(all, row)
	slices.SortStableFunc(all, func(a, b notice) int {
		return cmp.Or(cmp.Compare(a.year, b.year), cmp.Compare(a.knownFrom, b.knownFrom))
	})
	return all, nil
}

// before drops what a later program has embedded for a year that the register had first:
// what was judged by the register's notice stays judged by it.
func (n *Notice) before(all []notice) []notice {
	if n.Amends {
		return all
	}
	return slices.DeleteFunc(all, func(o notice) bool { return o.year == n.Year && o.knownFrom == 0 })
}

// chain lays out the plans, one for each day on which a notice became known.
func chain(all []notice) *Calendar {
	days := []Date{0}
	for _, n := range all {
		days = append(days, day(n.knownFrom))
	}
	slices.Sort(days)
	var c *Calendar
	for _, d := range slices.Compact(days) {
		c = plan(d, c, all)
	}
	return c
}

func clone(list []notice) []notice {
	out := slices.Clone(list)
	for i := range out {
		out[i].holidays = slices.Clone(out[i].holidays)
	}
	return out
}

// lastYearOf is the last year that a notice fixes as known on a day.
func lastYearOf(all []notice, since Date) int {
	last := 0
	for _, n := range all {
		if day(n.knownFrom) <= since {
			last = max(last, n.year)
		}
	}
	return last
}

// row writes a notice as the table of notices does.
func (n *Notice) row() (notice, error) {
	out := notice{year: n.Year, title: n.Title, knownFrom: ymd(n.KnownFrom)}
	for _, r := range n.Rest {
		out.holidays = append(out.holidays, holiday{festival: festival{r.FestivalZH, r.FestivalEN}, first: ymd(r.First), last: ymd(r.Last)})
	}
	for _, w := range n.Work {
		i := slices.IndexFunc(out.holidays, func(h holiday) bool { return h.festival.zh == w.FestivalZH })
		if i < 0 {
			return out, wrong(0, "%[1]s为“%[2]s”上班，但通知未写明该节日的放假日期", "%[1]s is worked for %[2]q, of which the notice names no rest day", w.First, w.FestivalZH)
		}
		for d := w.First; d <= w.Last; d++ {
			out.holidays[i].work = append(out.holidays[i].work, ymd(d))
		}
	}
	return out, nil
}

// ymd writes a day as the tables do.
func ymd(d Date) int { return d.Year()*10_000 + int(d.Month())*100 + d.Day() }

// supersede ends what stands of the festivals that an amendment names.
func supersede(all []notice, by notice) error {
	named := map[string]bool{}
	for _, h := range by.holidays {
		for f := range strings.SplitSeq(h.festival.zh, "、") {
			named[plainName(f)] = true
		}
	}
	for _, n := range all {
		if n.year != by.year || n.knownFrom > by.knownFrom {
			continue
		}
		for j := range n.holidays {
			h := &n.holidays[j] // of all, too
			if h.until != 0 {
				continue
			}
			some, every := false, true
			for f := range strings.SplitSeq(h.festival.zh, "、") {
				some, every = some || named[plainName(f)], every && named[plainName(f)]
			}
			if some && !every {
				return wrong(0, "原通知将“%[1]s”一并安排，修改通知只写了其中一个；请一并写明", "the plan arranges %[1]q together and the amendment names one of them; name all of them", h.festival.zh)
			}
			if some {
				h.until = by.knownFrom
			}
		}
	}
	return nil
}

// plainName is a festival's name without its ornaments: “五一”国际劳动节 is 劳动节.
func plainName(zh string) string {
	if strings.HasSuffix(zh, labour.zh) {
		return labour.zh
	}
	return strings.TrimSuffix(zh, "节")
}

// disjoint refuses a plan in which two holidays claim one day.
func disjoint(all []notice, since Date) error {
	spans := noticed(all, since)
	for i := 1; i < len(spans); i++ {
		if a, b := spans[i-1], spans[i]; b.first <= a.last {
			return wrong(0, "%[1]s同时由“%[2]s”和“%[3]s”安排；修改通知应写明两者", "%[1]s is arranged for both %[2]q and %[3]q; the amendment has to name both",
				b.first, a.festival.zh, b.festival.zh)
		}
	}
	return nil
}

// Change is a day that is a workday in one plan and not in another.
type Change struct {
	Date   Date
	Before bool // a workday before
	After  bool
}

// Changes lists the days on which a plan departs from an earlier one, in order.
func (c *Calendar) Changes(earlier *Calendar) []Change {
	var out []Change
	for d := firstDay; d <= lastDay; d++ {
		if before, after := earlier.IsWorkday(d), c.IsWorkday(d); before != after {
			out = append(out, Change{d, before, after})
		}
	}
	return out
}

// Noticed reports whether a notice fixes a year.
func (c *Calendar) Noticed(year int) bool {
	return slices.ContainsFunc(c.notices, func(n notice) bool { return n.year == year && day(n.knownFrom) <= c.since })
}

// Named is consecutive days for a festival, with its name in English.
func Named(first, last Date, festivalZH string) Range {
	return Range{First: first, Last: last, FestivalZH: festivalZH, FestivalEN: englishName(festivalZH)}
}
