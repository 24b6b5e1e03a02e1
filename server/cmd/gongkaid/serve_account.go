package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"gongkai/server"
	"gongkai/server/password"
)

// accountFlags say how people sign in.
type accountFlags struct{ profile string }

func (f *accountFlags) define(c *cobra.Command) {
	c.Flags().StringVar(&f.profile, "password-profile", password.DengBao.Name,
		"口令规则：dengbao（至少8位、三类字符、90天、不重复最近5次）或者asvs（至少12位、不定期更换） · rules for passwords: dengbao or asvs")
}

// accounts is what the flags say.
func (f *accountFlags) accounts() (server.Accounts, error) {
	for _, p := range []password.Profile{password.DengBao, password.ASVS} {
		if p.Name == f.profile {
			return server.Accounts{Profile: p}, nil
		}
	}
	return server.Accounts{}, &misuse{"--password-profile“" + f.profile + "”应为dengbao或者asvs", fmt.Errorf("--password-profile %q: it is dengbao or asvs", f.profile)}
}
