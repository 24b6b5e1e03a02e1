package document

import "gongkai/workflow/report"

// coded is the table of 2014: a line for each figure, indented by its depth, and ——
// beside the headings.
func (b *builder) coded(tables []report.Table) (*grid, error) {
	g := &grid{sheet: "统计表", widths: []float64{98, 18, 16, 24}, size: 10.5, head: 1, rows: 1}
	for i, text := range []string{"统计指标", "代码", "单位", "统计数"} {
		g.add(columnHead, 0, i, 1, 1, text)
	}
	for i := range tables {
		t := &tables[i]
		b.path = nil
		if t.ChapterZH != "" {
			g.codedHeading(t.ChapterZH, 0)
			b.below(0, t.ChapterZH)
		}
		among := -1 // level of the rows that belong to an 其中：
		for j := range t.Rows {
			row := &t.Rows[j]
			title := row.Title()
			switch {
			case row.Number == ofThesePrefix:
				among = row.Level
			case row.Number == "" && row.Level == among:
				title = ofTheseIndention + title
			default:
				among = -1
			}
			if row.Heading() {
				g.codedHeading(title, row.Level)
				b.below(row.Level, title)
				continue
			}
			cells, err := b.next(t, row)
			if err != nil {
				return nil, err
			}
			g.boxes = append(g.boxes, box{row: g.rows, height: 1, width: 1, role: rowHead, text: title, indent: row.Level})
			g.add(note, g.rows, 1, 1, 1, row.Key)
			g.add(note, g.rows, 2, 1, 1, row.UnitZH)
			g.addFigure(g.rows, 3, 1, &cells[0])
			g.rows++
		}
	}
	return g, nil
}

func (g *grid) codedHeading(title string, level int) {
	g.boxes = append(g.boxes, box{row: g.rows, height: 1, width: 1, role: rowHead, text: title, indent: level})
	for c := 1; c <= 3; c++ {
		g.add(note, g.rows, c, 1, 1, nothing)
	}
	g.rows++
}

// proactive is table 二: the items of Art 20 one below the other, each with columns of
// its own; the last column takes what the item leaves free.
func (b *builder) proactive(tables []report.Table) (*grid, error) {
	g := &grid{sheet: "表二", widths: []float64{48, 36, 36, 36}, size: 10.5}
	for i := range tables {
		t := &tables[i]
		b.path = nil
		b.below(1, t.TitleZH)
		g.add(columnHead, g.rows, 0, 1, len(g.widths), t.TitleZH)
		g.add(columnHead, g.rows+1, 0, 1, 1, informationHead)
		place := func(c int) (int, int) {
			if c == len(t.Columns)-1 {
				return c + 1, len(g.widths) - c - 1
			}
			return c + 1, 1
		}
		for c := range t.Columns {
			at, width := place(c)
			g.add(columnHead, g.rows+1, at, 1, width, t.Columns[c].LabelZH)
		}
		g.rows += 2
		for j := range t.Rows {
			cells, err := b.next(t, &t.Rows[j])
			if err != nil {
				return nil, err
			}
			g.add(rowHead, g.rows, 0, 1, 1, t.Rows[j].Title())
			for c := range cells {
				at, width := place(c)
				g.addFigure(g.rows, at, width, &cells[c])
			}
			g.rows++
		}
	}
	return g.sorted(), nil
}

// applications is table 三: the rows are headed in three columns, where a heading spans
// the rows of its group, and the sum rule of the form stands in the corner.
func (b *builder) applications(t *report.Table) (*grid, error) {
	g := &grid{sheet: "表三", widths: []float64{11, 15, 48}, size: 9, head: 3, rows: 3}
	stub := len(g.widths)
	for range t.Columns {
		g.widths = append(g.widths, 82/float64(len(t.Columns)))
	}
	g.add(columnHead, 0, 0, 3, stub, t.TitleZH)
	g.add(columnHead, 0, stub, 1, len(t.Columns), applicantsHead)
	g.columnHeads(t.Columns, 1, stub)
	b.path = nil
	for i := range t.Rows {
		row := &t.Rows[i]
		at := row.Level - 1
		if row.Heading() {
			height := 0
			for _, r := range t.Rows[i+1:] {
				if r.Level <= row.Level {
					break
				}
				if !r.Heading() {
					height++
				}
			}
			g.add(rowHead, g.rows, at, height, 1, row.Title())
			b.below(row.Level, row.Title())
			continue
		}
		cells, err := b.next(t, row)
		if err != nil {
			return nil, err
		}
		g.add(rowHead, g.rows, at, 1, stub-at, row.Title())
		for c := range cells {
			g.addFigure(g.rows, stub+c, 1, &cells[c])
		}
		g.rows++
	}
	return g.sorted(), nil
}

// columnHeads heads columns in two rows: columns of a group share the upper one.
func (g *grid) columnHeads(columns []report.Column, row, left int) {
	for i := 0; i < len(columns); {
		n := 1
		for columns[i].GroupZH != "" && i+n < len(columns) && columns[i+n].GroupZH == columns[i].GroupZH {
			n++
		}
		if columns[i].GroupZH == "" {
			g.add(columnHead, row, left+i, 2, 1, columns[i].LabelZH)
		} else {
			g.add(columnHead, row, left+i, 1, n, columns[i].GroupZH)
			for j := range n {
				g.add(columnHead, row+1, left+i+j, 1, 1, columns[i+j].LabelZH)
			}
		}
		i += n
	}
}

// remedies is table 四: the rows of the form stand side by side as blocks of columns,
// headed in as many rows as they are deep.
func (b *builder) remedies(t *report.Table) (*grid, error) {
	depth := 0
	for _, r := range t.Rows {
		depth = max(depth, r.Level)
	}
	g := &grid{sheet: "表四", size: 9, head: depth + 1, rows: depth + 2}
	b.path = nil
	left := 0
	for i := range t.Rows {
		row := &t.Rows[i]
		if row.Heading() {
			blocks := 0
			for _, r := range t.Rows[i+1:] {
				if r.Level <= row.Level {
					break
				}
				blocks++
			}
			g.add(columnHead, row.Level-1, left, 1, blocks*len(t.Columns), row.Title())
			b.below(row.Level, row.Title())
			continue
		}
		cells, err := b.next(t, row)
		if err != nil {
			return nil, err
		}
		g.add(columnHead, row.Level-1, left, 1, len(cells), row.Title())
		for c := range cells {
			g.add(columnHead, row.Level, left+c, depth+1-row.Level, 1, t.Columns[c].LabelZH)
			g.addFigure(depth+1, left+c, 1, &cells[c])
		}
		left += len(cells)
	}
	for range left {
		g.widths = append(g.widths, 156/float64(left))
	}
	return g.sorted(), nil
}
