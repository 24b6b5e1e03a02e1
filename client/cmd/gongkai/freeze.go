package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	"gongkai/client"
	pb "gongkai/proto/disclosure/v1"
)

// frozenColumns are what is shown of a frozen year.
var frozenColumns = []string{"year", "version", "state", "form", "freeze_time", "actor", "amender", "reason", "hash"}

// reportFreezing are the commands on frozen years.
func (a *app) reportFreezing() []*cobra.Command {
	return []*cobra.Command{a.reportFreeze(), a.reportAmend(), a.reportDiff(), a.reportFrozen(), a.reportCarryOver()}
}

// onYear makes a command on one agency, and mostly on one year of it. The request has a
// parent, and the flags that are named.
func (a *app) onYear(use string, help text, request protoreflect.ProtoMessage, do func(cmd *cobra.Command, c *client.Client) error, flags ...string) *cobra.Command {
	var agency *string
	cmd := a.command(use, help, cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		name, err := parent(*agency)
		if err != nil {
			return err
		}
		m := request.ProtoReflect()
		m.Set(m.Descriptor().Fields().ByName("parent"), protoreflect.ValueOfString(name))
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		return do(cmd, c)
	})
	agency = agencyFlag(cmd)
	for _, flag := range flags {
		bind(cmd, request, strings.ReplaceAll(flag, "-", "_"), flag)
	}
	controls(cmd, request)
	return cmd
}

func (a *app) reportFreeze() *cobra.Command {
	request := &pb.FreezeReportRequest{}
	cmd := a.onYear("freeze", text{"冻结一个年度（报送）", "freeze a year once it is submitted; ends an open amendment"}, request, func(cmd *cobra.Command, c *client.Client) error {
		frozen, err := c.Freezes.FreezeReport(cmd.Context(), request)
		if err != nil {
			return err
		}
		return a.printer().message(frozen)
	}, "year", "form")
	cmd.Example = `  gongkai report freeze --agency jyj --year 2025`
	return cmd
}

func (a *app) reportAmend() *cobra.Command {
	request := &pb.AmendReportRequest{}
	cmd := a.onYear("amend", text{"打开对已冻结年度的更正", "open an amendment of a frozen year; another person freezes it again"}, request, func(cmd *cobra.Command, c *client.Client) error {
		frozen, err := c.Freezes.AmendReport(cmd.Context(), request)
		if err != nil {
			return err
		}
		return a.printer().message(frozen)
	}, "year", "reason")
	cmd.Example = `  gongkai report amend --agency jyj --year 2025 --reason 漏登一件信函申请`
	return cmd
}

func (a *app) reportFrozen() *cobra.Command {
	every, one := &pb.ListFrozenReportsRequest{}, &pb.GetFrozenReportRequest{}
	year := 0
	cmd := a.onYear("frozen", text{"已冻结的年度及其各版", "list the frozen years with every version, or show one with its tables"}, every, func(cmd *cobra.Command, c *client.Client) error {
		if year == 0 {
			found, err := c.Freezes.ListFrozenReports(cmd.Context(), every)
			if err != nil {
				return err
			}
			return list(a.printer(), "reports", all(found.GetReports()), frozenColumns...)
		}
		one.Name = fmt.Sprintf("%s/frozenReports/%d", every.GetParent(), year)
		frozen, err := c.Freezes.GetFrozenReport(cmd.Context(), one)
		if err != nil {
			return err
		}
		return a.printer().message(frozen)
	})
	cmd.Flags().IntVar(&year, "year", 0, label("year").String())
	bind(cmd, one, "version", "version")
	cmd.Example = `  gongkai report frozen --agency jyj -o json
  gongkai report frozen --agency jyj --year 2025 --version 1`
	return cmd
}

func (a *app) reportDiff() *cobra.Command {
	request := &pb.DiffReportRequest{}
	cmd := a.onYear("diff", text{"已冻结的一版与另一版或现状的差异", "compare a frozen version with another, or with what the cases say now"}, request, func(cmd *cobra.Command, c *client.Client) error {
		found, err := c.Freezes.DiffReport(cmd.Context(), request)
		if err != nil {
			return err
		}
		return a.showDiff(found)
	}, "year", "form", "from-version", "to-version")
	cmd.Example = `  gongkai report diff --agency jyj --year 2025
  gongkai report diff --agency jyj --year 2025 --from-version 1 --to-version 2 -o json`
	return cmd
}

