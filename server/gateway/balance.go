package gateway

import (
	"encoding/json"

	"gongkai/client"
	pb "gongkai/proto/disclosure/v1"
)

// balance is the outcome of an import, as the CLI prints it too.
type balance struct {
	Read               int64             `json:"read"`
	Imported           int64             `json:"imported"`
	Unchanged          int64             `json:"unchanged"`
	Refused            []problem         `json:"refused"`
	Warnings           []problem         `json:"warnings"`
	UnknownColumns     []string          `json:"unknown_columns"`
	DueDateDifferences []difference      `json:"due_date_differences"`
	Reports            []json.RawMessage `json:"reports"` // empty but in a dry run
}

type problem struct {
	File    string `json:"file"`
	Row     int32  `json:"row"`
	Column  string `json:"column"`
	Value   string `json:"value"`
	Reason  string `json:"reason"`
	Message string `json:"message"`
}

type difference struct {
	File          string `json:"file"`
	Row           int32  `json:"row"`
	ApplicationNo string `json:"application_no"`
	GivenDate     string `json:"given_date"`
	ComputedDate  string `json:"computed_date"`
}

func newBalance(b *client.Balance) balance {
	out := balance{
		Read: b.Read, Imported: b.Imported, Unchanged: b.Unchanged,
		Refused: problems(b.Refused), Warnings: problems(b.Warnings), UnknownColumns: append([]string{}, b.UnknownColumns...),
		DueDateDifferences: make([]difference, 0, len(b.DueDateDifferences)), Reports: make([]json.RawMessage, 0, len(b.Reports)),
	}
	for _, d := range b.DueDateDifferences {
		out.DueDateDifferences = append(out.DueDateDifferences, difference{d.GetFile(), d.GetRow(), d.GetApplicationNo(), d.GetGivenDate(), d.GetComputedDate()})
	}
	for _, r := range b.Reports {
		out.Reports = append(out.Reports, json.RawMessage(r.GetJson()))
	}
	return out
}

func problems(list []*pb.RowProblem) []problem {
	out := make([]problem, 0, len(list))
	for _, p := range list {
		out = append(out, problem{p.GetFile(), p.GetRow(), p.GetColumn(), p.GetValue(), p.GetReason(), p.GetMessage()})
	}
	return out
}
