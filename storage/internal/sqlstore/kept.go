package sqlstore

import (
	"encoding/json"
	"fmt"

	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/report"
)

// Kept is storage.Inspector.
func (r *reader) Kept(thing any) []storage.Column {
	switch x := thing.(type) {
	case storage.Cached:
		return keptApplication(x)
	case workflow.Remedy:
		return keptRemedy(x)
	case storage.Event:
		return keptEvent(x)
	case report.Tally:
		return keptTally(x)
	case storage.Attachment:
		return keptAttachment(x)
	case storage.Figure:
		return []storage.Column{{Name: "value", Value: int64(x.Value)}}
	case storage.Agency:
		settings, err := json.Marshal(x.Settings)
		if err != nil {
			panic(err) // texts alone
		}
		return []storage.Column{
			{Name: "id", Value: x.ID},
			{Name: "name", Value: x.DisplayName},
			{Name: "parent", Value: textValue(x.Parent)},
			{Name: "settings", Value: string(settings)},
			{Name: "create_time", Value: x.CreateTime.UnixMicro()},
			{Name: "revision", Value: x.Revision},
			{Name: "successor", Value: textValue(x.Settings.Lineage.Successor)},
		}
	case storage.Principal:
		return []storage.Column{
			{Name: "role", Value: string(x.Role)},
			{Name: "token_hash", Value: x.TokenHash},
			{Name: "create_time", Value: x.CreateTime.UnixMicro()},
			{Name: "remove_time", Value: instantValue(x.RemoveTime)},
			{Name: "person", Value: x.Person},
		}
	}
	panic(fmt.Sprintf("the store keeps nothing of a %T", thing))
}

func keptApplication(x storage.Cached) []storage.Column {
	a, p, s := x.Application, &x.Applicant, standingOf(x.Application)
	acts, err := json.Marshal(a.Acts)
	if err != nil {
		panic(err) // numbers and texts alone
	}
	return []storage.Column{
		{Name: "number", Value: a.ApplicationNo},
		{Name: "kind", Value: string(p.Kind)},
		{Name: "channel", Value: string(a.Channel)},
		{Name: "receive_date", Value: dateValue(a.ReceiveDate)},
		{Name: "create_time", Value: a.CreateTime.UnixMicro()},
		{Name: "name", Value: p.Name},
		{Name: "id_type", Value: p.IDType},
		{Name: "id_number", Value: p.IDNumber},
		{Name: "phone", Value: p.Phone},
		{Name: "address", Value: p.Address},
		{Name: "postcode", Value: p.Postcode},
		{Name: "email", Value: p.Email},
		{Name: "description", Value: a.Description},
		{Name: "remark", Value: a.Remark},
		{Name: "revision", Value: a.Revision},
		{Name: "update_time", Value: a.UpdateTime.UnixMicro()},
		{Name: "acts", Value: string(acts)},
		{Name: "state", Value: string(a.State)},
		{Name: "pending", Value: s.pending},
		{Name: "close_date", Value: dateValue(s.close)},
		{Name: "close_year", Value: integerValue(s.closeYear)},
		{Name: "basis", Value: s.basis},
		{Name: "timing", Value: s.timing},
		{Name: "due_date", Value: dateValue(x.Due)},
		{Name: "safe_date", Value: dateValue(x.Safe)},
		{Name: "lapse_date", Value: dateValue(x.Lapse)},
		{Name: "paid", Value: s.paid},
		{Name: "ordered", Value: s.ordered},
		{Name: "holder", Value: a.Holder()},
	}
}

func keptRemedy(r workflow.Remedy) []storage.Column {
	return []storage.Column{
		{Name: "application", Value: integerValue(r.ApplicationID)},
		{Name: "kind", Value: string(r.Kind)},
		{Name: "file_date", Value: dateValue(r.FileDate)},
		{Name: "after_review", Value: r.AfterReview},
		{Name: "capacity", Value: string(r.Capacity)},
		{Name: "result", Value: string(r.Result)},
		{Name: "conclude_date", Value: dateValue(r.ConcludeDate)},
		{Name: "remark", Value: r.Remark},
		{Name: "void", Value: r.Void},
		{Name: "revision", Value: r.Revision},
		{Name: "create_time", Value: r.CreateTime.UnixMicro()},
	}
}

// keptEvent leaves out what the leaf and the seal say already: the personal data.
func keptEvent(e storage.Event) []storage.Column {
	hash := bytesValue(e.RequestHash)
	if len(e.RequestHash) == 0 {
		hash = nil
	}
	return []storage.Column{
		{Name: "n", Value: e.N},
		{Name: "object", Value: e.Object},
		{Name: "revision", Value: integerValue(e.Revision)},
		{Name: "time", Value: e.Time.UnixMicro()},
		{Name: "actor", Value: e.Actor},
		{Name: "action", Value: e.Action},
		{Name: "request_id", Value: textValue(e.RequestID)},
		{Name: "request_hash", Value: hash},
		{Name: "facts", Value: string(e.Facts)},
		{Name: "leaf", Value: e.Leaf},
	}
}

// keptTally is the row of one year.
func keptTally(t report.Tally) []storage.Column {
	changes := make(map[string]int64, len(t))
	for tuple, n := range t {
		changes[tuple.Key()] += n
	}
	data, err := merge("", changes)
	if err != nil {
		panic(err) // there is nothing to read
	}
	return []storage.Column{{Name: "data", Value: data}}
}
