package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/calendar"
	"gongkai/workflow/report"
)

// The years that a report may be about: from the first Regulation on.
const (
	firstYear = 2008
	lastYear  = 2099
)

// reportOn reads which form of which year is asked for.
func reportOn(year int32, form string) (int, report.Form, error) {
	if year < firstYear || year > lastYear {
		return 0, "", invalid("year", "年度%[1]d超出范围，应在%[2]d至%[3]d之间", "year %[1]d: give %[2]d to %[3]d", year, firstYear, lastYear)
	}
	f, err := report.ParseForm(form)
	if err == nil {
		_, err = f.Tables("")
	}
	if err != nil {
		return 0, "", invalid("form", "没有可计算的表式“%[1]s”，可用：%[2]s", "no form %[1]q can be computed; there are %[2]s", form, joined(report.Forms()))
	}
	return int(year), f, nil
}

// compute fills a form from what the register counts.
func compute(r storage.Reader, a storage.Agency, year int, form report.Form) (report.Report, error) {
	tally, err := r.Tally(a.ID, firstYear, year)
	if err != nil {
		return report.Report{}, err
	}
	list, err := r.Figures(a.ID, year)
	if err != nil {
		return report.Report{}, err
	}
	return fill(a, year, form, tally, byCode(list))
}

// byCode are entered figures of one year by their codes.
func byCode(list []storage.Figure) map[string]report.Figure {
	out := make(map[string]report.Figure, len(list))
	for _, f := range list {
		out[f.Code] = f.Value
	}
	return out
}

// fill fills a form by the settings of an agency.
func fill(a storage.Agency, year int, form report.Form, tally report.Tally, figures map[string]report.Figure) (report.Report, error) {
	return report.Compute(form, report.VariantOf(a.Settings, year), year, tally, figures)
}

// ComputeAnnualReport computes one form for one year.
func (s *Server) ComputeAnnualReport(ctx context.Context, req *pb.ComputeAnnualReportRequest) (*pb.AnnualReport, error) {
	id, err := parentAgency("parent", req.GetParent())
	if err != nil {
		return nil, err
	}
	year, form, err := reportOn(req.GetYear(), req.GetForm())
	if err != nil {
		return nil, err
	}
	at, err := s.pastInstant(req.GetAsOfTime())
	if err != nil {
		return nil, err
	}
	var rep report.Report
	var a storage.Agency
	var cal *calendar.Calendar // nil: the one in force
	if !at.IsZero() {
		if _, err = s.settle(ctx, id, at); err == nil {
			rep, a, cal, err = s.reportAt(ctx, id, year, form, at)
		}
	} else {
		err = s.store.View(ctx, func(r storage.Reader) error {
			if a, err = r.Agency(id); err != nil {
				return err
			}
			rep, err = compute(r, a, year, form)
			return err
		})
	}
	if err != nil {
		return nil, err
	}
	if cal != nil {
		return pastReportPB(callOf(ctx).lang, a, &rep, cal, at), nil
	}
	return s.reportPB(callOf(ctx).lang, a, &rep), nil
}

// pastInstant reads an instant as of which something is asked; the zero instant is now.
func (s *Server) pastInstant(t *timestamppb.Timestamp) (time.Time, error) {
	if t == nil {
		return time.Time{}, nil
	}
	at, now := t.AsTime().Truncate(time.Microsecond), s.now()
	if !t.IsValid() || at.Year() < firstYear || at.After(now) {
		return time.Time{}, invalid("as_of_time", "as_of_time应在%[1]d年至现在（%[2]s）之间", "as_of_time: give an instant between %[1]d and now, %[2]s",
			firstYear, now.In(shanghai).Format(time.RFC3339))
	}
	return at, nil
}

// provisional reports whether a year's days may still move.
func (s *Server) provisional(year int) bool {
	return s.calendar().Provisional(calendar.New(year, 12, 31))
}

// reportPB renders a report as of now.
func (s *Server) reportPB(lang language, a storage.Agency, rep *report.Report) *pb.AnnualReport {
	return renderReport(lang, a, rep, s.calendar(), s.today())
}

// pastReportPB renders a report as of an instant, by the calendar as it was known then.
// The end of a day is still that day's for the calendar, but no more for the year.
func pastReportPB(lang language, a storage.Agency, rep *report.Report, cal *calendar.Calendar, at time.Time) *pb.AnnualReport {
	out := renderReport(lang, a, rep, cal, calendar.Of(at.Add(time.Microsecond)))
	out.AsOfTime = timestamppb.New(at)
	return out
}

