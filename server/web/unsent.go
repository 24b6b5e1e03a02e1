package web

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// A form that was typed while its sign-in ended is kept here, for the account that typed it
// and nobody else, until it has signed in again, seen what it typed and sent it. It is in
// memory only, and bounded; files and passwords are never kept.

// What is kept at once, and for how long.
const (
	unsentAge   = time.Hour
	unsentEach  = 4        // of one account; the oldest gives way
	unsentMost  = 256      // of all
	unsentBytes = 32 << 20 // of all
)

const (
	unsentPath  = "/unsent"
	ownerField  = "form_owner" // names the account that a form was made for
	unsentField = "unsent"     // names what was kept, where it is sent
)

func (d *desk) unsentRoutes() []route {
	title := text{"尚未提交的内容", "What was not sent"}
	return []route{
		{pattern: "GET " + unsentPath, title: title, handle: showUnsent},
		{pattern: "POST " + unsentPath + "/discard", title: title, handle: discardUnsent},
	}
}

// unsent is one form that was kept.
type unsent struct {
	ID     string
	Path   string // where it is sent
	At     time.Time
	title  text
	owner  string
	values url.Values
}

func (u *unsent) size() (n int) {
	for name, values := range u.values {
		n += len(name)
		for _, v := range values {
			n += len(v)
		}
	}
	return n
}

// unsents are those that are kept, the oldest first.
type unsents struct {
	now func() time.Time
	key []byte // of the stamps of owners

	mu   sync.Mutex
	list []*unsent
}

func newUnsents(now func() time.Time) *unsents {
	key := make([]byte, sha256.Size)
	_, _ = rand.Read(key) // never fails
	return &unsents{now: now, key: key}
}

// stamp says which account a form was made for, so that it is known when its sign-in is
// over. It goes with one form token only.
func (u *unsents) stamp(owner, token string) string {
	m := hmac.New(sha256.New, u.key)
	m.Write([]byte(token + " " + owner))
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(owner)) + "." + encode(m.Sum(nil)[:18])
}

// owner reads a stamp; empty if it is none of ours for this token.
func (u *unsents) owner(stamp, token string) string {
	name, _, _ := strings.Cut(stamp, ".")
	owner, err := base64.RawURLEncoding.DecodeString(name)
	if err != nil || !hmac.Equal([]byte(stamp), []byte(u.stamp(string(owner), token))) {
		return ""
	}
	return string(owner)
}

// keep keeps a form, in the place of an earlier one that was the same; ok tells whether
// there was room.
func (u *unsents) keep(n *unsent) (ok bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	same := func(o *unsent) bool {
		return o.owner == n.owner && o.Path == n.Path && o.values.Get(requestField) == n.values.Get(requestField)
	}
	u.list = slices.DeleteFunc(u.list, func(o *unsent) bool { return same(o) || u.now().Sub(o.At) > unsentAge })
	mine := u.mine(n.owner)
	if len(mine) >= unsentEach {
		u.remove(mine[0].ID)
	}
	bytes := n.size()
	for _, o := range u.list {
		bytes += o.size()
	}
	if len(u.list) >= unsentMost || bytes > unsentBytes {
		return false
	}
	u.list = append(u.list, n)
	return true
}

// of are those of an account.
func (u *unsents) of(owner string) []*unsent {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.mine(owner)
}

func (u *unsents) mine(owner string) (out []*unsent) {
	for _, o := range u.list {
		if o.owner == owner && u.now().Sub(o.At) <= unsentAge {
			out = append(out, o)
		}
	}
	return out
}

// drop forgets one of an account.
func (u *unsents) drop(owner, id string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if slices.ContainsFunc(u.mine(owner), func(o *unsent) bool { return o.ID == id }) {
		u.remove(id)
	}
}

func (u *unsents) remove(id string) {
	u.list = slices.DeleteFunc(u.list, func(o *unsent) bool { return o.ID == id })
}

// secretInputs are the inputs that are never kept, nor anything beside them.
var secretInputs = []string{"password", "password_again", "current_password", "new_password", "one_time_code", "present_code", "secret", "token"}

// keepUnsent keeps the form that was sent, if it may be kept.
func (p *page) keepUnsent() bool {
	if p.typist == "" || p.route.open || p.route.upload > 0 || p.me != nil && p.me.GetName() != p.typist {
		return false
	}
	values := maps.Clone(p.r.PostForm)
	for _, name := range []string{tokenField, ownerField, unsentField} {
		delete(values, name)
	}
	if slices.ContainsFunc(secretInputs, func(name string) bool { return values.Has(name) }) {
		return false
	}
	return p.desk.unsent.keep(&unsent{
		ID: rand.Text(), Path: p.r.URL.RequestURI(), At: p.desk.Now(), title: p.route.title, owner: p.typist, values: values,
	})
}

