package report_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"gongkai/workflow/report"
)

// codesData is a coded table as a published report gives it.
const codesData = `{"format": "codes-2014", "year": 2019, "figures": {"codes": {
	"1100": 1728, "3100": 12, "3110": 2, "3120": 0, "3130": 9, "3140": 1, "3200": 11, "3210": 10, "3220": 1, "3300": 9,
	"3310": 0, "3320": 7, "3330": 1, "3340": 1, "3350": 0, "3360": 0, "3370": 0, "3380": 0,
	"4000": 1, "5000": 1, "6000": 0, "7000": 380}}}`

// tableData is a table of 2021 with last year's beside it.
const (
	tableData = `{"format": "table-2021", "year": 2025, "figures": {"rows": {
	"newReceived": {"naturalPerson": 60, "business": 10, "research": 0, "socialOrg": 0, "legalService": 0, "other": 0, "total": 70},
	"carriedIn": {"total": 5}, "granted": {"total": 30}, "partial": {"total": 6},
	"denied.stateSecret": {"total": 2}, "denied.lawForbidden": {"total": 0}, "denied.threeSecurityOneStability": {"total": 0},
	"denied.thirdPartyRights": {"total": 1}, "denied.internalAffairs": {"total": 0}, "denied.processInfo": {"total": 0},
	"denied.enforcementFile": {"total": 0}, "denied.adminQuery": {"total": 0},
	"unable.notHeld": {"total": 30}, "unable.needsCreation": {"total": 0}, "unable.stillUnclear": {"total": 0},
	"total": {"total": 69}, "carriedForward": {"total": 6}},
	"review": {"upheld": 2, "corrected": 0, "other": 1, "pending": 1, "total": 4},
	"litigationDirect": {"upheld": 1, "corrected": 0, "other": 0, "pending": 0, "total": 1},
	"litigationAfterReview": {"upheld": 1, "corrected": 1, "other": 0, "pending": 0, "total": 2}}}`
	tableBefore = `{"format": "table-2021", "year": 2024, "figures": {"rows": {"newReceived": {"total": 56}, "carriedForward": {"total": 5}}}}`
)

// said is what the reader made of a number: where it stands, and what came out.
type said struct {
	ID     string
	Status report.Status
}

func evidence(t testing.TB, data, before string) *report.Evidence {
	t.Helper()
	e, err := report.PublishedEvidence([]byte(data), "")
	if err != nil {
		t.Fatal(err)
	}
	if before != "" {
		if err := e.Against([]byte(before)); err != nil {
			t.Fatal(err)
		}
	}
	return e
}

// prose returns the verdicts on a text.
func prose(e *report.Evidence, text string) []report.Verdict {
	e.Chapters = map[int]string{1: text}
	var out []report.Verdict
	for _, v := range report.Assess(e) {
		if strings.HasPrefix(v.ID, "P/") {
			out = append(out, v)
		}
	}
	return out
}

