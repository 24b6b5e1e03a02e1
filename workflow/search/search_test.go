package search_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"gongkai/workflow"
	"gongkai/workflow/search"
)

// example is an application that says a little of everything.
func example() *workflow.Application {
	return &workflow.Application{
		ApplicationNo: "2026-00123",
		Applicant:     workflow.Applicant{Name: "王𠮷·ＡＢ", IDNumber: "11010119900307123x", Phone: "+86 139-0000-0001"},
		Description:   "关于《征地、补偿》（二〇二五年）的文件，见京国土〔2025〕18号", Remark: "IBM 公司代理",
	}
}

func TestMatches(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		query search.Query
		want  bool
	}{
		{"two characters", search.Query{Words: "征地"}, true},
		{"across punctuation", search.Query{Words: "征地补偿"}, true},
		{"in another order", search.Query{Words: "补偿征地"}, false},
		{"two words in any order", search.Query{Words: "补偿　征地"}, true},
		{"one of two words", search.Query{Words: "补偿 道路"}, false},
		{"across two fields", search.Query{Words: "号ibm"}, false},
		{"width and case", search.Query{Words: "ｉｂｍ公司"}, true},
		{"the circle for zero", search.Query{Words: "二〇二五"}, true},
		{"without it", search.Query{Words: "二二五"}, false},
		{"a character beyond the plane", search.Query{Words: "王𠮷"}, true},
		{"a number", search.Query{Words: "2026-00123"}, true},
		{"the end of a number", search.Query{Words: "00123"}, true},
		{"three digits", search.Query{Words: "123"}, true},
		{"another number", search.Query{Words: "2026-00124"}, false},
		{"a phone in another form", search.Query{Words: "13900000001"}, true},
		{"a part of a phone", search.Query{Words: "1390000000"}, false},
		{"an identity number", search.Query{Words: "11010119900307123Ｘ"}, true},
		{"a part of an identity number", search.Query{Words: "199003071"}, false},
		{"a character beside a word", search.Query{Words: "征地 京"}, true},
		{"a character that is not there", search.Query{Words: "征地 沪"}, false},
		{"signs beside a word", search.Query{Words: "征地 ，。"}, true},
		{"a name", search.Query{Name: "王 𠮷ab"}, true},
		{"a surname", search.Query{Name: "王"}, true},
		{"a name that only the text holds", search.Query{Name: "征地"}, false},
		{"the identity number alone", search.Query{IDNumber: "11010119900307123X"}, true},
		{"another identity number", search.Query{IDNumber: "110101199003071230"}, false},
		{"the phone alone", search.Query{Phone: "0086 13900000001"}, true},
		{"all at once", search.Query{Words: "文件", Name: "王", IDNumber: "11010119900307123X", Phone: "13900000001"}, true},
		{"all but the phone", search.Query{Words: "文件", Name: "王", IDNumber: "11010119900307123X", Phone: "13900000002"}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f, err := test.query.Finder()
			if err != nil {
				t.Fatal(err)
			}
			if got := f.Matches(example()); got != test.want {
				t.Errorf("matches: %v, want %v", got, test.want)
			}
			if test.want && !meets(search.Tokens(example()), f.Clauses()) {
				t.Error("an index would not find it")
			}
		})
	}
}

// meets reports whether tokens meet clauses, as an index asks.
func meets(tokens []search.Token, clauses []search.Clause) bool {
	for _, c := range clauses {
		if !slices.ContainsFunc(c, func(list []search.Token) bool {
			return !slices.ContainsFunc(list, func(t search.Token) bool { return !slices.Contains(tokens, t) })
		}) {
			return false
		}
	}
	return true
}

func TestFinderRefuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		query search.Query
		want  error
	}{
		{"nothing", search.Query{}, search.ErrEmpty},
		{"blanks", search.Query{Words: " 　\n"}, search.ErrEmpty},
		{"signs", search.Query{Words: "，。 --"}, search.ErrEmpty},
		{"a name of signs beside a word", search.Query{Words: "征地", Name: "…"}, search.ErrEmpty},
		{"a phone without digits", search.Query{Words: "征地", Phone: "无"}, search.ErrEmpty},
		{"one character", search.Query{Words: "征"}, search.ErrShort},
		{"characters apart", search.Query{Words: "征 地 ①"}, search.ErrShort},
		{"too many words", search.Query{Words: strings.Repeat("征地 ", search.MaxWords+1)}, search.ErrLong},
		{"a word too long", search.Query{Words: strings.Repeat("征", search.MaxLength+1)}, search.ErrLong},
		{"a name too long", search.Query{Name: strings.Repeat("征", search.MaxLength+1)}, search.ErrLong},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if _, err := test.query.Finder(); !errors.Is(err, test.want) {
				t.Errorf("error %v, want %v", err, test.want)
			}
		})
	}
}

