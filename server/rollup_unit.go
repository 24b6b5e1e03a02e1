package server

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/document"
	"gongkai/storage"
	"gongkai/workflow/report"
)

// intakeFacts are a report that was taken in, as its event keeps it.
type intakeFacts struct {
	Version    int                      `json:"v"`
	Cells      map[string]report.Figure `json:"cells"`
	Blank      []string                 `json:"blank,omitempty"`
	Unbalanced bool                     `json:"unbalanced,omitempty"` // an identity fails
	Lost       bool                     `json:"lost,omitempty"`       // totals without their parts
}

func (f *intakeFacts) report(form report.Form) report.Intake {
	return report.Intake{Form: form, Cells: f.Cells, Blank: f.Blank}
}

func newIntakeFacts(in report.Intake, findings []report.Finding) intakeFacts {
	return intakeFacts{
		Version: 1, Cells: in.Cells, Blank: in.Blank, Unbalanced: slices.ContainsFunc(findings, failed),
		Lost: slices.ContainsFunc(findings, func(f report.Finding) bool { return f.ID == report.LostParts }),
	}
}

// intakeObject names a report that was taken in, in the history of its unit; without a
// form it begins the names of all of a year.
func intakeObject(year int, form report.Form) string {
	return "received/" + strconv.Itoa(year) + "/" + string(form)
}

// The most that is taken in.
const (
	maxIntakeJSON = 1 << 20
	maxIntakeXLSX = 3 << 20
)

// PutReceivedReport takes in the report of a unit that does not use the service.
func (s *Server) PutReceivedReport(ctx context.Context, req *pb.PutReceivedReportRequest) (*pb.ReceivedReport, error) {
	id, err := parentAgency("parent", req.GetParent())
	if err != nil {
		return nil, err
	}
	year, form, err := reportOn(req.GetYear(), req.GetForm())
	if err != nil {
		return nil, err
	}
	in, findings, err := readIntake(req, year, form)
	if err != nil {
		return nil, err
	}
	m, err := s.mutate(ctx, id, req.GetRequestId(), req)
	if err != nil {
		return nil, err
	}
	var out storage.Event
	err = s.update(ctx, id, func(w storage.Writer) (err error) {
		out, err = m.putIntake(w, year, form, newIntakeFacts(in, findings))
		return err
	})
	if err != nil {
		return nil, err
	}
	return receivedPB(callOf(ctx).lang, &out, year, form)
}

func (m mutation) putIntake(w storage.Writer, year int, form report.Form, facts intakeFacts) (storage.Event, error) {
	if e, err := m.done(w); err != nil || e != nil {
		return again(e, err)
	}
	if err := checkNoCases(w, m.agency, year); err != nil {
		return storage.Event{}, err
	}
	f := m.frost(w)
	frozen, err := f.years()
	if err != nil {
		return storage.Event{}, err
	}
	if facts, ok := frozen[year]; ok {
		return storage.Event{}, f.refusal(facts, []report.Message{{ZH: "收到的报告", EN: "the report that was taken in"}})
	}
	_, before, err := kept[intakeFacts](w, m.agency, intakeObject(year, form))
	if err != nil {
		return storage.Event{}, err
	}
	return m.keep(w, intakeObject(year, form), "put_received_report", before, facts)
}

// again is the event of a request that came before.
func again(e *storage.Event, err error) (storage.Event, error) {
	if err != nil {
		return storage.Event{}, err
	}
	return *e, nil
}

// checkNoCases refuses to take a report in where the unit's own cases tell the figures.
func checkNoCases(r storage.Reader, agency string, year int) error {
	tally, err := r.Tally(agency, firstYear, year)
	if err != nil {
		return err
	}
	var f flows
	for t, n := range tally {
		e := effectOf(&t, year)
		f.add(&e, n)
	}
	if !f.any {
		return nil
	}
	return failf(pb.Reason_UNIT_HAS_CASES,
		"该单位%[1]d年度在本系统中有申请（新收%[2]d件，办结%[3]d件），其报告由申请统计，不能再录入收到的报告；数据有误的，请更正申请（第50条）",
		"the unit has cases of its own in %[1]d (%[2]d received, %[3]d concluded): its report is derived from them and none can be taken in; correct the cases instead (Art 50)",
		year, f.received, f.concluded)
}

