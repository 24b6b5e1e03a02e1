package client

import (
	"encoding/json"

	pb "gongkai/proto/disclosure/v1"
)

// balanceJSON is a balance sheet as scripts read it.
type balanceJSON struct {
	Read               int64             `json:"read"`
	Imported           int64             `json:"imported"`
	Unchanged          int64             `json:"unchanged"`
	Refused            []problemJSON     `json:"refused"`
	Warnings           []problemJSON     `json:"warnings"`
	UnknownColumns     []string          `json:"unknown_columns"`
	DueDateDifferences []differenceJSON  `json:"due_date_differences"`
	Reports            []json.RawMessage `json:"reports"` // empty but in a dry run
}

type problemJSON struct {
	File    string `json:"file"`
	Row     int32  `json:"row"`
	Column  string `json:"column"`
	Value   string `json:"value"`
	Reason  string `json:"reason"`
	Message string `json:"message"`
}

type differenceJSON struct {
	File          string `json:"file"`
	Row           int32  `json:"row"`
	ApplicationNo string `json:"application_no"`
	GivenDate     string `json:"given_date"`
	ComputedDate  string `json:"computed_date"`
}

// MarshalJSON is json.Marshaler: what was read, imported, unchanged and refused, why, and
// the reports that would follow. Lists are never null.
func (b *Balance) MarshalJSON() ([]byte, error) {
	out := balanceJSON{
		Read: b.Read, Imported: b.Imported, Unchanged: b.Unchanged,
		Refused: problemsJSON(b.Refused), Warnings: problemsJSON(b.Warnings), UnknownColumns: append([]string{}, b.UnknownColumns...),
		DueDateDifferences: make([]differenceJSON, 0, len(b.DueDateDifferences)), Reports: make([]json.RawMessage, 0, len(b.Reports)),
	}
	for _, d := range b.DueDateDifferences {
		out.DueDateDifferences = append(out.DueDateDifferences, differenceJSON{d.GetFile(), d.GetRow(), d.GetApplicationNo(), d.GetGivenDate(), d.GetComputedDate()})
	}
	for _, r := range b.Reports {
		out.Reports = append(out.Reports, json.RawMessage(r.GetJson()))
	}
	return json.Marshal(out)
}

func problemsJSON(list []*pb.RowProblem) []problemJSON {
	out := make([]problemJSON, 0, len(list))
	for _, p := range list {
		out = append(out, problemJSON{p.GetFile(), p.GetRow(), p.GetColumn(), p.GetValue(), p.GetReason(), p.GetMessage()})
	}
	return out
}
