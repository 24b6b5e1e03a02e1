package chart_test

import (
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"
	"pgregory.net/rapid"

	"gongkai/server/web/chart"
)

var update = flag.Bool("update", false, "write the golden files")

const hostile = `<script>alert(1)</script>"'><img src=x onerror=alert(2)>&` + "\u202e\x00\x1b"

// samples are the drawings that the golden files hold.
func samples() []struct {
	name   string
	figure chart.Figure
} {
	zh, en := chart.Options{ID: "a"}, chart.Options{ID: "a", English: true}
	long := "上海市浦东新区城市管理行政执法局第三执法大队政府信息公开工作办公室𠮷田小组（含派驻窗口）"
	return []struct {
		name   string
		figure chart.Figure
	}{
		{"flow-months", chart.Flow("2026年收件、办结与在办", months(6), zh)},
		{"flow-weeks", chart.Flow("Received, concluded and open in 2026", weeks(), en)},
		{"flow-empty", chart.Flow("2026年收件、办结与在办", months(0), zh)},
		{"flow-one", chart.Flow("收件", []chart.Period{{Label: "2026年", In: 1, Out: 0, Open: 1}}, zh)},
		{"flow-huge", chart.Flow("收件", []chart.Period{{Label: "2025年", In: math.MaxInt64, Out: 12_345_678, Open: 9_876_543_210}, {Label: "2026年", In: 40_000_000, Out: -5, Open: 3}}, zh)},
		{"days", chart.Days("答复所用工作日（2026年）", taken(), chart.Limits{Ordinary: 20, Extended: 40}, zh)},
		{"days-english", chart.Days("Workdays until the reply, 2026", taken(), chart.Limits{Ordinary: 20, Extended: 40}, en)},
		{"days-empty", chart.Days("答复所用工作日", nil, chart.Limits{Ordinary: 20, Extended: 40}, zh)},
		{"days-far", chart.Days("答复所用工作日", []chart.Taken{{0, 1}, {20, 2}, {21, 1}, {40, 3}, {41, 1}, {3000, 2}}, chart.Limits{Ordinary: 20, Extended: 40}, zh)},
		{"outcomes", chart.Outcomes("办理结果（2026年）", outcomes(), zh)},
		{"outcomes-empty", chart.Outcomes("办理结果", nil, zh)},
		{"outcomes-hostile", chart.Outcomes(hostile, []chart.Bar{{hostile, 3, "javascript:alert(1)"}, {hostile, 1, "//evil.example/"}, {hostile, 2, `/x?a="><script>`}}, zh)},
		{"workload", chart.Workload("在办工作量", []chart.Load{{"", 3, 0, 1, ""}, {"王𠮷", 42, 5, 7, "/queue?holder=wang"}, {"李晓明", 18, 0, 2, "/queue?holder=li"}, {long, 27, 12, 9, ""}, {"赵六", 0, 0, 0, ""}}, zh)},
		{"workload-english", chart.Workload("Work in hand", []chart.Load{{"", 3, 0, 1, ""}, {"Information Office of the Bureau of Very Long Names and Even Longer Titles", 42, 5, 7, ""}}, en)},
	}
}

func months(known int) (list []chart.Period) {
	open := int64(14)
	for i := range 12 {
		p := chart.Period{Label: strconv.Itoa(i+1) + "月", In: int64(18 + i*7%23), Out: int64(12 + i*11%25), Ahead: i >= known}
		open = max(0, open+p.In-p.Out)
		p.Open = open
		list = append(list, p)
	}
	return list
}

func weeks() (list []chart.Period) {
	open := int64(140)
	for i := range 53 {
		p := chart.Period{Label: "W" + strconv.Itoa(i+1), In: int64(40 + i*17%31), Out: int64(35 + i*13%37), Ahead: i > 40}
		open = max(0, open+p.In-p.Out)
		p.Open = open
		list = append(list, p)
	}
	return list
}

func taken() (list []chart.Taken) {
	for d := range 55 {
		n := int64(0)
		switch {
		case d >= 3 && d <= 20:
			n = int64(2 + d*d/12)
		case d > 20 && d <= 40:
			n = int64((40 - d) / 3)
		case d > 40 && d%4 == 0:
			n = 2
		}
		list = append(list, chart.Taken{Workdays: d, Cases: n})
	}
	return list
}

func outcomes() []chart.Bar {
	return []chart.Bar{
		{"予以公开", 1234, "/report/2026/granted"},
		{"部分公开（区分处理的，只计这一情形，不计其他情形）", 321, "/report/2026/partial"},
		{"不予公开", 87, ""},
		{"无法提供：本机关不掌握相关政府信息、没有现成信息需要另行制作、补正后申请内容仍不明确", 455, ""},
		{"不予处理", 12, ""},
		{"其他处理", 0, ""},
	}
}

