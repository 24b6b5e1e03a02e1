package web

import (
	"slices"
	"strings"

	pb "gongkai/proto/disclosure/v1"
)

// Where the principals of an agency lie, and those of the whole installation.
const (
	peoplePath = "/principals"
	personPath = peoplePath + "/{principal}"
)

// peopleRoutes are the pages of principals: those of an agency below it, and those of the
// whole installation by themselves.
func (d *desk) peopleRoutes() []route {
	title := text{"用户", "Users"}
	routes := []route{{pattern: "GET " + peoplePath, title: title, roles: managers, menu: true, handle: showPeople}}
	for _, at := range []string{"", agencyPath} {
		if at != "" {
			routes = append(routes, route{pattern: "GET " + at + peoplePath, title: title, roles: managers, handle: showPeople})
		}
		routes = append(routes,
			route{pattern: "POST " + at + peoplePath, title: title, roles: grantors, handle: createPerson},
			route{pattern: "GET " + at + personPath, title: title, roles: managers, handle: func(p *page) error { return p.showPerson("") }},
			route{pattern: "POST " + at + personPath + "/reset", title: title, roles: systems, handle: resetPerson},
			route{pattern: "POST " + at + personPath + "/end", title: title, roles: managers, handle: endPerson},
			route{pattern: "POST " + at + personPath + "/link", title: title, roles: systems, handle: linkPerson},
			route{pattern: "POST " + at + personPath + "/remove", title: title, roles: grantors, handle: removePerson},
		)
	}
	return routes
}

// owner is whose principals a page is about, as requests name it: the agency of the path,
// else that of the caller; empty: the whole installation.
func (p *page) owner() string {
	if id := p.r.PathValue("agency"); id != "" {
		return "agencies/" + id
	}
	if own := p.ownAgency(); own != "" {
		return "agencies/" + own
	}
	return ""
}

// peopleOf is the page of an owner's principals.
func peopleOf(owner string) string {
	if owner == "" {
		return peoplePath
	}
	return pathOf(owner) + peoplePath
}

// underAgency leads the trail by the page of an agency, or, for who opens no agencies, by
// the users.
func (p *page) underAgency(owner, name string) {
	if !slices.Contains(systems, p.me.GetRole()) {
		p.under(peoplePath, p.text("用户", "Users"))
		return
	}
	p.under(agenciesPath, p.text("机关", "Agencies"))
	p.under(pathOf(owner), name)
}

// roleLine is what a role may do, in words.
type roleLine struct {
	Role pb.Principal_Role
	What text
}

var roleLines = []roleLine{
	{pb.Principal_OFFICER, text{"登记、办理、检索、导入导出", "registers, acts, searches, imports, exports"}},
	{pb.Principal_SUPERVISOR, text{"还可以审批、延期、更正、作废、填报数据、报送", "also approves, extends, corrects, voids, enters figures, submits"}},
	{pb.Principal_STATISTICIAN, text{"年度报告和汇总；看不到个人信息", "reports and roll-ups; no personal data"}},
	{pb.Principal_AUDITOR, text{"申请的办理过程和报告，只看不改", "histories and reports; changes nothing"}},
	{pb.Principal_ADMINISTRATOR, text{"机关、用户、设置、日历；看不到任何申请", "agencies, users, settings, calendar; sees no case"}},
	{pb.Principal_SYSTEM_ADMINISTRATOR, text{"机关、设置、日历，发放口令；不能设立用户，看不到任何申请", "agencies, settings, calendar, gives out passwords; makes no users, sees no case"}},
	{pb.Principal_SECURITY_ADMINISTRATOR, text{"设立、移除用户及其角色；不能发放口令，看不到任何申请", "makes and removes users with their roles; gives out no passwords, sees no case"}},
}

// peopleView is the principals of an agency or of the installation.
type peopleView struct {
	Owner, Path  string // empty owner: the installation
	Agency       *pb.Agency
	Now, Removed []*pb.Principal
	Roles        []peopleRole
	New          *pb.Principal // just created, with its token, shown this once
	Token        string
	ID, Role     *field
	Person       *field
	Makes        bool // the caller makes users
}

