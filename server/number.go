package server

import (
	"context"
	"errors"
	"fmt"
	"slices"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/workflow"
)

// numberObject names a series of numbers in the history of its agency.
func numberObject(kind string, year int) string { return fmt.Sprintf("number/%s/%d", kind, year) }

// issuedObject marks one number of a document as given.
func issuedObject(number string) string { return "issued/" + number }

// numberFacts is a series as the event that took its latest number left it.
type numberFacts struct {
	Version     int    `json:"v"`
	Serial      int64  `json:"n"`
	Number      string `json:"number"`
	Application string `json:"application,omitempty"` // resource name
}

// TakeNumber takes the next number of a kind of document.
func (s *Server) TakeNumber(ctx context.Context, req *pb.TakeNumberRequest) (*pb.TakeNumberResponse, error) {
	id, err := parentAgency("parent", req.GetParent())
	if err != nil {
		return nil, err
	}
	if kinds := workflow.NumberKinds(); !slices.Contains(kinds, req.GetKind()) {
		return nil, invalid("kind", "没有文书种类“%[1]s”，可用：%[2]s", "no kind of document is called %[1]q; there are %[2]s", req.GetKind(), joined(kinds))
	}
	today := s.today()
	year := int(req.GetYear())
	if year == 0 {
		year = today.Year()
	}
	if year < firstYear || year > today.Year() {
		return nil, invalid("year", "年度%[1]d超出范围，应在%[2]d至%[3]d之间", "year %[1]d: give %[2]d to %[3]d", year, firstYear, today.Year())
	}
	m, err := s.mutate(ctx, id, req.GetRequestId(), req)
	if err != nil {
		return nil, err
	}
	var out numberFacts
	err = s.update(ctx, id, func(w storage.Writer) (err error) {
		out, err = m.takeNumber(w, s, req, year)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &pb.TakeNumberResponse{Number: out.Number, Serial: out.Serial}, nil
}

// takeNumber takes a number by the pattern that holds today. The Update is alone in the
// agency's register, so that no two documents get one serial.
func (m mutation) takeNumber(w storage.Writer, s *Server, req *pb.TakeNumberRequest, year int) (numberFacts, error) {
	var out numberFacts
	if e, err := m.done(w); err != nil || e != nil {
		if err == nil {
			err = decodeFacts(e, &out)
		}
		return out, err
	}
	d, err := m.drawNumber(w, s, req.GetKind(), req.GetApplication(), year)
	if err != nil {
		return out, err
	}
	return d.facts, m.takeDrawn(w, d)
}

// drawn is the number that comes next, with what its series becomes by taking it.
type drawn struct {
	object string
	before *storage.Event
	facts  numberFacts
}

// drawNumber finds the next number of a kind of document and takes nothing.
func (m mutation) drawNumber(r storage.Reader, s *Server, kind, application string, year int) (drawn, error) {
	var out drawn
	a, err := r.Agency(m.agency)
	if err != nil {
		return out, err
	}
	pattern, word, err := a.Settings.NumberPattern(kind, s.today())
	if err != nil {
		return out, err
	}
	of := workflow.NumberOf{Year: year, Word: word}
	app, err := m.numbered(r, s.law(a), application, pattern.Case(), &of)
	if err != nil {
		return out, err
	}
	out.object = numberObject(kind, of.Year) // that of the application, where its serial counts
	if !pattern.Serial() {                   // one number of the kind a case
		out.object += fmt.Sprintf("/%d", of.Case)
	}
	before, event, err := kept[numberFacts](r, m.agency, out.object)
	if err != nil {
		return out, err
	}
	of.Serial, out.before = before.Serial, event
	number, err := m.unissued(r, kind, pattern, &of)
	if err != nil {
		return out, err
	}
	out.facts = numberFacts{Version: 1, Serial: of.Serial, Number: number, Application: app}
	if !pattern.Serial() {
		out.facts.Serial = of.Case
	}
	return out, nil
}

// takeDrawn records that a number is taken, within the Update in which it was drawn.
func (m mutation) takeDrawn(w storage.Writer, d drawn) error {
	once := m
	once.requestID, once.hash = "", nil // the event of the series bears it
	if _, err := once.keep(w, issuedObject(d.facts.Number), "issue_number", nil, numberFacts{Version: 1, Number: d.facts.Number}); err != nil {
		return err
	}
	_, err := m.keep(w, d.object, "take_number", d.before, d.facts)
	return err
}

// holdNumbers marks the numbers that decisions were given by hand as issued, so that no other
// document is given them. One letter may answer several applications: a number that is issued
// already is none the less the decision's. What the pattern would never make is not marked.
func (m mutation) holdNumbers(w storage.Writer, rules workflow.Rules, today workflow.Date, list []workflow.Event) error {
	m.requestID, m.hash = "", nil // the event of the application bears it
	for i := range list {
		number := list[i].Act.Document
		if number == "" {
			continue
		}
		pattern, word, err := rules.Settings.NumberPattern(numberReply, today)
		if err != nil {
			return err
		}
		if _, ok := pattern.Read(number, list[i].Act.Date.Year(), word); !ok {
			continue
		}
		_, issued, err := kept[numberFacts](w, m.agency, issuedObject(number))
		if err == nil && issued == nil {
			_, err = m.keep(w, issuedObject(number), "issue_number", nil, numberFacts{Version: 1, Number: number})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

const numberReply = "reply" // the series of the numbers of decisions

// unissued finds the next number that no document has, of whatever kind and by whatever
// pattern it was given.
func (m mutation) unissued(r storage.Reader, kind string, pattern workflow.NumberPattern, of *workflow.NumberOf) (string, error) {
	for {
		of.Serial++
		number := pattern.Format(*of)
		_, issued, err := kept[numberFacts](r, m.agency, issuedObject(number))
		if err != nil || issued == nil {
			return number, err
		}
		if !pattern.Serial() {
			mendZH, mendEN := "更正尚未送达的文书，请撤下原文书并替换它；", "to mend a letter that has not gone out, withdraw and replace it; "
			if kind == numberReply { // whose letters bear the number of the decision
				mendZH, mendEN = "", ""
			}
			f := failf(pb.Reason_NUMBER_TAKEN, "该申请的此类文书已编号“%[1]s”，编号不得重复使用；%[2]s一件申请可有多份此类文书的，请在编号规则中加入{n}",
				"the application's document of this kind has the number %[1]q already, and no number is used twice; %[3]sif a case may have several, put {n} into the pattern", number, mendZH, mendEN)
			f.field = "application"
			return "", f
		}
	}
}

// numbered finds the application that a number is for, and its serial where the pattern
// asks for it.
func (m mutation) numbered(r storage.Reader, rules workflow.Rules, name string, required bool, of *workflow.NumberOf) (string, error) {
	if name == "" {
		if required {
			return "", invalid("application", "编号规则含{case}，请写明申请", "the pattern holds {case}: name the application")
		}
		return "", nil
	}
	agency, key, err := applicationKey(name)
	if err != nil {
		return "", within("application", err)
	}
	if agency != m.agency {
		return "", within("application", notFound())
	}
	a, err := applicationBy(r, agency, key)
	if err != nil {
		return "", within("application", err)
	}
	if err := rules.Fold(a); err != nil {
		return "", err
	}
	if a.State == workflow.Void {
		f := failf(pb.Reason_ACTION_NOT_POSSIBLE, "申请%s已作废，不再编号；已取的编号仍保留", "application %s is void and gets no more numbers; those it has it keeps", a.ApplicationNo)
		f.field = "application"
		return "", f
	}
	if required {
		pattern, word, err := rules.Settings.NumberPattern("application", a.ArriveDate)
		if err != nil {
			return "", err
		}
		serial, ok := pattern.Read(a.ApplicationNo, a.ArriveDate.Year(), word)
		if !ok {
			return "", invalid("application", "申请编号“%[1]s”不符合本机关的编号规则%[2]s，没有可用的顺序号；请改用{n}", "application number %[1]q does not follow the agency's pattern %[2]s and so has no serial; use {n}", a.ApplicationNo, pattern.String())
		}
		of.Case, of.Year = serial, a.ArriveDate.Year()
	}
	return applicationName(agency, a.ID), nil
}

// nextNumber takes the number of a new application: the store's own counter where the
// pattern is the default, else the next serial of the agency's pattern whose number was
// not given by hand before.
func (b *bench) nextNumber(m mutation, w storage.Writer, arrive workflow.Date) (string, error) {
	pattern, word, err := b.rules.Settings.NumberPattern("application", arrive)
	if err != nil {
		return "", err
	}
	if pattern.String() == workflow.DefaultApplicationPattern {
		return w.NextNumber(arrive.Year())
	}
	object := numberObject("application", arrive.Year())
	last, event, err := kept[numberFacts](w, b.agency, object)
	if err != nil {
		return "", err
	}
	of := workflow.NumberOf{Year: arrive.Year(), Serial: last.Serial, Word: word}
	for {
		of.Serial++
		number := pattern.Format(of)
		_, err := w.ApplicationByNumber(b.agency, number)
		if errors.Is(err, storage.ErrNotFound) {
			m.requestID, m.hash = "", nil // the last event of the request, which is the application's, bears it
			_, err = m.keep(w, object, "take_number", event, numberFacts{Version: 1, Serial: of.Serial, Number: number})
			return number, err
		}
		if err != nil {
			return "", err
		}
	}
}
