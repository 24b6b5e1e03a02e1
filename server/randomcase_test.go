package server_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/calendar"
	"gongkai/workflow/outcome"
)

// insertAll stores applications as they were entered.
func insertAll(w storage.Writer, rules workflow.Rules, apps []workflow.Application, events [][]workflow.Event) error {
	for i := range apps {
		list := make([]storage.Event, 0, len(events[i]))
		for _, ev := range events[i] {
			facts, personal, err := ev.Encode()
			if err != nil {
				return err
			}
			list = append(list, storage.Event{
				Agency: apps[i].Agency, Revision: ev.Revision, Time: time.Unix(1_780_000_000, 0), Actor: ev.Act.By,
				Action: string(ev.Act.Action), Facts: facts, Personal: personal,
			})
		}
		r := rules.Deadline(&apps[i])
		if err := w.InsertApplication(&apps[i], storage.Caches{Due: r.Due, Safe: r.Safe, Lapse: rules.LapseDate(&apps[i])}, list...); err != nil {
			return err
		}
	}
	return nil
}

// randomCase is a lawful life of five acts, or of two for an open case.
func randomCase(rnd *rand.Rand) []workflow.Act {
	pick := func(list ...workflow.Channel) workflow.Channel { return list[rnd.IntN(len(list))] }
	kinds := workflow.ApplicantKinds()
	submit := workflow.Act{
		Action: workflow.ActSubmit, Kind: kinds[min(rnd.IntN(12), len(kinds)-1)%len(kinds)],
		Channel: pick(workflow.OnlineForm, workflow.OnlineForm, workflow.OnlineForm, workflow.PostOrdinary),
	}
	if rnd.IntN(50) == 0 {
		submit.Date = calendar.New(2026, 6, 1).AddDays(rnd.IntN(28))
		return []workflow.Act{submit, {Action: workflow.ActConfirm, Date: submit.Date.AddDays(1)}}
	}
	submit.Date = calendar.New(2021, 1, 4).AddDays(rnd.IntN(1900))
	bases := slices.DeleteFunc(outcome.Rows(), func(r outcome.Row) bool {
		return r.Only2008 || strings.HasPrefix(r.Row2021, "other") || r.Row2021 == "unable.stillUnclear"
	})
	decide := workflow.Act{
		Action: workflow.ActDecide, Date: submit.Date.AddDays(12), Basis: bases[rnd.IntN(len(bases))].Basis,
		Document: "示例〔2026〕1号", Origin: workflow.Ledger,
	}
	return []workflow.Act{
		submit,
		{Action: workflow.ActConfirm, Date: submit.Date.AddDays(1)},
		{Action: workflow.ActExtend, Date: submit.Date.AddDays(10), Workdays: 10, Origin: workflow.Ledger},
		decide,
		{Action: workflow.ActDeliver, Date: decide.Date.AddDays(1), Mode: workflow.DeliverPost},
	}
}
