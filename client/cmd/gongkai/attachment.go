package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"gongkai/client"
	pb "gongkai/proto/disclosure/v1"
)

// attachment holds the commands on the files of cases.
func (a *app) attachment() *cobra.Command {
	return a.group("attachment", text{"附件：信封、申请表、身份证明、答复书等扫描件", "scans and files of a case: envelope, form, identity, reply"},
		a.attachmentAdd(), a.attachmentList(), a.attachmentShow(), a.attachmentGet(), a.attachmentWithdraw())
}

func (a *app) attachmentAdd() *cobra.Command {
	header := &pb.UploadAttachmentHeader{}
	var agency *string
	cmd := a.command("add FILE", text{"给申请或者救济案件添加附件", "add a file to an application or a remedy"}, cobra.ExactArgs(1), func(cmd *cobra.Command, args []string) error {
		var err error
		if header.Parent, err = parent(*agency); err != nil {
			return err
		}
		if header.Application, header.Remedy, err = caseNames(*agency, header.GetApplication(), header.GetRemedy()); err != nil {
			return err
		}
		return a.upload(cmd, header, args[0])
	})
	agency = agencyFlag(cmd)
	for _, name := range []string{"application", "remedy", "kind", "media_type", "request_id"} {
		bind(cmd, header, name, kebab(name))
	}
	cmd.Flags().StringVar(&header.FileName, "name", "", "登记的文件名，默认为文件本身的名字 / file name to record, default that of the file")
	cmd.Long = cmd.Short + "\n\n" +
		"可接收PDF、JPEG、PNG、TIFF、OFD、DOCX、XLSX、EML、TXT，按内容识别，与文件名无关；单个文件默认不超过32 MiB，每件不超过200 MiB。\n" +
		"Takes PDF, JPEG, PNG, TIFF, OFD, DOCX, XLSX, EML and TXT, told by their content whatever the name; by default up to\n" +
		"32 MiB a file and 200 MiB a case. Broken off, it can be run again; with the same --request-id it stores the file once."
	cmd.Example = `  gongkai attachment add 信封.jpg --agency jyj --application 2026-00001 --kind envelope
  gongkai attachment add 裁定书.pdf --agency jyj --remedy 1 --kind remedy-document`
	return cmd
}

func (a *app) upload(cmd *cobra.Command, header *pb.UploadAttachmentHeader, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // it was only read
	if header.GetFileName() == "" {
		header.FileName = filepath.Base(path)
	}
	c, err := a.connect(cmd.Context())
	if err != nil {
		return err
	}
	m := a.meter()
	added, err := c.UploadAttachment(cmd.Context(), header, file, m.transferring)
	m.end()
	if err != nil {
		return err
	}
	return a.printer().message(added)
}

// caseNames makes the resource names of the case that an attachment belongs to.
func caseNames(agency, application, remedy string) (applicationRef, remedyRef string, err error) {
	if application != "" {
		if applicationRef, err = applicationName(agency, application); err != nil {
			return "", "", err
		}
	}
	if remedy != "" {
		remedyRef, err = remedyName(agency, remedy)
	}
	return applicationRef, remedyRef, err
}

func (a *app) attachmentList() *cobra.Command {
	request := &pb.ListAttachmentsRequest{PageSize: pageSize}
	var agency *string
	var limit *int
	cmd := a.command("list", text{"附件列表", "list attachments in the order of their entry"}, cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		var err error
		if request.Parent, err = parent(*agency); err != nil {
			return err
		}
		if request.Application, request.Remedy, err = caseNames(*agency, request.GetApplication(), request.GetRemedy()); err != nil {
			return err
		}
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		rows := client.List(cmd.Context(), c.Attachments.ListAttachments, request, (*pb.ListAttachmentsResponse).GetAttachments)
		return list(a.printer(), "attachments", first(rows, *limit),
			"name", "kind", "file_name", "media_type", "size", "create_time", "withdraw_time", "withdraw_reason")
	})
	agency = agencyFlag(cmd)
	limit = limitFlag(cmd)
	bind(cmd, request, "application", "application")
	bind(cmd, request, "remedy", "remedy")
	cmd.Example = `  gongkai attachment list --agency jyj --application 2026-00001`
	return cmd
}

// attachmentName names an attachment by its id; a resource name stays.
func attachmentName(agency, id string) (string, error) {
	if strings.HasPrefix(id, "agencies/") {
		return id, nil
	}
	p, err := parent(agency)
	return p + "/attachments/" + id, err
}

func (a *app) attachmentShow() *cobra.Command {
	var agency *string
	cmd := a.command("show ATTACHMENT", text{"查看附件的登记及其存取记录", "show what is recorded of an attachment, and who read it"}, cobra.ExactArgs(1), func(cmd *cobra.Command, args []string) error {
		name, err := attachmentName(*agency, args[0])
		if err != nil {
			return err
		}
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		found, err := c.Attachments.GetAttachment(cmd.Context(), &pb.GetAttachmentRequest{Name: name})
		if err != nil {
			return err
		}
		return a.printer().message(found)
	})
	agency = agencyFlag(cmd)
	return cmd
}