// signInFirst leads to the sign-in, and from there to what was typed or asked for; it tells
// whether nothing is lost by that.
func (p *page) signInFirst() bool {
	next := url.Values{"next": {p.r.URL.RequestURI()}}
	if lang := p.r.URL.Query().Get("lang"); lang != "" {
		next.Set("lang", lang)
	}
	if p.r.Method != http.MethodGet && p.r.Method != http.MethodHead {
		if !p.keepUnsent() {
			return false
		}
		next.Set("next", unsentPath)
		p.say(text{"登录已经结束。您填写的内容已为您保留，登录后核对即可提交", "Your sign-in is over. What you typed is kept: sign in, look at it and send it"})
	}
	p.redirect(signInPath + "?" + next.Encode())
	return true
}

// unsentView is one form that was kept, as its page shows it.
type unsentView struct {
	*unsent
	Title   string
	Request string
	Lines   []fact
	Hidden  []hiddenInput

	Again, Made string // of what was recorded already: its request_id, and where it lies
}

type hiddenInput struct{ Name, Value string }

// showUnsent shows what was typed, to be sent or discarded.
func showUnsent(p *page) error {
	var list []unsentView
	for _, u := range p.desk.unsent.of(p.me.GetName()) {
		list = append(list, p.unsentView(u))
	}
	return p.show("unsent", list)
}

// unsentView shows what was typed, and carries it along.
func (p *page) unsentView(u *unsent) unsentView {
	v := unsentView{unsent: u, Title: u.title.in(p.lang), Request: u.values.Get(requestField)}
	for _, name := range slices.Sorted(maps.Keys(u.values)) {
		if slices.Contains([]string{tokenField, ownerField, requestField, unsentField, againField}, name) {
			continue
		}
		for _, value := range u.values[name] {
			v.Hidden = append(v.Hidden, hiddenInput{name, value})
			if label := p.inputLabel(name); label != "" && strings.TrimSpace(value) != "" {
				v.Lines = append(v.Lines, fact{label, labelOf(p.lang, value)})
			}
		}
	}
	return v
}

func discardUnsent(p *page) error {
	p.desk.unsent.drop(p.me.GetName(), p.form().Value("id"))
	return p.done(unsentPath, text{"已放弃", "Discarded"})
}

// inputLabels name the inputs that no act has.
var inputLabels = map[string]text{
	"kind": {"类别", "Kind"}, "channel": {"到达方式", "Way of arrival"}, "arrive_date": {"到达日期", "Arrived on"},
	"display_name": {"姓名或者名称", "Name"}, "phone": {"联系电话", "Phone"}, "address": {"通信地址", "Postal address"},
	"id_type": {"证件类型", "Type of identity"}, "id_number": {"证件号码", "Identity number"}, "postcode": {"邮政编码", "Postcode"}, "email": {"电子邮箱", "E-mail"},
	"description": {"申请内容", "What is asked for"}, "remark": {"备注", "Remark"}, "application_no": {"申请编号", "Number"},
	"effective_date": {"自何日起", "Applies from"}, "letter_date": {"成文日期", "Date of the letter"}, "basis": {"答复依据", "Basis"},
	"reason": {"理由", "Reason"}, "year": {"年度", "Year"}, "form": {"表式", "Form"}, "text": {"通知全文", "The notice"}, "title": {"标题或者文号", "Title or number"},
	"principal_id": {"用户名", "User name"}, "role": {"角色", "Role"}, "agency_id": {"机关代码", "Id"}, "holder": {"承办部门或者人员", "Department or officer"},
}

// unshownInputs say nothing to people.
var unshownInputs = []string{"do", "checked", "etag", "edit"}

// inputLabel names an input for people: in the words of its act, else of its field; what
// has no words goes by its name. Empty: it says nothing.
func (p *page) inputLabel(name string) string {
	if slices.Contains(unshownInputs, name) || strings.HasPrefix(name, seenPrefix) || strings.HasPrefix(name, "etags[") {
		return ""
	}
	for _, c := range chapters {
		if name == chapterInput(c.number) {
			return c.name.in(p.lang)
		}
	}
	path := strings.Split(name, ".")
	last := path[len(path)-1]
	if len(path) > 1 {
		for _, in := range slices.Concat(steps[path[len(path)-2]].inputs, remedySteps[path[len(path)-2]].inputs, remedyInputs) {
			if in.name == last {
				return in.label.in(p.lang)
			}
		}
	}
	if label, ok := inputLabels[last]; ok {
		return label.in(p.lang)
	}
	return name
}
