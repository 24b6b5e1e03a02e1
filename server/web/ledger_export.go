package web

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"slices"

	"gongkai/client"
	ledgers "gongkai/client/ledger"
)

// downloadHeld is how much of a file is held back, so that what fails at once is a page
// with its reason and no broken file.
const downloadHeld = 64 << 10

// download is a file on its way to the browser: it begins once there is enough of it.
type download struct {
	w          http.ResponseWriter
	name, kind string
	held       bytes.Buffer
	begun      bool
}

// Write is io.Writer's.
func (d *download) Write(b []byte) (int, error) {
	if !d.begun && d.held.Len()+len(b) < downloadHeld {
		return d.held.Write(b)
	}
	if err := d.begin(); err != nil {
		return 0, err
	}
	return d.w.Write(b)
}

// begin sends the head and what was held back.
func (d *download) begin() error {
	if d.begun {
		return nil
	}
	d.begun = true
	h := d.w.Header()
	h.Set("Content-Type", d.kind)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": d.name}))
	_, err := d.held.WriteTo(d.w)
	return err
}

// end ends the file: after an error either there was no file yet, and the page says why,
// or the connection breaks, so that nobody takes a part for the whole.
func (d *download) end(err error) error {
	switch {
	case err == nil:
		return d.begin()
	case d.begun:
		panic(http.ErrAbortHandler)
	}
	return err
}

// Media types of ledger files.
const (
	csvType  = "text/csv; charset=utf-8"
	xlsxType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
)

// exportLedger sends a ledger as a file that imports again: of applications those that were
// asked for.
func exportLedger(p *page) error {
	f := p.form()
	sheet := ledgers.Sheet(cmp.Or(f.Value("sheet"), string(ledgers.Applications)))
	if !slices.Contains([]ledgers.Sheet{ledgers.Applications, ledgers.Remedies, ledgers.Figures}, sheet) {
		return missing()
	}
	run := client.Export{Agency: p.agency(), Sheet: sheet, Workbook: f.Value("format") == "xlsx"}
	if sheet == ledgers.Applications {
		asked := p.ledgerAsked()
		if len(f.Problems) > 0 {
			return p.show("ledger", ledgerView{Asked: true, More: true})
		}
		run.Filter, run.Words = asked.filter, asked.words
	}
	file := &download{w: p.w, name: fmt.Sprintf("%s-%s-%s.csv", sheetName(sheet), p.agency(), p.today()), kind: csvType}
	if run.Workbook {
		file.name, file.kind = file.name[:len(file.name)-len("csv")]+"xlsx", xlsxType
	}
	_, err := p.api.Export(p.ctx(), run, file)
	if bad, ok := errors.AsType[*ledgers.FileError](err); ok {
		err = &trouble{http.StatusUnprocessableEntity, text{"台账无法这样导出", "The ledger cannot be exported like this"}, text{bad.ZH, bad.EN}}
	}
	return file.end(err)
}

// sheetName is what the file of a ledger is called.
func sheetName(sheet ledgers.Sheet) string {
	switch sheet {
	case ledgers.Remedies:
		return "救济台账"
	case ledgers.Figures:
		return "填报数据"
	case ledgers.Applications:
	}
	return "申请台账"
}
