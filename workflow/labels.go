package workflow

import "gongkai/workflow/deadline"

// label is a word of the glossary in both languages.
type label struct{ zh, en string }

var stateLabels = map[State]label{
	Submitted:         {"待确认", "awaiting confirmation"},
	Received:          {"已登记", "received"},
	SupplementPending: {"待补正", "awaiting supplement"},
	Processing:        {"办理中", "in process"},
	Consulting:        {"征求意见中", "consulting"},
	ReasonsPending:    {"待说明理由", "awaiting reasons"},
	Deferred:          {"延迟答复", "deferred"},
	FeePending:        {"待缴费", "awaiting fee"},
	UnderReview:       {"审核中", "under review"},
	Decided:           {"已签发待送达", "decided, to be delivered"},
	Closed:            {"已办结", "closed"},
	Redeciding:        {"重新办理", "deciding anew"},
	Archived:          {"已归档", "archived"},
	Void:              {"作废", "void"},
}

// ZH is the state as a register writes it.
func (s State) ZH() string { return stateLabels[s].zh }

// EN is the state in English.
func (s State) EN() string { return stateLabels[s].en }

var roleLabels = map[Role]label{
	Officer:       {"经办人", "officer"},
	Supervisor:    {"负责人", "supervisor"},
	Statistician:  {"统计员", "statistician"},
	Auditor:       {"审计员", "auditor"},
	Administrator: {"管理员", "administrator"},

	SystemAdministrator:   {"系统管理员", "system administrator"},
	SecurityAdministrator: {"安全管理员", "security administrator"},
}

// ZH is the role in Chinese.
func (r Role) ZH() string { return roleLabels[r].zh }

// EN is the role in English.
func (r Role) EN() string { return roleLabels[r].en }

// ConsultationKinds returns every kind of consultation.
func ConsultationKinds() []ConsultationKind {
	return []ConsultationKind{deadline.ThirdParty, deadline.CoMaker, deadline.Organ}
}

// DeliveryModes returns every way of delivery.
func DeliveryModes() []DeliveryMode {
	return []DeliveryMode{DeliverInPerson, DeliverPost, DeliverEmail, DeliverCourier, DeliverOtherwise}
}
