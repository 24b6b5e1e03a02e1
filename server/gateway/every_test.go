package gateway_test

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"gongkai/storage"
)

// secret stands in every text of the other agency.
const secret = "别的局的内容𠮷"

// filled are the names of what an agency has, by the variables of the addresses.
func (o *office) filled() map[string]string {
	o.t.Helper()
	const parent = "/v1/agencies/other"
	by := func(role string) string { return o.tokens["other/"+role] }
	o.want(http.StatusOK, o.admin, "PATCH", parent, `{"agency":{"display_name":"`+secret+`"},"update_mask":"display_name"}`)
	o.want(http.StatusOK, by("ADMINISTRATOR"), "PATCH", parent+"/settings", `{"values":{"letter.contact":"`+secret+`","remedy.court":"`+secret+`"}}`)
	a := text(o.want(http.StatusOK, by("OFFICER"), "POST", parent+"/applications", `{"application":{"application_no":"B-1","channel":"IN_PERSON","arrive_date":"2026-06-01","description":"`+secret+`","remark":"`+secret+
		`","applicant":{"kind":"NATURAL_PERSON","display_name":"`+secret+`","id_number":"11010519491231002X","phone":"13800001234"}}}`)["name"])
	r := text(o.want(http.StatusOK, by("OFFICER"), "POST", parent+"/remedies", `{"remedy":{"kind":"COMPLAINT","file_date":"2026-06-25","application":"`+a+`","remark":"`+secret+`"}}`)["name"])
	f := text(o.want(http.StatusOK, by("OFFICER"), "POST", parent+"/attachments:upload?kind=FORM&file_name="+url.QueryEscape(secret+".txt")+"&application="+a, secret, "Content-Type", "text/plain")["name"])
	l := text(o.want(http.StatusOK, by("OFFICER"), "POST", "/v1/"+a+":issueLetter", `{"kind":"receipt","fields":{"received_items":"`+secret+`"}}`)["name"])
	q := text(o.want(http.StatusOK, by("OFFICER"), "POST", parent+"/feeds", `{"holder":"`+secret+`"}`)["name"])
	o.want(http.StatusOK, by("SUPERVISOR"), "PUT", parent+"/narratives/2026", `{"chapters":{"1":"`+secret+`"}}`)
	o.want(http.StatusOK, o.admin, "POST", parent+"/principals", `{"principal_id":"only-other","principal":{"role":"OFFICER"}}`)
	last := func(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }
	return map[string]string{
		"application": last(a), "remedy": last(r), "attachment": last(f), "letter": last(l), "feed": last(q), "principal": "only-other", "signIn": "1",
		"year": "2026", "form": "table-2021", "date": "2026-06-30", "sheet": "applications", "frozenReport": "2025-1", "letterTemplate": "receipt", "id": "X.otherShare",
	}
}

// input is the message that an operation of the document takes.
func (op operation) input() protoreflect.MessageDescriptor {
	service, method, _ := strings.Cut(strings.TrimSuffix(op.id, "_File"), "_")
	d, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName("disclosure.v1." + service))
	if err != nil {
		return nil
	}
	s, ok := d.(protoreflect.ServiceDescriptor)
	if !ok {
		return nil
	}
	m := s.Methods().ByName(protoreflect.Name(strings.TrimRight(method, "0123456789")))
	if m == nil {
		return nil
	}
	return m.Input()
}

// naming are the fields of a message, with what the other agency has wherever one names
// something; without are left out, since they do not go together with others.
func naming(m protoreflect.MessageDescriptor, ids map[string]string, depth int, without ...string) map[string]any {
	out := map[string]any{}
	for i := range m.Fields().Len() {
		f := m.Fields().Get(i)
		if o := f.ContainingOneof(); f.IsMap() || slices.Contains(without, string(f.Name())) || o != nil && o.Fields().Get(0) != f {
			continue
		}
		var value any
		switch name := string(f.Name()); f.Kind() {
		case protoreflect.MessageKind:
			if depth == 0 || f.Message().FullName().Parent() != "disclosure.v1" && f.Message().ParentFile().Package() != "disclosure.v1" {
				continue
			}
			value = naming(f.Message(), ids, depth-1)
		case protoreflect.EnumKind:
			value = string(f.Enum().Values().Get(1).Name())
		case protoreflect.StringKind:
			value = named(name, ids)
		case protoreflect.Int32Kind, protoreflect.Int64Kind:
			value = map[bool]int{true: 2026, false: 1}[name == "year"]
		default:
			continue
		}
		if value == "" {
			continue
		}
		if f.IsList() {
			value = []any{value}
		}
		out[string(f.Name())] = value
	}
	return out
}

func named(field string, ids map[string]string) string {
	switch field {
	case "parent", "agency", "successor":
		return "agencies/other"
	case "name", "application", "target":
		return "agencies/other/applications/" + ids["application"]
	case "application_no", "prior_application_no":
		return "B-1"
	case "remedy":
		return "agencies/other/remedies/" + ids["remedy"]
	case "attachment":
		return "agencies/other/attachments/" + ids["attachment"]
	case "letter":
		return "agencies/other/letters/" + ids["letter"]
	case "principal":
		return "agencies/other/principals/" + ids["principal"]
	case "request_id":
		return uuid.NewString()
	case "form":
		return ids["form"]
	case "kind":
		return "receipt"
	case "filter", "etag", "page_token", "update_mask":
		return ""
	}
	if strings.HasSuffix(field, "date") {
		return "2026-06-15"
	}
	return strings.TrimSuffix(secret, "𠮷")
}

