package gateway_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi2"
	"github.com/getkin/kin-openapi/openapi2conv"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// operation is one line of the document.
type operation struct {
	method, path, id string
	open             bool // needs no token
}

// described reads the document as it is served.
func (o *office) described() (doc openapi2.T, all []operation) {
	o.t.Helper()
	a := o.call("", "GET", "/v1/openapi.json", nil)
	if a.StatusCode != http.StatusOK {
		o.t.Fatalf("the document answered %d", a.StatusCode)
	}
	if err := json.Unmarshal(a.body, &doc); err != nil {
		o.t.Fatal(err)
	}
	for path, item := range doc.Paths {
		for method, op := range item.Operations() {
			all = append(all, operation{method, path, op.OperationID, op.Security != nil && len(*op.Security) == 0})
		}
	}
	slices.SortFunc(all, func(a, b operation) int { return strings.Compare(a.path+a.method, b.path+b.method) })
	return doc, all
}

// TestDocument: what is served is valid OpenAPI and describes every method.
func TestDocument(t *testing.T) {
	o := newOffice(t, nil)
	doc, all := o.described()
	converted, err := openapi2conv.ToV3(&doc)
	if err != nil {
		t.Fatal(err)
	}
	if err := converted.Validate(t.Context()); err != nil {
		t.Error(err)
	}
	if doc.SecurityDefinitions["bearer"] == nil || len(doc.Security) != 1 {
		t.Error("it does not ask for a bearer token")
	}
	described, open := map[string]bool{}, []string{}
	for _, op := range all {
		described[strings.TrimRight(strings.TrimSuffix(op.id, "_File"), "0123456789")] = true
		if op.open {
			open = append(open, op.id)
		}
	}
	slices.Sort(open)
	if want := []string{"AccountService_BeginSingleSignOn", "AccountService_FinishSingleSignOn", "AccountService_SetUp", "AccountService_SignIn"}; !slices.Equal(open, want) {
		t.Errorf("%v need no token, want %v", open, want)
	}
	methods := 0
	protoregistry.GlobalFiles.RangeFilesByPackage("disclosure.v1", func(f protoreflect.FileDescriptor) bool {
		for i := range f.Services().Len() {
			s := f.Services().Get(i)
			for j := range s.Methods().Len() {
				methods++
				if id := string(s.Name()) + "_" + string(s.Methods().Get(j).Name()); !described[id] {
					t.Errorf("%s has no address: give it a rule in proto/gateway.yaml or a handler of files", id)
				}
			}
		}
		return true
	})
	if methods < 80 {
		t.Errorf("there are only %d methods", methods)
	}
}

var segment = regexp.MustCompile(`\{[A-Za-z_]+\}`)

// at fills an address: of an agency, with one value for everything else.
func (op operation) at(agency, other string) string {
	path := strings.Replace(op.path, "{agency}", agency, 1)
	path = strings.NewReplacer("{year}", "2026", "{form}", "table-2021", "{date}", "2026-06-30", "{sheet}", "applications").Replace(path)
	path = segment.ReplaceAllString(path, other)
	switch {
	case strings.HasSuffix(path, ":export") && strings.Contains(path, "annualReports"):
		path += "?format=CSV"
	case strings.HasSuffix(path, "/entries"):
		path += "?cell=granted"
	case strings.HasSuffix(path, "/fee"):
		path += "?applications=11"
	case strings.HasSuffix(path, "/diff"):
		path += "?from_version=1&to_version=2"
	}
	return path
}

// TestEveryAddressAnswers: each address of the document reaches its method: without a token
// it is 401, and with one neither an unknown address nor an unknown method.
func TestEveryAddressAnswers(t *testing.T) {
	o := newOffice(t, nil)
	_, all := o.described()
	if len(all) < 90 {
		t.Fatalf("there are only %d", len(all))
	}
	for _, op := range all {
		t.Run(op.method+" "+op.path, func(t *testing.T) {
			path := op.at("own", "1")
			var body *bytes.Reader
			if op.method != http.MethodGet && op.method != http.MethodDelete {
				body = bytes.NewReader([]byte("{}"))
			}
			send := func(token string) answer {
				if body == nil {
					return o.call(token, op.method, path, nil)
				}
				body.Reset([]byte("{}"))
				return o.call(token, op.method, path, body)
			}
			stranger := send("")
			if (stranger.StatusCode == http.StatusUnauthorized) == op.open && stranger.json["reason"] != "SIGN_IN_REFUSED" {
				t.Errorf("a stranger is answered %d %.300s", stranger.StatusCode, stranger.body)
			}
			known := send(o.admin)
			if known.StatusCode == http.StatusMethodNotAllowed || known.StatusCode >= http.StatusInternalServerError || strings.Contains(string(known.body), "openapi.json") {
				t.Errorf("answered %d %.300s", known.StatusCode, known.body)
			}
		})
	}
}

// TestOtherAgency: by every address, what is another agency's answers byte for byte as what
// does not exist.
func TestOtherAgency(t *testing.T) {
	o := newOffice(t, nil)
	_, all := o.described()
	o.want(http.StatusOK, o.tokens["other/OFFICER"], "POST", "/v1/agencies/other/applications", draft)
	compared := 0
	for _, op := range all {
		if !strings.Contains(op.path, "{agency}") {
			continue
		}
		for _, role := range []string{"OFFICER", "SUPERVISOR", "STATISTICIAN", "AUDITOR", "ADMINISTRATOR"} {
			ask := func(agency string) answer {
				if op.method == http.MethodGet || op.method == http.MethodDelete {
					return o.call(o.tokens["own/"+role], op.method, op.at(agency, "1"), nil)
				}
				return o.call(o.tokens["own/"+role], op.method, op.at(agency, "1"), strings.NewReader("{}"))
			}
			theirs, missing := ask("other"), ask("nowhere")
			if theirs.StatusCode != missing.StatusCode || !bytes.Equal(theirs.body, missing.body) {
				t.Errorf("%s %s as %s: %d %s\nbut %d %s", op.method, op.path, role, theirs.StatusCode, theirs.body, missing.StatusCode, missing.body)
			}
			if theirs.StatusCode < 400 {
				t.Errorf("%s %s as %s answered %d", op.method, op.path, role, theirs.StatusCode)
			}
			if theirs.StatusCode == http.StatusNotFound {
				compared++
			}
		}
	}
	if compared < 100 {
		t.Errorf("only %d were not found", compared)
	}
}
