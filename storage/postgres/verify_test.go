package postgres_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"gongkai/server"
	"gongkai/server/verify"
	"gongkai/storage"
	"gongkai/storage/postgres"
	"gongkai/storage/storagetest/pgtest"
	"gongkai/workflow"
	"gongkai/workflow/calendar"
)

// TestVerify verifies a register on PostgreSQL: clean as written, and what is changed
// behind the store's back is named.
func TestVerify(t *testing.T) {
	dsn, err := pgtest.Start(t).Create(t.Context(), "verify")
	if err != nil {
		t.Fatal(err)
	}
	store, err := postgres.Open(t.Context(), dsn, volatile)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	write(t, store)
	if found := findings(t, store); len(found) > 0 {
		t.Fatalf("as written: %+v", found)
	}
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context()))
	for text, want := range map[string]verify.Check{
		"UPDATE application SET paid = NOT paid":                               verify.Value,
		"UPDATE event SET actor = 'x' WHERE n = 2":                             verify.Leaf,
		"UPDATE agency SET numbers = '{\"2026\":9}' WHERE id = 'east'":         verify.Numbers,
		"UPDATE tally SET data = ''":                                           verify.Tally,
		"INSERT INTO event_personal (seq, salt, data) VALUES (9999, '', '{}')": verify.Words,
	} {
		if _, err := conn.Exec(t.Context(), text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		named := false
		for _, f := range findings(t, store) {
			named = named || f.Check == want
		}
		if !named {
			t.Errorf("%s: no finding of %s", text, want)
		}
	}
}

func findings(t *testing.T, store storage.Store) (list []verify.Finding) {
	t.Helper()
	_, err := verify.Verify(t.Context(), store, verify.Config{
		Rules:  func(storage.Agency) workflow.Rules { return workflow.Rules{Calendar: calendar.Embedded()} },
		Report: func(f verify.Finding) { list = append(list, f) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// write registers two applications, as the service would.
func write(t *testing.T, store storage.Store) {
	t.Helper()
	now, day := time.Date(2026, 6, 30, 4, 0, 0, 0, time.UTC), calendar.New(2026, 6, 1)
	rules := workflow.Rules{Calendar: calendar.Embedded()}
	steps := []func(w storage.Writer) error{
		func(w storage.Writer) error {
			return w.InsertAgency(storage.Agency{ID: "east", DisplayName: "east", CreateTime: now, Revision: 1}, storage.Event{
				Object: storage.AgencyObject("east"), Revision: 1, Time: now, Action: "create_agency", Facts: []byte(`{"v":1,"name":"east","settings":{}}`),
			})
		},
	}
	for range 2 {
		steps = append(steps, func(w storage.Writer) error {
			number, err := w.NextNumber(2026)
			if err != nil {
				return err
			}
			a, list, _, err := rules.Enter(workflow.Application{ApplicationNo: number, CreateTime: now, UpdateTime: now}, []workflow.Act{
				{Action: workflow.ActSubmit, Date: day, Kind: workflow.Business, Channel: workflow.OnlineForm},
				{Action: workflow.ActConfirm, Date: day},
			}, workflow.Person{}, day)
			if err != nil {
				return err
			}
			var events []storage.Event
			for _, e := range list {
				facts, personal, err := e.Encode()
				if err != nil {
					return err
				}
				events = append(events, storage.Event{Revision: e.Revision, Time: now, Action: string(e.Act.Action), Facts: facts, Personal: personal})
			}
			return w.InsertApplication(&a, server.CachesOf(rules, &a), events...)
		})
	}
	for i, step := range steps {
		if err := store.Update(t.Context(), []string{"", "east", "east"}[i], step); err != nil {
			t.Fatal(err)
		}
	}
}
