package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/reflect/protoreflect"

	"gongkai/client"
	pb "gongkai/proto/disclosure/v1"
)

// thenSign stands between the actions of a chain.
const thenSign = "+"

// standing is where an application stands, as scripts read it.
type standing struct {
	State        string   `json:"state"`
	DueDate      *string  `json:"due_date"`
	WorkdaysLeft *int32   `json:"workdays_left"`
	Suspended    bool     `json:"suspended"`
	Overdue      bool     `json:"overdue"`
	Basis        string   `json:"basis"`
	Warnings     []string `json:"warnings"`
}

func standingOf(app *pb.Application) standing {
	d := app.GetDeadline()
	s := standing{
		State: app.GetState().String(), DueDate: orNull(d.GetDueDate()), Suspended: d.GetSuspended(), Overdue: d.GetOverdue(),
		Basis: app.GetConclusion().GetBasis(), Warnings: append([]string{}, app.GetWarnings()...),
	}
	if d != nil {
		s.WorkdaysLeft = d.WorkdaysLeft
	}
	return s
}

// nextAction is what would be possible then.
type nextAction struct {
	Action   string  `json:"action"`
	Label    string  `json:"label"`
	LastDate *string `json:"last_date"`
	Article  string  `json:"article"`
}

// supposition is the answer of whatif.
type supposition struct {
	ApplicationNo string       `json:"application_no"`
	Before        standing     `json:"before"`
	After         standing     `json:"after"`
	Next          []nextAction `json:"next_actions"`
}

// whatIf tries a chain of actions without recording any.
func (a *app) whatIf() *cobra.Command {
	var agency *string
	cmd := a.command("whatif APPLICATION_NO ACTION [--FLAG VALUE]... ["+thenSign+" ACTION ...]...",
		text{"试算：办理若干步骤后的状态和期限，不保存", "try actions: the state and dates that would be; nothing is recorded"},
		cobra.MinimumNArgs(1), func(cmd *cobra.Command, args []string) error {
			chain, err := a.chain(cmd, args[1:])
			if err != nil {
				return err
			}
			name, err := applicationName(*agency, args[0])
			if err != nil {
				return err
			}
			c, err := a.connect(cmd.Context())
			if err != nil {
				return err
			}
			return a.suppose(cmd, c, name, chain)
		})
	agency = agencyFlag(cmd)
	cmd.Flags().SetInterspersed(false) // what follows the number belongs to the actions
	cmd.Example = `  gongkai whatif 2026-00001 --agency jyj extend --workdays 10 --notify-date 2026-03-20
  gongkai whatif 2026-00001 --agency jyj consult --kind third_party --send-date 2026-03-10 --receive-date 2026-03-11 \
    + receive-opinion --receive-date 2026-03-20 --opinion consent \
    + decide --basis disclosed.provided --decide-date 2026-03-24`
	return cmd
}

// chain reads the actions as their own commands spell them. Flags of whatif itself may
// stand anywhere.
func (a *app) chain(cmd *cobra.Command, words []string) ([]*pb.Action, error) {
	if err := cmd.Flags().Parse(words); err != nil {
		return nil, usage(text{err.Error(), err.Error()})
	}
	words = cmd.Flags().Args()
	var out []*pb.Action
	for {
		part, rest, more := words, []string(nil), false
		for i, word := range words {
			if word == thenSign {
				part, rest, more = words[:i], words[i+1:], true
				break
			}
		}
		action, err := supposed(cmd, part)
		if err != nil {
			return nil, err
		}
		if out = append(out, action); !more {
			return out, nil
		}
		words = rest
	}
}

