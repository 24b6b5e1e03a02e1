package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	pb "gongkai/proto/disclosure/v1"
)

// annualReport is a report as scripts read it.
type annualReport struct {
	Agency      string   `json:"agency"`
	Year        int32    `json:"year"`
	Form        string   `json:"form"`
	Figures     *object  `json:"figures"`
	Missing     []string `json:"missing"`
	Provisional bool     `json:"provisional"`
}

// newAnnualReport puts every figure where the JSON of published reports has it.
func newAnnualReport(r *pb.AnnualReport) (annualReport, error) {
	report := annualReport{
		Agency: r.GetAgency(), Year: r.GetYear(), Form: r.GetForm(), Figures: &object{},
		Missing: append([]string{}, r.GetMissing()...), Provisional: r.GetProvisional(),
	}
	for _, row := range r.GetRows() {
		for _, cell := range row.GetCells() {
			if len(cell.GetPath()) == 0 {
				continue
			}
			value, err := figure(cell.GetValue())
			if err != nil {
				return report, fmt.Errorf("row %s: %w", row.GetKey(), err)
			}
			if err := report.Figures.put(cell.GetPath(), value); err != nil {
				return report, err
			}
		}
	}
	return report, nil
}

// report computes the annual tables, and holds the commands on them.
func (a *app) report() *cobra.Command {
	request := &pb.ComputeAnnualReportRequest{}
	var agency *string
	cmd := a.command("report", text{"年度报告", "compute an annual report"}, cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		var err error
		if request.Parent, err = parent(*agency); err != nil {
			return err
		}
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		computed, err := c.Reports.ComputeAnnualReport(cmd.Context(), request)
		if err != nil {
			return err
		}
		return a.showReport(computed)
	})
	agency = agencyFlag(cmd)
	bind(cmd, request, "year", "year")
	bind(cmd, request, "form", "form")
	asOfFlag(cmd, &request.AsOfTime)
	cmd.AddCommand(a.reportCell(), a.reportCheck(), a.reportExport())
	cmd.AddCommand(a.reportFreezing()...)
	cmd.AddCommand(a.reportRollup(), a.reportReceive())
	cmd.AddCommand(a.reportOversight()...)
	cmd.Example = `  gongkai report --agency jyj --year 2025 --form table-2021 -o json
  gongkai report --agency jyj --year 2025 --form table-2021 --as-of 2026-01-31`
	return cmd
}

// showReport prints a report; what to look at goes to stderr.
func (a *app) showReport(r *pb.AnnualReport) error {
	for _, warning := range r.GetWarnings() {
		a.note(text{"提示", "note"}, warning)
	}
	for _, finding := range r.GetFindings() {
		if finding.GetStatus() == pb.Finding_FAIL {
			a.note(text{"不符", "fail"}, finding.GetId()+" "+finding.GetMessage())
		}
	}
	if r.GetProvisional() {
		a.note(text{"提示", "note"}, text{"数据为暂定：有期限取决于尚未公布的放假安排", "provisional: a due date depends on a year without a notice of holidays"}.in(a.lang))
	}
	switch a.output {
	case "json":
		report, err := newAnnualReport(r)
		if err != nil {
			return err
		}
		return a.printer().json(report)
	case "csv":
		return a.reportCSV(r)
	}
	if len(r.GetMissing()) > 0 {
		a.note(text{"待填", "missing"}, strings.Join(r.GetMissing(), ", "))
	}
	return a.reportTable(r)
}

// reportCSV has a line for each figure.
func (a *app) reportCSV(r *pb.AnnualReport) error {
	var rows [][]string
	for _, row := range r.GetRows() {
		for _, cell := range row.GetCells() {
			rows = append(rows, []string{row.GetKey(), row.GetLabelZh(), cell.GetColumn(), cell.GetColumnLabel(), cell.GetValue(), row.GetUnit(), fmt.Sprint(cell.GetEntered())})
		}
	}
	return a.printer().csv([]string{"row", "label", "column", "column_label", "value", "unit", "entered"}, rows)
}