// TestTokens holds the tokens to what indexes keep: whoever changes them must raise Version.
func TestTokens(t *testing.T) {
	t.Parallel()
	got := search.Tokens(&workflow.Application{ApplicationNo: "2026", Applicant: workflow.Applicant{Name: "王", IDNumber: "1x", Phone: "12"}, Remark: "征地征地"})
	want := []search.Token{464189385, 2037407850, 2306504292, 2417214815, 2772100976, 2772984772, 2981316626, 3550511460, 3596231902}
	if diff := cmp.Diff(want, got); diff != "" || search.Version != 1 {
		t.Errorf("version %d (-want +got):\n%s", search.Version, diff)
	}
	if a, b := want[0].In(1), want[0].In(2); a != 2222882612 || a == b {
		t.Errorf("within two agencies the tokens are %d and %d", a, b)
	}
}

// TestTokensFindWhatMatches: of any two texts, what matches is found by its tokens, and
// any part of a text matches.
func TestTokensFindWhatMatches(t *testing.T) {
	t.Parallel()
	text := rapid.StringOfN(rapid.SampledFrom([]rune("征地补偿𠮷〇ＡaB１12３，。 -①々ﬁé\u0301")), 0, 16, -1)
	rapid.Check(t, func(t *rapid.T) {
		a := &workflow.Application{
			ApplicationNo: text.Draw(t, "number"), Description: text.Draw(t, "description"), Remark: text.Draw(t, "remark"),
			Applicant: workflow.Applicant{Name: text.Draw(t, "name"), IDNumber: text.Draw(t, "identity"), Phone: text.Draw(t, "phone")},
		}
		q := search.Query{
			Words: rapid.OneOf(text, rapid.SampledFrom([]string{a.ApplicationNo, a.Description, a.Remark, a.Applicant.Phone, a.Applicant.IDNumber})).Draw(t, "words"),
			Name:  rapid.SampledFrom([]string{"", "", a.Applicant.Name, "征"}).Draw(t, "wanted name"),
		}
		f, err := q.Finder()
		if err != nil {
			return
		}
		if f.Matches(a) && !meets(search.Tokens(a), f.Clauses()) {
			t.Fatalf("%+v matches %+v and its tokens do not tell", q, a)
		}
		for _, c := range f.Clauses() {
			if len(c) == 0 || slices.ContainsFunc(c, func(list []search.Token) bool { return len(list) == 0 }) {
				t.Fatalf("%+v: a clause asks nothing: %v", q, c)
			}
		}
	})
}

func FuzzFinder(f *testing.F) {
	f.Add("征地 2026-00123 13900000001", "王", "11010119900307123x", "+86 139")
	f.Add("\xff\xfe ﷺ", "a\u0301", "", "")
	f.Fuzz(func(t *testing.T, words, name, id, phone string) {
		q, err := search.Query{Words: words, Name: name, IDNumber: id, Phone: phone}.Finder()
		if err != nil {
			return
		}
		a := &workflow.Application{Description: words, Applicant: workflow.Applicant{Name: name, IDNumber: id, Phone: phone}}
		if q.Matches(a) && !meets(search.Tokens(a), q.Clauses()) {
			t.Fatalf("%q %q %q %q: what matches is not found", words, name, id, phone)
		}
	})
}

func BenchmarkTokens(b *testing.B) {
	a := example()
	b.ReportAllocs()
	for b.Loop() {
		search.Tokens(a)
	}
}

func BenchmarkMatches(b *testing.B) {
	f, err := search.Query{Words: "征地补偿 文件"}.Finder()
	if err != nil {
		b.Fatal(err)
	}
	a := example()
	b.ReportAllocs()
	for b.Loop() {
		f.Matches(a)
	}
}
