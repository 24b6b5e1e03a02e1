package main

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/rivo/uniseg"
	"github.com/spf13/cobra"

	"gongkai/client"
	pb "gongkai/proto/disclosure/v1"
)

// riskFlags are those of due that ask for the supervisor's queue instead of the plain
// list.
type riskFlags struct {
	request *pb.ListQueueRequest
	risk    bool
	print   bool
}

func addRiskFlags(cmd *cobra.Command) *riskFlags {
	f := &riskFlags{request: &pb.ListQueueRequest{PageSize: pageSize}}
	cmd.Flags().BoolVar(&f.risk, "risk", false, "按法律风险排列，并提示应办事项 / rank by legal risk and say what to do")
	cmd.Flags().BoolVar(&f.print, "print", false, "与--risk同用：可打印的每日清单 / with --risk: a daily list to print")
	bind(cmd, f.request, "holder", "holder")
	cmd.Example = `  gongkai due --agency jyj
  gongkai due --agency jyj --risk --holder 规划科
  gongkai due --agency jyj --risk --print > 每日清单.txt`
	return f
}

// check refuses flags that belong to the queue without it.
func (f *riskFlags) check(cmd *cobra.Command, output string) error {
	switch {
	case !f.risk && (f.print || cmd.Flags().Changed("holder")):
		return usage(text{"--print和--holder须与--risk同用", "--print and --holder go with --risk"})
	case f.print && output != "table":
		return usage(text{"--print是纯文本，不能与-o同用", "--print is plain text and takes no -o"})
	}
	return nil
}

// queueColumns are the fields of the queue.
var queueColumns = []string{"risk", "light", "application_no", "state", "risk_date", "workdays_left", "holder", "advice"}

// queue lists open applications by risk.
func (a *app) queue(ctx context.Context, c *client.Client, f *riskFlags, parent, on string) error {
	f.request.Parent, f.request.OnDate = parent, on
	on = ""
	rows := client.List(ctx, c.Queue.ListQueue, f.request, func(page *pb.ListQueueResponse) []*pb.QueueEntry {
		if on == "" {
			on = page.GetOnDate()
			for _, w := range page.GetWarnings() {
				a.note(text{"提示", "note"}, w)
			}
		}
		return page.GetEntries()
	})
	if !f.print {
		return list(a.printer(), "entries", rows, queueColumns...)
	}
	return a.dailyList(strings.TrimPrefix(parent, "agencies/"), &on, rows)
}

// paperWidth is how many columns of a fixed font fit on A4 between its margins.
const paperWidth = 78

var weekdays = [...]text{
	{"星期日", "Sunday"},
	{"星期一", "Monday"},
	{"星期二", "Tuesday"},
	{"星期三", "Wednesday"},
	{"星期四", "Thursday"},
	{"星期五", "Friday"},
	{"星期六", "Saturday"},
}

// dailyList writes what needs an act, by risk, with a box to tick for each. Numbers and
// days alone: a list lies about on desks.
func (a *app) dailyList(agency string, on *string, rows iter.Seq2[*pb.QueueEntry, error]) error {
	var body strings.Builder
	lights := map[pb.QueueEntry_Light]int{}
	counts := map[pb.QueueEntry_Risk]int{}
	var entries []*pb.QueueEntry
	for row, err := range rows {
		if err != nil {
			return err
		}
		lights[row.GetLight()]++
		counts[row.GetRisk()]++
		if row.GetRisk() != pb.QueueEntry_NONE {
			entries = append(entries, row)
		}
	}
	last := pb.QueueEntry_RISK_UNSPECIFIED
	for _, e := range entries {
		if e.GetRisk() != last {
			last = e.GetRisk()
			title := valueLabels[last.String()].in(a.lang)
			fmt.Fprintf(&body, "\n%s  %d\n%s\n", title, counts[last], strings.Repeat("-", paperWidth))
		}
		a.dailyEntry(&body, e)
	}
	if len(entries) == 0 {
		fmt.Fprintf(&body, "\n%s\n", text{"今日没有需要办理的申请", "nothing needs an act today"}.in(a.lang))
	}
	_, err := fmt.Fprint(a.stdout, a.dailyHead(agency, *on, lights), body.String())
	if err == nil {
		rest := text{fmt.Sprintf("其余在办 %d 件", counts[pb.QueueEntry_NONE]), fmt.Sprintf("%d more are open", counts[pb.QueueEntry_NONE])}
		_, err = fmt.Fprintf(a.stdout, "\n%s\n", rest.in(a.lang))
	}
	return err
}

