package workflow

import "time"

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
