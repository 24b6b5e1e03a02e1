package workflow

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"gongkai/workflow/deadline"
)

// RemedyKind is the branch of a remedy against what an agency did or left undone.
type RemedyKind string

// The kinds. Stored strings never change.
const (
	Reconsideration RemedyKind = "RECONSIDERATION" // 行政复议
	Litigation      RemedyKind = "LITIGATION"      // 行政诉讼
	Complaint       RemedyKind = "COMPLAINT"       // 举报投诉 (Arts 47(2), 51)
)

// RemedyResult is how a remedy ended, in the classes of table 四.
type RemedyResult string

// The results (law: 行政复议法 2023 Arts 63–74; 行政诉讼法 Arts 62–77).
const (
	Pending     RemedyResult = "PENDING"   // 尚未审结
	Upheld      RemedyResult = "UPHELD"    // 维持, 驳回请求
	Corrected   RemedyResult = "CORRECTED" // 纠正, also in part
	OtherResult RemedyResult = "OTHER"     // 其他结果: 驳回申请, 终止, 撤回, 调解
)

// Capacity is the part that the agency plays in a remedy.
type Capacity string

// The capacities. As reviewing authority an agency counts nothing (〔2016〕201号).
const (
	OriginalOrgan Capacity = "ORIGINAL"
	ReviewOrgan   Capacity = "REVIEWER"
)

// Remedy is one reconsideration, suit or complaint: a child case with its own steps
// that stops no clock of an application.
type Remedy struct {
	ID            int64
	Agency        string
	ApplicationID int64  // 0: concerns none
	ApplicationNo string // of that application; read with it
	Kind          RemedyKind
	FileDate      Date // accepted by the authority or court; a complaint: received
	AfterReview   bool // litigation only: 复议后起诉
	Capacity      Capacity
	Result        RemedyResult
	ConcludeDate  Date // the result took effect
	Remark        string
	Void          bool // recorded by mistake, counted nowhere
	Revision      int64
	CreateTime    time.Time
}

// RemedyAction is one step of a remedy.
type RemedyAction string

// The steps. Stored strings never change.
const (
	RemedyConclude RemedyAction = "conclude" // the result of the last instance took effect
	RemedyRemand   RemedyAction = "remand"   // 发回重审, 再审: pending again
	RemedyStrike   RemedyAction = "strike"   // recorded by mistake
)

// RemedyAct is one step with its facts. Why stands apart, because it may name persons.
type RemedyAct struct {
	Action RemedyAction `json:"a"`
	Date   Date         `json:"d,omitzero"`
	Result RemedyResult `json:"r,omitempty"` // of conclude
	Reason string       `json:"-"`           // of remand and strike
}

// RemedyStage is where a remedy stands; it follows from its result.
type RemedyStage string

// The stages.
const (
	RemedyPending   RemedyStage = "PENDING"
	RemedyConcluded RemedyStage = "CONCLUDED"
	RemedyVoid      RemedyStage = "VOID"
)

// RemedyTransition is one row of the table of remedies.
type RemedyTransition struct {
	Action RemedyAction
	Kinds  []RemedyKind
	From   []RemedyStage
	To     RemedyStage
	ZH, EN string
	Date   string // field of the interface that is the day; empty: none is asked for
	Reason bool   // why is asked for
	Roles  []Role
	Basis  string
}

// RemedyTransitions returns the steps of remedies. A complaint is counted by its receipt
// and has no result in any table, so that it is never concluded.
func RemedyTransitions() []RemedyTransition {
	return []RemedyTransition{
		{
			Action: RemedyConclude, Kinds: []RemedyKind{Reconsideration, Litigation},
			From: []RemedyStage{RemedyPending}, To: RemedyConcluded, ZH: "审结", EN: "conclude",
			Date: "conclude_date", Roles: handlers, Basis: "行政复议法 2023 Arts 63–74; 行政诉讼法 Arts 62–77",
		},
		{
			Action: RemedyRemand, Kinds: []RemedyKind{Litigation},
			From: []RemedyStage{RemedyConcluded}, To: RemedyPending, ZH: "发回重审或再审", EN: "remand",
			Date: "remand_date", Reason: true, Roles: handlers, Basis: "行政诉讼法 Arts 89, 90–93",
		},
		{
			Action: RemedyStrike, Kinds: []RemedyKind{Reconsideration, Litigation, Complaint},
			From: []RemedyStage{RemedyPending, RemedyConcluded}, To: RemedyVoid, ZH: "作废", EN: "strike",
			Reason: true, Roles: supervisors, Basis: "Art 45",
		},
	}
}

// Stage is where the remedy stands.
func (r Remedy) Stage() RemedyStage {
	switch {
	case r.Void:
		return RemedyVoid
	case r.Result == "" || r.Result == Pending:
		return RemedyPending
	}
	return RemedyConcluded
}