// offers tells whether whoever has a role may give another to a user of an owner.
func offers(by pb.Principal_Role, owner string, role pb.Principal_Role) bool {
	separate := role == pb.Principal_SYSTEM_ADMINISTRATOR || role == pb.Principal_SECURITY_ADMINISTRATOR
	switch {
	case owner != "" && separate, role == pb.Principal_ADMINISTRATOR && by != role:
		return false
	}
	return owner != "" || separate || role == pb.Principal_ADMINISTRATOR || role == pb.Principal_AUDITOR
}

type peopleRole struct{ Name, What string }

func showPeople(p *page) error { return p.showPeople(nil) }

func (p *page) showPeople(fresh *pb.CreatePrincipalResponse) error {
	v := peopleView{Owner: p.owner(), Path: peopleOf(p.owner()), New: fresh.GetPrincipal(), Token: fresh.GetToken()}
	res, err := p.api.Principals.ListPrincipals(p.ctx(), &pb.ListPrincipalsRequest{Parent: v.Owner})
	if err != nil {
		return err
	}
	for _, who := range res.GetPrincipals() {
		if who.GetRemoved() {
			v.Removed = append(v.Removed, who)
		} else {
			v.Now = append(v.Now, who)
		}
	}
	if v.Owner != "" {
		if v.Agency, err = p.api.Agencies.GetAgency(p.ctx(), &pb.GetAgencyRequest{Name: v.Owner}); err != nil {
			return err
		}
		p.underAgency(v.Owner, v.Agency.GetDisplayName())
		if !slices.Contains(systems, p.me.GetRole()) { // whose trail has the users already
			p.title = v.Agency.GetDisplayName()
		}
	}
	v.ID = p.form().Field("principal_id", p.text("用户名", "User name")).Must().Most(60)
	v.ID.Note = p.text("汉字、字母、数字、点、连字符或下划线；一人一号，不共用", "letters, digits, dots, hyphens or underscores; one for each person")
	v.Role = p.form().Field("principal.role", p.text("角色", "Role")).Must()
	for _, line := range roleLines {
		if !offers(p.me.GetRole(), v.Owner, line.Role) {
			continue
		}
		name := labelOf(p.lang, line.Role)
		v.Role.Option(line.Role.String(), name)
		v.Roles = append(v.Roles, peopleRole{name, line.What.in(p.lang)})
	}
	if v.Owner == "" && p.me.GetRole() == pb.Principal_ADMINISTRATOR {
		v.Role.Default(pb.Principal_ADMINISTRATOR.String())
	}
	v.Person = p.form().Field("principal.person", p.text("工号", "Personnel number")).Most(64)
	v.Person.Note = p.text("系统管理员、安全管理员必填，审计员由安全管理员设立时必填；一人只有一个用户，不得兼任", "required for system and security administrators, and for auditors whom a security administrator makes; one person has one user, never two duties")
	v.Makes = slices.Contains(grantors, p.me.GetRole())
	return p.show("people", v)
}

// createPerson shows the token of the new principal on the page that answers, because
// nobody can ask for it again.
func createPerson(p *page) error {
	f, req := p.form(), &pb.CreatePrincipalRequest{}
	f.need("principal_id", text{"请填写用户名", "Give a name"})
	f.need("principal.role", text{"请选择角色", "Choose a role"})
	if !f.into(req) || len(f.Problems) > 0 {
		return showPeople(p)
	}
	req.Parent = p.owner()
	res, err := p.api.Principals.CreatePrincipal(p.ctx(), req)
	if err != nil {
		if f.refused(err) {
			return showPeople(p)
		}
		return err
	}
	return p.showPeople(res)
}

// personName is the resource name of the principal that a page is about.
func (p *page) personName() string {
	name := "principals/" + p.r.PathValue("principal")
	if owner := p.r.PathValue("agency"); owner != "" {
		return "agencies/" + owner + "/" + name
	}
	return name
}

