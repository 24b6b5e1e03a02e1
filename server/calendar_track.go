package server

import (
	"cmp"
	"context"
	"slices"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/calendar"
)

// maxMoved is how many moved deadlines are listed; all are counted.
const maxMoved = 1000

// moved is an open application whose due date a notice moves.
type moved struct {
	Agency  string        `json:"agency"`
	ID      int64         `json:"id"`
	Number  string        `json:"no"`
	Before  workflow.Date `json:"before"`
	After   workflow.Date `json:"after"`
	Letters []sentLetter  `json:"letters,omitempty"`
}

// sentLetter is a letter that told the applicant a due date which is no longer right.
type sentLetter struct {
	Action workflow.Action `json:"action"` // by which it was sent
	Date   workflow.Date   `json:"date"`
	Due    workflow.Date   `json:"due"` // the due date that it quotes
}

// tracker finds the open applications that a notice moves.
type tracker struct {
	server        *Server
	before, after *calendar.Calendar
	facts         *noticeFacts
}

// run walks over the open applications that are due from the first changed or newly firm
// day on: no period that ends before it knows of the change.
func (t *tracker) run(ctx context.Context, agencies []string) error {
	first := calendar.New(t.facts.Year, 1, 1)
	changes := t.after.Changes(t.before)
	if len(changes) > 0 && (t.facts.Amends || changes[0].Date < first) {
		first = changes[0].Date
	}
	if len(changes) == 0 && t.facts.Amends {
		f := failf(pb.Reason_NOTICE_UNREADABLE, "通知没有改变任何一日：%[1]d年的安排已与之相同", "the notice changes no day: the plan of %[1]d says the same already", t.facts.Year)
		f.field = "text"
		return f
	}
	for _, c := range changes {
		t.facts.Changed = append(t.facts.Changed, changedDay{c.Date, c.After})
	}
	var all, page []moved
	firm, pageFirm := 0, 0
	for _, agency := range agencies {
		err := t.server.eachOpen(ctx, agency, first, func() { page, pageFirm = page[:0], 0 }, func(c openCase) error {
			m, becomesFirm, err := t.move(agency, c)
			if err == nil && m.Before != m.After {
				page = append(page, m)
			}
			if becomesFirm {
				pageFirm++
			}
			return err
		}, func() error {
			all, firm = append(all, page...), firm+pageFirm
			return nil
		})
		if err != nil {
			return err
		}
	}
	t.facts.MovedCount, t.facts.FirmCount = len(all), firm
	slices.SortFunc(all, func(a, b moved) int {
		return cmp.Or(cmp.Compare(a.After, b.After), cmp.Compare(a.Agency, b.Agency), cmp.Compare(a.ID, b.ID))
	})
	t.facts.Moved = slices.Clip(all[:min(len(all), maxMoved)])
	return t.letters(ctx)
}

// move is the due date of an application under both calendars.
func (t *tracker) move(agency string, c openCase) (moved, bool, error) {
	before, after := workflow.Rules{Calendar: t.before, Settings: c.law.Settings}, workflow.Rules{Calendar: t.after, Settings: c.law.Settings}
	later := *c.app
	if err := before.Fold(c.app); err != nil {
		return moved{}, false, err
	}
	then := c.app
	if acts := c.app.Acts; len(acts) > 0 && acts[len(acts)-1].Date >= t.facts.KnownFrom {
		then = &later // an act after the notice is judged by it
		if err := after.Fold(then); err != nil {
			return moved{}, false, err
		}
	}
	m := moved{Agency: agency, ID: c.app.ID, Number: c.app.ApplicationNo, Before: before.Deadline(c.app).Due, After: after.Deadline(then).Due}
	return m, t.before.Provisional(m.Before) && !t.after.Provisional(m.After), nil
}

// letters finds, for the deadlines listed, the letters that quote another date.
func (t *tracker) letters(ctx context.Context) error {
	for page := range slices.Chunk(t.facts.Moved, scanBatch) {
		err := t.server.store.View(ctx, func(r storage.Reader) error {
			laws := map[string]workflow.Rules{}
			for i := range page {
				m := &page[i]
				if _, ok := laws[m.Agency]; !ok {
					a, err := r.Agency(m.Agency)
					if err != nil {
						return err
					}
					laws[m.Agency] = workflow.Rules{Calendar: t.before, Settings: a.Settings}
				}
				a, err := r.Application(m.Agency, m.ID)
				if err == nil {
					m.Letters, err = lettersOf(laws[m.Agency], a.Acts, m.After)
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// lettersOf are the receipt (登记回执) and the notice of extension (2019 Art 33) that told
// the applicant a due date other than the one that is right. A letter quotes the date as
// it was on the day of the act.
func lettersOf(law workflow.Rules, acts []workflow.Act, due workflow.Date) ([]sentLetter, error) {
	var out []sentLetter
	received := false
	for i, act := range acts {
		if act.Action != workflow.ActSubmit && act.Action != workflow.ActConfirm && act.Action != workflow.ActExtend {
			continue
		}
		then := workflow.Application{Acts: acts[: i+1 : i+1]}
		rules := workflow.Rules{Calendar: law.Calendar.AsOf(act.Date), Settings: law.Settings}
		if err := rules.Fold(&then); err != nil {
			return nil, err
		}
		sent := act.Action == workflow.ActExtend || !received && !then.ReceiveDate.IsZero()
		received = received || !then.ReceiveDate.IsZero()
		if told := rules.Deadline(&then).Due; sent && !told.IsZero() && told != due {
			out = append(out, sentLetter{act.Action, act.Date, told})
		}
	}
	return out, nil
}

func (q sentLetter) text(lang language) string {
	zh, en := "登记回执", "receipt"
	if q.Action == workflow.ActExtend {
		zh, en = "延期答复告知书", "notice of extension"
	}
	return lang.pick(zh+q.Date.String()+"，写明"+q.Due.String(), en+" of "+q.Date.String()+", quoting "+q.Due.String())
}
