package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	pb "gongkai/proto/disclosure/v1"
)

// ledgerPage is how many applications one page of the ledger lists.
const ledgerPage = 30

func (d *desk) ledgerRoutes() []route {
	title := text{"台账", "Ledger"}
	return []route{
		{pattern: "GET /ledger", title: title, roles: handlers, menu: true, handle: ledger},
		{pattern: "GET /ledger/export", title: title, roles: handlers, long: true, handle: exportLedger},
	}
}

// ledgerView is what the ledger shows.
type ledgerView struct {
	Applications []*pb.Application
	Asked        bool  // something was asked for
	More         bool  // filters beside the words are in use
	Unindexed    int64 // applications that were looked at one by one
	First, Next  string
	CSV, XLSX    string // exports of the same
}

// Clip is the beginning of a long text.
func (v ledgerView) Clip(text string) string {
	const most = 60
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// Basis names the basis of a conclusion.
func (v ledgerView) Basis(l, key string) string {
	if l == english.tag() {
		return basisLabel(english, key)
	}
	return basisLabel(chinese, key)
}

// Bases are those that can be asked for.
func (v ledgerView) Bases(f *form, d *field) *field {
	for _, b := range ledgerBases {
		d.Option(b.key, b.text.in(f.lang))
	}
	return d
}

// ledgerAsked is what was asked for.
type ledgerAsked struct {
	words, filter string
	number        bool // the filter asks for the number that stands where words do
}

// ledgerFields are the inputs that narrow the ledger beside its words, each with the
// comparison that it stands for in a filter of the API.
var ledgerFields = []struct{ input, comparison string }{
	{"state", "state ="},
	{"basis", "basis ="},
	{"holder", "holder ="},
	{"channel", "channel ="},
	{"kind", "applicant_kind ="},
	{"receive_from", "receive_date >="},
	{"receive_to", "receive_date <="},
	{"close_from", "close_date >="},
	{"close_to", "close_date <="},
}

// ledgerAsked reads the form; a day that is none is noted at its input.
func (p *page) ledgerAsked() (asked ledgerAsked) {
	f := p.form()
	asked.words = strings.TrimSpace(f.Value("words"))
	var filter []string
	for _, field := range ledgerFields {
		value := strings.TrimSpace(f.Value(field.input))
		if value == "" {
			continue
		}
		if _, err := time.Parse(time.DateOnly, value); strings.Contains(field.comparison, "date") && err != nil {
			f.wrong(field.input, text{"“" + value + "”不是有效日期，应为YYYY-MM-DD", "“" + value + "” is no day; write YYYY-MM-DD"})
			continue
		}
		filter = append(filter, field.comparison+` "`+strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value)+`"`)
	}
	asked.filter = strings.Join(filter, " AND ")
	if asked.filter == "" && len(asked.words) == 1 && strings.Contains("0123456789", asked.words) {
		return ledgerAsked{filter: `application_no = "` + asked.words + `"`, number: true} // no single character is looked for
	}
	return asked
}

// ledger searches and lists applications.
func ledger(p *page) error {
	f := p.form()
	asked := p.ledgerAsked()
	v := ledgerView{Asked: asked != ledgerAsked{}, More: asked.filter != "" && !asked.number}
	if len(f.Problems) > 0 {
		return p.show("ledger", v)
	}
	next, err := p.ledgerInto(&v, asked, p.r.URL.Query().Get("page_token"))
	if err != nil {
		if !f.refused(err) {
			return err
		}
		p.status = http.StatusUnprocessableEntity
		return p.show("ledger", v)
	}
	query := p.asked()
	query.Del("page_token")
	query.Set("format", "csv")
	v.CSV = "/ledger/export?" + query.Encode()
	query.Set("format", "xlsx")
	v.XLSX = "/ledger/export?" + query.Encode()
	v.First, v.Next = p.turns(next)
	return p.show("ledger", v)
}

// ledgerInto reads a page, by search or by list.
func (p *page) ledgerInto(v *ledgerView, asked ledgerAsked, token string) (next string, err error) {
	if asked.words != "" {
		res, err := p.api.Applications.SearchApplications(p.ctx(), &pb.SearchApplicationsRequest{
			Parent: p.parent(), Words: asked.words, Filter: asked.filter, PageSize: ledgerPage, PageToken: token,
		})
		v.Applications, v.Unindexed = res.GetApplications(), res.GetUnindexedCount()
		return res.GetNextPageToken(), err
	}
	res, err := p.api.Applications.ListApplications(p.ctx(), &pb.ListApplicationsRequest{
		Parent: p.parent(), Filter: asked.filter, PageSize: ledgerPage, PageToken: token,
	})
	v.Applications = res.GetApplications()
	return res.GetNextPageToken(), err
}

// asked is the query without what belongs to the request alone.
func (p *page) asked() url.Values {
	query := p.r.URL.Query()
	query.Del("lang")
	for name, values := range query {
		if len(values) == 1 && values[0] == "" {
			query.Del(name)
		}
	}
	return query
}

// part is which of n things a page shows that the API lists at once: size of them, from
// where the address says; with the paths of the first page and of the next.
func (p *page) part(n, size int) (from, to int, firstPath, nextPath string) {
	query := p.asked()
	from, _ = strconv.Atoi(query.Get("skip"))
	from = max(0, min(from, n))
	to = min(n, from+size)
	query.Del("skip")
	if from > 0 {
		firstPath = (&url.URL{Path: p.r.URL.Path, RawQuery: query.Encode()}).RequestURI()
	}
	if to < n {
		query.Set("skip", strconv.Itoa(to))
		nextPath = (&url.URL{Path: p.r.URL.Path, RawQuery: query.Encode()}).RequestURI()
	}
	return from, to, firstPath, nextPath
}

// turns are the paths of the first page of a list, if this is a later one, and of the next.
func (p *page) turns(next string) (firstPath, nextPath string) {
	query := p.asked()
	later := query.Get("page_token") != ""
	query.Del("page_token")
	if later {
		firstPath = (&url.URL{Path: p.r.URL.Path, RawQuery: query.Encode()}).RequestURI()
	}
	if next != "" {
		query.Set("page_token", next)
		nextPath = (&url.URL{Path: p.r.URL.Path, RawQuery: query.Encode()}).RequestURI()
	}
	return firstPath, nextPath
}
