// Package storagetest holds every engine to the contract of package storage: Test runs
// named tests, each on a store of its own, and Benchmark measures what the service asks
// of it. It knows the contract only, no engine.
package storagetest

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/calendar"
)

// Open opens the store that a directory names: the same directory, the same store.
type Open func(ctx context.Context, dir string) (storage.Store, error)

// Test runs the suite. Each test has a fresh store; they run in parallel.
func Test(t *testing.T, open Open) {
	t.Helper()
	for _, group := range []map[string]func(*testing.T, *fixture){
		agencyTests, applicationTests, eventTests, auditTests, groupTests, listTests, tallyTests, lifeTests, attachmentTests, searchTests, accountTests,
	} {
		for name, test := range group {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				test(t, newFixture(t, open))
			})
		}
	}
}

// noon is when everything happens that has no better time; instants have microseconds.
var noon = time.Date(2026, 3, 2, 4, 0, 0, 123456000, time.UTC)

// fixture is a store with the agencies "east" and "west".
type fixture struct {
	t     testing.TB
	store storage.Store
	open  Open
	dir   string
}

func newFixture(t testing.TB, open Open) *fixture {
	t.Helper()
	f := &fixture{t: t, open: open, dir: t.TempDir()}
	f.reopen()
	t.Cleanup(func() {
		if err := f.store.Close(); err != nil && !errors.Is(err, storage.ErrClosed) {
			t.Errorf("close: %v", err)
		}
	})
	for _, id := range []string{"east", "west"} {
		f.addAgency(storage.Agency{ID: id, DisplayName: id, CreateTime: noon, Revision: 1})
	}
	return f
}

func (f *fixture) reopen() {
	f.t.Helper()
	s, err := f.open(context.Background(), f.dir)
	if err != nil {
		f.t.Fatalf("open: %v", err)
	}
	f.store = s
}

// update runs an Update that must succeed.
func (f *fixture) update(agency string, fn func(storage.Writer) error) {
	f.t.Helper()
	if err := f.store.Update(context.Background(), agency, fn); err != nil {
		f.t.Fatalf("update of %q: %v", agency, err)
	}
}

// view runs a View that must succeed.
func (f *fixture) view(fn func(storage.Reader) error) {
	f.t.Helper()
	if err := f.store.View(context.Background(), fn); err != nil {
		f.t.Fatalf("view: %v", err)
	}
}

func (f *fixture) addAgency(a storage.Agency) {
	f.t.Helper()
	f.update("", func(w storage.Writer) error {
		return w.InsertAgency(a, event(storage.AgencyObject(a.ID), 1))
	})
}

// add stores an application under the next number and returns it with its id.
func (f *fixture) add(agency string, a *workflow.Application) *workflow.Application {
	f.t.Helper()
	f.update(agency, func(w storage.Writer) error { return insert(w, a) })
	return a
}

// insert stores an application, under the next number unless it has one.
func insert(w storage.Writer, a *workflow.Application) error {
	b := *a
	if b.ApplicationNo == "" {
		no, err := w.NextNumber(2026)
		if err != nil {
			return err
		}
		b.ApplicationNo = no
	}
	if err := w.InsertApplication(&b, cachesFor(&b), event("", 1)); err != nil {
		return err
	}
	*a = b
	return nil
}

// change stores what became of an application.
func (f *fixture) change(before, after *workflow.Application) {
	f.t.Helper()
	f.update(before.Agency, func(w storage.Writer) error { return change(w, before, after) })
}

func change(w storage.Writer, before, after *workflow.Application) error {
	return w.UpdateApplication(before, after, cachesFor(after), event(storage.ApplicationObject(after.ID), after.Revision))
}

// cachesFor stands for what the domain derives from the acts and the calendar.
func cachesFor(a *workflow.Application) storage.Caches {
	c := storage.Caches{Due: dueOf(a)}
	if a.State == workflow.Received {
		c.Lapse = a.ReceiveDate.AddDays(10)
	}
	return c
}

// dueOf stands for the deadline, which is not the store's affair.
func dueOf(a *workflow.Application) workflow.Date {
	if !a.State.Open() {
		return 0
	}
	return a.ReceiveDate.AddDays(28)
}

func event(object string, revision int64) storage.Event {
	return storage.Event{
		Object: object, Revision: revision, Time: noon, Actor: "agencies/east/principals/li", Action: "test",
		Facts: []byte(`{"v":1}`), Personal: []byte(`{"name":"王𠮷"}`),
	}
}

func withRequest(e storage.Event, id string) storage.Event {
	hash := sha256.Sum256([]byte(id))
	e.RequestID, e.RequestHash = id, hash[:]
	return e
}

func date(s string) workflow.Date {
	d, err := calendar.Parse(s)
	if err != nil {
		panic(err) // a constant of these tests
	}
	return d
}

// received is an application as it stands after its receipt.
func received(day string) *workflow.Application {
	d := date(day)
	return &workflow.Application{
		Revision: 1, CreateTime: noon, UpdateTime: noon,
		Applicant: workflow.Applicant{
			Kind: workflow.NaturalPerson, Name: "王𠮷", IDType: "居民身份证", IDNumber: "11010119000101001X",
			Phone: "010-00000000", Address: "某市某路'1'号", Postcode: "100000", Email: `"w"@example.cn`,
		},
		Description: "关于\"征地\"补偿的文件; DROP TABLE application; --\n第二行", Remark: "",
		Acts: []workflow.Act{
			{Action: workflow.ActSubmit, Date: d, Revision: 1, Channel: workflow.OnlineForm, Kind: workflow.NaturalPerson, By: "li"},
			{Action: workflow.ActConfirm, Date: d, Revision: 1},
		},
		State: workflow.Received, Channel: workflow.OnlineForm, ArriveDate: d, ReceiveDate: d,
	}
}

// concluded is what became of an application by a reply on a day.
func concluded(a *workflow.Application, day string, basis workflow.Basis) *workflow.Application {
	d, b := date(day), *a
	b.Revision++
	b.UpdateTime = noon.Add(time.Hour)
	b.State = workflow.Closed
	b.Acts = append(append([]workflow.Act{}, a.Acts...), workflow.Act{Action: workflow.ActDecide, Date: d, Basis: basis, Revision: b.Revision})
	b.Replies = []workflow.Reply{{Basis: basis, DecideDate: d, DeliverDate: d}}
	b.Conclusion = workflow.Conclusion{Date: d, Basis: basis, Timing: workflow.OnTime}
	return &b
}

// stored is what the store promises to give back of an application.
func stored(a *workflow.Application) *workflow.Application {
	b := &workflow.Application{
		ID: a.ID, Agency: a.Agency, ApplicationNo: a.ApplicationNo, Revision: a.Revision, CreateTime: a.CreateTime, UpdateTime: a.UpdateTime,
		Applicant: a.Applicant, Description: a.Description, Remark: a.Remark,
	}
	text, err := json.Marshal(a.Acts)
	if err == nil {
		err = json.Unmarshal(text, &b.Acts)
	}
	if err != nil {
		panic(err) // acts of these tests are sound
	}
	return b
}

func wantErr(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: error %v, want %v", what, got, want)
	}
}

// caseNo is the nth default number of 2026.
func caseNo(n int) string { return fmt.Sprintf("2026-%05d", n) }
