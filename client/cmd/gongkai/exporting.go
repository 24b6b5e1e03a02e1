package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"gongkai/client"
	"gongkai/client/ledger"
)

// exported is one file of an export as scripts read it.
type exported struct {
	Sheet ledger.Sheet `json:"sheet"`
	File  string       `json:"file"`
	Rows  int64        `json:"rows"`

	temporary string
}

// exportLedger writes the three ledgers of an agency.
func (a *app) exportLedger() *cobra.Command {
	var run client.Export
	var dir, format string
	cmd := a.command("export", text{"导出台账", "write the ledgers of an agency"}, cobra.NoArgs, func(cmd *cobra.Command, _ []string) error {
		if _, err := parent(run.Agency); err != nil {
			return err
		}
		if dir == "" {
			return usage(text{"请用 --dir 给出目录", "name the directory by --dir"})
		}
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		run.Workbook = format == "xlsx"
		narrowed := run.Filter != "" || run.Words != ""
		m := a.meter()
		defer m.end()
		run.Progress = m.exporting
		files, err := writeLedgers(dir, format, sheetsOf(narrowed), func(file *os.File, sheet ledger.Sheet) (int64, error) {
			run.Sheet = sheet
			return c.Export(cmd.Context(), run, file)
		})
		if err != nil {
			return err
		}
		m.end()
		return a.showExport(files)
	})
	f := cmd.Flags()
	f.StringVar(&run.Agency, "agency", "", "机关代码 / id of the agency")
	f.StringVar(&dir, "dir", "", "目录，写入applications、remedies、figures三个文件 / directory for the files applications, remedies and figures")
	f.StringVar(&run.Filter, "filter", "", "只导出符合条件的申请，写法同 application list / only these applications, as in application list")
	f.StringVar(&run.Words, "words", "", "只导出含有这些词的申请 / only applications that say this")
	choice(cmd, f, &run.Headings, "headings", "", text{"列名和取值", "headings and values"}, "zh", "key")
	choice(cmd, f, &format, "format", "", text{"文件格式", "format of the files"}, "csv", "xlsx")
	return cmd
}

func (a *app) showExport(files []exported) error {
	if a.output == "json" {
		return a.printer().json(map[string]any{"files": files})
	}
	var rows [][]string
	for _, f := range files {
		rows = append(rows, []string{string(f.Sheet), f.File, fmt.Sprint(f.Rows)})
	}
	return a.printer().rows([]string{"sheet", "file", "rows"}, rows)
}

// sheetsOf are the ledgers to write: of chosen applications only theirs.
func sheetsOf(narrowed bool) []ledger.Sheet {
	if narrowed {
		return []ledger.Sheet{ledger.Applications}
	}
	return []ledger.Sheet{ledger.Applications, ledger.Remedies, ledger.Figures}
}

// writeLedgers writes all files under other names first and renames them once all are
// complete, so that a broken export leaves the files of the last one alone. They hold
// personal data, so nobody but the owner may read them.
func writeLedgers(dir, format string, sheets []ledger.Sheet, write func(*os.File, ledger.Sheet) (int64, error)) (files []exported, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, &failure{code: exitUsage, text: text{"目录无法使用", "the directory cannot be used"}, err: err}
	}
	defer func() {
		if err != nil {
			for _, f := range files {
				err = errors.Join(err, os.Remove(f.temporary))
			}
		}
	}()
	for _, sheet := range sheets {
		file, err := os.CreateTemp(dir, "."+string(sheet)+"-*")
		if err != nil {
			return files, &failure{code: exitUsage, text: text{"目录不可写", "the directory cannot be written"}, err: err}
		}
		entry := exported{Sheet: sheet, File: filepath.Join(dir, string(sheet)+"."+format), temporary: file.Name()}
		entry.Rows, err = write(file, sheet)
		files = append(files, entry)
		if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
			return files, err
		}
	}
	for i, f := range files {
		if err := os.Rename(f.temporary, f.File); err != nil {
			files = files[i:]
			return files, fmt.Errorf("put %s in place: %w", f.File, err)
		}
	}
	return files, nil
}