// supposed reads one action with its flags.
func supposed(parent *cobra.Command, words []string) (*pb.Action, error) {
	var names []string
	action := &pb.Action{}
	each(action, func(name protoreflect.Name) { names = append(names, kebab(string(name))) })
	if len(words) == 0 {
		return nil, usage(text{"请写明要试算的步骤：" + strings.Join(names, ", "), "name the action to try: " + strings.Join(names, ", ")})
	}
	for _, name := range names {
		if name != words[0] {
			continue
		}
		cmd := &cobra.Command{Use: name}
		bindAll(cmd, selectOneof(action, protoreflect.Name(strings.ReplaceAll(name, "-", "_"))))
		cmd.Flags().AddFlagSet(parent.Flags())
		if err := cmd.Flags().Parse(words[1:]); err != nil {
			return nil, usage(text{name + "：" + err.Error(), name + ": " + err.Error()})
		}
		if extra := cmd.Flags().Args(); len(extra) > 0 {
			return nil, usage(text{name + "后面多出“" + extra[0] + "”；下一步骤前请写 " + thenSign, name + " is followed by \"" + extra[0] + "\"; put " + thenSign + " before the next action"})
		}
		return action, nil
	}
	return nil, usage(text{"没有步骤“" + words[0] + "”；有：" + strings.Join(names, ", "), "no action \"" + words[0] + "\"; there are: " + strings.Join(names, ", ")})
}

// suppose asks what would be, and shows it beside what is.
func (a *app) suppose(cmd *cobra.Command, c *client.Client, name string, chain []*pb.Action) error {
	ctx := cmd.Context()
	before, err := c.Applications.GetApplication(ctx, &pb.GetApplicationRequest{Name: name})
	if err != nil {
		return err
	}
	after, err := c.Applications.ActOnApplication(ctx, &pb.ActOnApplicationRequest{Name: name, ValidateOnly: true, Actions: chain})
	if err != nil {
		if status.Code(err) == codes.FailedPrecondition {
			a.notePossible(cmd, c, name, chain)
		}
		return err
	}
	found, err := c.Applications.ListPossibleActions(ctx, &pb.ListPossibleActionsRequest{Name: name, Actions: chain})
	if err != nil {
		return err
	}
	s := supposition{ApplicationNo: before.GetApplicationNo(), Before: standingOf(before), After: standingOf(after), Next: []nextAction{}}
	for _, p := range found.GetActions() {
		if p.GetPossible() {
			s.Next = append(s.Next, nextAction{p.GetAction(), p.GetLabel(), orNull(p.GetLastDate()), p.GetArticle()})
		}
	}
	if a.output == "json" {
		return a.printer().json(s)
	}
	return a.showSupposition(before, after, s)
}

// notePossible tells what would be possible where a chain is refused: after the longest
// part of it that is not.
func (a *app) notePossible(cmd *cobra.Command, c *client.Client, name string, chain []*pb.Action) {
	for n := range slices.Backward(chain) {
		found, err := c.Applications.ListPossibleActions(cmd.Context(), &pb.ListPossibleActionsRequest{Name: name, Actions: chain[:n]})
		if err != nil {
			continue
		}
		var names []string
		for _, p := range found.GetActions() {
			if p.GetPossible() {
				names = append(names, kebab(p.GetAction()))
			}
		}
		a.note(text{"此时可办", "possible then"}, strings.Join(names, ", "))
		return
	}
}

// showSupposition writes before and after side by side, and what would be possible then.
func (a *app) showSupposition(before, after *pb.Application, s supposition) error {
	p := a.printer()
	var rows [][]string
	for _, path := range []string{
		"state", "receive_date", "deadline.due_date", "deadline.safe_due_date", "deadline.workdays_left", "deadline.suspended", "deadline.overdue",
		"conclusion.close_date", "conclusion.basis", "conclusion.timing", "warnings",
	} {
		was, is := p.view().at(before.ProtoReflect(), path), p.view().at(after.ProtoReflect(), path)
		if was == "" && is == "" {
			continue
		}
		field := path
		if p.format == "table" {
			field = label(path).in(p.lang)
		}
		rows = append(rows, []string{field, was, is})
	}
	var next []string
	for _, n := range s.Next {
		next = append(next, kebab(n.Action))
	}
	field := "next_actions"
	if p.format == "table" {
		field = label(field).in(p.lang)
	}
	rows = append(rows, []string{field, "", strings.Join(next, " ")})
	return p.rows([]string{"whatif.field", "whatif.before", "whatif.after"}, rows)
}
