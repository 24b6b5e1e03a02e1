package workflow

import (
	"encoding/json"
	"fmt"
	"time"
)

// Event is one fact in the history of an application: what was recorded, in the order of
// recording. Replaying its events makes the application again.
type Event struct {
	Revision    int64
	Time        time.Time // set by the service
	Act         Act
	Text        Text
	Changes     []Amendment  // of a correction
	Order       []int64      // revisions of the acts after it, unless the act came last
	Particulars *Particulars // of the registration
}

// Particulars are what is registered of an application beside its acts. All but the
// number may be personal.
type Particulars struct {
	ApplicationNo string
	Applicant     Applicant
	Description   string
	Remark        string
}

func particulars(a *Application) *Particulars {
	return &Particulars{ApplicationNo: a.ApplicationNo, Applicant: a.Applicant, Description: a.Description, Remark: a.Remark}
}

func (p *Particulars) fill(a *Application) {
	a.ApplicationNo, a.Applicant, a.Description, a.Remark = p.ApplicationNo, p.Applicant, p.Description, p.Remark
}

// factsVersion is that of the stored form; fields are only ever added to it.
const factsVersion = 1

type eventFacts struct {
	Version int             `json:"v"`
	No      string          `json:"no,omitempty"`
	Act     Act             `json:"act"`
	Changes []amendmentFact `json:"changes,omitempty"`
	Order   []int64         `json:"order,omitempty"`
}

type amendmentFact struct {
	Revision int64 `json:"r"`
	Act      *Act  `json:"act,omitempty"`
	Strike   bool  `json:"strike,omitempty"`
}

type eventPersonal struct {
	Text        *Text      `json:"text,omitempty"`
	Changes     []Text     `json:"changes,omitempty"`
	Applicant   *Applicant `json:"applicant,omitempty"`
	Description string     `json:"description,omitempty"`
	Remark      string     `json:"remark,omitempty"`
}

// Encode writes an event in its stored form: facts without personal data, and apart from
// them what may name persons; nil if nothing does.
func (e *Event) Encode() (facts, personal []byte, err error) {
	f := eventFacts{Version: factsVersion, Act: e.Act, Order: e.Order}
	var p eventPersonal
	if !e.Text.Empty() {
		p.Text = &e.Text
	}
	for _, c := range e.Changes {
		fact := amendmentFact{Revision: c.Revision, Strike: c.Strike}
		if !c.Strike {
			fact.Act = &c.Act
		}
		f.Changes, p.Changes = append(f.Changes, fact), append(p.Changes, c.Act.Text)
	}
	if q := e.Particulars; q != nil {
		f.No, p.Applicant, p.Description, p.Remark = q.ApplicationNo, &q.Applicant, q.Description, q.Remark
	}
	if facts, err = json.Marshal(f); err != nil {
		return nil, nil, fmt.Errorf("encoding event %d: %w", e.Revision, err)
	}
	if p.Text == nil && p.Changes == nil && p.Applicant == nil {
		return facts, nil, nil
	}
	if personal, err = json.Marshal(p); err != nil {
		return nil, nil, fmt.Errorf("encoding event %d: %w", e.Revision, err)
	}
	return facts, personal, nil
}

// DecodeEvent reads what Encode wrote. Without the personal part (erased, or withheld
// from an auditor) the words are missing and nothing else.
func DecodeEvent(revision int64, at time.Time, facts, personal []byte) (Event, error) {
	var f eventFacts
	if err := json.Unmarshal(facts, &f); err != nil {
		return Event{}, fmt.Errorf("event %d: %w", revision, err)
	}
	if f.Version != factsVersion {
		return Event{}, fmt.Errorf("event %d has version %d, this program knows %d: %w", revision, f.Version, factsVersion, ErrCorrupt)
	}
	var p eventPersonal
	if len(personal) > 0 {
		if err := json.Unmarshal(personal, &p); err != nil {
			return Event{}, fmt.Errorf("event %d: %w", revision, err)
		}
	}
	e := Event{Revision: revision, Time: at, Act: f.Act, Order: f.Order}
	if p.Text != nil {
		e.Text, e.Act.Text = *p.Text, *p.Text
	}
	for i, c := range f.Changes {
		a := Amendment{Revision: c.Revision, Strike: c.Strike}
		if c.Act != nil {
			a.Act = *c.Act
		}
		if i < len(p.Changes) {
			a.Act.Text = p.Changes[i]
		}
		e.Changes = append(e.Changes, a)
	}
	if f.Act.Action == ActSubmit {
		e.Particulars = &Particulars{ApplicationNo: f.No, Description: p.Description, Remark: p.Remark}
		if p.Applicant != nil {
			e.Particulars.Applicant = *p.Applicant
		}
	}
	return e, nil
}