// personView is one principal and how it signs in.
type personView struct {
	*pb.Principal
	Account  *pb.Account
	SignIns  []*pb.SignIn
	Password string // for one use, shown this once
	Own      bool
	Resets   bool // the caller gives out passwords
	Removes  bool // and removes users
	Single   bool // the identity provider may be linked
	Path     string
}

func (p *page) showPerson(password string) error {
	who, err := p.api.Principals.GetPrincipal(p.ctx(), &pb.GetPrincipalRequest{Name: p.personName()})
	if err != nil {
		return err
	}
	v := personView{Principal: who, Password: password, Own: who.GetName() == p.me.GetName(), Resets: slices.Contains(systems, p.me.GetRole()), Removes: slices.Contains(grantors, p.me.GetRole()), Single: p.desk.SingleSignOn, Path: pathOf(who.GetName())}
	if v.Account, err = p.accounts().GetAccount(p.ctx(), &pb.GetAccountRequest{Name: who.GetName()}); err != nil {
		return err
	}
	res, err := p.accounts().ListSignIns(p.ctx(), &pb.ListSignInsRequest{Parent: who.GetName()})
	if err != nil {
		return err
	}
	v.SignIns = res.GetSignIns()
	owner, users := "", p.text("用户", "Users")
	if agency := agencyOf(who.GetName()); agency != "" {
		owner = "agencies/" + agency
		p.underAgency(owner, agency)
		if !slices.Contains(systems, p.me.GetRole()) {
			users = agency
		}
	}
	p.under(peopleOf(owner), users)
	p.title = lastOf(who.GetName())
	return p.show("person", v)
}

// personRefused shows a refusal on the page of the principal.
func (p *page) personRefused(err error) error {
	if !p.form().refused(err) {
		return err
	}
	return p.showPerson("")
}

// resetPerson gives out a password for one use and shows it on the page that answers.
func resetPerson(p *page) error {
	lost := p.form().Value("remove_one_time_code") == "true"
	res, err := p.accounts().ResetPassword(p.ctx(), &pb.ResetPasswordRequest{Name: p.personName(), RemoveOneTimeCode: lost})
	if err != nil {
		return p.personRefused(err)
	}
	return p.showPerson(res.GetOneTimePassword())
}

// linkPerson links a principal to an identity at the identity provider, or to none.
func linkPerson(p *page) error {
	_, err := p.accounts().LinkIdentity(p.ctx(), &pb.LinkIdentityRequest{
		Name: p.personName(), Subject: strings.TrimSpace(p.form().Value("subject")), RequestId: p.form().RequestID,
	})
	if err != nil {
		return p.personRefused(err)
	}
	return p.done(pathOf(p.personName()), text{"统一身份认证的关联已保存，其登录已结束", "The link is saved, and the user's sign-ins have ended"})
}

// endPerson ends one sign-in of a principal, or all.
func endPerson(p *page) error {
	name := p.form().Value("name")
	if !strings.HasPrefix(name, p.personName()+"/signIns/") {
		return missing()
	}
	if _, err := p.accounts().EndSignIn(p.ctx(), &pb.EndSignInRequest{Name: name}); err != nil {
		return p.personRefused(err)
	}
	return p.done(pathOf(p.personName()), text{"登录已结束", "Signed out"})
}

// removePerson removes a principal; the box is ticked first, because it is for good.
func removePerson(p *page) error {
	p.form().need("sure", text{"请先勾选确认：移除后不能恢复，用户名不再使用", "Tick the box first: this cannot be undone, and the name is never reused"})
	if len(p.form().Problems) > 0 {
		return p.showPerson("")
	}
	if _, err := p.api.Principals.DeletePrincipal(p.ctx(), &pb.DeletePrincipalRequest{Name: p.personName()}); err != nil {
		return p.personRefused(err)
	}
	return p.done(pathOf(p.personName()), text{"已移除，其令牌和登录立即失效", "Removed: the token and all sign-ins no longer work"})
}
