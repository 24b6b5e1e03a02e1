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

// setFigures enters the figures that no case can tell. Empty inputs are left as they are.
func setFigures(p *page) error {
	s := p.subject("/report")
	f := p.form()
	req := &pb.SetFiguresRequest{Parent: p.parent(), RequestId: f.RequestID}
	var inputs []string
	for _, name := range slices.Sorted(maps.Keys(f.values)) {
		code, ok := strings.CutPrefix(name, figurePrefix)
		value := strings.TrimSpace(f.Value(name))
		if !ok || value == "" {
			continue
		}
		inputs = append(inputs, name)
		req.Figures = append(req.Figures, &pb.Figure{Year: int32(s.Year), Code: code, Value: value})
	}
	if len(inputs) == 0 {
		f.wrong("", text{"请至少填写一项数据", "Enter at least one figure"})
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