func renderReport(lang language, a storage.Agency, rep *report.Report, cal *calendar.Calendar, on workflow.Date) *pb.AnnualReport {
	out := &pb.AnnualReport{
		Agency: a.ID, Year: int32(rep.Year), Form: string(rep.Form), Missing: rep.Missing,
		Provisional: cal.Provisional(calendar.New(rep.Year, 12, 31)), AgencyDisplayName: a.DisplayName,
	}
	for _, line := range rep.Lines {
		row := &pb.ReportRow{
			Key: line.Key, LabelZh: line.LabelZH, LabelEn: line.LabelEN, Unit: lang.pick(line.UnitZH, line.UnitEN),
			Level: int32(line.Level), Source: line.Source,
		}
		for _, c := range line.Cells {
			row.Cells = append(row.Cells, &pb.ReportCell{
				Column: c.Column, Path: c.Path, Value: c.Value.String(), Entered: c.Entered, ColumnLabel: lang.pick(c.LabelZH, c.LabelEN),
			})
		}
		out.Rows = append(out.Rows, row)
	}
	for _, w := range rep.Warnings {
		out.Warnings = append(out.Warnings, lang.pick(w.ZH, w.EN))
	}
	if on.Year() <= rep.Year {
		out.Warnings = append(out.Warnings, lang.pick("年度尚未结束：结转为目前仍在办理的申请", "the year is not over: what is carried forward is what is open now"))
	}
	out.Findings = findingsPB(lang, rep.Findings())
	return out
}

func findingsPB(lang language, list []report.Finding) []*pb.Finding {
	out := make([]*pb.Finding, 0, len(list))
	for _, f := range list {
		out = append(out, &pb.Finding{
			Id: f.ID, Status: pb.Finding_Status(pb.Finding_Status_value[string(f.Status)]),
			Message: lang.pick(f.Message.ZH, f.Message.EN), Left: f.Left.String(), Right: f.Right.String(),
		})
	}
	return out
}

// CheckReport checks the identities of a report given as data.
func (s *Server) CheckReport(ctx context.Context, req *pb.CheckReportRequest) (*pb.CheckReportResponse, error) {
	list, err := report.Check([]byte(req.GetJson()), report.Form(req.GetForm()))
	if bad, ok := errors.AsType[*report.PublishedError](err); ok {
		return nil, invalid("json", "无法读取报告：%[1]s。应为含figures的JSON对象", "reading the report: %[2]s; give a JSON object with figures", bad.Message.ZH, bad.Message.EN)
	}
	if err != nil {
		return nil, err
	}
	return &pb.CheckReportResponse{Findings: findingsPB(callOf(ctx).lang, list)}, nil
}

// maxFigures bounds what one call enters.
const maxFigures = 1000

