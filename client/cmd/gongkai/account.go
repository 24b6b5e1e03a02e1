package main

import (
	"strings"

	"github.com/spf13/cobra"

	pb "gongkai/proto/disclosure/v1"
)

// account holds the commands on signing in. Passwords are asked for, or come from files or
// stdin: never from the command line, which others can see.
func (a *app) account() *cobra.Command {
	return a.group("account", text{"登录与口令", "signing in: passwords, one-time codes, sign-ins"},
		a.accountSetUp(), a.accountSignIn(), a.accountSignOut(), a.accountShow(), a.accountPassword(), a.accountReset(),
		a.accountEnrol(), a.accountConfirm(), a.accountList(), a.accountEnd(),
		a.accountExchange(), a.accountBegin(), a.accountFinish(), a.accountVerify(), a.accountLink())
}

func (a *app) accountSetUp() *cobra.Command {
	request := &pb.SetUpRequest{}
	var secret, password *string
	cmd := a.command("set-up NAME", text{"首次启动后创建系统管理员账号", "make the first administrator, once"}, cobra.ExactArgs(1), func(cmd *cobra.Command, args []string) (err error) {
		if *secret == "" {
			return usage(text{"请用 --secret-file 给出首次启动写入的密钥文件（admin.token）", "name the file that the first start wrote (admin.token) by --secret-file"})
		}
		request.PrincipalId = args[0]
		if request.Secret, err = a.secretFile(*secret); err != nil {
			return err
		}
		if request.Password, err = a.newPassword(*password); err != nil {
			return err
		}
		c, err := a.connectWithout(cmd.Context())
		if err != nil {
			return err
		}
		made, err := c.Accounts.SetUp(cmd.Context(), request)
		if err != nil {
			return err
		}
		return a.printer().message(made)
	})
	bind(cmd, request, "role", "role")
	bind(cmd, request, "person", "person")
	secret = cmd.Flags().String("secret-file", "", "首次启动写入的密钥文件 / file with the secret of the first start")
	password = passwordFlag(cmd, "password-file", text{"口令文件，- 为标准输入", "file with the password, - for stdin"})
	controls(cmd, request)
	cmd.Long = `administrator：一人管理，供小型机关选用；或者分设system-administrator和security-administrator，由两人各自设立，密钥在第二人设立后失效。
administrator: one person, for a small office; or system-administrator and security-administrator apart, each set up by its
own person: the secret ends with the second.`
	cmd.Example = `  gongkai account set-up zhao --role administrator --secret-file /var/lib/gongkai/admin.token
  gongkai account set-up qian --role system-administrator --person 1001 --secret-file /var/lib/gongkai/admin.token
  gongkai account set-up sun --role security-administrator --person 1002 --secret-file /var/lib/gongkai/admin.token`
	return cmd
}

func (a *app) accountSignIn() *cobra.Command {
	request := &pb.SignInRequest{}
	var token, password *string
	cmd := a.command("sign-in ACCOUNT", text{"登录，令牌写入文件", "sign in and write the token to a file"}, cobra.ExactArgs(1), func(cmd *cobra.Command, args []string) (err error) {
		path := firstOf(*token, a.tokenFile, a.getenv("GONGKAI_TOKEN_FILE"))
		if path == "" {
			return usage(text{"请用 --token-file 或 GONGKAI_TOKEN_FILE 给出写入令牌的文件", "name the file for the token by --token-file or GONGKAI_TOKEN_FILE"})
		}
		request.Account = args[0]
		if request.Password, err = a.password(*password, text{"口令", "password"}); err != nil {
			return err
		}
		c, err := a.connectWithout(cmd.Context())
		if err != nil {
			return err
		}
		in, err := c.Accounts.SignIn(cmd.Context(), request)
		if err != nil {
			return err
		}
		if err := writePrivate(path, in.GetToken()); err != nil {
			return err
		}
		in.Token = "" // it stands in the file
		return a.printer().message(in)
	})
	token = cmd.Flags().String("token-file", "", "写入令牌的文件，已有的会替换，默认 GONGKAI_TOKEN_FILE / file for the token, replaced if it exists, default $GONGKAI_TOKEN_FILE")
	password = passwordFlag(cmd, "password-file", text{"口令文件，- 为标准输入", "file with the password, - for stdin"})
	bind(cmd, request, "one_time_code", "code")
	cmd.Example = `  export GONGKAI_TOKEN_FILE=~/.gongkai.token
  gongkai account sign-in wjw/li
  gongkai account sign-in zhao --code 492039`
	return cmd
}

func (a *app) accountSignOut() *cobra.Command {
	return a.command("sign-out", text{"退出登录", "end the sign-in whose token is used"}, cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		_, err = c.Accounts.SignOut(cmd.Context(), &pb.SignOutRequest{})
		return err
	})
}

// accountName names one's own account, or another's.
func accountName(agency string, args []string) string {
	if len(args) == 0 {
		return "principals/me"
	}
	return principalName(agency, args[0])
}

