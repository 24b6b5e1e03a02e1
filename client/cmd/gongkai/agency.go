package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"gongkai/client"
	pb "gongkai/proto/disclosure/v1"
)

// agency holds the commands on agencies.
func (a *app) agency() *cobra.Command {
	return a.group("agency", text{"机关", "agencies"}, a.agencyCreate(), a.agencyGet(), a.agencyList(), a.agencyUpdate())
}

// agencyFields are what of an agency may be set, by flag.
var agencyFields = []struct{ flag, field string }{
	{"name", "display_name"},
	{"parent", "parent"},
	{"review-steps", "review_steps"},
	{"codes-variant", "codes_variant"},
	{"establish-date", "establish_date"},
	{"successor", "successor"},
	{"abolish-date", "abolish_date"},
}

// createFields is how many of them a new agency has: it has not ended yet.
const createFields = 5

func bindAgency(cmd *cobra.Command, agency *pb.Agency, fields int) {
	for _, f := range agencyFields[:fields] {
		bind(cmd, agency, f.field, f.flag)
	}
}

func (a *app) agencyCreate() *cobra.Command {
	request := &pb.CreateAgencyRequest{Agency: &pb.Agency{}}
	cmd := a.command("create ID", text{"新建机关", "create an agency"}, cobra.ExactArgs(1), func(cmd *cobra.Command, args []string) error {
		request.AgencyId = args[0]
		request.Agency.Parent = resource("agencies/", request.GetAgency().GetParent())
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		created, err := c.Agencies.CreateAgency(cmd.Context(), request)
		if err != nil {
			return err
		}
		return a.printer().message(created)
	})
	bindAgency(cmd, request.GetAgency(), createFields)
	controls(cmd, request)
	return cmd
}

func (a *app) agencyGet() *cobra.Command {
	return a.command("get ID", text{"查看机关", "show one agency"}, cobra.ExactArgs(1), func(cmd *cobra.Command, args []string) error {
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		found, err := c.Agencies.GetAgency(cmd.Context(), &pb.GetAgencyRequest{Name: resource("agencies/", args[0])})
		if err != nil {
			return err
		}
		return a.printer().message(found)
	})
}

func (a *app) agencyList() *cobra.Command {
	var limit *int
	cmd := a.command("list", text{"机关列表", "list the agencies that you may see"}, cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		rows := client.List(cmd.Context(), c.Agencies.ListAgencies, &pb.ListAgenciesRequest{PageSize: pageSize}, (*pb.ListAgenciesResponse).GetAgencies)
		return list(a.printer(), "agencies", first(rows, *limit), "name", "display_name", "parent", "review_steps", "codes_variant")
	})
	limit = limitFlag(cmd)
	return cmd
}

func (a *app) agencyUpdate() *cobra.Command {
	request := &pb.UpdateAgencyRequest{Agency: &pb.Agency{}}
	cmd := a.command("update ID", text{"修改机关", "change an agency"}, cobra.ExactArgs(1), func(cmd *cobra.Command, args []string) error {
		var changed []string
		for _, f := range agencyFields {
			if cmd.Flags().Changed(f.flag) {
				changed = append(changed, f.field)
			}
		}
		if len(changed) == 0 {
			return usage(text{"请给出要修改的内容", "name what to change"})
		}
		request.UpdateMask = strings.Join(changed, ",")
		agency := request.GetAgency()
		agency.Name = resource("agencies/", args[0])
		agency.Parent = resource("agencies/", agency.GetParent())
		agency.Successor = resource("agencies/", agency.GetSuccessor())
		agency.ReviewSteps = slices.DeleteFunc(agency.GetReviewSteps(), func(step string) bool { return step == "" })
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		updated, err := c.Agencies.UpdateAgency(cmd.Context(), request)
		if err != nil {
			return err
		}
		return a.printer().message(updated)
	})
	bindAgency(cmd, request.GetAgency(), len(agencyFields))
	cmd.Flags().Lookup("name").Usage = label("display_name").String() // an update need not give it
	bind(cmd, request, "effective_date", "effective-date")
	bind(cmd, request.GetAgency(), "etag", "etag")
	controls(cmd, request)
	cmd.Example = `  gongkai agency update jyj --parent xian --effective-date 2026-03-01    # 自该日起改由xian管理 moved on that day
  gongkai agency update wtj --successor wlj --effective-date 2026-07-01  # 自该日起并入wlj merged on that day
  gongkai agency update jyj --review-steps officer --review-steps supervisor
  gongkai agency update jyj --review-steps ''    # 取消审批环节 no chain of approvals`
	return cmd
}

// user holds the commands on principals.
func (a *app) user() *cobra.Command {
	return a.group("user", text{"用户", "principals: persons and programs that may call the service"},
		a.userCreate(),
		a.onUser("get NAME", text{"查看用户", "show one user"}, cobra.ExactArgs(1)),
		a.onUser("whoami", text{"当前用户", "show whose token is used"}, cobra.NoArgs),
		a.userList(), a.userDelete())
}

