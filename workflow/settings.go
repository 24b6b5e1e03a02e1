package workflow

// Role is what a principal may do. Which role may do which action stands beside each
// row of the transition table.
type Role string

// The roles. Stored strings never change.
const (
	Officer       Role = "OFFICER"       // 经办人
	Supervisor    Role = "SUPERVISOR"    // 负责人 of the disclosure office
	Statistician  Role = "STATISTICIAN"  // 统计员
	Auditor       Role = "AUDITOR"       // 审计员
	Administrator Role = "ADMINISTRATOR" // 管理员

	SystemAdministrator   Role = "SYSTEM_ADMINISTRATOR"   // 系统管理员
	SecurityAdministrator Role = "SECURITY_ADMINISTRATOR" // 安全管理员
)

// Roles returns every role.
func Roles() []Role {
	return []Role{Officer, Supervisor, Statistician, Auditor, Administrator, SystemAdministrator, SecurityAdministrator}
}

// Settings are an agency's own rules where the law leaves it free. The zero value holds
// the documented defaults.
type Settings struct {
	// ReviewSteps are the roles of the agency's chain of approvals in order; empty: the
	// officer's decision stands.
	ReviewSteps []Role `json:"review_steps,omitempty"`
	// CodesVariant is the print of the coded table: "shanghai" (default) or "national".
	CodesVariant string `json:"codes_variant,omitempty"`
	// Values are the versions of each setting of the catalogue, in the order of days.
	Values map[string][]SettingValue `json:"values,omitempty"`
	// Lineage is what became of the agency by day. It is no rule, yet stands here, because
	// the tree of a past year is then read with the agencies.
	Lineage Lineage `json:"lineage,omitzero"`
}
