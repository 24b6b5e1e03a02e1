package workflow

import "slices"

// Duty is one row: what an administrative role is for, and which requirement asks for it.
// None of them handles cases: the tables of transitions and of methods name them nowhere
// beside those who do.
type Duty struct {
	Role   Role
	ZH, EN string
	Source string
	// Operates: agencies, settings, calendar and passwords. Grants: makes and removes users.
	Operates, Grants bool
	// Separate is one of the three that nobody may hold together (三员分立): it is given to a
	// person and not to a program, and never works without a second factor.
	Separate bool
}

// Duties returns the administrative duties. A register is administered by the separate ones
// or, where a small office chose so, by one administrator.
func Duties() []Duty {
	return []Duty{
		{
			SystemAdministrator, "系统管理员：机关、设置、日历，发放口令", "system administrator: agencies, settings, calendar, gives out passwords",
			"GB/T 22239-2019 7.1.5.1、8.1.5.1", true, false, true,
		},
		{
			SecurityAdministrator, "安全管理员：设立、移除用户及其角色", "security administrator: makes and removes users with their roles",
			"GB/T 22239-2019 8.1.5.3", false, true, true,
		},
		{
			Auditor, "审计管理员：查看审计记录", "audit administrator: reads the audit log",
			"GB/T 22239-2019 7.1.5.2、8.1.5.2", false, false, false,
		},
		{
			Administrator, "管理员：一人兼任系统管理和安全管理，小型机关在首次启动时选定", "administrator: system and security in one hand, chosen by a small office at its first start",
			"GB/T 22239-2019 8.1.4.2 d）要求分离，选定即为不采用", true, true, false,
		},
	}
}

// Operators are those who look after agencies, settings and calendar and give out passwords.
func Operators() []Role { return dutiesWith(func(d Duty) bool { return d.Operates }) }

// Grantors are those who make and remove users.
func Grantors() []Role { return dutiesWith(func(d Duty) bool { return d.Grants }) }

// Managers are those who may look at the users and accounts of others.
func Managers() []Role { return dutiesWith(func(d Duty) bool { return d.Operates || d.Grants }) }

func dutiesWith(has func(Duty) bool) []Role {
	var out []Role
	for _, d := range Duties() {
		if has(d) {
			out = append(out, d.Role)
		}
	}
	return out
}

// DutyOf is the row of a role; false if it is no administrative one.
func DutyOf(r Role) (Duty, bool) {
	list := Duties()
	i := slices.IndexFunc(list, func(d Duty) bool { return d.Role == r })
	if i < 0 {
		return Duty{}, false
	}
	return list[i], true
}

// Administers reports whether a role is an administrative one.
func (r Role) Administers() bool {
	_, ok := DutyOf(r)
	return ok
}

// Separate reports whether a role is a duty that is held apart.
func (r Role) Separate() bool {
	d, _ := DutyOf(r)
	return d.Separate
}
