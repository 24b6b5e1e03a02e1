package storagetest_test

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"maps"
	"math"
	"os"
	"regexp"
	"slices"
	"strconv"
	"testing"
)

var update = flag.Bool("update", false, "draw the plot of cost.txt anew")

// measured is what cost.txt tells: microseconds by row and size.
type measured map[string]map[float64]float64

// line is a result of the benchmarks of reading: name, size and, of its values, the median.
var (
	line   = regexp.MustCompile(`^Benchmark(?:Read|Rollup)/applications=(\d+)/(\w+?)-\d+\s`)
	median = regexp.MustCompile(`([0-9.e+]+) p50-(µs|ms)`)
)

func readCost(t *testing.T, raw []byte) measured {
	t.Helper()
	m := measured{}
	for lines := bufio.NewScanner(bytes.NewReader(raw)); lines.Scan(); {
		name, value := line.FindStringSubmatch(lines.Text()), median.FindStringSubmatch(lines.Text())
		if name == nil || value == nil {
			continue
		}
		size, err := strconv.ParseFloat(name[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		took, err := strconv.ParseFloat(value[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		if value[2] == "ms" {
			took *= 1000
		}
		if m[name[2]] == nil {
			m[name[2]] = map[float64]float64{}
		}
		m[name[2]][size] = took
	}
	return m
}

// The rows of the plot, in the order of its legend, in colours that the colour-blind tell
// apart, too.
var rows = []struct{ name, zh, en, colour string }{
	{"year", "5,000个机关汇总", "roll-up of 5,000 agencies", "#882255"},
	{"cell", "格内清单首页", "cases of a cell", "#117733"},
	{"list", "申请清单首页", "first page of a list", "#4477aa"},
	{"queue", "待办队列首页", "first page of the queue", "#cc6677"},
	{"due", "到期清单首页", "first page by due date", "#ddaa33"},
	{"report", "年度报告", "annual report", "#332288"},
	{"get", "按编号查一件", "one case by number", "#44aa99"},
}

// The frame of the plot: sizes and microseconds, both on logarithmic scales.
const (
	left, right, top, bottom = 70.0, 520.0, 50.0, 390.0
	fewest, most             = 4.0, 7.0 // powers of ten
	fastest, slowest         = 1.0, 6.0
)

func x(size float64) float64 { return left + (math.Log10(size)-fewest)/(most-fewest)*(right-left) }
func y(took float64) float64 {
	return bottom - (math.Log10(took)-fastest)/(slowest-fastest)*(bottom-top)
}

// draw makes the plot.
func draw(m measured) []byte {
	var b bytes.Buffer
	put := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	put(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 780 450" font-family="sans-serif" font-size="12" role="img" aria-label="耗时与登记簿规模 · cost against size">`)
	put(`<rect width="780" height="450" fill="#fff"/>`)
	put(`<text x="%g" y="24" font-size="15" fill="#222">耗时与登记簿规模 · median time of a call over gRPC against the size of the register</text>`, left)
	for p := fewest; p <= most; p++ {
		at := x(math.Pow(10, p))
		put(`<line x1="%.1f" y1="%g" x2="%.1f" y2="%g" stroke="#ddd"/>`, at, top, at, bottom)
		put(`<text x="%.1f" y="%g" text-anchor="middle" fill="#444">10<tspan dy="-5" font-size="9">%g</tspan></text>`, at, bottom+18, p)
	}
	put(`<text x="%g" y="%g" text-anchor="middle" fill="#444">登记簿中的申请 · applications in the register</text>`, (left+right)/2, bottom+42)
	for i, text := range []string{"10 µs", "100 µs", "1 ms", "10 ms", "100 ms", "1 s"} {
		at := y(math.Pow(10, fastest+float64(i)))
		put(`<line x1="%g" y1="%.1f" x2="%g" y2="%.1f" stroke="#ddd"/>`, left, at, right, at)
		put(`<text x="%g" y="%.1f" text-anchor="end" fill="#444">%s</text>`, left-8, at+4, text)
	}
	for i, r := range rows {
		points := m[r.name]
		if len(points) == 0 {
			continue
		}
		put(`<g stroke="%s" fill="%s">`, r.colour, r.colour)
		path := ""
		for _, size := range slices.Sorted(maps.Keys(points)) {
			path += fmt.Sprintf("%.1f,%.1f ", x(size), y(points[size]))
			put(`<circle cx="%.1f" cy="%.1f" r="3.5"/>`, x(size), y(points[size]))
		}
		put(`<polyline points="%s" fill="none" stroke-width="2"/>`, path[:len(path)-1])
		at := top + 14 + 34*float64(i)
		put(`<line x1="%g" y1="%g" x2="%g" y2="%g" stroke-width="3"/>`, right+18, at, right+40, at)
		put(`</g>`)
		put(`<text x="%g" y="%g" fill="#222">%s</text><text x="%g" y="%g" fill="#666" font-size="11">%s</text>`, right+48, at, r.zh, right+48, at+14, r.en)
	}
	put(`</svg>`)
	return b.Bytes()
}

// TestCost: cost.svg is the plot of cost.txt, which is what the benchmarks printed, and
// nothing in the plot is missing or outside its frame. -update draws it anew.
func TestCost(t *testing.T) {
	raw, err := os.ReadFile("cost.txt")
	if err != nil {
		t.Fatal(err)
	}
	m := readCost(t, raw)
	for _, r := range rows {
		if len(m[r.name]) < 3 {
			t.Errorf("cost.txt has %d sizes of %s", len(m[r.name]), r.name)
		}
		for size, took := range m[r.name] {
			if at := y(took); at < top || at > bottom || x(size) < left || x(size) > right {
				t.Errorf("%s at %g cases, %g µs, is outside the plot", r.name, size, took)
			}
		}
	}
	want := draw(m)
	if *update {
		if err := os.WriteFile("cost.svg", want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("cost.svg")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("cost.svg is not the plot of cost.txt; draw it with: go test ./storage/storagetest -run TestCost -update")
	}
}
