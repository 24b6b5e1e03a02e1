package server

import (
	"context"
	"regexp"
	"strings"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/workflow"
)

// personNumber is how a person is told from others. Only signs that look alike to nobody
// are taken, so that no person is two.
var personNumber = regexp.MustCompile(`^[A-Z0-9]([A-Z0-9-]{0,62}[A-Z0-9])?$`)

// personFor judges whether somebody may give a role, and reads for whom. Nobody but an
// administrator makes another, so that where the duties stand apart there never is one.
func personFor(by workflow.Role, agency string, role workflow.Role, person string) (string, error) {
	switch {
	case role == workflow.Administrator && by != workflow.Administrator:
		return "", failf(pb.Reason_ROLE_NOT_ALLOWED, "系统管理和安全管理已由不同的人分担，不能再设兼任的管理员；请选择系统管理员、安全管理员或者审计员",
			"system and security administration stand apart here, so that none has both: choose system administrator, security administrator or auditor")
	case role.Separate() && agency != "":
		return "", invalid("parent", "%[1]s属于整个系统，不属于某一机关；请勿填写机关", "a %[2]s belongs to the whole installation; name no agency", role.ZH(), role.EN())
	case agency == "" && !role.Administers():
		return "", invalid("parent", "只有管理员、审计员可以不属于任何机关；请写明机关", "only administrators and auditors belong to no agency; name the agency")
	}
	return personIn("principal.person", role.Separate() || by.Separate() && role.Administers(), person)
}

// personIn reads the number of a person.
func personIn(field string, must bool, person string) (string, error) {
	person = strings.ToUpper(strings.TrimSpace(person))
	if person == "" && !must {
		return "", nil
	}
	if !personNumber.MatchString(person) {
		return "", invalid(field, "请填写本人工号：1至64个字母、数字或者连字符，一人一号", "give the person's own number: 1 to 64 letters, digits or hyphens, one for each person")
	}
	return person, nil
}

func personTaken(person string) *fault {
	f := failf(pb.Reason_PERSON_TAKEN, "工号“%[1]s”已有用户；一人只有一个用户，不能兼任，请先移除原用户", "person %[1]q has a user already: one person has one, and never two duties; remove that one first", person)
	f.field = "principal.person"
	return f
}

// tokenAlone refuses a token where a person has to sign in with two factors.
func tokenAlone() *fault {
	return failf(pb.Reason_SECOND_FACTOR_REQUIRED, "系统管理员、安全管理员不能使用令牌；请以口令和动态验证码登录",
		"system and security administrators use no token: sign in with password and one-time code")
}

// apart refuses that whoever gives out passwords also takes the second factor of another
// duty away, or puts an identity in its place: then he would hold that duty as well. A
// device that is lost is replaced by a recovery code, or the principal by another.
func apart(ctx context.Context, role workflow.Role) error {
	if !callOf(ctx).principal.Role.Separate() || !role.Administers() {
		return nil
	}
	return failf(pb.Reason_ROLE_NOT_ALLOWED, "不能取消其他管理员的动态验证码，也不能为其关联身份；验证器丢失时使用恢复码，或者由安全管理员移除后另行设立",
		"nobody takes the one-time codes of another duty away or links it: it uses a recovery code, or the security administrator removes it and makes another")
}

// lastAdministrator refuses to leave the installation without anybody who makes principals
// or anybody who gives out passwords.
func lastAdministrator(r storage.Reader, p storage.Principal) error {
	if p.Agency != "" || !p.Role.Administers() {
		return nil
	}
	list, err := r.Principals("")
	if err != nil {
		return err
	}
	makes, gives := false, false
	for _, q := range list {
		if q.ID != p.ID && q.RemoveTime.IsZero() {
			d, _ := workflow.DutyOf(q.Role)
			makes, gives = makes || d.Grants, gives || d.Operates
		}
	}
	if makes && gives || p.Role == workflow.Auditor {
		return nil
	}
	return failf(pb.Reason_LAST_ADMINISTRATOR, "移除后将没有人能够设立用户或者发放口令；请先设立另一名管理员", "nobody would be left who makes principals or gives out passwords; create another administrator first")
}
