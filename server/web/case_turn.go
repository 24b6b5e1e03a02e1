package web

import "net/url"

// The parts of the query that turn the lists of a case.
const (
	filesTurn   = "files"
	lettersTurn = "letters"
)

// turn leads to the beginning of a list on a page, if it shows a later part, and on.
type turn struct{ First, Next string }

func (p *page) turn(name, section, next string) turn {
	query := p.asked()
	at := func(token string) string {
		query.Del(name)
		if token != "" {
			query.Set(name, token)
		}
		return (&url.URL{Path: p.shownAt().Path, RawQuery: query.Encode(), Fragment: section}).String()
	}
	later := query.Get(name) != ""
	var t turn
	if later {
		t.First = at("")
	}
	if next != "" {
		t.Next = at(next)
	}
	return t
}
