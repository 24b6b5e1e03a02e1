package main

import (
	"fmt"
	"net/netip"

	"github.com/spf13/cobra"

	"gongkai/server"
	"gongkai/server/password"
)

// accountFlags say how people sign in.
type accountFlags struct {
	profile   string
	terminals []string
}

func (f *accountFlags) define(c *cobra.Command) {
	c.Flags().StringVar(&f.profile, "password-profile", password.DengBao.Name,
		"口令规则：dengbao（至少8位、三类字符、90天、不重复最近5次）或者asvs（至少12位、不定期更换） · rules for passwords: dengbao or asvs")
	c.Flags().StringSliceVar(&f.terminals, "admin-from", nil,
		"管理员只能从这些网络（CIDR，逗号分隔）登录和操作，本机除外；默认不限 · networks from which administrators work, this machine besides; everywhere by default")
}

// accounts is what the flags say.
func (f *accountFlags) accounts() (server.Accounts, error) {
	for _, p := range []password.Profile{password.DengBao, password.ASVS} {
		if p.Name == f.profile {
			networks, err := f.networks()
			return server.Accounts{Profile: p, Terminals: networks}, err
		}
	}
	return server.Accounts{}, &misuse{"--password-profile“" + f.profile + "”应为dengbao或者asvs", fmt.Errorf("--password-profile %q: it is dengbao or asvs", f.profile)}
}

// networks are those from which administrators work.
func (f *accountFlags) networks() (list server.Terminals, err error) {
	for _, text := range f.terminals {
		p, err := netip.ParsePrefix(text)
		if err == nil && p != p.Masked() {
			err = fmt.Errorf("the network of that address is %s", p.Masked())
		}
		if err != nil {
			return nil, &misuse{"--admin-from“" + text + "”不是网络，应如10.20.0.0/16", fmt.Errorf("--admin-from %q: %w; give a network such as 10.20.0.0/16", text, err)}
		}
		list = append(list, p)
	}
	return list, nil
}
