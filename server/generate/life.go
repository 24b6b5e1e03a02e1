package generate

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"gongkai/server"
	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/calendar"
)

// actor is who recorded everything.
const actor = "principals/generator"

// first is the day on which registers begin.
var first = calendar.New(2021, 1, 4)

// life is what happened to an application, whoever applied for what: applications share
// lives, because judging a made-up one takes longer than storing it.
type life struct {
	app      workflow.Application
	register workflow.Event  // the first event, which names the applicant
	events   []storage.Event // of which the first has no facts yet
	caches   storage.Caches
	remedies []workflow.Remedy // as they end
}

// maker makes up lives.
type maker struct {
	rnd   *rand.Rand
	today workflow.Date
	rules workflow.Rules
	bases map[string][]workflow.Basis
	acts  []workflow.Act
}

// pool makes n lives.
func (m *maker) pool(n int, draw func() bool) ([]life, error) {
	lives := make([]life, 0, n)
	for len(lives) < n {
		m.acts = nil
		if !draw() || m.acts[len(m.acts)-1].Date > m.today {
			continue // it would end after today
		}
		l, err := m.enter()
		if err != nil {
			return nil, err
		}
		lives = append(lives, l)
	}
	return lives, nil
}

// enter has the acts judged as those of a ledger's row.
func (m *maker) enter() (life, error) {
	for i := range m.acts {
		m.acts[i].Origin = workflow.Ledger
	}
	app, events, at, err := m.rules.Enter(workflow.Application{}, m.acts, workflow.Person{Name: actor}, m.today)
	if err != nil {
		return life{}, fmt.Errorf("act %d of %v: %w", at, m.acts, err)
	}
	l := life{app: app, register: events[0], caches: server.CachesOf(m.rules, &app)}
	for i := range events {
		facts, personal, err := events[i].Encode()
		if err != nil {
			return life{}, err
		}
		l.events = append(l.events, storage.Event{
			Revision: events[i].Revision, Time: m.hour(events[i].Act.Date, i), Actor: actor, Action: string(events[i].Act.Action), Facts: facts, Personal: personal,
		})
	}
	l.app.CreateTime, l.app.UpdateTime = l.events[0].Time, l.events[len(events)-1].Time
	l.remedies = m.remedies(&l.app)
	return l, nil
}

// hour is when the i-th act was recorded: in office hours of its day in China.
func (m *maker) hour(d workflow.Date, i int) time.Time {
	at := time.Date(d.Year(), d.Month(), d.Day(), 1, i, 0, 0, time.UTC)
	return at.Add(time.Duration(m.rnd.IntN(8*3600)) * time.Second)
}

func (m *maker) in(n int) bool { return m.rnd.IntN(100) < n }

func (m *maker) add(act workflow.Act) { m.acts = append(m.acts, act) }

// arrive registers an application that came within a range of days, and returns the day
// of receipt.
func (m *maker) arrive(on workflow.Date, channel workflow.Channel) workflow.Date {
	m.add(workflow.Act{Action: workflow.ActSubmit, Date: on, Channel: channel, Kind: pick(m.rnd, kinds)})
	if fixedOnArrival(channel) {
		return on
	}
	on = on.AddDays(m.rnd.IntN(3))
	m.add(workflow.Act{Action: workflow.ActConfirm, Date: on})
	return on
}

func fixedOnArrival(c workflow.Channel) bool {
	return slices.Contains([]workflow.Channel{workflow.InPerson, workflow.Oral, workflow.PostSigned}, c)
}

// closed makes up an application that was concluded. Each year brings more of them.
func (m *maker) closed() bool {
	span := int(m.today - first)
	day := m.rnd.IntN(span)
	if m.rnd.IntN(span*3) > span*2+day {
		day = m.rnd.IntN(span)
	}
	on := m.arrive(first.AddDays(day), pick(m.rnd, channels))
	basis := one(m.rnd, m.bases[pick(m.rnd, outcomes)])
	switch basis {
	case "other.not_supplemented":
		on = m.askSupplement(on)
		m.add(workflow.Act{Action: workflow.ActLapseSupplement, Date: on.AddDays(26 + m.rnd.IntN(5))})
		return true
	case "other.fee_unpaid":
		on = m.charge(on)
		m.add(workflow.Act{Action: workflow.ActLapseFee, Date: on.AddDays(42 + m.rnd.IntN(5))})
		return true
	case "other.withdrawn":
		m.add(workflow.Act{Action: workflow.ActWithdraw, Date: on.AddDays(1 + m.rnd.IntN(12))})
		return true
	}
	m.answer(on, basis)
	return true
}

func (m *maker) askSupplement(on workflow.Date) workflow.Date {
	on = on.AddDays(1 + m.rnd.IntN(5))
	m.add(workflow.Act{Action: workflow.ActRequestSupplement, Date: on, Due: on.AddDays(21), Text: workflow.Text{Items: []string{"请写明所需政府信息的名称、文号或者便于查询的其他特征"}}})
	return on
}

func (m *maker) charge(on workflow.Date) workflow.Date {
	on = on.AddDays(5 + m.rnd.IntN(5))
	m.add(workflow.Act{Action: workflow.ActNotifyFee, Date: on, Amount: int64(100 * (10 + m.rnd.IntN(200)))})
	return on
}

