package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"gongkai/server"
	"gongkai/server/verify"
	"gongkai/storage"
	"gongkai/storage/postgres"
	"gongkai/storage/sqlite"
	"gongkai/workflow"
	"gongkai/workflow/calendar"
)

// errFindings says that the verification found something.
var errFindings = errors.New("the register differs from its history")

func (p program) verifyCommand() *cobra.Command {
	var data, database, output string
	c := &cobra.Command{
		Use:   "verify {--data DIR | --database URL} [-o text|json]",
		Short: "核验登记簿：重演历史，指出每一处不符 · replays the register and names whatever differs",
		Long: "核验登记簿：检查数据库文件，重演每件申请的历史，并与各行、期限、编号、统计逐一核对；每处不符输出一行。\n" +
			"附件逐个重新计算SHA-256：缺失、损坏以及一天以上无所归属的都会指出。\n" +
			"只读，可在服务运行时使用。全部相符时退出码为0，有不符时为1。个人信息只显示长度。\n" +
			"Checks the file, replays the history of every application, and compares it with all rows, deadlines, numbers and\n" +
			"tallies; every attachment is read and its SHA-256 compared, and one that nobody has named for a day is an orphan.\n" +
			"Each difference is one line. It only reads and may run beside the server. Exits 0 when all agrees, 1\n" +
			"when anything differs. Of values that may name persons only the length is told.",
		Example: "  gongkaid verify --data /var/lib/gongkai\n  gongkaid verify --data /var/lib/gongkai -o json",
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return p.verify(c.Context(), data, database, output) },
	}
	c.Flags().StringVar(&data, "data", "", "数据目录 · directory of the register")
	c.Flags().StringVar(&database, "database", "", "PostgreSQL数据库，代替数据目录 · PostgreSQL database (postgres://…) instead of the directory")
	c.Flags().StringVarP(&output, "output", "o", "text", "输出格式：text或json · format of the output: text or json")
	c.MarkFlagsOneRequired("data", "database")
	c.MarkFlagsMutuallyExclusive("data", "database")
	return c
}

