package web_test

import (
	"net/http"
	"testing"

	pb "gongkai/proto/disclosure/v1"
)

// The pages of ledger, reports and import in a browser: names, contrast, width, console.
func TestReportPagesInABrowser(t *testing.T) {
	c := chromium(t)
	o, token := grow(t)
	v := o.enter(token)
	run := v.upload("/import", v.get("/import"), "applications", "台账.csv", []byte(ledgerFile)).header.Get("Location")
	v.shown(run)
	for _, year := range []string{"2025"} {
		page := v.get("/report/freeze?year=" + year)
		if s := v.post("/report/freeze", page.with(nil)); s.status != http.StatusSeeOther {
			t.Fatalf("freezing answered %d:\n%s", s.status, s.text)
		}
	}
	empty := o.hire(pb.Principal_SUPERVISOR, o.another())
	pages := []struct{ name, path string }{
		{"ledger", "/ledger"},
		{"ledger-more", "/ledger?state=RECEIVED"},
		{"ledger-error", "/ledger?words=一"},
		{"report", "/report"},
		{"report-codes", "/report?year=2018"},
		{"report-edit", "/report?edit=figures"},
		{"report-cell", "/report/cell?cell=newReceived/naturalPerson&year=2026&form=table-2021"},
		{"report-checks", "/report/checks"},
		{"report-text", "/report/text?take=1"},
		{"report-freeze", "/report/freeze?year=2025"},
		{"report-diff", "/report/diff?year=2025"},
		{"report-carry", "/report/carry-over"},
		{"report-charts", "/report/charts"},
		{"rollup", "/rollup"},
		{"rollup-cell", "/rollup/cell?cell=newReceived/total&year=2026&form=table-2021"},
		{"rollup-units", "/rollup/units"},
		{"rollup-unit", "/rollup/unit?agency=prison"},
		{"workload", "/workload"},
		{"import", "/import"},
		{"import-run", run},
		{"import-report", run + "/report?year=2026&form=table-2021"},
	}
	for _, l := range few(looks) {
		t.Run(l.String(), func(t *testing.T) {
			b := o.browse(t, c, l, token)
			for _, page := range pages {
				b.visit(page.path)
				b.inspect(page.name)
			}
			b = o.browse(t, c, l, empty)
			for _, page := range []struct{ name, path string }{{"ledger-empty", "/ledger"}, {"report-empty", "/report"}, {"rollup-empty", "/rollup"}, {"workload-empty", "/workload"}, {"report-freeze-empty", "/report/freeze"}} {
				b.visit(page.path)
				b.inspect(page.name)
			}
		})
	}
}
