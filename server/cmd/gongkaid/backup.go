package main

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"gongkai/storage/blob"
	"gongkai/storage/sqlite"
)

func (p program) backupCommand() *cobra.Command {
	var data, to string
	c := &cobra.Command{
		Use:   "backup --data DIR --to FILE",
		Short: "备份登记簿，服务可照常运行 · copies the register while it is served",
		Long: "备份登记簿：把开始备份那一刻的登记簿完整复制到FILE（权限0600），服务可照常运行。副本检查无误并落盘后才以FILE之名出现，\n" +
			"已有的文件不会被覆盖。附件逐个核对后复制到目录FILE.files；缺失或者损坏的会指出，其余照常备份，退出码为1。恢复用gongkaid restore；\n" +
			"令牌以及用户都在其中，admin.token不在其中。\n" +
			"Copies the register, as it is when the copying begins, to FILE (mode 0600) while the server goes on. FILE appears\n" +
			"once the copy is whole, checked and on the disk; an existing file is never replaced. Attachments are compared and\n" +
			"copied into the directory FILE.files; one that is missing or damaged is named, the others are copied, and the exit\n" +
			"code is 1. gongkaid restore puts a backup back. All principals and their tokens are valid there; the file\n" +
			"admin.token is no part of it.",
		Example: "  gongkaid backup --data /var/lib/gongkai --to /backup/gongkai-2026-06-30.db\n" +
			"  gongkaid restore /backup/gongkai-2026-06-30.db --to /srv/restored/gongkai.db\n" +
			"  gongkaid serve --data /srv/restored",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return p.backup(c.Context(), data, to) },
	}
	c.Flags().StringVar(&data, "data", "", "数据目录 · directory of the register")
	c.Flags().StringVar(&to, "to", "", "副本文件，须尚不存在 · file of the copy, which must not exist")
	for _, name := range []string{"data", "to"} {
		if err := c.MarkFlagRequired(name); err != nil {
			panic(err) // the flag is defined above
		}
	}
	return c
}

func (p program) backup(ctx context.Context, data, to string) error {
	line := p.line()
	defer line.wipe()
	register := filepath.Join(data, databaseFile)
	var attached blob.CopySum
	err := sqlite.BackupWith(ctx, register, to, func(done, total int) {
		line.show(fmt.Sprintf("已复制%d页，共%d页 · %d of %d pages copied", done, total, done, total))
	}, func(ctx context.Context, copied *sqlite.ReadOnly) (err error) {
		attached, err = p.backupContents(ctx, copied, blob.Beside(register), blob.Beside(to), line)
		return err
	})
	if err != nil {
		return err
	}
	line.wipe()
	_, err = fmt.Fprintf(p.stdout, "登记簿已备份，附件%d个 · the register is in %s, its %d attachments in %s\n", attached.Files, to, attached.Files, blob.Beside(to))
	if err == nil && len(attached.Faults) > 0 {
		return errFindings // and each of them was told
	}
	return err
}
