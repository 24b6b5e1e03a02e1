// Package access says who may call what: a table of methods × roles and of how far down
// the tree of agencies each role reaches. Which role may do which action on a case stands
// in the transition table of package workflow.
//
// The agency of a caller comes from its principal, never from a request. What lies beyond
// a caller's reach does not exist for it.
package access

import (
	"slices"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/workflow"
)

// Rule is one row: who may call a method.
type Rule struct {
	Method string
	// Roles may call it for their own agency.
	Roles []workflow.Role
	// Below may call it for the agencies below their own as well.
	Below []workflow.Role
	// Agency is the field of the request that names the agency or a thing of it; empty:
	// the method concerns none, or its handler asks once it knows.
	Agency string
	// Class says what gives way to what when there is too much at once.
	Class Class
}

// Stranger is the role of a caller without a token: a method that admits it admits
// everybody.
const Stranger workflow.Role = ""

var (
	all       = workflow.Roles()
	anybody   = []workflow.Role{Stranger}
	handlers  = []workflow.Role{workflow.Officer, workflow.Supervisor}
	admins    = []workflow.Role{workflow.Administrator}
	systems   = workflow.Operators()
	grantors  = workflow.Grantors()
	managers  = workflow.Managers()
	auditors  = []workflow.Role{workflow.Auditor}
	readers   = []workflow.Role{workflow.Officer, workflow.Supervisor, workflow.Statistician, workflow.Auditor}
	overseers = []workflow.Role{workflow.Supervisor, workflow.Statistician, workflow.Auditor}
	counters  = []workflow.Role{workflow.Supervisor, workflow.Statistician}
	templates = append([]workflow.Role{workflow.Supervisor}, systems...)
)

