package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"gongkai/server"
	"gongkai/storage"
	"gongkai/storage/postgres"
	"gongkai/storage/sqlite"
	"gongkai/workflow"
	"gongkai/workflow/calendar"
)

// databaseFile and tokenFile lie in the data directory.
const (
	databaseFile = "gongkai.db"
	tokenFile    = "admin.token"
)

type serveFlags struct {
	data, database, listen, today string
	feedListen                    string
	certificate, key, clientCA    string
	signingKey                    string
	reflection                    bool
	clerk                         clerkFlags
	attachments                   attachmentFlags
	keeper                        keeperFlags
	limits                        limitFlags
	accounts                      accountFlags
	web                           webFlags
	single                        singleFlags
}

func (p program) serveCommand() *cobra.Command {
	var f serveFlags
	c := &cobra.Command{
		Use:   "serve --data DIR --listen HOST:PORT",
		Short: "启动服务 · serves the register in a directory",
		Long: "启动服务。首次启动把系统管理员令牌写入DIR/admin.token（权限0600），不在别处出现。\n" +
			"Serves the register in DIR. The first start writes the token of the first administrator to DIR/admin.token (mode 0600), nowhere else.",
		Example: "  gongkaid serve --data /var/lib/gongkai --listen 127.0.0.1:9443",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			f.clerk.run = f.clerk.run && (f.today == "" || c.Flags().Changed("clerk"))
			return p.serve(c.Context(), f)
		},
	}
	c.Flags().StringVar(&f.data, "data", "", "数据目录 · directory of the register")
	c.Flags().StringVar(&f.listen, "listen", "127.0.0.1:9443", "监听地址，端口0为任意空闲端口 · address; port 0 takes a free one")
	c.Flags().StringVar(&f.feedListen, "feed-listen", "", "日历订阅的HTTP监听地址，默认不开放 · HTTP address for calendar feeds; none by default")
	c.Flags().StringVar(&f.database, "database", "", "PostgreSQL数据库，代替数据目录中的文件 · PostgreSQL database (postgres://…) instead of the file in the directory")
	c.Flags().StringVar(&f.certificate, "tls-cert", "", "TLS证书文件 · certificate (PEM)")
	c.Flags().StringVar(&f.key, "tls-key", "", "TLS私钥文件 · private key (PEM)")
	c.Flags().StringVar(&f.clientCA, "client-ca", "", "签发机器证书的CA（PEM），凭其证书可代替令牌 · CA certificates (PEM) by which machines call without a token")
	c.Flags().StringVar(&f.today, "today", "", "测试时钟：把今天固定为该日，仅限本机 · test clock, loopback only, said in every answer")
	c.Flags().StringVar(&f.signingKey, "signing-key", "", "签署冻结报告的私钥文件，不存在时生成 · Ed25519 key (PEM) that signs frozen reports; made if absent")
	c.Flags().BoolVar(&f.reflection, "reflection", false, "开放gRPC反射 · offer server reflection")
	f.clerk.define(c)
	f.attachments.define(c)
	f.keeper.define(c)
	f.limits.define(c)
	f.accounts.define(c)
	f.web.define(c)
	f.single.define(c)
	c.MarkFlagsRequiredTogether("tls-cert", "tls-key")
	if err := c.MarkFlagRequired("data"); err != nil {
		panic(err) // the flag is defined above
	}
	return c
}

// config is what the flags say, without a store.
func (p program) config(f serveFlags) (config server.Config, err error) {
	config = server.Config{Now: p.now, Log: p.log, Reflection: f.reflection, Limits: f.limits.Limits}
	if config.Today, err = testClock(f.today); err != nil {
		return config, err
	}
	if config.Accounts, err = f.accounts.accounts(); err != nil {
		return config, err
	}
	if config.Accounts.SingleSignOn, err = f.single.provider(p.now); err != nil {
		return config, err
	}
	if config.SigningKey, err = signingKey(f.signingKey); err != nil {
		return config, err
	}
	if f.certificate == "" && f.clientCA != "" {
		return config, &misuse{"--client-ca须与--tls-cert、--tls-key一起使用", errors.New("reading --client-ca: give --tls-cert and --tls-key as well")}
	}
	if f.certificate == "" {
		return config, nil
	}
	pair, err := tls.LoadX509KeyPair(f.certificate, f.key)
	if err != nil {
		return config, fmt.Errorf("reading the certificate: %w", err)
	}
	config.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	return config, f.machines(config.TLS)
}

// machines lets machines show certificates. None need, because others show tokens.
func (f *serveFlags) machines(config *tls.Config) error {
	if f.clientCA == "" {
		return nil
	}
	text, err := os.ReadFile(f.clientCA)
	if err != nil {
		return fmt.Errorf("reading the CA of machines: %w", err)
	}
	config.ClientCAs, config.ClientAuth = x509.NewCertPool(), tls.VerifyClientCertIfGiven
	if !config.ClientCAs.AppendCertsFromPEM(text) {
		return fmt.Errorf("reading the CA of machines: %s holds no PEM certificate", f.clientCA)
	}
	return nil
}

