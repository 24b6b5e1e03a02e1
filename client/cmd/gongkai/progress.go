package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/mattn/go-isatty"

	"gongkai/client"
)

// meter shows how far long work has come, on a line of the terminal that it writes over.
// In a pipe it is silent.
type meter struct {
	out         io.Writer
	now         func() time.Time
	lang        string
	start, last time.Time
	shown       bool
}

// interval is how often the line changes.
const interval = 200 * time.Millisecond

func (a *app) meter() *meter {
	m := &meter{out: io.Discard, now: a.now, lang: a.lang, start: a.now()}
	if f, ok := a.stderr.(*os.File); ok && isatty.IsTerminal(f.Fd()) {
		m.out = f
	}
	return m
}

// importing shows rows, speed and the time that the rest of the files will take.
func (m *meter) importing(p client.Progress) {
	elapsed, due := m.tick()
	if !due {
		return
	}
	line := fmt.Sprintf(text{"%d行，%.0f行/秒", "%d rows, %.0f rows/s"}.in(m.lang), p.Rows, float64(p.Rows)/elapsed.Seconds())
	if p.Total > 0 && p.Done > 0 {
		left := time.Duration(float64(elapsed) * float64(p.Total-p.Done) / float64(p.Done))
		line += fmt.Sprintf(text{"，%d%%，剩余%s", ", %d%%, %s left"}.in(m.lang), 100*p.Done/p.Total, left.Round(time.Second))
	}
	m.show(line)
}

// exporting shows rows and speed; how many there will be is not known.
func (m *meter) exporting(rows int64) {
	if elapsed, due := m.tick(); due {
		m.show(fmt.Sprintf(text{"%d行，%.0f行/秒", "%d rows, %.0f rows/s"}.in(m.lang), rows, float64(rows)/elapsed.Seconds()))
	}
}

// transferring shows how much of a file has gone over, and how fast.
func (m *meter) transferring(done, total int64) {
	elapsed, due := m.tick()
	if !due || total == 0 {
		return
	}
	const mib = 1 << 20
	m.show(fmt.Sprintf(text{"%.1f / %.1f MiB，%d%%，%.1f MiB/秒", "%.1f of %.1f MiB, %d%%, %.1f MiB/s"}.in(m.lang),
		float64(done)/mib, float64(total)/mib, 100*done/total, float64(done)/mib/elapsed.Seconds()))
}

// tick tells the time since the start, and whether the line should change.
func (m *meter) tick() (elapsed time.Duration, due bool) {
	now := m.now()
	if now.Sub(m.last) < interval || !now.After(m.start) {
		return 0, false
	}
	m.last = now
	return now.Sub(m.start), true
}

func (m *meter) show(line string) {
	m.shown = true
	fmt.Fprintf(m.out, "\r\x1b[K%s", line)
}

// end wipes the line, so that what follows begins on a clean one.
func (m *meter) end() {
	if m.shown {
		m.shown = false
		fmt.Fprint(m.out, "\r\x1b[K")
	}
}
