package web

import (
	"net/http"
	"strings"
)

// language is one in which pages are written.
type language int

const (
	chinese language = iota
	english
)

// tag is the language as HTML and accept-language name it.
func (l language) tag() string { return text{"zh-CN", "en"}.in(l) }

// text is what a person reads, in both languages.
type text struct{ zh, en string }

func (t text) in(l language) string {
	if l == english {
		return t.en
	}
	return t.zh
}

// languageOf is the one asked for: by ?lang=, else as chosen before, else as the browser
// says. The first is remembered.
func languageOf(r *http.Request, cookie string) (l language, chosen bool) {
	asked := r.URL.Query().Get("lang")
	if asked != "" {
		return languageBy(asked), true
	}
	if cookie != "" {
		return languageBy(cookie), false
	}
	return languageBy(r.Header.Get("Accept-Language")), false
}

func languageBy(tag string) language {
	if strings.HasPrefix(strings.ToLower(strings.TrimSpace(tag)), "en") {
		return english
	}
	return chinese
}
