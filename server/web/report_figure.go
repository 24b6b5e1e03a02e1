package web

import (
	"errors"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	pb "gongkai/proto/disclosure/v1"
)

// figurePrefix begins the names of the inputs of figures; the code follows.
const figurePrefix = "figure/"

func figureInput(code string) string { return figurePrefix + code }

// setFigures enters the figures that no case can tell, where they were changed in the form
// and by nobody else meanwhile. Empty inputs are left as they are.
func setFigures(p *page) error {
	s := p.subject("/report")
	f := p.form()
	req := &pb.SetFiguresRequest{Parent: p.parent(), RequestId: f.RequestID}
	report, err := p.api.Reports.ComputeAnnualReport(p.ctx(), &pb.ComputeAnnualReportRequest{Parent: p.parent(), Year: int32(s.Year), Form: s.Form})
	if err != nil {
		return err
	}
	now := enteredIn(report)
	var inputs []string
	for _, name := range slices.Sorted(maps.Keys(f.values)) {
		code, ok := strings.CutPrefix(name, figurePrefix)
		value := strings.TrimSpace(f.Value(name))
		if !ok || value == "" || !f.touched(name) || shortest(value) != shortest(now[code]) && f.met(name, now[code]) {
			continue
		}
		inputs = append(inputs, name)
		figure := &pb.Figure{Year: int32(s.Year), Code: code, Value: value}
		if seen, watched := f.values[seenPrefix+name]; watched {
			figure.PreviousValue = &seen[0]
		}
		req.Figures = append(req.Figures, figure)
	}
	if len(inputs) == 0 && len(f.Problems) == 0 {
		f.wrong("", text{"没有改动：请至少填写或者修改一项数据", "Nothing was changed: enter or change at least one figure"})
	}
	if len(f.Problems) > 0 {
		return p.showReport(s)
	}
	if _, err := p.api.Reports.SetFigures(p.ctx(), req); err != nil {
		if !f.refused(err) {
			return err
		}
		f.placed(inputs)
		return p.showReport(s)
	}
	n := strconv.Itoa(len(inputs))
	return p.done(s.Link("/report"), text{"已保存" + n + "项填报数据", n + " figures saved"})
}

// shortest writes a figure without zeros that say nothing: 1.50 as 1.5.
func shortest(figure string) string {
	if !strings.Contains(figure, ".") {
		return figure
	}
	return strings.TrimRight(strings.TrimRight(figure, "0"), ".")
}

// enteredIn are the entered figures of a report by their codes.
func enteredIn(r *pb.AnnualReport) map[string]string {
	out := map[string]string{}
	for _, row := range r.GetRows() {
		for _, c := range row.GetCells() {
			if c.GetEntered() {
				out[cellName(c)] = c.GetValue()
			}
		}
	}
	return out
}

// figurePath finds the figure that a refusal is about.
var figurePath = regexp.MustCompile(`^figures\[(\d+)\]`)

// placed moves what is wrong with the nth figure of the request to its input.
func (f *form) placed(inputs []string) {
	for i, found := range f.Problems {
		m := figurePath.FindStringSubmatch(found.Field)
		if m == nil {
			continue
		}
		if n, err := strconv.Atoi(m[1]); err == nil && n < len(inputs) {
			f.Problems[i].Field, f.Problems[i].ID = inputs[n], inputID(inputs[n])
		}
	}
}

// exportFormats are the files that a report can be had as.
var exportFormats = map[string]pb.ExportReportRequest_Format{
	"xlsx": pb.ExportReportRequest_XLSX, "docx": pb.ExportReportRequest_DOCX,
	"html": pb.ExportReportRequest_HTML, "csv": pb.ExportReportRequest_CSV,
}

// exportReport sends a report, or a roll-up, as a file in the official layout.
func exportReport(p *page) error {
	s := p.subject("/report")
	f := p.form()
	format, ok := exportFormats[f.Value("format")]
	if !ok {
		return missing()
	}
	stream, err := p.api.Documents.ExportReport(p.ctx(), &pb.ExportReportRequest{
		Parent: p.parent(), Year: int32(s.Year), Form: s.Form, Format: format,
		Appendix: f.Value("appendix") != "", Numbers: f.Value("numbers") != "", Rollup: f.Value("rollup") != "",
		Prose: f.Value("prose") != "",
	})
	if err != nil {
		return err
	}
	file := &download{w: p.w}
	for {
		part, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return file.end(nil)
		}
		if err != nil {
			return file.end(err)
		}
		if part.GetFileName() != "" {
			file.name, file.kind = part.GetFileName(), part.GetMediaType()
		}
		if _, err := file.Write(part.GetData()); err != nil {
			return file.end(err)
		}
	}
}
