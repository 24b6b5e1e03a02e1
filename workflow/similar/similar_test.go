package similar_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"gongkai/workflow"
	"gongkai/workflow/similar"
)

func TestNormalize(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, text, want string }{
		{"empty", "", ""},
		{"width", "ＡＢＣ１２３号", "abc123号"},
		{"blanks of both widths", " 2025 年　预 算\n", "2025年预算"},
		{"modern punctuation", "《预算》，（公开）。", "预算公开"},
		{"vertical and corner brackets", "「預算」﹐﹑︰", "預算"},
		{"combining marks and signs", "a\u0301—①℃", "á1c"},
		{"invalid UTF-8", "预\xff算", "预算"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, similar.Normalize(test.text)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestLikeness(t *testing.T) {
	t.Parallel()
	const roads = "请求公开某区2024年道路养护工程的招标文件及中标合同"
	for _, test := range []struct {
		name, a, b string
		min, max   int
	}{
		{"the same", roads, roads, 100, 100},
		{"the same in another dress", roads, "某区 ２０２４ 年“道路养护工程”的招标文件、及中标合同。", 100, 100},
		{"another year", roads, strings.Replace(roads, "2024", "2023", 1), 85, 99},
		{"half of it", roads, "申请公开某区2024年道路养护工程的验收报告", 40, 70},
		{"another matter with the same phrases", "请求公开某局2025年政府信息公开年度报告", "请求公开某校校舍安全鉴定的政府信息", 0, 25},
		{"one character", "路", "路", 100, 100},
		{"one character and another", "路", "桥", 0, 0},
		{"nothing", "", roads, 0, 0},
		{"nothing but signs", "……", "。。", 0, 0},
		{"nothing but phrases", "请求公开政府信息", "请求公开政府信息", 100, 100},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := similar.Of(test.a).Likeness(test.b); got < test.min || got > test.max {
				t.Errorf("likeness %d, want %d to %d", got, test.min, test.max)
			}
		})
	}
}

// TestLikenessLaws says what holds of any two texts.
func TestLikenessLaws(t *testing.T) {
	t.Parallel()
	text := rapid.StringOfN(rapid.SampledFrom([]rune("公开申请道路预算2025ＡａX。， 　\n")), 0, 60, -1)
	rapid.Check(t, func(t *rapid.T) {
		a, b := text.Draw(t, "a"), text.Draw(t, "b")
		there, back := similar.Of(a).Likeness(b), similar.Of(b).Likeness(a)
		if there != back || there < 0 || there > 100 {
			t.Fatalf("%q and %q: %d there, %d back", a, b, there, back)
		}
		if self := similar.Of(a).Likeness(a); self != 100 && similar.Normalize(a) != "" {
			t.Fatalf("%q is like itself by %d", a, self)
		}
		if got := similar.Of(a).Likeness("，" + strings.ReplaceAll(b, "。", " 、") + "\u3000"); got != there {
			t.Fatalf("%q: signs and blanks change %d to %d", b, there, got)
		}
	})
}

func FuzzNormalize(f *testing.F) {
	for _, s := range []string{"", "请求公开2025年预算", "ＡＢＣ　１２３", "\xff\xfe", "\xf7Ĳ", "ﷺﷺﷺ", strings.Repeat("长", 5000)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := similar.Normalize(text)
		if !utf8.ValidString(got) || utf8.RuneCountInString(got) > 2000 {
			t.Fatalf("%q became %q", text, got)
		}
		for _, r := range got {
			if unicode.IsSpace(r) || unicode.IsPunct(r) {
				t.Fatalf("%q kept %q", text, r)
			}
		}
		if again := similar.Normalize(got); utf8.RuneCountInString(got) < 1000 && again != got {
			t.Fatalf("%q normalizes to %q and then to %q", text, got, again)
		}
		if n := similar.Of(text).Likeness(text); n != 0 && n != 100 {
			t.Fatalf("%q is like itself by %d", text, n)
		}
	})
}

func TestSameBy(t *testing.T) {
	t.Parallel()
	person := func(name, id, phone string) workflow.Applicant {
		return workflow.Applicant{Kind: workflow.NaturalPerson, Name: name, IDNumber: id, Phone: phone}
	}
	office := workflow.Applicant{Kind: workflow.Business, Name: "张三"}
	for _, test := range []struct {
		name string
		p, q workflow.Applicant
		want []similar.By
	}{
		{"x and X, full and half width", person("张三", "11010119900307123x", ""), person("張三", "１１０１０１１９９００３０７１２３Ｘ", ""), []similar.By{similar.ByIDNumber}},
		{"everything", person("张三", "1X", "139 0000 0000"), person("张 三", "1x", "+86 139-0000-0000"), []similar.By{similar.ByIDNumber, similar.ByPhone, similar.ByName}},
		{"namesakes with other documents", person("张三", "1X", "1"), person("张三", "2X", "1"), nil},
		{"a phone where one has no document", person("张三", "1X", "13900000000"), person("", "", "0086１３９００００００００"), []similar.By{similar.ByPhone}},
		{"namesakes with other phones", person("张三", "", "1"), person("张三", "", "2"), nil},
		{"a name alone", person("阿·迪", "", ""), person("阿迪", "1X", ""), []similar.By{similar.ByName}},
		{"a name of another kind", person("张三", "", ""), office, nil},
		{"nothing known", person("", "", ""), person("", "", ""), nil},
		{"blanks are no number", person("", " - ", ""), person("", "　", ""), nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, similar.SameBy(test.p, test.q)); diff != "" {
				t.Errorf("there (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.want, similar.SameBy(test.q, test.p)); diff != "" {
				t.Errorf("back (-want +got):\n%s", diff)
			}
		})
	}
}

func BenchmarkLikeness(b *testing.B) {
	target := similar.Of(strings.Repeat("请求公开某区2024年道路养护工程的招标文件及中标合同", 4))
	other := strings.Repeat("申请公开某区2025年学校食堂采购的招标文件及中标合同", 4)
	b.ReportAllocs()
	for b.Loop() {
		target.Likeness(other)
	}
}