// dailyHead is the heading with the counts of the lights.
func (a *app) dailyHead(agency, on string, lights map[pb.QueueEntry_Light]int) string {
	day := on
	if t, err := time.Parse(time.DateOnly, on); err == nil {
		day += " " + weekdays[t.Weekday()].in(a.lang)
	}
	var counts []string
	for light := pb.QueueEntry_BLACK; light <= pb.QueueEntry_GREY; light++ {
		counts = append(counts, fmt.Sprintf("%s %d", valueLabels[light.String()].in(a.lang), lights[light]))
	}
	title := text{"政府信息公开申请每日清单", "Applications for disclosure: daily list"}.in(a.lang)
	return fmt.Sprintf("%s\n%s  %s\n%s\n", title, visible(agency), day, strings.Join(counts, "  "))
}

// dailyEntry is one application: a line of facts, and what to do, wrapped to the paper.
func (a *app) dailyEntry(out *strings.Builder, e *pb.QueueEntry) {
	facts := []string{"[ ] " + visible(e.GetApplicationNo()), valueLabels[e.GetState().String()].in(a.lang)}
	if day := e.GetRiskDate(); day != "" {
		left, words := e.GetWorkdaysLeft(), text{"剩余%d个工作日", "%d workdays left"}
		if left < 0 {
			left, words = -left, text{"已过%d个工作日", "%d workdays over"}
		}
		facts = append(facts, day, fmt.Sprintf(words.in(a.lang), left))
	}
	if e.GetDeadline().GetProvisional() {
		facts = append(facts, text{"暂定", "provisional"}.in(a.lang))
	}
	if h := e.GetHolder(); h != "" {
		facts = append(facts, visible(h))
	}
	for _, line := range wrapped(strings.Join(facts, "  "), paperWidth) {
		fmt.Fprintln(out, line)
	}
	for _, line := range wrapped(visible(e.GetAdvice()), paperWidth-4) {
		fmt.Fprintln(out, "    "+line)
	}
}

// wrapped breaks a text into lines of at most so many columns: at a blank where one is
// near, else between characters, as Chinese is.
func wrapped(text string, width int) []string {
	var lines []string
	line, used, blank := "", 0, -1
	for g := uniseg.NewGraphemes(text); g.Next(); {
		if used+g.Width() > width {
			rest := ""
			if blank > len(line)/2 {
				line, rest = line[:blank], strings.TrimLeft(line[blank:], " ")
			}
			lines = append(lines, strings.TrimRight(line, " "))
			line, used, blank = rest, uniseg.StringWidth(rest), -1
		}
		if g.Str() == " " {
			blank = len(line)
		}
		line += g.Str()
		used += g.Width()
	}
	return append(lines, line)
}

// workload counts open applications by holder.
func (a *app) workload() *cobra.Command {
	request := &pb.ListWorkloadRequest{}
	var agency *string
	cmd := a.command("workload", text{"各承办部门、人员的在办数量", "count open applications by department and officer"}, cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		var err error
		if request.Parent, err = parent(*agency); err != nil {
			return err
		}
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		found, err := c.Queue.ListWorkload(cmd.Context(), request)
		if err != nil {
			return err
		}
		return list(a.printer(), "workloads", all(found.GetWorkloads()), "holder", "open", "overdue", "red", "yellow", "suspended")
	})
	agency = agencyFlag(cmd)
	bind(cmd, request, "on_date", "on")
	cmd.Example = `  gongkai workload --agency jyj`
	return cmd
}

