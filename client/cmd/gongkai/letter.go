package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"gongkai/client"
	pb "gongkai/proto/disclosure/v1"
)

// letter holds the commands on the letters of a case.
func (a *app) letter() *cobra.Command {
	return a.group("letter", text{"文书：回执、告知书、答复书、审批表等", "letters and forms of a case: receipt, notices, reply, approval sheet"},
		a.letterKinds(), a.letterPreview(), a.letterIssue(), a.letterList(), a.letterDownload(), a.letterTemplate())
}

func (a *app) letterKinds() *cobra.Command {
	request := &pb.ListLetterKindsRequest{}
	var agency *string
	cmd := a.command("kinds", text{"文书种类：依据、必备内容，以及对某件申请现在能否印发", "the kinds of letters, their articles and elements, and which are possible for an application"}, cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		var err error
		if request.Parent, err = parent(*agency); err != nil {
			return err
		}
		columns := []string{"kind", "basis", "label", "article", "remedy", "when"}
		if request.GetApplication() != "" {
			if request.Application, err = applicationName(*agency, request.GetApplication()); err != nil {
				return err
			}
			columns = []string{"kind", "basis", "label", "possible", "refusal"}
		}
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		found, err := c.Letters.ListLetterKinds(cmd.Context(), request)
		if err != nil {
			return err
		}
		return list(a.printer(), "kinds", all(found.GetKinds()), columns...)
	})
	agency = agencyFlag(cmd)
	bind(cmd, request, "application", "application")
	bind(cmd, request, "kind", "kind")
	cmd.Example = `  gongkai letter kinds --agency jyj
  gongkai letter kinds --agency jyj --application 2026-00001 --kind reply -o json`
	return cmd
}

// letterFields binds the flag by which the elements of a letter are given.
func letterFields(cmd *cobra.Command) func() (map[string]string, error) {
	var given []string
	cmd.Flags().StringArrayVar(&given, "set", nil, text{"内容 KEY=VALUE（可重复）；KEY=@文件 取自文件", "element KEY=VALUE, repeatable; KEY=@FILE reads a file"}.String())
	return func() (map[string]string, error) {
		fields := map[string]string{}
		for _, arg := range given {
			key, value, ok := strings.Cut(arg, "=")
			if !ok || key == "" {
				return nil, usage(text{fmt.Sprintf("--set “%s”应写成 KEY=VALUE", arg), fmt.Sprintf("--set %q must be KEY=VALUE", arg)})
			}
			if path, isFile := strings.CutPrefix(value, "@"); isFile {
				content, err := os.ReadFile(path)
				if err != nil {
					return nil, err
				}
				value = string(content)
			}
			fields[key] = value
		}
		return fields, nil
	}
}

// letterBeside names a letter of an application's agency by its id; a resource name stays.
func letterBeside(application, id string) string {
	if id == "" || strings.HasPrefix(id, "agencies/") {
		return id
	}
	agency, _, _ := strings.Cut(application, "/applications/")
	return agency + "/letters/" + id
}

func (a *app) letterPreview() *cobra.Command {
	request := &pb.PreviewLetterRequest{}
	var fields func() (map[string]string, error)
	cmd := a.onApplication("preview", text{"预览文书，列出缺少的内容；不取号、不保存", "compose a letter and say what it lacks; nothing is written"}, func(cmd *cobra.Command, c *client.Client, name string) (err error) {
		request.Name, request.Replaces = name, letterBeside(name, request.GetReplaces())
		if request.Fields, err = fields(); err != nil {
			return err
		}
		answer, err := c.Letters.PreviewLetter(cmd.Context(), request)
		if err != nil {
			return err
		}
		return a.showLetter(answer)
	})
	fields = letterFields(cmd)
	for _, f := range []string{"kind", "basis", "letter_date", "replaces"} {
		bind(cmd, request, f, kebab(f))
	}
	cmd.Example = `  gongkai letter preview 2026-00001 --agency jyj --kind receipt --set received_items=申请表1份
  gongkai letter preview 2026-00001 --agency jyj --kind reply --basis refused.state_secret --set facts=@理由.txt`
	return cmd
}

// showLetter writes a letter as it is read, and beside it what it lacks.
func (a *app) showLetter(answer *pb.PreviewLetterResponse) error {
	p := a.printer()
	if p.format != "table" {
		return p.message(answer)
	}
	for _, b := range answer.GetBlocks() {
		line := b.GetText()
		if b.GetRole() == pb.LetterBlock_ROW {
			line = b.GetLabel() + "：" + strings.ReplaceAll(line, "\n", "\n    ")
		}
		if _, err := fmt.Fprintln(a.stdout, line); err != nil {
			return err
		}
	}
	for _, w := range answer.GetWarnings() {
		a.note(text{"提示", "note"}, w)
	}
	for _, g := range answer.GetMissing() {
		a.note(text{"缺少", "missing"}, fmt.Sprintf("%s（%s）：%s", g.GetElement(), g.GetPlace(), g.GetMessage()))
	}
	return nil
}