// showDiff prints a line for each cell, with the cases that left and entered it.
func (a *app) showDiff(found *pb.DiffReportResponse) error {
	if a.output == "json" {
		return a.printer().message(found)
	}
	var rows [][]string
	for _, cell := range found.GetCells() {
		rows = append(rows, []string{
			cell.GetCell(), cell.GetLabel(), cell.GetBefore(), cell.GetAfter(),
			a.entryNames(cell.GetRemoved()), a.entryNames(cell.GetAdded()),
		})
	}
	return a.printer().rows([]string{"cell", "label", "before", "after", "removed", "added"}, rows)
}

// entryNames names applications by their numbers, and remedies by kind, number and day.
func (a *app) entryNames(entries []*pb.CellEntry) string {
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.GetApplicationNo()
		if kind := e.GetRemedyKind(); kind != "" {
			name := kind
			if t, ok := valueLabels[strings.ToUpper(kind)]; ok && a.output == "table" {
				name = t.in(a.lang)
			}
			names[i] = strings.TrimSpace(fmt.Sprintf("%s %s %s", name, e.GetApplicationNo(), e.GetFileDate()))
		}
	}
	return strings.Join(names, "; ")
}

func (a *app) reportCarryOver() *cobra.Command {
	request := &pb.CompareCarryOverRequest{}
	cmd := a.onYear("carry-over", text{"核对上年结转与本年转入", "compare what was carried forward with what is carried in"}, request, func(cmd *cobra.Command, c *client.Client) error {
		found, err := c.Freezes.CompareCarryOver(cmd.Context(), request)
		if err != nil {
			return err
		}
		return a.showCarryOver(request.GetYear(), found)
	}, "year")
	cmd.Example = `  gongkai report carry-over --agency jyj --year 2026`
	return cmd
}

// showCarryOver prints both counts and every difference; a difference ends the command
// with exit code 1, as a failed check does.
func (a *app) showCarryOver(year int32, found *pb.CompareCarryOverResponse) error {
	if err := a.printCarryOver(year, found); err != nil {
		return err
	}
	if len(found.GetDifferences()) > 0 {
		return errFound
	}
	return nil
}

func (a *app) printCarryOver(year int32, found *pb.CompareCarryOverResponse) error {
	if a.output == "json" {
		return a.printer().message(found)
	}
	if a.output == "table" {
		source := text{"年末时的登记情况", "the register at its end"}
		if found.GetFrozen() {
			source = text{"已冻结的报告", "the frozen report"}
		}
		fmt.Fprintln(a.stdout, text{
			fmt.Sprintf("%d年结转下年（%s）：%s；%d年上年结转：%s", year-1, source.zh, found.GetCarriedForward(), year, found.GetCarriedIn()),
			fmt.Sprintf("carried forward by %d (%s): %s; carried into %d: %s", year-1, source.en, found.GetCarriedForward(), year, found.GetCarriedIn()),
		}.in(a.lang))
		if len(found.GetDifferences()) == 0 {
			fmt.Fprintln(a.stdout, text{"两份清单一致", "the two lists are the same"}.in(a.lang))
			return nil
		}
	}
	return list(a.printer(), "differences", all(found.GetDifferences()), "entry.application_no", "added", "reason", "actor", "record_time")
}

// asOfFlag adds --as-of: an instant, or a day, which is its end.
func asOfFlag(cmd *cobra.Command, into **timestamppb.Timestamp) {
	cmd.Flags().Var(&instant{into: into}, "as-of", label("as_of_time").String()+": 2026-01-31 / 2026-01-31T12:00:00+08:00")
}

// instant is a flag that takes a point in time.
type instant struct {
	into   **timestamppb.Timestamp
	begins bool // a day is its first instant, not its last
}

// String is empty: the default is now.
func (i *instant) String() string { return "" }

// Type is what the help shows for the value.
func (i *instant) Type() string { return "time" }

// Set reads an instant with its zone, or a day in Asia/Shanghai, of which the last
// microsecond counts, or the first.
func (i *instant) Set(value string) error {
	if t, err := time.Parse(time.RFC3339Nano, value); err == nil {
		*i.into = timestamppb.New(t)
		return nil
	}
	t, err := time.ParseInLocation(time.DateOnly, value, shanghai)
	if err != nil {
		return fmt.Errorf("应为日期或时刻 must be a day or an instant: 2026-01-31, 2026-01-31T12:00:00+08:00")
	}
	if !i.begins {
		t = t.AddDate(0, 0, 1).Add(-time.Microsecond)
	}
	*i.into = timestamppb.New(t)
	return nil
}
