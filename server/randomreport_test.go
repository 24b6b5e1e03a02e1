package server_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"gongkai/workflow/report"
)

// randomReports is how many reports of each form are made up beside the published ones.
const randomReports = 30

// draft is a report that is being made up; its sums are right by construction.
type draft struct {
	*statutory
	rng *rand.Rand
}

// randomReport makes up a report. Seeds take turns among habits of reports: empty, every
// cell filled, one cell that holds nearly all, a few odd cells, some of everything.
func randomReport(form report.Form, seed int) *statutory {
	d := draft{
		&statutory{name: fmt.Sprintf("%s-random-%02d", form, seed), form: form, figures: map[string]report.Figure{}, random: true, seed: seed},
		rand.New(rand.NewPCG(uint64(seed), uint64(len(form)))),
	}
	switch form {
	case report.Codes2014:
		d.year = 2008 + (seed*7)%18
		d.variant = report.Shanghai
		if seed%4 == 3 {
			d.variant = report.National
		}
		d.codes(seed % 5)
	case report.Table2019:
		d.year = []int{2019, 2020, 2019, 2020, 2023, 2016}[seed%6]
		d.tables(seed % 5)
	default:
		d.year = []int{2021, 2022, 2023, 2024, 2025, 2019}[seed%6]
		d.tables(seed % 5)
	}
	return d.statutory
}

func (d draft) among(low, high int) int { return low + d.rng.IntN(high-low+1) }

func (d draft) put(n int, path ...string) {
	d.figures[strings.Join(path, "/")] = report.Whole(int64(n))
}

func (d draft) add(n int, path ...string) {
	d.figures[strings.Join(path, "/")] += report.Whole(int64(n))
}

// habit is a figure in the manner of a report.
func (d draft) habit(habit int) int {
	switch habit {
	case 0:
		return 0
	case 1:
		return d.among(1, 2)
	case 3:
		if d.rng.IntN(12) == 0 {
			return d.among(1, 25)
		}
		return 0
	}
	return max(0, d.among(-3, 3))
}

// cells are the names of the form's cells.
func (d draft) cells() []string {
	names, err := d.form.Cells(d.variant)
	if err != nil {
		panic(err) // the forms above are known
	}
	return names
}

// tables fills tables 二, 三 and 四.
func (d draft) tables(habit int) {
	var results []string
	for _, name := range d.cells() {
		row, column, _ := strings.Cut(name, "/")
		switch {
		case strings.HasPrefix(name, "t2."):
			d.proactive(name)
		case column == "total" && !slices.Contains(append(stocks, "review", "litigationDirect", "litigationAfterReview"), row):
			results = append(results, row)
		}
	}
	big := fmt.Sprint(results[d.rng.IntN(len(results))], d.rng.IntN(len(applicantColumns)))
	for i, col := range applicantColumns {
		total, fee := 0, 0
		for j, row := range results {
			n := d.habit(habit)
			if habit == 2 {
				n = 0
				if fmt.Sprint(row, i) == big {
					n = d.among(200, 260)
				}
			}
			if row == "other.feeNotPaid" {
				if d.year < feesFrom.Year() {
					n = 0
				}
				fee = n
			}
			total += n
			d.put(n, "rows", results[j], col.key)
		}
		d.carry(habit, col.key, total, fee)
	}
	for _, row := range append(results, stocks...) {
		sum := 0
		for _, col := range applicantColumns {
			sum += d.count("rows", row, col.key)
		}
		d.put(sum, "rows", row, "total")
	}
	for _, group := range []string{"review", "litigationDirect", "litigationAfterReview"} {
		for _, result := range []string{"upheld", "corrected", "other", "pending"} {
			n := d.habit(habit) * d.among(1, 3)
			d.put(n, group, result)
			d.add(n, group, "total")
		}
	}
}

// stocks are the rows of table 三 that are no results.
var stocks = []string{"newReceived", "carriedIn", "total", "carriedForward"}

