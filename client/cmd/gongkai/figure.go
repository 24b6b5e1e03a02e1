package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"gongkai/client"
	pb "gongkai/proto/disclosure/v1"
)

// figureColumns are what is shown of a figure.
var figureColumns = []string{"year", "code", "value"}

// figure holds the commands on figures that no case can tell.
func (a *app) figure() *cobra.Command {
	return a.group("figure", text{"人工填报的数据", "figures entered by hand"}, a.figureSet(), a.figureList())
}

func (a *app) figureSet() *cobra.Command {
	request := &pb.SetFiguresRequest{}
	var agency *string
	var year *int32
	var seen []string
	cmd := a.command("set CODE=VALUE…", text{"填报数据", "enter figures; one given again replaces the value"}, cobra.MinimumNArgs(1), func(cmd *cobra.Command, args []string) error {
		var err error
		if request.Parent, err = parent(*agency); err != nil {
			return err
		}
		if request.Figures, err = givenFigures(args, *year); err != nil {
			return err
		}
		previous, err := assigned(seen)
		if err != nil {
			return err
		}
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		if err := seeFigures(cmd.Context(), c, request, previous, readsFirst(cmd, "previous")); err != nil {
			return err
		}
		answer, err := c.Reports.SetFigures(cmd.Context(), request)
		if err != nil {
			return err
		}
		return list(a.printer(), "figures", all(answer.GetFigures()), figureColumns...)
	})
	agency = agencyFlag(cmd)
	year = cmd.Flags().Int32("year", 0, label("year").String()+"（必填 required）")
	cmd.Flags().Lookup("year").Annotations = map[string][]string{requiredFlag: {label("year").zh, label("year").en}}
	controls(cmd, request)
	cmd.Flags().StringArrayVar(&seen, "previous", nil, text{"看到的原数据：CODE=VALUE；已被他人改动的，不再填报", "value that was seen, CODE=VALUE: refused if it is another by now"}.String()+"（可重复 repeatable）")
	cmd.Example = `  gongkai figure set --agency jyj --year 2025 t2.5.licences=12 t2.8.fees=0`
	return cmd
}

// givenFigures reads CODE=VALUE.
func givenFigures(args []string, year int32) (list []*pb.Figure, err error) {
	for _, arg := range args {
		code, value, ok := strings.Cut(arg, "=")
		if !ok {
			return nil, usage(text{fmt.Sprintf("“%s”应写成 CODE=VALUE", arg), fmt.Sprintf("%q must be CODE=VALUE", arg)})
		}
		list = append(list, &pb.Figure{Year: year, Code: code, Value: value})
	}
	return list, nil
}

// seeFigures adds to what is sent the values that were seen, or that are read now.
func seeFigures(ctx context.Context, c *client.Client, request *pb.SetFiguresRequest, previous map[string]string, reads bool) error {
	if reads {
		found, err := c.Reports.ListFigures(ctx, &pb.ListFiguresRequest{Parent: request.GetParent(), Year: request.GetFigures()[0].GetYear()})
		if err != nil {
			return err
		}
		for _, f := range found.GetFigures() {
			previous[f.GetCode()] = f.GetValue()
		}
	}
	for _, f := range request.GetFigures() {
		if value, ok := previous[f.GetCode()]; ok || reads {
			f.PreviousValue = &value
		}
	}
	return nil
}

func (a *app) figureList() *cobra.Command {
	request := &pb.ListFiguresRequest{}
	var agency *string
	cmd := a.command("list", text{"填报数据列表", "list the entered figures"}, cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		var err error
		if request.Parent, err = parent(*agency); err != nil {
			return err
		}
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		found, err := c.Reports.ListFigures(cmd.Context(), request)
		if err != nil {
			return err
		}
		return list(a.printer(), "figures", all(found.GetFigures()), figureColumns...)
	})
	agency = agencyFlag(cmd)
	bind(cmd, request, "year", "year")
	return cmd
}
