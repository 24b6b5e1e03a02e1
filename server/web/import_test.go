package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	pb "gongkai/proto/disclosure/v1"
)

const ledgerFile = "申请编号,申请方式,收到日期,申请人类型,申请人,申请内容\r\n" +
	"2026-101,当面,2026-05-06,自然人,示例人𠮷,经费\r\n" +
	"2026-102,当面,2026-05-07,商业企业,<script>alert(1)</script>,合同\r\n" +
	"2026-103,飞鸽,2026-05-08,自然人,错行,错\r\n"

// shown is the page of a run once it is no longer under way.
func (v *visitor) shown(path string) *sheet {
	v.t.Helper()
	for range 200 {
		s := v.get(path)
		if s.header.Get("Refresh") == "" {
			return s
		}
	}
	v.t.Fatal("the import does not end")
	return nil
}

func TestImportIsTriedThenConfirmed(t *testing.T) {
	o := open(t, nil)
	o.agency("jyj")
	v := o.enter(o.hire(pb.Principal_OFFICER, "jyj"))
	sent := v.upload("/import", v.get("/import"), "applications", `C:\台账.csv`, []byte(ledgerFile))
	if sent.status != http.StatusSeeOther {
		t.Fatalf("answered %d:\n%s", sent.status, sent.text)
	}
	run := sent.header.Get("Location")
	tried := v.shown(run)
	for _, want := range []string{"试导入结果", "台账.csv", "飞鸽", "申请方式", "确认导入2行", "新收"} {
		if !strings.Contains(tried.text, want) {
			t.Errorf("the trial does not say %q:\n%s", want, tried.text)
		}
	}
	if strings.Contains(tried.text, `C:\`) || strings.Contains(tried.text, "<script>alert") {
		t.Error("the page shows a path or a script")
	}
	if s := v.get("/ledger"); !strings.Contains(s.text, "还没有申请") {
		t.Errorf("a trial saved something:\n%s", s.text)
	}
	after := v.get(run + "/report?year=2026&form=table-2021")
	if !strings.Contains(after.text, `现为 0`) {
		t.Errorf("the tables that would follow are not shown:\n%s", after.text)
	}
	confirm := tried.with(nil)
	if a, b := v.post(run, confirm), v.post(run, confirm); a.status != http.StatusSeeOther || b.status != http.StatusSeeOther {
		t.Fatalf("confirming twice answered %d and %d", a.status, b.status)
	}
	if done := v.shown(run); !strings.Contains(done.text, "导入结果") || !strings.Contains(done.text, "<dt>已导入</dt><dd>2</dd>") {
		t.Errorf("the import does not say that two rows came in:\n%s", done.text)
	}
	again := v.shown(v.upload("/import", v.get("/import"), "applications", "台账.csv", []byte(ledgerFile)).header.Get("Location"))
	if !strings.Contains(again.text, "<dt>未变</dt><dd>2</dd>") || !strings.Contains(again.text, "没有可以导入的新内容") {
		t.Errorf("the same file again would change something:\n%s", again.text)
	}
	if s := v.get("/ledger"); strings.Count(s.text, `<tr><th scope="row">`) != 2 {
		t.Error("the ledger does not hold the two")
	}
}

func TestImportRefusesWhatIsNoLedger(t *testing.T) {
	o := open(t, nil)
	o.agency("jyj")
	v := o.enter(o.hire(pb.Principal_OFFICER, "jyj"))
	for name, content := range map[string][]byte{
		"no file":         nil,
		"no headings":     []byte("a,b\r\n1,2\r\n"),
		"a broken zip":    []byte("PK\x03\x04 and nothing"),
		"not text at all": {0xff, 0xfe, 0x00, 0x81, 0x00},
	} {
		file := "x.csv"
		if content == nil {
			file = ""
		}
		s := v.upload("/import", v.get("/import"), "applications", file, content)
		if s.status != http.StatusUnprocessableEntity || !strings.Contains(s.text, `role="alert"`) {
			t.Errorf("%s answered %d:\n%s", name, s.status, s.text)
		}
	}
	page := v.get("/import")
	hidden := page.with(nil)
	if s := v.post("/import", hidden); s.status != http.StatusBadRequest {
		t.Errorf("a form that is no upload answered %d", s.status)
	}
	forged := *page
	forged.text = strings.ReplaceAll(page.text, hidden.Get("form_token"), "forged")
	if s := v.upload("/import", forged.parsed(), "applications", "x.csv", []byte(ledgerFile)); s.status != http.StatusForbidden {
		t.Errorf("a forged upload answered %d", s.status)
	}
}

// Nobody else sees an import, whatever they know of it.
func TestImportIsItsOwners(t *testing.T) {
	o := open(t, nil)
	o.agency("jyj")
	v := o.enter(o.hire(pb.Principal_OFFICER, "jyj"))
	run := v.upload("/import", v.get("/import"), "applications", "x.csv", []byte(ledgerFile)).header.Get("Location")
	v.shown(run)
	w := o.enter(o.hire(pb.Principal_OFFICER, "jyj"))
	if s := w.get(run); s.status != http.StatusNotFound || strings.Contains(s.text, "飞鸽") {
		t.Errorf("another officer's page answered %d", s.status)
	}
	if s := w.get(run + "/report?year=2026&form=table-2021"); s.status != http.StatusNotFound {
		t.Errorf("another officer's report answered %d", s.status)
	}
	if s := w.post(run, w.get("/import").with(url.Values{})); s.status != http.StatusNotFound {
		t.Errorf("another officer's confirmation answered %d", s.status)
	}
	if s := v.get("/ledger"); !strings.Contains(s.text, "还没有申请") {
		t.Error("another officer confirmed the import")
	}
}
