package web_test

import (
	"encoding/base32"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/onetime"
)

// textAfter is what stands in the first element of a kind after a mark in a page.
func (s *sheet) textAfter(mark, pattern string) string {
	s.t.Helper()
	_, rest, ok := strings.Cut(s.text, mark)
	found := regexp.MustCompile(pattern).FindStringSubmatch(rest)
	if !ok || found == nil {
		s.t.Fatalf("nothing like %s after %q:\n%s", pattern, mark, s.text)
	}
	return found[1]
}

// The first start leads an administrator from the secret on the disk to the desk: make the
// account, sign in, turn one-time codes on; nothing else opens before that.
func TestFirstStart(t *testing.T) {
	o := open(t, nil)
	v := o.visitor()
	first := url.Values{"role": {"ADMINISTRATOR"}, "secret": {o.token}, "principal_id": {"zhang"}, "password": {"Anquan-2026-mima"}, "password_again": {"Anquan-2026-mimb"}}
	s := v.post("/set-up", v.get("/set-up").with(first))
	if s.status != http.StatusUnprocessableEntity || !strings.Contains(s.text, "两次输入的口令不一致") || strings.Contains(s.text, o.token) {
		t.Fatalf("two passwords answered %d:\n%s", s.status, s.text)
	}
	for _, weak := range []string{"12345678", "Admin123"} {
		first["password"], first["password_again"] = []string{weak}, []string{weak}
		if s = v.post("/set-up", s.with(first)); s.status != http.StatusUnprocessableEntity || !strings.Contains(s.text, `href="#f-password"`) {
			t.Fatalf("the password %s answered %d:\n%s", weak, s.status, s.text)
		}
	}
	first["password"], first["password_again"] = []string{"Anquan-2026-mima"}, []string{"Anquan-2026-mima"}
	if s = v.follow(v.post("/set-up", s.with(first))); !strings.Contains(s.text, "管理员已创建") {
		t.Fatalf("the administrator was not made:\n%s", s.text)
	}
	if again := v.post("/set-up", v.get("/set-up").with(first)); again.status == http.StatusSeeOther {
		t.Error("the secret of the first start works twice")
	}
	for _, wrong := range []url.Values{
		{"account": {"zhang"}, "password": {"Anquan-2026-mimb"}}, {"account": {"nobody"}, "password": {"Anquan-2026-mima"}},
	} {
		if s := v.post("/sign-in", v.get("/sign-in").with(wrong)); s.status != http.StatusUnprocessableEntity || strings.Contains(s.text, "Anquan") {
			t.Errorf("%v answered %d", wrong, s.status)
		}
	}
	res := v.post("/sign-in", v.get("/sign-in?next=%2Fregister").with(url.Values{"account": {"zhang"}, "password": {"Anquan-2026-mima"}}))
	if c := res.header.Get("Set-Cookie"); !strings.Contains(c, "Max-Age=43") { // twelve hours
		t.Errorf("the cookie is %q, want one of at most twelve hours", c)
	}
	if at := res.header.Get("Location"); at != "/register" {
		t.Errorf("signing in leads to %q, want what was asked for", at)
	}
	if s := v.follow(v.get("/")); s.header.Get("Location") != "/account" { // the role's own page leads there
		t.Errorf("without one-time codes the desk answered %d to %q", s.status, s.header.Get("Location"))
	}
	v.enrol("Anquan-2026-mima", "zhang")
}

// enrol turns one-time codes on and signs in with one.
func (v *visitor) enrol(password, account string) {
	v.t.Helper()
	page := v.get("/account")
	if !strings.Contains(page.text, "您的角色需要动态验证码") {
		v.t.Errorf("the page does not say what is still to do:\n%s", page.text)
	}
	shown := v.post("/account/code", page.with(nil))
	secret := shown.textAfter("<dt>密钥</dt>", `<code>([A-Z2-7]+)</code>`)
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	if err != nil {
		v.t.Fatal(err)
	}
	s := v.post("/account/code/confirm", shown.with(url.Values{"one_time_code": {"000000"}}))
	if s.status != http.StatusUnprocessableEntity || strings.Contains(s.text, secret) {
		v.t.Errorf("a wrong code answered %d", s.status)
	}
	code := onetime.Code(key, onetime.Step(time.Now()))
	if s = v.follow(v.post("/account/code/confirm", s.with(url.Values{"one_time_code": {code}}))); !strings.Contains(s.text, "动态验证码已启用") || strings.Contains(s.text, secret) {
		v.t.Fatalf("the code was not taken:\n%s", s.text)
	}
	if !strings.Contains(s.text, "127.0.0.1") {
		v.t.Errorf("the list of sign-ins does not say from where:\n%s", s.text)
	}
	s = v.office.visitor().signIn(url.Values{"account": {account}, "password": {password}})
	if s.status != http.StatusUnprocessableEntity || !strings.Contains(s.text, `href="#f-one_time_code"`) {
		v.t.Errorf("without a code signing in answered %d:\n%s", s.status, s.text)
	}
}

