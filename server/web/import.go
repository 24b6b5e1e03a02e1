package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"
	"unicode/utf8"

	"gongkai/client"
	ledgers "gongkai/client/ledger"
	pb "gongkai/proto/disclosure/v1"
)

const (
	importUpload = 128 << 20
	importWait   = 2 * time.Second // that a page waits before it shows progress instead
	importShown  = 100             // of problems; the rest is counted
)

// importRoutes are the pages of an import. A file stays on the server between the trial and
// the confirmation, in a file without a name that nobody else can open; it is the one thing
// that the desk keeps between two requests, and it may be lost: then it is sent again.
func (d *desk) importRoutes() []route {
	runs := newImports(d.Now)
	title := text{"导入台账", "Import"}
	return []route{
		{pattern: "GET /import", title: title, roles: handlers, menu: true, handle: func(p *page) error { return p.chooseLedger(runs) }},
		{pattern: "POST /import", title: title, roles: handlers, upload: importUpload, handle: func(p *page) error { return p.receiveLedger(runs) }},
		{pattern: "GET /import/{run}", title: title, roles: handlers, handle: func(p *page) error { return p.showImport(runs) }},
		{pattern: "GET /import/{run}/report", title: text{"导入后的年度报告", "Report after the import"}, roles: handlers, handle: func(p *page) error { return p.importedReport(runs) }},
		{pattern: "POST /import/{run}", title: title, roles: handlers, handle: func(p *page) error { return p.confirmImport(runs) }},
	}
}

// importView is what the pages of an import show.
type importView struct {
	Run      *importRun // nil: a file is to be chosen
	Open     *importRun // one that is not confirmed yet
	State    importState
	Rows     int64
	Percent  int64
	Balance  *client.Balance
	Failure  string
	Files    []string
	Refused  []*pb.RowProblem
	Warnings []*pb.RowProblem
	Dates    []*pb.DueDateDifference
	Reports  []importReport
}

// Rest is how many of a list are not shown.
func (v importView) Rest(all, shown int) int { return all - shown }

// chooseLedger shows the form, and the import that a file would take the place of.
func (p *page) chooseLedger(runs *imports) error {
	return p.show("import", importView{Open: runs.open(p.me.GetName())})
}

// receiveLedger takes files in and tries them. Of each kind there is one input; a workbook
// may hold all three.
func (p *page) receiveLedger(runs *imports) error {
	f := p.form()
	run, err := runs.begin(p.me.GetName())
	if err != nil {
		return err
	}
	if err := p.readLedgers(run); err != nil {
		run.release()
		return err
	}
	if len(run.files) == 0 {
		f.wrong("applications", text{"请选择要导入的文件（CSV或者Excel）", "Choose the file to import (CSV or Excel)"})
	}
	sources, err := run.sources()
	if source, ok := errors.AsType[*client.SourceError](err); ok {
		f.wrong("applications", sourceText(source))
	} else if err != nil {
		run.release()
		return err
	}
	if len(f.Problems) > 0 {
		closeSources(sources)
		run.release()
		return p.chooseLedger(runs)
	}
	run.begun = true // nobody else knows it yet
	if !runs.keep(run) {
		closeSources(sources)
		run.begun = false
		run.release()
		f.wrong("", text{"您另有一次导入尚未确认，没有被取代；请先完成它，或者再次选择文件以放弃它", "You have another import that is not confirmed, and it was not replaced: finish it, or choose the file again to give it up"})
		p.status = http.StatusConflict
		return p.chooseLedger(runs)
	}
	p.start(run, sources, true)
	p.redirect("/import/" + run.ID)
	return nil
}

