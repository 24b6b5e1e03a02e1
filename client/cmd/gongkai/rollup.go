package main

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"gongkai/client"
	pb "gongkai/proto/disclosure/v1"
)

// rollupReport is a roll-up as scripts read it: a report, and how many units it is of.
type rollupReport struct {
	annualReport

	Units      int32    `json:"units"`
	Reported   int32    `json:"reported"`
	Silent     int32    `json:"silent"`
	Unbalanced int32    `json:"unbalanced"`
	Frozen     int32    `json:"frozen"`
	Warnings   []string `json:"warnings"`
}

// unitColumns are what is shown of a unit.
var unitColumns = []string{"agency", "display_name", "state", "received", "concluded", "carried_forward", "parent", "successor", "findings.id"}

// reportRollup sums a form over a tree of agencies, or lists its units.
func (a *app) reportRollup() *cobra.Command {
	request := &pb.ComputeRollupRequest{}
	var agency *string
	var units, silent, unbalanced bool
	cmd := a.command("rollup", text{"逐级汇总", "sum a form over an agency and all below it"}, cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		var err error
		if request.Parent, err = parent(*agency); err != nil {
			return err
		}
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		if units || silent || unbalanced {
			return a.listUnits(cmd, c, request, silent, unbalanced)
		}
		sum, err := c.Rollups.ComputeRollup(cmd.Context(), request)
		if err != nil {
			return err
		}
		return a.showRollup(sum)
	})
	agency = agencyFlag(cmd)
	for _, f := range [][2]string{{"year", "year"}, {"form", "form"}, {"own_only", "own"}} {
		bind(cmd, request, f[0], f[1])
	}
	f := cmd.Flags()
	f.BoolVar(&units, "units", false, "列出各单位 / list the units")
	f.BoolVar(&silent, "silent", false, "只列未报单位 / list the units that have not reported")
	f.BoolVar(&unbalanced, "unbalanced", false, "只列勾稽不符的单位 / list the units that do not balance")
	for _, list := range []string{"units", "silent", "unbalanced"} {
		cmd.MarkFlagsMutuallyExclusive("own", list)
	}
	cmd.MarkFlagsMutuallyExclusive("silent", "unbalanced")
	cmd.Example = `  gongkai report rollup --agency city --year 2025 --form table-2021 -o json
  gongkai report rollup --agency city --year 2025 --form table-2021 --own       # 本级 the agency itself
  gongkai report rollup --agency city --year 2025 --form table-2021 --silent    # 未报单位 who has not reported`
	return cmd
}

func (a *app) listUnits(cmd *cobra.Command, c *client.Client, sum *pb.ComputeRollupRequest, silent, unbalanced bool) error {
	request := &pb.ListRollupUnitsRequest{
		Parent: sum.GetParent(), Year: sum.GetYear(), Form: sum.GetForm(), PageSize: pageSize, Unbalanced: unbalanced,
	}
	if silent {
		request.State = pb.RollupUnit_SILENT
	}
	rows := client.List(cmd.Context(), c.Rollups.ListRollupUnits, request, (*pb.ListRollupUnitsResponse).GetUnits)
	return list(a.printer(), "units", rows, unitColumns...)
}

// showRollup prints the sum as a report is printed, and how many units it is of.
func (a *app) showRollup(r *pb.ComputeRollupResponse) error {
	if a.output == "json" {
		report, err := newAnnualReport(r.GetReport())
		if err != nil {
			return err
		}
		return a.printer().json(rollupReport{
			report, r.GetUnits(), r.GetReported(), r.GetSilent(), r.GetUnbalanced(), r.GetFrozen(), append([]string{}, r.GetReport().GetWarnings()...),
		})
	}
	a.note(text{"单位", "units"}, text{
		fmt.Sprintf("共%d个，已报%d，未报%d，勾稽不符%d，已冻结%d", r.GetUnits(), r.GetReported(), r.GetSilent(), r.GetUnbalanced(), r.GetFrozen()),
		fmt.Sprintf("%d in all, %d reported, %d silent, %d unbalanced, %d frozen", r.GetUnits(), r.GetReported(), r.GetSilent(), r.GetUnbalanced(), r.GetFrozen()),
	}.in(a.lang))
	return a.showReport(r.GetReport())
}