// heads are the sizes of the registers.
func (o *office) heads() map[string]int64 {
	o.t.Helper()
	out := map[string]int64{}
	err := o.store.View(o.t.Context(), func(r storage.Reader) error {
		heads, err := r.Heads()
		for _, h := range heads {
			out[h.Agency] = h.Edge.Size()
		}
		return err
	})
	if err != nil {
		o.t.Fatal(err)
	}
	return out
}

// ownKinds are variables whose values mean the same in every agency.
var ownKinds = []string{"year", "form", "date", "sheet", "frozenReport", "letterTemplate", "id", "agency"}

// TestNothingOfAnotherAgency: by every address of the document, whoever belongs to one
// agency and gives the names of what another has, in the path, in the parameters or in the
// body, is shown nothing of it and leaves no trace in its register.
func TestNothingOfAnotherAgency(t *testing.T) {
	o := newOffice(t, nil)
	_, all := o.described()
	ids := o.filled()
	if lists := o.call(o.tokens["other/SUPERVISOR"], "GET", "/v1/agencies/other/applications", nil); !bytes.Contains(lists.body, []byte(secret)) {
		t.Fatalf("its own people do not see it: %s", lists.body)
	}
	before, asked, missing := o.heads(), 0, map[string]bool{}
	for _, op := range all {
		input := op.input()
		if input == nil {
			t.Errorf("%s %s (%s) is no method: add its input here", op.method, op.path, op.id)
			continue
		}
		for _, agency := range []string{"other", "own"} {
			foreign := agency == "other" && strings.Contains(op.path, "{agency}")
			path := segment.ReplaceAllStringFunc(op.path, func(found string) string {
				name := found[1 : len(found)-1]
				if name == "agency" {
					return agency
				}
				id, known := ids[name]
				if !known {
					t.Errorf("%s has the variable %s: add it to filled", op.path, name)
				}
				foreign = foreign || !slices.Contains(ownKinds, name)
				return id
			})
			for _, role := range []string{"OFFICER", "SUPERVISOR", "STATISTICIAN", "AUDITOR", "ADMINISTRATOR"} {
				for _, without := range [][]string{{"draft", "remedy"}, {"draft", "application"}, {"actions"}, nil} {
					asked++
					content, at := naming(input, ids, 3, without...), path
					var body io.Reader
					inQuery := op.method == http.MethodGet || op.method == http.MethodDelete || strings.HasSuffix(op.path, ":upload")
					switch {
					case inQuery && len(without) == 1: // without any
					case inQuery:
						at += "?" + parameters(op, content).Encode()
					}
					if op.method != http.MethodGet && op.method != http.MethodDelete {
						body = strings.NewReader(quoted(content))
					}
					a := o.call(o.tokens["own/"+role], op.method, at, body)
					o.hides(op, role, at, a)
					if foreign && a.StatusCode < 400 {
						t.Errorf("%s %s as %s answered %d %.300s", op.method, at, role, a.StatusCode, a.body)
					}
					if a.StatusCode == http.StatusNotFound {
						missing[op.id] = true
					}
				}
			}
		}
	}
	if after := o.heads(); after["other"] != before["other"] {
		t.Errorf("the register of the other agency grew from %d to %d", before["other"], after["other"])
	}
	for _, id := range []string{"AttachmentService_UploadAttachment", "RemedyService_CreateRemedy", "ApplicationService_ActOnApplication", "SettingService_TakeNumber", "LetterService_ListLetterKinds"} {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(missing)), func(found string) bool { return strings.HasPrefix(found, id) }) {
			t.Errorf("%s never came to the names it was given", id)
		}
	}
	if asked < 3500 || len(missing) < 40 {
		t.Errorf("only %d were asked, and %d methods did not find what was named", asked, len(missing))
	}
	for who, token := range o.tokens { // nobody was removed or signed out
		if a := o.call(token, "GET", "/v1/principals/me", nil); a.StatusCode != http.StatusOK {
			t.Errorf("%s is answered %d", who, a.StatusCode)
		}
	}
}

// parameters are the content as parameters of an address.
func parameters(op operation, content map[string]any) url.Values {
	out := url.Values{}
	if header, ok := content["header"].(map[string]any); ok {
		content = header
	}
	for name, value := range content {
		if text, ok := value.(string); ok && name != "name" && name != "parent" && !strings.Contains(op.path, "{"+name+"}") {
			out.Set(name, text)
		}
	}
	return out
}

// hides fails if an answer shows anything of the other agency.
func (o *office) hides(op operation, role, at string, a answer) {
	o.t.Helper()
	for _, mark := range []string{secret, "11010519491231002X", "13800001234"} {
		if bytes.Contains(a.body, []byte(mark)) {
			o.t.Errorf("%s %s as %s shows %s: %d %.300s", op.method, at, role, mark, a.StatusCode, a.body)
		}
	}
	if a.StatusCode >= http.StatusInternalServerError && a.StatusCode != http.StatusNotImplemented {
		o.t.Errorf("%s %s as %s answered %d %.300s", op.method, at, role, a.StatusCode, a.body)
	}
}
