package server_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"gongkai/workflow"
	"gongkai/workflow/calendar"
	"gongkai/workflow/deadline"
	"gongkai/workflow/outcome"
)

// The days between which rules differ, as law.md states them.
var (
	firstDay    = calendar.New(2008, 5, 1)
	revisionDay = calendar.New(2019, 5, 15)
	feesFrom    = calendar.New(2021, 1, 1)
)

// marginDays are workdays kept from every limit, so that a holiday notice amended in
// mid-year decides nothing.
const marginDays = 4

// impliedCase is a row of a ledger with what it was made for.
type impliedCase struct {
	no               string
	kind             workflow.ApplicantKind
	channel          workflow.Channel
	received, closed workflow.Date // zero: not confirmed, still open
	basis            outcome.Row
	delayed          bool // closed after the period without extension
	paid             workflow.Date
	fen              int64
	cells            map[string]string
}

// span is days from the first to the last.
type span struct{ first, last workflow.Date }

func (s span) holds(d workflow.Date) bool { return s.first <= d && d <= s.last }

func yearOf(y int) span { return span{max(calendar.New(y, 1, 1), firstDay), calendar.New(y, 12, 31)} }

// pace says how a conclusion stands to the time limit.
type pace int

const (
	anyPace pace = iota
	inTime
	delayed
)

// need is what a report asks of one application.
type need struct {
	kind     workflow.ApplicantKind
	channels []workflow.Channel
	ends     func(outcome.Row) bool // nil: open to this day
	pace     pace
	receive  span
	close    span
	fen      int64
	paid     span
}

// clerk keeps a register in which the needs of a report are met by lawful histories.
type clerk struct {
	t     testing.TB
	rng   *rand.Rand
	cal   *calendar.Calendar
	cases []impliedCase
}

// one in n.
func (c *clerk) one(n int) bool { return c.rng.IntN(n) == 0 }

// among is a number from low to high.
func (c *clerk) among(low, high int) int { return low + c.rng.IntN(max(high-low, 0)+1) }

func (c *clerk) dayIn(s span) workflow.Date {
	return s.first.AddDays(c.among(0, int(s.last-s.first)))
}

func pick[T any](c *clerk, list ...T) T { return list[c.rng.IntN(len(list))] }

// add registers an application that meets a need: days and bases are drawn until they do.
func (c *clerk) add(n need) {
	c.t.Helper()
	for range 20_000 {
		if made, ok := c.draw(n); ok {
			made.no = fmt.Sprintf("%d-%05d", max(made.received, n.receive.first).Year(), len(c.cases)+1)
			made.cells["application_no"] = made.no
			c.cases = append(c.cases, made)
			return
		}
	}
	c.t.Fatalf("no lawful history was found for %+v", n)
}

func (c *clerk) draw(n need) (impliedCase, bool) {
	made := impliedCase{kind: n.kind, channel: pick(c, n.channels...), received: c.dayIn(n.receive), cells: map[string]string{}}
	co := course{clerk: c, cells: made.cells, regime: deadline.RegimeOf(made.received), base: made.received}
	co.left = co.regime.Days()
	if n.fen > 0 {
		if made.received < feesFrom {
			return made, false
		}
		made.paid, made.fen = co.payFee(n.fen), n.fen
		if !n.paid.holds(made.paid) {
			return made, false
		}
	}
	if n.ends == nil {
		co.stayOpen(made.received)
	} else {
		rows := c.admissible(n, made.received)
		if len(rows) == 0 {
			return made, false
		}
		made.basis = pick(c, rows...)
		made.closed, made.delayed = co.end(made.basis, n)
		if !n.close.holds(made.closed) || n.pace != anyPace && made.delayed != (n.pace == delayed) {
			return made, false
		}
	}
	c.arrive(&made)
	c.person(&made)
	return made, true
}

// admissible are the bases that an application received on a day may end on.
func (c *clerk) admissible(n need, received workflow.Date) []outcome.Row {
	var out []outcome.Row
	for _, r := range outcome.Rows() {
		if n.ends(r) && !(r.Only2008 && received >= revisionDay) && !(r.Year2021 && (received < feesFrom || n.fen > 0)) {
			out = append(out, r)
		}
	}
	return out
}

// course is the way of one application, as far as it has come: pos workdays after base,
// with a period of left.
type course struct {
	*clerk
	cells     map[string]string
	regime    workflow.Regime
	base      workflow.Date
	pos, left int
}

func (c *course) set(key string, d workflow.Date) { c.cells[key] = c.written(d) }

// forward sets a date some workdays on.
func (c *course) forward(key string, low, high int) workflow.Date {
	c.pos += c.among(low, high)
	d := c.cal.AddWorkdays(c.base, c.pos)
	c.set(key, d)
	return d
}

