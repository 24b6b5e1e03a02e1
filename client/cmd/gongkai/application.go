package main

import (
	"fmt"
	"iter"

	"github.com/spf13/cobra"

	"gongkai/client"
	pb "gongkai/proto/disclosure/v1"
)

// application holds the commands on applications as such.
func (a *app) application() *cobra.Command {
	return a.group("application", text{"申请", "applications"},
		a.applicationCreate(), a.applicationGet(), a.applicationList(), a.applicationSearch(), a.applicationAct(), a.applicationHistory(), a.applicationActions())
}

func (a *app) applicationCreate() *cobra.Command {
	request := &pb.CreateApplicationRequest{Application: &pb.Application{}}
	var agency *string
	cmd := a.command("create", text{"登记申请", "register an application"}, cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		var err error
		if request.Parent, err = parent(*agency); err != nil {
			return err
		}
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		created, err := c.Applications.CreateApplication(cmd.Context(), request)
		if err != nil {
			return err
		}
		return a.showApplication(created)
	})
	agency = agencyFlag(cmd)
	for _, path := range []string{"application_no", "channel", "arrive_date", "description", "remark"} {
		bind(cmd, request.Application, path, kebab(path))
	}
	bind(cmd, request.Application, "applicant.kind", "applicant-kind")
	bind(cmd, request.Application, "applicant.display_name", "applicant-name")
	for _, name := range []string{"id_type", "id_number", "phone", "address", "postcode", "email"} {
		bind(cmd, request.Application, "applicant."+name, kebab(name))
	}
	bind(cmd, request, "actions", "actions")
	controls(cmd, request)
	cmd.Example = `  gongkai application create --agency jyj --channel in_person --arrive-date 2026-03-02 \
    --applicant-kind natural_person --applicant-name 张三 --description 2025年预算`
	return cmd
}

// showApplication prints an application; what should be looked at goes to stderr too, so
// that it is seen beside JSON.
func (a *app) showApplication(application *pb.Application) error {
	for _, warning := range application.GetWarnings() {
		a.note(text{"提示", "note"}, warning)
	}
	return a.printer().message(application)
}

// note tells something on stderr.
func (a *app) note(kind text, message string) {
	fmt.Fprintf(a.stderr, "%s: %s\n", kind.in(a.lang), visible(message))
}

// onApplication makes a command about one application.
func (a *app) onApplication(use string, help text, do func(cmd *cobra.Command, c *client.Client, name string) error) *cobra.Command {
	var agency *string
	cmd := a.command(use+" APPLICATION_NO", help, cobra.ExactArgs(1), func(cmd *cobra.Command, args []string) error {
		name, err := applicationName(*agency, args[0])
		if err != nil {
			return err
		}
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		return do(cmd, c, name)
	})
	agency = agencyFlag(cmd)
	return cmd
}

func (a *app) applicationGet() *cobra.Command {
	return a.onApplication("get", text{"查看申请", "show one application"}, func(cmd *cobra.Command, c *client.Client, name string) error {
		found, err := c.Applications.GetApplication(cmd.Context(), &pb.GetApplicationRequest{Name: name})
		if err != nil {
			return err
		}
		return a.printer().message(found)
	})
}

func (a *app) applicationHistory() *cobra.Command {
	return a.onApplication("history", text{"办理过程", "show the history"}, func(cmd *cobra.Command, c *client.Client, name string) error {
		found, err := c.Applications.ListEvents(cmd.Context(), &pb.ListEventsRequest{Name: name})
		if err != nil {
			return err
		}
		return list(a.printer(), "events", all(found.GetEvents()), "revision", "record_time", "actor", "action", "state", "article", "from_ledger")
	})
}

func (a *app) applicationActions() *cobra.Command {
	return a.onApplication("actions", text{"现在可办的动作", "show what may be done now, and why not"}, func(cmd *cobra.Command, c *client.Client, name string) error {
		found, err := c.Applications.ListPossibleActions(cmd.Context(), &pb.ListPossibleActionsRequest{Name: name})
		if err != nil {
			return err
		}
		return list(a.printer(), "actions", all(found.GetActions()), "action", "label", "possible", "last_date", "article", "refusal")
	})
}

func (a *app) applicationAct() *cobra.Command {
	request := &pb.ActOnApplicationRequest{}
	var agency *string
	cmd := a.command("act APPLICATION_NO", text{"连续办理几个动作，全部成功或全部不做", "apply several actions in order, all or none"}, cobra.ExactArgs(1), func(cmd *cobra.Command, args []string) error {
		if len(request.GetActions()) == 0 {
			return usage(text{"请用 --actions 给出动作", "name the actions by --actions"})
		}
		return a.act(cmd, *agency, args[0], request)
	})
	agency = agencyFlag(cmd)
	bind(cmd, request, "actions", "actions")
	controls(cmd, request)
	cmd.Example = `  gongkai application act 2026-00001 --agency jyj \
    --actions '{"decide": {"basis": "disclosed.provided", "decide_date": "2026-03-02"}}' \
    --actions '{"deliver": {"mode": "IN_PERSON", "deliver_date": "2026-03-02"}}'`
	return cmd
}

func (a *app) applicationList() *cobra.Command {
	request := &pb.ListApplicationsRequest{PageSize: pageSize}
	var agency *string
	var limit *int
	cmd := a.command("list", text{"申请列表", "list applications in the order of registration"}, cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		var err error
		if request.Parent, err = parent(*agency); err != nil {
			return err
		}
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		rows := client.List(cmd.Context(), c.Applications.ListApplications, request, (*pb.ListApplicationsResponse).GetApplications)
		return list(a.printer(), "applications", first(rows, *limit),
			"application_no", "state", "channel", "receive_date", "deadline.due_date", "deadline.workdays_left", "deadline.provisional",
			"deadline.suspended", "deadline.overdue", "applicant.kind", "applicant.display_name")
	})
	agency = agencyFlag(cmd)
	limit = limitFlag(cmd)
	bind(cmd, request, "filter", "filter")
	cmd.Example = `  gongkai application list --agency jyj --filter 'state = "PROCESSING" AND receive_date >= "2026-01-01"'`
	return cmd
}

// pageSize is how many entries one call fetches.
const pageSize = 500

// limitFlag adds --limit.
func limitFlag(cmd *cobra.Command) *int {
	return cmd.Flags().Int("limit", 0, "最多显示的条数，0为全部 / show at most so many, 0: all")
}

// first yields at most limit items, all if it is 0.
func first[T any](rows iter.Seq2[T, error], limit int) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		n := 0
		for row, err := range rows {
			if !yield(row, err) {
				return
			}
			if n++; n == limit {
				return
			}
		}
	}
}

// all yields the items of a slice.
func all[T any](items []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, item := range items {
			if !yield(item, nil) {
				return
			}
		}
	}
}
