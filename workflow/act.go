package workflow

import "gongkai/workflow/deadline"

// Action names what is done to an application; one message of the interface each.
// What looplab/fsm calls an event is a row of the transition table here.
type Action string

// The actions. Stored strings never change.
const (
	ActSubmit            Action = "submit"
	ActConfirm           Action = "confirm"
	ActRequestSupplement Action = "request_supplement"
	ActSubmitSupplement  Action = "submit_supplement"
	ActLapseSupplement   Action = "lapse_supplement"
	ActReopen            Action = "reopen"
	ActCorrect           Action = "correct"
	ActConsult           Action = "consult"
	ActReceiveOpinion    Action = "receive_opinion"
	ActLapseOpinion      Action = "lapse_opinion"
	ActRecordLateOpinion Action = "record_late_opinion"
	ActExtend            Action = "extend"
	ActAskReasons        Action = "ask_reasons"
	ActReceiveReasons    Action = "receive_reasons"
	ActLapseReasons      Action = "lapse_reasons"
	ActDefer             Action = "defer"
	ActNotifyFee         Action = "notify_fee"
	ActPayFee            Action = "pay_fee"
	ActLapseFee          Action = "lapse_fee"
	ActCancelFee         Action = "cancel_fee"
	ActWithdraw          Action = "withdraw"
	ActVoid              Action = "void"
	ActDecide            Action = "decide"
	ActSubmitForReview   Action = "submit_for_review"
	ActApprove           Action = "approve"
	ActReturnDraft       Action = "return_draft"
	ActDeliver           Action = "deliver"
	ActFailDelivery      Action = "fail_delivery"
	ActOrderRedecision   Action = "order_redecision"
	ActReplace           Action = "replace"
	ActDeliverRedecision Action = "deliver_redecision"
	ActArchive           Action = "archive"
	ActHold              Action = "hold"
	ActRelease           Action = "release"
	ActClose             Action = "close"
	ActAssign            Action = "assign"
	ActAcceptAssignment  Action = "accept_assignment"
	ActSendBack          Action = "send_back"
)

// Origin says how an act came into the register. Evidence that a ledger has no column
// for is unknown there, never refused.
type Origin string

// The origins.
const (
	Entered Origin = ""
	Ledger  Origin = "LEDGER"
)

// Act is one dated fact of an application. The list of its acts is all that is known
// of a case; which fields an action uses says the Spec of the action. Free text stands
// in Text, because it may name persons and is stored apart.
type Act struct {
	Action Action `json:"a"`
	Date   Date   `json:"d"` // the day of the act; what the law calls it says Spec.Date
	// Revision is that of the event that recorded the act: a correction names it.
	Revision int64 `json:"v,omitempty"`
	// Origin and By are set by the service, never by the caller.
	Origin Origin `json:"o,omitempty"`
	By     string `json:"by,omitempty"`

	Channel      Channel          `json:"ch,omitempty"`
	Kind         ApplicantKind    `json:"k,omitempty"`
	Receive      Date             `json:"r,omitzero"`  // the addressee received the letter
	Due          Date             `json:"u,omitzero"`  // last day named in a letter or order
	Post         Date             `json:"p,omitzero"`  // posted in time; time in the mail does not count
	Sign         Date             `json:"s,omitzero"`  // reply signed, where Date is its delivery
	Told         Date             `json:"t,omitzero"`  // third party told of the override
	Workdays     int              `json:"w,omitempty"` // length given or granted
	Consulted    ConsultationKind `json:"ck,omitempty"`
	Consultation int              `json:"c,omitempty"` // number of the letter, from 1
	// Letter is the revision of the Consult that an opinion answers; set by the service,
	// because numbers change when an earlier letter is entered late.
	Letter      int64        `json:"l,omitempty"`
	Opinion     Opinion      `json:"op,omitempty"`
	Returned    bool         `json:"rt,omitempty"`
	Accepted    bool         `json:"ac,omitempty"`
	Amount      int64        `json:"m,omitempty"` // fen
	Tariff      Tariff       `json:"tf,omitempty"`
	Steps       int          `json:"st,omitempty"` // length of the chain of approvals; set by the service
	Basis       Basis        `json:"b,omitempty"`
	Document    string       `json:"n,omitempty"` // 文号
	Prior       string       `json:"pr,omitempty"`
	ReviewFirst bool         `json:"rf,omitempty"`
	Mode        DeliveryMode `json:"dm,omitempty"`
	GoodCause   bool         `json:"gc,omitempty"`
	Holder      string       `json:"h,omitempty"`  // department or officer; no person outside the agency
	LateCause   string       `json:"lc,omitempty"` // why it was concluded late; names no person
	// Setting is what the agency had set for such an act on its day, where that is not the
	// default; set by the service, so that a later change of the setting changes no case.
	Setting string `json:"se,omitempty"`

	Text Text `json:"-"`
}

// Text is what an act says in words; it may name persons.
type Text struct {
	Reason   string   `json:"reason,omitempty"`
	Items    []string `json:"items,omitempty"`
	Party    string   `json:"party,omitempty"`
	Approver string   `json:"approver,omitempty"`
}

// Empty reports whether nothing is said.
func (t Text) Empty() bool {
	return t.Reason == "" && t.Party == "" && t.Approver == "" && len(t.Items) == 0
}

// Amendment is one change of a Correct: what stands instead of the act with a revision.
type Amendment struct {
	Revision int64 // 0: an act that was never recorded
	Act      Act
	Strike   bool
}