func TestGolden(t *testing.T) {
	for _, s := range samples() {
		t.Run(s.name, func(t *testing.T) {
			path := filepath.Join("testdata", s.name+".svg")
			got := string(s.figure.SVG) + "\n" + string(s.figure.Table) + "\n"
			got = strings.ReplaceAll(got, "><", ">\n<") // a line an element, for those who compare
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("drawn otherwise (-want +got); go test -update writes it anew:\n%s", diff)
			}
		})
	}
}

// allowed are the elements and attributes of a drawing. No style, no script, no address but
// of this site: a page under default-src 'none' shows it as it is.
var allowed = map[string]bool{
	"svg": true, "title": true, "desc": true, "defs": true, "pattern": true, "rect": true, "path": true, "line": true, "circle": true, "text": true, "g": true, "a": true,
	"table": true, "caption": true, "thead": true, "tbody": true, "tr": true, "th": true, "td": true,
	"figure": true, "figcaption": true, "details": true, "summary": true, "html": true, "head": true, "body": true,
}

func TestNothingButDrawing(t *testing.T) {
	for _, s := range samples() {
		t.Run(s.name, func(t *testing.T) {
			root, err := html.Parse(strings.NewReader("<!doctype html><body>" + string(s.figure.HTML()) + string(s.figure.EnglishHTML())))
			if err != nil {
				t.Fatal(err)
			}
			for n := range root.Descendants() {
				if n.Type != html.ElementNode {
					continue
				}
				if !allowed[n.Data] {
					t.Errorf("there is a <%s>", n.Data)
				}
				for _, a := range n.Attr {
					if a.Key == "style" || strings.HasPrefix(a.Key, "on") || a.Key == "href" && !strings.HasPrefix(a.Val, "/") {
						t.Errorf("<%s> has %s=%q", n.Data, a.Key, a.Val)
					}
				}
			}
		})
	}
}

// TestWellFormed: a drawing is XML that stands alone, with one title and one description,
// and ids that are its own.
func TestWellFormed(t *testing.T) {
	for _, s := range samples() {
		t.Run(s.name, func(t *testing.T) {
			ids := map[string]int{}
			d := xml.NewDecoder(strings.NewReader(string(s.figure.SVG)))
			depth, named := 0, []string{}
			for {
				token, err := d.Token()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				switch e := token.(type) {
				case xml.StartElement:
					if depth == 1 && (e.Name.Local == "title" || e.Name.Local == "desc") {
						named = append(named, e.Name.Local)
					}
					for _, a := range e.Attr {
						if a.Name.Local == "id" {
							ids[a.Value]++
						}
						if strings.Contains(a.Value, "NaN") || strings.Contains(a.Value, "Inf") {
							t.Errorf("<%s> has %s=%q", e.Name.Local, a.Name.Local, a.Value)
						}
					}
					depth++
				case xml.EndElement:
					depth--
				}
			}
			if diff := cmp.Diff([]string{"title", "desc"}, named); diff != "" {
				t.Errorf("what names it (-want +got):\n%s", diff)
			}
			for id, n := range ids {
				if n != 1 || !strings.HasPrefix(id, "chart-a-") {
					t.Errorf("id %q stands %d times", id, n)
				}
			}
		})
	}
}

// bars are the rectangles with a tooltip: the height or width of each, and the number that
// the tooltip ends with.
type bar struct {
	height, width float64
	n             int64
}

func barsOf(t interface{ Fatal(...any) }, figure chart.Figure) (list []bar) {
	var svg struct {
		Rects []struct {
			Height float64 `xml:"height,attr"`
			Width  float64 `xml:"width,attr"`
			Title  string  `xml:"title"`
		} `xml:"rect"`
		Rows []struct {
			Rects []struct {
				Height float64 `xml:"height,attr"`
				Width  float64 `xml:"width,attr"`
				Title  string  `xml:"title"`
			} `xml:"rect"`
		} `xml:"g"`
	}
	if err := xml.Unmarshal([]byte(figure.SVG), &svg); err != nil {
		t.Fatal(err)
	}
	rects := svg.Rects
	for _, r := range svg.Rows {
		rects = append(rects, r.Rects...)
	}
	for _, r := range rects {
		if r.Title == "" {
			continue // of the legend
		}
		words := strings.Fields(r.Title)
		n, err := strconv.ParseInt(strings.ReplaceAll(words[len(words)-1], ",", ""), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, bar{r.Height, r.Width, n})
	}
	return list
}

// columns are the sums of the columns of numbers of a table.
func columns(t interface{ Fatal(...any) }, figure chart.Figure) (sums []int64) {
	root, err := html.Parse(strings.NewReader(string(figure.Table)))
	if err != nil {
		t.Fatal(err)
	}
	for row := range root.Descendants() {
		if row.Data != "tr" {
			continue
		}
		i := 0
		for cell := range row.ChildNodes() {
			if cell.Data != "td" {
				continue
			}
			n, err := strconv.ParseInt(strings.ReplaceAll(cell.FirstChild.Data, ",", ""), 10, 64)
			if err != nil {
				continue // a share
			}
			if i == len(sums) {
				sums = append(sums, 0)
			}
			sums[i] += n
			i++
		}
	}
	return sums
}

