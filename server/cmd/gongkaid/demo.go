package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"gongkai/client"
	"gongkai/server"
	"gongkai/storage/sqlite"
)

func (p program) demoCommand() *cobra.Command {
	var once bool
	c := &cobra.Command{
		Use:   "demo",
		Short: "演示：由一件申请得出2019年度统计表 · derives the 2019 sample report from its one application",
		Long: "演示：在临时目录新建登记簿，经gRPC接口登记2019年样本年报的一件申请、一件复议、一件诉讼和各项填报数，\n" +
			"输出统计表并逐格与公布的数字核对，然后继续提供服务。\n" +
			"Plays the 2019 sample through the gRPC API into a fresh register, prints its table, compares every cell with the\n" +
			"published figure, and goes on serving. All dates and persons are invented; the figures are the published ones.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return p.demo(c.Context(), once) },
	}
	c.Flags().BoolVar(&once, "once", false, "核对后即退出，有差异时退出码为1 · exit after the comparison, 1 on any difference")
	return c
}

func (p program) demo(ctx context.Context, once bool) (err error) {
	dir, err := os.MkdirTemp("", "gongkai-demo-")
	if err != nil {
		return fmt.Errorf("making the demo's directory: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	store, err := sqlite.Open(ctx, filepath.Join(dir, databaseFile), sqlite.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if err := p.firstStart(ctx, store, dir); err != nil {
		return err
	}
	s, err := server.New(server.Config{Store: store, Now: p.now, Log: p.log})
	if err != nil {
		return err
	}
	listener, pages, err := demoListeners(ctx, once)
	if err != nil {
		return err
	}
	serving, stop := context.WithCancel(ctx)
	quiet := p
	quiet.stdout = io.Discard // it says where it serves once its table stands
	done := make(chan error, 1)
	go func() { done <- quiet.serveAll(serving, s, listeners{api: listener, web: pages}, nil, false) }()
	defer func() {
		stop()
		err = errors.Join(err, <-done)
	}()
	if err := p.playAndCompare(ctx, listener.Addr().String(), dir); err != nil || once {
		return err
	}
	fmt.Fprintf(p.stdout, "desk %s\nserving %s\n", deskURL(pages, false), listener.Addr())
	fmt.Fprintf(p.stderr, "网页令牌 · token for the desk: %s\n试一试 · try: gongkai --server %s --token-file %s report --agency %s --year 2019 --form codes-2014\nCtrl-C 结束 · ends\n",
		filepath.Join(dir, supervisorToken), listener.Addr(), filepath.Join(dir, supervisorToken), sampleAgency)
	<-ctx.Done()
	return nil
}

// demoListeners listen for the API, and for the desk if somebody is to look at it.
func demoListeners(ctx context.Context, once bool) (api, pages net.Listener, err error) {
	var lc net.ListenConfig
	if api, err = lc.Listen(ctx, "tcp", "127.0.0.1:0"); err != nil {
		return nil, nil, fmt.Errorf("listening: %w", err)
	}
	if once {
		return api, nil, nil
	}
	if pages, err = lc.Listen(ctx, "tcp", "127.0.0.1:0"); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("listening: %w", err), api.Close())
	}
	return api, pages, nil
}

func (p program) playAndCompare(ctx context.Context, target, dir string) (err error) {
	published, err := readSample()
	if err != nil {
		return err
	}
	admin, err := client.Dial(ctx, target, client.WithTokenFile(filepath.Join(dir, tokenFile)))
	if err != nil {
		return fmt.Errorf("connecting: %w", err)
	}
	defer func() { err = errors.Join(err, admin.Close()) }()
	token, err := appoint(ctx, admin)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, supervisorToken), []byte(token+"\n"), 0o600); err != nil {
		return fmt.Errorf("writing the supervisor's token: %w", err)
	}
	office, err := client.Dial(ctx, target, client.WithToken(token))
	if err != nil {
		return fmt.Errorf("connecting: %w", err)
	}
	defer func() { err = errors.Join(err, office.Close()) }()
	if err := play(ctx, office); err != nil {
		return err
	}
	if err := enterFigures(ctx, office, published); err != nil {
		return err
	}
	rep, err := computed(ctx, office)
	if err != nil {
		return err
	}
	return compare(p.stdout, published, rep)
}
