package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"gongkai/server/verify"
	"gongkai/storage"
	"gongkai/storage/transfer"
)

func (p program) copyCommand() *cobra.Command {
	var from, to string
	c := &cobra.Command{
		Use:   "copy --from DATABASE --to DATABASE",
		Short: "把整个登记簿搬到另一数据库并证明两者相同 · moves a register to another database and proves the two equal",
		Long: "把整个登记簿连同附件从一个数据库搬到另一个：SQLite文件（如DIR/gongkai.db）与PostgreSQL（postgres://…）之间，或同类之间。\n" +
			"源数据库不得有服务在使用：复制期间确认的办理会留在旧处，等于丢失；在用登记簿的副本请用backup。目标须为空。\n" +
			"复制完成后逐表逐机关比对摘要，并核验副本；全部相同才能使用。中途中断的副本拒绝服务，重新运行本命令即从头再来。\n" +
			"编号、流水号、摘要、令牌都保持不变，request_id重试得到原来的答复。\n" +
			"Moves a whole register with its attachments from one database to another: a SQLite file (such as DIR/gongkai.db) or\n" +
			"PostgreSQL (postgres://…). No server may have the source open: what it acknowledged meanwhile would stay behind; use\n" +
			"backup for a copy of a register in service. The target must be empty. Every table of every agency is then compared by\n" +
			"digest and the copy verified; before that it refuses to be served. One that was broken off begins anew when the\n" +
			"command is run again. Numbers, ids, leaves and tokens stay what they are; a request_id gets its first answer.",
		Example: "  gongkaid copy --from /var/lib/gongkai/gongkai.db --to postgres://gongkai@db1/gongkai\n" +
			"  gongkaid copy --from postgres://gongkai@db1/gongkai --to /srv/gongkai/gongkai.db",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return p.copy(c.Context(), from, to) },
	}
	c.Flags().StringVar(&from, "from", "", "源数据库：文件或postgres://… · the register: a file or postgres://…")
	c.Flags().StringVar(&to, "to", "", "目标数据库，须为空 · where it goes: a file or postgres://…, empty")
	for _, name := range []string{"from", "to"} {
		if err := c.MarkFlagRequired(name); err != nil {
			panic(err) // the flag is defined above
		}
	}
	return c
}

func (p program) copy(ctx context.Context, from, to string) error {
	if err := errors.Join(isDatabase("--from", from), isDatabase("--to", to)); err != nil {
		return err
	}
	line := p.line()
	defer line.wipe()
	var found verify.Summary
	sums, err := transfer.Copy(ctx, from, to, transfer.Options{
		Now: p.now,
		Progress: func(table string, rows int64) {
			line.show(fmt.Sprintf("%s：%d行 · %d rows of %s", table, rows, rows, table))
		},
		Verify: func(ctx context.Context, v storage.Viewer, sound func(context.Context) ([]string, error)) (err error) {
			found, err = p.clean(ctx, v, sound, line)
			return err
		},
	})
	if err != nil {
		return err
	}
	line.wipe()
	return p.printSums(sums, found)
}

// clean verifies a register that is not in its place yet. Findings are printed, and an error.
func (p program) clean(ctx context.Context, v storage.Viewer, sound func(context.Context) ([]string, error), line *statusLine) (verify.Summary, error) {
	out := &findingLines{out: p.stdout, line: line}
	sum, err := replay(ctx, v, sound, out.finding, line)
	line.wipe()
	if err == nil && sum.Findings > 0 {
		fmt.Fprintln(p.stdout, "核验有不符，未启用 · the verification found differences; it is not put in place")
		err = errors.Join(errFindings, out.end(sum))
	}
	return sum, err
}

// printSums lists what both databases hold, table by table; of agencies it tells only
// how many there are, which may be thousands.
func (p program) printSums(sums []storage.CopySum, found verify.Summary) error {
	for i := 0; i < len(sums); {
		table, agencies, rows := sums[i].Table, 0, int64(0)
		for ; i < len(sums) && sums[i].Table == table; i++ {
			agencies, rows = agencies+1, rows+sums[i].Rows
		}
		fmt.Fprintf(p.stdout, "%-16s %10d 行 · rows, %d 个摘要相同 · digests equal\n", table, rows, agencies)
	}
	if _, err := fmt.Fprintln(p.stdout, "两者相同 · the two are equal"); err != nil {
		return err
	}
	return (&findingLines{out: p.stdout, line: p.line()}).end(found)
}

// isDatabase refuses a directory, which is what other commands are given.
func isDatabase(flag, name string) error {
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		file := filepath.Join(name, databaseFile)
		return &misuse{flag + "“" + name + "”是目录，应为文件，如" + file, fmt.Errorf("reading %s: %s is a directory; give the file, such as %s", flag, name, file)}
	}
	return nil
}