// SetFigures enters figures that no case can tell.
func (s *Server) SetFigures(ctx context.Context, req *pb.SetFiguresRequest) (*pb.SetFiguresResponse, error) {
	id, err := parentAgency("parent", req.GetParent())
	if err != nil {
		return nil, err
	}
	list, err := parseFigures(req.GetFigures())
	if err != nil {
		return nil, err
	}
	m, err := s.mutate(ctx, id, req.GetRequestId(), req)
	if err != nil {
		return nil, err
	}
	err = s.update(ctx, id, func(w storage.Writer) error {
		if e, err := m.done(w); err != nil || e != nil {
			return err
		}
		if err := unreplaced(w, id, list, req.GetFigures()); err != nil {
			return err
		}
		for i, f := range list {
			if err := putFigure(w, m, f, i == len(list)-1); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	out := &pb.SetFiguresResponse{}
	for _, f := range list {
		out.Figures = append(out.Figures, figurePB(f))
	}
	return out, nil
}

// unreplaced refuses to replace a figure by another that the caller has not seen.
func unreplaced(r storage.Reader, agency string, list []storage.Figure, asked []*pb.Figure) error {
	held := map[int][]storage.Figure{} // by year
	for i, f := range list {
		if asked[i].PreviousValue == nil {
			continue
		}
		if _, read := held[f.Year]; !read {
			found, err := r.Figures(agency, f.Year)
			if err != nil {
				return err
			}
			held[f.Year] = found
		}
		now := ""
		for _, x := range held[f.Year] {
			if x.Code == f.Code {
				now = x.Value.String()
			}
		}
		seen := asked[i].GetPreviousValue()
		if value, err := report.ParseFigure(seen); err == nil {
			seen = value.String()
		}
		if seen != now {
			stale := failf(pb.Reason_STALE_ETAG, "%[1]d年度“%[2]s”已被他人改为“%[3]s”；请核对后再保存", "%[2]s of %[1]d was changed to %[3]q meanwhile; look at it and save again", f.Year, f.Code, now)
			stale.field = fmt.Sprintf("figures[%d].value", i)
			return stale
		}
	}
	return nil
}

// parseFigures reads the figures of one request; none may stand twice.
func parseFigures(in []*pb.Figure) ([]storage.Figure, error) {
	if n := len(in); n == 0 || n > maxFigures {
		return nil, invalid("figures", "应有1至%[1]d个数值，收到%[2]d个", "give 1 to %[1]d figures, got %[2]d", maxFigures, n)
	}
	list := make([]storage.Figure, 0, len(in))
	for i, f := range in {
		fig, err := parseFigure(f)
		if err == nil && slices.ContainsFunc(list, func(x storage.Figure) bool { return x.Year == fig.Year && x.Code == fig.Code }) {
			err = invalid("code", "“%[1]s”在同一请求中出现了两次", "%[1]q stands twice in the request", fig.Code)
		}
		if err != nil {
			return nil, within(fmt.Sprintf("figures[%d]", i), err)
		}
		list = append(list, fig)
	}
	return list, nil
}

// putFigure stores one figure with its record; the last of a request carries its id.
func putFigure(w storage.Writer, m mutation, f storage.Figure, last bool) error {
	facts, err := json.Marshal(struct {
		Version int           `json:"v"`
		Value   report.Figure `json:"value"`
	}{1, f.Value})
	if err != nil {
		return fmt.Errorf("encoding the figure: %w", err)
	}
	object := storage.FigureObject(f.Year, f.Code)
	before, err := w.Events(m.agency, object)
	if err != nil {
		return err
	}
	e := m.event(object, int64(len(before))+1, "set_figure", facts, nil)
	if last {
		e = m.mark(e)
	}
	return w.PutFigure(f, e)
}

// parseFigure reads a figure and asks whether it may be entered.
func parseFigure(f *pb.Figure) (storage.Figure, error) {
	out := storage.Figure{Year: int(f.GetYear()), Code: f.GetCode()}
	if out.Year < firstYear || out.Year > lastYear {
		return out, invalid("year", "年度%[1]d超出范围，应在%[2]d至%[3]d之间", "year %[1]d: give %[2]d to %[3]d", out.Year, firstYear, lastYear)
	}
	value, err := report.ParseFigure(f.GetValue())
	if err != nil {
		return out, invalid("value", "数值“%s”应为最多六位小数的十进制数", "value %q: give a decimal number with at most six places", f.GetValue())
	}
	out.Value = value
	return out, figureFault(out, report.CheckFigure(out.Year, out.Code, value))
}

// figureFault says in the words of the interface why a figure may not be entered.
func figureFault(f storage.Figure, err error) error {
	var out *fault
	switch {
	case err == nil:
		return nil
	case errors.Is(err, report.ErrDerived):
		out = failf(pb.Reason_FIGURE_UNKNOWN, "“%[1]s”由申请自动统计，不能手工填报", "%[1]s of %[2]d is derived from cases and cannot be entered", f.Code, f.Year)
		out.zh = fmt.Sprintf("%d年度“%s”由申请自动统计，不能手工填报", f.Year, clip(f.Code))
		out.field = "code"
	case errors.Is(err, report.ErrFigureKey):
		out = failf(pb.Reason_FIGURE_UNKNOWN, "没有名为“%s”的填报项", "no figure is called %q", f.Code)
		out.field = "code"
	default:
		out = invalid("value", "“%[1]s”的数值%[2]s无效：应为整数；金额可有小数，只有增减可为负数", "%[1]s: %[2]s does not suit it: whole numbers; decimals for amounts, negative for changes only", f.Code, f.Value.String())
	}
	return out
}

// ListFigures lists the entered figures.
func (s *Server) ListFigures(ctx context.Context, req *pb.ListFiguresRequest) (*pb.ListFiguresResponse, error) {
	id, err := parentAgency("parent", req.GetParent())
	if err != nil {
		return nil, err
	}
	out := &pb.ListFiguresResponse{}
	err = s.store.View(ctx, func(r storage.Reader) error {
		if _, err := r.Agency(id); err != nil {
			return err
		}
		list, err := r.Figures(id, int(req.GetYear()))
		for _, f := range list {
			out.Figures = append(out.Figures, figurePB(f))
		}
		return err
	})
	return out, err
}

func figurePB(f storage.Figure) *pb.Figure {
	return &pb.Figure{Year: int32(f.Year), Code: f.Code, Value: f.Value.String()}
}
