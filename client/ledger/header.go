package ledger

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// Header is what the first row of a file says.
type Header struct {
	// Keys are the keys found, in the order of the file. Row.Cells is parallel to it.
	Keys []string
	// Known gives the heading of each key as the file has it.
	Known map[string]string
	// Unknown are headings that stand for no key, in the order of the file. Their cells
	// are not read.
	Unknown []string
	// Unused are headings of keys that an earlier listed heading already names. Their
	// cells are not read.
	Unused []string
}

// layout is a header made ready for reading rows.
type layout struct {
	header Header
	used   []usedColumn
	index  map[string]int
	titles []string
}

// usedColumn ties a key to its place in the file.
type usedColumn struct {
	place   int
	heading string
	column  Column
}

// newLayout matches the cells of the first row with the columns of the sheet.
func newLayout(sheet Sheet, titles []string) (*layout, error) {
	titles = slices.Clone(titles)
	for len(titles) > 0 && titles[len(titles)-1] == "" {
		titles = titles[:len(titles)-1]
	}
	l := &layout{titles: titles, index: map[string]int{}}
	l.header.Known = map[string]string{}
	chosen := choose(sheet, titles)
	for i, title := range titles {
		column, found := match(sheet, title)
		switch {
		case title == "":
			l.header.Unknown = append(l.header.Unknown, "#"+letters(i))
		case !found:
			l.header.Unknown = append(l.header.Unknown, title)
		case chosen[column.Key] != i:
			l.header.Unused = append(l.header.Unused, title)
		default:
			l.index[column.Key] = len(l.used)
			l.used = append(l.used, usedColumn{i, title, column})
			l.header.Keys = append(l.header.Keys, column.Key)
			l.header.Known[column.Key] = title
		}
	}
	return l, l.missing(sheet)
}

// choose finds for each key the column whose heading is listed earliest, and of equal
// ones the first of the file.
func choose(sheet Sheet, titles []string) map[string]int {
	chosen, ranks := map[string]int{}, map[string]int{}
	for i, title := range titles {
		column, found := match(sheet, title)
		if !found {
			continue
		}
		r := rank(column, fold(title))
		if best, seen := ranks[column.Key]; !seen || r < best {
			chosen[column.Key], ranks[column.Key] = i, r
		}
	}
	return chosen
}

// missing reports the required columns that the file does not have.
func (l *layout) missing(sheet Sheet) error {
	var keys, headings []string
	for _, c := range tables[sheet] {
		if _, ok := l.index[c.Key]; c.Required && !ok {
			keys = append(keys, c.Key)
			headings = append(headings, c.Headings[0])
		}
	}
	if keys == nil {
		return nil
	}
	return &FileError{
		Row: 1, Keys: keys, Err: ErrHeader,
		ZH: fmt.Sprintf("第1行应为列名，缺少必需的列：%s。请删除列名之前的标题行，或改用这些列名。", strings.Join(headings, "、")),
		EN: fmt.Sprintf("row 1 must name the columns; required columns are missing: %s; remove any title above the headings or use these names", strings.Join(keys, ", ")),
	}
}

// match finds the column that a heading stands for.
func match(sheet Sheet, title string) (Column, bool) {
	folded := fold(title)
	if folded == "" {
		return Column{}, false
	}
	for _, c := range tables[sheet] {
		if rank(c, folded) >= 0 {
			return c, true
		}
	}
	return Column{}, false
}

// rank is the place of a heading among those of its column: the key, then the Chinese
// headings as listed; -1 if it is none of them.
func rank(c Column, folded string) int {
	if folded == c.Key {
		return 0
	}
	if i := slices.Index(c.Headings, folded); i >= 0 {
		return i + 1
	}
	return -1
}

// fold brings a heading to the form of the tables: half-width, lower case and without
// white space, which Excel puts inside a heading to break its line.
func fold(title string) string {
	return strings.Map(func(r rune) rune {
		if isSpace(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, width.Fold.String(title))
}

// letters names a column as spreadsheets do: 0 is A, 26 is AA.
func letters(place int) string {
	var name []byte
	for n := place + 1; n > 0; n = (n - 1) / 26 {
		name = append(name, byte('A'+(n-1)%26))
	}
	slices.Reverse(name)
	return string(name)
}
