package generate_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"gongkai/server/generate"
	"gongkai/storage"
	"gongkai/storage/sqlite"
	"gongkai/workflow"
	"gongkai/workflow/calendar"
	"gongkai/workflow/outcome"
	"gongkai/workflow/report"
)

var lastDay = calendar.New(2026, 6, 30)

func opened(tb testing.TB) storage.Store {
	tb.Helper()
	s, err := sqlite.OpenBulk(tb.Context(), filepath.Join(tb.TempDir(), "gongkai.db"))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}

func filled(tb testing.TB, c generate.Config) storage.Store {
	tb.Helper()
	s := opened(tb)
	if err := generate.Register(tb.Context(), s, c); err != nil {
		tb.Fatal(err)
	}
	return s
}

// view reads a store.
func view(tb testing.TB, s storage.Store, fn func(storage.Reader) error) {
	tb.Helper()
	if err := s.View(context.Background(), fn); err != nil {
		tb.Fatal(err)
	}
}

// tally sums all years of some agencies.
func tally(tb testing.TB, s storage.Store, agencies int) (sum []report.Tally) {
	tb.Helper()
	view(tb, s, func(r storage.Reader) error {
		for i := range agencies {
			t, err := r.Tally(generate.AgencyID(i), 2021, 2026)
			if err != nil {
				return err
			}
			sum = append(sum, t)
		}
		return nil
	})
	return sum
}

// TestMix: a register has as many cases as it should, one in twenty of them open, and
// mixes them as the published reports do.
func TestMix(t *testing.T) {
	const cases, agencies = 8_000, 30
	s := filled(t, generate.Config{Cases: cases, Agencies: agencies, Seed: 1, Today: lastDay})
	var received, concluded int64
	channels, rows, kinds := map[workflow.Channel]int64{}, map[string]int64{}, map[workflow.ApplicantKind]int64{}
	years := map[int]int64{}
	var remedies int64
	sizes := make([]int64, agencies)
	for i, tally := range tally(t, s, agencies) {
		for tuple, n := range tally {
			switch tuple.Flow {
			case report.Received:
				received += n
				sizes[i] += n
				channels[tuple.Channel] += n
				kinds[tuple.Kind] += n
				years[tuple.Year] += n
			case report.Concluded:
				concluded += n
				row, _ := outcome.Of(tuple.Basis)
				rows[row.Row2021] += n
			default: // what is carried over and paid is no case of its own
			}
		}
	}
	open, submitted := int64(0), int64(0)
	view(t, s, func(r storage.Reader) error {
		for i := range agencies {
			for after := int64(0); ; {
				list, err := r.Remedies(generate.AgencyID(i), storage.RemedyQuery{After: after, Limit: 1000})
				if err != nil || len(list) == 0 {
					break
				}
				remedies += int64(len(list))
				after = list[len(list)-1].ID
			}
			q := storage.Query{Order: storage.ByDue, Limit: 1000}
			list, err := r.Applications(generate.AgencyID(i), q)
			if err != nil {
				return err
			}
			open += int64(len(list))
			for _, a := range list {
				if err := (workflow.Rules{Calendar: calendar.Embedded()}).Fold(a); err != nil {
					return err
				}
				if a.State == workflow.Submitted {
					submitted++
				}
			}
		}
		return nil
	})
	if received+submitted != cases || open != cases/20 || concluded != cases-open {
		t.Errorf("%d received, %d to be confirmed, %d open and %d concluded of %d", received, submitted, open, concluded, cases)
	}
	near := func(what string, got, want, off float64) {
		t.Helper()
		if math.Abs(got-want) > off {
			t.Errorf("%s: %.4f, want %.4f ± %.4f", what, got, want, off)
		}
	}
	part := func(n, of int64) float64 { return float64(n) / float64(of) }
	online := channels[workflow.OnlineForm] + channels[workflow.Email]
	letter := channels[workflow.PostSigned] + channels[workflow.PostOrdinary]
	near("online", part(online, received), 0.60, 0.02)
	near("by letter", part(letter, received), 0.30, 0.02)
	near("in person", part(channels[workflow.InPerson]+channels[workflow.Oral], received), 0.09, 0.01)
	near("by fax", part(channels[workflow.Fax], received), 0.01, 0.005)
	near("natural persons", part(kinds[workflow.NaturalPerson], received), 0.977, 0.006)
	near("granted", part(rows["granted"], concluded), 1870.0/5283, 0.02)
	near("not held", part(rows["unable.notHeld"], concluded), 1610.0/5283, 0.02)
	near("not corrected", part(rows["other.notCorrectedInTime"], concluded), 121.0/5283, 0.006)
	near("remedies", part(remedies, cases), 741.0/9313, 0.015)
	if years[2021] == 0 || years[2025] < years[2021] {
		t.Errorf("years: %v, want more each year", years)
	}
	if sizes[0] < 10*sizes[agencies/2] || sizes[agencies/2] < 3*sizes[agencies-1] {
		t.Errorf("sizes of agencies: %v, want a few large ones", sizes)
	}
}

