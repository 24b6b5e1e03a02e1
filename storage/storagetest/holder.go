package storagetest

import (
	"math/rand/v2"
	"testing"

	diff "github.com/google/go-cmp/cmp"

	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/calendar"
)

// MigrateRows takes a register back to before its rows told who has an application in hand
// and who took an agency over, and forward again: rows must then tell what acts and settings
// do. open opens the register and run runs a statement on its database while no store is
// open.
func MigrateRows(t *testing.T, open func() storage.Store, run func(statement string)) {
	t.Helper()
	f := &fixture{t: t, store: open()}
	f.addAgency(storage.Agency{ID: "east", DisplayName: "东", CreateTime: noon, Revision: 1})
	continued := storage.Agency{ID: "west", DisplayName: "西", CreateTime: noon, Revision: 1}
	continued.Settings.Lineage = workflow.Lineage{Abolished: date("2026-01-01"), Successor: "east"}
	f.addAgency(continued)
	m := &model{random: rand.New(rand.NewPCG(9, 1))}
	want := map[string][]int64{}
	for range 200 {
		a := f.add("east", m.assigned(t))
		want[a.Holder()] = append(want[a.Holder()], a.ID)
	}
	if err := f.store.Close(); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		"DROP INDEX agency_successor", "ALTER TABLE agency DROP COLUMN successor",
		"DROP INDEX application_held", "DROP INDEX application_held_due", "ALTER TABLE application DROP COLUMN holder",
		"DELETE FROM goose_db_version WHERE version_id >= 9",
	} {
		run(statement)
	}
	f.store = open()
	for _, holder := range holders {
		var got []int64
		f.view(func(r storage.Reader) error {
			list, err := r.Applications("east", storage.Query{Holder: holder, Limit: 1000})
			for _, a := range list {
				got = append(got, a.ID)
			}
			return err
		})
		if d := diff.Diff(want[holder], got); d != "" || len(got) < 20 {
			t.Errorf("%s has %d (-want +got):\n%s", holder, len(got), d)
		}
	}
	f.succeeded("east", "west")
	f.succeeded("west")
	if len(want[""]) < 20 {
		t.Errorf("nobody has %d: the test shows too little", len(want[""]))
	}
}

var holders = []string{"法规科", "办公室", `"老"𠮷\`}

// assigned is an application that was assigned and sent back at random.
func (m *model) assigned(t *testing.T) *workflow.Application {
	t.Helper()
	rules := workflow.Rules{Calendar: calendar.Embedded()}
	a := *received("2026-03-02")
	if err := rules.Fold(&a); err != nil {
		t.Fatal(err)
	}
	for range m.random.IntN(8) {
		act := workflow.Act{Action: workflow.ActAssign, Date: date("2026-03-02"), Holder: pick(m.random, holders...)}
		if m.random.IntN(2) == 0 {
			act = workflow.Act{Action: workflow.ActSendBack, Date: act.Date}
		}
		if next, _, err := rules.Apply(a, act, workflow.Person{Name: "li", Role: workflow.Officer}, date("2026-03-10")); err == nil {
			a = next
		}
	}
	return &a
}