func (a *app) letterIssue() *cobra.Command {
	request := &pb.IssueLetterRequest{}
	var fields func() (map[string]string, error)
	cmd := a.onApplication("issue", text{"印发文书：编号、生成DOCX并连同校验值留存", "issue a letter: number it, write it as DOCX and keep it with its hash"}, func(cmd *cobra.Command, c *client.Client, name string) (err error) {
		request.Name, request.Replaces = name, letterBeside(name, request.GetReplaces())
		if request.Fields, err = fields(); err != nil {
			return err
		}
		issued, err := c.Letters.IssueLetter(cmd.Context(), request)
		if err != nil {
			return err
		}
		if a.output != "json" {
			issued.Blocks = nil
		}
		return a.printer().message(issued)
	})
	fields = letterFields(cmd)
	for _, f := range []string{"kind", "basis", "letter_date", "replaces"} {
		bind(cmd, request, f, kebab(f))
	}
	controls(cmd, request)
	cmd.Long = cmd.Short + "\n\n" +
		"缺少法律依据、事实或者救济告知的不印发，并逐项写明缺什么、到哪里补。同一 --request-id 重复执行只印发一份、只取一个号。\n" +
		"送达前发现有误的，用 gongkai attachment withdraw 写明理由撤下，再以 --replaces 印发，沿用原文号。\n" +
		"A letter that lacks its basis, facts or remedy is refused, naming each. With the same --request-id it is issued once.\n" +
		"One with a fault that has not gone out is withdrawn by gongkai attachment withdraw; --replaces takes over its number."
	cmd.Example = `  gongkai letter issue 2026-00001 --agency jyj --kind receipt --set received_items=申请表1份
  gongkai letter issue 2026-00001 --agency jyj --kind reply --basis refused.internal_affairs --set internal_kind=personnel --set facts=@理由.txt
  gongkai letter issue 2026-00001 --agency jyj --kind receipt --set received_items=申请表2份 --replaces 3`
	return cmd
}

func (a *app) letterList() *cobra.Command {
	request := &pb.ListLettersRequest{PageSize: pageSize}
	var limit *int
	cmd := a.onApplication("list", text{"申请的文书", "list the letters of an application"}, func(cmd *cobra.Command, c *client.Client, name string) error {
		request.Parent = name
		rows := client.List(cmd.Context(), c.Letters.ListLetters, request, (*pb.ListLettersResponse).GetLetters)
		return list(a.printer(), "letters", first(rows, *limit), "name", "label", "document_no", "letter_date", "sha256", "create_time", "withdraw_time", "withdraw_reason", "replaces")
	})
	limit = limitFlag(cmd)
	cmd.Example = `  gongkai letter list 2026-00001 --agency jyj`
	return cmd
}

// childName names a thing of an agency by its id; a resource name stays.
func childName(agency, collection, id string) (string, error) {
	if strings.HasPrefix(id, "agencies/") {
		return id, nil
	}
	p, err := parent(agency)
	return p + "/" + collection + "/" + id, err
}

func (a *app) letterDownload() *cobra.Command {
	var agency *string
	var target fileTarget
	cmd := a.command("download LETTER", text{"取出已印发的文书（核对校验值，留下查阅记录）", "write an issued letter to a file, compared with its hash; that it was read is recorded"}, cobra.ExactArgs(1), func(cmd *cobra.Command, args []string) error {
		name, err := childName(*agency, "letters", args[0])
		if err != nil {
			return err
		}
		if err := target.free(target.path); err != nil {
			return err
		}
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		return a.saveFile(target, func(to io.Writer) (*pb.Attachment, error) { return downloadLetter(cmd.Context(), c, name, to) })
	})
	agency = agencyFlag(cmd)
	fileFlags(cmd, &target)
	cmd.Example = `  gongkai letter download 1 --agency jyj -f 答复书.docx`
	return cmd
}

func downloadLetter(ctx context.Context, c *client.Client, name string, to io.Writer) (*pb.Attachment, error) {
	l, err := c.DownloadLetter(ctx, name, to)
	return &pb.Attachment{Name: l.GetAttachment(), FileName: l.GetFileName(), MediaType: docxType, Size: l.GetSize()}, err
}

const docxType = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

func fileFlags(cmd *cobra.Command, target *fileTarget) {
	f := cmd.Flags()
	f.StringVarP(&target.path, "file", "f", "", "文件，-为标准输出，默认按内容命名 / file, - is stdout, default named after the content")
	f.BoolVar(&target.force, "force", false, "覆盖已有文件 / overwrite the file if it exists")
}

