package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	pb "gongkai/proto/disclosure/v1"
)

// calendarImport takes in a notice from a file or from standard input.
func (a *app) calendarImport() *cobra.Command {
	request := &pb.ImportNoticeRequest{}
	cmd := a.command("import FILE", text{"导入放假通知，或预览其影响", "take in a year's holiday notice, or show what it would move"}, cobra.ExactArgs(1), func(cmd *cobra.Command, args []string) error {
		var err error
		if request.Text, err = a.readText(args[0]); err != nil {
			return err
		}
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		found, err := c.Calendar.ImportNotice(cmd.Context(), request)
		if err != nil {
			return err
		}
		return a.printNotice(found)
	})
	bind(cmd, request, "validate_only", "dry-run")
	bind(cmd, request, "title", "title")
	bind(cmd, request, "issue_date", "issue-date")
	bind(cmd, request, "request_id", "request-id")
	cmd.Example = `  gongkai calendar import notice-2027.txt --dry-run
  gongkai calendar import notice-2027.txt --issue-date 2026-11-04
  cat notice.txt | gongkai calendar import -`
	return cmd
}

// printNotice writes the changed days and then the moved deadlines; as CSV only these.
func (a *app) printNotice(m *pb.ImportNoticeResponse) error {
	p := a.printer()
	if p.format == "json" {
		return p.message(m)
	}
	if p.format != "csv" {
		n := m.GetNotice()
		verb := text{"预览，未导入", "looked ahead, nothing was taken in"}.in(a.lang)
		if m.GetImported() {
			verb = text{"已导入", "taken in"}.in(a.lang)
		}
		fmt.Fprintf(p.out, "%d %s (%s), %s %s: %s\n", n.GetYear(), n.GetTitle(), n.GetIssueDate(),
			text{"自", "holds from"}.in(a.lang), n.GetKnownFromDate(), verb)
		fmt.Fprintln(p.out, text{"变动的日期（是否工作日）：", "days that change (workday or not):"}.in(a.lang))
		if err := list(p, "changed_days", all(m.GetChangedDays()), "date", "before", "after"); err != nil {
			return err
		}
		fmt.Fprintf(p.out, text{"变动的期限%d个，转为确定的%d个\n", "%d deadlines move, %d become firm\n"}.in(a.lang), m.GetMovedCount(), m.GetFirmCount())
	}
	if len(m.GetMoved()) > 0 || p.format == "csv" {
		if err := list(p, "moved", all(m.GetMoved()), "application_no", "name", "before_date", "after_date", "letters"); err != nil {
			return err
		}
	}
	if p.format != "csv" && len(m.GetWarnings()) > 0 {
		fmt.Fprintln(p.out, strings.Join(m.GetWarnings(), "\n"))
	}
	return nil
}
