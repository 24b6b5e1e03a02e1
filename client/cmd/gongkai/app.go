package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/reflect/protoreflect"

	"gongkai/client"
)

// app is one invocation: its streams, the global flags, and the connection once a
// command needs it.
type app struct {
	getenv         func(string) string
	stdin          io.Reader
	stdout, stderr io.Writer
	now            func() time.Time

	server, tokenFile, caFile string
	certFile, keyFile         string
	output, lang              string
	insecure                  bool

	// begun tells that a command was found and its flags read, so that what fails from
	// then on is no error of usage.
	begun bool
	conn  *client.Client
	clock testClock

	tokenless bool          // connect without a token
	lines     *bufio.Reader // stdin, where several passwords are read from it
}

// text is something to read, in both languages.
type text struct{ zh, en string }

func (t text) String() string { return t.zh + " / " + t.en }

// in chooses one language.
func (t text) in(lang string) string {
	if lang == "en" {
		return t.en
	}
	return t.zh
}

// execute runs the command that the arguments name.
func (a *app) execute(ctx context.Context, args []string) error {
	for i, arg := range args {
		if !utf8.ValidString(arg) {
			return &failure{code: exitInvalid, text: text{
				fmt.Sprintf("第%d个参数不是有效的UTF-8文本：%q。请将终端或脚本的编码设为UTF-8", i+1, arg),
				fmt.Sprintf("argument %d is not valid UTF-8: %q; set terminal or script to UTF-8", i+1, arg),
			}}
		}
	}
	root := a.root()
	root.SetArgs(append([]string{}, args...)) // never nil, for which cobra takes those of the process
	err := root.ExecuteContext(ctx)
	if a.conn != nil {
		err = errors.Join(err, a.conn.Close())
	}
	a.noteClock()
	return err
}

// Groups of commands in the help of the root.
const (
	groupCases   = "cases"
	groupActions = "actions"
	groupReports = "reports"
	groupOffice  = "office"
)

// root builds the tree of commands.
func (a *app) root() *cobra.Command {
	root := a.group("gongkai", text{"政府信息公开申请办理", "disclosure of government information from the command line"})
	root.SilenceErrors, root.SilenceUsage = true, true
	// Flags before a command belong to its parent, so that the token of the caller and
	// the file for a new user's token can have the same name.
	root.TraverseChildren = true
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.SetUsageTemplate(bilingual.Replace(root.UsageTemplate()))
	root.AddGroup(
		&cobra.Group{ID: groupCases, Title: "申请与期限 Applications and deadlines:"},
		&cobra.Group{ID: groupActions, Title: "办理 Acting on one application:"},
		&cobra.Group{ID: groupReports, Title: "台账与年度报告 Ledgers and annual reports:"},
		&cobra.Group{ID: groupOffice, Title: "机关、用户、日历 Agencies, users, calendar:"},
	)
	a.globalFlags(root)
	add := func(group string, commands ...*cobra.Command) {
		for _, c := range commands {
			c.GroupID = group
			root.AddCommand(c)
		}
	}
	add(groupCases, a.application(), a.due(), a.workload(), a.late(), a.feed(), a.explain(), a.remedy(), a.attachment(), a.letter())
	add(groupActions, a.actions()...)
	add(groupActions, a.whatIf(), a.advise(), a.similar(), a.fee())
	add(groupReports, a.importLedger(), a.exportLedger(), a.report(), a.figure())
	add(groupOffice, a.agency(), a.user(), a.account(), a.calendar(), a.clerk(), a.audit(), a.settings(), a.number())
	return root
}

// bilingual puts Chinese beside the headings of cobra's help.
var bilingual = strings.NewReplacer(
	"Usage:", "用法 Usage:", "Aliases:", "别名 Aliases:", "Examples:", "示例 Examples:",
	"Available Commands:", "命令 Commands:", "Additional Commands:", "其他命令 Additional commands:",
	"Global Flags:", "全局选项 Global flags:", "Flags:", "选项 Flags:",
	"Additional help topics:", "其他主题 Additional help topics:",
	`Use "{{.CommandPath}} [command] --help" for more information about a command.`,
	`{{.CommandPath}} [command] --help 查看命令的说明 shows the help of a command.`,
)

// globalFlags adds what every command takes.
func (a *app) globalFlags(root *cobra.Command) {
	f := root.PersistentFlags()
	f.StringVar(&a.server, "server", "", "服务地址 HOST:PORT，默认 GONGKAI_SERVER / address of the service, default $GONGKAI_SERVER")
	f.StringVar(&a.tokenFile, "token-file", "", "令牌文件，默认 GONGKAI_TOKEN_FILE / file with your token, default $GONGKAI_TOKEN_FILE")
	f.StringVar(&a.caFile, "ca-file", "", "信任的CA证书（PEM） / trusted CA certificates (PEM)")
	f.StringVar(&a.certFile, "cert-file", "", "机器的客户端证书（PEM），代替令牌 / certificate (PEM) of a machine, instead of a token")
	f.StringVar(&a.keyFile, "key-file", "", "该证书的私钥（PEM） / its private key (PEM)")
	f.BoolVar(&a.insecure, "insecure", false, "不加密连接非本机服务 / connect beyond this machine without encryption")
	choice(root, f, &a.output, "output", "o", text{"输出格式", "format of the output"}, "table", "json", "csv")
	choice(root, f, &a.lang, "lang", "", text{"语言", "language"}, "zh", "en")
	f.BoolP("help", "h", false, "显示说明 / show help")
}