func total(list []bar) (n int64) {
	for _, b := range list {
		n += b.n
	}
	return n
}

// TestBarsAreTheData: whatever is drawn adds up to what was given, in the drawing and in
// the table, and a bar is as long as its number.
func TestBarsAreTheData(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(0, 1_000_000)
		var want, open int64
		var periods []chart.Period
		for i := range rapid.IntRange(0, 60).Draw(t, "periods") {
			p := chart.Period{Label: strconv.Itoa(i), In: n.Draw(t, "in"), Out: n.Draw(t, "out"), Open: n.Draw(t, "open")}
			want, open = want+p.In+p.Out, open+p.Open
			periods = append(periods, p)
		}
		flow := chart.Flow("x", periods, chart.Options{})
		drawn := barsOf(t, flow)
		if got := total(drawn); got != want {
			t.Fatalf("the bars of the flow add up to %d, want %d", got, want)
		}
		proportional(t, drawn, func(b bar) float64 { return b.height })
		if sums := columns(t, flow); len(periods) > 0 && (sums[0]+sums[1] != want || sums[2] != open) {
			t.Fatalf("the table of the flow has %v, want %d and %d", sums, want, open)
		}
	})
}

func TestDaysAreTheData(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var want int64
		var list []chart.Taken
		for range rapid.IntRange(0, 80).Draw(t, "days") {
			d := chart.Taken{Workdays: rapid.IntRange(0, 500).Draw(t, "workdays"), Cases: rapid.Int64Range(0, 9_999).Draw(t, "cases")}
			want += d.Cases
			list = append(list, d)
		}
		limits := chart.Limits{Ordinary: rapid.SampledFrom([]int{0, 15, 20}).Draw(t, "ordinary")}
		limits.Extended = 2 * limits.Ordinary
		figure := chart.Days("x", list, limits, chart.Options{English: rapid.Bool().Draw(t, "english")})
		if got := total(barsOf(t, figure)); got != want {
			t.Fatalf("the bars add up to %d, want %d", got, want)
		}
		proportional(t, barsOf(t, figure), func(b bar) float64 { return b.height })
		if sums := columns(t, figure); want > 0 && sums[0] != want {
			t.Fatalf("the table adds up to %v, want %d", sums, want)
		}
	})
}

func TestRowsAreTheData(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(0, 100_000)
		var cases, open int64
		var bars []chart.Bar
		var loads []chart.Load
		for i := range rapid.IntRange(0, 70).Draw(t, "rows") {
			b := chart.Bar{Label: rapid.String().Draw(t, "label"), Cases: n.Draw(t, "cases")}
			l := chart.Load{Name: strconv.Itoa(i), Open: n.Draw(t, "open")}
			l.Overdue = rapid.Int64Range(0, l.Open).Draw(t, "overdue")
			l.Soon = rapid.Int64Range(0, l.Open-l.Overdue).Draw(t, "soon")
			cases, open = cases+b.Cases, open+l.Open
			bars, loads = append(bars, b), append(loads, l)
		}
		drawn := barsOf(t, chart.Outcomes("x", bars, chart.Options{}))
		if got := total(drawn); got != cases {
			t.Fatalf("the bars of the outcomes add up to %d, want %d", got, cases)
		}
		proportional(t, drawn, func(b bar) float64 { return b.width })
		workload := chart.Workload("x", loads, chart.Options{})
		if got := total(barsOf(t, workload)); got != open {
			t.Fatalf("the bars of the workload add up to %d, want %d", got, open)
		}
		if sums := columns(t, workload); len(loads) > 0 && sums[0] != open {
			t.Fatalf("the table of the workload adds up to %v, want %d", sums, open)
		}
	})
}

// proportional compares each bar with the longest, to a tenth of a unit and a bit; what is
// shorter than a unit is drawn as one.
func proportional(t *rapid.T, list []bar, of func(bar) float64) {
	var longest bar
	for _, b := range list {
		if b.n > longest.n {
			longest = b
		}
	}
	for _, b := range list {
		if want := of(longest) * float64(b.n) / float64(longest.n); math.Abs(of(b)-want) > 0.2 && of(b) > 1 {
			t.Fatalf("a bar of %d is %.1f long, want %.1f beside %d", b.n, of(b), want, longest.n)
		}
	}
}

// TestCut: long names end with an ellipsis between two characters, and are told whole.
func TestCut(t *testing.T) {
	name := strings.Repeat("𠮷", 60) + "e\u0301"
	svg := string(chart.Outcomes("x", []chart.Bar{{Label: name, Cases: 1}}, chart.Options{}).SVG)
	if !strings.Contains(svg, "<title>"+name+"</title>") {
		t.Error("the whole name is in no title")
	}
	if !strings.Contains(svg, "𠮷…<") || strings.Contains(svg, "\ufffd") {
		t.Error("the name is not cut between two characters")
	}
}

func BenchmarkFlow(b *testing.B) {
	list := weeks()
	for b.Loop() {
		chart.Flow("x", list, chart.Options{})
	}
}
