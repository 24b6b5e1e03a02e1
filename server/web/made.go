package web

import (
	"crypto/sha256"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// Whoever goes back in the browser gets the form anew, with what was typed but with another
// request_id, so that the service cannot know it for a repetition. The desk remembers what
// was lately recorded, and asks before it records the same a second time: two alike may
// well have come in.

const (
	madeAge  = time.Hour
	madeMost = 2000
)

// againField says that the same is to be recorded once more; it names what was recorded.
const againField = "again"

// made is one form that recorded something.
type made struct {
	sum     [sha256.Size]byte // of account, address and content
	request string            // its request_id
	path    string            // to what it made
	at      time.Time
}

// makings are the latest of them, the oldest first.
type makings struct {
	now func() time.Time

	mu   sync.Mutex
	list []made
}

// sumOf is what two forms with the same content have in common.
func sumOf(who, path string, values url.Values) [sha256.Size]byte {
	same := maps.Clone(values)
	for _, name := range append(slices.Clone(unshownInputs), tokenField, ownerField, requestField, unsentField, againField) {
		delete(same, name)
	}
	maps.DeleteFunc(same, func(_ string, v []string) bool { return strings.TrimSpace(strings.Join(v, "")) == "" })
	text, _ := json.Marshal([]any{who, path, same}) // of texts alone
	return sha256.Sum256(text)
}

func (m *makings) note(n made) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.list = slices.DeleteFunc(m.list, func(o made) bool { return o.sum == n.sum || m.now().Sub(o.at) > madeAge })
	m.list = append(m.list[max(0, len(m.list)+1-madeMost):], n)
}

func (m *makings) find(sum [sha256.Size]byte) (made, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := slices.IndexFunc(m.list, func(o made) bool { return o.sum == sum && m.now().Sub(o.at) <= madeAge })
	if at < 0 {
		return made{}, false
	}
	return m.list[at], true
}

// madeOnce handles a form that records something, unless the same was recorded already and
// nobody said that it is to be once more.
func (p *page) madeOnce() error {
	f, path := p.form(), p.r.URL.RequestURI()
	sum := sumOf(p.me.GetName(), path, f.values)
	before, found := p.desk.made.find(sum)
	if found && before.request != f.RequestID && f.Value(againField) != before.request {
		p.status = http.StatusConflict
		v := p.unsentView(&unsent{Path: path, At: before.at, title: p.route.title, values: f.values})
		v.Again, v.Made = before.request, before.path
		return p.show("made", v)
	}
	err := p.route.handle(p)
	if err == nil && p.went != "" {
		p.desk.made.note(made{sum, f.RequestID, p.went, p.desk.Now()})
	}
	return err
}
