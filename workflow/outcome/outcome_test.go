package outcome_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gongkai/workflow/outcome"
)

// sharedFile finds a file of the sibling folder "shared" above the test's directory.
func sharedFile(t *testing.T, path string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		p := filepath.Join(dir, "shared", path)
		if _, err := os.Stat(p); err == nil {
			return p
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			break
		}
		dir = parent
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("the folder shared with %s is missing", path)
	}
	t.Skipf("the folder shared with %s is missing beside the repository", path)
	return ""
}

func TestRowsAgreeWithSpecification(t *testing.T) {
	data, err := os.ReadFile(sharedFile(t, "law/outcomes.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	var want []outcome.Row
	for line := range strings.Lines(string(data)) {
		f := strings.Split(strings.TrimRight(line, "\r\n"), "\t")
		if strings.HasPrefix(line, "#") || f[0] == "basis" {
			continue
		}
		if len(f) != 8 {
			t.Fatalf("row with %d fields: %q", len(f), line)
		}
		want = append(want, outcome.Row{
			Basis: outcome.Basis(f[0]), LabelZH: f[1], Article: f[2], Row2021: f[3],
			Code2014: strings.TrimPrefix(f[4], "-"), Exact: f[5], Remedy: f[6], Suit: strings.TrimPrefix(f[7], "-"),
			Only2008: strings.HasPrefix(f[2], "2008:"), Year2021: f[0] == "other.fee_unpaid",
		})
	}
	got := outcome.Rows()
	for i := range got {
		if got[i].LabelEN == "" {
			t.Errorf("%s has no English label", got[i].Basis)
		}
		got[i].LabelEN = ""
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows differ from the specification (-want +got):\n%s", diff)
	}
}

func TestRowsAreUnique(t *testing.T) {
	bases, zh, en := map[outcome.Basis]bool{}, map[string]bool{}, map[string]bool{}
	for _, r := range outcome.Rows() {
		if bases[r.Basis] || zh[r.LabelZH] || en[r.LabelEN] {
			t.Errorf("%s: basis or label used twice", r.Basis)
		}
		bases[r.Basis], zh[r.LabelZH], en[r.LabelEN] = true, true, true
	}
}

func TestRowsIsACopy(t *testing.T) {
	outcome.Rows()[0].LabelZH = "changed"
	if outcome.Rows()[0].LabelZH == "changed" {
		t.Error("a caller changed the table")
	}
}

func TestRow2019(t *testing.T) {
	for _, r := range outcome.Rows() {
		want := r.Row2021
		if strings.HasPrefix(want, "other.") {
			want = "other"
		}
		if got := r.Row2019(); got != want {
			t.Errorf("%s: row of 2019 %q, want %q", r.Basis, got, want)
		}
	}
}

func TestOf(t *testing.T) {
	for _, want := range outcome.Rows() {
		got, ok := outcome.Of(want.Basis)
		if !ok || got != want {
			t.Errorf("Of(%s) = %v, %v", want.Basis, got, ok)
		}
	}
	if r, ok := outcome.Of("disclosed"); ok {
		t.Errorf("Of(disclosed) = %v", r)
	}
	if n := testing.AllocsPerRun(100, func() { _, _ = outcome.Of("other.withdrawn") }); n != 0 {
		t.Errorf("Of allocates %v times", n)
	}
}

func TestParseEveryRow(t *testing.T) {
	for _, r := range outcome.Rows() {
		for _, text := range []string{string(r.Basis), strings.ToUpper(string(r.Basis)), r.LabelZH, " " + r.LabelZH + "　", "“" + r.LabelZH + "”"} {
			b, byDefault, err := outcome.Parse(text)
			if err != nil || byDefault || b != r.Basis {
				t.Errorf("Parse(%q) = %q, %v, %v; want %q", text, b, byDefault, err, r.Basis)
			}
		}
	}
}

func TestParse(t *testing.T) {
	tests := []struct {
		name, text string
		want       outcome.Basis
		byDefault  bool
	}{
		{"row label with number", "（三）1.属于国家秘密", "refused.state_secret", false},
		{"chapter and number", "三、（三）6. 属于四类过程性信息", "refused.deliberative", false},
		{"half-width brackets", "(五)4.无正当理由大量反复申请", "not_processed.excessive", false},
		{"straight quotes", `危及"三安全一稳定"`, "refused.security_stability", false},
		{"no quotes", "危及三安全一稳定", "refused.security_stability", false},
		{"full row label of 2021", "申请人无正当理由逾期不补正、行政机关不再处理其政府信息公开申请", "other.not_supplemented", false},
		{"last row with number", "（六）3.其他", "other.other", false},
		{"number before a label of ours", "（一）予以公开", "disclosed.provided", false},
		{"row with its note", "部分公开（区分处理的，只计这一情形，不计其他情形）", "disclosed.in_part", false},
		{"code", "3341", "refused.state_secret", false},
		{"full-width code", "３３６０", "unavailable.nonexistent", false},
		{"coded label", "同意公开答复数", "disclosed.provided", false},
		{"coded label, numbered", "2.同意公开答复数", "disclosed.provided", false},
		{"coded label without 数", "不属于本行政机关公开", "unavailable.not_our_remit", false},
		{"coded label with 其中", "其中：涉及商业秘密", "refused.trade_secret", false},
		{"code and label", "3343 涉及个人隐私", "refused.personal_privacy", false},
		{"long coded label", "危及国家安全、公共安全、经济安全和社会稳定", "refused.security_stability", false},
		{"default 3345", "3345", "other.not_government_information", true},
		{"default 3346", "3346", "refused.other_statutory", true},
		{"default 3370", "3370", "other.not_supplemented", true},
		{"default 3370 by label", "告知作出更改补充数", "other.not_supplemented", true},
		{"default 3380", "3380", "other.other_channel", true},
		{"default 3380 by label", "告知通过其他途径办理数", "other.other_channel", true},
		{"own label beats the coded one", "告知通过其他途径办理", "other.other_channel", false},
		{"spelling of registers", "信息不存在", "unavailable.nonexistent", false},
		{"with 属于", "属于商业秘密", "refused.trade_secret", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, byDefault, err := outcome.Parse(tt.text)
			if err != nil || b != tt.want || byDefault != tt.byDefault {
				t.Errorf("Parse(%q) = %q, %v, %v; want %q, %v", tt.text, b, byDefault, err, tt.want, tt.byDefault)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	tests := []struct {
		name, text string
		candidates []outcome.Basis
	}{
		{"empty", "", nil},
		{"quotes only", "“”", nil},
		{"属于 only", "属于", nil},
		{"unknown", "不清楚", nil},
		{"number of another row", "（三）2.属于国家秘密", nil},
		{"third party", "保护第三方合法权益", []outcome.Basis{"refused.trade_secret", "refused.personal_privacy", "refused.third_party_other"}},
		{"not held", "（四）1.本机关不掌握相关政府信息", []outcome.Basis{"unavailable.not_our_remit", "unavailable.nonexistent"}},
		{"refused, 2014", "不同意公开", []outcome.Basis{
			"refused.state_secret", "refused.prohibited_by_law", "refused.security_stability", "refused.trade_secret", "refused.personal_privacy",
			"refused.third_party_other", "refused.internal_affairs", "refused.deliberative", "refused.enforcement_file", "unavailable.needs_creation",
			"not_processed.repeat", "not_processed.excessive", "not_processed.reissue", "other.not_government_information", "refused.no_special_need",
			"refused.other_statutory",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, _, err := outcome.Parse(tt.text)
			var pe *outcome.ParseError
			if !errors.As(err, &pe) {
				t.Fatalf("Parse(%q) = %q, %v; want a ParseError", tt.text, b, err)
			}
			if diff := cmp.Diff(tt.candidates, pe.Candidates); diff != "" {
				t.Errorf("candidates (-want +got):\n%s", diff)
			}
			for _, c := range tt.candidates {
				r, _ := outcome.Of(c)
				if !strings.Contains(err.Error(), string(c)) || !strings.Contains(pe.ZH(), r.LabelZH) {
					t.Errorf("messages %q, %q do not name %s", err, pe.ZH(), c)
				}
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"", "3345", "（三）1.属于国家秘密", "disclosed.provided", "不予公开", "“\xff”"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		b, _, err := outcome.Parse(s)
		if _, ok := outcome.Of(b); ok != (err == nil) {
			t.Errorf("Parse(%q) = %q, %v", s, b, err)
		}
	})
}

func BenchmarkOf(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_, _ = outcome.Of("not_processed.reissue")
	}
}
