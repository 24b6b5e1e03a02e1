package storagetest

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"gongkai/storage"
)

// clients is how many officers work at once in the benchmarks.
const clients = 64

// Benchmark measures a store that holds size applications of several agencies.
func Benchmark(b *testing.B, open Open, size, agencies int) {
	f := newFixture(b, open)
	ids, err := Fill(b.Context(), f.store, size, agencies)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("alone", func(b *testing.B) { benchmarkAlone(b, f, ids) })
	b.Run("officers="+strconv.Itoa(clients), func(b *testing.B) { benchmarkOfficers(b, f, ids) })
	b.Run("due", func(b *testing.B) {
		benchmarkView(b, f, func(r storage.Reader, i int) error {
			_, err := r.Applications(ids[i%len(ids)], storage.Query{Order: storage.ByDue, Limit: 50})
			return err
		})
	})
	b.Run("page", func(b *testing.B) {
		benchmarkView(b, f, func(r storage.Reader, i int) error {
			_, err := r.Applications(ids[i%len(ids)], storage.Query{Limit: 50})
			return err
		})
	})
	b.Run("tally", func(b *testing.B) {
		benchmarkView(b, f, func(r storage.Reader, i int) error {
			_, err := r.Tally(ids[i%len(ids)], 2026, 2026)
			return err
		})
	})
}

// Fill creates agencies and stores applications of theirs, nine of ten concluded. It
// returns the ids of the agencies.
func Fill(ctx context.Context, s storage.Store, size, agencies int) (ids []string, err error) {
	for i := range agencies {
		id := fmt.Sprintf("a%04d", i)
		err := s.Update(ctx, "", func(w storage.Writer) error {
			a := storage.Agency{ID: id, DisplayName: id, CreateTime: noon, Revision: 1}
			return w.InsertAgency(a, event(storage.AgencyObject(id), 1))
		})
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	const step = 50 // in turns, as cases come in
	for at := 0; at < size; at += step {
		err := s.Update(ctx, ids[at/step%agencies], func(w storage.Writer) error {
			for i := range min(step, size-at) {
				a := received("2026-03-02")
				if i%10 != 0 {
					a = concluded(a, "2026-03-20", "disclosed.provided")
				}
				if err := insert(w, a); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// log stores one application as the service does: number, row, event with a request id.
func log(s storage.Store, agency, request string) error {
	return s.Update(context.Background(), agency, func(w storage.Writer) error {
		a := received("2026-03-02")
		var err error
		if a.ApplicationNo, err = w.NextNumber(2026); err != nil {
			return err
		}
		e := withRequest(event("", 1), request)
		return w.InsertApplication(a, storage.Caches{Due: dueOf(a)}, e)
	})
}

func benchmarkAlone(b *testing.B, f *fixture, agencies []string) {
	i := 0
	for b.Loop() {
		i++
		if err := log(f.store, agencies[i%len(agencies)], requestID(b, "alone", i)); err != nil {
			b.Fatal(err)
		}
	}
}

func benchmarkOfficers(b *testing.B, f *fixture, agencies []string) {
	b.ReportAllocs()
	var next atomic.Int64
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for i := int(next.Add(1)); i <= b.N; i = int(next.Add(1)) {
				if err := log(f.store, agencies[i%len(agencies)], requestID(b, "officers", i)); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "applications/s")
}

// requestID is unique, and as scattered as a random UUID.
func requestID(b *testing.B, kind string, i int) string {
	h := uint64(i) * 0x9E3779B97F4A7C15
	return fmt.Sprintf("%016x-%s-%d-%d", h, kind, b.N, i)
}

func benchmarkView(b *testing.B, f *fixture, read func(storage.Reader, int) error) {
	i := 0
	for b.Loop() {
		i++
		if err := f.store.View(context.Background(), func(r storage.Reader) error { return read(r, i) }); err != nil {
			b.Fatal(err)
		}
	}
}
