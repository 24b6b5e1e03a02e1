package server_test

import (
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"gongkai/workflow"
)

func TestImportRemedies(t *testing.T) {
	e := start(t, today)
	e.agency(t, "own", "")
	conn := e.conn(t, workflow.Officer, "own")
	brought(t, conn, "own", false, everyway(), someRemedies)
	pending := someRemedies.rows[0]
	for _, tt := range []struct {
		name   string
		row    cells
		column string // refused there; empty: not refused
		reason string
	}{
		{"no kind", pending.with("kind", ""), "类型", "FIELD_INVALID"},
		{"no day", pending.with("file_date", ""), "提起日期", "FIELD_INVALID"},
		{"unknown application", pending.with("application_no", "nowhere"), "申请编号", "RESOURCE_NOT_FOUND"},
		{"after today", pending.with("file_date", "2026-07-01"), "提起日期", "DATE_IN_FUTURE"},
		{"after review, no suit", pending.with("file_date", "2026-04-02", "after_reconsideration", "是"), "复议后起诉", "FIELD_INVALID"},
		{"result without a day", pending.with("result", "维持"), "审结日期", "FIELD_INVALID"},
		{"day without a result", pending.with("conclude_date", "2026-05-01"), "审结日期", "FIELD_INVALID"},
		{"ended before it began", pending.with("result", "维持", "conclude_date", "2026-03-31"), "审结日期", "DATE_ORDER"},
		{"another capacity", pending.with("capacity", "复议机关"), "身份", "LEDGER_CONFLICT"},
		{"concluded", pending.with("result", "upheld", "conclude_date", "2026-05-20"), "", ""},
		{"concluded otherwise", pending.with("result", "纠正", "conclude_date", "2026-05-20"), "结果", "LEDGER_CONFLICT"},
		{"pending again", pending.with("result", "尚未审结"), "结果", "LEDGER_CONFLICT"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out := brought(t, conn, "own", false, remedies(tt.row))
			if tt.column == "" {
				if out.GetImported() != 1 {
					t.Errorf("not imported: %v", out.refused)
				}
				return
			}
			if len(out.refused) != 1 || out.refused[0].GetColumn() != tt.column || out.refused[0].GetReason() != tt.reason {
				t.Errorf("imported %d, unchanged %d, refused %v", out.GetImported(), out.GetUnchanged(), out.refused)
			}
		})
	}
	got := written(t, conn, "own", "remedies", "key")
	if len(got) != len(someRemedies.rows) || got[0]["result"] != "upheld" || got[0]["conclude_date"] != "2026-05-20" {
		t.Errorf("remedies: %v", got)
	}
	third := remedies(append(slices.Clone(someRemedies.rows), cells{"kind": "举报投诉", "file_date": "2026-04-01"})...)
	if out := brought(t, conn, "own", false, third); out.GetImported() != 1 || out.GetUnchanged() != 5 {
		t.Errorf("a third complaint of one day: imported %d, unchanged %d", out.GetImported(), out.GetUnchanged())
	}
}

func TestImportFigures(t *testing.T) {
	e := start(t, today)
	e.agency(t, "own", "")
	conn := e.conn(t, workflow.Officer, "own")
	brought(t, conn, "own", false, someFigures)
	for _, tt := range []struct {
		name                string
		row                 cells
		imported, unchanged int64
		column              string
	}{
		{"another value", cells{"year": "2026年", "code": "t2.5.licences", "value": "13"}, 1, 0, ""},
		{"the same", cells{"year": "2026", "code": "t2.5.licences", "value": "13.0"}, 0, 1, ""},
		{"derived", cells{"year": "2026", "code": "3100", "value": "1"}, 0, 0, "代码"},
		{"derived from 2021 on", cells{"year": "2026", "code": "7000", "value": "1"}, 0, 0, "代码"},
		{"unknown", cells{"year": "2026", "code": "t2.9", "value": "1"}, 0, 0, "代码"},
		{"no year", cells{"year": "上年", "code": "1110", "value": "1"}, 0, 0, "年度"},
		{"early year", cells{"year": "2007", "code": "1110", "value": "1"}, 0, 0, "年度"},
		{"no number", cells{"year": "2018", "code": "1110", "value": "多"}, 0, 0, "数值"},
		{"half a document", cells{"year": "2018", "code": "1110", "value": "0.5"}, 0, 0, "数值"},
		{"nothing", cells{"year": "2018", "code": "1110"}, 0, 0, "数值"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out := brought(t, conn, "own", false, figures(tt.row))
			column := ""
			if len(out.refused) > 0 {
				column = out.refused[0].GetColumn()
			}
			if out.GetImported() != tt.imported || out.GetUnchanged() != tt.unchanged || column != tt.column {
				t.Errorf("imported %d, unchanged %d, refused %v", out.GetImported(), out.GetUnchanged(), out.refused)
			}
		})
	}
	want := []cells{{"year": "2018", "code": "1110", "value": "2"}, {"year": "2018", "code": "7000", "value": "12.5"}, {"year": "2026", "code": "t2.5.licences", "value": "13"}}
	if diff := gocmp.Diff(want, written(t, conn, "own", "figures", "")); diff != "" {
		t.Errorf("figures (-want +got):\n%s", diff)
	}
}