func (a *app) attachmentGet() *cobra.Command {
	var agency *string
	var target fileTarget
	cmd := a.command("get ATTACHMENT", text{"取出附件的内容（留下查阅记录）", "write the content of an attachment to a file; that it was read is recorded"}, cobra.ExactArgs(1), func(cmd *cobra.Command, args []string) error {
		name, err := attachmentName(*agency, args[0])
		if err != nil {
			return err
		}
		return a.saveAttachment(cmd.Context(), name, target)
	})
	agency = agencyFlag(cmd)
	f := cmd.Flags()
	f.StringVarP(&target.path, "file", "f", "", "文件，-为标准输出，默认按附件的文件名 / file, - is stdout, default named after the attachment")
	f.BoolVar(&target.force, "force", false, "覆盖已有文件 / overwrite the file if it exists")
	cmd.Example = `  gongkai attachment get 1 --agency jyj -f 信封.jpg`
	return cmd
}

// saveAttachment writes a content. What arrives is compared with its SHA-256, and the file
// appears under its name only once it is whole.
func (a *app) saveAttachment(ctx context.Context, name string, target fileTarget) error {
	if err := target.free(target.path); err != nil {
		return err
	}
	c, err := a.connect(ctx)
	if err != nil {
		return err
	}
	m := a.meter()
	if target.path == "-" {
		_, err := c.DownloadAttachment(ctx, name, a.stdout, m.transferring)
		m.end()
		return err
	}
	saved, path, err := writeAttachment(target, func(to io.Writer) (*pb.Attachment, error) {
		defer m.end()
		return c.DownloadAttachment(ctx, name, to, m.transferring)
	})
	if err != nil {
		return err
	}
	out := reportFile{File: path, MediaType: saved.GetMediaType(), Bytes: saved.GetSize()}
	if a.output == "json" {
		return a.printer().json(out)
	}
	return a.printer().rows([]string{"file", "media_type", "bytes"}, [][]string{{out.File, out.MediaType, fmt.Sprint(out.Bytes)}})
}

func writeAttachment(target fileTarget, fill func(io.Writer) (*pb.Attachment, error)) (saved *pb.Attachment, path string, err error) {
	dir := "."
	if target.path != "" {
		dir = filepath.Dir(target.path)
	}
	file, err := os.CreateTemp(dir, ".attachment-*")
	if err != nil {
		return nil, "", &failure{code: exitUsage, text: text{"目录不可写", "the directory cannot be written"}, err: err}
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(file.Name()))
		}
	}()
	saved, err = fill(file)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, "", err
	}
	if path = target.path; path == "" {
		path = plainFileName(saved)
		if err := target.free(path); err != nil {
			return nil, "", err
		}
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return nil, "", fmt.Errorf("put %s in place: %w", path, err)
	}
	return saved, path, nil
}

// fileEndings are the endings of files by what their content is.
var fileEndings = map[string]string{
	"application/pdf": ".pdf", "image/jpeg": ".jpg", "image/png": ".png", "image/tiff": ".tif", "application/ofd": ".ofd",
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":       ".xlsx",
	"message/rfc822": ".eml", "text/plain": ".txt",
}

// plainFileName makes a name in the present directory of what the file was called: its
// letters and digits, behind its id and before the ending of what it is. So it leads
// nowhere else, names no device and starts nothing.
func plainFileName(m *pb.Attachment) string {
	const most = 60 // characters
	name := m.GetFileName()
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	name = strings.TrimSuffix(name, filepath.Ext(name))
	letters := []rune(strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '_' {
			return r
		}
		return -1
	}, name))
	id := m.GetName()[strings.LastIndexByte(m.GetName(), '/')+1:]
	id = strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, id)
	return strings.TrimSuffix("attachment-"+id+"-"+string(letters[:min(len(letters), most)]), "-") + fileEndings[m.GetMediaType()]
}

func (a *app) attachmentWithdraw() *cobra.Command {
	request := &pb.WithdrawAttachmentRequest{}
	var agency *string
	cmd := a.command("withdraw ATTACHMENT", text{"撤回附件并写明理由", "withdraw an attachment, with the reason"}, cobra.ExactArgs(1), func(cmd *cobra.Command, args []string) error {
		var err error
		if request.Name, err = attachmentName(*agency, args[0]); err != nil {
			return err
		}
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		gone, err := c.Attachments.WithdrawAttachment(cmd.Context(), request)
		if err != nil {
			return err
		}
		return a.printer().message(gone)
	})
	agency = agencyFlag(cmd)
	bind(cmd, request, "reason", "reason")
	controls(cmd, request)
	cmd.Long = cmd.Short + "\n\n" +
		"登记和历史保留。已办结、已归档或者已冻结年度的案件，内容一并保留；其余的30天后删除。\n" +
		"The record and its history stay. Of a case that is closed, filed or frozen the content stays too; else it is removed after 30 days."
	cmd.Example = `  gongkai attachment withdraw 1 --agency jyj --reason 误传了他人的证件`
	return cmd
}
