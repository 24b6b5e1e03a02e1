package web

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"gongkai/client"
	ledgers "gongkai/client/ledger"
)

// What imports may keep on the server at once, and for how long.
const (
	importsKept = 8
	importsAge  = 30 * time.Minute
)

// importState is how far an import is.
type importState string

const (
	importTrying  importState = "trying"
	importTried   importState = "tried"
	importRunning importState = "running"
	importDone    importState = "done"
)

// imports are those between trial and confirmation; each principal has one.
type imports struct {
	now func() time.Time

	mu   sync.Mutex
	runs map[string]*importRun // by principal
}

func newImports(now func() time.Time) *imports {
	return &imports{now: now, runs: map[string]*importRun{}}
}

// begin makes room for an import.
func (m *imports) begin(who string) (*importRun, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for name, r := range m.runs {
		if (name == who && r.over() || m.now().Sub(r.since) > importsAge) && r.release() {
			delete(m.runs, name)
		}
	}
	if r := m.runs[who]; r != nil && r.underWay() {
		return nil, &trouble{409, text{"您的上一次导入仍在进行", "Your last import is still under way"}, text{"请等待完成后再导入。", "Wait until it is done."}}
	}
	if m.runs[who] == nil && len(m.runs) >= importsKept {
		return nil, &trouble{429, text{"同时导入的人过多", "Too many import at once"}, text{"请稍后再试。", "Try again later."}}
	}
	return &importRun{ID: rand.Text(), who: who, since: m.now(), state: importTrying, changed: make(chan struct{})}, nil
}

// keep keeps an import until its principal gives it up for another, or it is too old. One
// that waits for its confirmation gives way only to a form that named it.
func (m *imports) keep(r *importRun) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if old := m.runs[r.who]; old != nil && (!old.over() && old.ID != r.replaces || !old.release()) {
		return false
	}
	m.runs[r.who] = r
	return true
}

// open returns the import of a principal that waits for its confirmation or is under way,
// nil if there is none.
func (m *imports) open(who string) *importRun {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r := m.runs[who]; r != nil && !r.over() && m.now().Sub(r.since) <= importsAge {
		return r
	}
	return nil
}

// find returns the import of a principal by its id, nil if there is none.
func (m *imports) find(id, who string) *importRun {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.runs[who]
	if r == nil || r.ID != id {
		return nil
	}
	if m.now().Sub(r.since) > importsAge && r.release() {
		delete(m.runs, who)
		return nil
	}
	return r
}

// importRun is one import.
type importRun struct {
	ID    string
	who   string
	since time.Time
	files []ledgerFile
	// replaces names the import that was to be given up for this one.
	replaces string

	mu      sync.Mutex
	begun   bool // the trial is under way or over
	state   importState
	far     client.Progress
	balance *client.Balance
	failure string
	changed chan struct{} // closed when the run under way ends
}

// ledgerFile is a file that was sent.
type ledgerFile struct {
	sheet ledgers.Sheet
	name  string
	file  *os.File
	size  int64
}

// add writes a file to disk, without a name where the system allows it.
func (r *importRun) add(sheet ledgers.Sheet, name string, input io.Reader) error {
	file, err := os.CreateTemp("", "gongkai-import-*")
	if err != nil {
		return fmt.Errorf("keeping the file: %w", err)
	}
	_ = os.Remove(file.Name()) // what is open stays readable; close removes it elsewhere
	r.files = append(r.files, ledgerFile{sheet: sheet, name: name, file: file})
	size, err := io.Copy(file, input)
	r.files[len(r.files)-1].size = size
	if err != nil {
		return fmt.Errorf("keeping the file: %w", err)
	}
	return nil
}

// underWay tells whether rows are being read.
func (r *importRun) underWay() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.begun && (r.state == importTrying || r.state == importRunning)
}

// over tells whether nothing of the import is left to do.
func (r *importRun) over() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.state == importDone || r.state == importTried && (r.balance == nil || r.balance.Imported == 0)
}

// Names are those of the files.
func (r *importRun) Names() (names []string) {
	for _, f := range r.files {
		names = append(names, f.name)
	}
	return names
}

// release lets the files go and ends the import, unless it is under way.
func (r *importRun) release() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.begun && (r.state == importTrying || r.state == importRunning) {
		return false
	}
	r.state = importDone
	r.close()
	return true
}

// close lets the files go; their names stay, for the page.
func (r *importRun) close() {
	for i := range r.files {
		if f := r.files[i].file; f != nil {
			_ = errors.Join(f.Close(), os.Remove(f.Name())) // mostly it has no name any more
			r.files[i].file = nil
		}
	}
}

// sources opens the files as ledgers, applications first. A workbook brings its other
// sheets unless they have files of their own.
func (r *importRun) sources() ([]client.Source, error) {
	var out []client.Source
	for _, sheet := range []ledgers.Sheet{ledgers.Applications, ledgers.Remedies, ledgers.Figures} {
		f, own := r.file(sheet)
		if f == nil {
			continue
		}
		reader, err := ledgers.NewReader(f.file, f.size, sheet)
		if err != nil && !own && errors.Is(err, ledgers.ErrHeader) {
			continue // the workbook lacks this sheet
		}
		if err != nil {
			closeSources(out)
			return nil, &client.SourceError{Name: f.name, Err: err}
		}
		name := f.name
		if !own {
			name += "#" + string(sheet)
		}
		out = append(out, client.Source{Name: name, Sheet: sheet, Reader: reader})
	}
	return out, nil
}

// file is that of a sheet, or the workbook that may hold it as well.
func (r *importRun) file(sheet ledgers.Sheet) (f *ledgerFile, own bool) {
	for i := range r.files {
		if r.files[i].sheet == sheet {
			return &r.files[i], true
		}
	}
	for i := range r.files {
		magic := make([]byte, 2)
		if _, err := r.files[i].file.ReadAt(magic, 0); err == nil && r.files[i].sheet == ledgers.Applications && string(magic) == "PK" {
			return &r.files[i], false
		}
	}
	return nil, false
}

// confirm begins the import of what was tried; ok tells whether it was not begun before.
func (r *importRun) confirm() (ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.state != importTried {
		return false
	}
	r.state, r.far, r.changed = importRunning, client.Progress{}, make(chan struct{})
	return true
}

func (r *importRun) progress(far client.Progress) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.far = far
}

func (r *importRun) finish(balance *client.Balance, failure string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.balance, r.failure = balance, failure
	if r.state == importTrying {
		r.state = importTried
	} else {
		r.state = importDone
		r.close()
	}
	close(r.changed)
}

// wait waits for the run under way, at most so long.
func (r *importRun) wait(ctx context.Context, most time.Duration) {
	r.mu.Lock()
	changed := r.changed
	r.mu.Unlock()
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-changed:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// view is the import as a page shows it.
func (r *importRun) view(l language) importView {
	r.mu.Lock()
	defer r.mu.Unlock()
	v := importView{Run: r, State: r.state, Rows: r.far.Rows, Balance: r.balance, Failure: r.failure}
	if r.far.Total > 0 {
		v.Percent = 100 * r.far.Done / r.far.Total
	}
	v.Files = r.Names()
	if v.State == importTrying || v.State == importRunning {
		v.Balance = nil
	}
	if b := v.Balance; b != nil {
		v.Refused = b.Refused[:min(len(b.Refused), importShown)]
		v.Warnings = b.Warnings[:min(len(b.Warnings), importShown)]
		v.Dates = b.DueDateDifferences[:min(len(b.DueDateDifferences), importShown)]
		v.Reports = importReports(l, b.Reports)
	}
	return v
}
