package deadline_test

import (
	"testing"

	"gongkai/workflow/calendar"
	"gongkai/workflow/deadline"
)

// busy is an extended application with two consultations, one of them disputed.
var busy = extended(consulted(scenario10, deadline.Pause{
	Kind: deadline.Organ, Send: on("2026-03-16"), Receive: on("2026-03-17"), Due: on("2026-04-10"), End: on("2026-04-03"),
}), "2026-04-10", 10)

func BenchmarkCompute(b *testing.B) {
	cal := calendar.Embedded()
	for _, bench := range []struct {
		name  string
		facts deadline.Facts
	}{
		{"pauses=0", scenario2},
		{"pauses=2", busy},
		{"awaited", scenario11},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				deadline.Compute(bench.facts, cal)
			}
		})
	}
}

func BenchmarkExplain(b *testing.B) {
	cal := calendar.Embedded()
	for _, bench := range []struct {
		name  string
		facts deadline.Facts
	}{
		{"pauses=0", scenario2},
		{"pauses=2", busy},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				deadline.Explain(bench.facts, cal)
			}
		})
	}
}
