package report

// spec is what a figure may be.
type spec struct{ money, signed bool }

// fault says what is wrong with a figure; an empty message: nothing.
func (s spec) fault(f Figure) Message {
	switch {
	case f < 0 && !s.signed:
		return Message{"为负数", "is negative"}
	case !s.money && !f.IsWhole():
		return Message{"应为整数，实为" + f.String(), "is a count, yet it is " + f.String()}
	}
	return Message{}
}

func specOf(r *Row, c *Column) spec { return spec{money: r.Money || c.Money, signed: c.Signed} }

// specsOf lists the figures that a report in the form may have, by place.
func specsOf(form Form) map[string]spec {
	specs := map[string]spec{}
	switch form {
	case Codes2014:
		for _, tables := range [][]Table{shanghaiTables, nationalTables} {
			addSpecs(specs, tables)
		}
	case Table2019, Table2021:
		tables, _ := form.Tables("")
		addSpecs(specs, tables)
		addSpecs(specs, []Table{{Columns: applicantColumns, Rows: readRows}})
		for _, b := range blocks {
			for _, c := range applicantColumns {
				specs[sumKey(b.name, c.Key)] = spec{}
			}
		}
	case Cumulative:
		for _, r := range cumulativeRows {
			for _, c := range cumulativeColumns {
				specs[r.key+"/"+c.Key] = spec{money: r.key == "feeWaivedYuan"}
			}
		}
	}
	return specs
}

func addSpecs(specs map[string]spec, tables []Table) {
	for _, p := range places(tables) {
		specs[p.name()] = specOf(&p.table.Rows[p.row], &p.table.Columns[p.column])
	}
}

// rules are the rules of the form.
func (g grid) rules(form Form, withEarlier bool) []rule {
	switch form {
	case Codes2014:
		return rulesForCodes(g)
	case Table2019, Table2021:
		return rulesForTables(g, form, withEarlier)
	case Cumulative:
		return rulesForCumulative()
	}
	return nil
}

// findings judges every rule of the form.
func (g grid) findings(form Form, withEarlier bool) []Finding {
	rules := g.rules(form, withEarlier)
	findings := make([]Finding, len(rules))
	for i := range rules {
		findings[i] = g.check(&rules[i])
	}
	return findings
}

// Findings checks the identities of the form on a computed report. A figure that was not
// entered is unknown, not 0.
func (r *Report) Findings() []Finding { return r.grid().findings(r.Form, false) }

// grid is the figures that are known, with what stood open at both ends of the year.
func (r *Report) grid() grid {
	g := make(grid, 256)
	for i := range r.Lines {
		for _, c := range r.Lines[i].Cells {
			if c.Value.Known {
				g[c.Name()] = c.Value.Figure
			}
		}
	}
	if !r.NoBacklog {
		g["backlogIn"], g["backlogOut"] = Whole(r.BacklogIn), Whole(r.BacklogOut)
	}
	return g
}