// readLedgers writes the parts of the upload to disk.
func (p *page) readLedgers(run *importRun) error {
	for {
		part, err := p.parts.NextPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return unreadable(err)
		}
		if part.FormName() == replacesField {
			raw, err := io.ReadAll(io.LimitReader(part, formPart))
			if err != nil {
				return unreadable(err)
			}
			run.replaces = string(raw)
		}
		sheet := ledgers.Sheet(part.FormName())
		if part.FileName() == "" || ledgers.Columns(sheet) == nil {
			continue
		}
		if _, own := run.file(sheet); own {
			p.form().wrong(string(sheet), text{"每类台账只能选择一个文件", "Choose one file of each kind"})
			continue
		}
		if !utf8.ValidString(part.FileName()) {
			return errNotText
		}
		name := filepath.Base(strings.ReplaceAll(part.FileName(), `\`, "/"))
		if err := run.add(sheet, name, part); err != nil {
			if large, ok := errors.AsType[*http.MaxBytesError](err); ok {
				return unreadable(large)
			}
			return err
		}
	}
}

// replacesField names the import that the page said would be given up.
const replacesField = "replaces"

func closeSources(sources []client.Source) {
	for _, s := range sources {
		_ = s.Reader.Close() // it was only read
	}
}

// sourceText says what is wrong with a file.
func sourceText(err *client.SourceError) text {
	if bad, ok := errors.AsType[*ledgers.FileError](err.Err); ok {
		at := text{}
		if bad.Row > 0 {
			at = text{fmt.Sprintf("第%d行：", bad.Row), fmt.Sprintf("row %d: ", bad.Row)}
		}
		return text{"“" + err.Name + "”" + at.zh + bad.ZH, err.Name + ": " + at.en + bad.EN}
	}
	return text{"“" + err.Name + "”无法读取", err.Name + " cannot be read"}
}

// start runs an import beside the page, with the caller's own token, and waits a little.
func (p *page) start(run *importRun, sources []client.Source, dry bool) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(p.ctx()), longTimeout)
	lang, api, agency := p.lang, p.api, p.agency()
	log, id := p.desk.Log, p.desk.NewID()
	go func() {
		defer cancel()
		defer func() { // the desk guards the goroutines of its requests only
			if v := recover(); v != nil {
				log.LogAttrs(ctx, slog.LevelError, "panic", slog.String("id", id), slog.String("page", "import"), slog.String("stack", string(debug.Stack())))
				run.finish(nil, internal(id).title.in(lang))
			}
		}()
		balance, err := api.Import(ctx, client.Import{Agency: agency, DryRun: dry, Sources: sources, Progress: run.progress})
		closeSources(sources)
		run.finish(balance, importFailure(lang, err))
	}()
	run.wait(p.ctx(), importWait)
}

// importFailure is why an import ended early, for people.
func importFailure(l language, err error) string {
	if err == nil {
		return ""
	}
	if source, ok := errors.AsType[*client.SourceError](err); ok {
		return sourceText(source).in(l)
	}
	return client.Message(err)
}

// showImport shows how far an import is, and in the end its balance.
func (p *page) showImport(runs *imports) error {
	run := runs.find(p.r.PathValue("run"), p.me.GetName())
	if run == nil {
		p.form().wrong("applications", text{"该次导入已经结束或者已被新的导入取代，请重新选择文件；已导入的内容不会重复", "That import is over or was replaced by another one; choose the file again: nothing is doubled"})
		p.status = http.StatusNotFound
		return p.chooseLedger(runs)
	}
	v := run.view(p.lang)
	if v.State == importTrying || v.State == importRunning {
		p.w.Header().Set("Refresh", "1")
	}
	return p.show("import", v)
}

// confirmImport imports what was tried. A second click finds it under way.
func (p *page) confirmImport(runs *imports) error {
	run := runs.find(p.r.PathValue("run"), p.me.GetName())
	if run == nil {
		return p.showImport(runs)
	}
	if run.confirm() {
		sources, err := run.sources()
		if err != nil {
			run.finish(nil, importFailure(p.lang, err))
		} else {
			p.start(run, sources, false)
		}
	}
	p.redirect("/import/" + run.ID)
	return nil
}