// carry fills what a column received and carried over, so that 一 + 二 = 三 + 四.
func (d draft) carry(habit int, column string, total, fee int) {
	forward, in := 0, 0
	if habit != 0 {
		forward = max(0, d.among(-1, 4))
		in = min(max(0, d.among(-1, 5)), total-fee+forward)
		if habit == 1 {
			in, forward = max(in, 1), max(forward, 1)
		}
	}
	d.put(total+forward-in, "rows", "newReceived", column)
	d.put(in, "rows", "carriedIn", column)
	d.put(total, "rows", "total", column)
	d.put(forward, "rows", "carriedForward", column)
}

// proactive fills a figure of table 二.
func (d draft) proactive(key string) {
	f := report.Whole(int64(d.among(0, 3000)))
	switch {
	case strings.HasSuffix(key, ".change"):
		f = report.Whole(int64(d.among(-40, 40)))
	case key == "t2.8.fees" || strings.HasSuffix(key, ".amount"):
		f += report.Figure(d.among(0, 999_999))
	}
	d.figures["t2/"+key] = f
}

// codes fills the coded table.
func (d draft) codes(habit int) {
	for _, code := range d.cells() {
		if report.CheckFigure(d.year, code, report.Whole(1)) == nil {
			d.put(d.among(0, 2000), "codes", code)
		}
	}
	d.bound("2211", "2210")
	d.bound("2221", "2220")
	d.bound("1110", "1100")
	d.put(d.count("codes", "8310")+d.count("codes", "8320"), "codes", "8300")
	if d.variant == report.National {
		d.figures["codes/8400"] += report.Whole(1) / 4
	}
	d.replies(habit)
	d.add(d.habit(habit), "codes", "3200")
	late := d.among(0, d.count("codes", "3200"))
	d.put(late, "codes", "3220")
	d.put(d.count("codes", "3200")-late, "codes", "3210")
	received := max(0, d.count("codes", "3200")+d.among(-4, 4))
	if d.year == firstDay.Year() {
		received = max(received, d.count("codes", "3200")) // nothing could be carried in
	}
	d.receive(received)
	d.codedRemedies(habit)
	d.fee(habit)
}

// bound makes a figure no more than the one it is part of.
func (d draft) bound(part, whole string) {
	d.figures["codes/"+part] = min(d.figures["codes/"+part], d.figures["codes/"+whole])
}

// receive divides the applications received among the channels.
func (d draft) receive(received int) {
	d.put(received, "codes", "3100")
	codes := slices.Sorted(maps.Keys(codeChannels))
	for _, code := range codes {
		d.put(0, "codes", code)
	}
	for range received {
		d.add(1, "codes", codes[d.rng.IntN(len(codes))])
	}
}

// replies fills section 三（三）; each reply concludes an application.
func (d draft) replies(habit int) {
	d.put(0, "codes", "3340")
	for _, code := range []string{"3310", "3320", "3330", "3341", "3342", "3343", "3344", "3345", "3346", "3350", "3360", "3370", "3380"} {
		n := d.habit(habit)
		if habit == 2 && code == fmt.Sprintf("33%d0", 1+d.rng.IntN(3)) {
			n = d.among(100, 250)
		}
		d.put(n, "codes", code)
		d.add(n, "codes", "3300")
		d.add(n, "codes", "3200")
		if code[:3] == "334" {
			d.add(n, "codes", "3340")
		}
	}
}

// codedRemedies fills sections 四 to 六.
func (d draft) codedRemedies(habit int) {
	for _, section := range []string{"4", "5"} {
		d.put(0, "codes", section+"000")
		for i := 1; i <= 3; i++ {
			n := d.habit(habit)
			d.put(n, "codes", fmt.Sprintf("%s%d00", section, i))
			d.add(n, "codes", section+"000")
		}
	}
	d.put(d.habit(habit), "codes", "6000")
}

// fee fills section 七, in yuan or in 10,000 yuan.
func (d draft) fee(habit int) {
	fen := int64(d.among(0, 500_000))
	if habit == 0 || d.count("codes", "3100") == 0 {
		fen = 0
	}
	d.figures["codes/7000"] = report.Whole(1) / 100 * report.Figure(fen)
	if d.variant == report.National {
		d.figures["codes/7000"] = report.Figure(fen)
	}
}
