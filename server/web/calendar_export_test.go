package web

// Runs writes days of a month.
func Runs(days ...int) string {
	var r runs
	for _, d := range days {
		r.add(d)
	}
	return r.String()
}

// NumberLike shows what a pattern of numbers gives.
func NumberLike(pattern, word, year string) string { return example(pattern, word, year) }