// TestSeed: the same seed makes the same register, another one another.
func TestSeed(t *testing.T) {
	config := generate.Config{Cases: 600, Agencies: 3, Seed: 5, Today: lastDay}
	all := func(c generate.Config) (out []*workflow.Application) {
		view(t, filled(t, c), func(r storage.Reader) error {
			list, err := r.Applications(generate.AgencyID(0), storage.Query{Limit: 1000})
			out = list
			return err
		})
		return out
	}
	one := all(config)
	if diff := cmp.Diff(one, all(config)); diff != "" {
		t.Errorf("a second time (-first +second)\n%s", diff)
	}
	config.Seed++
	if cmp.Equal(one, all(config)) {
		t.Error("another seed makes the same register")
	}
}

// TestHeld: a register that holds anything is not written to.
func TestHeld(t *testing.T) {
	config := generate.Config{Cases: 100, Agencies: 2, Seed: 1, Today: lastDay}
	s := filled(t, config)
	before := tally(t, s, 2)
	if err := generate.Register(t.Context(), s, config); err == nil || !strings.Contains(err.Error(), "holds a register already") {
		t.Errorf("a second time: %v", err)
	}
	if diff := cmp.Diff(before, tally(t, s, 2)); diff != "" {
		t.Errorf("the register changed (-before +after)\n%s", diff)
	}
	for _, c := range []generate.Config{{Cases: -1, Agencies: 1, Today: lastDay}, {Agencies: 0, Today: lastDay}, {Agencies: 1, Today: calendar.New(2021, 6, 1)}} {
		if err := generate.Register(t.Context(), opened(t), c); err == nil {
			t.Errorf("%+v is accepted", c)
		}
	}
}

// TestTexts: names and texts are of many lengths, and hardly ever the same.
func TestTexts(t *testing.T) {
	var list, others bytes.Buffer
	if err := generate.Ledger(&list, &others, generate.Config{Cases: 2000, Seed: 2, Today: lastDay}); err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(&list).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	at := map[string]int{}
	for i, key := range lines[0] {
		at[key] = i
	}
	texts, longest, shortest := map[string]bool{}, 0, math.MaxInt
	numbers := map[string]bool{}
	for _, line := range lines[1:] {
		text := line[at["description"]]
		texts[text] = true
		longest, shortest = max(longest, utf8.RuneCountInString(text)), min(shortest, utf8.RuneCountInString(text))
		numbers[line[at["application_no"]]] = true
	}
	if len(texts) < 1900 || shortest > 25 || longest < 200 {
		t.Errorf("%d texts of %d to %d characters", len(texts), shortest, longest)
	}
	if len(numbers) != 2000 {
		t.Errorf("%d numbers of 2000 cases", len(numbers))
	}
}

// BenchmarkRegister writes as many cases as it is given iterations.
func BenchmarkRegister(b *testing.B) {
	s := opened(b)
	c := generate.Config{Cases: b.N, Agencies: max(b.N/2000, 1), Seed: 1, Today: lastDay}
	if err := generate.Register(b.Context(), s, c); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "cases/s")
}