// restart begins the period anew (Art 30; 109号 Art 6).
func (c *course) restart(d workflow.Date) { c.base, c.pos, c.left = d, 0, c.regime.Days() }

func (c *course) payFee(fen int64) workflow.Date {
	c.forward("fee_notice_date", 1, 3)
	paid := c.forward("fee_paid_date", 1, 6)
	c.cells["fee_amount"] = yuan(fen)
	c.restart(paid)
	return paid
}

// yuan writes an amount of fen.
func yuan(fen int64) string {
	if fen%100 == 0 {
		return fmt.Sprint(fen / 100)
	}
	return fmt.Sprintf("%d.%02d", fen/100, fen%100)
}

// supplement asks for a correction and receives it. Before 2019-05-15 the time between
// is not counted, since then its receipt restarts the period.
func (c *course) supplement() {
	c.forward("supplement_request_date", 1, 3)
	used := c.pos
	got := c.forward("supplement_receive_date", 1, 5)
	if !c.one(4) {
		c.set("supplement_due_date", c.cal.AddWorkdays(got, c.among(0, 5)))
	}
	left := c.left - used
	c.restart(got)
	if c.regime == workflow.R2008 {
		c.left = left
	}
}

func (c *course) reasons(answered bool) {
	c.forward("reasons_request_date", 1, 2)
	if answered {
		c.forward("reasons_receive_date", 1, 3)
	}
}

func (c *course) consult(kind string) {
	sent := c.cal.AddWorkdays(c.base, c.pos+1)
	received := c.cal.AddWorkdays(c.base, c.pos+2)
	c.pos += c.among(3, 5)
	ended := c.cal.AddWorkdays(c.base, c.pos)
	got := received.String()
	if c.one(3) {
		got = ""
	}
	c.cells["consultations"] = kind + ":" + sent.String() + ":" + got + ":" + ended.String()
}

// end concludes on a basis, and says when and whether after the unextended period.
func (c *course) end(row outcome.Row, n need) (closed workflow.Date, late bool) {
	c.cells["basis"] = pick(c.clerk, string(row.Basis), row.LabelZH)
	switch row.Basis {
	case "other.not_supplemented":
		if c.regime == workflow.R2019 || n.pace != delayed && c.one(2) {
			return c.lapse(), false
		}
	case "other.fee_unpaid":
		return c.defaultOnFee(), false
	case "unavailable.still_unclear":
		c.supplement()
	case "not_processed.excessive":
		if c.regime == workflow.R2019 {
			c.reasons(c.one(2))
		}
	}
	closed, late = c.conclude(row, n)
	c.answer(row, closed)
	return closed, late
}

// lapse closes a case whose applicant never corrected (Art 30).
func (c *course) lapse() workflow.Date {
	c.forward("supplement_request_date", 1, 2)
	c.forward("supplement_due_date", 2, 4)
	most := 20
	if c.regime == workflow.R2008 {
		most = c.left - marginDays - c.pos
	}
	return c.forward("close_date", 1, most)
}

// defaultOnFee closes a case whose applicant never paid: 20 workdays from the notice.
func (c *course) defaultOnFee() workflow.Date {
	c.forward("fee_notice_date", 1, 5)
	c.cells["fee_amount"] = yuan(int64(100 * c.among(1, 90)))
	return c.forward("close_date", 21, 28)
}

// conclude chooses the day: within the period, within a lawful extension or deferral, or
// too late.
func (c *course) conclude(row outcome.Row, n need) (closed workflow.Date, late bool) {
	speed := n.pace
	if speed == anyPace {
		speed = pick(c.clerk, inTime, inTime, inTime, inTime, inTime, delayed)
	}
	plain := c.left
	switch {
	case speed == inTime:
		if row.Row2021 == "denied.thirdPartyRights" && c.one(2) {
			c.consult(pick(c.clerk, "third_party", "第三方"))
		}
		return c.cal.AddWorkdays(c.base, c.among(c.pos, plain-marginDays)), false
	case c.one(3):
		closed = c.cal.AddWorkdays(c.base, plain+c.among(marginDays, 15))
		if far := c.dayIn(n.close); far > closed && c.one(2) {
			closed = far
		}
		return closed, true
	case c.regime == workflow.R2019 && row.Basis != "not_processed.excessive" && c.one(4):
		c.reasons(true)
		c.set("deferral_notify_date", c.cal.AddWorkdays(c.base, plain-marginDays))
		c.set("deferral_due_date", c.cal.AddWorkdays(c.base, plain+30))
		return c.cal.AddWorkdays(c.base, plain+c.among(marginDays, 26)), true
	}
	more := c.among(2*marginDays, c.regime.Days())
	c.set("extension_notify_date", c.cal.AddWorkdays(c.base, plain-marginDays))
	c.cells["extension_workdays"] = fmt.Sprint(more)
	return c.cal.AddWorkdays(c.base, plain+c.among(marginDays, more-marginDays)), true
}

