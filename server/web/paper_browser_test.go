package web_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	pb "gongkai/proto/disclosure/v1"
)

// printout is a page as it prints: the text of each sheet without blanks, and the words with
// where they stand.
type printout struct {
	sheets []string
	boxes  []string // sizes of the sheets
	words  []word
}

// word is one on paper, its edges in points from the left and the top of its sheet.
type word struct {
	text                     string
	left, top, right, bottom float64
}

// poppler names the program that reads a PDF. A machine without it skips the test, unless CI
// is set.
func poppler(t testing.TB) string {
	t.Helper()
	path, err := exec.LookPath("pdftotext")
	if err != nil && os.Getenv("CI") != "" {
		t.Fatal("pdftotext is missing: apt-get install poppler-utils")
	}
	if err != nil {
		t.Skip("pdftotext is missing: apt-get install poppler-utils")
	}
	return path
}

// mediaBox is the size of a sheet of a PDF, wordBox a word and its place.
var (
	mediaBox = regexp.MustCompile(`/MediaBox \[[^\]]*\]`)
	wordBox  = regexp.MustCompile(`<word xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)">(.*)</word>`)
)

// print prints the page as it stands, as a browser does without its own head and foot.
func (b *browser) print(name string) (out printout) {
	b.t.Helper()
	program := poppler(b.t)
	pdf, err := chromedp.Run(b.ctx, chromedp.PrintToPDF(chromedp.PDFPreferCSSPageSize()))
	if err != nil {
		b.t.Fatalf("printing %s: %v", name, err)
	}
	b.keep(name, ".pdf", pdf)
	read := func(options ...string) string {
		cmd := exec.CommandContext(b.t.Context(), program, append(options, "-enc", "UTF-8", "-", "-")...)
		cmd.Stdin = bytes.NewReader(pdf)
		text, err := cmd.Output()
		if err != nil {
			b.t.Fatalf("reading %s on paper: %v", name, err)
		}
		return string(text)
	}
	for sheet := range strings.SplitSeq(strings.TrimSuffix(read(), "\f"), "\f") {
		out.sheets = append(out.sheets, strings.Join(strings.Fields(sheet), ""))
	}
	for _, m := range wordBox.FindAllStringSubmatch(read("-bbox"), -1) {
		var at [4]float64
		for i := range at {
			if at[i], err = strconv.ParseFloat(m[i+1], 64); err != nil {
				b.t.Fatal(err)
			}
		}
		out.words = append(out.words, word{m[5], at[0], at[1], at[2], at[3]})
	}
	out.boxes = mediaBox.FindAllString(string(pdf), -1)
	return out
}

// What nobody wants on paper: menu, links between languages, buttons.
var onScreenOnly = []string{"跳到正文", "导入台账", "我的登录", "退出", "English", "重置", "打印本页", "高级检索", "返回案件", "印发取消", "测试时钟", "下一页"}

