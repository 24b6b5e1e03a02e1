package gateway_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// FuzzRequest sends anything to any address: every answer is JSON or a file, no fault of
// the server, and nothing of another agency.
func FuzzRequest(f *testing.F) {
	o := newOffice(f, nil)
	o.want(http.StatusOK, o.tokens["other/OFFICER"], "POST", "/v1/agencies/other/applications", strings.Replace(draft, "公务用车", "别家的", 1))
	name := o.registered()
	for _, seed := range [][3]string{
		{"GET", "/v1/agencies/own/applications?page_size=2&filter=state%3DRECEIVED", ""},
		{"POST", "/v1/agencies/own/applications", draft},
		{"POST", "/v1/" + name + ":act", `{"actions":[{"hold":{"hold_date":"2026-06-30","reason":"x"}}],"validate_only":true}`},
		{"POST", "/v1/" + name + ":listPossibleActions", `{"actions":[{"extend":{"workdays":null,"notifyDate":1}}]}`},
		{"POST", "/v1/agencies/other/applications:search", `{"words":"别家的"}`},
		{"PATCH", "/v1/agencies/own/settings", `{"values":{"a":"b","a":"c"}}`},
		{"GET", "/v1/agencies/own/ledgers/applications:download?format=xlsx", ""},
		{"GET", "/v1/" + name + "/similar?draft.applicant.display_name=x&limit=9", ""},
		{"DELETE", "/v1/agencies/own/feeds/1", "\xff"},
		{"GET", "/v1/agencies/own/annualReports/2026/table-2021?as_of_time=2026-01-01T00:00:00Z", ""},
		{"POST", "/v1/agencies/own/attachments:upload?kind=FORM&file_name=a.txt", "x"},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	f.Fuzz(func(t *testing.T, method, address, body string) {
		at, err := url.ParseRequestURI(address)
		if err != nil || !strings.HasPrefix(at.Path, "/") || at.Host != "" {
			t.Skip("no address of this server")
		}
		r, err := http.NewRequestWithContext(t.Context(), method, "http://localhost/", strings.NewReader(body))
		if err != nil {
			t.Skip("no method")
		}
		r.URL, r.RemoteAddr = at, "127.0.0.1:1"
		r.Header.Set("Authorization", "Bearer "+o.tokens["own/OFFICER"])
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		o.handler.ServeHTTP(w, r)
		if w.Code >= http.StatusInternalServerError && w.Code != http.StatusGatewayTimeout || w.Code < http.StatusOK {
			t.Errorf("answered %d %.300s", w.Code, w.Body)
		}
		if strings.Contains(w.Body.String(), "别家的") && !strings.Contains(address+body, "别家的") {
			t.Error("it shows what is another agency's")
		}
		if w.Header().Get("Content-Type") == "application/json" && !json.Valid(w.Body.Bytes()) {
			t.Errorf("it is no JSON: %.300q", w.Body)
		}
		if w.Header().Get("X-Content-Type-Options") != "nosniff" || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("the headers are %v", w.Header())
		}
	})
}
