package web

import (
	"encoding/json"
	"fmt"
	"strconv"

	pb "gongkai/proto/disclosure/v1"
)

// importReport is one of the reports that would follow, in a line.
type importReport struct {
	Year  int32
	Form  string
	Name  string
	Sums  []importSum
	Query string
}

// importSum is a figure that tells an office at once whether the file was read right.
type importSum struct{ Name, Figure string }

// importSums are these figures, by where they stand in the JSON of a form.
var importSums = []struct {
	path []string
	name text
}{
	{[]string{"rows", "newReceived", "total"}, text{"新收", "new"}},
	{[]string{"rows", "carriedIn", "total"}, text{"上年结转", "carried in"}},
	{[]string{"rows", "total", "total"}, text{"办理", "concluded"}},
	{[]string{"rows", "carriedForward", "total"}, text{"结转下年", "carried forward"}},
	{[]string{"codes", "3100"}, text{"收到", "received"}},
	{[]string{"codes", "3200"}, text{"办结", "concluded"}},
}

// importReports reads the reports of a trial.
func importReports(l language, list []*pb.AnnualReportFigures) []importReport {
	var out []importReport
	for _, r := range list {
		line := importReport{Year: r.GetYear(), Form: r.GetForm(), Query: fmt.Sprintf("year=%d&form=%s", r.GetYear(), r.GetForm())}
		for _, f := range reportForms {
			if f.key == r.GetForm() {
				line.Name = f.name.in(l)
			}
		}
		figures := figuresIn(r.GetJson())
		for _, s := range importSums {
			if value, ok := figureAt(figures, s.path); ok {
				line.Sums = append(line.Sums, importSum{s.name.in(l), value})
			}
		}
		out = append(out, line)
	}
	return out
}

// figuresIn are the figures of a report in JSON.
func figuresIn(raw string) map[string]any {
	var report struct {
		Figures map[string]any `json:"figures"`
	}
	if err := json.Unmarshal([]byte(raw), &report); err != nil {
		return nil // the service wrote it; without figures nothing is shown
	}
	return report.Figures
}

// figureAt is the figure at a path.
func figureAt(at map[string]any, path []string) (string, bool) {
	for _, name := range path[:len(path)-1] {
		next, ok := at[name].(map[string]any)
		if !ok {
			return "", false
		}
		at = next
	}
	switch value := at[path[len(path)-1]].(type) {
	case float64:
		return strconv.FormatFloat(value, 'f', -1, 64), true
	case nil:
		_, known := at[path[len(path)-1]]
		return "", known
	default:
		return "", false
	}
}

// importedReport lays out a report as it would be after the import, with the figures of now
// beside those that change.
func (p *page) importedReport(runs *imports) error {
	run := runs.find(p.r.PathValue("run"), p.me.GetName())
	if run == nil {
		return missing()
	}
	s := p.subject("")
	found := run.report(s.Year, s.Form)
	if found == nil {
		return missing()
	}
	now, err := p.api.Reports.ComputeAnnualReport(p.ctx(), &pb.ComputeAnnualReportRequest{Parent: p.parent(), Year: int32(s.Year), Form: s.Form})
	if err != nil {
		return err
	}
	v := reportView{subject: s, Report: now, before: map[string]string{}}
	figures := figuresIn(found.GetJson())
	for _, r := range now.GetRows() {
		for _, c := range r.GetCells() {
			if value, ok := figureAt(figures, c.GetPath()); ok {
				v.before[cellName(c)] = c.GetValue()
				c.Value = value
			}
		}
	}
	v.Chapters = layOut(&v, p.form())
	p.under("/import", p.text("导入台账", "Import"))
	p.under("/import/"+run.ID, p.text("试导入结果", "Result of the trial"))
	p.title = p.text(fmt.Sprintf("导入后的%d年度报告", s.Year), fmt.Sprintf("Report of %d after the import", s.Year))
	return p.show("import-report", v)
}

// report is one of the reports of a trial, nil if there is none.
func (r *importRun) report(year int, form string) *pb.AnnualReportFigures {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.balance == nil {
		return nil
	}
	for _, found := range r.balance.Reports {
		if int(found.GetYear()) == year && found.GetForm() == form {
			return found
		}
	}
	return nil
}
