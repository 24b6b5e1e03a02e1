package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"gongkai/server"
)

func (p program) reindexCommand() *cobra.Command {
	var f serveFlags
	c := &cobra.Command{
		Use:   "reindex --data DIR [--database URL]",
		Short: "重建检索索引 · makes the search index anew",
		Long: "重建检索索引。索引由登记簿推得，坏了或者不全时可以随时重建，登记内容不变；重建前后检索结果都准确，只是快慢不同。\n" +
			"用数据目录中的文件时须先停止服务；用PostgreSQL时可在服务运行中进行。\n" +
			"Makes the search index anew from the register, which does not change: searches are exact before, meanwhile and\n" +
			"afterwards, and differ in speed only. On the file in the directory the service must be stopped; on PostgreSQL\n" +
			"it may run.",
		Example: "  gongkaid reindex --data /var/lib/gongkai",
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return p.reindex(c.Context(), f) },
	}
	c.Flags().StringVar(&f.data, "data", "", "数据目录 · directory of the register")
	c.Flags().StringVar(&f.database, "database", "", "PostgreSQL数据库，代替数据目录中的文件 · PostgreSQL database (postgres://…) instead of the file in the directory")
	c.MarkFlagsOneRequired("data", "database")
	return c
}

func (p program) reindex(ctx context.Context, f serveFlags) (err error) {
	if f.database == "" {
		if _, err := os.Stat(filepath.Join(f.data, databaseFile)); err != nil { // or an empty register would be made
			return fmt.Errorf("reading the register: %w", err)
		}
	}
	store, err := f.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	line := p.line()
	x := server.Indexing{Store: store, Now: p.now, Progress: func(done int64) {
		line.show(fmt.Sprintf("已索引%[1]d件 · %[1]d applications indexed", done))
	}}
	if err := x.Forget(ctx); err != nil {
		return err
	}
	done, err := x.Run(ctx)
	line.wipe()
	if err == nil {
		_, err = fmt.Fprintf(p.stdout, "已索引%[1]d件申请 · %[1]d applications indexed\n", done)
	}
	return err
}
