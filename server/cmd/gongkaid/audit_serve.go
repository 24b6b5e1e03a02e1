package main

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"gongkai/server"
	"gongkai/server/audit"
	"gongkai/storage"
)

// The files of the audit in the data directory.
const (
	auditKeyFile    = "audit.key"
	checkpointsFile = "audit.checkpoints"
)

// keeperFlags say how checkpoints are written.
type keeperFlags struct {
	data, database string
	signingKey     string
	file           string
	every          time.Duration
	records        int64
}

// define defines those of the service, which has the others already.
func (f *keeperFlags) define(c *cobra.Command) {
	c.Flags().StringVar(&f.file, "checkpoints", "", "检查点文件，默认为DIR/audit.checkpoints · file of the checkpoints; by default DIR/audit.checkpoints")
	c.Flags().DurationVar(&f.every, "checkpoint-every", 5*time.Minute, "有新记录时，最多隔多久写检查点 · longest time between checkpoints of what was recorded")
	c.Flags().Int64Var(&f.records, "checkpoint-records", 1000, "一个机关最多隔多少条记录写检查点 · most records of an agency between two checkpoints")
}

// defineShared defines those by which the audit's own commands find the files.
func (f *keeperFlags) defineShared(c *cobra.Command) {
	c.Flags().StringVar(&f.data, "data", "", "数据目录 · directory of the register")
	c.Flags().StringVar(&f.file, "checkpoints", "", "检查点文件，默认为DIR/audit.checkpoints · file of the checkpoints; by default DIR/audit.checkpoints")
	c.Flags().StringVar(&f.signingKey, "signing-key", "", "私钥文件，默认为DIR/audit.key · private key; by default DIR/audit.key")
	require(c, "data")
}

func (f *keeperFlags) path() string { return cmp.Or(f.file, filepath.Join(f.data, checkpointsFile)) }

// keyPath is where the key lies: the one that signs reports, if there is one.
func (f *keeperFlags) keyPath() string {
	return cmp.Or(f.signingKey, filepath.Join(f.data, auditKeyFile))
}

// readKey reads a key that must be there.
func readKey(path string) (ed25519.PrivateKey, error) {
	if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
		return nil, &misuse{"没有私钥文件“" + path + "”：首次启动服务时生成；服务使用--signing-key时此处须同样给出", fmt.Errorf(
			"reading the key %s: %w; the first start of the server makes it, and where that has --signing-key it must be given here too", path, err)}
	}
	return signingKey(path)
}

func (f *keeperFlags) check() error {
	if f.every < time.Second || f.records < 1 {
		return &misuse{"--checkpoint-every至少为1s，--checkpoint-records至少为1：检查点不能关闭", fmt.Errorf(
			"checkpoints every %s or %d records: give at least 1s and 1 record; they cannot be switched off", f.every, f.records)}
	}
	return nil
}

// beginBeside starts what runs beside the service, and returns what ends it, before the
// store is closed: the clerk, the sweep, and last the keeper of checkpoints.
func (p program) beginBeside(ctx context.Context, s *server.Server, store storage.Store, f serveFlags) (end func(), err error) {
	f.keeper.data, f.keeper.signingKey = f.data, f.signingKey
	endKeeper, err := p.beginKeeper(ctx, s, store, f.keeper)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	wait, swept := p.beginClerk(ctx, s, f.clerk), p.beginSweep(ctx, s)
	return func() { stop(); wait(); swept(); endKeeper() }, nil
}

// beginKeeper starts what writes checkpoints, and returns what has it write the last ones
// and waits for that. It must be called while the store is open.
func (p program) beginKeeper(ctx context.Context, s *server.Server, store storage.Store, f keeperFlags) (end func(), err error) {
	key, err := signingKey(f.keyPath())
	if err != nil {
		return nil, err
	}
	signer, err := audit.NewSigner(key)
	if err != nil {
		return nil, err
	}
	k := audit.Keeper{
		Store: store, Signer: signer, File: audit.NewLog(f.path()), Now: p.now, Log: p.log,
		Written: s.Written, Every: f.every, Records: f.records,
	}
	// Calls that have begun are answered after ctx ended, and recorded too.
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	var group sync.WaitGroup
	group.Go(func() { k.Run(ctx) })
	return func() { stop(); group.Wait() }, nil
}
