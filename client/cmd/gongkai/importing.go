package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"gongkai/client"
	"gongkai/client/ledger"
	pb "gongkai/proto/disclosure/v1"
)

// importLedger sends ledger files.
func (a *app) importLedger() *cobra.Command {
	var run client.Import
	var remedies, figures string
	cmd := a.command("import [APPLICATIONS]", text{"导入台账", "import ledgers (CSV or XLSX)"}, cobra.MaximumNArgs(1), func(cmd *cobra.Command, args []string) error {
		if _, err := parent(run.Agency); err != nil {
			return err
		}
		files := map[ledger.Sheet]string{ledger.Remedies: remedies, ledger.Figures: figures}
		if len(args) == 1 {
			files[ledger.Applications] = args[0]
		}
		var err error
		if run.Sources, err = openSources(files); err != nil {
			return err
		}
		defer closeSources(run.Sources)
		if len(run.Sources) == 0 {
			return usage(text{"请给出要导入的文件", "name a file to import"})
		}
		c, err := a.connect(cmd.Context())
		if err != nil {
			return err
		}
		m := a.meter()
		run.Progress = m.importing
		balance, err := c.Import(cmd.Context(), run)
		m.end()
		return a.settle(balance, run.DryRun, err)
	})
	f := cmd.Flags()
	f.StringVar(&run.Agency, "agency", "", "机关代码 / id of the agency")
	f.BoolVar(&run.DryRun, "dry-run", false, "只校验、不保存 / judge every row, change nothing")
	f.StringVar(&remedies, "remedies", "", "救济台账文件 / file of remedies")
	f.StringVar(&figures, "figures", "", "填报数据文件 / file of figures")
	cmd.ValidArgsFunction = cobra.FixedCompletions([]string{"csv", "xlsx"}, cobra.ShellCompDirectiveFilterFileExt)
	cmd.Example = `  gongkai import --agency jyj --dry-run applications.csv --remedies remedies.csv
  gongkai import --agency jyj 台账.xlsx    # 工作簿中的各表一并导入 with the other sheets of the workbook`
	return cmd
}

// settle shows the balance, as far as there is one, and ends with what went wrong.
func (a *app) settle(balance *client.Balance, dryRun bool, err error) error {
	if balance != nil && (err == nil || balance.Read > 0) {
		if shown := a.showBalance(balance, dryRun); shown != nil {
			return errors.Join(err, shown)
		}
		if err != nil && !dryRun {
			a.note(text{"提示", "note"}, text{"以上各行已经导入；再次导入同一文件即可接着完成，不会重复", "the rows above are imported; import the same files again to finish, nothing is doubled"}.in(a.lang))
		}
	}
	if err == nil && balance.RefusedRows > 0 {
		return errFound
	}
	return err
}

// openSources opens all files before anything is sent, so that a file that cannot be
// read costs nothing. A workbook brings its other sheets unless they have files of
// their own.
func openSources(files map[ledger.Sheet]string) ([]client.Source, error) {
	main := files[ledger.Applications]
	if main != "" && isWorkbook(main) {
		sheets, err := ledger.Sheets(main)
		if err != nil {
			return nil, &client.SourceError{Name: main, Err: err}
		}
		for _, sheet := range sheets {
			if files[sheet] == "" {
				files[sheet] = main
			}
		}
	}
	var sources []client.Source
	for _, sheet := range []ledger.Sheet{ledger.Applications, ledger.Remedies, ledger.Figures} {
		path := files[sheet]
		if path == "" {
			continue
		}
		reader, err := ledger.Open(path, sheet)
		if err != nil {
			closeSources(sources)
			return nil, &client.SourceError{Name: path, Err: err}
		}
		sources = append(sources, client.Source{Name: sourceName(path, sheet, sources), Sheet: sheet, Reader: reader})
	}
	return sources, nil
}

// sourceName is how messages name a file: without its directory, but never like another.
func sourceName(path string, sheet ledger.Sheet, taken []client.Source) string {
	name := filepath.Base(path)
	if slices.ContainsFunc(taken, func(s client.Source) bool { return s.Name == name }) {
		return fmt.Sprintf("%s#%s", name, sheet)
	}
	return name
}

func closeSources(sources []client.Source) {
	for _, s := range sources {
		s.Reader.Close() //nolint:errcheck // it was only read
	}
}

// isWorkbook tells a zip archive by its first bytes. A pipe is none, and is not touched.
func isWorkbook(path string) bool {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return false
	}
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer file.Close() //nolint:errcheck // it was only read
	magic := make([]byte, 4)
	_, err = io.ReadFull(file, magic)
	return err == nil && string(magic) == "PK\x03\x04"
}

var problemColumns = []string{"file", "row", "column", "problem.value", "problem.reason", "message"}

