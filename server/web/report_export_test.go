package web

// Bases are the bases with their labels.
func Bases() [][3]string {
	var out [][3]string
	for _, b := range ledgerBases {
		out = append(out, [3]string{b.key, b.text.zh, b.text.en})
	}
	return out
}

// ReportYear is the year whose report is worked on.
func ReportYear(today string) int { return reportYear(today) }