// answer writes reply and delivery; a withdrawal needs neither.
func (c *course) answer(row outcome.Row, closed workflow.Date) {
	if row.Basis == "other.withdrawn" || row.Basis == "other.other" && c.one(2) {
		c.set("close_date", closed)
		return
	}
	c.set("delivery_date", closed)
	c.cells["delivery_mode"] = pick(c.clerk, "当面", "邮寄", "电子邮件", "其他", "")
	c.cells["reply_no"] = pick(c.clerk, "", "告〔2020〕7号", "告〔2020〕8号")
	signed := max(c.cal.AddWorkdays(c.base, c.pos), closed.AddDays(-c.among(0, 3)))
	if d := c.cells["extension_notify_date"] + c.cells["deferral_notify_date"]; d != "" {
		signed = closed
	}
	switch c.among(0, 3) {
	case 0: // a reply of which the ledger gives its delivery alone
	default:
		c.set("reply_date", signed)
	}
	if c.one(3) {
		c.set("close_date", closed)
	}
}

// stayOpen leaves a case where cases stand.
func (c *course) stayOpen(received workflow.Date) {
	switch c.among(0, 6) {
	case 0:
		c.forward("supplement_request_date", 1, 3)
	case 1:
		c.set("extension_notify_date", c.cal.AddWorkdays(c.base, c.left-marginDays))
		c.cells["extension_workdays"] = "10"
	case 2:
		c.cells["consultations"] = "third_party:" + c.cal.AddWorkdays(c.base, 2).String() + "::"
	case 3:
		if received >= feesFrom && c.cells["fee_amount"] == "" {
			c.forward("fee_notice_date", 1, 3)
			c.cells["fee_amount"] = "300"
		}
	case 4: // signed and not delivered, or given to a courier that cannot deliver it
		c.cells["basis"] = pick(c.clerk, "disclosed.provided", "经检索信息不存在")
		signed := c.forward("reply_date", 1, 6)
		if c.one(2) {
			c.cells["delivery_mode"] = "其他快递"
			c.set("delivery_date", signed)
		}
	case 5:
		c.supplement()
	}
}

// arrive writes channel and day of receipt in one of the ways of ledgers.
func (c *clerk) arrive(made *impliedCase) {
	made.cells["channel"] = pick(c, spellings[made.channel]...)
	fixed := made.channel == workflow.InPerson || made.channel == workflow.Oral || made.channel == workflow.PostSigned ||
		made.channel == workflow.Email && made.received.AddDays(-3) < revisionDay
	switch way := c.among(0, 2); {
	case way == 0 && fixed && made.channel != workflow.Email:
		made.cells["arrive_date"] = c.written(made.received)
	case way == 1:
		arrived := made.received
		if !fixed {
			arrived = max(arrived.AddDays(-c.among(0, 3)), firstDay)
		}
		made.cells["arrive_date"] = c.written(arrived)
		fallthrough
	default:
		made.cells["receive_date"] = c.written(made.received)
	}
}

var spellings = map[workflow.Channel][]string{
	workflow.InPerson: {"当面"}, workflow.Oral: {"口头"}, workflow.Fax: {"传真"}, workflow.OnlineForm: {"网络", "网上", "在线"},
	workflow.Email: {"电子邮件"}, workflow.PostOrdinary: {"信函", "平信"}, workflow.PostSigned: {"挂号信", "EMS", "邮寄"},
}

var kindSpellings = map[workflow.ApplicantKind][]string{
	workflow.NaturalPerson: {"自然人", "公民", "个人"}, workflow.Business: {"商业企业"}, workflow.Research: {"科研机构"},
	workflow.PublicInterest: {"社会公益组织"}, workflow.LegalService: {"法律服务机构"}, workflow.OtherKind: {"其他"},
}

func (c *clerk) person(made *impliedCase) {
	made.cells["applicant_kind"] = pick(c, kindSpellings[made.kind]...)
	made.cells["applicant_name"] = pick(c, "甲", "某某有限公司", "=1+1", "")
	made.cells["description"] = pick(c, "申请公开某地块的征收批复", "", "含“引号”, 逗号;\n以及换行")
}

// written is a date in one of the ways of ledgers.
func (c *clerk) written(d workflow.Date) string {
	switch c.among(0, 5) {
	case 0:
		return fmt.Sprintf("%d年%d月%d日", d.Year(), d.Month(), d.Day())
	case 1:
		return fmt.Sprintf("%d/%d/%d", d.Year(), d.Month(), d.Day())
	case 2:
		return fmt.Sprintf("%04d%02d%02d", d.Year(), d.Month(), d.Day())
	}
	return d.String()
}
