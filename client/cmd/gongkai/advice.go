package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"gongkai/client"
	pb "gongkai/proto/disclosure/v1"
)

// advise asks what is still open on the way to a reply and proposes a basis.
func (a *app) advise() *cobra.Command {
	request := &pb.AdviseOutcomeRequest{}
	var answers []string
	cmd := a.onApplication("advise", text{"答复向导：只问未决问题，提出答复依据", "ask what is still open and propose a basis for the reply"}, func(cmd *cobra.Command, c *client.Client, name string) error {
		request.Name, request.Answers = name, map[string]string{}
		for _, given := range answers {
			question, choice, ok := strings.Cut(given, "=")
			if !ok {
				return usage(text{"--answer 应为 问题=选项，收到“" + given + "”", "--answer must be question=choice, got \"" + given + "\""})
			}
			request.Answers[question] = choice
		}
		ask := func(ctx context.Context) (*pb.AdviseOutcomeResponse, error) {
			return c.Advice.AdviseOutcome(ctx, request)
		}
		if f, ok := a.stdin.(*os.File); ok && a.output == "table" && isatty.IsTerminal(f.Fd()) {
			return a.converse(cmd.Context(), ask, request.GetAnswers())
		}
		answer, err := ask(cmd.Context())
		if err != nil {
			return err
		}
		return a.showAdvice(answer)
	})
	cmd.Flags().StringArrayVar(&answers, "answer", nil, text{"问题=选项（可重复）", "question=choice, repeatable"}.String())
	bind(cmd, request, "decide_date", "decide-date")
	cmd.Example = `  gongkai advise 2026-00001 --agency jyj
  gongkai advise 2026-00001 --agency jyj --answer handling=proceed --answer kind=petition`
	return cmd
}

// converse puts one question after the other until a basis can be proposed.
func (a *app) converse(ctx context.Context, ask func(context.Context) (*pb.AdviseOutcomeResponse, error), answers map[string]string) error {
	in := bufio.NewReader(a.stdin)
	for {
		answer, err := ask(ctx)
		if err != nil {
			return err
		}
		if err := a.showAdvice(answer); err != nil {
			return err
		}
		q := answer.GetQuestion()
		if q == nil {
			return nil
		}
		for choice := ""; choice == ""; {
			fmt.Fprint(a.stdout, "> ")
			line, err := in.ReadString('\n')
			choice = chosen(q, strings.TrimSpace(line))
			if choice == "" && errors.Is(err, io.EOF) {
				return usage(text{"没有选择答案", "no answer was chosen"})
			}
			if choice == "" {
				a.note(text{"提示", "note"}, text{"请输入选项的序号或者名称", "give the number or name of a choice"}.in(a.lang))
				continue
			}
			answers[q.GetId()] = choice
		}
	}
}

// chosen finds the choice that a line means by its number or name; empty: none.
func chosen(q *pb.Question, line string) string {
	if n, err := strconv.Atoi(line); err == nil && n >= 1 && n <= len(q.GetChoices()) {
		return q.GetChoices()[n-1].GetId()
	}
	for _, c := range q.GetChoices() {
		if c.GetId() == line {
			return line
		}
	}
	return ""
}

// showAdvice writes the question that is open with its choices, or the proposal.
func (a *app) showAdvice(answer *pb.AdviseOutcomeResponse) error {
	p := a.printer()
	if p.format != "table" {
		return p.message(answer)
	}
	if q := answer.GetQuestion(); q != nil {
		for _, s := range answer.GetSettled() {
			fmt.Fprintln(a.stdout, "✓ "+s.GetText())
		}
		fmt.Fprintf(a.stdout, "%s: %s (%s)\n", q.GetId(), q.GetText(), articles(q.GetArticle(), a.lang))
		rows := make([][]string, len(q.GetChoices()))
		for i, c := range q.GetChoices() {
			rows[i] = []string{strconv.Itoa(i + 1), c.GetId(), c.GetText()}
		}
		return grid(p.out, nil, rows)
	}
	return grid(p.out, nil, proposalRows(answer.GetProposal(), a.lang))
}

// articles cites the articles that a question stands on.
func articles(list, lang string) string {
	if lang == "en" {
		return "Art " + list
	}
	return "《条例》第" + strings.ReplaceAll(list, ", ", "、") + "条"
}

// proposalRows are one row for each thing that a proposal says.
func proposalRows(p *pb.Proposal, lang string) [][]string {
	var rows [][]string
	add := func(field string, values ...string) {
		for _, v := range values {
			if v != "" {
				rows = append(rows, []string{label("proposal." + field).in(lang), v})
			}
		}
	}
	add("basis", p.GetBasis())
	add("label", p.GetLabel())
	add("article", p.GetArticle())
	add("withheld_basis", p.GetWithheldBasis())
	add("row", p.GetRow())
	add("code", p.GetCode())
	add("action", kebab(p.GetAction()))
	add("reasons", p.GetReasons()...)
	add("elements", p.GetElements()...)
	add("remedy_text", p.GetRemedyText())
	add("missing", p.GetMissing()...)
	add("warnings", p.GetWarnings()...)
	return rows
}

// similar finds applications of the same applicant and on the same matter.
func (a *app) similar() *cobra.Command {
	request := &pb.FindSimilarRequest{}
	cmd := a.onApplication("similar", text{"查找同一申请人、相近内容的申请", "find applications of the same applicant and on the same matter"}, func(cmd *cobra.Command, c *client.Client, name string) error {
		request.Name = name
		answer, err := c.Advice.FindSimilar(cmd.Context(), request)
		if err != nil {
			return err
		}
		for _, s := range answer.GetSuggestions() {
			a.note(text{"供参考", "to consider"}, s)
		}
		if answer.GetBoundReached() {
			a.note(text{"提示", "note"}, text{
				fmt.Sprintf("只比对了最近%d件申请，更早的没有比对", answer.GetScanned()), fmt.Sprintf("only the newest %d applications were compared", answer.GetScanned()),
			}.in(a.lang))
		}
		if a.output == "json" {
			return a.printer().message(answer)
		}
		if a.output == "table" {
			for _, m := range answer.GetMonths() {
				fmt.Fprintln(a.stdout, text{fmt.Sprintf("%s 该申请人%d件", m.GetMonth(), m.GetCount()), fmt.Sprintf("%s: %d of the applicant", m.GetMonth(), m.GetCount())}.in(a.lang))
			}
		}
		return list(a.printer(), "", all(answer.GetApplications()), "application_no", "likeness", "same_by", "receive_date", "state", "answer_dates", "reply_nos", "basis")
	})
	bind(cmd, request, "limit", "limit")
	cmd.Example = "  gongkai similar 2026-00001 --agency jyj"
	return cmd
}
