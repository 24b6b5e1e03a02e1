package web

import (
	"net/http"
	"strings"

	pb "gongkai/proto/disclosure/v1"
)

func (d *desk) accountRoutes() []route {
	title := text{"我的登录", "My sign-ins"}
	return []route{
		{pattern: "GET " + accountPath, title: title, menu: true, handle: showAccount},
		{pattern: "POST " + accountPath + "/password", title: title, handle: changePassword},
		{pattern: "POST " + accountPath + "/sign-ins/end", title: title, handle: endSignIn},
		{pattern: "POST " + accountPath + "/code", title: title, handle: enrolCode},
		{pattern: "POST " + accountPath + "/code/confirm", title: title, handle: confirmCode},
		{pattern: "POST " + accountPath + "/code/verify", title: title, handle: verifyCode},
	}
}

// accountView is what "my sign-ins" shows.
type accountView struct {
	Account *pb.Account
	SignIns []*pb.SignIn
	Enrol   *pb.EnrolOneTimeCodeResponse // shown once, before it is confirmed
}

// MustChange and MustEnrol tell what is still to do before anything else.
func (v accountView) MustChange() bool { return v.pending(pb.Account_CHANGE_PASSWORD) }

// MustEnrol is MustChange for one-time codes.
func (v accountView) MustEnrol() bool { return v.pending(pb.Account_ENROL_ONE_TIME_CODE) }

// MustVerify is MustChange for the code that follows an identity elsewhere.
func (v accountView) MustVerify() bool { return v.pending(pb.Account_VERIFY_ONE_TIME_CODE) }

func (v accountView) pending(step pb.Account_Step) bool {
	steps := v.Account.GetPendingSteps()
	return len(steps) > 0 && steps[0] == step
}

func showAccount(p *page) error { return p.showAccount(nil) }

func (p *page) showAccount(enrol *pb.EnrolOneTimeCodeResponse) error {
	v := accountView{Enrol: enrol}
	var err error
	if v.Account, err = p.accounts().GetAccount(p.ctx(), &pb.GetAccountRequest{}); err != nil {
		return err
	}
	if len(v.Account.GetPendingSteps()) == 0 { // before that nothing else answers
		res, err := p.accounts().ListSignIns(p.ctx(), &pb.ListSignInsRequest{})
		if err != nil {
			return err
		}
		v.SignIns = res.GetSignIns()
	}
	return p.show("account", v)
}

func changePassword(p *page) error {
	f := p.form()
	if f.Value("new_password") != f.Value("password_again") {
		f.wrong("password_again", text{"两次输入的口令不一致", "The two passwords differ"})
		return p.showAccount(nil)
	}
	_, err := p.accounts().ChangePassword(p.ctx(), &pb.ChangePasswordRequest{
		CurrentPassword: f.Value("current_password"), NewPassword: f.Value("new_password"), RequestId: f.RequestID,
	})
	if err != nil {
		return p.accountRefused(err)
	}
	return p.done("/account", text{"口令已修改，其他登录已经结束", "The password is changed; your other sign-ins have ended"})
}

// accountRefused shows a refusal on the page; the status says that it is one.
func (p *page) accountRefused(err error) error {
	if !p.form().refused(err) {
		return err
	}
	p.status = http.StatusUnprocessableEntity
	return p.showAccount(nil)
}

func endSignIn(p *page) error {
	_, err := p.accounts().EndSignIn(p.ctx(), &pb.EndSignInRequest{Name: p.form().Value("name")})
	if err != nil {
		return p.accountRefused(err)
	}
	return p.done(accountPath, text{"登录已结束", "The sign-in has ended"})
}

// enrolCode shows a new secret, once: nobody can ask for it again.
func enrolCode(p *page) error {
	res, err := p.accounts().EnrolOneTimeCode(p.ctx(), &pb.EnrolOneTimeCodeRequest{OneTimeCode: strings.TrimSpace(p.form().Value("present_code"))})
	if err != nil {
		return p.accountRefused(err)
	}
	return p.showAccount(res)
}

// confirmCode puts the secret into force. After a wrong code the secret stays on the
// device, and is typed from there: the page does not hold it.
func confirmCode(p *page) error {
	f := p.form()
	_, err := p.accounts().ConfirmOneTimeCode(p.ctx(), &pb.ConfirmOneTimeCodeRequest{OneTimeCode: strings.TrimSpace(f.Value("one_time_code")), RequestId: f.RequestID})
	if err != nil {
		return p.accountRefused(err)
	}
	return p.done(accountPath, text{"动态验证码已启用", "One-time codes are on"})
}

// verifyCode shows the second factor after a sign-in by the identity provider.
func verifyCode(p *page) error {
	_, err := p.accounts().VerifyOneTimeCode(p.ctx(), &pb.VerifyOneTimeCodeRequest{OneTimeCode: strings.TrimSpace(p.form().Value("one_time_code"))})
	if err != nil {
		return p.accountRefused(err)
	}
	p.redirect("/")
	return nil
}
