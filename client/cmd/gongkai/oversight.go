package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"gongkai/client"
	pb "gongkai/proto/disclosure/v1"
)

// reportOversight holds the commands that check a report all year.
func (a *app) reportOversight() []*cobra.Command {
	return []*cobra.Command{a.reportChecks(), a.reportAccept(), a.reportNarrative()}
}

// reportChecks runs the catalogue. A hard check that fails ends it with exit code 1.
func (a *app) reportChecks() *cobra.Command {
	request := &pb.ListChecksRequest{}
	var agency *string
	cmd := a.command("checks", text{"全部校验及其依据", "run every check, with what it rests on"}, cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		var err error
		if request.Parent, err = parent(*agency); err != nil {
			return err
		}
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		answer, err := c.Oversight.ListChecks(cmd.Context(), request)
		if err != nil {
			return err
		}
		return a.showChecks(answer.GetChecks())
	})
	agency = agencyFlag(cmd)
	bind(cmd, request, "year", "year")
	bind(cmd, request, "form", "form")
	bind(cmd, request, "open_only", "open")
	cmd.Example = `  gongkai report checks --agency jyj --year 2025 --form table-2021 --open`
	return cmd
}

// check is one check as scripts read it.
type check struct {
	finding
	Hard         bool            `json:"hard"`
	Source       string          `json:"source"`
	Cells        []string        `json:"cells"`
	Applications []string        `json:"applications"`
	Remedies     []cellRemedy    `json:"remedies"`
	Accepted     *acceptedReason `json:"accepted"`
}

type acceptedReason struct {
	Reason string `json:"reason"`
	Actor  string `json:"actor"`
	Time   string `json:"time"`
}

func newCheck(c *pb.Check) (check, error) {
	findings, err := newFindings([]*pb.Finding{{Id: c.GetId(), Status: c.GetStatus(), Message: c.GetMessage(), Left: c.GetLeft(), Right: c.GetRight()}})
	if err != nil {
		return check{}, err
	}
	out := check{finding: findings[0], Hard: c.GetHard(), Source: c.GetSource(), Cells: append([]string{}, c.GetCells()...)}
	entries := cellEntries{Applications: []string{}, Remedies: []cellRemedy{}}
	if err := entries.add(c.GetEntries()); err != nil {
		return check{}, err
	}
	out.Applications, out.Remedies = entries.Applications, entries.Remedies
	if c.GetAcceptReason() != "" {
		out.Accepted = &acceptedReason{c.GetAcceptReason(), c.GetAcceptActor(), c.GetAcceptTime().AsTime().In(shanghai).Format("2006-01-02T15:04:05Z07:00")}
	}
	return out, nil
}

// showChecks prints checks; a hard FAIL among them ends the command with exit code 1.
func (a *app) showChecks(list []*pb.Check) error {
	if err := a.printChecks(list); err != nil {
		return err
	}
	if slices.ContainsFunc(list, func(c *pb.Check) bool { return c.GetHard() && c.GetStatus() == pb.Finding_FAIL }) {
		return errFound
	}
	return nil
}

func (a *app) printChecks(list []*pb.Check) error {
	switch a.output {
	case "json":
		shown := make([]check, 0, len(list))
		for _, c := range list {
			one, err := newCheck(c)
			if err != nil {
				return err
			}
			shown = append(shown, one)
		}
		return a.printer().json(map[string]any{"checks": shown})
	case "csv":
		rows := make([][]string, 0, len(list))
		for _, c := range list {
			rows = append(rows, []string{
				c.GetId(), c.GetStatus().String(), strconv.FormatBool(c.GetHard()), c.GetLeft(), c.GetRight(), c.GetMessage(), c.GetSource(),
				strings.Join(c.GetCells(), "; "), strings.Join(evidenceNames(c), "; "), c.GetAcceptReason(),
			})
		}
		return a.printer().csv([]string{"id", "status", "hard", "left", "right", "message", "source", "cells", "entries", "accept_reason"}, rows)
	}
	rows := make([][]string, 0, len(list))
	for _, c := range list {
		message := c.GetMessage()
		if names := evidenceNames(c); len(names) > 0 {
			message += "\n" + strings.Join(names, ", ")
		}
		if c.GetAcceptReason() != "" {
			message += "\n" + text{"已接受：", "accepted: "}.in(a.lang) + c.GetAcceptReason()
		}
		rows = append(rows, []string{c.GetId(), c.GetStatus().String(), c.GetLeft(), c.GetRight(), message, c.GetSource()})
	}
	return grid(a.stdout, []string{"id", text{"结论", "status"}.in(a.lang), text{"左边", "left"}.in(a.lang), text{"右边", "right"}.in(a.lang), text{"说明", "message"}.in(a.lang), text{"依据", "source"}.in(a.lang)}, rows)
}