func (a *app) accountShow() *cobra.Command {
	var agency *string
	cmd := a.command("show [NAME]", text{"账号状态", "show the state of an account, by default one's own"}, cobra.MaximumNArgs(1), func(cmd *cobra.Command, args []string) error {
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		found, err := c.Accounts.GetAccount(cmd.Context(), &pb.GetAccountRequest{Name: accountName(*agency, args)})
		if err != nil {
			return err
		}
		return a.printer().message(found)
	})
	agency = agencyFlag(cmd)
	return cmd
}

func (a *app) accountPassword() *cobra.Command {
	request := &pb.ChangePasswordRequest{}
	var current, next *string
	cmd := a.command("password", text{"修改口令，其他登录随之结束", "change one's password, which ends one's other sign-ins"}, cobra.NoArgs, func(cmd *cobra.Command, _ []string) (err error) {
		if request.CurrentPassword, err = a.password(*current, text{"当前口令", "current password"}); err != nil {
			return err
		}
		if request.NewPassword, err = a.newPassword(*next); err != nil {
			return err
		}
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		changed, err := c.Accounts.ChangePassword(cmd.Context(), request)
		if err != nil {
			return err
		}
		return a.printer().message(changed)
	})
	current = passwordFlag(cmd, "current-file", text{"当前口令文件，- 为标准输入", "file with the current password, - for stdin"})
	next = passwordFlag(cmd, "new-file", text{"新口令文件，- 为标准输入", "file with the new password, - for stdin"})
	controls(cmd, request)
	cmd.Example = `  gongkai account password`
	return cmd
}

func (a *app) accountReset() *cobra.Command {
	request := &pb.ResetPasswordRequest{}
	var agency *string
	cmd := a.command("reset NAME", text{"发放一次性口令，首次登录必须修改", "give out a password for one use; also a first one"}, cobra.ExactArgs(1), func(cmd *cobra.Command, args []string) error {
		request.Name = principalName(*agency, args[0])
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		given, err := c.Accounts.ResetPassword(cmd.Context(), request)
		if err != nil {
			return err
		}
		return a.printer().message(given)
	})
	agency = agencyFlag(cmd)
	bind(cmd, request, "remove_one_time_code", "remove-one-time-code")
	cmd.Example = `  gongkai account reset li --agency wjw
  gongkai account reset li --agency wjw --remove-one-time-code    # 手机丢失 the device is lost`
	return cmd
}

func (a *app) accountEnrol() *cobra.Command {
	request := &pb.EnrolOneTimeCodeRequest{}
	cmd := a.command("enrol", text{"绑定验证器：显示密钥和恢复码，随后用confirm确认", "enrol an authenticator: shows its secret and recovery codes; confirm then"}, cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		proposed, err := c.Accounts.EnrolOneTimeCode(cmd.Context(), request)
		if err != nil {
			return err
		}
		return a.printer().message(proposed)
	})
	bind(cmd, request, "one_time_code", "code")
	return cmd
}

func (a *app) accountConfirm() *cobra.Command {
	request := &pb.ConfirmOneTimeCodeRequest{}
	cmd := a.command("confirm", text{"用验证器的当前验证码确认绑定", "confirm an authenticator by its code of the moment"}, cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		confirmed, err := c.Accounts.ConfirmOneTimeCode(cmd.Context(), request)
		if err != nil {
			return err
		}
		return a.printer().message(confirmed)
	})
	bind(cmd, request, "one_time_code", "code")
	controls(cmd, request)
	return cmd
}

func (a *app) accountList() *cobra.Command {
	var agency *string
	cmd := a.command("list [NAME]", text{"登录列表", "list the sign-ins of an account, by default one's own"}, cobra.MaximumNArgs(1), func(cmd *cobra.Command, args []string) error {
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		found, err := c.Accounts.ListSignIns(cmd.Context(), &pb.ListSignInsRequest{Parent: accountName(*agency, args)})
		if err != nil {
			return err
		}
		return list(a.printer(), "sign_ins", all(found.GetSignIns()), "name", "create_time", "last_seen_time", "expire_time", "address", "user_agent", "current")
	})
	agency = agencyFlag(cmd)
	return cmd
}

func (a *app) accountEnd() *cobra.Command {
	var others *bool
	cmd := a.command("end [SIGN_IN]", text{"结束登录", "end a sign-in, as list names it"}, cobra.MaximumNArgs(1), func(cmd *cobra.Command, args []string) error {
		if *others == (len(args) == 1) {
			return usage(text{"请给出要结束的登录，或者--others结束本人的其他登录", "name the sign-in to end, or give --others to end one's own others"})
		}
		name := "principals/me/signIns/-"
		if !*others {
			name = args[0]
			if !strings.Contains(name, "/") {
				name = "principals/me/signIns/" + name
			}
		}
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		ended, err := c.Accounts.EndSignIn(cmd.Context(), &pb.EndSignInRequest{Name: name})
		if err != nil {
			return err
		}
		return a.printer().message(ended)
	})
	others = cmd.Flags().Bool("others", false, "结束本人的其他登录 / end one's own other sign-ins")
	return cmd
}
