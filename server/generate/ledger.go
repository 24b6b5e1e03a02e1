package generate

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"

	"gongkai/workflow"
)

// Columns of a ledger, by key; see the format of ledgers.
var (
	caseColumns = []string{
		"application_no", "channel", "arrive_date", "receive_date", "applicant_kind", "applicant_name", "id_type", "id_number", "phone", "address",
		"postcode", "email", "description", "supplement_request_date", "supplement_due_date", "supplement_receive_date", "consultations",
		"reasons_request_date", "extension_workdays", "extension_notify_date", "fee_notice_date", "fee_paid_date", "fee_amount",
		"basis", "reply_date", "reply_no", "delivery_mode", "delivery_date", "close_date",
	}
	remedyColumns = []string{"application_no", "kind", "file_date", "after_reconsideration", "result", "conclude_date"}
)

// Ledger writes the cases of a register of one agency as a ledger of applications and
// one of remedies: the import makes of them what Register would have written.
func Ledger(cases, remedies io.Writer, c Config) error {
	c.Agencies = 1
	g, err := newGenerator(c)
	if err != nil {
		return err
	}
	list, others := csv.NewWriter(cases), csv.NewWriter(remedies)
	if err := list.Write(caseColumns); err != nil {
		return fmt.Errorf("writing the ledger: %w", err)
	}
	if err := others.Write(remedyColumns); err != nil {
		return fmt.Errorf("writing the ledger of remedies: %w", err)
	}
	done := 0
	err = g.each(func(b batch) error {
		for i := range b.cases {
			if err := b.cases[i].row(list, others); err != nil {
				return fmt.Errorf("writing the ledger: %w", err)
			}
		}
		if done += len(b.cases); c.Progress != nil {
			c.Progress(done)
		}
		return nil
	})
	if err != nil {
		return err
	}
	list.Flush()
	others.Flush()
	for _, w := range []*csv.Writer{list, others} {
		if err := w.Error(); err != nil {
			return fmt.Errorf("writing the ledger: %w", err)
		}
	}
	return nil
}

// row writes a case and its remedies.
func (c *oneCase) row(list, others *csv.Writer) error {
	p := &c.app.Applicant
	cells := map[string]string{
		"application_no": c.app.ApplicationNo, "applicant_kind": string(p.Kind), "applicant_name": p.Name, "id_type": p.IDType, "id_number": p.IDNumber,
		"phone": p.Phone, "address": p.Address, "postcode": p.Postcode, "email": p.Email, "description": c.app.Description,
	}
	for i := range c.app.Acts {
		tell(cells, &c.app.Acts[i])
	}
	if c.app.Supplement.Lapsed || c.app.Fee.Lapsed {
		cells["basis"] = string(c.app.Conclusion.Basis)
	}
	row := make([]string, len(caseColumns))
	for i, key := range caseColumns {
		row[i] = cells[key]
	}
	if err := list.Write(row); err != nil {
		return err
	}
	for _, r := range c.life.remedies {
		after := map[bool]string{true: "yes"}[r.AfterReview]
		err := others.Write([]string{c.app.ApplicationNo, kindWords[r.Kind], text(r.FileDate), after, resultWords[r.Result], text(r.ConcludeDate)})
		if err != nil {
			return err
		}
	}
	return nil
}

var (
	kindWords   = map[workflow.RemedyKind]string{workflow.Reconsideration: "reconsideration", workflow.Litigation: "litigation"}
	resultWords = map[workflow.RemedyResult]string{
		workflow.Pending: "pending", workflow.Upheld: "upheld", workflow.Corrected: "corrected", workflow.OtherResult: "other",
	}
)

func text(d workflow.Date) string {
	if d.IsZero() {
		return ""
	}
	return d.String()
}

// tell puts an act into the columns that tell it.
func tell(cells map[string]string, act *workflow.Act) {
	day := text(act.Date)
	switch act.Action {
	case workflow.ActSubmit:
		cells["arrive_date"], cells["channel"] = day, string(act.Channel)
	case workflow.ActConfirm:
		cells["receive_date"] = day
	case workflow.ActRequestSupplement:
		cells["supplement_request_date"], cells["supplement_due_date"] = day, text(act.Due)
	case workflow.ActSubmitSupplement:
		cells["supplement_receive_date"] = day
	case workflow.ActConsult:
		cells["consultations"] = "third_party:" + day + ":" + text(act.Receive) + ":"
	case workflow.ActReceiveOpinion:
		cells["consultations"] += day
	case workflow.ActAskReasons:
		cells["reasons_request_date"] = day
	case workflow.ActExtend:
		cells["extension_workdays"], cells["extension_notify_date"] = strconv.Itoa(act.Workdays), day
	case workflow.ActNotifyFee:
		cells["fee_notice_date"], cells["fee_amount"] = day, strconv.FormatFloat(float64(act.Amount)/100, 'f', 2, 64)
	case workflow.ActPayFee:
		cells["fee_paid_date"] = day
	default:
		tellEnd(cells, act, day)
	}
}

// tellEnd is tell for what concludes an application.
func tellEnd(cells map[string]string, act *workflow.Act, day string) {
	switch {
	case act.Action == workflow.ActDecide:
		cells["basis"], cells["reply_date"], cells["reply_no"] = string(act.Basis), day, act.Document
	case act.Action == workflow.ActDeliver:
		cells["delivery_mode"], cells["delivery_date"] = string(act.Mode), day
	case act.Action == workflow.ActWithdraw:
		cells["basis"], cells["close_date"] = "other.withdrawn", day
	case slices.Contains([]workflow.Action{workflow.ActLapseSupplement, workflow.ActLapseFee}, act.Action):
		cells["close_date"] = day
	}
}
