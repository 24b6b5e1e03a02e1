package ledger

// record is one row of a file before its cells are judged. A source fills it again for
// each row; the texts stay valid.
type record struct {
	number int
	cells  []cell
	// flaw concerns the whole row.
	flaw flaw
}

// cell is a text and what the source found out about it.
type cell struct {
	text string
	form form
	flaw flaw
}

// form says what a cell was in the file.
type form uint8

const (
	formText form = iota
	formNumber
	formDate
)

// reset makes room for the next row.
func (r *record) reset() {
	r.cells = r.cells[:0]
	r.flaw = flawNone
}

// place puts a cell at its column; columns left out between are empty.
func (r *record) place(at int, c cell) {
	for len(r.cells) <= at {
		r.cells = append(r.cells, cell{})
	}
	r.cells[at] = c
}

// blank tells whether nothing stands in the row.
func (r *record) blank() bool {
	if r.flaw != flawNone {
		return false
	}
	for i := range r.cells {
		if r.cells[i].flaw != flawNone || trim(r.cells[i].text) != "" {
			return false
		}
	}
	return true
}

// repeats tells whether the row is the header again, as files joined end to end have it.
func (r *record) repeats(titles []string) bool {
	if r.flaw != flawNone || len(r.cells) < len(titles) {
		return false
	}
	for i := range r.cells {
		title := ""
		if i < len(titles) {
			title = titles[i]
		}
		if trim(r.cells[i].text) != title {
			return false
		}
	}
	return true
}

// source yields the rows of a file in order, io.EOF after the last.
type source interface {
	next(*record) error
	progress() (done, total int64)
}