// principalName names a principal of an agency, or of the whole installation.
func principalName(agency, id string) string {
	if strings.Contains(id, "principals/") {
		return id
	}
	if agency == "" {
		return "principals/" + id
	}
	return resource("agencies/", agency) + "/principals/" + id
}

func (a *app) userCreate() *cobra.Command {
	request := &pb.CreatePrincipalRequest{Principal: &pb.Principal{}}
	var agency, tokenFile *string
	cmd := a.command("create NAME", text{"新建用户，令牌写入文件", "create a user and write its token to a file"}, cobra.ExactArgs(1), func(cmd *cobra.Command, args []string) error {
		tokenless := strings.HasSuffix(request.GetPrincipal().GetRole().String(), "_ADMINISTRATOR") // of which the service gives no token
		if *tokenFile == "" && !tokenless {
			return usage(text{"请在命令之后用 --token-file 给出写入新令牌的文件", "name the file for the new token by --token-file after the command"})
		}
		request.Parent, request.PrincipalId = resource("agencies/", *agency), args[0]
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		if tokenless {
			created, err := c.Principals.CreatePrincipal(cmd.Context(), request)
			if err != nil {
				return err
			}
			return a.printer().message(created.GetPrincipal())
		}
		created, err := createWithToken(*tokenFile, func() (*pb.CreatePrincipalResponse, error) {
			return c.Principals.CreatePrincipal(cmd.Context(), request)
		})
		if err != nil {
			return err
		}
		return a.printer().message(created.GetPrincipal())
	})
	agency = agencyFlag(cmd)
	tokenFile = cmd.Flags().String("token-file", "", "写入新令牌的文件，不得已存在；本人的令牌写在命令之前 / file for the new token, must not exist; your own goes before the command")
	bind(cmd, request.GetPrincipal(), "role", "role")
	bind(cmd, request.GetPrincipal(), "person", "person")
	cmd.Example = `  gongkai user create qian --role system-administrator --person 1001
  gongkai --token-file admin.token user create wang --role officer --agency jyj --token-file wang.token`
	return cmd
}

// createWithToken takes the file before the call, because the token comes only once:
// a file that exists or cannot be written must not cost it.
func createWithToken(path string, create func() (*pb.CreatePrincipalResponse, error)) (*pb.CreatePrincipalResponse, error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, &failure{code: exitUsage, text: text{"令牌文件必须能够新建，已存在的文件不会覆盖", "the token file must be a new one; a file is never overwritten"}, err: err}
	}
	created, err := create()
	if err != nil {
		return nil, errors.Join(err, file.Close(), os.Remove(path))
	}
	if created.GetToken() == "" { // a security administrator's accounts have none
		return created, errors.Join(file.Close(), os.Remove(path))
	}
	_, err = fmt.Fprintln(file, created.GetToken())
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, &failure{code: exitOther, text: text{"用户已建立，但令牌没有写入；请删除该用户后重新建立", "the user was created but its token could not be written; delete the user and create it again"}, err: err}
	}
	return created, nil
}

// onUser makes a command that shows one user; without a name the caller.
func (a *app) onUser(use string, help text, args cobra.PositionalArgs) *cobra.Command {
	var agency *string
	cmd := a.command(use, help, args, func(cmd *cobra.Command, args []string) error {
		name := "principals/me"
		if len(args) > 0 {
			name = principalName(*agency, args[0])
		}
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		found, err := c.Principals.GetPrincipal(cmd.Context(), &pb.GetPrincipalRequest{Name: name})
		if err != nil {
			return err
		}
		return a.printer().message(found)
	})
	if strings.Contains(use, "NAME") {
		agency = agencyFlag(cmd)
	}
	return cmd
}

func (a *app) userList() *cobra.Command {
	var agency *string
	cmd := a.command("list", text{"用户列表", "list the users of an agency, or of the whole installation"}, cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		found, err := c.Principals.ListPrincipals(cmd.Context(), &pb.ListPrincipalsRequest{Parent: resource("agencies/", *agency)})
		if err != nil {
			return err
		}
		return list(a.printer(), "principals", all(found.GetPrincipals()), "name", "role", "removed", "create_time")
	})
	agency = agencyFlag(cmd)
	return cmd
}

func (a *app) userDelete() *cobra.Command {
	var agency *string
	cmd := a.command("delete NAME", text{"移除用户，其令牌立即失效", "remove a user; its token is refused from then on"}, cobra.ExactArgs(1), func(cmd *cobra.Command, args []string) error {
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		removed, err := c.Principals.DeletePrincipal(cmd.Context(), &pb.DeletePrincipalRequest{Name: principalName(*agency, args[0])})
		if err != nil {
			return err
		}
		return a.printer().message(removed)
	})
	agency = agencyFlag(cmd)
	return cmd
}