func (p program) verify(ctx context.Context, data, database, output string) (err error) {
	var out interface {
		finding(verify.Finding)
		end(verify.Summary) error
	}
	line := p.line()
	switch output {
	case "text":
		out = &findingLines{out: p.stdout, line: line}
	case "json":
		out = &findingsJSON{out: p.stdout}
	default:
		return &misuse{"--output“" + output + "”无效，应为text或json", fmt.Errorf("reading --output: %q is neither text nor json", output)}
	}
	store, err := openReadOnly(ctx, data, database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	sum, err := replay(ctx, store, store.Check, out.finding, line)
	if err == nil {
		sum.Contents, err = p.verifyContents(ctx, store, data, database, out.finding, line)
		sum.Findings += sum.Contents.Findings
	}
	line.wipe()
	if err = errors.Join(err, out.end(sum)); err == nil && sum.Findings > 0 {
		err = errFindings
	}
	return err
}

// readOnly is a register that is only read.
type readOnly interface {
	storage.Viewer
	Check(context.Context) ([]string, error)
	Close() error
}

// openReadOnly opens the register in a directory, or in the PostgreSQL database named.
func openReadOnly(ctx context.Context, data, database string) (readOnly, error) {
	if database != "" {
		return postgres.OpenReadOnly(ctx, database, postgres.Options{})
	}
	return sqlite.OpenReadOnly(ctx, filepath.Join(data, databaseFile))
}

// replay verifies a register by its own calendar, and says on the line how far it is.
func replay(ctx context.Context, store storage.Viewer, sound func(context.Context) ([]string, error), report func(verify.Finding), line *statusLine) (sum verify.Summary, err error) {
	var cal *calendar.Calendar
	err = store.View(ctx, func(r storage.Reader) (err error) {
		cal, err = server.CalendarOf(r, calendar.Embedded())
		return err
	})
	if err != nil {
		return sum, err
	}
	line.show("检查数据库文件 · checking the file")
	return verify.Verify(ctx, store, verify.Config{
		Rules:  func(a storage.Agency) workflow.Rules { return workflow.Rules{Calendar: cal, Settings: a.Settings} },
		Sound:  sound,
		Report: report,
		Progress: func(s verify.Summary) {
			line.show(fmt.Sprintf("事件%d，申请%d · %d events, %d applications", s.Events, s.Applications, s.Events, s.Applications))
		},
	})
}

// findingLines writes findings for people, one a line.
type findingLines struct {
	out  io.Writer
	line *statusLine
}

func (l *findingLines) finding(f verify.Finding) {
	l.line.wipe()
	where := cmp.Or(f.Agency, "-") + " " + f.Object
	if f.Column != "" {
		where += " " + f.Column
	}
	if f.Event != 0 {
		where += fmt.Sprintf(" 事件 event %d", f.Event)
	}
	zh, en := f.Check.Texts()
	fmt.Fprintf(l.out, "%s: %s · %s", where, zh, en)
	if f.Stored+f.Derived != "" {
		fmt.Fprintf(l.out, "; 存储 stored %q, 推得 derived %q", f.Stored, f.Derived)
	}
	fmt.Fprintln(l.out)
}

func (l *findingLines) end(s verify.Summary) error {
	_, err := fmt.Fprintf(l.out, "机关%d，用户%d，申请%d，救济案件%d，填报数%d，附件%d，事件%d：不符%d处 · "+
		"%d agencies, %d principals, %d applications, %d remedies, %d figures, %d attachments, %d events: %d findings\n",
		s.Agencies, s.Principals, s.Applications, s.Remedies, s.Figures, s.Attachments, s.Events, s.Findings,
		s.Agencies, s.Principals, s.Applications, s.Remedies, s.Figures, s.Attachments, s.Events, s.Findings)
	return err
}

// findingsJSON writes one object, its findings as they come.
type findingsJSON struct {
	out   io.Writer
	begun bool
	err   error // the first; what follows is not written
}

func (j *findingsJSON) write(text string, values ...any) {
	if j.err == nil {
		_, j.err = fmt.Fprintf(j.out, text, values...)
	}
}

func (j *findingsJSON) finding(f verify.Finding) {
	zh, en := f.Check.Texts()
	raw, err := json.Marshal(struct {
		verify.Finding
		ZH string `json:"zh"`
		EN string `json:"en"`
	}{f, zh, en})
	j.err = cmp.Or(j.err, err)
	separator := ","
	if !j.begun {
		separator = "{\"findings\": ["
	}
	j.begun = true
	j.write("%s\n  %s", separator, raw)
}

func (j *findingsJSON) end(s verify.Summary) error {
	raw, err := json.Marshal(s)
	j.err = cmp.Or(j.err, err)
	if !j.begun {
		j.write("{\"findings\": [")
	}
	j.write("\n], \"summary\": %s}\n", raw)
	return j.err
}

// statusLine is a line of the terminal that is written over. In a pipe it is silent.
type statusLine struct {
	out   io.Writer
	now   func() time.Time
	last  time.Time
	shown bool
}

// statusInterval is how often the line changes.
const statusInterval = 200 * time.Millisecond

func (p program) line() *statusLine {
	l := &statusLine{out: io.Discard, now: p.now}
	if f, ok := p.stderr.(*os.File); ok && isatty.IsTerminal(f.Fd()) {
		l.out = f
	}
	return l
}

func (l *statusLine) show(text string) {
	if now := l.now(); now.Sub(l.last) >= statusInterval {
		l.last, l.shown = now, true
		fmt.Fprintf(l.out, "\r\x1b[K%s", text)
	}
}

func (l *statusLine) wipe() {
	if l.shown {
		l.shown = false
		fmt.Fprint(l.out, "\r\x1b[K")
	}
}
