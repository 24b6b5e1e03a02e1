package main

import (
	"strings"

	"github.com/spf13/cobra"

	"gongkai/client"
	pb "gongkai/proto/disclosure/v1"
)

func (a *app) applicationSearch() *cobra.Command {
	request := &pb.SearchApplicationsRequest{PageSize: searchPage}
	var agency *string
	var limit *int
	cmd := a.command("search [WORD]...", text{"查找申请，新的在前", "find applications by what they say, newest first"}, cobra.ArbitraryArgs, func(cmd *cobra.Command, args []string) error {
		var err error
		if request.Parent, err = parent(*agency); err != nil {
			return err
		}
		request.Words = strings.Join(args, " ")
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		rows := client.List(cmd.Context(), c.Applications.SearchApplications, request, (*pb.SearchApplicationsResponse).GetApplications)
		return list(a.printer(), "applications", first(rows, *limit),
			"application_no", "state", "channel", "receive_date", "conclusion.close_date", "conclusion.basis", "applicant.kind", "applicant.display_name")
	})
	cmd.Long = `每个词都要出现在申请编号、申请人、申请内容或者备注中，或者就是完整的证件号码、电话；不分全角半角、大小写，不计空格和标点。
Each word must be part of the number, the name, the description or the remark, or be the whole identity number or phone.
Width, case, blanks and punctuation make no difference.`
	agency = agencyFlag(cmd)
	limit = limitFlag(cmd)
	bind(cmd, request, "display_name", "name")
	cmd.Flags().Lookup("name").Usage = label("applicant.display_name").String()
	for _, path := range []string{"id_number", "phone", "filter"} {
		bind(cmd, request, path, kebab(path))
	}
	cmd.Example = `  gongkai application search 征地 补偿 --agency jyj
  gongkai application search --agency jyj --name 张三 --limit 20
  gongkai application search 010-12345678 --agency jyj --filter 'state = CLOSED AND receive_date >= 2025-01-01'`
	return cmd
}

// searchPage is how many entries one call finds: as many as the service gives at most.
const searchPage = 200