// reportTable prints the form: a line for each heading, a table for each run of rows
// with the same columns.
func (a *app) reportTable(r *pb.AnnualReport) error {
	fmt.Fprintf(a.stdout, "%s  %d  %s\n", visible(firstOf(r.GetAgencyDisplayName(), r.GetAgency())), r.GetYear(), r.GetForm())
	rows := r.GetRows()
	for len(rows) > 0 {
		if len(rows[0].GetCells()) == 0 {
			fmt.Fprintf(a.stdout, "\n%s%s\n", strings.Repeat("  ", int(rows[0].GetLevel())), visible(a.rowLabel(rows[0])))
			rows = rows[1:]
			continue
		}
		n := 1
		for n < len(rows) && sameColumns(rows[0], rows[n]) {
			n++
		}
		if err := a.reportBlock(rows[:n]); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

func sameColumns(x, y *pb.ReportRow) bool {
	return slices.EqualFunc(x.GetCells(), y.GetCells(), func(c, d *pb.ReportCell) bool { return c.GetColumn() == d.GetColumn() })
}

func (a *app) rowLabel(row *pb.ReportRow) string {
	return text{row.GetLabelZh(), firstOf(row.GetLabelEn(), row.GetLabelZh())}.in(a.lang)
}

func (a *app) reportBlock(rows []*pb.ReportRow) error {
	header := []string{text{"项目", "row"}.in(a.lang), text{"键", "key"}.in(a.lang), text{"单位", "unit"}.in(a.lang)}
	for _, cell := range rows[0].GetCells() {
		header = append(header, firstOf(cell.GetColumnLabel(), cell.GetColumn(), label("value").in(a.lang)))
	}
	var cells [][]string
	for _, row := range rows {
		line := []string{strings.Repeat("  ", int(row.GetLevel())) + a.rowLabel(row), row.GetKey(), row.GetUnit()}
		for _, cell := range row.GetCells() {
			line = append(line, firstOf(cell.GetValue(), text{"待填", "missing"}.in(a.lang)))
		}
		cells = append(cells, line)
	}
	return grid(a.stdout, header, cells)
}

// finding is one check as scripts read it.
type finding struct {
	ID      string          `json:"id"`
	Status  string          `json:"status"`
	Message string          `json:"message"`
	Left    json.RawMessage `json:"left"`
	Right   json.RawMessage `json:"right"`
}

func newFindings(list []*pb.Finding) ([]finding, error) {
	findings := []finding{}
	for _, f := range list {
		left, err := figure(f.GetLeft())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.GetId(), err)
		}
		right, err := figure(f.GetRight())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.GetId(), err)
		}
		findings = append(findings, finding{f.GetId(), f.GetStatus().String(), f.GetMessage(), left, right})
	}
	return findings, nil
}

// reportCheck checks a report given as a file.
func (a *app) reportCheck() *cobra.Command {
	request := &pb.CheckReportRequest{}
	cmd := a.command("check FILE.json", text{"校验报告的勾稽关系", "check the sums of a report given as JSON"}, cobra.ExactArgs(1), func(cmd *cobra.Command, args []string) error {
		var err error
		if request.Json, err = a.readText(args[0]); err != nil {
			return err
		}
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		answer, err := c.Reports.CheckReport(cmd.Context(), request)
		if err != nil {
			return err
		}
		return a.showFindings(answer.GetFindings())
	})
	cmd.ValidArgsFunction = cobra.FixedCompletions([]string{"json"}, cobra.ShellCompDirectiveFilterFileExt)
	bind(cmd, request, "form", "form")
	return cmd
}

// showFindings prints findings; a FAIL among them ends the command with exit code 1.
func (a *app) showFindings(findings []*pb.Finding) error {
	err := a.printFindings(findings)
	if err == nil && slices.ContainsFunc(findings, func(f *pb.Finding) bool { return f.GetStatus() == pb.Finding_FAIL }) {
		return errFound
	}
	return err
}

func (a *app) printFindings(findings []*pb.Finding) error {
	if a.output != "json" {
		return list(a.printer(), "", all(findings), "id", "status", "left", "right", "message")
	}
	shown, err := newFindings(findings)
	if err != nil {
		return err
	}
	return a.printer().json(map[string]any{"findings": shown})
}

// maxReport is what the service reads of a report.
const maxReport = 4 << 20

// readText reads a file of UTF-8, or stdin for -.
func (a *app) readText(path string) (string, error) {
	input := a.stdin
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return "", &failure{code: exitUsage, text: text{"文件无法打开", "the file cannot be opened"}, err: err}
		}
		defer file.Close() //nolint:errcheck // it was only read
		input = file
	}
	content, err := io.ReadAll(io.LimitReader(input, maxReport+1))
	switch {
	case err != nil:
		return "", &failure{code: exitUsage, text: text{"文件无法读取", "the file cannot be read"}, err: err}
	case len(content) > maxReport:
		return "", &failure{code: exitInvalid, text: text{"文件超过4 MiB，不是年度报告", "the file is larger than 4 MiB and no report"}}
	case !utf8.Valid(content):
		return "", &failure{code: exitInvalid, text: text{"文件不是UTF-8文本，请另存为UTF-8", "the file is not UTF-8; save it as UTF-8"}}
	}
	return strings.TrimPrefix(string(content), "\ufeff"), nil
}
