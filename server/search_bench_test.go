package server_test

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"google.golang.org/grpc"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server"
	"gongkai/server/generate"
	"gongkai/storage/sqlite"
)

// BenchmarkIndex makes the search index of registers of several sizes from nothing, and
// tells what it weighs. Run it with -benchtime=1x.
func BenchmarkIndex(b *testing.B) {
	for _, n := range registerSizes(b) {
		b.Run("applications="+strconv.Itoa(n), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				path := filepath.Join(b.TempDir(), "gongkai.db")
				store := generatedAt(b, path, n, *agencies)
				before := fileSize(b, path)
				b.StartTimer()
				done, err := server.Indexing{Store: store, Now: time.Now}.Run(b.Context())
				b.StopTimer()
				if err != nil || done != int64(n) {
					b.Fatalf("%d indexed: %v", done, err)
				}
				if err := store.Close(); err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(fileSize(b, path)-before)/float64(n), "B/application")
				b.StartTimer()
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "applications/s")
		})
	}
}

// generatedAt opens a register that is made up; nobody serves it, so that nobody follows
// with the index.
func generatedAt(tb testing.TB, path string, n, agencies int) *sqlite.Store {
	tb.Helper()
	store, err := sqlite.OpenBulk(tb.Context(), path)
	if err == nil {
		err = generate.Register(tb.Context(), store, generate.Config{Cases: n, Agencies: agencies, Seed: seed, Today: day(tb, today)})
	}
	if err == nil {
		err = store.Close()
	}
	if err == nil {
		store, err = sqlite.Open(tb.Context(), path, sqlite.Options{})
	}
	if err != nil {
		tb.Fatal(err)
	}
	return store
}

func fileSize(tb testing.TB, path string) int64 {
	tb.Helper()
	info, err := os.Stat(path)
	if err != nil {
		tb.Fatal(err)
	}
	return info.Size()
}

// looked is one way to search; like is an application of the agency that is asked.
type looked struct {
	name string
	ask  func(like *pb.Application) *pb.SearchApplicationsRequest
}

func words(text string) func(*pb.Application) *pb.SearchApplicationsRequest {
	return func(*pb.Application) *pb.SearchApplicationsRequest { return &pb.SearchApplicationsRequest{Words: text} }
}

var lookups = []looked{
	{"everywhere", words("公开")},
	{"rare", words("垚翀")},
	{"nowhere", words("飞碟")},
	{"words", words("清水河社区 宅基地审批 信访答复")},
	{"name", func(like *pb.Application) *pb.SearchApplicationsRequest {
		return &pb.SearchApplicationsRequest{DisplayName: like.GetApplicant().GetDisplayName()}
	}},
	{"surname", func(*pb.Application) *pb.SearchApplicationsRequest {
		return &pb.SearchApplicationsRequest{DisplayName: "诸葛"}
	}},
	{"number", func(like *pb.Application) *pb.SearchApplicationsRequest {
		return &pb.SearchApplicationsRequest{Words: like.GetApplicationNo()}
	}},
	{"identity", func(like *pb.Application) *pb.SearchApplicationsRequest {
		return &pb.SearchApplicationsRequest{IdNumber: like.GetApplicant().GetIdNumber(), Words: "公开"}
	}},
	{"phone", func(like *pb.Application) *pb.SearchApplicationsRequest {
		return &pb.SearchApplicationsRequest{Words: like.GetApplicant().GetPhone()}
	}},
	{"filtered", func(*pb.Application) *pb.SearchApplicationsRequest {
		return &pb.SearchApplicationsRequest{Words: "公开", Filter: "channel = FAX AND receive_date < 2020-06-01"}
	}},
}

// BenchmarkSearch asks for what is searched most, of agencies in turn. It ends only with
// the whole page, where a search goes on by itself.
func BenchmarkSearch(b *testing.B) {
	onRegisters(b, *agencies, func(b *testing.B, e *env) {
		if _, err := (server.Indexing{Store: e.store, Now: time.Now}).Run(b.Context()); err != nil {
			b.Fatal(err)
		}
		a := askInTurn(b, e)
		likes := make([][]*pb.Application, len(a.conns))
		for i, conn := range a.conns {
			res, err := pb.NewApplicationServiceClient(conn).ListApplications(b.Context(), &pb.ListApplicationsRequest{Parent: a.parents[i], PageSize: 100})
			if err != nil {
				b.Fatal(err)
			}
			likes[i] = res.GetApplications()
		}
		for _, q := range lookups {
			b.Run(q.name, func(b *testing.B) {
				timed(b, func(i int) error {
					at := i % len(a.conns)
					req := q.ask(likes[at][i%len(likes[at])])
					req.Parent = a.parents[at]
					return searchOnce(b, a.conns[at], req)
				})
			})
		}
		b.Run("deep", func(b *testing.B) { deepPages(b, a) })
	})
}

func searchOnce(b *testing.B, conn *grpc.ClientConn, req *pb.SearchApplicationsRequest) error {
	_, err := pb.NewApplicationServiceClient(conn).SearchApplications(b.Context(), req)
	return err
}

// deepPages walks through the pages of what stands everywhere: the last is as fast as the
// first.
func deepPages(b *testing.B, a asked) {
	req := &pb.SearchApplicationsRequest{Parent: a.parents[0], Words: "公开"}
	timed(b, func(int) error {
		res, err := pb.NewApplicationServiceClient(a.conns[0]).SearchApplications(b.Context(), req)
		req.PageToken = res.GetNextPageToken()
		return err
	})
}

// BenchmarkSimilar asks what is like an application, in an agency with as many as are
// compared at most, one of them or all the agency's.
func BenchmarkSimilar(b *testing.B) {
	for _, n := range registerSizes(b) {
		e := generated(b, n, 1)
		e.trusted(b)
		a := askInTurn(b, e)
		apps := pb.NewApplicationServiceClient(a.conns[0])
		res, err := apps.ListApplications(b.Context(), &pb.ListApplicationsRequest{Parent: a.parents[0], PageSize: 100})
		if err != nil {
			b.Fatal(err)
		}
		b.Run("applications="+strconv.Itoa(n), func(b *testing.B) {
			timed(b, func(i int) error {
				_, err := pb.NewAdviceServiceClient(a.conns[0]).FindSimilar(b.Context(), &pb.FindSimilarRequest{Name: res.GetApplications()[i%100].GetName()})
				return err
			})
		})
	}
}
