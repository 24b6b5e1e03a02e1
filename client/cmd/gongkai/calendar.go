package main

import (
	"github.com/spf13/cobra"

	pb "gongkai/proto/disclosure/v1"
)

// calendar holds the commands on workdays.
func (a *app) calendar() *cobra.Command {
	return a.group("calendar", text{"工作日历", "the calendar of workdays"}, a.calendarDay(), a.calendarAdd(), a.calendarNotices(), a.calendarImport())
}

func (a *app) calendarDay() *cobra.Command {
	request := &pb.GetDayRequest{}
	cmd := a.command("day DATE", text{"是否工作日", "tell whether a day is a workday"}, cobra.ExactArgs(1), func(cmd *cobra.Command, args []string) error {
		request.Date = args[0]
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		day, err := c.Calendar.GetDay(cmd.Context(), request)
		if err != nil {
			return err
		}
		return a.printer().message(day)
	})
	bind(cmd, request, "known_on_date", "known-on")
	return cmd
}

func (a *app) calendarAdd() *cobra.Command {
	request := &pb.AddWorkdaysRequest{}
	cmd := a.command("add DATE", text{"推算若干工作日后的日期", "count workdays from a day, which itself does not count"}, cobra.ExactArgs(1), func(cmd *cobra.Command, args []string) error {
		if !cmd.Flags().Changed("workdays") {
			return usage(text{"请用 --workdays 给出工作日数", "give the number of workdays by --workdays"})
		}
		request.Date = args[0]
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		day, err := c.Calendar.AddWorkdays(cmd.Context(), request)
		if err != nil {
			return err
		}
		return a.printer().message(day)
	})
	bind(cmd, request, "workdays", "workdays")
	bind(cmd, request, "known_on_date", "known-on")
	cmd.Example = `  gongkai calendar add 2026-03-02 --workdays 20`
	return cmd
}

func (a *app) calendarNotices() *cobra.Command {
	request := &pb.ListNoticesRequest{}
	cmd := a.command("notices", text{"放假通知（随程序提供的和导入的）", "list the State Council's notices, those of the program and those imported"}, cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		found, err := c.Calendar.ListNotices(cmd.Context(), request)
		if err != nil {
			return err
		}
		return list(a.printer(), "notices", all(found.GetNotices()), "year", "title", "imported", "issue_date", "known_from_date", "rest", "work")
	})
	bind(cmd, request, "year", "year")
	cmd.Example = `  gongkai calendar notices --year 2027`
	return cmd
}
