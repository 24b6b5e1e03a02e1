package chart

// table is the data of a chart: the first cell of a row names it.
func table(caption string, head []string, rows [][]string) *node {
	top := el("tr")
	for _, words := range head {
		top.add(el("th", "scope", "col").say(words))
	}
	body := el("tbody")
	for _, row := range rows {
		r := el("tr")
		for i, words := range row {
			if i == 0 {
				r.add(el("th", "scope", "row").say(words))
				continue
			}
			r.add(el("td", "class", "number").say(words))
		}
		body.add(r)
	}
	return el("table", "class", "chart-table").add(el("caption").say(caption), el("thead").add(top), body)
}
