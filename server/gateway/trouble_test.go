package gateway_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"gongkai/server"
	"gongkai/server/gateway"
)

// TestErrors: every refusal has the status of HTTP, the code and reason of gRPC, the field,
// and words in the caller's language.
func TestErrors(t *testing.T) {
	o := newOffice(t, nil)
	officer, name := o.tokens["own/OFFICER"], "/v1/"+o.registered()
	const applications = "/v1/agencies/own/applications"
	for _, c := range []struct {
		name, token, method, path, body string
		headers                         []string

		status             int
		code, reason, says string
		field              string
	}{
		{"unknown field", officer, "POST", applications, `{"application":{"applicant":{"nam":"x"}}}`, nil, 400, "INVALID_ARGUMENT", "FIELD_INVALID", "没有该字段", "application.applicant.nam"},
		{"unknown field in English", officer, "POST", applications, `{"application":{"applicant":{"nam":"x"}}}`, english, 400, "INVALID_ARGUMENT", "FIELD_INVALID", "no such field", "application.applicant.nam"},
		{"value of a list", officer, "POST", name + ":act", `{"actions":[{"hold":{}},{"extend":{"workdays":"many"}}]}`, nil, 400, "INVALID_ARGUMENT", "FIELD_INVALID", "应为整数", "actions[1].extend.workdays"},
		{"no list", officer, "POST", name + ":act", `{"actions":{}}`, english, 400, "INVALID_ARGUMENT", "FIELD_INVALID", "JSON array", "actions"},
		{"two of a group", officer, "POST", name + ":act", `{"actions":[{"hold":{},"release":{}}]}`, english, 400, "INVALID_ARGUMENT", "FIELD_INVALID", "only one", "actions[0]"},
		{"value of an enum", officer, "POST", applications, `{"application":{"channel":"PIGEON"}}`, english, 400, "INVALID_ARGUMENT", "FIELD_INVALID", "IN_PERSON, ORAL", "application.channel"},
		{"given twice", officer, "POST", applications, `{"application":{"remark":"a","remark":"b"}}`, english, 400, "INVALID_ARGUMENT", "FIELD_INVALID", "twice", "application.remark"},
		{"value of a map", officer, "PATCH", "/v1/agencies/own/settings", `{"values":{"lights.red":7}}`, english, 400, "INVALID_ARGUMENT", "FIELD_INVALID", "string", "values.lights.red"},
		{"as the service says it", officer, "POST", applications, `{"application":{"channel":"IN_PERSON","arrive_date":"2026-02-30"}}`, nil, 400, "INVALID_ARGUMENT", "FIELD_INVALID", "", "application.arrive_date"},
		{"no JSON", officer, "POST", applications, `{"application":`, nil, 400, "INVALID_ARGUMENT", "MESSAGE_MALFORMED", "JSON", ""},
		{"no UTF-8", officer, "POST", applications, "{\"application\":{\"remark\":\"\xff\"}}", english, 400, "INVALID_ARGUMENT", "MESSAGE_MALFORMED", "UTF-8", ""},
		{"too deep", officer, "POST", applications, `{"application":` + strings.Repeat(`{"applicant":`, 2000) + "{}" + strings.Repeat("}", 2001), english, 400, "INVALID_ARGUMENT", "FIELD_INVALID", "no such field", "application.applicant.applicant"},
		{"more than one value", officer, "POST", applications, `{} {}`, english, 400, "INVALID_ARGUMENT", "MESSAGE_MALFORMED", "", ""},
		{"no form", officer, "POST", applications, `a=b`, []string{"Content-Type", "application/x-www-form-urlencoded"}, 415, "INVALID_ARGUMENT", "MESSAGE_MALFORMED", "application/json", ""},
		{"parameters beside a body", officer, "POST", applications + "?validate_only=true", draft, english, 400, "INVALID_ARGUMENT", "MESSAGE_MALFORMED", "no effect", ""},
		{"two ids", officer, "POST", applications, strings.Replace(draft, "{", `{"request_id":"a",`, 1), []string{"Idempotency-Key", "b"}, 400, "INVALID_ARGUMENT", "FIELD_INVALID", "Idempotency-Key", "request_id"},
		{"unknown parameter", officer, "GET", applications + "?fliter=state%3DRECEIVED", "", english, 400, "INVALID_ARGUMENT", "FIELD_INVALID", "no such parameter", "fliter"},
		{"parameter of the path", officer, "GET", applications + "?parent=agencies/other", "", english, 400, "INVALID_ARGUMENT", "FIELD_INVALID", "path", "parent"},
		{"parameter twice", officer, "GET", applications + "?page_size=1&page_size=2", "", english, 400, "INVALID_ARGUMENT", "FIELD_INVALID", "twice", "page_size"},
		{"parameter under both names", officer, "GET", applications + "?page_size=1&pageSize=2", "", english, 400, "INVALID_ARGUMENT", "FIELD_INVALID", "twice", "page_size"},
		{"no number", officer, "GET", applications + "?page_size=x", "", english, 400, "INVALID_ARGUMENT", "FIELD_INVALID", "whole number", "page_size"},
		{"no number in the path", officer, "GET", "/v1/agencies/own/annualReports/next/table-2021", "", english, 400, "INVALID_ARGUMENT", "FIELD_INVALID", "check the address", "year"},
		{"message as a parameter", officer, "GET", name + "/possibleActions?actions=x", "", english, 400, "INVALID_ARGUMENT", "FIELD_INVALID", "by POST", "actions"},
		{"filter", officer, "GET", applications + "?filter=colour%3Dred", "", english, 400, "INVALID_ARGUMENT", "INVALID_FILTER", "", ""},
		{"no token", "", "GET", applications, "", nil, 401, "UNAUTHENTICATED", "TOKEN_INVALID", "令牌", ""},
		{"wrong token", "x", "GET", applications, "", english, 401, "UNAUTHENTICATED", "TOKEN_INVALID", "token", ""},
		{"wrong role", o.tokens["own/AUDITOR"], "GET", applications, "", nil, 403, "PERMISSION_DENIED", "ROLE_NOT_ALLOWED", "", ""},
		{"another agency", officer, "GET", "/v1/agencies/other/applications", "", english, 404, "NOT_FOUND", "RESOURCE_NOT_FOUND", "does not exist", ""},
		{"no such address", officer, "GET", "/v1/agencys", "", english, 404, "NOT_FOUND", "RESOURCE_NOT_FOUND", "/v1/openapi.json", ""},
		{"no such verb", officer, "POST", applications + ":explode", "{}", nil, 404, "NOT_FOUND", "RESOURCE_NOT_FOUND", "没有该接口地址", ""},
		{"no such method", officer, "PUT", applications, "{}", english, 405, "UNIMPLEMENTED", "MESSAGE_MALFORMED", "GET, POST", ""},
		{"stale etag", officer, "POST", name + ":act", `{"etag":"old","actions":[{"hold":{}}]}`, english, 409, "ABORTED", "STALE_ETAG", "changed", ""},
		{"not possible now", officer, "POST", name + ":act", `{"actions":[{"release":{"release_date":"2026-06-30"}}]}`, nil, 409, "FAILED_PRECONDITION", "", "", ""},
		{"exists", o.admin, "POST", "/v1/agencies", `{"agency_id":"own","agency":{"display_name":"x"}}`, nil, 409, "ALREADY_EXISTS", "AGENCY_EXISTS", "", ""},
		{"too large", officer, "POST", applications, `{"application":{"remark":"` + strings.Repeat("x", 6<<20) + `"}}`, english, 413, "RESOURCE_EXHAUSTED", "MESSAGE_TOO_LARGE", "6 MiB", ""},
		{"too large for a stranger", "", "POST", "/v1/account:signIn", `{"account":"` + strings.Repeat("x", 64<<10) + `"}`, english, 413, "RESOURCE_EXHAUSTED", "MESSAGE_TOO_LARGE", "", ""},
		{"too large a message", officer, "POST", applications, `{"application":{"remark":"` + strings.Repeat("x", 5<<20) + `"}}`, english, 413, "RESOURCE_EXHAUSTED", "MESSAGE_TOO_LARGE", "4 MiB", ""},
		{"no time", officer, "GET", name, "", []string{"Grpc-Timeout", "1m"}, 504, "DEADLINE_EXCEEDED", "DEADLINE_TOO_SHORT", "", ""},
		{"no time at all", officer, "GET", name, "", []string{"Grpc-Timeout", "soon"}, 400, "INVALID_ARGUMENT", "MESSAGE_MALFORMED", "soon", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var body *strings.Reader
			a := answer{}
			if body = strings.NewReader(c.body); c.body != "" {
				a = o.call(c.token, c.method, c.path, body, c.headers...)
			} else {
				a = o.call(c.token, c.method, c.path, nil, c.headers...)
			}
			if a.StatusCode != c.status || a.json["code"] != c.code || c.reason != "" && a.json["reason"] != c.reason {
				t.Fatalf("answered %d %.600s", a.StatusCode, a.body)
			}
			if !strings.Contains(text(a.json["message"]), c.says) || text(a.json["message"]) == "" {
				t.Errorf("it says %q, want %q in it", a.json["message"], c.says)
			}
			if violations := a.json["field_violations"].([]any); c.field != "" && (len(violations) != 1 || violations[0].(map[string]any)["field"] != c.field) {
				t.Errorf("the fields are %v, want %s", violations, c.field)
			}
			if len(a.json["details"].([]any)) < 3 {
				t.Errorf("the details are %v", a.json["details"])
			}
			wantHeader(t, a, "X-Content-Type-Options", "nosniff")
			wantHeader(t, a, "Cache-Control", "no-store")
			if c.status == http.StatusUnauthorized {
				wantHeader(t, a, "WWW-Authenticate", `Bearer realm="gongkai"`)
			}
			if c.status == http.StatusMethodNotAllowed {
				wantHeader(t, a, "Allow", "GET, POST")
			}
		})
	}
}

