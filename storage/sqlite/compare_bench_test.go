package sqlite_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server"
	"gongkai/server/generate"
	"gongkai/storage/sqlite"
	"gongkai/workflow/calendar"
)

// atOnce is how many officers log at once, and how many rows a bare loop commits at once.
const atOnce = 64

// pace is how often one officer alone logs an application: as fast as nobody can, and
// slow enough that neither side waits for what it wrote before.
const pace = 10 * time.Millisecond

// rivals are a served register and a copy of it that a bare loop writes to.
type rivals struct {
	officers []*grpc.ClientConn // of the agencies in turn
	parents  []string
	bare     *loop
	from     int // rows that the bare loop has written
}

// compare makes a register of -applications in -agencies, whose search index holds them all,
// and a copy of it. The index follows what is logged every so often; 0: as usual.
func compare(b *testing.B, indexEvery time.Duration) *rivals {
	b.Helper()
	dir, copied := b.TempDir(), filepath.Join(b.TempDir(), "bare.db")
	path := filepath.Join(dir, "gongkai.db")
	store := must(sqlite.OpenBulk(b.Context(), path))(b)
	config := generate.Config{Cases: *size, Agencies: *agencies, Seed: 7, Today: calendar.New(2026, 6, 30)}
	if err := generate.Register(b.Context(), store, config); err != nil {
		b.Fatal(err)
	}
	if _, err := (server.Indexing{Store: store, Now: time.Now}).Run(b.Context()); err != nil {
		b.Fatal(err)
	}
	if err := store.Close(); err != nil {
		b.Fatal(err)
	}
	if err := os.CopyFS(filepath.Dir(copied), os.DirFS(dir)); err != nil {
		b.Fatal(err)
	}
	if err := os.Rename(filepath.Join(filepath.Dir(copied), "gongkai.db"), copied); err != nil {
		b.Fatal(err)
	}
	db := bare(b, copied)
	b.Cleanup(func() { _ = db.Close() })
	r := &rivals{bare: newLoop(b, db, servedRow)}
	e := serveOn(b, path, must(sqlite.Open(b.Context(), path, sqlite.Options{}))(b), indexEvery)
	for i := range min(atOnce, *agencies) {
		r.parents = append(r.parents, "agencies/"+generate.AgencyID(i))
		r.officers = append(r.officers, e.dial(e.person(generate.AgencyID(i), "sun", pb.Principal_SUPERVISOR)))
	}
	return r
}

// logOne logs an application over gRPC: the rows that the bare loop writes.
func (r *rivals) logOne(ctx context.Context, i int) error {
	i %= len(r.officers)
	_, err := pb.NewApplicationServiceClient(r.officers[i]).CreateApplication(ctx, &pb.CreateApplicationRequest{
		Parent: r.parents[i], RequestId: uuid.NewString(),
		Application: &pb.Application{
			Channel: pb.Application_IN_PERSON, ArriveDate: "2026-06-29", Description: "关于\"征地\"补偿的文件; DROP TABLE application; --\n第二行",
			Applicant: &pb.Applicant{
				Kind: pb.Applicant_NATURAL_PERSON, DisplayName: "王𠮷", IdType: "居民身份证", IdNumber: "11010119000101001X", Phone: "010-00000000",
				Address: "某市某路'1'号", Postcode: "100000", Email: "w@example.cn",
			},
		},
	})
	return err
}

// commit writes rows in the bare loop, and copies its log from time to time.
func (r *rivals) commit(b *testing.B, batch int) {
	r.bare.commit(b, r.from, batch, *agencies)
	if r.from += batch; r.from%2048 < batch {
		if _, err := r.bare.db.ExecContext(b.Context(), "PRAGMA wal_checkpoint(PASSIVE)"); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkOfficersAgainstBare has 64 officers log over gRPC and then a bare loop write the
// same rows, 64 to a commit, in turn; an iteration is 1,024 rows of each. The bare loop keeps
// no search index: the goal, a ratio of at least 0.5, is for one that lags.
func BenchmarkOfficersAgainstBare(b *testing.B) {
	b.Run("index=follows", func(b *testing.B) { officersAgainstBare(b, 0) })
	b.Run("index=lags", func(b *testing.B) { officersAgainstBare(b, time.Hour) })
}

func officersAgainstBare(b *testing.B, indexEvery time.Duration) {
	const rows = 1024
	r := compare(b, indexEvery)
	var served, looped time.Duration
	for b.Loop() {
		at := time.Now()
		var wg sync.WaitGroup
		var failed atomic.Pointer[error]
		for i := range atOnce {
			wg.Go(func() {
				for range rows / atOnce {
					if err := r.logOne(b.Context(), i); err != nil {
						failed.Store(&err)
						return
					}
				}
			})
		}
		wg.Wait()
		if err := failed.Load(); err != nil {
			b.Fatal(*err)
		}
		served += time.Since(at)
		at = time.Now()
		for range rows / atOnce {
			r.commit(b, atOnce)
		}
		looped += time.Since(at)
	}
	n := float64(b.N * rows)
	b.ReportMetric(n/served.Seconds(), "officers/s")
	b.ReportMetric(n/looped.Seconds(), "bare/s")
	b.ReportMetric(looped.Seconds()/served.Seconds(), "ratio")
}

// BenchmarkAloneAgainstBare has one officer log over gRPC and a bare loop commit the same
// rows, each at its own pace of 10 ms, in turn. The goal is a ratio of the medians of at
// most 2.5.
func BenchmarkAloneAgainstBare(b *testing.B) {
	r := compare(b, 0)
	tick := time.NewTicker(pace)
	defer tick.Stop()
	var served, looped []time.Duration
	for b.Loop() {
		<-tick.C
		at := time.Now()
		if err := r.logOne(b.Context(), 0); err != nil {
			b.Fatal(err)
		}
		served = append(served, time.Since(at))
		<-tick.C
		at = time.Now()
		r.bare.commit(b, r.from, 1, *agencies)
		looped = append(looped, time.Since(at))
		r.from++
	}
	slices.Sort(served)
	slices.Sort(looped)
	ours, theirs := served[len(served)/2], looped[len(looped)/2]
	b.ReportMetric(float64(ours.Microseconds()), "officer-p50-µs")
	b.ReportMetric(float64(theirs.Microseconds()), "bare-p50-µs")
	b.ReportMetric(float64(ours)/float64(theirs), "ratio")
}