// Rules returns the whole table. A method without a row stops the server from starting.
func Rules() []Rule { //nolint:funlen // a row for each method
	return []Rule{
		{pb.ApplicationService_CreateApplication_FullMethodName, handlers, nil, "parent", Reply},
		{pb.ApplicationService_GetApplication_FullMethodName, handlers, nil, "name", Work},
		{pb.ApplicationService_ListApplications_FullMethodName, handlers, nil, "parent", Search},
		{pb.ApplicationService_SearchApplications_FullMethodName, handlers, nil, "parent", Search},
		{pb.ApplicationService_ActOnApplication_FullMethodName, handlers, nil, "name", Reply},
		{pb.ApplicationService_ListEvents_FullMethodName, append(slices.Clone(handlers), workflow.Auditor), nil, "name", Work},
		{pb.ApplicationService_ListPossibleActions_FullMethodName, handlers, nil, "name", Work},
		{pb.ApplicationService_ListDueApplications_FullMethodName, append(slices.Clone(handlers), workflow.Statistician), nil, "parent", Work},
		{pb.ApplicationService_ExplainDeadline_FullMethodName, handlers, nil, "name", Work},

		{pb.RemedyService_CreateRemedy_FullMethodName, handlers, nil, "parent", Work},
		{pb.RemedyService_GetRemedy_FullMethodName, handlers, nil, "name", Work},
		{pb.RemedyService_ListRemedies_FullMethodName, handlers, nil, "parent", Search},
		{pb.RemedyService_ActOnRemedy_FullMethodName, handlers, nil, "name", Work},

		{pb.ReportService_ComputeAnnualReport_FullMethodName, readers, overseers, "parent", Report},
		{pb.ReportService_ListCellEntries_FullMethodName, readers, overseers, "parent", Search},
		{pb.ReportService_CheckReport_FullMethodName, readers, nil, "", Report},
		{pb.ReportService_SetFigures_FullMethodName, counters, nil, "parent", Work},
		{pb.ReportService_ListFigures_FullMethodName, readers, overseers, "parent", Work},

		{pb.LedgerService_ImportLedger_FullMethodName, handlers, nil, "", Bulk},
		{pb.LedgerService_ExportLedger_FullMethodName, handlers, nil, "parent", Bulk},

		{pb.CalendarService_GetDay_FullMethodName, all, nil, "", Work},
		{pb.CalendarService_AddWorkdays_FullMethodName, all, nil, "", Work},
		{pb.CalendarService_ListNotices_FullMethodName, all, nil, "", Work},
		{pb.CalendarService_ImportNotice_FullMethodName, append(slices.Clone(handlers), systems...), nil, "", Report}, // of one agency only to look ahead

		{pb.AgencyService_CreateAgency_FullMethodName, systems, nil, "", Work},
		{pb.AgencyService_GetAgency_FullMethodName, all, all, "name", Work},
		{pb.AgencyService_ListAgencies_FullMethodName, all, nil, "", Work},
		{pb.AgencyService_UpdateAgency_FullMethodName, systems, admins, "agency.name", Work},

		{pb.PrincipalService_CreatePrincipal_FullMethodName, grantors, admins, "parent", Work},
		{pb.PrincipalService_GetPrincipal_FullMethodName, all, admins, "", Work}, // principals/me names none
		{pb.PrincipalService_ListPrincipals_FullMethodName, managers, admins, "parent", Work},
		{pb.PrincipalService_DeletePrincipal_FullMethodName, grantors, admins, "name", Work},

		{pb.AccountService_SetUp_FullMethodName, anybody, nil, "", Work},
		{pb.AccountService_SignIn_FullMethodName, anybody, nil, "", Work},
		{pb.AccountService_ExchangeToken_FullMethodName, all, nil, "", Work},
		{pb.AccountService_BeginSingleSignOn_FullMethodName, anybody, nil, "", Work},
		{pb.AccountService_FinishSingleSignOn_FullMethodName, anybody, nil, "", Work},
		{pb.AccountService_VerifyOneTimeCode_FullMethodName, all, nil, "", Work},
		{pb.AccountService_LinkIdentity_FullMethodName, systems, admins, "name", Work},
		{pb.AccountService_SignOut_FullMethodName, all, nil, "", Work},
		{pb.AccountService_GetAccount_FullMethodName, all, admins, "", Work}, // one's own, or for administrators another's
		{pb.AccountService_ChangePassword_FullMethodName, all, nil, "", Work},
		{pb.AccountService_ResetPassword_FullMethodName, systems, admins, "name", Work},
		{pb.AccountService_EnrolOneTimeCode_FullMethodName, all, nil, "", Work},
		{pb.AccountService_ConfirmOneTimeCode_FullMethodName, all, nil, "", Work},
		{pb.AccountService_ListSignIns_FullMethodName, all, admins, "", Work},
		{pb.AccountService_EndSignIn_FullMethodName, all, admins, "", Work},

		{pb.FreezeService_FreezeReport_FullMethodName, counters, nil, "parent", Report},
		{pb.FreezeService_AmendReport_FullMethodName, counters, nil, "parent", Report},
		{pb.FreezeService_GetFrozenReport_FullMethodName, readers, overseers, "name", Report},
		{pb.FreezeService_ListFrozenReports_FullMethodName, readers, overseers, "parent", Work},
		{pb.FreezeService_DiffReport_FullMethodName, readers, overseers, "parent", Report},
		{pb.FreezeService_CompareCarryOver_FullMethodName, readers, overseers, "parent", Report},

		{pb.RollupService_ComputeRollup_FullMethodName, overseers, overseers, "parent", Report},
		{pb.RollupService_ListRollupEntries_FullMethodName, overseers, overseers, "parent", Search},
		{pb.RollupService_ListRollupUnits_FullMethodName, overseers, overseers, "parent", Search},
		{pb.RollupService_PutReceivedReport_FullMethodName, counters, counters, "parent", Report},
		{pb.RollupService_GetReceivedReport_FullMethodName, overseers, overseers, "parent", Report},

		{pb.DocumentService_ExportReport_FullMethodName, readers, overseers, "parent", Report},

		{pb.OversightService_ListChecks_FullMethodName, readers, overseers, "parent", Report},
		{pb.OversightService_AcceptCheck_FullMethodName, counters, nil, "parent", Work},
		{pb.OversightService_SetNarrative_FullMethodName, counters, nil, "parent", Work},
		{pb.OversightService_GetNarrative_FullMethodName, readers, overseers, "parent", Work},

		{pb.QueueService_ListQueue_FullMethodName, handlers, nil, "parent", Work},
		{pb.QueueService_ListWorkload_FullMethodName, handlers, nil, "parent", Report},
		{pb.QueueService_ListLate_FullMethodName, handlers, nil, "parent", Report},
		{pb.QueueService_CreateFeed_FullMethodName, handlers, nil, "parent", Work},
		{pb.QueueService_ListFeeds_FullMethodName, handlers, nil, "parent", Work},
		{pb.QueueService_DeleteFeed_FullMethodName, handlers, nil, "name", Work},

		{pb.AdviceService_AdviseOutcome_FullMethodName, handlers, nil, "name", Work},
		{pb.AdviceService_ComputeFee_FullMethodName, handlers, nil, "parent", Work},
		{pb.AdviceService_FindSimilar_FullMethodName, handlers, nil, "name", Search},

		{pb.SettingService_ListSettings_FullMethodName, all, admins, "parent", Work},
		{pb.SettingService_UpdateSettings_FullMethodName, systems, admins, "parent", Work},
		{pb.SettingService_TakeNumber_FullMethodName, handlers, nil, "parent", Reply},

		{pb.AttachmentService_UploadAttachment_FullMethodName, handlers, nil, "", Bulk}, // the header names the agency
		{pb.AttachmentService_DownloadAttachment_FullMethodName, handlers, nil, "name", Bulk},
		{pb.AttachmentService_ListAttachments_FullMethodName, handlers, nil, "parent", Work},
		{pb.AttachmentService_GetAttachment_FullMethodName, handlers, nil, "name", Work},
		{pb.AttachmentService_WithdrawAttachment_FullMethodName, handlers, nil, "name", Work},

		{pb.LetterService_ListLetterKinds_FullMethodName, handlers, nil, "parent", Work},
		{pb.LetterService_PreviewLetter_FullMethodName, handlers, nil, "name", Work},
		{pb.LetterService_IssueLetter_FullMethodName, handlers, nil, "name", Reply},
		{pb.LetterService_ListLetters_FullMethodName, handlers, nil, "parent", Work},
		{pb.LetterService_DownloadLetter_FullMethodName, handlers, nil, "name", Bulk},
		{pb.LetterService_PutLetterTemplate_FullMethodName, templates, nil, "name", Work},
		{pb.LetterService_GetLetterTemplate_FullMethodName, append(slices.Clone(handlers), systems...), nil, "name", Work},
		{pb.LetterService_ListLetterTemplates_FullMethodName, append(slices.Clone(handlers), systems...), nil, "parent", Work},

		{pb.AuditService_ListAuditRecords_FullMethodName, auditors, nil, "parent", Search},

		{pb.ClerkService_GetClerk_FullMethodName, all, nil, "", Work},
		{pb.ClerkService_TrustClock_FullMethodName, systems, nil, "", Work},
	}
}

// Allows reports whether a role may call the method at all.
func (r Rule) Allows(role workflow.Role) bool { return slices.Contains(r.Roles, role) }

// Reaches reports whether a caller may call the method for an agency. below says whether
// that agency lies below the caller's own; it is asked only where the answer matters. A
// caller without an agency belongs to the whole installation and reaches every agency.
func (r Rule) Reaches(role workflow.Role, own, agency string, below func() (bool, error)) (bool, error) {
	switch {
	case own == "" || own == agency:
		return true, nil
	case agency == "" || !slices.Contains(r.Below, role):
		return false, nil
	}
	return below()
}