// showBalance prints what became of the rows.
func (a *app) showBalance(b *client.Balance, dryRun bool) error {
	switch a.output {
	case "json":
		return a.printer().json(b)
	case "csv":
		var rows [][]string
		for _, kind := range []struct {
			name string
			list []*pb.RowProblem
		}{{"refused", b.Refused}, {"warning", b.Warnings}} {
			for _, row := range problemRows(kind.list) {
				rows = append(rows, append([]string{kind.name}, row...))
			}
		}
		return a.printer().rows(append([]string{"kind"}, problemColumns...), rows)
	}
	return a.balanceTable(b, dryRun)
}

func problemRows(list []*pb.RowProblem) [][]string {
	var rows [][]string
	for _, p := range list {
		rows = append(rows, []string{p.GetFile(), fmt.Sprint(p.GetRow()), p.GetColumn(), p.GetValue(), p.GetReason(), p.GetMessage()})
	}
	return rows
}

// balanceCounts prints the balance sheet.
func (a *app) balanceCounts(b *client.Balance, dryRun bool) error {
	imported := text{"导入", "imported"}
	if dryRun {
		imported = text{"可以导入", "would be imported"}
		fmt.Fprintln(a.stdout, text{"试导入，没有保存任何内容", "dry run: nothing was saved"}.in(a.lang))
	}
	var counts [][]string
	for _, c := range []struct {
		name text
		n    int64
	}{
		{text{"读取行数", "rows read"}, b.Read},
		{text{"有收到日期", "dated"}, b.Dated},
		{text{"已归类", "classified"}, b.Classified},
		{imported, b.Imported},
		{text{"未变", "unchanged"}, b.Unchanged},
		{text{"拒收", "refused"}, b.RefusedRows},
	} {
		counts = append(counts, []string{c.name.in(a.lang), fmt.Sprint(c.n)})
	}
	return grid(a.stdout, nil, counts)
}

// balanceTable prints the balance sheet and, if there is any, what is behind it.
func (a *app) balanceTable(b *client.Balance, dryRun bool) error {
	if err := a.balanceCounts(b, dryRun); err != nil {
		return err
	}
	if err := a.section(text{"拒收的行", "refused rows"}, problemColumns, problemRows(b.Refused)); err != nil {
		return err
	}
	if err := a.section(text{"提示", "warnings"}, problemColumns, problemRows(b.Warnings)); err != nil {
		return err
	}
	var unknown, differences [][]string
	for _, heading := range b.UnknownColumns {
		unknown = append(unknown, []string{heading})
	}
	for _, d := range b.DueDateDifferences {
		differences = append(differences, []string{d.GetFile(), fmt.Sprint(d.GetRow()), d.GetApplicationNo(), d.GetGivenDate(), d.GetComputedDate()})
	}
	if err := a.section(text{"未识别、未导入的列", "unknown columns, not imported"}, []string{"column"}, unknown); err != nil {
		return err
	}
	if err := a.section(text{"应答复日期不一致（以计算为准）", "other due dates than computed, which stand"},
		[]string{"file", "row", "application_no", "given_date", "computed_date"}, differences); err != nil {
		return err
	}
	return a.reportsTable(b.Reports)
}

// section prints a table under a title, nothing if it has no rows.
func (a *app) section(title text, fields []string, rows [][]string) error {
	if len(rows) == 0 {
		return nil
	}
	fmt.Fprintf(a.stdout, "\n%s\n", title.in(a.lang))
	return a.printer().rows(fields, rows)
}

// reportsTable prints the reports that would follow.
func (a *app) reportsTable(reports []*pb.AnnualReportFigures) error {
	for _, r := range reports {
		var report object
		if err := report.UnmarshalJSON([]byte(r.GetJson())); err != nil {
			return fmt.Errorf("show report %s of %d: %w", r.GetForm(), r.GetYear(), err)
		}
		fmt.Fprintf(a.stdout, "\n%d  %s\n", r.GetYear(), r.GetForm())
		figures, ok := report.values["figures"].(*object)
		if !ok {
			figures = &report
		}
		for _, key := range figures.keys {
			block, ok := figures.values[key].(*object)
			if !ok {
				continue
			}
			fmt.Fprintf(a.stdout, "\n%s\n", visible(key))
			header, rows := block.matrix()
			if err := grid(a.stdout, header, rows); err != nil {
				return err
			}
		}
	}
	return nil
}

// matrix gives an object of figures as pairs without a header, or one of objects as rows
// and columns.
func (o *object) matrix() (header []string, rows [][]string) {
	columns := &object{}
	for _, key := range o.keys {
		if inner, ok := o.values[key].(*object); ok {
			for _, c := range inner.keys {
				columns.at(c, func() any { return nil })
			}
		}
	}
	if len(columns.keys) > 0 {
		header = append([]string{""}, columns.keys...)
	}
	for _, key := range o.keys {
		inner, ok := o.values[key].(*object)
		if !ok {
			rows = append(rows, []string{key, figureText(o.values[key])})
			continue
		}
		row := []string{key}
		for _, c := range columns.keys {
			row = append(row, figureText(inner.values[c]))
		}
		rows = append(rows, row)
	}
	return header, rows
}

func figureText(v any) string {
	if raw, ok := v.(json.RawMessage); ok {
		return string(raw)
	}
	return ""
}