func (v *visitor) signIn(filled url.Values) *sheet {
	v.t.Helper()
	return v.post("/sign-in", v.get("/sign-in").with(filled))
}

// account gives a principal a password and signs it in.
func (o *office) account(role pb.Principal_Role, agency, password string) (v *visitor, name string) {
	o.t.Helper()
	token := o.hire(role, agency)
	me, err := pb.NewPrincipalServiceClient(o.api(token)).GetPrincipal(o.t.Context(), &pb.GetPrincipalRequest{Name: "principals/me"})
	if err != nil {
		o.t.Fatal(err)
	}
	res, err := pb.NewAccountServiceClient(o.admin).ResetPassword(o.t.Context(), &pb.ResetPasswordRequest{Name: me.GetName()})
	if err != nil {
		o.t.Fatal(err)
	}
	v = o.visitor()
	name = agency + "/" + me.GetName()[strings.LastIndexByte(me.GetName(), '/')+1:]
	if s := v.signIn(url.Values{"account": {name}, "password": {res.GetOneTimePassword()}}); s.status != http.StatusSeeOther {
		o.t.Fatalf("signing in with the password given out answered %d:\n%s", s.status, s.text)
	}
	page := v.get("/account")
	if !strings.Contains(page.text, "请先修改口令") {
		o.t.Errorf("the page does not ask for a password of one's own:\n%s", page.text)
	}
	page = v.follow(v.post("/account/password", page.with(url.Values{
		"current_password": {res.GetOneTimePassword()}, "new_password": {password}, "password_again": {password},
	})))
	if !strings.Contains(page.text, "口令已修改") {
		o.t.Fatalf("the password was not changed:\n%s", page.text)
	}
	return v, name
}

// An officer lists the sign-ins of an account and ends another one, which is out at once.
func TestSignInsAreListedAndEnded(t *testing.T) {
	o, _ := desk(t)
	const password = "Yuangong-2026-x"
	v, name := o.account(pb.Principal_OFFICER, "jyj", password)
	if s := v.get("/"); s.status != http.StatusOK {
		t.Fatalf("after the password the desk answered %d", s.status)
	}
	stolen := o.visitor()
	stolen.header.Set("User-Agent", "Fremder/1.0 <b>")
	stolen.header.Set("X-Forwarded-For", "203.0.113.9")
	stolen.header.Set("Grpc-Metadata-Gongkai-Remote", "203.0.113.9:1")
	stolen.header.Set("Gongkai-Remote", "203.0.113.9:1")
	if s := stolen.signIn(url.Values{"account": {name}, "password": {password}}); s.status != http.StatusSeeOther {
		t.Fatalf("answered %d:\n%s", s.status, s.text)
	}
	page := v.get("/account")
	if !strings.Contains(page.text, "Fremder/1.0 &lt;b&gt;") || strings.Contains(page.text, "203.0.113.9") {
		t.Errorf("the list does not name the other program, or believes the address it claims:\n%s", page.text)
	}
	if s := v.follow(v.post("/account/sign-ins/end", page.with(url.Values{"name": {"principals/me/signIns/-"}}))); !strings.Contains(s.text, "登录已结束") {
		t.Errorf("ending said nothing:\n%s", s.text)
	}
	if s := stolen.get("/"); s.status != http.StatusSeeOther {
		t.Errorf("the ended sign-in still opens the desk: %d", s.status)
	}
	if s := v.get("/"); s.status != http.StatusOK {
		t.Errorf("one's own sign-in ended too: %d", s.status)
	}
	page = v.get("/account")
	if s := v.post("/account/sign-ins/end", page.with(url.Values{"name": {"agencies/other/principals/x/signIns/1"}})); s.status != http.StatusForbidden {
		t.Errorf("ending another's answered %d", s.status)
	}
	v.post("/sign-out", page.with(nil))
	if s := v.get("/"); s.status != http.StatusSeeOther {
		t.Errorf("after signing out the desk answered %d", s.status)
	}
}
