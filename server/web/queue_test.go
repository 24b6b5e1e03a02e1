package web_test

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/generate"
	"gongkai/storage/sqlite"
	"gongkai/workflow/calendar"
)

// pageLimit is what a page may weigh.
const pageLimit = 60 << 10

// The queue is the landing page: what is late comes first, counted on top, and each row
// leads to its case.
func TestQueue(t *testing.T) {
	o, token := busy(t)
	v := o.enter(token)
	s := v.get("/")
	figures := map[string]string{}
	for n := range s.nodes("div") {
		if dt := textOf(n); attr(n, "class") == "late" || attr(n, "class") == "soon" || attr(n, "class") == "all" || attr(n, "class") == "none" {
			for _, name := range []string{"已超期", "今日到期", "下一工作日到期", "本周到期", "在办合计", "待送达"} {
				if rest, ok := strings.CutPrefix(dt, name); ok {
					figures[name] = strings.TrimSpace(rest)
				}
			}
		}
	}
	want := map[string]string{"已超期": "2", "今日到期": "1", "下一工作日到期": "1", "本周到期": "2", "在办合计": "9", "待送达": "0"}
	for name, n := range want {
		if figures[name] != n {
			t.Errorf("%s is %q, want %s", name, figures[name], n)
		}
	}
	first := strings.Index(s.text, "2026-00001")
	second := strings.Index(s.text, "2026-00002")
	last := strings.Index(s.text, "2026-00009")
	if first < 0 || first > second || second > last {
		t.Errorf("the order is wrong: %d %d %d", first, second, last)
	}
	if !strings.Contains(s.text, `<a href="/agencies/jyj/applications/`) || !strings.Contains(s.text, "已超期19个工作日") {
		t.Errorf("a row lacks its link or its days:\n%s", s.text)
	}
	if s := v.get("/?holder=%E8%A7%84%E5%88%92%E8%B4%A2%E5%8A%A1%E7%A7%91"); strings.Count(s.text, "/applications/") != 1 || !strings.Contains(s.text, "2026-00008") {
		t.Errorf("of one holder the queue shows:\n%s", s.text)
	}
	if s := v.get("/?on_date=nonsense"); s.status != http.StatusBadRequest {
		t.Errorf("nonsense for a day answered %d", s.status)
	}
}

// crowd registers many applications at once, as many as there are days of several weeks.
func (o *office) crowd(token string, n int) {
	o.t.Helper()
	api := pb.NewApplicationServiceClient(o.api(token))
	var group sync.WaitGroup
	errs := make(chan error, n)
	next := make(chan int)
	for range 32 {
		group.Go(func() {
			for i := range next {
				_, err := api.CreateApplication(o.t.Context(), &pb.CreateApplicationRequest{Parent: "agencies/jyj", Application: &pb.Application{
					Channel: pb.Application_IN_PERSON, ArriveDate: fmt.Sprintf("2026-06-%02d", 1+i%28), Description: strings.Repeat("示例内容", 20),
					Applicant: &pb.Applicant{Kind: pb.Applicant_NATURAL_PERSON, DisplayName: fmt.Sprintf("示例人%d", i)},
				}})
				if err != nil {
					errs <- err
				}
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	group.Wait()
	close(errs)
	for err := range errs {
		o.t.Fatal(err)
	}
}

// With 5,000 open applications the queue is light, and its pages hold each of them once.
func TestQueueOfMany(t *testing.T) {
	many := 5000
	if testing.Short() {
		many = 1100 // still more than are counted
	}
	o, _ := desk(t)
	token := o.hire(pb.Principal_SUPERVISOR, "jyj")
	o.crowd(token, many)
	v := o.enter(token)
	seen := map[string]bool{}
	for path, pages := "/", 0; path != ""; pages++ {
		s := v.get(path)
		if s.status != http.StatusOK || len(s.text) > pageLimit {
			t.Fatalf("%s answered %d with %d bytes, at most %d are allowed", path, s.status, len(s.text), pageLimit)
		}
		if pages == 0 && !strings.Contains(s.text, "在办申请超过1,000件") {
			t.Error("the page does not say that its figures are bounded")
		}
		path = ""
		for n, text := range s.nodes("a") {
			switch href := attr(n, "href"); {
			case attr(n, "rel") == "next":
				path = href
			case strings.HasPrefix(href, "/agencies/jyj/applications/"):
				if seen[text] {
					t.Fatalf("%s is listed twice", text)
				}
				seen[text] = true
			}
		}
	}
	if len(seen) != many {
		t.Errorf("the pages list %d, want %d", len(seen), many)
	}
	if s := v.get("/register"); len(s.text) > pageLimit {
		t.Errorf("registering weighs %d bytes", len(s.text))
	}
}

func BenchmarkQueue(b *testing.B) {
	o := open(b, nil)
	o.agency("jyj")
	token := o.hire(pb.Principal_SUPERVISOR, "jyj")
	o.crowd(token, 5000)
	v := o.enter(token)
	for b.Loop() {
		if s := v.get("/"); s.status != http.StatusOK {
			b.Fatal(s.status)
		}
	}
}

// registerFile is the register of BenchmarkFirstByte.
var registerFile = flag.String("register", "", "register made by gongkaid generate, never served, to benchmark on a copy of; empty: one of 10,000 applications is made")

// BenchmarkFirstByte asks for the first page of the morning, in the largest agencies in
// turn, and takes the time until its first byte is there. The goal is 20 ms with 10⁶
// applications.
func BenchmarkFirstByte(b *testing.B) {
	path := filepath.Join(b.TempDir(), "gongkai.db")
	if err := benchmarkRegister(b, path); err != nil {
		b.Fatal(err)
	}
	o := openOn(b, path, nil, nil)
	var visitors []*visitor
	for i := range 20 {
		visitors = append(visitors, o.enter(o.hire(pb.Principal_SUPERVISOR, generate.AgencyID(i))))
	}
	var took []time.Duration
	for i := 0; b.Loop(); i++ {
		v := visitors[i%len(visitors)]
		req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, v.office.url+"/", nil)
		if err != nil {
			b.Fatal(err)
		}
		at := time.Now()
		res, err := v.client.Do(req)
		if err != nil || res.StatusCode != http.StatusOK {
			b.Fatal(res, err)
		}
		_, err = io.ReadFull(res.Body, make([]byte, 1))
		took = append(took, time.Since(at))
		if _, rest := io.Copy(io.Discard, res.Body); errors.Join(err, rest, res.Body.Close()) != nil {
			b.Fatal(err, rest)
		}
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
}

func benchmarkRegister(b *testing.B, path string) error {
	if *registerFile != "" {
		from, err := os.Open(*registerFile)
		if err != nil {
			return err
		}
		defer from.Close()
		to, err := os.Create(path)
		if err != nil {
			return err
		}
		_, err = io.Copy(to, from)
		return errors.Join(err, to.Close())
	}
	store, err := sqlite.OpenBulk(b.Context(), path)
	if err != nil {
		return err
	}
	err = generate.Register(b.Context(), store, generate.Config{Cases: 10_000, Agencies: 20, Seed: 7, Today: calendar.New(2026, 6, 30)})
	return errors.Join(err, store.Close())
}
