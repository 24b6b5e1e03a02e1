package main

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"

	"github.com/spf13/cobra"

	pb "gongkai/proto/disclosure/v1"
)

// accountExchange signs in with the token in use.
func (a *app) accountExchange() *cobra.Command {
	return a.command("exchange FILE", text{"用令牌换取登录，登录令牌写入文件", "sign in with the token in use and write the sign-in's token to a file"}, cobra.ExactArgs(1), func(cmd *cobra.Command, args []string) error {
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		in, err := c.Accounts.ExchangeToken(cmd.Context(), &pb.ExchangeTokenRequest{})
		if err != nil {
			return err
		}
		return a.entered(args[0], in)
	})
}

// entered writes the token of a sign-in to a file, and shows the rest.
func (a *app) entered(path string, in *pb.SignInResponse) error {
	if err := writePrivate(path, in.GetToken()); err != nil {
		return err
	}
	in.Token = "" // it stands in the file
	return a.printer().message(in)
}

// accountBegin begins to sign in by the identity provider. The file is the verifier, which
// makes the code of use to nobody else; the nonce follows from it.
func (a *app) accountBegin() *cobra.Command {
	cmd := a.command("single-begin FILE", text{"开始统一身份认证登录：输出认证地址，凭据写入文件", "begin single sign-on: prints where to sign in, and writes what finishes it to a file"}, cobra.ExactArgs(1), func(cmd *cobra.Command, args []string) error {
		verifier := rand.Text() + rand.Text()
		if err := writePrivate(args[0], verifier); err != nil {
			return err
		}
		c, err := a.connectWithout(cmd.Context())
		if err != nil {
			return err
		}
		begun, err := c.Accounts.BeginSingleSignOn(cmd.Context(), &pb.BeginSingleSignOnRequest{
			State: rand.Text() + rand.Text(), Nonce: digest("nonce " + verifier), CodeChallenge: digest(verifier),
		})
		if err != nil {
			return err
		}
		return a.printer().message(begun)
	})
	cmd.Example = `  gongkai account single-begin ~/.gongkai.begun    # 在浏览器中登录 sign in there with a browser
  gongkai account single-finish ~/.gongkai.begun --code CODE --token-file ~/.gongkai.token    # 回调地址中的code the code in the address it leads to`
	return cmd
}

func (a *app) accountFinish() *cobra.Command {
	request := &pb.FinishSingleSignOnRequest{}
	var token *string
	cmd := a.command("single-finish FILE", text{"用认证服务返回的code完成登录，令牌写入文件", "finish single sign-on with the code, and write the token to a file"}, cobra.ExactArgs(1), func(cmd *cobra.Command, args []string) (err error) {
		path := firstOf(*token, a.tokenFile, a.getenv("GONGKAI_TOKEN_FILE"))
		if path == "" {
			return usage(text{"请用 --token-file 或 GONGKAI_TOKEN_FILE 给出写入令牌的文件", "name the file for the token by --token-file or GONGKAI_TOKEN_FILE"})
		}
		if request.CodeVerifier, err = a.secretFile(args[0]); err != nil {
			return err
		}
		request.Nonce = digest("nonce " + request.GetCodeVerifier())
		c, err := a.connectWithout(cmd.Context())
		if err != nil {
			return err
		}
		in, err := c.Accounts.FinishSingleSignOn(cmd.Context(), request)
		if err != nil {
			return err
		}
		return a.entered(path, in)
	})
	token = cmd.Flags().String("token-file", "", "写入令牌的文件，默认 GONGKAI_TOKEN_FILE / file for the token, default $GONGKAI_TOKEN_FILE")
	bind(cmd, request, "code", "code")
	return cmd
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func (a *app) accountVerify() *cobra.Command {
	request := &pb.VerifyOneTimeCodeRequest{}
	cmd := a.command("verify", text{"统一身份认证登录后输入动态验证码", "give the one-time code after single sign-on"}, cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		shown, err := c.Accounts.VerifyOneTimeCode(cmd.Context(), request)
		if err != nil {
			return err
		}
		return a.printer().message(shown)
	})
	bind(cmd, request, "one_time_code", "code")
	return cmd
}

func (a *app) accountLink() *cobra.Command {
	request := &pb.LinkIdentityRequest{}
	var agency *string
	cmd := a.command("link NAME", text{"关联统一身份认证的标识，不给--subject则解除", "link an account to an identity at the identity provider; without --subject to none"}, cobra.ExactArgs(1), func(cmd *cobra.Command, args []string) error {
		request.Name = principalName(*agency, args[0])
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		linked, err := c.Accounts.LinkIdentity(cmd.Context(), request)
		if err != nil {
			return err
		}
		return a.printer().message(linked)
	})
	agency = agencyFlag(cmd)
	bind(cmd, request, "subject", "subject")
	controls(cmd, request)
	cmd.Example = `  gongkai account link li --agency wjw --subject 248289761001`
	return cmd
}
