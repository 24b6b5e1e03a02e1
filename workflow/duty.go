package workflow

import "slices"

// Duty is one row: what an administrative role is for, and which requirement asks for it.
// None of them handles cases: the tables of transitions and of methods name them nowhere
// beside those who do.
type Duty struct {
	Role   Role
	ZH, EN string
	Source string
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
			"GB/T 22239-2019 7.1.5.1、8.1.5.1", true,
		},
		{
			SecurityAdministrator, "安全管理员：设立、移除用户及其角色", "security administrator: makes and removes users with their roles",
			"GB/T 22239-2019 8.1.5.3", true,
		},
		{
			Auditor, "审计管理员：查看审计记录", "audit administrator: reads the audit log",
			"GB/T 22239-2019 7.1.5.2、8.1.5.2", false,
		},
		{
			Administrator, "管理员：一人兼任系统管理和安全管理，小型机关在首次启动时选定", "administrator: system and security in one hand, chosen by a small office at its first start",
			"GB/T 22239-2019 8.1.4.2 d）要求分离，选定即为不采用", false,
		},
	}
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
