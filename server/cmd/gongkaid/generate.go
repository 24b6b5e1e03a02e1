package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"gongkai/server/generate"
	"gongkai/storage/sqlite"
	"gongkai/workflow/calendar"
)

type generateFlags struct {
	database, ledger, remedies, today string
	config                            generate.Config
}

func (p program) generateCommand() *cobra.Command {
	var f generateFlags
	c := &cobra.Command{
		Use:   "generate (--database FILE | --ledger FILE --remedies FILE) --cases N",
		Short: "仅供试验：编造任意规模的登记簿 · for trials only: makes up a register of any size",
		Long: "仅供试验：编造登记簿，写入尚不存在的数据库文件；或者写成一个机关的台账（CSV），供导入试验。\n" +
			"渠道、申请人、答复、救济的比例取自公布的年报，人名、地名、文件全部虚构；种子相同，内容相同。\n" +
			"For trials only: makes up a register in a database file that does not exist yet, or the ledger (CSV) of one agency\n" +
			"to import. Channels, applicants, outcomes and remedies are mixed as in published reports; all persons, places and\n" +
			"papers are invented. The same seed makes the same register.",
		Example: "  gongkaid generate --database /tmp/trial/gongkai.db --cases 10000000 --agencies 5000\n" +
			"  gongkaid generate --ledger /tmp/ledger.csv --remedies /tmp/remedies.csv --cases 10000",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return p.generate(c.Context(), f) },
	}
	c.Flags().StringVar(&f.database, "database", "", "要新建的数据库文件 · database file to make")
	c.Flags().StringVar(&f.ledger, "ledger", "", "要新建的申请台账文件 · ledger of applications to make")
	c.Flags().StringVar(&f.remedies, "remedies", "", "要新建的救济台账文件 · ledger of remedies to make")
	c.Flags().IntVar(&f.config.Cases, "cases", 10_000, "申请件数 · applications")
	c.Flags().IntVar(&f.config.Agencies, "agencies", 200, "机关数，台账只有一个 · agencies; a ledger has one")
	c.Flags().Uint64Var(&f.config.Seed, "seed", 1, "随机种子 · seed")
	c.Flags().StringVar(&f.today, "today", "2026-06-30", "登记簿的最后一日 · last day of the register")
	c.MarkFlagsOneRequired("database", "ledger")
	c.MarkFlagsMutuallyExclusive("database", "ledger")
	c.MarkFlagsRequiredTogether("ledger", "remedies")
	return c
}

func (p program) generate(ctx context.Context, f generateFlags) (err error) {
	if f.config.Today, err = calendar.Parse(f.today); err != nil {
		return &misuse{"--today“" + f.today + "”不是日期，应为YYYY-MM-DD", fmt.Errorf("reading --today: %w", err)}
	}
	began, line := p.now(), p.line()
	f.config.Progress = func(done int) {
		line.show(fmt.Sprintf("%d / %d", done, f.config.Cases))
	}
	if f.database != "" {
		err = f.writeDatabase(ctx)
	} else {
		err = f.writeLedger()
	}
	line.wipe()
	if err != nil {
		return err
	}
	took := p.now().Sub(began).Seconds()
	_, err = fmt.Fprintf(p.stdout, "已编造%d件申请，用时%.0f秒 · made up %d applications in %.0f s\n", f.config.Cases, took, f.config.Cases, took)
	return err
}

// writeDatabase makes the file itself, so that none that is there is ever written to.
func (f generateFlags) writeDatabase(ctx context.Context) (err error) {
	file, err := create(f.database)
	if err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return fmt.Errorf("making the register: %w", err)
	}
	store, err := sqlite.OpenBulk(ctx, f.database)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	return generate.Register(ctx, store, f.config)
}

func (f generateFlags) writeLedger() (err error) {
	var files [2]*os.File
	for i, path := range []string{f.ledger, f.remedies} {
		if files[i], err = create(path); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, files[i].Close()) }()
	}
	return generate.Ledger(files[0], files[1], f.config)
}

func create(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("making a file: %w", err)
	}
	return file, nil
}
