package workflow

import "slices"

// Lineage is what became of an agency by day: what it was called, whom it reported to,
// and who took it over. The zero value is one that has always been as it is.
type Lineage struct {
	Established Date    `json:"established,omitzero"` // day from which it exists; zero: for ever
	Abolished   Date    `json:"abolished,omitzero"`   // day from which it exists no more; zero: it does
	Successor   string  `json:"successor,omitempty"`  // id of the agency that took it over
	Names       []Dated `json:"names,omitempty"`
	Parents     []Dated `json:"parents,omitempty"`
}

// Dated is a value that holds from a day on; from zero, for ever before the next.
type Dated struct {
	From  Date   `json:"from,omitzero"`
	Value string `json:"value"`
}

// Change records that a value holds from a day on. What was recorded for that day and
// later ones no longer holds. was is the value so far, in case nothing was recorded yet.
func Change(list []Dated, was string, from Date, value string) []Dated {
	if len(list) == 0 {
		list = []Dated{{Value: was}}
	}
	out := slices.DeleteFunc(slices.Clone(list), func(d Dated) bool { return d.From >= from })
	if n := len(out); n > 0 && out[n-1].Value == value {
		return out
	}
	return append(out, Dated{from, value})
}

// HeldOn is what held on a day; now is the present value, for lists without a record.
func HeldOn(list []Dated, now string, day Date) string {
	value := now
	for i, d := range list {
		if i == 0 || d.From <= day {
			value = d.Value
		}
	}
	return value
}