var english = []string{"Accept-Language", "en-GB,en;q=0.9"}

func TestLanguages(t *testing.T) {
	o := newOffice(t, nil)
	for header, want := range map[string]string{"": "没有该接口", "zh-CN": "没有该接口", "en": "no such", "fr, en;q=0.5": "no such", "fr": "没有该接口", "zh-TW,en;q=0.9": "没有该接口", "q=;;,": "没有该接口"} {
		a := o.call("", "GET", "/v1/nothing", nil, "Accept-Language", header)
		if !strings.Contains(text(a.json["message"]), want) {
			t.Errorf("%q: it says %v", header, a.json["message"])
		}
	}
}

// TestTooMuch: who calls too often is told when to come again.
func TestTooMuch(t *testing.T) {
	const burst = 13 // what a rate of six allows at once; the office needs twelve
	o := newOffice(t, func(c *server.Config, _ *gateway.Config) { c.Limits.Rate = (burst - 1) / 2 })
	answers := make([]answer, 20*burst)
	var wait sync.WaitGroup
	for i := range answers {
		wait.Go(func() { answers[i] = o.call(o.admin, "GET", "/v1/agencies", nil) })
	}
	wait.Wait()
	refused := 0
	for _, a := range answers {
		if a.StatusCode == http.StatusOK {
			continue
		}
		refused++
		if a.StatusCode != http.StatusTooManyRequests || a.json["reason"] != "OVERLOADED" || a.Header.Get("Retry-After") == "" {
			t.Fatalf("answered %d %s, Retry-After %q", a.StatusCode, a.body, a.Header.Get("Retry-After"))
		}
	}
	if refused == 0 {
		t.Fatal("all were answered")
	}
}

// TestNobodyThere: a service that does not answer is 503.
func TestNobodyThere(t *testing.T) {
	o := newOffice(t, nil)
	nobody, err := grpc.NewClient("127.0.0.1:1", grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = nobody.Close() }()
	o.before(t, nobody)
	a := o.call(o.admin, "GET", "/v1/agencies", nil, english...)
	if a.StatusCode != http.StatusServiceUnavailable || a.json["code"] != "UNAVAILABLE" || !strings.Contains(text(a.json["message"]), "request_id") {
		t.Errorf("answered %d %s", a.StatusCode, a.body)
	}
	a = o.call(o.admin, "POST", "/v1/agencies/own/ledgers:import", strings.NewReader("x"))
	if a.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a file was answered with %d %s", a.StatusCode, a.body)
	}
}
