package main

import (
	"github.com/spf13/cobra"

	"gongkai/client"
	pb "gongkai/proto/disclosure/v1"
)

// dueEntry is one application of due as scripts read it.
type dueEntry struct {
	ApplicationNo string  `json:"application_no"`
	State         string  `json:"state"`
	DueDate       *string `json:"due_date"`
	WorkdaysLeft  *int32  `json:"workdays_left"`
	Provisional   bool    `json:"provisional"`
	Suspended     bool    `json:"suspended"`
	Overdue       bool    `json:"overdue"`
}

// newDueEntry leaves a date that is not known null.
func newDueEntry(d *pb.DueApplication) dueEntry {
	deadline := d.GetDeadline()
	entry := dueEntry{
		ApplicationNo: d.GetApplicationNo(), State: d.GetState().String(), DueDate: orNull(deadline.GetDueDate()),
		Provisional: deadline.GetProvisional(), Suspended: deadline.GetSuspended(), Overdue: deadline.GetOverdue(),
	}
	if deadline != nil {
		entry.WorkdaysLeft = deadline.WorkdaysLeft
	}
	return entry
}

func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// due lists open applications by urgency.
func (a *app) due() *cobra.Command {
	request := &pb.ListDueApplicationsRequest{PageSize: pageSize}
	var agency *string
	var risk *riskFlags
	cmd := a.command("due", text{"按紧急程度列出在办申请", "list open applications by urgency"}, cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		err := risk.check(cmd, a.output)
		if err != nil {
			return err
		}
		if request.Parent, err = parent(*agency); err != nil {
			return err
		}
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		if risk.risk {
			return a.queue(cmd.Context(), c, risk, request.GetParent(), request.GetOnDate())
		}
		rows := client.List(cmd.Context(), c.Applications.ListDueApplications, request, (*pb.ListDueApplicationsResponse).GetApplications)
		if a.output != "json" {
			return list(a.printer(), "", rows, "application_no", "state", "deadline.due_date", "deadline.workdays_left",
				"deadline.provisional", "deadline.suspended", "deadline.overdue")
		}
		entries := []dueEntry{}
		for row, err := range rows {
			if err != nil {
				return err
			}
			entries = append(entries, newDueEntry(row))
		}
		return a.printer().json(entries)
	})
	agency = agencyFlag(cmd)
	bind(cmd, request, "on_date", "on")
	risk = addRiskFlags(cmd)
	return cmd
}

// explanation is a deadline with its days as scripts read it.
type explanation struct {
	ApplicationNo string     `json:"application_no"`
	DueDate       *string    `json:"due_date"`
	Provisional   bool       `json:"provisional"`
	Suspended     bool       `json:"suspended"`
	Trace         []traceDay `json:"trace"`
}

type traceDay struct {
	Date     string `json:"date"`
	Counted  bool   `json:"counted"`
	N        int32  `json:"n"`
	ReasonZH string `json:"reason_zh"`
	ReasonEN string `json:"reason_en"`
	Source   string `json:"source"`
}

func newExplanation(r *pb.ExplainDeadlineResponse) explanation {
	e := explanation{
		ApplicationNo: r.GetApplicationNo(), DueDate: orNull(r.GetDeadline().GetDueDate()),
		Provisional: r.GetDeadline().GetProvisional(), Suspended: r.GetDeadline().GetSuspended(),
		Trace: []traceDay{},
	}
	for _, d := range r.GetTrace() {
		e.Trace = append(e.Trace, traceDay{d.GetDate(), d.GetCounted(), d.GetN(), d.GetReasonZh(), d.GetReasonEn(), d.GetSource()})
	}
	return e
}

// explain shows a deadline day by day.
func (a *app) explain() *cobra.Command {
	request := &pb.ExplainDeadlineRequest{}
	cmd := a.onApplication("explain", text{"逐日说明期限", "explain a deadline day by day"}, func(cmd *cobra.Command, c *client.Client, name string) error {
		request.Name = name
		answer, err := c.Applications.ExplainDeadline(cmd.Context(), request)
		if err != nil {
			return err
		}
		if a.output == "json" {
			return a.printer().json(newExplanation(answer))
		}
		if a.output == "table" {
			if err := a.printer().message(answer.GetDeadline()); err != nil {
				return err
			}
			a.println()
		}
		reason := "reason_zh"
		if a.lang == "en" {
			reason = "reason_en"
		}
		return list(a.printer(), "", all(answer.GetTrace()), "date", "counted", "n", reason, "source")
	})
	bind(cmd, request, "on_date", "on")
	return cmd
}
