package main

import (
	"github.com/spf13/cobra"

	"gongkai/client"
	pb "gongkai/proto/disclosure/v1"
)

// remedy holds the commands on what followed a reply.
func (a *app) remedy() *cobra.Command {
	g := a.group("remedy", text{"行政复议、行政诉讼、举报投诉", "reconsiderations, suits and complaints"}, a.remedyCreate(), a.remedyGet(), a.remedyList())
	g.AddCommand(a.remedyActions()...)
	return g
}

func (a *app) remedyCreate() *cobra.Command {
	request := &pb.CreateRemedyRequest{Remedy: &pb.Remedy{}}
	var agency *string
	cmd := a.command("create", text{"登记救济案件", "record a remedy"}, cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		var err error
		if request.Parent, err = parent(*agency); err != nil {
			return err
		}
		if number := request.GetRemedy().GetApplication(); number != "" {
			if request.Remedy.Application, err = applicationName(*agency, number); err != nil {
				return err
			}
		}
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		created, err := c.Remedies.CreateRemedy(cmd.Context(), request)
		if err != nil {
			return err
		}
		return a.printer().message(created)
	})
	agency = agencyFlag(cmd)
	for _, name := range []string{"kind", "application", "file_date", "after_reconsideration", "capacity", "remark"} {
		bind(cmd, request.GetRemedy(), name, kebab(name))
	}
	controls(cmd, request)
	cmd.Example = `  gongkai remedy create --agency jyj --kind litigation --application 2026-00001 --file-date 2026-05-06 --after-reconsideration`
	return cmd
}

func (a *app) remedyGet() *cobra.Command {
	var agency *string
	cmd := a.command("get REMEDY", text{"查看救济案件", "show one remedy"}, cobra.ExactArgs(1), func(cmd *cobra.Command, args []string) error {
		name, err := remedyName(*agency, args[0])
		if err != nil {
			return err
		}
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		found, err := c.Remedies.GetRemedy(cmd.Context(), &pb.GetRemedyRequest{Name: name})
		if err != nil {
			return err
		}
		return a.printer().message(found)
	})
	agency = agencyFlag(cmd)
	return cmd
}

func (a *app) remedyList() *cobra.Command {
	request := &pb.ListRemediesRequest{PageSize: pageSize}
	var agency *string
	var limit *int
	cmd := a.command("list", text{"救济案件列表", "list remedies in the order of their entry"}, cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		var err error
		if request.Parent, err = parent(*agency); err != nil {
			return err
		}
		if number := request.GetApplication(); number != "" {
			if request.Application, err = applicationName(*agency, number); err != nil {
				return err
			}
		}
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		rows := client.List(cmd.Context(), c.Remedies.ListRemedies, request, (*pb.ListRemediesResponse).GetRemedies)
		return list(a.printer(), "remedies", first(rows, *limit),
			"name", "kind", "application_no", "file_date", "result", "conclude_date", "after_reconsideration", "capacity", "void")
	})
	agency = agencyFlag(cmd)
	limit = limitFlag(cmd)
	bind(cmd, request, "application", "application")
	return cmd
}