// answer takes an application from its receipt to the delivery of the reply.
func (m *maker) answer(on workflow.Date, basis workflow.Basis) {
	if basis == "unavailable.still_unclear" || m.in(supplemented) {
		on = m.askSupplement(on)
		on = on.AddDays(3 + m.rnd.IntN(15))
		m.add(workflow.Act{Action: workflow.ActSubmitSupplement, Date: on})
	}
	if m.in(consulted) {
		on = on.AddDays(1)
		m.add(workflow.Act{Action: workflow.ActConsult, Date: on, Consulted: workflow.ThirdParty, Receive: on.AddDays(1)})
		on = on.AddDays(2 + m.rnd.IntN(12))
		m.add(workflow.Act{Action: workflow.ActReceiveOpinion, Date: on, Consultation: 1})
	}
	if m.in(charged) {
		on = m.charge(on)
		fee := m.acts[len(m.acts)-1].Amount
		on = on.AddDays(1 + m.rnd.IntN(15))
		m.add(workflow.Act{Action: workflow.ActPayFee, Date: on, Amount: fee})
	}
	day := on.AddDays(1 + m.rnd.IntN(22))
	if m.in(extended) {
		on = on.AddDays(3 + m.rnd.IntN(10))
		m.add(workflow.Act{Action: workflow.ActExtend, Date: on, Workdays: 10 + 5*m.rnd.IntN(3)})
		day = on.AddDays(1 + m.rnd.IntN(30))
	}
	if m.in(late) {
		day = day.AddDays(45)
	}
	m.sign(day, basis)
	m.add(workflow.Act{Action: workflow.ActDeliver, Date: day.AddDays(m.rnd.IntN(4)), Mode: pick(m.rnd, modes)})
}

var modes = []weight[workflow.DeliveryMode]{{workflow.DeliverPost, 50}, {workflow.DeliverEmail, 40}, {workflow.DeliverInPerson, 10}}

func (m *maker) sign(on workflow.Date, basis workflow.Basis) {
	m.add(workflow.Act{Action: workflow.ActDecide, Date: on, Basis: basis, Document: fmt.Sprintf("示例公开〔%d〕%d号", on.Year(), 1+m.rnd.IntN(2000))})
}

// open makes up an application that waits for somebody today.
func (m *maker) open() bool {
	switch pick(m.rnd, stages) {
	case unconfirmed:
		channel := one(m.rnd, []workflow.Channel{workflow.OnlineForm, workflow.OnlineForm, workflow.PostOrdinary, workflow.Fax})
		m.add(workflow.Act{Action: workflow.ActSubmit, Date: m.ago(0, 4), Channel: channel, Kind: pick(m.rnd, kinds)})
	case examined:
		m.arrive(m.ago(0, 24), pick(m.rnd, channels))
	case longExamined:
		on := m.arrive(m.ago(18, 48), pick(m.rnd, channels))
		m.add(workflow.Act{Action: workflow.ActExtend, Date: on.AddDays(5 + m.rnd.IntN(10)), Workdays: 20})
	case supplementing:
		m.askSupplement(m.arrive(m.ago(8, 24), pick(m.rnd, channels)))
	case consulting:
		on := m.arrive(m.ago(4, 14), pick(m.rnd, channels)).AddDays(1)
		m.add(workflow.Act{Action: workflow.ActConsult, Date: on, Consulted: workflow.ThirdParty, Receive: on.AddDays(1)})
	case feePending:
		m.charge(m.arrive(m.ago(12, 24), pick(m.rnd, channels)))
	case explaining:
		on := m.arrive(m.ago(6, 20), pick(m.rnd, channels))
		m.add(workflow.Act{Action: workflow.ActAskReasons, Date: on.AddDays(1 + m.rnd.IntN(3))})
	case signed:
		m.sign(m.arrive(m.ago(6, 24), pick(m.rnd, channels)).AddDays(1+m.rnd.IntN(4)), one(m.rnd, m.bases["granted"]))
	case overdue:
		m.arrive(m.ago(40, 90), pick(m.rnd, channels))
	}
	return true
}

func (m *maker) ago(from, to int) workflow.Date {
	return m.today.AddDays(-from - m.rnd.IntN(to-from+1))
}

// remedies makes up what followed the reply. They end by today or not at all.
func (m *maker) remedies(a *workflow.Application) []workflow.Remedy {
	if len(a.Replies) == 0 || a.Conclusion.Date.IsZero() {
		return nil
	}
	var out []workflow.Remedy
	for _, mix := range remedies {
		if m.rnd.IntN(received) >= mix.n {
			continue
		}
		filed := a.Conclusion.Date.AddDays(5 + m.rnd.IntN(55))
		if mix.after {
			filed = filed.AddDays(90)
		}
		if filed > m.today {
			continue
		}
		r := workflow.Remedy{Kind: mix.kind, FileDate: filed, AfterReview: mix.after, Capacity: workflow.OriginalOrgan, Result: pick(m.rnd, mix.results)}
		r.ConcludeDate = filed.AddDays(30 + m.rnd.IntN(60))
		if r.Result == workflow.Pending || r.ConcludeDate > m.today {
			r.Result, r.ConcludeDate = workflow.Pending, 0
		}
		out = append(out, r)
	}
	return out
}
