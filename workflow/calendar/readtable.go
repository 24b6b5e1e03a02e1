package calendar

import (
	"cmp"
	"strconv"
	"strings"
)

// tableColumns are those of a table of one notice.
var tableColumns = []string{"notice_year", "festival", "kind", "first_date", "last_date", "known_from", "known_to"}

// readTable reads a notice as rows. Lines before the header and those that begin with #
// are comments.
func readTable(lines []string) (Notice, error) {
	var n Notice
	begun := false
	for i, line := range lines {
		switch {
		case !begun:
			if begun = strings.HasPrefix(line, tableColumns[0]+"\t"); begun && strings.TrimRight(line, "\t") != strings.Join(tableColumns, "\t") {
				return n, wrong(i+1, "表头应为%[1]s，以制表符分隔", "the header should be %[1]s, separated by tabs", strings.Join(tableColumns, " "))
			}
		case strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#"):
		default:
			if err := n.addRow(i+1, strings.Split(line, "\t")); err != nil {
				return n, err
			}
		}
	}
	if n.Year == 0 {
		return n, wrong(len(lines), "表头之后没有数据行", "no row follows the header")
	}
	return n, nil
}

// rowDays are the first and the last day of a row, and the one from which it is known;
// the last may be left out where it is the first.
func rowDays(line int, cells []string) (days [3]Date, err error) {
	for i, at := range []int{3, 4, 5} {
		if cells[at] == "" && i > 0 {
			continue
		}
		if days[i], err = Parse(cells[at]); err != nil {
			return days, wrong(line, "%[1]s“%[2]s”应为YYYY-MM-DD的日期", "%[1]s %[2]q should be a day written YYYY-MM-DD", tableColumns[at], cells[at])
		}
	}
	days[1] = cmp.Or(days[1], days[0])
	return days, nil
}

func (n *Notice) addRow(line int, cells []string) error {
	for len(cells) < len(tableColumns) {
		cells = append(cells, "")
	}
	for i := range cells {
		cells[i] = strings.TrimSpace(cells[i])
	}
	if len(cells) > len(tableColumns) {
		return wrong(line, "有%[1]d列，应为%[2]d列", "%[1]d columns, there should be %[2]d", len(cells), len(tableColumns))
	}
	year, err := strconv.Atoi(cells[0])
	switch {
	case err != nil || n.Year != 0 && n.Year != year:
		return wrong(line, "notice_year“%[1]s”应为年份，并与其他行相同；一次导入一个年度的通知", "notice_year %[1]q should be a year, the same in each row; import one notice at a time", cells[0])
	case cells[6] != "":
		return wrong(line, "known_to应留空：被取代的日期由修改通知确定", "known_to should be empty: the amendment says what it supersedes")
	}
	days, err := rowDays(line, cells)
	if err != nil {
		return err
	}
	if n.Year != 0 && n.KnownFrom != days[2] {
		return wrong(line, "known_from应与其他行相同；一次导入一个通知", "known_from should be the same in each row; import one notice at a time")
	}
	n.Year, n.KnownFrom = year, days[2]
	r := Range{First: days[0], Last: days[1], FestivalZH: cells[1], FestivalEN: englishName(cells[1]), line: line}
	switch cells[2] {
	case "rest":
		n.Rest = append(n.Rest, r)
	case "work":
		n.Work = append(n.Work, r)
	default:
		return wrong(line, "kind“%[1]s”应为rest（放假）或者work（上班）", "kind %[1]q should be rest or work", cells[2])
	}
	return nil
}
