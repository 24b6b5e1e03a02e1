package audit

import (
	"fmt"
	"slices"
)

// Check names what a finding found out. Its strings never change: scripts read them.
type Check string

// The checks.
const (
	Leaf       Check = "leaf"       // an event is the one that its leaf was made of
	Missing    Check = "missing"    // the events of an agency are counted from 1 without gaps
	Order      Check = "order"      // and each stands once, in its place
	Stray      Check = "stray"      // an event belongs to an agency that exists
	Edge       Check = "edge"       // the leaves are those that the register's own tree was made of
	Count      Check = "count"      // the register has as many events as it counts
	Differs    Check = "differs"    // the tree at a checkpoint's size has the checkpoint's root
	Truncated  Check = "truncated"  // the register has at least the events of a checkpoint
	Gone       Check = "gone"       // the agency of a checkpoint exists
	Foreign    Check = "foreign"    // a checkpoint is of this register
	Forged     Check = "forged"     // a checkpoint is signed by a known key
	Unreadable Check = "unreadable" // an edge can be read
	Unproven   Check = "unproven"   // the files hold a checkpoint
)

var checks = []struct {
	check  Check
	zh, en string
}{
	{Leaf, "记录被改动，与其摘要不符", "the record is not the one that its leaf was made of"},
	{Missing, "记录被删除", "records are missing"},
	{Order, "记录被插入、重复或者调换位置", "the record was put in, repeated or moved"},
	{Stray, "所属机关不存在", "it belongs to an agency that is not there"},
	{Edge, "记录与登记簿的审计树不符", "the records are not those of the register's own tree"},
	{Count, "记录数与登记簿的审计树不符", "the register has another number of records than its tree"},
	{Differs, "记录与检查点不符：检查点之后有记录被改动、删除、插入或者调换", "the records are not those of the checkpoint"},
	{Truncated, "检查点所含的记录被截去", "records that the checkpoint holds were cut off"},
	{Gone, "检查点所属的机关不存在", "the agency of the checkpoint is not there"},
	{Foreign, "检查点属于另一登记簿，或者数据库被换", "the checkpoint is of another register, or the database was swapped"},
	{Forged, "检查点不是由所给的密钥签署", "the checkpoint is not signed by a key that was given"},
	{Unreadable, "审计树无法读取", "the tree cannot be read"},
	{Unproven, "所给文件中没有检查点：登记簿只与其自身相符，什么也没有证明", "the files hold no checkpoint: the register agrees with itself, which proves nothing"},
}

// Checks lists what Verify looks at.
func Checks() []Check {
	var list []Check
	for _, c := range checks {
		list = append(list, c.check)
	}
	return list
}

// Texts says in Chinese and English what a check found.
func (c Check) Texts() (zh, en string) {
	for _, x := range checks {
		if x.check == c {
			return x.zh, x.en
		}
	}
	return string(c), string(c)
}

// Finding is one thing that is not as it should be: somewhere among the events of an
// agency from one to another, both included. It tells no personal data.
type Finding struct {
	Agency     string `json:"agency"` // empty: the installation's own register
	From       int64  `json:"from,omitempty"`
	To         int64  `json:"to,omitempty"`
	Check      Check  `json:"check"`
	Checkpoint int64  `json:"checkpoint,omitempty"` // size of the checkpoint concerned
	Detail     string `json:"detail,omitempty"`
}

// Covers reports whether a finding is about an event.
func (f *Finding) Covers(agency string, n int64) bool {
	return f.Agency == agency && f.From <= n && n <= f.To
}

// Where names the events of a finding.
func (f *Finding) Where() string {
	switch f.From {
	case 0:
		return ""
	case f.To:
		return fmt.Sprint(f.From)
	}
	return fmt.Sprintf("%d–%d", f.From, f.To)
}

// Summary is what a verification looked at.
type Summary struct {
	Installation string `json:"installation"`
	Agencies     int64  `json:"agencies"`
	Events       int64  `json:"events"`
	Checkpoints  int64  `json:"checkpoints"` // signed by a known key
	Torn         int64  `json:"torn"`        // left unfinished by a crash, and passed over
	Covered      int64  `json:"covered"`     // events that a checkpoint covers
	Findings     int64  `json:"findings"`
}

// bySize sorts the checkpoints of an agency.
func bySize(list []Checkpoint) {
	slices.SortStableFunc(list, func(a, b Checkpoint) int { return int(min(max(a.Size-b.Size, -1), 1)) })
}