// evidenceNames are the cases of a check by the names that people use.
func evidenceNames(c *pb.Check) []string {
	var names []string
	for _, e := range c.GetEntries() {
		name := firstOf(e.GetApplicationNo(), e.GetApplication())
		if e.GetRemedyKind() != "" {
			name += " " + e.GetRemedyKind() + " " + e.GetFileDate()
		}
		names = append(names, name)
	}
	return names
}

// reportAccept accepts a warning.
func (a *app) reportAccept() *cobra.Command {
	request := &pb.AcceptCheckRequest{}
	var agency *string
	cmd := a.command("accept", text{"说明理由，接受一项提示", "accept a warning with a reason, which is kept"}, cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		var err error
		if request.Parent, err = parent(*agency); err != nil {
			return err
		}
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		accepted, err := c.Oversight.AcceptCheck(cmd.Context(), request)
		if err != nil {
			return err
		}
		return a.printChecks([]*pb.Check{accepted})
	})
	agency = agencyFlag(cmd)
	for _, name := range []string{"year", "form", "id", "reason"} {
		bind(cmd, request, name, name)
	}
	controls(cmd, request)
	cmd.Example = `  gongkai report accept --agency jyj --year 2025 --form table-2021 --id X.otherShare --reason 撤回9件，已逐件核对`
	return cmd
}

// reportNarrative shows or keeps the chapters of prose.
func (a *app) reportNarrative() *cobra.Command {
	read, write := &pb.GetNarrativeRequest{}, &pb.SetNarrativeRequest{}
	var agency *string
	var files []string
	cmd := a.command("narrative", text{"年度报告的文字部分", "show or keep the chapters of prose"}, cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		var err error
		if read.Parent, err = parent(*agency); err != nil {
			return err
		}
		write.Parent, write.Year = read.GetParent(), read.GetYear()
		if write.Chapters, err = a.chapterFiles(files); err != nil {
			return err
		}
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		if len(files) > 0 {
			if err := keepNarrative(cmd, c, read, write); err != nil {
				return err
			}
		}
		narrative, err := c.Oversight.GetNarrative(cmd.Context(), read)
		if err != nil {
			return err
		}
		return a.showNarrative(narrative)
	})
	agency = agencyFlag(cmd)
	bind(cmd, read, "year", "year")
	bind(cmd, read, "form", "form")
	controls(cmd, write)
	cmd.Flags().StringArrayVar(&files, "set", nil, text{"保存第几部分的文字：序号=文件", "keep the text of a chapter: NUMBER=FILE"}.String()+"（可重复 repeatable）")
	cmd.Example = `  gongkai report narrative --agency jyj --year 2025
  gongkai report narrative --agency jyj --year 2025 --set 1=总体情况.txt --set 6=其他事项.txt`
	return cmd
}

// keepNarrative keeps chapters, unless somebody changed one since it was read.
func keepNarrative(cmd *cobra.Command, c *client.Client, read *pb.GetNarrativeRequest, write *pb.SetNarrativeRequest) error {
	if readsFirst(cmd, "etag") {
		kept, err := c.Oversight.GetNarrative(cmd.Context(), read)
		if err != nil {
			return err
		}
		write.Etag = kept.GetEtag()
	}
	_, err := c.Oversight.SetNarrative(cmd.Context(), write)
	return err
}

// chapterFiles reads NUMBER=FILE.
func (a *app) chapterFiles(list []string) (map[int32]string, error) {
	out := map[int32]string{}
	for _, arg := range list {
		number, path, ok := strings.Cut(arg, "=")
		n, err := strconv.ParseInt(number, 10, 32)
		if !ok || err != nil || path == "" {
			return nil, usage(text{fmt.Sprintf("“%s”应写成 序号=文件，如 1=总体情况.txt", arg), fmt.Sprintf("%q must be NUMBER=FILE, such as 1=overview.txt", arg)})
		}
		if _, twice := out[int32(n)]; twice {
			return nil, usage(text{fmt.Sprintf("第%d部分给出了两次", n), fmt.Sprintf("chapter %d is given twice", n)})
		}
		if out[int32(n)], err = a.readText(path); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (a *app) showNarrative(n *pb.Narrative) error {
	switch a.output {
	case "json":
		return a.printer().message(n)
	case "csv":
		rows := [][]string{}
		for _, number := range slices.Sorted(maps.Keys(n.GetChapters())) {
			rows = append(rows, []string{strconv.Itoa(int(number)), n.GetChapters()[number]})
		}
		return a.printer().csv([]string{"chapter", "text"}, append(rows, []string{"suggestion", n.GetSuggestion()}))
	}
	for _, number := range slices.Sorted(maps.Keys(n.GetChapters())) {
		fmt.Fprintf(a.stdout, "%s %d\n%s\n\n", text{"部分", "chapter"}.in(a.lang), number, visible(n.GetChapters()[number]))
	}
	fmt.Fprintf(a.stdout, "%s\n%s\n", text{"按数据建议的第一部分", "chapter 1 as the figures suggest it"}.in(a.lang), visible(n.GetSuggestion()))
	return nil
}
