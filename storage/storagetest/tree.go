package storagetest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gongkai/storage"
	"gongkai/workflow/report"
)

// crowd is more agencies than one statement asks for.
const crowd = 530

// addCrowd creates agencies, a few of which have cases, figures and events.
func addCrowd(f *fixture) []string {
	f.t.Helper()
	ids := make([]string, crowd)
	f.update("", func(w storage.Writer) error {
		for i := range ids {
			ids[i] = fmt.Sprintf("c%03d", i)
			if err := w.InsertAgency(storage.Agency{ID: ids[i], CreateTime: noon, Revision: 1}, event(storage.AgencyObject(ids[i]), 1)); err != nil {
				return err
			}
		}
		return nil
	})
	for _, i := range filled {
		f.update(ids[i], func(w storage.Writer) error { return fillOne(w, ids[i], i) })
	}
	return ids
}

func fillOne(w storage.Writer, id string, i int) error {
	for n := range i%3 + 1 {
		a := received(fmt.Sprintf("%d-03-02", 2023+n))
		a.Agency = id
		if n == 1 {
			a = concluded(a, "2026-03-20", "disclosed.provided")
		}
		if err := insert(w, a); err != nil {
			return err
		}
		fig := storage.Figure{Year: 2026, Code: fmt.Sprintf("331%d", n), Value: report.Whole(int64(i + 1))}
		if err := w.PutFigure(fig, event(storage.FigureObject(2026, fig.Code), 1)); err != nil {
			return err
		}
		for revision := range int64(n + 1) {
			if err := w.Record(event(fmt.Sprintf("kept/2026/%d", n), revision+1)); err != nil {
				return err
			}
		}
	}
	return w.Record(event("kept/2025/0", 1))
}

func talliesOfMany(t *testing.T, f *fixture) {
	ids := addCrowd(f)
	for _, c := range []struct {
		name     string
		agencies []string

		from, to, whole int
	}{
		{"all of all", ids, 2000, 2030, 2000},
		{"one year", ids, 2024, 2024, 2024},
		{"of older years what stood open", ids, 2000, 2030, 2025},
		{"one agency", ids[1:2], 2000, 2030, 2000},
		{"some, and one that is not there", []string{ids[513], "nowhere", ids[2]}, 2000, 2030, 2000},
		{"none", nil, 2000, 2030, 2000},
	} {
		t.Run(c.name, func(t *testing.T) {
			want, got := map[string]report.Tally{}, map[string]report.Tally{}
			seen := map[report.Tuple]*report.Tuple{}
			f.view(func(r storage.Reader) error {
				for _, id := range c.agencies {
					if id == "nowhere" {
						continue
					}
					one, err := r.Tally(id, c.from, c.to)
					if err != nil {
						return err
					}
					maps.DeleteFunc(one, func(t report.Tuple, _ int64) bool {
						return t.Year < c.whole && t.Flow != report.Open && t.Flow != report.Carried
					})
					if len(one) > 0 {
						want[id] = one
					}
				}
				return r.Tallies(c.agencies, c.from, c.to, c.whole, func(id string, t *report.Tuple, n int64) error {
					if before, ok := seen[*t]; ok && before != t {
						return fmt.Errorf("the tuple %v has two pointers", *t)
					}
					seen[*t] = t
					if got[id] == nil {
						got[id] = report.Tally{}
					}
					got[id].Add([]report.Count{{Tuple: *t, N: n}}, 1)
					return nil
				})
			})
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("tallies differ:\n%s", diff)
			}
		})
	}
}

// filled are the agencies of the crowd that have something.
var filled = []int{0, 1, 2, 511, 512, 513, crowd - 1}

func figuresOfMany(t *testing.T, f *fixture) {
	ids := addCrowd(f)
	wantSums, wantCounts := map[string]storage.FigureSum{}, map[string]int{}
	for _, i := range filled {
		wantCounts[ids[i]] = i%3 + 1
		for n := range i%3 + 1 {
			s := wantSums[fmt.Sprintf("331%d", n)]
			wantSums[fmt.Sprintf("331%d", n)] = storage.FigureSum{Value: s.Value + report.Whole(int64(i+1)), Agencies: s.Agencies + 1}
		}
	}
	f.view(func(r storage.Reader) error {
		sums, err := r.FigureSums(ids, 2026)
		if diff := cmp.Diff(wantSums, sums); diff != "" || err != nil {
			t.Errorf("sums differ (%v):\n%s", err, diff)
		}
		counts, err := r.FigureCounts(ids, 2026)
		if diff := cmp.Diff(wantCounts, counts); diff != "" || err != nil {
			t.Errorf("counts differ (%v):\n%s", err, diff)
		}
		if none, err := r.FigureSums(ids, 2025); len(none) != 0 || err != nil {
			t.Errorf("figures of a year without any: %v, %v", none, err)
		}
		return nil
	})
}

func eventsOfMany(t *testing.T, f *fixture) {
	ids := addCrowd(f)
	count := func() (counts map[string]int64) {
		f.view(func(r storage.Reader) (err error) {
			counts, err = r.EventCounts(append([]string{"nowhere"}, ids...))
			return err
		})
		return counts
	}
	before := count()
	for i, id := range ids {
		if (before[id] > 0) != slices.Contains(filled, i) {
			t.Errorf("%s has %d events", id, before[id])
		}
	}
	f.add(ids[2], received("2024-03-02"))
	before[ids[2]]++
	if diff := cmp.Diff(before, count()); diff != "" {
		t.Errorf("after one more (-want +got):\n%s", diff)
	}
}

func latestOfMany(t *testing.T, f *fixture) {
	ids := addCrowd(f)
	f.view(func(r storage.Reader) error {
		got, err := r.LatestOf(ids, "kept/2026/")
		slices.SortFunc(got, func(a, b storage.Event) int { return strings.Compare(a.Agency+a.Object, b.Agency+b.Object) })
		var want []storage.Event
		for _, i := range filled {
			one, err := r.Latest(ids[i], "kept/2026/", "", 10)
			if err != nil || len(one) != i%3+1 {
				t.Errorf("latest of %s: %d, %v", ids[i], len(one), err)
			}
			want = append(want, one...)
		}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("latest events differ (%v):\n%s", err, diff)
		}
		return nil
	})
}