// readIntake reads the report that a request carries.
func readIntake(req *pb.PutReceivedReportRequest, year int, form report.Form) (report.Intake, []report.Finding, error) {
	field, data := "json", []byte(req.GetJson())
	switch {
	case (req.GetJson() == "") == (len(req.GetXlsx()) == 0):
		return report.Intake{}, nil, invalid("json", "请给出json或xlsx之一", "give either json or xlsx")
	case len(data) > maxIntakeJSON:
		return report.Intake{}, nil, invalid("json", "JSON超过%d字节", "the JSON has more than %d bytes", maxIntakeJSON)
	case len(req.GetXlsx()) > maxIntakeXLSX:
		return report.Intake{}, nil, invalid("xlsx", "XLSX超过%d字节", "the XLSX has more than %d bytes", maxIntakeXLSX)
	case len(req.GetXlsx()) > 0:
		field = "xlsx"
		d, err := document.Read(bytes.NewReader(req.GetXlsx()), int64(len(req.GetXlsx())), document.XLSX)
		if err != nil {
			return report.Intake{}, nil, sheetFault(err)
		}
		data = d.Report.AppendJSON(nil, "", false)
	}
	in, findings, err := report.ReadIntake(data, form, year)
	if bad, ok := errors.AsType[*report.PublishedError](err); ok {
		return in, nil, invalid(field, "无法录入报告：%[1]s", "taking the report in: %[2]s", bad.Message.ZH, bad.Message.EN)
	}
	return in, findings, err
}

// sheetFault says in the words of the interface where a workbook departs from the layout.
func sheetFault(err error) error {
	if at, ok := errors.AsType[*document.LayoutError](err); ok {
		return invalid("xlsx", "工作表“%[1]s”第%[2]d行第%[3]d列为“%[4]s”，应为“%[5]s”；请使用导出的版式填写",
			"sheet %[1]q, row %[2]d, column %[3]d has %[4]q where %[5]q belongs; fill in a workbook as it is exported", at.Sheet, at.Row, at.Column, at.Text, at.Want)
	}
	return invalid("xlsx", "文件不是本系统导出版式的XLSX（%[1]v）；请使用导出的版式填写",
		"the file is no XLSX in the layout of the exports (%[1]v); fill in a workbook as it is exported", err)
}

// GetReceivedReport returns a report that was taken in.
func (s *Server) GetReceivedReport(ctx context.Context, req *pb.GetReceivedReportRequest) (*pb.ReceivedReport, error) {
	id, err := parentAgency("parent", req.GetParent())
	if err != nil {
		return nil, err
	}
	year, form, err := reportOn(req.GetYear(), req.GetForm())
	if err != nil {
		return nil, err
	}
	var e *storage.Event
	err = s.store.View(ctx, func(r storage.Reader) error {
		_, e, err = kept[intakeFacts](r, id, intakeObject(year, form))
		if err == nil && e == nil {
			err = notFound()
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return receivedPB(callOf(ctx).lang, e, year, form)
}

func receivedPB(lang language, e *storage.Event, year int, form report.Form) (*pb.ReceivedReport, error) {
	var f intakeFacts
	if err := decodeFacts(e, &f); err != nil {
		return nil, err
	}
	in := f.report(form)
	figures, err := in.AppendFigures(nil)
	if err != nil {
		return nil, err
	}
	return &pb.ReceivedReport{
		Agency: agencyName(e.Agency), Year: int32(year), Form: string(form), Json: string(figures),
		Findings: findingsPB(lang, in.Findings()), Actor: e.Actor, RecordTime: timestamppb.New(e.Time.Truncate(time.Microsecond)),
	}, nil
}

// ListRollupUnits lists the units of a roll-up and what each contributed.
func (s *Server) ListRollupUnits(ctx context.Context, req *pb.ListRollupUnitsRequest) (*pb.ListRollupUnitsResponse, error) {
	id, err := parentAgency("parent", req.GetParent())
	if err != nil {
		return nil, err
	}
	year, form, err := reportOn(req.GetYear(), req.GetForm())
	if err != nil {
		return nil, err
	}
	size, err := pageSize(req.GetPageSize())
	if err != nil {
		return nil, err
	}
	after, err := readToken[string](req, req.GetPageToken())
	if err != nil {
		return nil, err
	}
	var out *pb.ListRollupUnitsResponse
	err = s.store.View(ctx, func(r storage.Reader) error {
		u, err := s.rollUp(r, id, year, form, false)
		if err != nil {
			return err
		}
		out, err = u.page(r, callOf(ctx).lang, req, after, size)
		return err
	})
	return out, err
}

// page is the units after an id that the request asks for.
func (u *rollup) page(r storage.Reader, lang language, req *pb.ListRollupUnitsRequest, after string, size int) (*pb.ListRollupUnitsResponse, error) {
	out := &pb.ListRollupUnitsResponse{}
	for _, x := range u.units {
		if x.ID <= after || req.GetState() != pb.RollupUnit_STATE_UNSPECIFIED && req.GetState() != x.state() {
			continue
		}
		if req.GetUnbalanced() {
			if bad, err := u.unbalanced(r, x); err != nil || !bad {
				if err != nil {
					return nil, err
				}
				continue
			}
		}
		if len(out.Units) == size {
			out.NextPageToken = nextToken(req, agencyIn(out.Units[size-1].GetAgency()))
			return out, nil
		}
		findings, err := u.findings(r, x)
		if err != nil {
			return nil, err
		}
		out.Units = append(out.Units, u.unitPB(lang, x, findings))
	}
	return out, nil
}
