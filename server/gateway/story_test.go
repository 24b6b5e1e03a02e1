package gateway_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// TestStory registers, acts, lists, reports, exports: what an office's own program would do.
func TestStory(t *testing.T) {
	o := newOffice(t, nil)
	officer, supervisor := o.tokens["own/OFFICER"], o.tokens["own/SUPERVISOR"]
	id := uuid.NewString()
	made := o.want(http.StatusOK, officer, "POST", "/v1/agencies/own/applications", draft, "Idempotency-Key", id)
	again := o.want(http.StatusOK, officer, "POST", "/v1/agencies/own/applications", draft, "Idempotency-Key", id)
	if made["name"] != again["name"] || made["state"] != "RECEIVED" || made["revision"] != "1" {
		t.Fatalf("registered %v, then %v", made, again)
	}
	name := "/v1/" + text(made["name"])

	extend := `{"actions":[{"extend":{"workdays":20,"notify_date":"2026-06-20","approver":"办公室主任","reason":"内容较多"}}],"etag":` + quoted(made["etag"])
	tried := o.want(http.StatusOK, supervisor, "POST", name+":act", extend+`,"validate_only":true}`)
	if got := o.want(http.StatusOK, officer, "GET", name, ""); got["etag"] != made["etag"] {
		t.Fatalf("a trial changed it to %v", got)
	}
	acted := o.want(http.StatusOK, supervisor, "POST", name+":act", extend+"}")
	if tried["deadline"].(map[string]any)["due_date"] != acted["deadline"].(map[string]any)["due_date"] || acted["revision"] != "2" {
		t.Fatalf("tried %v, acted %v", tried["deadline"], acted["deadline"])
	}
	// A number stands for a name.
	if byNumber := o.want(http.StatusOK, officer, "GET", "/v1/agencies/own/applications/no:"+text(made["application_no"]), ""); byNumber["name"] != made["name"] {
		t.Errorf("by its number it is %v", byNumber["name"])
	}
	o.want(http.StatusOK, officer, "POST", "/v1/agencies/own/applications/no:"+text(made["application_no"])+":listPossibleActions", `{}`)

	list := o.want(http.StatusOK, officer, "GET", "/v1/agencies/own/applications?page_size=1&filter=state%3DRECEIVED", "")
	if got := list["applications"].([]any); len(got) != 1 || got[0].(map[string]any)["applicant"].(map[string]any)["display_name"] != "王𠮷" {
		t.Fatalf("listed %v", list)
	}
	found := o.want(http.StatusOK, officer, "POST", "/v1/agencies/own/applications:search", `{"display_name":"王𠮷"}`)
	if text(found["next_page_token"]) != "" || len(found["applications"].([]any)) != 1 {
		t.Errorf("found %v", found)
	}
	report := o.want(http.StatusOK, o.tokens["own/STATISTICIAN"], "GET", "/v1/agencies/own/annualReports/2026/table-2021", "")
	if report["agency"] != "own" || len(report["rows"].([]any)) == 0 {
		t.Errorf("reported %v", report)
	}
	if day := o.want(http.StatusOK, officer, "GET", "/v1/calendar/days/2026-10-01:addWorkdays?workdays=1", ""); day["date"] != "2026-10-08" {
		t.Errorf("the first workday after 2026-10-01 is %v", day["date"])
	}
}

// TestFiles: what is a file over HTTP comes as one, and goes in as one.
func TestFiles(t *testing.T) {
	o := newOffice(t, nil)
	officer, name := o.tokens["own/OFFICER"], o.registered()
	content := strings.Repeat("申请人当面递交的说明。𠮷\r\n", 40_000)
	up := "/v1/agencies/own/attachments:upload?application=" + name + "&kind=FORM&file_name=%E7%94%B3%E8%AF%B7%2F%F0%A0%AE%B7.txt&request_id=" + uuid.NewString()
	first := o.want(http.StatusOK, officer, "POST", up, content, "Content-Type", "text/plain")
	again := o.want(http.StatusOK, officer, "POST", up, content, "Content-Type", "text/plain")
	if first["name"] != again["name"] || first["file_name"] != "申请/𠮷.txt" {
		t.Fatalf("stored %v, then %v", first, again)
	}
	down := o.call(officer, "GET", "/v1/"+text(first["name"])+":download", nil)
	if down.StatusCode != http.StatusOK || string(down.body) != content {
		t.Fatalf("downloaded %d with %d bytes, want %d", down.StatusCode, len(down.body), len(content))
	}
	wantHeader(t, down, "Content-Disposition", `attachment; filename*=utf-8''%E7%94%B3%E8%AF%B7_%F0%A0%AE%B7.txt`)
	wantHeader(t, down, "X-Content-Type-Options", "nosniff")
	wantHeader(t, down, "Cache-Control", "no-store")
	if !strings.HasPrefix(down.Header.Get("Repr-Digest"), "sha-256=:") {
		t.Errorf("Repr-Digest is %q", down.Header.Get("Repr-Digest"))
	}
	o.want(http.StatusBadRequest, officer, "POST", up+"&sha256="+strings.Repeat("0", 64), content, "Content-Type", "text/plain")

	form, kind := multipartOf(t, map[string]string{"file": content})
	byForm := o.call(officer, "POST", "/v1/agencies/own/attachments:upload?application="+name+"&kind=REPLY", form, "Content-Type", kind)
	if byForm.StatusCode != http.StatusOK || byForm.json["file_name"] != "file.csv" || byForm.json["sha256"] != first["sha256"] {
		t.Errorf("by a form it answered %d %s", byForm.StatusCode, byForm.body)
	}

	for format, magic := range map[string]string{"XLSX": "PK", "DOCX": "PK", "HTML": "<!", "CSV": ""} {
		export := o.call(officer, "GET", "/v1/agencies/own/annualReports/2026/table-2021:export?format="+format, nil)
		if export.StatusCode != http.StatusOK || !strings.HasPrefix(strings.ToLower(string(export.body)), strings.ToLower(magic)) || len(export.body) == 0 {
			t.Errorf("%s: %d, %.40q", format, export.StatusCode, export.body)
		}
		if d := export.Header.Get("Content-Disposition"); !strings.HasPrefix(d, "attachment; filename") {
			t.Errorf("%s: Content-Disposition is %q", format, d)
		}
	}
}

