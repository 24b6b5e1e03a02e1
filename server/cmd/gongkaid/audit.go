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
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/mod/sumdb/note"

	"gongkai/server/audit"
	"gongkai/storage"
	"gongkai/storage/postgres"
	"gongkai/storage/sqlite"
)

// errProof says that a proof does not hold.
var errProof = errors.New("the proof does not hold")

func (p program) auditCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "audit",
		Short: "审计：检查点、核验、证明 · checkpoints of what was recorded, and proofs without a server",
		Long: "审计：每件办理、拒绝和查阅个人信息的记录都是审计树的一片叶子；检查点是经签名的树根，应定期交由他处保存。\n" +
			"Every act, refusal and reading of personal data is a leaf of a tree; a checkpoint is its signed root, and is worth\n" +
			"what the place is where it is kept.",
	}
	c.AddCommand(p.auditVerify(), p.auditCheckpoint(), p.auditProve(), p.auditCheckProof(), p.auditKey())
	return c
}

// auditFlags say which register and which checkpoints are looked at.
type auditFlags struct {
	database    string
	checkpoints []string
	keys        []string
	output      string
}

func (f *auditFlags) define(c *cobra.Command, output string) {
	c.Flags().StringVar(&f.database, "database", "", "登记簿：SQLite文件或者postgres://地址 · the register: an SQLite file, or postgres://…")
	c.Flags().StringArrayVar(&f.checkpoints, "checkpoints", nil, "检查点文件，可多次给出 · file of checkpoints; may be given more than once")
	f.defineKeys(c)
	c.Flags().StringVarP(&f.output, "output", "o", output, "输出格式：text或json · format of the output: text or json")
	require(c, "database", "checkpoints")
}

func (f *auditFlags) defineKeys(c *cobra.Command) {
	c.Flags().StringArrayVar(&f.keys, "key", nil, "公钥，或者公钥文件；见gongkaid audit key · public key, or a file of them: gongkaid audit key prints it")
	require(c, "key")
}

func require(c *cobra.Command, names ...string) {
	for _, name := range names {
		if err := c.MarkFlagRequired(name); err != nil {
			panic(err) // the flag is defined above
		}
	}
}