// CheckRemedy asks of a new remedy what needs no history. An empty capacity is that of
// the original organ; a new remedy has no result yet.
func CheckRemedy(r Remedy, today Date) error {
	switch {
	case !slices.Contains(RemedyKinds(), r.Kind):
		return refuse(FieldInvalid, "kind", "", "类型“%[1]s”无效，应为行政复议、行政诉讼或者举报投诉", "kind %[1]q: give RECONSIDERATION, LITIGATION or COMPLAINT", string(r.Kind))
	case r.FileDate.IsZero():
		return refuse(FieldInvalid, "file_date", "", "缺少受理（立案、收到）日期file_date", "give file_date, the day it was accepted or received")
	case r.FileDate > today:
		return refuse(DateInFuture, "file_date", "", "file_date为%s，晚于今天（%s）；只能登记已经发生的事实", "file_date is %s, after today (%s); only facts that have happened are recorded", r.FileDate, today)
	case r.FileDate < deadline.FirstDay:
		return refuse(OutOfScope, "file_date", "《条例》2008 Art 38", "file_date为%s，早于2008年5月1日，当时《条例》尚未施行；请核对日期", "file_date is %s, before 2008-05-01, when no Regulation was in force; check the date", r.FileDate)
	case r.AfterReview && r.Kind != Litigation:
		return refuse(FieldInvalid, "after_reconsideration", "行政诉讼法 Art 45", "只有行政诉讼才有“复议后起诉”", "only a suit can follow a reconsideration")
	case r.Capacity != "" && r.Capacity != OriginalOrgan && r.Capacity != ReviewOrgan:
		return refuse(FieldInvalid, "capacity", "", "身份“%[1]s”无效，应为原行为机关或者复议机关", "capacity %[1]q: give ORIGINAL or REVIEWER", string(r.Capacity))
	case r.Stage() != RemedyPending || !r.ConcludeDate.IsZero():
		return refuse(FieldInvalid, "result", "", "登记时尚无结果；结果请用“审结”登记", "a new remedy has no result yet; conclude it afterwards")
	}
	return nil
}

// Apply records a step of a remedy. The remedy that it is called on stays as it was.
func (r Remedy) Apply(act RemedyAct, by Person, today Date) (Remedy, error) {
	row, err := r.row(act.Action)
	if err != nil {
		return r, err
	}
	if by.Role != "" && !slices.Contains(row.Roles, by.Role) {
		return r, refuse(RoleNotAllowed, "", "Art 45", "您的角色不能办理“%[1]s”", "your role may not %[2]s", row.ZH, row.EN)
	}
	if err := r.checkAct(row, act, today); err != nil {
		return r, err
	}
	switch act.Action {
	case RemedyConclude:
		r.Result, r.ConcludeDate = act.Result, act.Date
	case RemedyRemand:
		r.Result, r.ConcludeDate = Pending, 0
	case RemedyStrike:
		r.Void = true
	}
	return r, nil
}

// row finds the step in the table, or says why it is not possible.
func (r Remedy) row(action RemedyAction) (RemedyTransition, error) {
	for _, t := range RemedyTransitions() {
		if t.Action != action {
			continue
		}
		switch {
		case !slices.Contains(t.Kinds, r.Kind) && r.Kind == Complaint:
			return t, refuse(ActionNotPossible, "", "Arts 47(2), 51", "举报投诉按收到计数，各表均不设结果，不能办理“%[1]s”；登记有误的请作废", "a complaint counts by its receipt and has no result in any table, so %[2]s is not possible; strike it if it was recorded by mistake", t.ZH, t.EN)
		case !slices.Contains(t.Kinds, r.Kind):
			return t, refuse(ActionNotPossible, "", t.Basis, "“%[1]s”只适用于行政诉讼", "%[2]s is for suits only", t.ZH, t.EN)
		case !slices.Contains(t.From, r.Stage()):
			return t, refuse(ActionNotPossible, "", t.Basis, "该案%[3]s，不能办理“%[1]s”", "the case is %[4]s, so %[2]s is not possible", t.ZH, t.EN, stageZH[r.Stage()], string(r.Stage()))
		}
		return t, nil
	}
	return RemedyTransition{}, refuse(FieldInvalid, "action", "", "没有名为“%[1]s”的步骤", "no action is called %[1]q", string(action))
}

var stageZH = map[RemedyStage]string{RemedyPending: "尚未审结", RemedyConcluded: "已经审结", RemedyVoid: "已经作废"}

func (r Remedy) checkAct(row RemedyTransition, act RemedyAct, today Date) error {
	if row.Date != "" {
		not := cmp.Or(r.ConcludeDate, r.FileDate)
		switch {
		case act.Date.IsZero():
			return refuse(FieldInvalid, row.Date, "", "“%[1]s”缺少日期%[3]s", "%[2]s needs its day, %[3]s", row.ZH, row.EN, row.Date)
		case act.Date > today:
			return refuse(DateInFuture, row.Date, "", "%[1]s为%[2]s，晚于今天（%[3]s）；只能登记已经发生的事实", "%[1]s is %[2]s, after today (%[3]s); only facts that have happened are recorded", row.Date, act.Date, today)
		case act.Date < not:
			return refuse(DateOrder, row.Date, "", "%[1]s为%[2]s，早于其前一步骤（%[3]s）；请核对日期", "%[1]s is %[2]s, before the step that it follows (%[3]s); check the date", row.Date, act.Date, not)
		}
	}
	if act.Action == RemedyConclude && act.Result != Upheld && act.Result != Corrected && act.Result != OtherResult {
		return refuse(FieldInvalid, "result", row.Basis, "结果“%[1]s”无效，应为维持、纠正或者其他", "result %[1]q: give UPHELD, CORRECTED or OTHER", string(act.Result))
	}
	if row.Reason && strings.TrimSpace(act.Reason) == "" {
		return refuse(FieldInvalid, "reason", "", "“%[1]s”缺少必填项reason", "%[2]s needs reason", row.ZH, row.EN)
	}
	return nil
}

// RemedyKinds returns every kind.
func RemedyKinds() []RemedyKind { return []RemedyKind{Reconsideration, Litigation, Complaint} }