// late lists what was answered late or is overdue, with the workdays of each holder.
func (a *app) late() *cobra.Command {
	request := &pb.ListLateRequest{PageSize: pageSize}
	var agency *string
	cmd := a.command("late", text{"超期的申请：各环节用时和超期原因", "late applications with the workdays of each holder and the cause"}, cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		var err error
		if request.Parent, err = parent(*agency); err != nil {
			return err
		}
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		rows := client.List(cmd.Context(), c.Queue.ListLate, request, (*pb.ListLateResponse).GetApplications)
		if a.output == "json" {
			return list(a.printer(), "applications", rows)
		}
		var cells [][]string
		for row, err := range rows {
			if err != nil {
				return err
			}
			cells = append(cells, append(a.printer().view().row(row, lateColumns), holdings(row)))
		}
		return a.printer().rows(append(slices.Clip(lateColumns), "holdings"), cells)
	})
	agency = agencyFlag(cmd)
	bind(cmd, request, "year", "year")
	bind(cmd, request, "on_date", "on")
	cmd.Example = `  gongkai late --agency jyj --year 2026`
	return cmd
}

var lateColumns = []string{"application_no", "due_date", "close_date", "workdays_late", "cause"}

// holdings tells who had an application for how many workdays, in order.
func holdings(row *pb.LateApplication) string {
	var parts []string
	for _, h := range row.GetHoldings() {
		name := h.GetHolder()
		if name == "" {
			name = "-"
		}
		parts = append(parts, fmt.Sprintf("%s %d", name, h.GetWorkdays()))
	}
	return strings.Join(parts, ", ")
}

// feed holds the commands on calendar feeds.
func (a *app) feed() *cobra.Command {
	return a.group("feed", text{"日历订阅（iCalendar）", "calendar feeds (iCalendar) of deadlines"}, a.feedCreate(), a.feedList(), a.feedRevoke())
}

func (a *app) feedCreate() *cobra.Command {
	request := &pb.CreateFeedRequest{}
	var agency *string
	cmd := a.command("create", text{"新建订阅，地址只显示一次", "create a feed; its address is shown once"}, cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		var err error
		if request.Parent, err = parent(*agency); err != nil {
			return err
		}
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		created, err := c.Queue.CreateFeed(cmd.Context(), request)
		if err != nil {
			return err
		}
		return a.printer().message(created)
	})
	agency = agencyFlag(cmd)
	bind(cmd, request, "holder", "holder")
	controls(cmd, request)
	cmd.Example = `  gongkai feed create --agency jyj --holder 规划科`
	return cmd
}

func (a *app) feedList() *cobra.Command {
	request := &pb.ListFeedsRequest{}
	var agency *string
	cmd := a.command("list", text{"订阅列表", "list the feeds, revoked ones too"}, cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		var err error
		if request.Parent, err = parent(*agency); err != nil {
			return err
		}
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		found, err := c.Queue.ListFeeds(cmd.Context(), request)
		if err != nil {
			return err
		}
		return list(a.printer(), "feeds", all(found.GetFeeds()), "name", "holder", "revoked", "create_time", "actor")
	})
	agency = agencyFlag(cmd)
	return cmd
}

func (a *app) feedRevoke() *cobra.Command {
	var agency *string
	cmd := a.command("revoke FEED", text{"撤销订阅，其地址立即失效", "revoke a feed; its address answers 404 from then on"}, cobra.ExactArgs(1), func(cmd *cobra.Command, args []string) error {
		name := args[0]
		if !strings.HasPrefix(name, "agencies/") {
			p, err := parent(*agency)
			if err != nil {
				return err
			}
			name = p + "/feeds/" + name
		}
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		revoked, err := c.Queue.DeleteFeed(cmd.Context(), &pb.DeleteFeedRequest{Name: name})
		if err != nil {
			return err
		}
		return a.printer().message(revoked)
	})
	agency = agencyFlag(cmd)
	cmd.Example = `  gongkai feed revoke 3 --agency jyj`
	return cmd
}
