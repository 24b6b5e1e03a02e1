package web_test

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/web"
	"gongkai/storage"
)

// grown is how many events an agency's register has.
func (o *office) grown(agency string) (n int64) {
	o.t.Helper()
	err := o.store.View(o.t.Context(), func(r storage.Reader) error {
		heads, err := r.Heads()
		for _, h := range heads {
			if h.Agency == agency {
				n = h.Edge.Size()
			}
		}
		return err
	})
	if err != nil {
		o.t.Fatal(err)
	}
	return n
}

// Every page of the table, whether its path names an agency or not, is asked by every role
// for what another agency has: in the path, in the query and in each input of a form that
// names something. It shows nothing of it, answers as for an agency that is none, and leaves
// no trace in the other's register. A page that is added is asked by itself.
func TestNothingOfAnotherAgency(t *testing.T) {
	const secret = "别的局的内容𠮷"
	o := open(t, nil)
	own, other := o.furnish("jyj", "示例局"), o.furnish("wjw", secret)
	if s := o.enter(other.tokens[pb.Principal_OFFICER]).get("/ledger"); !strings.Contains(s.text, secret) {
		t.Fatal("its own people do not see it")
	}
	mixed := *own // the other's ids under the own agency
	mixed.ids = maps.Clone(other.ids)
	mixed.ids["agency"] = own.agency
	parent := "agencies/wjw/"
	names := []string{
		parent + "applications/" + other.ids["application"], parent + "remedies/" + other.ids["remedy"], parent + "attachments/" + other.ids["attachment"],
		parent + "letters/" + other.ids["letter"], parent + "principals/" + other.ids["principal"], parent + "principals/" + other.ids["principal"] + "/signIns/1",
		parent + "feeds/1", "agencies/wjw",
	}
	visitors := map[pb.Principal_Role]*visitor{}
	for _, role := range few(roles) {
		visitors[role] = o.enter(own.tokens[role])
	}
	before, asked := o.grown("wjw"), 0
	for _, row := range web.Table(o.handler) {
		if row.Open {
			continue
		}
		for role, v := range visitors {
			ask := func(path string, named string) *sheet {
				asked++
				method, _, _ := strings.Cut(row.Pattern, " ")
				var s *sheet
				switch {
				case method == http.MethodGet:
					s = v.get(path)
				case row.Upload:
					token := filePart{"form_token", "", v.get("/account").with(nil).Get("form_token")}
					s = v.uploads(path, token, filePart{"kind", "", "FORM"}, filePart{"file", "a.pdf", casePDF})
				default:
					s = v.post(path, v.get("/account").with(url.Values{
						"name": {named}, "use": {named}, "id": {named}, "parent": {named}, "application": {named}, "agency": {named}, "unit": {named}, "holder": {named},
						"remedy.application": {"2026-00001"}, "no": {"2026-00001"}, "sure": {"true"}, "reason": {"理由"}, "do": {"issue"},
					}))
				}
				if strings.Contains(s.text, secret) || s.status >= 500 {
					t.Errorf("%s %s as %s naming %s answered %d and shows:\n%s", method, path, role, named, s.status, s.text)
				}
				return s
			}
			_, foreign, _ := other.place(row.Pattern)
			_, strange, _ := mixed.place(row.Pattern)
			_, mine, _ := own.place(row.Pattern)
			query := "?agency=wjw"
			if wants[mine] != "" {
				query = wants[mine] + "&agency=wjw"
			}
			for _, path := range []string{foreign + wants[mine], strange + wants[mine]} {
				ask(path, names[0])
			}
			if strings.HasPrefix(row.Pattern, "POST ") {
				for _, named := range names {
					if !strings.Contains(row.Pattern, "{principal}") && !strings.Contains(row.Pattern, "{attachment}") { // which would lose one's own
						ask(mine, named)
						ask(mine+query, named)
					}
				}
				continue
			}
			theirs, nobodys := ask(mine+query, names[0]), ask(mine+strings.Replace(query, "=wjw", "=xyz", 1), names[0])
			if theirs.status != nobodys.status || blank(theirs.text) != blank(nobodys.text) {
				t.Errorf("%s%s as %s answered %d, of an agency that is none %d", mine, query, role, theirs.status, nobodys.status)
			}
			for _, named := range names[:2] {
				q := url.Values{"name": {named}, "unit": {"wjw"}, "no": {"2026-00001"}, "number": {"2026-00001"}, "words": {"内容"}}
				ask(mine+"?"+q.Encode(), named)
			}
		}
	}
	if after := o.grown("wjw"); after != before {
		t.Errorf("the register of the other agency grew from %d to %d", before, after)
	}
	if asked < 300*len(visitors) {
		t.Errorf("only %d were asked", asked)
	}
	for role, v := range visitors { // nobody was removed or signed out
		if s := v.get("/account"); s.status != http.StatusOK {
			t.Errorf("%s is answered %d", role, s.status)
		}
	}
}