// Tariff is how a processing fee is counted: by request or by page, never both
// (国办函〔2020〕109号 Art 3).
type Tariff string

// The tariffs.
const (
	PerRequest Tariff = "PER_REQUEST"
	PerPage    Tariff = "PER_PAGE"
)

// The kinds of consultation, as package deadline counts them.
const (
	ThirdParty = deadline.ThirdParty
	CoMaker    = deadline.CoMaker
	Organ      = deadline.Organ
)

// Spec says how an action is called and which fields it takes, by the names of the
// interface. Required fields are checked when an act is entered, not when it is replayed.
type Spec struct {
	Action   Action
	ZH, EN   string
	Date     string   // name of the field that is the day of the act
	Required []string // besides Date
	Optional []string
	Rank     int // order of acts of one day in a ledger
}

// Specs returns every action in the order of the interface.
func Specs() []Spec { return specs }

// SpecOf returns the spec of an action.
func SpecOf(a Action) (Spec, bool) {
	for i := range specs {
		if specs[i].Action == a {
			return specs[i], true
		}
	}
	return Spec{}, false
}

func names(s ...string) []string { return s }

var replyFields = names("document_no", "prior_application_no", "review_first_told", "third_party_notify_date", "reason")

var specs = []Spec{
	{ActSubmit, "登记", "register", "arrive_date", names("channel", "applicant_kind"), nil, 0},
	{ActConfirm, "确认收到", "confirm receipt", "receive_date", nil, nil, 1},
	{ActRequestSupplement, "告知补正", "request supplement", "notify_date", names("items"), names("notice_receive_date", "due_date", "workdays"), 7},
	{ActSubmitSupplement, "收到补正", "supplement received", "receive_date", nil, names("post_date", "good_cause"), 8},
	{ActLapseSupplement, "逾期不补正", "supplement lapsed", "lapse_date", nil, names("notice_receive_date"), 12},
	{ActReopen, "恢复办理", "reopen for good cause", "receive_date", names("reason"), nil, 13},
	{ActCorrect, "更正记录", "correct", "", names("reason", "amendments"), nil, 99},
	{ActConsult, "征求意见", "consult", "send_date", names("kind"), names("receive_date", "due_date", "party"), 4},
	{ActReceiveOpinion, "收到意见", "opinion received", "receive_date", names("opinion"), names("consultation", "party_receive_date"), 5},
	{ActLapseOpinion, "意见期限届满", "opinion lapsed", "lapse_date", nil, names("consultation", "returned", "party_receive_date"), 5},
	{ActRecordLateOpinion, "收到迟到意见", "late opinion received", "receive_date", names("opinion"), names("consultation"), 5},
	{ActExtend, "延期", "extend", "notify_date", names("workdays"), names("approver", "reason"), 6},
	{ActAskReasons, "要求说明理由", "ask reasons", "notify_date", nil, names("due_date", "reason"), 2},
	{ActReceiveReasons, "收到说明", "reasons received", "receive_date", nil, names("accepted"), 3},
	{ActLapseReasons, "逾期未说明", "reasons lapsed", "lapse_date", nil, nil, 3},
	{ActDefer, "延迟答复", "defer", "notify_date", names("due_date", "reason"), nil, 6},
	{ActNotifyFee, "收费通知", "fee notice", "receive_date", names("amount_fen", "tariff"), nil, 9},
	{ActPayFee, "缴费", "fee paid", "pay_date", nil, names("amount_fen"), 10},
	{ActLapseFee, "逾期未缴费", "fee lapsed", "lapse_date", nil, nil, 12},
	{ActCancelFee, "撤销收费", "cancel fee", "cancel_date", names("reason"), nil, 10},
	{ActWithdraw, "撤回", "withdraw", "withdraw_date", nil, names("reason"), 12},
	{ActVoid, "作废", "void", "void_date", names("reason"), nil, 98},
	{ActDecide, "签发", "decide", "decide_date", names("basis"), replyFields, 11},
	{ActSubmitForReview, "提交审核", "submit for review", "submit_date", names("basis"), replyFields, 11},
	{ActApprove, "审核通过", "approve", "approve_date", nil, nil, 11},
	{ActReturnDraft, "退回", "return draft", "return_date", names("reason"), nil, 11},
	{ActDeliver, "送达", "deliver", "deliver_date", names("mode"), names("late_cause"), 12},
	{ActFailDelivery, "退件", "delivery failed", "fail_date", names("reason"), nil, 13},
	{ActOrderRedecision, "责令重作", "order to redecide", "receive_date", nil, names("due_date", "workdays", "reason"), 14},
	{ActReplace, "自行重作", "replace own reply", "replace_date", names("reason"), nil, 14},
	{ActDeliverRedecision, "送达重作答复", "deliver redecision", "deliver_date", names("basis", "mode"), names("decide_date", "document_no"), 15},
	{ActArchive, "归档", "archive", "archive_date", nil, nil, 16},
	{ActHold, "暂缓交付", "hold", "hold_date", names("reason"), nil, 13},
	{ActRelease, "解除暂缓", "release", "release_date", nil, nil, 13},
	{ActClose, "不经答复办结", "close without reply", "close_date", names("reason"), names("late_cause"), 12},
	{ActAssign, "转办", "assign", "assign_date", names("holder"), names("reason"), 2},
	{ActAcceptAssignment, "签收转办", "accept assignment", "accept_date", nil, nil, 2},
	{ActSendBack, "退回转办", "send assignment back", "return_date", names("reason"), nil, 2},
}
