package main_test

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"gongkai/client"
	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/generate"
)

// The registers that the benchmark of the program runs on.
var (
	sizes        = flag.String("sizes", "10000", "applications of the registers to serve, such as 10000,100000,1000000")
	agencies     = flag.Int("agencies", 200, "agencies of the registers to serve")
	registerFile = flag.String("register", "", "register of that size to serve, a gongkai.db made by gongkaid generate")
)

// benchDay is the last day of the registers that are generated.
const benchDay = "2026-06-30"

// served is a program that serves a register.
type served struct {
	cmd    *exec.Cmd
	target string
	ready  time.Duration // from its start to its ready line
	rest   chan struct{} // closed once all of its output was read
}

// serve starts the program and waits until it says that it serves.
func serve(b *testing.B, dir string) *served {
	b.Helper()
	s := &served{rest: make(chan struct{})}
	s.cmd = exec.CommandContext(b.Context(), filepath.Join(binaries, "gongkaid"), "serve", "--data", dir, "--listen", "127.0.0.1:0", "--today", benchDay)
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	at := time.Now()
	if err := s.cmd.Start(); err != nil {
		b.Fatal(err)
	}
	lines := bufio.NewReader(out)
	line, err := lines.ReadString('\n')
	if err != nil {
		b.Fatalf("the program ended before it was ready: %v", err)
	}
	s.ready = time.Since(at)
	s.target = strings.TrimSpace(strings.TrimPrefix(line, "serving "))
	go func() { _, _ = io.Copy(io.Discard, lines); close(s.rest) }()
	return s
}

// stop ends the program as a service manager would.
func (s *served) stop(b *testing.B) {
	b.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		b.Fatal(err)
	}
	<-s.rest
	if err := s.cmd.Wait(); err != nil {
		b.Fatal(err)
	}
}

// resident is a line of /proc/PID/status in MiB: VmHWM is the most memory it ever held.
func (s *served) resident(b *testing.B, key string) float64 {
	b.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		b.Skipf("memory is read from /proc: %v", err)
	}
	for line := range strings.Lines(string(raw)) {
		if value, ok := strings.CutPrefix(line, key+":"); ok {
			kib, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 64)
			if err != nil {
				b.Fatal(err)
			}
			return kib / 1024
		}
	}
	b.Fatalf("no %s in %s", key, raw)
	return 0
}

// BenchmarkServe starts the program on a register, as often as it is asked to, and has 64
// officers read and log in it. It reports the slowest start to readiness and the most
// memory that was held; goals are 1,000 ms and 256 MiB.
func BenchmarkServe(b *testing.B) {
	for size := range strings.SplitSeq(*sizes, ",") {
		b.Run("applications="+size, func(b *testing.B) {
			if *registerFile != "" {
				benchmarkServe(b, filepath.Dir(*registerFile))
				return
			}
			dir := b.TempDir()
			out, err := exec.CommandContext(b.Context(), filepath.Join(binaries, "gongkaid"), "generate",
				"--database", filepath.Join(dir, "gongkai.db"), "--cases", size, "--agencies", strconv.Itoa(*agencies), "--today", benchDay).CombinedOutput()
			if err != nil {
				b.Fatalf("%v: %s", err, out)
			}
			benchmarkServe(b, dir)
		})
	}
}

func benchmarkServe(b *testing.B, dir string) {
	s := serve(b, dir) // the first start makes the administrator
	token, err := os.ReadFile(filepath.Join(dir, "admin.token"))
	if err != nil {
		b.Fatal(err)
	}
	officers := hire(b, s.target, strings.TrimSpace(string(token)))
	s.stop(b)
	var ready []time.Duration
	var peak, calm float64
	for b.Loop() {
		s := serve(b, dir)
		ready = append(ready, s.ready)
		calm = max(calm, s.resident(b, "VmRSS"))
		load(b, s.target, officers)
		peak = max(peak, s.resident(b, "VmHWM"))
		s.stop(b)
	}
	slices.Sort(ready)
	b.ReportMetric(float64(ready[len(ready)/2].Milliseconds()), "ready-p50-ms")
	b.ReportMetric(float64(ready[len(ready)-1].Milliseconds()), "ready-max-ms")
	b.ReportMetric(calm, "ready-MiB")
	b.ReportMetric(peak, "peak-MiB")
}

// officer is one who works in an agency.
type officer struct{ agency, token string }

// hire makes an officer in each of the 64 largest agencies.
func hire(b *testing.B, target, admin string) (out []officer) {
	b.Helper()
	c := dial(b, target, admin)
	for i := range 64 {
		agency := generate.AgencyID(i)
		res, err := c.Principals.CreatePrincipal(b.Context(), &pb.CreatePrincipalRequest{
			Parent: "agencies/" + agency, PrincipalId: fmt.Sprintf("bench-%d", time.Now().UnixNano()), Principal: &pb.Principal{Role: pb.Principal_SUPERVISOR},
		})
		if err != nil {
			b.Fatal(err)
		}
		out = append(out, officer{agency, res.GetToken()})
	}
	return out
}

func dial(b *testing.B, target, token string) *client.Client {
	b.Helper()
	c, err := client.Dial(b.Context(), target, client.WithToken(token))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = c.Close() })
	return c
}

// load has each officer work through a morning: 50 rounds of queue, list, report and a
// new application.
func load(b *testing.B, target string, officers []officer) {
	b.Helper()
	var failed atomic.Pointer[error]
	var wg sync.WaitGroup
	for _, o := range officers {
		c := dial(b, target, o.token)
		wg.Go(func() {
			for range 50 {
				if err := work(b.Context(), c, "agencies/"+o.agency); err != nil {
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
}

func work(ctx context.Context, c *client.Client, parent string) error {
	if _, err := c.Queue.ListQueue(ctx, &pb.ListQueueRequest{Parent: parent}); err != nil {
		return err
	}
	if _, err := c.Applications.ListApplications(ctx, &pb.ListApplicationsRequest{Parent: parent}); err != nil {
		return err
	}
	if _, err := c.Reports.ComputeAnnualReport(ctx, &pb.ComputeAnnualReportRequest{Parent: parent, Year: 2025, Form: "table-2021"}); err != nil {
		return err
	}
	_, err := c.Applications.CreateApplication(ctx, &pb.CreateApplicationRequest{Parent: parent, Application: &pb.Application{
		Channel: pb.Application_IN_PERSON, ArriveDate: "2026-06-29", Description: "申请公开某项目批复文件",
		Applicant: &pb.Applicant{Kind: pb.Applicant_NATURAL_PERSON, DisplayName: "示例"},
	}})
	return err
}
