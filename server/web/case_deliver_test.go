package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// A day of delivery that is entered without its way is not left out unsaid.
func TestDayOfDeliveryAlone(t *testing.T) {
	b := newBureau(t)
	a := b.application("2026-06-15")
	path := "/" + a.GetName() + "/act/decide"
	page := b.officer.get(path)
	if day := page.fillIn(path, nil).Get("actions[1].deliver.deliver_date"); day != "" {
		t.Errorf("the day of delivery begins as %q", day)
	}
	form := page.fillIn(path, url.Values{"do": {"act"}, "actions[0].decide.basis": {"disclosed.provided"}, "actions[0].decide.decide_date": {today}, "actions[1].deliver.deliver_date": {today}})
	s := b.officer.post(path, form)
	if s.status != http.StatusUnprocessableEntity || !strings.Contains(s.text, `href="#f-actions-1-deliver-mode"`) || !strings.Contains(s.text, `name="actions[1].deliver.deliver_date" value="`+today+`"`) {
		t.Errorf("answered %d:\n%s", s.status, s.text)
	}
	if now := b.read(a.GetName()); len(now.GetReplies()) != 0 {
		t.Error("the reply was decided without its delivery")
	}
	form.Set("actions[1].deliver.deliver_date", "")
	if s := b.officer.post(path, form); s.status != http.StatusSeeOther {
		t.Errorf("without it answered %d:\n%s", s.status, s.text)
	}
}