// saveFile writes a file that appears under its name only once it is whole, and says where.
func (a *app) saveFile(target fileTarget, fill func(io.Writer) (*pb.Attachment, error)) error {
	if target.path == "-" {
		_, err := fill(a.stdout)
		return err
	}
	saved, path, err := writeAttachment(target, fill)
	if err != nil {
		return err
	}
	out := reportFile{File: path, MediaType: saved.GetMediaType(), Bytes: saved.GetSize()}
	if a.output == "json" {
		return a.printer().json(out)
	}
	return a.printer().rows([]string{"file", "media_type", "bytes"}, [][]string{{out.File, out.MediaType, fmt.Sprint(out.Bytes)}})
}

// letterTemplate holds the commands on an office's own templates.
func (a *app) letterTemplate() *cobra.Command {
	return a.group("template", text{"文书模板：取出、编辑后上传本机关的DOCX", "templates: an office's own DOCX in place of ours"}, a.templateList(), a.templateGet(), a.templatePut())
}

func (a *app) templateList() *cobra.Command {
	request := &pb.ListLetterTemplatesRequest{}
	var agency *string
	cmd := a.command("list", text{"各种文书使用的模板", "the template in use for each kind"}, cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		var err error
		if request.Parent, err = parent(*agency); err != nil {
			return err
		}
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		found, err := c.Letters.ListLetterTemplates(cmd.Context(), request)
		if err != nil {
			return err
		}
		return list(a.printer(), "templates", all(found.GetTemplates()), "name", "version", "file_name", "size", "sha256", "create_time")
	})
	agency = agencyFlag(cmd)
	return cmd
}

func (a *app) templateGet() *cobra.Command {
	request := &pb.GetLetterTemplateRequest{}
	var agency *string
	var target fileTarget
	cmd := a.command("get KIND", text{"取出模板，可以用Word或者WPS编辑", "write a template to a file, to be edited in Word or WPS"}, cobra.ExactArgs(1), func(cmd *cobra.Command, args []string) error {
		var err error
		if request.Name, err = childName(*agency, "letterTemplates", args[0]); err != nil {
			return err
		}
		if err := target.free(target.path); err != nil {
			return err
		}
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		found, err := c.Letters.GetLetterTemplate(cmd.Context(), request)
		if err != nil {
			return err
		}
		for _, p := range found.GetKnown() {
			if p.GetRequired() {
				a.note(text{"必备占位符", "placeholder that must stay"}, "{{"+p.GetName()+"}} "+p.GetLabel())
			}
		}
		return a.saveFile(target, func(to io.Writer) (*pb.Attachment, error) {
			_, err := to.Write(found.GetContent())
			return &pb.Attachment{Name: found.GetName(), FileName: found.GetFileName(), MediaType: docxType, Size: found.GetSize()}, err
		})
	})
	agency = agencyFlag(cmd)
	bind(cmd, request, "version", "version")
	bind(cmd, request, "builtin", "builtin")
	fileFlags(cmd, &target)
	cmd.Example = `  gongkai letter template get reply --agency jyj -f 答复书模板.docx
  gongkai letter template get reply.refused.state_secret --agency jyj --builtin -f 国家秘密.docx`
	return cmd
}

func (a *app) templatePut() *cobra.Command {
	request := &pb.PutLetterTemplateRequest{}
	var agency *string
	var builtin bool
	cmd := a.command("put KIND [FILE]", text{"上传本机关的模板；--builtin 恢复内置模板", "put an office's own template; --builtin uses ours again"}, cobra.RangeArgs(1, 2), func(cmd *cobra.Command, args []string) error {
		var err error
		if request.Name, err = childName(*agency, "letterTemplates", args[0]); err != nil {
			return err
		}
		if builtin == (len(args) == 2) {
			return usage(text{"请给出DOCX文件，或者 --builtin", "give a DOCX file, or --builtin"})
		}
		if len(args) == 2 {
			if request.Content, err = os.ReadFile(args[1]); err != nil {
				return err
			}
			if request.GetFileName() == "" {
				request.FileName = filepath.Base(args[1])
			}
		}
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		put, err := c.Letters.PutLetterTemplate(cmd.Context(), request)
		if err != nil {
			return err
		}
		return a.printer().message(put)
	})
	agency = agencyFlag(cmd)
	cmd.Flags().BoolVar(&builtin, "builtin", false, "恢复内置模板 / use ours again")
	controls(cmd, request)
	cmd.Example = `  gongkai letter template put reply 答复书模板.docx --agency jyj`
	return cmd
}