// An office prints its queue, case sheets, ledger, letters and report on A4: the sheets are
// headed, numbered and whole, and hold nothing of the screen.
func TestPagesOnPaper(t *testing.T) {
	c := chromium(t)
	poppler(t)
	b := newBureau(t)
	b.settle()
	a := b.act(b.conn, b.application("2026-05-20"),
		&pb.Action{Action: &pb.Action_Assign{Assign: &pb.Assign{AssignDate: "2026-05-21", Holder: "规划财务科"}}},
		&pb.Action{Action: &pb.Action_Consult{Consult: &pb.Consult{Kind: "THIRD_PARTY", SendDate: "2026-05-25", ReceiveDate: "2026-05-27", Party: "示例公司"}}})
	b.crowd(b.token, 45)
	english := b.browse(t, c, looks[1], b.token)
	for _, path := range []string{"/", "/" + a.GetName() + "/sheet", "/ledger", "/report", "/workload", "/calendar"} {
		english.visit(path)
		english.print(pictureName("paper"+path)).mustStayOnSheets(t, path)
	}
	tab := b.browse(t, c, looks[0], b.token)
	for _, tt := range []struct {
		name, path     string
		landscape      bool
		fewest, most   int      // sheets
		each           []string // stands on each sheet
		once, numbered bool     // each application stands on it once; sheets bear numbers
	}{
		{"queue", "/", false, 2, 4, []string{"示例市jyj局", "2026年6月30日", "申请编号", "办理期限", "应办事项"}, true, true},
		{"sheet", "/" + a.GetName() + "/sheet", false, 2, 4, []string{"示例市jyj局", a.GetApplicationNo()}, false, true},
		{"ledger", "/ledger", true, 2, 4, []string{"示例市jyj局", "台账", "申请编号", "应答复日期", "答复文号"}, true, true},
		{"letter", "/" + a.GetName() + "/letters/extension", false, 1, 2, nil, false, false},
		{"report", "/report", false, 2, 3, []string{"示例市jyj局2026年度报告"}, false, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tab.t = t
			tab.visit(tt.path)
			out := tab.print("paper-" + tt.name)
			if n := len(out.sheets); n < tt.fewest || n > tt.most || len(out.boxes) != n {
				t.Errorf("it prints on %d sheets of %d sizes", n, len(out.boxes))
			}
			for _, box := range out.boxes {
				if !regexp.MustCompile(map[bool]string{false: `0 0 59[45]\S* 84[12]`, true: `0 0 84[12]\S* 59[45]`}[tt.landscape]).MatchString(box) {
					t.Errorf("it prints on %s", box)
				}
			}
			out.mustStayOnSheets(t, tt.path)
			if tt.once {
				out.mustHoldOnce(t, 46)
			}
			for i, sheet := range out.sheets {
				for _, want := range tt.each {
					if !strings.Contains(sheet, want) {
						t.Errorf("sheet %d lacks %s:\n%s", i+1, want, sheet)
					}
				}
				for _, bad := range onScreenOnly {
					if strings.Contains(sheet, bad) {
						t.Errorf("sheet %d shows %s", i+1, bad)
					}
				}
				if number := strconv.Itoa(i+1) + "/" + strconv.Itoa(len(out.sheets)); tt.numbered != strings.Contains(sheet, number) {
					t.Errorf("sheet %d is numbered %v, want %v: %s", i+1, !tt.numbered, tt.numbered, number)
				}
			}
			if tt.name == "letter" {
				out.mustKeepMargins(t)
			}
		})
	}
}

// mustHoldOnce fails where applications are missing or a row is cut: each number, and what
// is to be done about it, stands on one sheet.
func (o printout) mustHoldOnce(t *testing.T, most int) {
	t.Helper()
	seen := map[string]bool{}
	for i, sheet := range o.sheets {
		numbers := regexp.MustCompile(`2026-\d{5}`).FindAllString(sheet, -1)
		for _, n := range numbers {
			if seen[n] {
				t.Errorf("%s stands twice", n)
			}
			seen[n] = true
		}
		if advice := regexp.MustCompile(`（第[\d、]+条）`).FindAllString(sheet, -1); len(advice) != 0 && len(advice) != len(numbers) {
			t.Errorf("sheet %d holds %d applications and what to do about %d", i+1, len(numbers), len(advice))
		}
	}
	if len(seen) < 30 || len(seen) > most {
		t.Errorf("%d applications are printed", len(seen))
	}
}

// mustStayOnSheets fails where words run off the paper, or to its very edge.
func (o printout) mustStayOnSheets(t *testing.T, path string) {
	t.Helper()
	const edge = 10 * 72 / 25.4
	var width, height float64
	if _, err := fmt.Sscanf(o.boxes[0], "/MediaBox [0 0 %f %f", &width, &height); err != nil {
		t.Fatalf("%s prints on %s: %v", path, o.boxes[0], err)
	}
	for _, w := range o.words {
		if w.left < edge || w.right > width-edge || w.top < 0 || w.bottom > height {
			t.Errorf("%s: %s leaves the sheet: %.0f–%.0f of %.0f points across", path, w.text, w.left, w.right, width)
		}
	}
}

// mustKeepMargins fails where a letter leaves the type area of GB/T 9704: 37 mm above, 28 mm
// at the left, 156 mm by 225 mm. The organ's name stands above it.
func (o printout) mustKeepMargins(t *testing.T) {
	t.Helper()
	const mm, slack = 72 / 25.4, 2
	if len(o.words) < 10 {
		t.Fatalf("the letter has %d words", len(o.words))
	}
	for _, w := range o.words {
		if w.bottom > 265*mm && strings.Trim(w.text, "—0123456789") == "" {
			continue // the number of the sheet
		}
		if w.left < 28*mm-slack || w.right > 184*mm+slack || w.top < 25*mm || w.bottom > 262*mm+slack {
			t.Errorf("%s leaves the type area: %.0f–%.0f mm across, %.0f–%.0f mm down", w.text, w.left/mm, w.right/mm, w.top/mm, w.bottom/mm)
		}
	}
}
