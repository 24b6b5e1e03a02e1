package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"gongkai/client"
	pb "gongkai/proto/disclosure/v1"
)

// settingColumns are what is shown of a setting.
var settingColumns = []string{"key", "value", "default_value", "label", "values", "source"}

// settings holds the commands on an agency's own rules.
func (a *app) settings() *cobra.Command {
	return a.group("settings", text{"本机关设置", "an agency's own rules where the law leaves it free"}, a.settingsList(), a.settingsSet())
}

func (a *app) settingsList() *cobra.Command {
	request := &pb.ListSettingsRequest{}
	var agency *string
	cmd := a.command("list [KEY]", text{"设置一览：含义、默认值、可用值、依据", "list the settings with meaning, default, values and source"}, cobra.MaximumNArgs(1), func(cmd *cobra.Command, args []string) error {
		var err error
		if request.Parent, err = parent(*agency); err != nil {
			return err
		}
		if len(args) == 1 {
			request.Key = args[0]
		}
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		found, err := c.Settings.ListSettings(cmd.Context(), request)
		if err != nil {
			return err
		}
		return list(a.printer(), "settings", all(found.GetSettings()), settingColumns...)
	})
	agency = agencyFlag(cmd)
	bind(cmd, request, "on_date", "on")
	cmd.Example = `  gongkai settings list --agency jyj
  gongkai settings list law.second_supplement --agency jyj --on 2026-01-01 -o json`
	return cmd
}

func (a *app) settingsSet() *cobra.Command {
	request := &pb.UpdateSettingsRequest{}
	var agency *string
	var seen []string
	cmd := a.command("set KEY=VALUE…", text{"修改设置，自某日起生效；空值恢复默认", "change settings from a day on; an empty value is the default again"}, cobra.MinimumNArgs(1), func(cmd *cobra.Command, args []string) error {
		var err error
		if request.Parent, err = parent(*agency); err != nil {
			return err
		}
		if request.Values, err = assigned(args); err != nil {
			return err
		}
		if request.Etags, err = assigned(seen); err != nil {
			return err
		}
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		if readsFirst(cmd, "etag") {
			if err := seeSettings(cmd.Context(), c, request); err != nil {
				return err
			}
		}
		answer, err := c.Settings.UpdateSettings(cmd.Context(), request)
		if err != nil {
			return err
		}
		shown := slices.DeleteFunc(answer.GetSettings(), func(s *pb.Setting) bool {
			_, changed := request.GetValues()[s.GetKey()]
			return !changed
		})
		return list(a.printer(), "settings", all(shown), settingColumns...)
	})
	agency = agencyFlag(cmd)
	bind(cmd, request, "effective_date", "from")
	controls(cmd, request)
	cmd.Flags().StringArrayVar(&seen, "etag", nil, text{"看到的版本标记：KEY=ETAG；其后有人修改的，不再修改", "etag that was seen, KEY=ETAG: refused if it was changed since"}.String()+"（可重复 repeatable）")
	cmd.Example = `  gongkai settings set --agency jyj lights.yellow=7 number.word=沪教
  gongkai settings set --agency jyj --from 2027-01-01 'number.application=沪教公开〔{year}〕第{n}号'`
	return cmd
}

// seeSettings adds to what is sent the etags of the settings as they stand.
func seeSettings(ctx context.Context, c *client.Client, request *pb.UpdateSettingsRequest) error {
	found, err := c.Settings.ListSettings(ctx, &pb.ListSettingsRequest{Parent: request.GetParent()})
	if err != nil {
		return err
	}
	for _, s := range found.GetSettings() {
		if _, changed := request.GetValues()[s.GetKey()]; changed {
			request.Etags[s.GetKey()] = s.GetEtag()
		}
	}
	return nil
}

// assigned reads KEY=VALUE.
func assigned(args []string) (map[string]string, error) {
	values := map[string]string{}
	for _, arg := range args {
		key, value, ok := strings.Cut(arg, "=")
		if !ok {
			return nil, usage(text{fmt.Sprintf("“%s”应写成 KEY=VALUE", arg), fmt.Sprintf("%q must be KEY=VALUE", arg)})
		}
		if _, twice := values[key]; twice {
			return nil, usage(text{fmt.Sprintf("“%s”出现了两次", key), fmt.Sprintf("%q stands twice", key)})
		}
		values[key] = value
	}
	return values, nil
}

// number holds the commands on document numbers.
func (a *app) number() *cobra.Command {
	return a.group("number", text{"文书编号", "numbers of documents"}, a.numberTake())
}

func (a *app) numberTake() *cobra.Command {
	request := &pb.TakeNumberRequest{}
	var agency, application *string
	cmd := a.command("take KIND", text{"取下一个文书编号：连续、不重复", "take the next number of a kind of document: no gaps, none twice"}, cobra.ExactArgs(1), func(cmd *cobra.Command, args []string) error {
		var err error
		if request.Parent, err = parent(*agency); err != nil {
			return err
		}
		request.Kind = args[0]
		if *application != "" {
			if request.Application, err = applicationName(*agency, *application); err != nil {
				return err
			}
		}
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		taken, err := c.Settings.TakeNumber(cmd.Context(), request)
		if err != nil {
			return err
		}
		return a.printer().message(taken)
	})
	agency = agencyFlag(cmd)
	application = cmd.Flags().String("application", "", label("application").String())
	bind(cmd, request, "year", "year")
	controls(cmd, request)
	cmd.Example = `  gongkai number take reply --agency jyj --application 2026-00012`
	return cmd
}
