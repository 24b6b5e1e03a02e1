package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"gongkai/server/verify"
	"gongkai/storage"
	"gongkai/storage/sqlite"
	"gongkai/storage/transfer"
)

func (p program) restoreCommand() *cobra.Command {
	var to string
	var aside bool
	c := &cobra.Command{
		Use:   "restore BACKUP --to DATABASE [--aside]",
		Short: "核验备份并恢复为登记簿 · verifies a backup and puts it in place as a register",
		Long: "把gongkaid backup的备份连同附件恢复为登记簿：先完整复制、核验、落盘，最后才以目标之名出现，可随即启动服务。\n" +
			"目标已有登记簿时拒绝；给出--aside则先把旧的改名移开（保留，不删除）。服务正在使用目标时拒绝。\n" +
			"目标是postgres://…时，备份复制到该空数据库中（同gongkaid copy）。旧版本程序的备份恢复到文件时自动升级，可再用copy搬走。\n" +
			"Restores what gongkaid backup made, with its attachments: copied whole, verified and on the disk before it appears\n" +
			"under its name, ready to be served. A register that is there is not replaced; --aside renames it first, and keeps\n" +
			"it. One that a server has open is refused. To a postgres://… URL the backup is copied, as gongkaid copy does, into\n" +
			"an empty database. A backup of an older program is migrated when it is restored to a file, which can then be copied.",
		Example: "  gongkaid restore /backup/gongkai-2026-06-30.db --to /srv/gongkai/gongkai.db\n" +
			"  gongkaid serve --data /srv/gongkai",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return p.restore(c.Context(), args[0], to, aside) },
	}
	c.Flags().StringVar(&to, "to", "", "登记簿文件或postgres://… · file of the register, or postgres://…")
	c.Flags().BoolVar(&aside, "aside", false, "先把已有的登记簿改名移开 · rename a register that is there first")
	if err := c.MarkFlagRequired("to"); err != nil {
		panic(err) // the flag is defined above
	}
	return c
}

func (p program) restore(ctx context.Context, backup, to string, aside bool) error {
	if err := errors.Join(isDatabase("BACKUP", backup), isDatabase("--to", to)); err != nil {
		return err
	}
	if transfer.OnPostgres(to) {
		if aside {
			return &misuse{"--aside只用于文件；请另建一个空数据库", errors.New("reading --aside: it is for files; create an empty database")}
		}
		return p.copy(ctx, backup, to)
	}
	line := p.line()
	defer line.wipe()
	var found verify.Summary
	var last storage.Event
	o := sqlite.RestoreOptions{
		Now: p.now,
		Progress: func(what string, done int64) {
			line.show(fmt.Sprintf("%s：%d · %d of %s copied", what, done, done, what))
		},
		Verify: func(ctx context.Context, r *sqlite.ReadOnly) (err error) {
			if last, err = r.Last(ctx); err != nil && !errors.Is(err, storage.ErrNotFound) {
				return err
			}
			found, err = p.clean(ctx, r, r.Check, line)
			return err
		},
	}
	if aside {
		o.Aside = to + ".old-" + p.now().UTC().Format("20060102T150405Z")
	}
	if err := sqlite.Restore(ctx, backup, to, o); err != nil {
		return err
	}
	line.wipe()
	fmt.Fprintf(p.stdout, "登记簿已恢复 · the register is in %s\n", to)
	if aside {
		fmt.Fprintf(p.stdout, "原有的已改名 · what was there is in %s\n", o.Aside)
	}
	fmt.Fprintf(p.stdout, "最后一项记录 · last event: %d %s %s %s\n", last.Seq, last.Time.Format(time.RFC3339), last.Action, last.Object)
	return (&findingLines{out: p.stdout, line: line}).end(found)
}
