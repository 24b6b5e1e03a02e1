package web

import (
	"maps"
	"slices"
)

// ShownInput is an input of an act as its dialog has it.
type ShownInput struct {
	Name string
	Must bool
	Zh   string
	En   string
}

// ShownSteps are the acts on applications, or on remedies, with their inputs.
func ShownSteps(remedies bool) map[string][]ShownInput {
	table := steps
	if remedies {
		table = remedySteps
	}
	out := map[string][]ShownInput{}
	for _, name := range slices.Sorted(maps.Keys(table)) {
		out[name] = nil
		for _, in := range table[name].inputs {
			out[name] = append(out[name], ShownInput{in.name, in.must, in.label.zh, in.label.en})
		}
	}
	return out
}

// ShownStep is what an act is called.
func ShownStep(name string) (zh, en string) { return steps[name].title.zh, steps[name].title.en }

// Bases2008 are the bases that only old applications have.
func Bases2008() []string { return slices.Clone(bases2008) }

// Cited writes citations in Chinese.
func Cited(text string) string { return cited(chinese, text) }

// Fen reads an amount in yuan.
func Fen(yuan string) (string, bool) { return fenOf(yuan) }
