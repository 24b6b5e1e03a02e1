package gateway_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestSignIn: a person signs in over JSON and calls with the token of the sign-in, until it
// ends. Neither password nor token comes back in anything else.
func TestSignIn(t *testing.T) {
	o := newOffice(t, nil)
	const password = "Correct-Horse-7-Battery"
	o.want(http.StatusOK, "", "POST", "/v1/account:setUp", `{"secret":"`+o.admin+`", "role": "ADMINISTRATOR","principal_id":"zhang","password":"`+password+`"}`)
	o.want(http.StatusUnauthorized, o.admin, "GET", "/v1/agencies", "")
	o.want(http.StatusUnauthorized, "", "POST", "/v1/account:signIn", `{"account":"zhang","password":"wrong"}`)
	in := o.want(http.StatusOK, "", "POST", "/v1/account:signIn", `{"account":"zhang","password":"`+password+`"}`)
	token := text(in["token"])
	if a := o.call(token, "GET", "/v1/account", nil); a.json["principal"] != "principals/zhang" || strings.Contains(string(a.body), password) || strings.Contains(string(a.body), token) {
		t.Errorf("the account is %s", a.body)
	}
	// An administrator needs a second factor before anything else.
	if a := o.call(token, "GET", "/v1/agencies", nil); a.StatusCode != http.StatusForbidden || a.json["reason"] != "ENROLMENT_REQUIRED" {
		t.Errorf("answered %d %s", a.StatusCode, a.body)
	}
	if a := o.call(token, "POST", "/v1/account:enrolOneTimeCode", strings.NewReader("{}")); a.StatusCode != http.StatusOK || text(a.json["secret"]) == "" {
		t.Errorf("enrolling answered %d %s", a.StatusCode, a.body)
	}
	o.want(http.StatusOK, token, "POST", "/v1/account:signOut", "{}")
	o.want(http.StatusUnauthorized, token, "GET", "/v1/account", "")
}

// TestLetter issues a letter and takes it as a file.
func TestLetter(t *testing.T) {
	o := newOffice(t, nil)
	officer, name := o.tokens["own/OFFICER"], "/v1/"+o.registered()
	o.want(http.StatusOK, o.tokens["own/ADMINISTRATOR"], "PATCH", "/v1/agencies/own/settings",
		`{"values":{"remedy.review_organ":"某县人民政府","remedy.court":"某县人民法院","letter.contact":"电话0000-1234567，某县某路1号"},"effective_date":"2026-01-01"}`)
	o.want(http.StatusOK, o.tokens["own/ADMINISTRATOR"], "PATCH", "/v1/agencies/own/settings", `{"values":{"number.word":"某教"}}`)
	const letter = `{"kind":"reply","basis":"refused.internal_affairs","fields":{"internal_kind":"logistics","facts":"该信息为车辆使用登记"}`
	preview := o.want(http.StatusOK, officer, "POST", name+":previewLetter", letter+"}")
	if len(preview["missing"].([]any)) != 0 {
		t.Fatalf("it lacks %v", preview["missing"])
	}
	issued := o.want(http.StatusOK, officer, "POST", name+":issueLetter", letter+"}", "Idempotency-Key", "2f1c9a52-7d5c-4f0e-9a39-5d6f9b1f6a11")
	file := o.call(officer, "GET", "/v1/"+text(issued["name"])+":download", nil)
	if file.StatusCode != http.StatusOK || !strings.HasPrefix(string(file.body), "PK") {
		t.Fatalf("answered %d %.200s", file.StatusCode, file.body)
	}
	wantHeader(t, file, "Content-Type", "application/vnd.openxmlformats-officedocument.wordprocessingml.document")
	if !strings.HasPrefix(file.Header.Get("Content-Disposition"), "attachment; filename*=utf-8''") {
		t.Errorf("Content-Disposition is %q", file.Header.Get("Content-Disposition"))
	}
	if list := o.want(http.StatusOK, officer, "GET", name+"/letters", ""); len(list["letters"].([]any)) != 1 {
		t.Errorf("the letters are %v", list)
	}
}
