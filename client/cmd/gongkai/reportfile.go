package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	pb "gongkai/proto/disclosure/v1"
)

// reportFile is a written report as scripts read it.
type reportFile struct {
	File      string `json:"file"`
	MediaType string `json:"media_type"`
	Bytes     int64  `json:"bytes"`
}

// fileTarget is where a report goes.
type fileTarget struct {
	path  string // empty: the name that the service gives it; -: stdout
	force bool
}

var fileFormats = []string{"xlsx", "docx", "html", "csv"}

// reportExport writes a report as a document in the official layout.
func (a *app) reportExport() *cobra.Command {
	request := &pb.ExportReportRequest{}
	var agency *string
	var format string
	var target fileTarget
	cmd := a.command("export", text{"导出年度报告文件（统一格式）", "write an annual report as a file in the official layout"}, cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		var err error
		if request.Parent, err = parent(*agency); err != nil {
			return err
		}
		if request.Format, err = formatOf(format, target.path); err != nil {
			return err
		}
		if err := target.free(target.path); err != nil {
			return err
		}
		return a.exportReport(cmd.Context(), request, target)
	})
	agency = agencyFlag(cmd)
	for _, name := range []string{"year", "form", "appendix", "numbers", "prose", "rollup"} {
		bind(cmd, request, name, name)
	}
	f := cmd.Flags()
	f.Var(&oneOf{&format, fileFormats}, "format", "文件格式，默认按文件扩展名 / format, default by the ending of the file: "+strings.Join(fileFormats, "|"))
	complete(cmd, "format", fileFormats...)
	f.StringVarP(&target.path, "file", "f", "", "文件，-为标准输出，默认按机关、年度和表样命名 / file, - is stdout, default named after agency, year and form")
	f.BoolVar(&target.force, "force", false, "覆盖已有文件 / overwrite the file if it exists")
	cmd.Example = `  gongkai report export --agency jyj --year 2025 --form table-2021 --prose -f 2025.docx
  gongkai report export --agency jyj --year 2025 --form table-2021 --appendix --numbers --format xlsx`
	return cmd
}

// formatOf is the format asked for, or else that of the file's ending. The two must not
// contradict each other: a program opens a file by its ending.
func formatOf(format, path string) (pb.ExportReportRequest_Format, error) {
	ending := strings.ToLower(strings.TrimPrefix(filepath.Ext(path), "."))
	known := slices.Contains(fileFormats, ending)
	switch {
	case format == "" && !known:
		return 0, usage(text{"请用 --format 给出格式，或者给出以.xlsx、.docx、.html、.csv结尾的文件名", "name the format by --format, or a file that ends in .xlsx, .docx, .html or .csv"})
	case format == "":
		format = ending
	case known && ending != format:
		return 0, usage(text{
			fmt.Sprintf("文件以.%s结尾，格式却是%s；请改正其一", ending, format), fmt.Sprintf("the file ends in .%s but the format is %s; change one of them", ending, format),
		})
	}
	return pb.ExportReportRequest_Format(pb.ExportReportRequest_Format_value[strings.ToUpper(format)]), nil
}

// free refuses a file that exists.
func (t fileTarget) free(path string) error {
	if t.force || path == "" || path == "-" {
		return nil
	}
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return usage(text{"文件已经存在：" + path + "。如要覆盖，请加 --force", "the file exists: " + path + "; add --force to overwrite it"})
}

func (a *app) exportReport(ctx context.Context, request *pb.ExportReportRequest, target fileTarget) error {
	ctx, cancel := context.WithCancel(ctx) // ends the call if the file cannot be written
	defer cancel()
	c, err := a.connect(ctx)
	if err != nil {
		return err
	}
	stream, err := c.Documents.ExportReport(ctx, request)
	if err != nil {
		return err
	}
	first, err := stream.Recv()
	if err != nil {
		return err
	}
	out := reportFile{File: target.path, MediaType: first.GetMediaType()}
	if target.path == "-" {
		_, err := writePieces(a.stdout, first, stream)
		return err
	}
	if target.path == "" {
		if out.File, err = safeName(first.GetFileName()); err != nil {
			return err
		}
		if err := target.free(out.File); err != nil {
			return err
		}
	}
	if out.Bytes, err = writeWhole(out.File, first, stream); err != nil {
		return err
	}
	if a.output == "json" {
		return a.printer().json(out)
	}
	return a.printer().rows([]string{"file", "media_type", "bytes"}, [][]string{{out.File, out.MediaType, fmt.Sprint(out.Bytes)}})
}

var plainName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]*\.(xlsx|docx|html|csv)$`)

// safeName takes a name from the service only if it can lead nowhere but into the present
// directory and starts nothing.
func safeName(name string) (string, error) {
	if len(name) > 200 || !plainName.MatchString(name) {
		return "", &failure{code: exitOther, text: text{
			fmt.Sprintf("服务给出的文件名%q不安全；请用 -f 指定文件名", name), fmt.Sprintf("the service gave the unsafe file name %q; name the file by -f", name),
		}}
	}
	return name, nil
}

// writeWhole writes a file under another name first and renames it once it is complete,
// so that a broken export leaves what was there alone.
func writeWhole(path string, first *pb.ExportReportResponse, stream pb.DocumentService_ExportReportClient) (n int64, err error) {
	file, err := os.CreateTemp(filepath.Dir(path), ".report-*")
	if err != nil {
		return 0, &failure{code: exitUsage, text: text{"目录不可写", "the directory cannot be written"}, err: err}
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(file.Name()))
		}
	}()
	n, err = writePieces(file, first, stream)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return n, err
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return n, fmt.Errorf("put %s in place: %w", path, err)
	}
	return n, nil
}

// writePieces writes the file as it comes.
func writePieces(w io.Writer, piece *pb.ExportReportResponse, stream pb.DocumentService_ExportReportClient) (total int64, err error) {
	for {
		n, err := w.Write(piece.GetData())
		total += int64(n)
		if err != nil {
			return total, fmt.Errorf("write the report: %w", err)
		}
		if piece, err = stream.Recv(); errors.Is(err, io.EOF) {
			return total, nil
		} else if err != nil {
			return total, err
		}
	}
}
