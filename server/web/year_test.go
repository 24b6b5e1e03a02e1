package web_test

import (
	"net/url"
	"testing"
)

// A year that is none is refused, wherever a report is shown, changed or exported: nobody
// gets another year than he asked for.
func TestNoSuchYear(t *testing.T) {
	o, token := counted(t)
	v := o.enter(token)
	text := v.get("/report/text").with(url.Values{"chapters/1": {"不该保存"}, "chapters/5": {"x"}})
	figures := v.get("/report?edit=figures").with(url.Values{"figure/t2.5.licences": {"7"}})
	run := v.upload("/import", v.get("/import"), "applications", "x.csv", []byte(ledgerFile)).header.Get("Location")
	v.shown(run)
	for _, year := range []string{"20x6", "二〇二六", "4294969322", "99999999999999999999", "1999", "-2026", "0"} {
		asked := "year=" + url.QueryEscape(year) + "&form=table-2021"
		for _, path := range []string{"/report", "/report/text", "/report/checks", "/report/freeze", "/report/export", "/report/cell", "/rollup", "/workload", run + "/report"} {
			s := v.get(path + "?" + asked + "&format=csv&cell=newReceived/total")
			if s.status < 400 || s.status >= 500 {
				t.Errorf("%s of the year %s answered %d", path, year, s.status)
			}
		}
		text.Set("year", year)
		figures.Set("year", year)
		for path, form := range map[string]url.Values{"/report/text": text, "/report/figures": figures, "/report/freeze": v.get("/account").with(url.Values{"year": {year}, "form": {"table-2021"}})} {
			if s := v.post(path, form); s.status < 400 || s.status >= 500 {
				t.Errorf("POST %s of the year %s answered %d", path, year, s.status)
			}
		}
	}
	if kept := o.chapters(token); kept[1] != "" {
		t.Errorf("the text of another year is %q", kept[1])
	}
}