// reportReceive takes in the report of a unit that does not use the service.
func (a *app) reportReceive() *cobra.Command {
	request := &pb.PutReceivedReportRequest{}
	var agency *string
	cmd := a.command("receive FILE", text{"录入未使用本系统单位的年度报告（JSON或XLSX）", "take in the report of a unit that does not use the service (JSON or XLSX)"},
		cobra.ExactArgs(1), func(cmd *cobra.Command, args []string) error {
			var err error
			if request.Parent, err = parent(*agency); err != nil {
				return err
			}
			if err := a.readIntake(args[0], request); err != nil {
				return err
			}
			c, err := a.connect(cmd.Context())
			if err != nil {
				return err
			}
			taken, err := c.Rollups.PutReceivedReport(cmd.Context(), request)
			if err != nil {
				return err
			}
			return a.showReceived(taken)
		})
	cmd.ValidArgsFunction = cobra.FixedCompletions([]string{"json", "xlsx"}, cobra.ShellCompDirectiveFilterFileExt)
	agency = agencyFlag(cmd)
	bind(cmd, request, "year", "year")
	bind(cmd, request, "form", "form")
	controls(cmd, request)
	cmd.AddCommand(a.reportReceived())
	cmd.Example = `  gongkai report receive --agency town --year 2025 --form table-2021 town-2025.json
  gongkai report receive get --agency town --year 2025 --form table-2021 -o json`
	return cmd
}

// readIntake reads a file; a workbook is known by how it begins.
func (a *app) readIntake(path string, request *pb.PutReceivedReportRequest) error {
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return &failure{code: exitUsage, text: text{"文件无法打开", "the file cannot be opened"}, err: err}
		}
		defer file.Close() //nolint:errcheck // it was only read
		content, err := io.ReadAll(io.LimitReader(file, maxReport))
		if err != nil {
			return &failure{code: exitUsage, text: text{"文件无法读取", "the file cannot be read"}, err: err}
		}
		if bytes.HasPrefix(content, []byte("PK\x03\x04")) {
			request.Xlsx = content
			return nil
		}
	}
	var err error
	request.Json, err = a.readText(path)
	return err
}

// reportReceived shows a report that was taken in.
func (a *app) reportReceived() *cobra.Command {
	request := &pb.GetReceivedReportRequest{}
	var agency *string
	cmd := a.command("get", text{"查看录入的报告", "show the report that was taken in"}, cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		var err error
		if request.Parent, err = parent(*agency); err != nil {
			return err
		}
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		taken, err := c.Rollups.GetReceivedReport(cmd.Context(), request)
		if err != nil {
			return err
		}
		return a.showReceived(taken)
	})
	agency = agencyFlag(cmd)
	bind(cmd, request, "year", "year")
	bind(cmd, request, "form", "form")
	cmd.Example = `  gongkai report receive get --agency town --year 2025 --form table-2021 -o json`
	return cmd
}

// received is a report that was taken in as scripts read it.
type received struct {
	Agency     string     `json:"agency"`
	Year       int32      `json:"year"`
	Form       string     `json:"form"`
	Figures    rawFigures `json:"figures"`
	Findings   []finding  `json:"findings"`
	Actor      string     `json:"actor"`
	RecordTime string     `json:"record_time"`
}

// rawFigures are figures as the service gave them.
type rawFigures string

// MarshalJSON leaves them as they are.
func (f rawFigures) MarshalJSON() ([]byte, error) { return []byte(f), nil }

func (a *app) showReceived(r *pb.ReceivedReport) error {
	if a.output != "json" {
		for _, f := range r.GetFindings() {
			if f.GetStatus() == pb.Finding_FAIL || f.GetStatus() == pb.Finding_UNCERTAIN {
				a.note(text{"校验", "check"}, f.GetId()+" "+f.GetMessage())
			}
		}
		return a.printer().message(&pb.ReceivedReport{
			Agency: r.GetAgency(), Year: r.GetYear(), Form: r.GetForm(), Json: r.GetJson(), Actor: r.GetActor(), RecordTime: r.GetRecordTime(),
		})
	}
	findings, err := newFindings(r.GetFindings())
	if err != nil {
		return err
	}
	return a.printer().json(received{
		r.GetAgency(), r.GetYear(), r.GetForm(), rawFigures(r.GetJson()), findings, r.GetActor(), r.GetRecordTime().AsTime().Format("2006-01-02T15:04:05.999999Z07:00"),
	})
}