// verifiers reads the public keys.
func (f *auditFlags) verifiers() (note.Verifiers, error) {
	var all strings.Builder
	for _, k := range f.keys {
		if !strings.Contains(k, "+") || strings.ContainsAny(k, `/\`) && fileExists(k) {
			text, err := os.ReadFile(k)
			if err != nil {
				return nil, fmt.Errorf("reading the public key: %w", err)
			}
			k = string(text)
		}
		all.WriteString(k + "\n")
	}
	keys, err := audit.Verifiers(all.String())
	if err != nil {
		return nil, &misuse{"--key不是公钥，应为gongkaid audit key所输出的内容，或者含有它的文件", fmt.Errorf("reading --key: %w", err)}
	}
	return keys, nil
}

func fileExists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// isText tells which of the two formats is wanted.
func (f *auditFlags) isText() (bool, error) {
	switch f.output {
	case "text":
		return true, nil
	case "json":
		return false, nil
	}
	return false, &misuse{"--output“" + f.output + "”无效，应为text或json", fmt.Errorf("reading --output: %q is neither text nor json", f.output)}
}

// viewer is a register that is only read.
type viewer interface {
	storage.Viewer
	io.Closer
}

// openViewer opens a register for reading: nothing of it is changed or locked.
func openViewer(ctx context.Context, database string) (viewer, error) {
	if isPostgres(database) {
		return postgres.OpenReadOnly(ctx, database, postgres.Options{Volatile: true}) // who only reads loses nothing
	}
	return sqlite.OpenReadOnly(ctx, database)
}

func isPostgres(database string) bool {
	return strings.HasPrefix(database, "postgres://") || strings.HasPrefix(database, "postgresql://")
}

// openAll opens the register and the files of checkpoints; end closes them.
func (f *auditFlags) openAll(ctx context.Context) (store viewer, files []io.Reader, end func() error, err error) {
	var opened []io.Closer
	end = func() error {
		var errs []error
		for _, o := range opened {
			errs = append(errs, o.Close())
		}
		return errors.Join(errs...)
	}
	for _, path := range f.checkpoints {
		file, err := os.Open(path)
		if err != nil {
			return nil, nil, end, errors.Join(fmt.Errorf("reading the checkpoints: %w", err), end())
		}
		files, opened = append(files, file), append(opened, file)
	}
	if store, err = openViewer(ctx, f.database); err != nil {
		return nil, nil, end, errors.Join(err, end())
	}
	opened = append(opened, store)
	return store, files, end, nil
}

func (p program) auditVerify() *cobra.Command {
	var f auditFlags
	c := &cobra.Command{
		Use:   "verify --database FILE --checkpoints FILE --key KEY [-o text|json]",
		Short: "用检查点核验登记簿，无需服务 · verifies a register against checkpoints, without a server",
		Long: "由每条记录重新计算摘要和审计树，与登记簿及全部检查点比较：凡改动、删除、插入、调换、截去的记录以及被换的数据库都会指出，\n" +
			"并说明机关和记录序号。只读，可用于复制的数据库。全部相符时退出码为0，有不符时为1。业务各行另由gongkaid verify核验。\n" +
			"Makes every leaf and tree anew from the records, and compares them with the register and with all checkpoints: whatever\n" +
			"was changed, deleted, put in, moved or cut off, and a database that was swapped, is told by agency and record. It only\n" +
			"reads, and works on a copy. Exits 0 when all agrees, 1 when anything differs. Rows are verified by gongkaid verify.",
		Example: "  gongkaid audit verify --database copy.db --checkpoints audit.checkpoints --key audit.pub",
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return p.verifyAudit(c.Context(), &f) },
	}
	f.define(c, "text")
	return c
}

func (p program) verifyAudit(ctx context.Context, f *auditFlags) (err error) {
	isText, err := f.isText()
	if err != nil {
		return err
	}
	keys, err := f.verifiers()
	if err != nil {
		return err
	}
	store, files, end, err := f.openAll(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end()) }()
	line := p.line()
	answer := auditJSON{Findings: []auditFinding{}}
	report := func(x audit.Finding) {
		line.wipe()
		if isText {
			p.auditLine(x)
			return
		}
		zh, en := x.Check.Texts()
		answer.Findings = append(answer.Findings, auditFinding{x, zh, en})
	}
	answer.Summary, err = audit.Verify(ctx, store, audit.Config{Keys: keys, Report: report, Progress: func(s audit.Summary) {
		line.show(fmt.Sprintf("记录%d · %d records", s.Events, s.Events))
	}}, files...)
	line.wipe()
	switch {
	case err != nil:
		return err
	case isText:
		err = p.auditSummary(answer.Summary)
	default:
		err = p.writeJSON(answer)
	}
	if err == nil && answer.Summary.Findings > 0 {
		err = errFindings
	}
	return err
}

type auditFinding struct {
	audit.Finding
	ZH string `json:"zh"`
	EN string `json:"en"`
}

type auditJSON struct {
	Findings []auditFinding `json:"findings"`
	Summary  audit.Summary  `json:"summary"`
}

func (p program) writeJSON(value any) error {
	e := json.NewEncoder(p.stdout)
	e.SetIndent("", "  ")
	return e.Encode(value)
}

// auditLine writes a finding for people.
func (p program) auditLine(f audit.Finding) {
	where := cmp.Or(f.Agency, "-")
	if n := f.Where(); n != "" {
		where += " 记录 record " + n
	}
	zh, en := f.Check.Texts()
	fmt.Fprintf(p.stdout, "%s: %s · %s", where, zh, en)
	if f.Checkpoint != 0 {
		fmt.Fprintf(p.stdout, "; 检查点 checkpoint %d", f.Checkpoint)
	}
	if f.Detail != "" {
		fmt.Fprintf(p.stdout, " (%s)", f.Detail)
	}
	fmt.Fprintln(p.stdout)
}

func (p program) auditSummary(s audit.Summary) error {
	_, err := fmt.Fprintf(p.stdout, "登记簿%s，机关%d，记录%d，检查点%d，其所含记录%d：不符%d处 · "+
		"register %s, %d agencies, %d records, %d checkpoints covering %d: %d findings\n",
		s.Installation, s.Agencies, s.Events, s.Checkpoints, s.Covered, s.Findings,
		s.Installation, s.Agencies, s.Events, s.Checkpoints, s.Covered, s.Findings)
	return err
}

func (p program) auditCheckpoint() *cobra.Command {
	var f keeperFlags
	c := &cobra.Command{
		Use:   "checkpoint --data DIR",
		Short: "写下并输出当前检查点 · writes and prints the checkpoints as of now",
		Long: "为每个机关签署当前检查点：有新记录的追加到检查点文件，全部输出到标准输出，以便交他处保存。服务可照常运行。\n" +
			"Signs a checkpoint of each agency as of now: those with new records are added to the file, all are printed, to be kept\n" +
			"elsewhere. The server may go on meanwhile.",
		Example: "  gongkaid audit checkpoint --data /var/lib/gongkai | ssh witness 'cat >>gongkai.checkpoints'",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			key, err := readKey(f.keyPath())
			if err != nil {
				return err
			}
			signer, err := audit.NewSigner(key)
			if err != nil {
				return err
			}
			store, err := openViewer(c.Context(), cmp.Or(f.database, filepath.Join(f.data, databaseFile)))
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, store.Close()) }()
			msgs, err := audit.Write(c.Context(), store, signer, audit.NewLog(f.path()), p.now())
			for _, m := range msgs {
				if err == nil {
					_, err = fmt.Fprintf(p.stdout, "%s\n", m)
				}
			}
			return err
		},
	}
	f.defineShared(c)
	c.Flags().StringVar(&f.database, "database", "", "PostgreSQL数据库，代替数据目录中的文件 · PostgreSQL database (postgres://…) instead of the file in the directory")
	return c
}

func (p program) auditKey() *cobra.Command {
	var f keeperFlags
	c := &cobra.Command{
		Use:   "key --data DIR",
		Short: "输出核验检查点的公钥 · prints the public key that verifies checkpoints",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			key, err := readKey(f.keyPath())
			if err != nil {
				return err
			}
			text, err := audit.VerifierKey(key.Public())
			if err == nil {
				_, err = fmt.Fprintln(p.stdout, text)
			}
			return err
		},
	}
	f.defineShared(c)
	return c
}
