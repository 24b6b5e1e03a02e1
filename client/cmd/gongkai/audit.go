package main

import (
	"github.com/spf13/cobra"

	"gongkai/client"
	pb "gongkai/proto/disclosure/v1"
)

// audit holds the commands of auditors.
func (a *app) audit() *cobra.Command {
	return a.group("audit", text{"审计", "what was recorded"}, a.auditList())
}

func (a *app) auditList() *cobra.Command {
	request := &pb.ListAuditRecordsRequest{PageSize: pageSize}
	var agency, application *string
	var limit *int
	cmd := a.command("list", text{"审计记录，新的在前", "list what was recorded, newest first"}, cobra.NoArgs, func(cmd *cobra.Command, _ []string) (err error) {
		request.Parent = resource("agencies/", *agency)
		if *application != "" {
			if request.Application, err = applicationName(*agency, *application); err != nil {
				return err
			}
		}
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		rows := client.List(cmd.Context(), c.Audit.ListAuditRecords, request, (*pb.ListAuditRecordsResponse).GetAuditRecords)
		return list(a.printer(), "audit_records", first(rows, *limit),
			"n", "record_time", "actor", "action", "object", "revision", "method", "reason", "asked_name", "shown_ids", "shown_count", "shown_fields")
	})
	cmd.Long = `办理、登录、查阅个人信息和被拒绝的操作，只有审计员可以查看；不含个人信息和文字说明。查看本身也会记录。
不给出--agency时为整个系统自身的记录。
Acts, sign-ins, readings of personal data and refusals, for auditors only, without personal data and free text. Reading them is
recorded too. Without --agency: the records of the installation itself.`
	agency = agencyFlag(cmd)
	limit = limitFlag(cmd)
	for _, name := range []string{"actor", "action", "method"} {
		bind(cmd, request, name, name)
	}
	application = cmd.Flags().String("application", "", label("application").String())
	cmd.Flags().Var(&instant{into: &request.FromTime, begins: true}, "from", label("from_time").String()+": 2026-01-31 / 2026-01-31T12:00:00+08:00")
	cmd.Flags().Var(&instant{into: &request.UntilTime}, "until", label("until_time").String()+": 2026-01-31 / 2026-01-31T12:00:00+08:00")
	cmd.Example = `  gongkai audit list --agency jyj --action refuse --from 2026-01-01
  gongkai audit list --agency jyj --application 2026-00001 -o csv
  gongkai audit list --agency jyj --actor zhang --method ExportLedger --limit 20`
	return cmd
}
