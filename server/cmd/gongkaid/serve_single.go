package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"gongkai/server/signon"
)

// singleFlags say which identity provider people may sign in by.
type singleFlags struct {
	issuer, client, secret, redirect, claim string
	factors                                 []string
}

func (f *singleFlags) define(c *cobra.Command) {
	c.Flags().StringVar(&f.issuer, "oidc-issuer", "", "单位统一身份认证（OpenID Connect）的issuer，默认不启用 · issuer of the identity provider; none by default")
	c.Flags().StringVar(&f.client, "oidc-client-id", "", "本系统在认证服务登记的client_id · client id")
	c.Flags().StringVar(&f.secret, "oidc-secret-file", "", "client_secret文件 · file with the client secret")
	c.Flags().StringVar(&f.redirect, "oidc-redirect", "", "登记的回调地址，https://主机/sign-in/single/back · redirect URL as registered")
	c.Flags().StringVar(&f.claim, "oidc-claim", "sub", "标识人员的声明 · claim that names a person")
	c.Flags().StringSliceVar(&f.factors, "oidc-factors", nil, "表示已验证第二因素的acr或amr值；未给出时由本系统核验动态验证码 · values of acr or amr that tell of a second factor")
	c.MarkFlagsRequiredTogether("oidc-issuer", "oidc-client-id", "oidc-secret-file", "oidc-redirect")
}

// provider is what the flags say; nil: none.
func (f *singleFlags) provider(now func() time.Time) (*signon.Provider, error) {
	if f.issuer == "" {
		return nil, nil //nolint:nilnil // no provider is the answer
	}
	secret, err := os.ReadFile(f.secret)
	if err != nil {
		return nil, fmt.Errorf("reading the client secret: %w", err)
	}
	p, err := signon.New(signon.Config{
		Issuer: f.issuer, ClientID: f.client, ClientSecret: strings.TrimSpace(string(secret)), RedirectURL: f.redirect,
		Claim: f.claim, Factors: f.factors, Now: now,
	})
	if err != nil {
		return nil, &misuse{"--oidc-…有误：地址须为https（本机除外），密钥文件不能为空，--oidc-claim不能是email", fmt.Errorf("reading --oidc-…: %w", err)}
	}
	return p, nil
}