// choice adds a flag that takes one of a few values, the first one by default.
func choice(cmd *cobra.Command, f *pflag.FlagSet, into *string, name, short string, help text, values ...string) {
	*into = values[0]
	f.VarP(&oneOf{into, values}, name, short, fmt.Sprintf("%s: %s", help, strings.Join(values, "|")))
	complete(cmd, name, values...)
}

// oneOf is a flag with a closed set of values.
type oneOf struct {
	into   *string
	values []string
}

func (o *oneOf) String() string { return *o.into }
func (o *oneOf) Type() string   { return "string" }

func (o *oneOf) Set(value string) error {
	for _, v := range o.values {
		if v == value {
			*o.into = v
			return nil
		}
	}
	return fmt.Errorf("应为 must be one of %s", strings.Join(o.values, ", "))
}

// complete offers fixed values for a flag.
func complete(cmd *cobra.Command, flag string, values ...string) {
	err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	if err != nil {
		panic(err) // the flag was just defined
	}
}

// command makes a command that does something.
func (a *app) command(use string, help text, args cobra.PositionalArgs, do func(cmd *cobra.Command, args []string) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: help.String(),
		Args: func(cmd *cobra.Command, given []string) error {
			if args(cmd, given) == nil {
				return nil
			}
			return usage(text{"用法有误，应为 " + cmd.UseLine(), "the usage is " + cmd.UseLine()})
		},
		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := missingFlags(cmd); err != nil {
				return err
			}
			a.begun = true
			return do(cmd, args)
		},
	}
}

// group makes a command that only holds others.
func (a *app) group(use string, help text, commands ...*cobra.Command) *cobra.Command {
	g := &cobra.Command{Use: use, Short: help.String(), RunE: func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			cmd.SetOut(a.stderr)
			return errors.Join(cmd.Help(), usage(text{"请给出命令", "name a command"}))
		}
		similar := ""
		if names := cmd.SuggestionsFor(args[0]); len(names) > 0 {
			similar = "；是否指 / did you mean " + strings.Join(names, ", ") + "?"
		}
		return usage(text{"没有命令 " + args[0], fmt.Sprintf("no command %q of %s%s", args[0], cmd.CommandPath(), similar)})
	}}
	g.SuggestionsMinimumDistance = 2
	g.AddCommand(commands...)
	return g
}

// connect opens the connection on first use.
func (a *app) connect(ctx context.Context) (*client.Client, error) {
	if a.conn != nil {
		return a.conn, nil
	}
	target := firstOf(a.server, a.getenv("GONGKAI_SERVER"))
	if target == "" {
		return nil, usage(text{"请用 --server 或 GONGKAI_SERVER 给出服务地址 HOST:PORT", "name the service HOST:PORT by --server or GONGKAI_SERVER"})
	}
	language := client.Chinese
	if a.lang == "en" {
		language = client.English
	}
	opts := []client.Option{client.WithLanguage(language), client.WithDialOptions(grpc.WithStatsHandler(&a.clock))}
	if (a.certFile == "") != (a.keyFile == "") {
		return nil, usage(text{"--cert-file与--key-file应一起给出", "give --cert-file and --key-file together"})
	}
	if a.certFile != "" {
		opts = append(opts, client.WithCertificate(a.certFile, a.keyFile))
	} else if file := firstOf(a.tokenFile, a.getenv("GONGKAI_TOKEN_FILE")); file != "" && !a.tokenless {
		opts = append(opts, client.WithTokenFile(file))
	}
	if a.caFile != "" {
		opts = append(opts, client.WithCAFile(a.caFile))
	}
	if a.insecure {
		opts = append(opts, client.WithInsecure())
	}
	conn, err := client.Dial(ctx, target, opts...)
	if err != nil {
		return nil, &failure{code: exitUsage, text: text{"连接设置有误", "the connection is set up wrongly"}, err: err}
	}
	a.conn = conn
	return conn, nil
}

// agencyFlag adds --agency.
func agencyFlag(cmd *cobra.Command) *string {
	return cmd.Flags().String("agency", "", "机关代码 / id of the agency")
}

// parent makes the resource name of the agency that a command works for.
func parent(agency string) (string, error) {
	if agency == "" {
		return "", usage(text{"请用 --agency 给出机关代码", "name the agency by --agency"})
	}
	return resource("agencies/", agency), nil
}

// resource puts a collection before an id that is not yet a resource name.
func resource(collection, id string) string {
	if id == "" || strings.HasPrefix(id, collection) {
		return id
	}
	return collection + id
}

// applicationName names an application by its number; a resource name stays.
func applicationName(agency, number string) (string, error) {
	if strings.HasPrefix(number, "agencies/") {
		return number, nil
	}
	p, err := parent(agency)
	return p + "/applications/no:" + number, err
}

func firstOf(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// controls adds the flags of a call that changes something, as far as it takes them.
func controls(cmd *cobra.Command, request protoreflect.ProtoMessage) {
	m := request.ProtoReflect()
	for _, c := range []struct{ field, flag string }{
		{"etag", "etag"},
		{"request_id", "request-id"},
		{"validate_only", "what-if"},
	} {
		if m.Descriptor().Fields().ByName(protoreflect.Name(c.field)) != nil {
			bind(cmd, request, c.field, c.flag)
		}
	}
}

// readsFirst reports whether a command that changes something has to read first what it
// replaces, to be refused if somebody changes it meanwhile. It has not where the user says
// what was seen, nor where a call may be the repetition of one, which must say the same.
func readsFirst(cmd *cobra.Command, seen string) bool {
	return !cmd.Flags().Changed(seen) && !cmd.Flags().Changed("request-id")
}
