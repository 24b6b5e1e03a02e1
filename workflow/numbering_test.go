package workflow_test

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"gongkai/workflow"
)

func TestNumberPattern(t *testing.T) {
	of := workflow.NumberOf{Year: 2026, Serial: 12, Word: "沪教", Case: 7}
	tests := []struct{ name, pattern, want string }{
		{"the default", workflow.DefaultApplicationPattern, "2026-00012"},
		{"GB/T 9704", "{word}公开答〔{year}〕{n}号", "沪教公开答〔2026〕12号"},
		{"第", "〔{year}〕第{n}号", "〔2026〕第12号"},
		{"per case", "{word}信息公开（{year}）第{case}号-不告", "沪教信息公开（2026）第7号-不告"},
		{"case and serial", "{year}-{case:4}-{n:2}", "2026-0007-12"},
		{"more digits than asked for", "{year}/{n:1}", "2026/12"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := workflow.ParseNumberPattern(tt.pattern)
			if err != nil {
				t.Fatal(err)
			}
			if got := p.Format(of); got != tt.want {
				t.Errorf("Format = %s, want %s", got, tt.want)
			}
			if n, ok := p.Read(tt.want, 2026, "沪教"); ok != !p.Case() || ok && n != 12 {
				t.Errorf("Read(%s) = %d, %v", tt.want, n, ok)
			}
		})
	}
}

// TestNumberHasNoBlanksAround: what an agency's word has around it, or what stands beside a
// word that is not set, does not come into a number, which nobody would find again.
func TestNumberHasNoBlanksAround(t *testing.T) {
	tests := []struct{ name, pattern, word, want string }{
		{"a word with blanks", "{word}〔{year}〕{n}号{word}", " 教\u3000", "教\u3000〔2026〕3号 教"},
		{"no word", "{word} {year}-{n}", "", "2026-3"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := workflow.ParseNumberPattern(tt.pattern)
			if err != nil {
				t.Fatal(err)
			}
			got := p.Format(workflow.NumberOf{Year: 2026, Serial: 3, Word: tt.word})
			if got != tt.want {
				t.Errorf("Format = %q, want %q", got, tt.want)
			}
			if n, ok := p.Read(got, 2026, tt.word); !ok || n != 3 {
				t.Errorf("Read(%q) = %d, %v, want 3", got, n, ok)
			}
		})
	}
}

func TestNumberPatternRefuses(t *testing.T) {
	tests := []struct{ name, pattern, says string }{
		{"empty", "", "1 to 60"},
		{"too long", "{year}{n}" + strings.Repeat("号", 60), "1 to 60"},
		{"no year", "{n}号", "{year}"},
		{"two years", "{year}{year}-{n}", "{year}"},
		{"no serial", "{year}号", "{n} or {case}"},
		{"two serials", "{year}-{n}-{n}", "once each"},
		{"case beside serial", "{year}-{case}{n}", "no digit"},
		{"digits between case and serial", "{year}-{case}0{n}", "no digit"},
		{"unknown", "{year}-{m}", "{m}"},
		{"digits of the year", "{year:4}-{n}", "digits"},
		{"no digits", "{year}-{n:0}", "1 to 9"},
		{"many digits", "{year}-{n:10}", "1 to 9"},
		{"a sign", "{year}-{n:+5}", "1 to 9"},
		{"open brace", "{year}-{n", "partner"},
		{"closed brace", "}{year}-{n}", "partner"},
		{"nested", "{year}-{{n}}", "there is no"},
		{"a line break", "{year}\n{n}", "control"},
		{"a space at the end", "{year}-{n} ", "space"},
		{"no UTF-8", "{year}-{n}\xff", "control"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := workflow.ParseNumberPattern(tt.pattern)
			var bad *workflow.PatternError
			if !errors.As(err, &bad) || !strings.Contains(bad.EN, tt.says) || bad.ZH == "" {
				t.Errorf("ParseNumberPattern(%q) = %v, want a refusal that says %q", tt.pattern, err, tt.says)
			}
		})
	}
}

// TestNumbersAreDistinct: two serials of one pattern never give one number.
func TestNumbersAreDistinct(t *testing.T) {
	patterns := []string{"{year}-{n:5}", "{word}〔{year}〕{n}号", "{year}{n}", "{n}{year}", "1{n:2}1{year}", "{year}-{case}号{n:3}", "{case}a{n}{year}"}
	rapid.Check(t, func(t *rapid.T) {
		p, err := workflow.ParseNumberPattern(rapid.SampledFrom(patterns).Draw(t, "pattern"))
		if err != nil {
			t.Fatal(err)
		}
		word := rapid.SampledFrom([]string{"", "沪", "7", "{n}"}).Draw(t, "word")
		of := func() workflow.NumberOf {
			return workflow.NumberOf{
				Year: 2026, Serial: rapid.Int64Range(1, 200).Draw(t, "serial"), Word: word, Case: rapid.Int64Range(1, 200).Draw(t, "case"),
			}
		}
		x, y := of(), of()
		if !p.Case() {
			x.Case, y.Case = 0, 0
		}
		if (p.Format(x) == p.Format(y)) != (x == y) {
			t.Fatalf("%+v is %s, %+v is %s", x, p.Format(x), y, p.Format(y))
		}
	})
}

func FuzzParseNumberPattern(f *testing.F) {
	for _, s := range []string{"{year}-{n:5}", "{word}〔{year}〕第{case}号-{n}", "{", "}{", "{n:99999999999}", "{year}\x00{n}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := workflow.ParseNumberPattern(s)
		if err != nil {
			var bad *workflow.PatternError
			if !errors.As(err, &bad) || bad.ZH == "" || bad.EN == "" {
				t.Fatalf("%q: %v", s, err)
			}
			return
		}
		if p.String() != s {
			t.Fatalf("%q came back as %q", s, p.String())
		}
		const serial = 4711
		number := p.Format(workflow.NumberOf{Year: 2026, Serial: serial, Case: 3})
		if n, ok := p.Read(number, 2026, ""); !p.Case() && (!ok || n != serial) {
			t.Fatalf("%q wrote %q and read %d, %v", s, number, n, ok)
		}
	})
}
