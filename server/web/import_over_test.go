package web_test

import (
	"net/http"
	"strings"
	"testing"

	pb "gongkai/proto/disclosure/v1"
)

// A file that is sent while another import waits for its confirmation takes its place only
// if the page said so; and no file is left out unsaid.
func TestImportOverAnother(t *testing.T) {
	o := open(t, nil)
	o.agency("jyj")
	v := o.enter(o.hire(pb.Principal_OFFICER, "jyj"))
	early := v.get("/import") // in another tab
	token := filePart{"form_token", "", early.with(nil).Get("form_token")}
	first := v.upload("/import", v.get("/import"), "applications", "甲.csv", []byte(ledgerFile)).header.Get("Location")
	tried := v.shown(first)
	s := v.uploads("/import", token, filePart{"applications", "乙.csv", ledgerFile})
	if s.status != http.StatusConflict || !strings.Contains(s.text, "尚未确认") || !strings.Contains(s.text, `href="`+first+`"`) || !strings.Contains(s.text, "甲.csv") {
		t.Fatalf("another file answered %d:\n%s", s.status, s.text)
	}
	if s := v.get(first); !strings.Contains(s.text, "甲.csv") || !strings.Contains(s.text, "确认导入2行") {
		t.Fatalf("the first is gone:\n%s", s.text)
	}
	page := v.get("/import")
	replaces := filePart{"replaces", "", page.with(nil).Get("replaces")}
	second := v.uploads("/import", token, replaces, filePart{"applications", "丙.csv", ledgerFile}).header.Get("Location")
	if s := v.shown(second); !strings.Contains(s.text, "丙.csv") {
		t.Errorf("what was to replace it is not shown:\n%s", s.text)
	}
	if s := v.post(first, tried.with(nil)); s.status != http.StatusNotFound {
		t.Errorf("confirming what was given up answered %d", s.status)
	}
	if s := v.uploads("/import", token, replaces, filePart{"applications", "丁.csv", ledgerFile}); s.status != http.StatusConflict {
		t.Errorf("a page that names the one before the last answered %d", s.status)
	}
	if s := v.uploads("/import", token, filePart{"replaces", "", second[len("/import/"):]}, filePart{"applications", "a.csv", ledgerFile}, filePart{"applications", "b.csv", ledgerFile}); s.status != http.StatusUnprocessableEntity || !strings.Contains(s.text, "每类台账只能选择一个文件") {
		t.Errorf("two files of a kind answered %d:\n%s", s.status, s.text)
	}
	v.post(second, v.shown(second).with(nil))
	if s := v.shown(second); !strings.Contains(s.text, "<dt>已导入</dt><dd>2</dd>") {
		t.Errorf("the import was not finished:\n%s", s.text)
	}
	if s := v.get("/import"); strings.Contains(s.text, "尚未确认") {
		t.Error("a finished import waits for its confirmation")
	}
}
