package storagetest

import (
	"context"
	"slices"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/search"
)

var searchTests = map[string]func(*testing.T, *fixture){
	"Search/AsNaive":  searchAsNaive,
	"Search/Changed":  searchChanged,
	"Search/Agencies": searchAgencies,
	"Search/Stale":    searchStale,
	"Search/Servers":  searchServers,
	"Search/Anew":     searchAnew,
	"Search/Bounded":  searchBounded,
}

// wanted is what a search means, without any index.
type wanted struct {
	words           []string
	name, id, phone string
	query           storage.Query
}

func (n wanted) finder(t interface{ Fatal(args ...any) }) *search.Finder {
	f, err := search.Query{Words: strings.Join(n.words, " "), Name: n.name, IDNumber: n.id, Phone: n.phone}.Finder()
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// plain leaves of a text what can be looked for.
func plain(text string) string {
	var b strings.Builder
	for _, r := range norm.NFKC.String(text) {
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return b.String()
}

func (n wanted) admits(a *workflow.Application) bool {
	p, q := a.Applicant, n.query
	for _, w := range n.words {
		part := slices.ContainsFunc([]string{a.ApplicationNo, p.Name, a.Description, a.Remark}, func(text string) bool {
			return strings.Contains(plain(text), plain(w))
		})
		if !part && (len(plain(w)) < 5 || plain(w) != plain(p.IDNumber) && plain(w) != plain(p.Phone)) {
			return false
		}
	}
	return strings.Contains(plain(p.Name), plain(n.name)) &&
		(n.id == "" || plain(n.id) == plain(p.IDNumber)) && (n.phone == "" || plain(n.phone) == plain(p.Phone)) &&
		(len(q.States) == 0 || slices.Contains(q.States, a.State)) && (len(q.Channels) == 0 || slices.Contains(q.Channels, a.Channel)) &&
		(len(q.Kinds) == 0 || slices.Contains(q.Kinds, p.Kind)) && (len(q.Bases) == 0 || slices.Contains(q.Bases, a.CountedBasis())) &&
		(q.ReceiveFrom.IsZero() || a.ReceiveDate >= q.ReceiveFrom) && (q.ReceiveTo.IsZero() || a.ReceiveDate <= q.ReceiveTo) &&
		(q.CloseFrom.IsZero() || a.Conclusion.Date >= q.CloseFrom) &&
		(q.CloseTo.IsZero() || !a.Conclusion.Date.IsZero() && a.Conclusion.Date <= q.CloseTo)
}

// find lists the numbers of those of some applications that are looked for, newest first.
func (n wanted) find(all []*workflow.Application) []string {
	var out []string
	for _, a := range slices.Backward(all) {
		if n.admits(a) {
			out = append(out, a.ApplicationNo)
		}
	}
	return out
}

// pages walks through all pages of a search; between does what it likes in between.
func pages(t interface{ Fatal(args ...any) }, s storage.Store, agency string, q storage.SearchQuery, between func()) []string {
	var out []string
	for {
		var found storage.Found
		err := s.View(context.Background(), func(r storage.Reader) (err error) {
			found, err = r.Search(agency, q)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(found.Applications) > q.Limit {
			t.Fatal(len(found.Applications), "rows on a page of", q.Limit)
		}
		for _, a := range found.Applications {
			out = append(out, a.ApplicationNo)
		}
		if found.Next == 0 {
			return out
		}
		if q.After != 0 && found.Next >= q.After {
			t.Fatal("a page that begins at", q.After, "is followed by", found.Next)
		}
		q.After = found.Next
		between()
	}
}

// index indexes at most limit applications of an agency.
func (f *fixture) index(agency string, limit int) {
	f.t.Helper()
	var u storage.Unindexed
	f.view(func(r storage.Reader) (err error) {
		u, err = r.Unindexed(agency, limit)
		return err
	})
	f.update(agency, func(w storage.Writer) error { return w.Index(u) })
}

// scripts are what texts are made of: few characters, so that they meet often, of several
// widths, cases and planes, with signs that do not count.
const scripts = "征地补偿公开道路王𠮷𠮷二〇ＡａaB１１12３，。 -①々"

func randomText(t *rapid.T, label string) string {
	return rapid.StringOfN(rapid.SampledFrom([]rune(scripts)), 0, 14, -1).Draw(t, label)
}

func randomApplication(t *rapid.T) *workflow.Application {
	a := received(rapid.SampledFrom([]string{"2025-12-30", "2026-03-02", "2026-03-20"}).Draw(t, "receipt"))
	if rapid.Bool().Draw(t, "closed") {
		a = concluded(a, rapid.SampledFrom([]string{"2026-03-20", "2026-04-01"}).Draw(t, "close"), rapid.SampledFrom([]workflow.Basis{"disclosed.provided", "unable.noInformation"}).Draw(t, "basis"))
		a.Revision = 1
	}
	a.Channel = rapid.SampledFrom([]workflow.Channel{workflow.OnlineForm, workflow.Fax}).Draw(t, "channel")
	a.Applicant = workflow.Applicant{
		Kind: rapid.SampledFrom([]workflow.ApplicantKind{workflow.NaturalPerson, workflow.Business}).Draw(t, "kind"),
		Name: randomText(t, "name"), IDNumber: rapid.SampledFrom([]string{"", "11010119000101001X", "E1234567"}).Draw(t, "id"),
		Phone: rapid.SampledFrom([]string{"", "010-00000000", "13900000001"}).Draw(t, "phone"),
	}
	a.Description, a.Remark = randomText(t, "description"), randomText(t, "remark")
	return a
}

// randomSearch asks for what some application says, or might.
func randomSearch(t *rapid.T, all []*workflow.Application) wanted {
	var n wanted
	a := rapid.SampledFrom(all).Draw(t, "wanted")
	part := func(text, label string) string {
		runes := []rune(plain(text))
		if len(runes) < 2 {
			return "补偿"
		}
		from := rapid.IntRange(0, len(runes)-2).Draw(t, label)
		return string(runes[from:rapid.IntRange(from+2, len(runes)).Draw(t, label+" to")])
	}
	switch rapid.IntRange(0, 6).Draw(t, "by") {
	case 0:
		n.words = []string{part(a.Description, "word")}
	case 1:
		n.words = []string{part(a.Description, "word"), rapid.SampledFrom([]string{"征", "𠮷", "１", "王"}).Draw(t, "character")}
	case 2:
		n.name = part(a.Applicant.Name, "name")[:]
	case 3:
		n.name = string([]rune(scripts)[rapid.IntRange(0, 10).Draw(t, "character")])
	case 4:
		n.words = []string{part(a.ApplicationNo, "number")}
	case 5:
		n.words = []string{rapid.SampledFrom([]string{"11010119000101001x", "01000000000", "e1234567", "13900000001"}).Draw(t, "whole")}
	case 6:
		n.id, n.phone = a.Applicant.IDNumber, a.Applicant.Phone
		n.words = []string{part(a.Remark, "word")}
	}
	if rapid.Bool().Draw(t, "narrowed") {
		n.query = randomNarrowing(t)
	}
	n.query.Limit = rapid.IntRange(1, 7).Draw(t, "limit")
	return n
}

func randomNarrowing(t *rapid.T) (q storage.Query) {
	switch rapid.IntRange(0, 4).Draw(t, "filter") {
	case 0:
		q.States = []workflow.State{workflow.Closed}
	case 1:
		q.Channels, q.Kinds = []workflow.Channel{workflow.Fax}, []workflow.ApplicantKind{workflow.Business}
	case 2:
		q.ReceiveFrom, q.ReceiveTo = date("2026-01-01"), date("2026-03-10")
	case 3:
		q.CloseTo = date("2026-03-31")
	case 4:
		q.CloseFrom, q.Bases = date("2026-01-01"), []workflow.Basis{"disclosed.provided"}
	}
	return q
}

// searchAsNaive: whatever is in the index and whatever is not yet, a search finds what a
// look at every application would, in pages that later cases do not disturb.
func searchAsNaive(t *testing.T, f *fixture) {
	var all []*workflow.Application
	rapid.Check(t, func(rt *rapid.T) {
		for range rapid.IntRange(1, 4).Draw(rt, "new") {
			all = append(all, f.add("east", randomApplication(rt)))
		}
		if i := rapid.IntRange(0, 2*len(all)).Draw(rt, "changed"); i < len(all) {
			b := *all[i]
			b.Revision++
			b.Description, b.Applicant.Name = randomText(rt, "text"), randomText(rt, "other name")
			f.change(all[i], &b)
			all[i] = &b
		}
		if n := rapid.IntRange(0, 8).Draw(rt, "indexed"); n > 0 {
			f.index("east", n)
		}
		n := randomSearch(rt, all)
		want := n.find(all)
		got := pages(rt, f.store, "east", storage.SearchQuery{Find: n.finder(rt), Query: n.query}, func() {
			if len(all) < 400 {
				a := *all[0] // whatever is found, one more would be too
				a.ApplicationNo = ""
				all = append(all, f.add("east", &a))
				f.index("east", 5)
			}
		})
		if !slices.Equal(got, want) {
			rt.Fatalf("%+v: found %v, want %v", n, got, want)
		}
	})
}

func (f *fixture) search(agency string, q search.Query) (found storage.Found) {
	f.t.Helper()
	finder, err := q.Finder()
	if err != nil {
		f.t.Fatal(err)
	}
	f.view(func(r storage.Reader) (err error) {
		found, err = r.Search(agency, storage.SearchQuery{Find: finder, Query: storage.Query{Limit: 10}})
		return err
	})
	return found
}

// searchChanged: a corrected name is found at once and the old one no more, before and
// after the index follows; an act that changes no text leaves the index as it is.
func searchChanged(t *testing.T, f *fixture) {
	check := func(when string, behind int64, old, corrected int) {
		t.Helper()
		for name, want := range map[string]int{"王𠮷": old, "李": corrected} {
			if got := f.search("east", search.Query{Name: name}); len(got.Applications) != want || got.Behind != behind || got.Next != 0 {
				t.Errorf("%s: %d named %s, %d behind, next %d; want %d, %d behind", when, len(got.Applications), name, got.Behind, got.Next, want, behind)
			}
		}
	}
	a := f.add("east", received("2026-03-02"))
	check("registered", 1, 1, 0)
	f.index("east", 10)
	check("indexed", 0, 1, 0)
	b := concluded(a, "2026-03-20", "disclosed.provided")
	f.change(a, b)
	check("concluded", 0, 1, 0)
	c := *b
	c.Revision++
	c.Applicant.Name = "李"
	f.change(b, &c)
	check("corrected", 1, 0, 1)
	f.index("east", 10)
	check("indexed again", 0, 0, 1)
	f.update("east", func(w storage.Writer) error { return w.ForgetIndex() })
	check("forgotten", 1, 0, 1)
	f.restart()
	check("opened again", 1, 0, 1)
}

// restart closes the store and opens it again.
func (f *fixture) restart() {
	f.t.Helper()
	if err := f.store.Close(); err != nil {
		f.t.Fatal(err)
	}
	f.reopen()
}

// searchAgencies: what belongs to another agency is not found, and which agencies lag is
// told one by one.
func searchAgencies(t *testing.T, f *fixture) {
	lagging := func(after string) (list []string) {
		f.view(func(r storage.Reader) (err error) {
			list, err = r.Lagging(after, 10)
			return err
		})
		return list
	}
	f.add("east", received("2026-03-02"))
	f.add("west", received("2026-03-02"))
	if got := lagging(""); !slices.Equal(got, []string{"east", "west"}) {
		t.Errorf("lagging are %v", got)
	}
	f.index("east", 10)
	if got := lagging(""); !slices.Equal(got, []string{"west"}) {
		t.Errorf("lagging are %v", got)
	}
	f.index("west", 10)
	if got := lagging(""); len(got) != 0 {
		t.Errorf("lagging are %v", got)
	}
	for _, agency := range []string{"east", "west"} {
		if got := f.search(agency, search.Query{Words: "征地"}).Applications; len(got) != 1 || got[0].Agency != agency {
			t.Errorf("%s finds %v", agency, got)
		}
	}
	finder := wanted{words: []string{"征地"}}.finder(t)
	f.view(func(r storage.Reader) error {
		_, err := r.Search("nowhere", storage.SearchQuery{Find: finder, Query: storage.Query{Limit: 1}})
		wantErr(t, "an agency that is not there", err, storage.ErrNotFound)
		return nil
	})
}

// searchBounded: a search that would look at too much at once answers with what it has and
// where to go on, indexed or not.
func searchBounded(t *testing.T, f *fixture) {
	const n = 3000
	var first *workflow.Application
	for at := 0; at < n; at += 250 {
		f.update("east", func(w storage.Writer) error {
			for i := range 250 {
				a := received("2026-03-02")
				a.Description = "地征地补，征补偿" // has all pairs of what is looked for, and not that
				if at+i == 0 {
					a.Description = "征地补偿"
					first = a
				}
				if err := insert(w, a); err != nil {
					return err
				}
			}
			return nil
		})
	}
	finder := wanted{words: []string{"地补偿", "征地"}}.finder(t)
	for _, indexed := range []bool{false, true} {
		count := 0
		got := pages(t, f.store, "east", storage.SearchQuery{Find: finder, Query: storage.Query{Limit: 10}}, func() { count++ })
		if !slices.Equal(got, []string{first.ApplicationNo}) {
			t.Errorf("indexed %v: found %v", indexed, got)
		}
		if count == 0 || count > 20 {
			t.Errorf("indexed %v: %d pages followed one another", indexed, count)
		}
		for range n/250 + 1 {
			f.index("east", 250)
		}
	}
}