func (p program) serve(ctx context.Context, f serveFlags) (err error) {
	config, err := p.config(f)
	if err := errors.Join(err, f.keeper.check()); err != nil {
		return err
	}
	all, err := f.listeners(ctx, config.TLS)
	defer all.close()
	if err != nil {
		return err
	}
	store, err := f.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if err := p.firstStart(ctx, store, f.data); err != nil {
		return err
	}
	config.Store = store
	if config.Attachments, err = p.attachments(ctx, f); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, config.Attachments.Blobs.Close()) }()
	s, err := server.New(config)
	if err != nil {
		return err
	}
	if !config.Today.IsZero() {
		fmt.Fprintf(p.stderr, "测试时钟：今天固定为%s · test clock: today is %s\n", config.Today, config.Today)
	}
	end, err := p.beginBeside(ctx, s, store, f)
	if err != nil {
		return err
	}
	defer end()
	return p.serveAll(ctx, s, all, config.TLS, f.web.proxied)
}

// listeners begins to listen wherever it is asked for.
func (f serveFlags) listeners(ctx context.Context, config *tls.Config) (all listeners, err error) {
	if all.api, err = listen(ctx, f); err == nil {
		all.feeds, err = listenFeeds(ctx, f, config)
	}
	if err == nil {
		all.web, err = listenWeb(ctx, f)
	}
	return all, err
}

// close ends those that nobody serves; a server has closed its own already.
func (l listeners) close() {
	for _, one := range []net.Listener{l.api, l.feeds, l.web} {
		closeListener(one)
	}
}

// open opens the register: in the data directory, or in the PostgreSQL database that is
// named, which several servers may share. Nothing is made before the lock is held: a file
// would be in the way of a register that is being restored.
func (f serveFlags) open(ctx context.Context) (storage.Store, error) {
	if err := os.MkdirAll(f.data, 0o700); err != nil {
		return nil, fmt.Errorf("making the data directory: %w", err)
	}
	if f.database == "" {
		return sqlite.Open(ctx, filepath.Join(f.data, databaseFile), sqlite.Options{})
	}
	return postgres.Open(ctx, f.database, postgres.Options{})
}

func testClock(text string) (workflow.Date, error) {
	if text == "" {
		return 0, nil
	}
	d, err := calendar.Parse(text)
	if err != nil {
		return 0, &misuse{"--today“" + text + "”不是日期，应为YYYY-MM-DD", fmt.Errorf("reading --today: %w", err)}
	}
	return d, nil
}

// listen refuses an address beyond loopback before anything is opened, unless TLS serves
// it and the clock is the real one.
func listen(ctx context.Context, f serveFlags) (net.Listener, error) {
	var c net.ListenConfig
	l, err := c.Listen(ctx, "tcp", f.listen)
	if err != nil {
		return nil, fmt.Errorf("listening: %w", err)
	}
	a, ok := l.Addr().(*net.TCPAddr)
	if ok && a.IP.IsLoopback() || f.certificate != "" && f.today == "" {
		return l, nil
	}
	m := &misuse{"监听本机以外的地址必须使用TLS：请给出--tls-cert和--tls-key", fmt.Errorf("listening on %s: %w; give --tls-cert and --tls-key", a, server.ErrPlaintext)}
	if f.today != "" {
		m = &misuse{"测试时钟（--today）仅限本机", fmt.Errorf("listening on %s: the test clock (--today) is for loopback only", a)}
	}
	return nil, errors.Join(m, l.Close())
}

// firstStart creates the first administrator of a fresh register. Its token is on disk
// before it opens anything: after a crash or on a full disk the next start begins anew,
// and nobody is locked out.
func (p program) firstStart(ctx context.Context, store storage.Store, dir string) error {
	fresh, err := server.Fresh(ctx, store)
	if err != nil || !fresh {
		return err
	}
	path, token := filepath.Join(dir, tokenFile), server.NewToken()
	if err := writeToken(path, token); err != nil {
		return fmt.Errorf("writing the first administrator's token: %w", err)
	}
	if _, err := server.FirstAdministrator(ctx, store, token, p.now()); err != nil {
		return fmt.Errorf("creating the first administrator: %w", err)
	}
	fmt.Fprintf(p.stderr, "系统管理员令牌已写入 · the administrator's token is in %s\n", path)
	return nil
}

// writeToken makes the file anew: one that lies there may be readable for others, or lead
// elsewhere.
func writeToken(path, token string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.WriteString(token + "\n")
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}