// TestLedger: a ledger that was exported as a file imports again and changes nothing.
func TestLedger(t *testing.T) {
	o := newOffice(t, nil)
	officer := o.tokens["own/OFFICER"]
	ledger := "application_no,channel,receive_date,applicant_kind,display_name,description\r\n"
	for _, no := range []string{"甲-1", "甲-2", "甲-3"} {
		ledger += no + ",IN_PERSON,2026-03-02,NATURAL_PERSON,王𠮷,=HYPERLINK(1)\r\n"
	}
	ledger += "甲-4,IN_PERSON,2026-99-02,NATURAL_PERSON,李,\r\n"
	path := "/v1/agencies/own/ledgers:import"
	trial := o.want(http.StatusOK, officer, "POST", path+"?dry_run=true", ledger, "Content-Type", "text/csv")
	if trial["imported"] != 3.0 || len(trial["refused"].([]any)) != 1 || len(trial["reports"].([]any)) == 0 {
		t.Fatalf("the trial says %v", trial)
	}
	if list := o.want(http.StatusOK, officer, "GET", "/v1/agencies/own/applications", ""); len(list["applications"].([]any)) != 0 {
		t.Fatalf("the trial left %v", list)
	}
	form, kind := multipartOf(t, map[string]string{"applications": ledger})
	imported := o.call(officer, "POST", path, form, "Content-Type", kind)
	if imported.json["imported"] != 3.0 || imported.json["refused"].([]any)[0].(map[string]any)["row"] != 5.0 {
		t.Fatalf("imported %d %s", imported.StatusCode, imported.body)
	}
	for _, format := range []string{"csv", "xlsx"} {
		file := o.call(officer, "GET", "/v1/agencies/own/ledgers/applications:download?format="+format, nil)
		wantHeader(t, file, "Content-Disposition", "attachment; filename=applications."+format)
		back := o.call(officer, "POST", path, bytes.NewReader(file.body), "Content-Type", "application/octet-stream")
		if back.json["unchanged"] != 3.0 || back.json["imported"] != 0.0 {
			t.Errorf("%s came back as %d %s", format, back.StatusCode, back.body)
		}
	}
	lines := o.call(officer, "GET", "/v1/agencies/own/ledgers/applications:export", nil)
	wantHeader(t, lines, "Content-Type", "application/x-ndjson")
	rows := 0
	for s := bufio.NewScanner(bytes.NewReader(lines.body)); s.Scan(); {
		var line struct{ Result struct{ Rows []any } }
		if err := json.Unmarshal(s.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		rows += len(line.Result.Rows)
	}
	if rows != 3 {
		t.Errorf("there are %d rows in lines of JSON, want 3", rows)
	}
	o.want(http.StatusBadRequest, officer, "POST", path, "PK\x03\x04 no workbook", "Content-Type", "application/octet-stream")
	o.want(http.StatusNotFound, officer, "GET", "/v1/agencies/other/ledgers/applications:download", "")
	o.want(http.StatusNotFound, officer, "POST", "/v1/agencies/other/ledgers:import", ledger, "Content-Type", "text/csv")
}

func multipartOf(t *testing.T, files map[string]string) (io.Reader, string) {
	t.Helper()
	var form bytes.Buffer
	m := multipart.NewWriter(&form)
	for field, content := range files {
		w, err := m.CreateFormFile(field, field+".csv")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, content); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	return &form, m.FormDataContentType()
}

func wantHeader(t *testing.T, a answer, name, want string) {
	t.Helper()
	if got := a.Header.Get(name); got != want {
		t.Errorf("%s %s: %s is %q, want %q", a.Request.Method, a.Request.URL.Path, name, got, want)
	}
}
