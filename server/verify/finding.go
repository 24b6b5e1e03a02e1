package verify

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"gongkai/storage"
)

// Check names what a finding found out. Its strings never change: scripts read them.
type Check string

// The checks.
const (
	File     Check = "file"     // the pages, indexes and references of the file are sound
	Stray    Check = "stray"    // a row of an agency that does not exist
	Place    Check = "place"    // the events of an agency are counted from 1 without gaps
	Form     Check = "form"     // an event is stored as the store writes it
	Leaf     Check = "leaf"     // the leaf of an event is its hash
	Gone     Check = "gone"     // what an event is about is there
	Words    Check = "words"    // personal data belong to an event
	Counter  Check = "counter"  // an agency has counted all its events
	Tree     Check = "tree"     // the tree of an agency is that over the leaves of its events
	Revision Check = "revision" // the events of an object are its revisions from 1 without gaps
	History  Check = "history"  // what is there has events that can be replayed
	Value    Check = "value"    // a column holds what follows from the events
	Number   Check = "number"   // no two applications of an agency bear one number
	Numbers  Check = "numbers"  // the numbers that an agency has given are borne
	Tally    Check = "tally"    // a tally is the sum over the cases
	Missing  Check = "missing"  // the content of an attachment is there
	Damaged  Check = "damaged"  // and is the one that was stored
	Orphan   Check = "orphan"   // a content belongs to an attachment
	Index    Check = "index"    // the search index finds an application by all that it says
)

var checks = []struct {
	check  Check
	zh, en string
}{
	{File, "数据库文件损坏", "the file is damaged"},
	{Stray, "所属机关不存在", "belongs to an agency that is not there"},
	{Place, "机关的事件序号不连续", "events of the agency are missing, added or out of order"},
	{Form, "事件的存储形式被改动", "the event is not stored as the program writes it"},
	{Leaf, "事件与其摘要不符", "the event is not the one that its leaf was made of"},
	{Gone, "事件所记的对象不存在", "the events tell of it, but it is not there"},
	{Words, "个人信息没有对应的事件", "personal data without an event"},
	{Counter, "机关的事件计数有误", "the agency counts other events than there are"},
	{Tree, "机关的审计树与事件不符", "the tree of the agency is not that of its events"},
	{Revision, "对象的事件不连续", "events of the object are missing, added or out of order"},
	{History, "没有可以重演的历史", "there is no history that can be replayed"},
	{Value, "与历史不符", "differs from what the history says"},
	{Number, "编号重复", "the number is borne more than once"},
	{Numbers, "编号计数有误", "the last number given is not borne, or some before it are not"},
	{Tally, "统计与案件不符", "the tally is not the sum of the cases"},
	{Missing, "附件内容缺失", "the content of the attachment is missing"},
	{Damaged, "附件内容已损坏", "the content of the attachment is damaged"},
	{Orphan, "附件内容无所归属", "a content that no attachment names"},
	{Index, "检索索引中查不到（可用gongkaid reindex重建）", "the search index does not find it (gongkaid reindex makes it anew)"},
}

// Checks lists what Verify looks at.
func Checks() []Check {
	var list []Check
	for _, c := range checks {
		if c.check != Missing && c.check != Damaged && c.check != Orphan { // those of Contents
			list = append(list, c.check)
		}
	}
	return list
}

// Texts says in Chinese and English what a check found.
func (c Check) Texts() (zh, en string) {
	i := slices.IndexFunc(checks, func(x struct {
		check  Check
		zh, en string
	},
	) bool {
		return x.check == c
	})
	if i < 0 {
		return string(c), string(c)
	}
	return checks[i].zh, checks[i].en
}

// Finding is one thing that is not as it should be. Values that may name persons are
// told by their length only.
type Finding struct {
	Agency  string `json:"agency"`           // empty: the installation's own register
	Object  string `json:"object"`           // application/17, tally/2026
	Event   int64  `json:"event,omitempty"`  // place of the event concerned
	Column  string `json:"column,omitempty"` // of the row
	Check   Check  `json:"check"`
	Stored  string `json:"stored"`
	Derived string `json:"derived"`
}

// withheld are the columns that may name persons, or open doors.
var withheld = strings.Fields("name id_type id_number phone address postcode email description remark reason token_hash")

// maxShown is how many characters of a value are told.
const maxShown = 120

// shown are two values as a finding tells them: long ones from shortly before they part.
func shown(d storage.Difference, object string) (stored, derived string) {
	kind, _, _ := strings.Cut(object, "/")
	if kind != "agency" && slices.Contains(withheld, d.Column) {
		return length(d.Stored), length(d.Derived)
	}
	stored, derived = text(d.Stored), text(d.Derived)
	from := 0
	for from < len(stored) && from < len(derived) && stored[from] == derived[from] {
		from++
	}
	if from -= maxShown / 2; from <= 0 || len(stored) <= maxShown && len(derived) <= maxShown {
		from = 0
	}
	return part(stored, from), part(derived, from)
}

func part(s string, from int) string {
	before := ""
	if from > 0 {
		before = "…"
	}
	s = strings.ToValidUTF8(s[min(from, len(s)):], "")
	if utf8.RuneCountInString(s) > maxShown {
		s = string([]rune(s)[:maxShown]) + "…"
	}
	return before + s
}

func text(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case []byte:
		return "x'" + hex.EncodeToString(v) + "'"
	}
	return fmt.Sprint(v)
}

func length(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case string:
		return fmt.Sprintf("(%d)", utf8.RuneCountInString(v))
	case []byte:
		return fmt.Sprintf("(%d)", len(v))
	}
	return fmt.Sprintf("(%T)", v)
}