func TestProseAgainstTables(t *testing.T) {
	for _, tc := range []struct {
		name, data, text string
		want             []said
	}{
		{"received", tableData, "2025年，本机关新收政府信息公开申请70件。", []said{{"P/received.1", report.Pass}}},
		{"received wrongly", tableData, "本年度，共受理政府信息公开申请71件。", []said{{"P/received.1", report.Fail}}},
		{"with what was carried over", tableData, "共受理政府信息公开申请75件。", []said{{"P/received.1", report.Uncertain}}},
		{"full width", tableData, "收到政府信息公开申请７０件", []said{{"P/received.1", report.Pass}}},
		{"Chinese numeral", tableData, "收到政府信息公开申请七十件", []said{{"P/received.1", report.Pass}}},
		{"Chinese numeral wrong", tableData, "收到政府信息公开申请七十一件", []said{{"P/received.1", report.Fail}}},
		{"behind a comma", tableData, "收到政府信息公开申请，共计70件", []said{{"P/received.1", report.Pass}}},
		{"number first", tableData, "共收到70件，办结69件，6件结转下年度", []said{{"P/received.1", report.Pass}, {"P/handled.1", report.Pass}, {"P/carriedForward.1", report.Pass}}},
		{"generic word alone", tableData, "全年办结81件。", []said{{"P/handled.1", report.Uncertain}}},
		{"other business", tableData, "办结行政许可2000件，收到来信31件，受理信访5件，第37条，12345热线办结9件。", nil},
		{"results", tableData, "办结政府信息公开申请69件，其中予以公开30件，部分公开6件，不予公开3件，无法提供31件。", []said{
			{"P/handled.1", report.Pass}, {"P/granted.1", report.Pass}, {"P/partial.1", report.Pass}, {"P/denied.1", report.Pass}, {"P/unable.1", report.Fail},
		}},
		{"results as one", tableData, "予以公开及部分公开36件（52.17%），不予公开3件（4.35%）", []said{
			{"P/grantedOrPartial.1", report.Pass}, {"P/share.1", report.Pass}, {"P/denied.1", report.Pass}, {"P/share.2", report.Pass},
		}},
		{"share of something else", tableData, "予以公开30件（42.86%）", []said{{"P/granted.1", report.Pass}, {"P/share.1", report.Uncertain}}},
		{"share that is cut", tableData, "予以公开30件，占办结总数的43.47%", []said{{"P/granted.1", report.Pass}, {"P/share.1", report.Pass}}},
		{"share that is said and wrong", tableData, "予以公开30件，占办结总数的70%", []said{{"P/granted.1", report.Pass}, {"P/share.1", report.Fail}}},
		{"growth of another number, perhaps", tableData, "收到来函70件，同比增长90%。", []said{{"P/received.1", report.Pass}, {"P/growth.1", report.Uncertain}}},
		{"growth", tableData, "收到政府信息公开申请70件，同比增长25%", []said{{"P/received.1", report.Pass}, {"P/growth.1", report.Pass}}},
		{"growth wrong", tableData, "收到政府信息公开申请70件，同比下降25%", []said{{"P/received.1", report.Pass}, {"P/growth.1", report.Fail}}},
		{"remedies", tableData, "行政复议4件，其中结果维持2件，尚未审结2件；行政诉讼3件，其中结果纠正1件。", []said{
			{"P/review.1", report.Pass},
			{"P/review.upheld.1", report.Pass},
			{"P/review.pending.1", report.Fail},
			{"P/litigation.1", report.Pass},
			{"P/litigation.corrected.1", report.Pass},
		}},
		{"suits by kind", tableData, "未经复议直接起诉1件，复议后起诉1件", []said{{"P/litigationDirect.1", report.Pass}, {"P/litigationAfterReview.1", report.Fail}}},
		{"several kinds as one", tableData, "行政复议、行政诉讼案件7件", []said{{"P/remedies.1", report.Uncertain}}},
		{"two words and one number", tableData, "不予公开、无法提供33件", []said{{"P/unable.1", report.Uncertain}}},
		{"none", tableData, "全年未发生行政复议。", []said{{"P/review.1", report.Fail}}},
		{"another year", tableData, "2024年收到政府信息公开申请56件，2025年收到政府信息公开申请70件", []said{{"P/received.1", report.Pass}}},
		{"last year", tableData, "去年同期收到政府信息公开申请56件", nil},
		{"carried over", tableData, "上年结转5件，结转下年度继续办理7件", []said{{"P/carriedIn.1", report.Pass}, {"P/carriedForward.1", report.Fail}}},
		{"rough", tableData, "收到政府信息公开申请近70件，办结政府信息公开申请50余件", []said{{"P/received.1", report.Pass}, {"P/handled.1", report.Uncertain}}},
		{"grouped digits", strings.Replace(tableData, `"total": 70}`, `"total": 1295}`, 1), "收到政府信息公开申请1,295件", []said{{"P/received.1", report.Pass}}},
		{"parts beyond the whole", codesData, "已经答复的9件申请中：同意7、部分1、不予1、信息不存在1", []said{
			{"P/replied.1", report.Pass},
			{"P/granted.1", report.Pass},
			{"P/partial.1", report.Pass},
			{"P/denied.1", report.Pass},
			{"P/replies.nonexistent.1", report.Uncertain},
			{"P/parts.1", report.Fail},
		}},
		{"suits and complaints as one", codesData, "因政府信息公开申请而引起的行政复议案件1件，发生诉讼和申诉举报案件1件。", []said{
			{"P/review.1", report.Pass}, {"P/suitsAndComplaints.1", report.Uncertain},
		}},
		{"items", codesData, "主动公开政府信息1728条，其中网站发布55条", []said{{"P/proactive.1", report.Pass}}},
		{"in time", codesData, "按时办结10件、延期办结2件", []said{{"P/inTime.1", report.Pass}, {"P/extended.1", report.Fail}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			before := ""
			if tc.data != codesData {
				before = tableBefore
			}
			var got []said
			for _, v := range prose(evidence(t, tc.data, before), tc.text) {
				got = append(got, said{v.ID, v.Status})
				if v.Message.ZH == "" || v.Message.EN == "" || v.Source == "" {
					t.Errorf("%s lacks words", v.ID)
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// What is joined is read as a sum and noted, whether or not it agrees.
func TestProseOfTheSample(t *testing.T) {
	list := prose(evidence(t, codesData, ""), "发生诉讼和申诉举报案件1件。")
	if len(list) != 1 {
		t.Fatalf("%d claims", len(list))
	}
	v := list[0]
	if v.Status != report.Uncertain || v.Left != report.Known(report.Whole(1)) || v.Right != v.Left || cmp.Diff([]string{"5000", "6000"}, v.Cells) != "" {
		t.Errorf("read as %s %s = %s of %v", v.Status, v.Left, v.Right, v.Cells)
	}
}

// A report given as data may bring its chapters.
func TestCheckReadsChapters(t *testing.T) {
	data := strings.Replace(codesData, `"figures"`, `"chapters": {"1": "收到政府信息公开申请13件"}, "figures"`, 1)
	got := map[string]report.Status{}
	for _, f := range check(t, data, "") {
		got[f.ID] = f.Status
	}
	if got["P/received.1"] != report.Fail || got["A1"] != report.Pass {
		t.Errorf("P/received.1 is %s, A1 %s", got["P/received.1"], got["A1"])
	}
}

// The chapter that the figures write agrees with them.
func TestProseAgreesWithItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		form := rapid.SampledFrom(report.Forms()).Draw(t, "form")
		tally, _ := register(t)
		r, err := report.Compute(form, "", 2022, tally, nil)
		if err != nil {
			t.Fatal(err)
		}
		e := r.Evidence()
		e.Chapters = map[int]string{1: report.Prose(&r)}
		for _, v := range report.Assess(e) {
			if strings.HasPrefix(v.ID, "P/") && v.Status != report.Pass {
				t.Fatalf("%s is %s: %s\n%s", v.ID, v.Status, v.Message.ZH, e.Chapters[1])
			}
		}
	})
}

// Every sentence that a file holds is flagged if the file calls it wrong, and not if it
// does not.
func TestPublishedProse(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(sharedReports(t), "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var file struct {
			Claims []struct {
				Text  string
				Match *bool
			} `json:"text_claims"`
		}
		if err := json.Unmarshal(data, &file); err != nil {
			t.Fatal(err)
		}
		e := evidence(t, string(data), "")
		for _, c := range file.Claims {
			flagged := ""
			for _, v := range prose(e, c.Text) {
				if v.Status == report.Fail || v.Status == report.Uncertain {
					flagged += v.ID + " " + string(v.Status) + " " + v.Message.ZH + "\n"
				}
			}
			if strings.HasPrefix(c.Text, "同比") {
				continue // the number that grew is in another sentence, and the year before in no file
			}
			joined := strings.Contains(c.Text, "诉讼和申诉举报")
			if want := joined || c.Match != nil && !*c.Match; want != (flagged != "") {
				t.Errorf("%s: %q: flagged %t, want %t\n%s", filepath.Base(name), c.Text, flagged != "", want, flagged)
			}
		}
	}
}

func FuzzProse(f *testing.F) {
	for _, text := range []string{
		"收到政府信息公开申请1,295件（17.46%）", "诉讼和申诉举报案件1件", "一千零一件", "万万件", "９９９９９９９９９９９亿件", "9件中：同意7、部分1", "未收到公开申请", "1.2万件，%", "占",
	} {
		f.Add(text)
	}
	table, codes := evidence(f, tableData, tableBefore), evidence(f, codesData, "")
	f.Fuzz(func(t *testing.T, text string) {
		for _, e := range []*report.Evidence{table, codes} {
			seen := map[string]bool{}
			for _, v := range prose(e, text) {
				if seen[v.ID] {
					t.Errorf("two verdicts %s", v.ID)
				}
				seen[v.ID] = true
				if v.Left.Known && v.Left.Figure < 0 {
					t.Errorf("%s reads %s", v.ID, v.Left)
				}
			}
		}
	})
}
