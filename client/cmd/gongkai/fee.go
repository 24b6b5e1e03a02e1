package main

import (
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"gongkai/client"
	pb "gongkai/proto/disclosure/v1"
)

// fee holds the commands that compute the processing fee; notify-fee and pay-fee record it.
func (a *app) fee() *cobra.Command {
	cmd := a.group("fee", text{"信息处理费计算（109号）", "compute the processing fee (国办函〔2020〕109号)"}, a.feeItems(), a.feePages(), a.feeFor())
	cmd.Example = `  gongkai fee items 35 --agency jyj
  gongkai fee pages 250 --agency jyj
  gongkai fee for 2026-00001 --agency jyj --pages 120`
	return cmd
}

func (a *app) feeItems() *cobra.Command {
	cmd := a.feeOf("items N", text{"按件：同一申请人一个自然月N件", "by request: N applications of one applicant in a natural month"}, func(request *pb.ComputeFeeRequest, n int32) { request.Applications = n })
	cmd.Example = "  gongkai fee items 35 --agency jyj"
	return cmd
}

func (a *app) feePages() *cobra.Command {
	cmd := a.feeOf("pages N", text{"按量：一件申请提供N页", "by page: N pages supplied on one application"}, func(request *pb.ComputeFeeRequest, n int32) { request.Pages = n })
	cmd.Example = "  gongkai fee pages 250 --agency jyj"
	return cmd
}

// feeOf makes a command that computes a fee of a number.
func (a *app) feeOf(use string, help text, fill func(*pb.ComputeFeeRequest, int32)) *cobra.Command {
	var agency *string
	cmd := a.command(use, help, cobra.ExactArgs(1), func(cmd *cobra.Command, args []string) error {
		n, err := strconv.ParseInt(args[0], 10, 32)
		if err != nil {
			return usage(text{"“" + args[0] + "”应为整数", "\"" + args[0] + "\" must be a whole number"})
		}
		request := &pb.ComputeFeeRequest{}
		fill(request, int32(n))
		if request.Parent, err = parent(*agency); err != nil {
			return err
		}
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		return a.showFee(cmd, c, request)
	})
	agency = agencyFlag(cmd)
	return cmd
}

func (a *app) feeFor() *cobra.Command {
	request := &pb.ComputeFeeRequest{}
	cmd := a.onApplication("for", text{"某件申请：自动计数当月件数", "of one application, whose applicant's others in the month are counted"}, func(cmd *cobra.Command, c *client.Client, name string) error {
		request.Parent = name
		return a.showFee(cmd, c, request)
	})
	bind(cmd, request, "pages", "pages")
	bind(cmd, request, "applications", "applications")
	bind(cmd, request, "ordinal", "ordinal")
	cmd.Example = "  gongkai fee for 2026-00001 --agency jyj --pages 120"
	return cmd
}

// showFee asks for a fee and shows its calculation, one row a tier.
func (a *app) showFee(cmd *cobra.Command, c *client.Client, request *pb.ComputeFeeRequest) error {
	answer, err := c.Advice.ComputeFee(cmd.Context(), request)
	if err != nil {
		return err
	}
	for _, w := range answer.GetWarnings() {
		a.note(text{"提示", "note"}, w)
	}
	if a.output == "json" {
		return a.printer().message(answer)
	}
	if answer.GetMonth() != "" && a.output == "table" {
		fmt.Fprintln(a.stdout, text{
			fmt.Sprintf("%s 该申请人共%d件，本件为第%d件", answer.GetMonth(), answer.GetApplications(), answer.GetOrdinal()),
			fmt.Sprintf("%s: %d of the applicant, this one is no. %d", answer.GetMonth(), answer.GetApplications(), answer.GetOrdinal()),
		}.in(a.lang))
	}
	var rows [][]string
	for _, calc := range answer.GetCalculations() {
		tariff, scope := calc.GetTariff(), calc.GetScope()
		if a.output == "table" {
			tariff, scope = feeWords[tariff].in(a.lang), feeWords[scope].in(a.lang)
		}
		for _, t := range calc.GetTiers() {
			rows = append(rows, []string{
				tariff, scope, strconv.Itoa(int(t.GetFirst())), strconv.Itoa(int(t.GetLast())), strconv.Itoa(int(t.GetUnits())),
				yuan(t.GetPriceFen()), yuan(t.GetAmountFen()), calc.GetArticle(),
			})
		}
		rows = append(rows, []string{tariff, scope, "", "", "", "", yuan(calc.GetAmountFen()), calc.GetArticle()})
	}
	return a.printer().rows([]string{"fee.tariff", "fee.scope", "fee.first", "fee.last", "fee.units", "fee.price_yuan", "fee.amount_yuan", "article"}, rows)
}

// feeWords name tariffs and what a calculation is of.
var feeWords = map[string]text{
	"per_item": {"按件", "by request"}, "per_page": {"按量", "by page"},
	"application": {"本件", "this one"}, "month": {"当月合计", "whole month"},
}

// yuan writes fen as yuan.
func yuan(fen int64) string { return fmt.Sprintf("%d.%02d", fen/100, fen%100) }
