package sqlite_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"gongkai/server"
	"gongkai/server/verify"
	"gongkai/storage"
	"gongkai/storage/sqlite"
	"gongkai/workflow"
	"gongkai/workflow/calendar"
	"gongkai/workflow/outcome"
)

// filled writes a register of n applications over some agencies, each of five acts or of
// two, as the service would record them.
func filled(tb testing.TB, n, agencies int) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "gongkai.db")
	store := must(sqlite.Open(tb.Context(), path, sqlite.Options{}))(tb)
	now := time.Unix(1_780_000_000, 0)
	rnd := rand.New(rand.NewPCG(1, uint64(n)))
	update := func(agency string, fn func(storage.Writer) error) {
		if err := store.Update(tb.Context(), agency, fn); err != nil {
			tb.Fatal(err)
		}
	}
	for i := range agencies {
		id := fmt.Sprintf("a%03d", i)
		update("", func(w storage.Writer) error {
			return w.InsertAgency(storage.Agency{ID: id, DisplayName: id, CreateTime: now, Revision: 1}, storage.Event{
				Object: storage.AgencyObject(id), Revision: 1, Time: now, Action: "create_agency", Facts: []byte(`{"v":1,"name":"` + id + `","settings":{}}`),
			})
		})
	}
	const batch = 200
	for i := 0; i < n; i += batch {
		update(fmt.Sprintf("a%03d", i/batch%agencies), func(w storage.Writer) error {
			for range min(batch, n-i) {
				if err := register(w, rnd, now); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := store.Close(); err != nil {
		tb.Fatal(err)
	}
	return path
}

func register(w storage.Writer, rnd *rand.Rand, now time.Time) error {
	no, err := w.NextNumber(2026)
	if err != nil {
		return err
	}
	rules := rulesOf(storage.Agency{})
	a, list, _, err := rules.Enter(workflow.Application{
		ApplicationNo: no, Applicant: workflow.Applicant{Name: "申请人", Phone: "010-00000000"}, Description: "申请公开本机关某年度某项目的批复文件及其附件",
		CreateTime: now, UpdateTime: now,
	}, caseOf(rnd), workflow.Person{Name: "agencies/a/principals/li"}, calendar.New(2026, 6, 30))
	if err != nil {
		return err
	}
	events := make([]storage.Event, 0, len(list))
	for i := range list {
		facts, personal, err := list[i].Encode()
		if err != nil {
			return err
		}
		events = append(events, storage.Event{Revision: list[i].Revision, Time: now, Action: string(list[i].Act.Action), Facts: facts, Personal: personal})
	}
	return w.InsertApplication(&a, server.CachesOf(rules, &a), events...)
}

func caseOf(rnd *rand.Rand) []workflow.Act {
	submit := workflow.Act{
		Action: workflow.ActSubmit, Kind: workflow.ApplicantKinds()[rnd.IntN(6)], Channel: workflow.OnlineForm, Date: calendar.New(2021, 1, 4).AddDays(rnd.IntN(1900)),
	}
	confirm := workflow.Act{Action: workflow.ActConfirm, Date: submit.Date.AddDays(1)}
	if rnd.IntN(20) == 0 {
		return []workflow.Act{submit, confirm}
	}
	bases := outcome.Rows()
	for {
		row := bases[rnd.IntN(len(bases))]
		if row.Only2008 || row.Row2021 == "" || row.Row2021[:2] == "ot" || row.Row2021 == "unable.stillUnclear" {
			continue
		}
		return []workflow.Act{
			submit, confirm,
			{Action: workflow.ActExtend, Date: submit.Date.AddDays(10), Workdays: 10, Origin: workflow.Ledger},
			{Action: workflow.ActDecide, Date: submit.Date.AddDays(12), Basis: row.Basis, Document: "示例〔2026〕1号", Origin: workflow.Ledger},
			{Action: workflow.ActDeliver, Date: submit.Date.AddDays(13), Mode: workflow.DeliverPost},
		}
	}
}

// BenchmarkVerify verifies and backs up a register; -applications and -agencies say how
// large it is.
func BenchmarkVerify(b *testing.B) {
	path := filled(b, *size, *agencies)
	wantClean(b, path)
	store := must(sqlite.OpenReadOnly(b.Context(), path))(b)
	defer store.Close()
	b.Run("history", func(b *testing.B) {
		for b.Loop() {
			must(verify.Verify(b.Context(), store, verify.Config{Rules: rulesOf, Report: func(verify.Finding) {}}))(b)
		}
		b.ReportMetric(float64(b.N**size)/b.Elapsed().Seconds(), "applications/s")
	})
	b.Run("file", func(b *testing.B) {
		for b.Loop() {
			must(store.Check(b.Context()))(b)
		}
		b.ReportMetric(float64(b.N**size)/b.Elapsed().Seconds(), "applications/s")
	})
	b.Run("backup", func(b *testing.B) {
		for b.Loop() {
			must(0, sqlite.Backup(b.Context(), path, filepath.Join(b.TempDir(), "copy.db"), nil))(b)
		}
		b.ReportMetric(float64(b.N**size)/b.Elapsed().Seconds(), "applications/s")
	})
}
