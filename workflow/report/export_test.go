package report

// Misplaced lets tests hold tuples against tables that no form has.
func Misplaced(tables []Table, year int, tally Tally) (none, two Tally) {
	return misplaced(tables, readings{}, year, tally)
}
