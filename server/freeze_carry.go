package server

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/report"
)

// carryOver compares what a year carried forward with what the next one carries in.
type carryOver struct {
	past
	year int // into which is carried
	lang language
}

// CompareCarryOver lists what makes the carry-over into a year differ from what the year
// before carried forward: as frozen, else as the register stood when that year ended.
func (s *Server) CompareCarryOver(ctx context.Context, req *pb.CompareCarryOverRequest) (*pb.CompareCarryOverResponse, error) {
	agency, err := parentAgency("parent", req.GetParent())
	if err != nil {
		return nil, err
	}
	year, _, err := frozenYear(req.GetYear(), "")
	if err != nil {
		return nil, err
	}
	out := &pb.CompareCarryOverResponse{}
	var then time.Time
	err = s.store.View(ctx, func(r storage.Reader) error {
		if _, err := r.Agency(agency); err != nil {
			return err
		}
		list, err := versions(r, agency, year-1)
		if n := len(list); n > 0 {
			then, out.Frozen = list[n-1].At, true
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	now, err := s.settle(ctx, agency, time.Time{})
	if err != nil {
		return nil, err
	}
	if !out.GetFrozen() {
		if then = endOf(year - 1); then.After(now) {
			then = now
		}
	}
	c := carryOver{past: past{server: s, agency: agency, at: []time.Time{then, now}}, year: year, lang: callOf(ctx).lang}
	return out, c.compare(ctx, out)
}

// endOf is the last instant of a year in the time of the law.
func endOf(year int) time.Time {
	return time.Date(year+1, 1, 1, 0, 0, 0, 0, shanghai).Add(-time.Microsecond)
}

// compare counts both lists and explains every difference.
func (c carryOver) compare(ctx context.Context, out *pb.CompareCarryOverResponse) error {
	var forward, in int
	var differ []stand
	err := c.each(ctx, func(x stand) error {
		was, is := c.carried(x.counts[0]), c.carried(x.counts[1])
		if was != "" {
			forward++
		}
		if is != "" {
			in++
		}
		if was != is {
			differ = append(differ, x)
		}
		return nil
	})
	if err != nil {
		return err
	}
	out.CarriedForward, out.CarriedIn = strconv.Itoa(forward), strconv.Itoa(in)
	for _, x := range differ {
		err := c.server.store.View(ctx, func(r storage.Reader) error {
			d, err := c.explain(r, x)
			if err == nil {
				out.Differences = append(out.Differences, d...)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// carried is the kind of applicant under which counts are carried into the year; empty:
// they are not.
func (c carryOver) carried(counts []report.Count) workflow.ApplicantKind {
	for _, n := range report.AppendYear(nil, counts, c.year) {
		if t := n.Tuple; t.Flow == report.Carried && t.Year == c.year-1 {
			return t.Kind
		}
	}
	return ""
}

// explain finds the act by which a list changed last. An application of which the kind of
// applicant was corrected leaves one column and enters another.
func (c carryOver) explain(r storage.Reader, x stand) ([]*pb.CarryOverDifference, error) {
	stored, list, err := history(r, c.agency, x.app.ID, 0, false)
	if err != nil {
		return nil, err
	}
	list = until(list, c.at[1])
	var before workflow.Application
	out := pb.CarryOverDifference{Entry: &pb.CellEntry{ApplicationNo: x.app.ApplicationNo, Application: applicationName(c.agency, x.app.ID)}}
	for i := range list {
		after, err := c.rules[1].Replay(list[:i+1])
		if err != nil {
			return nil, err
		}
		was, is := c.carried(report.Tuples(&before)), c.carried(report.Tuples(&after))
		if list[i].Time.After(c.at[0]) && (was != is || i == 0) {
			out.Reason = c.lang.pick(c.reason(&before, &after, &list[i]))
			out.Actor, out.RecordTime = stored[i].Actor, timestamppb.New(stored[i].Time)
		}
		before = after
	}
	return sided(&out, c.carried(x.counts[0]) != "", c.carried(x.counts[1]) != ""), nil
}

// sided makes a difference for each list that an application left or entered.
func sided(d *pb.CarryOverDifference, was, is bool) []*pb.CarryOverDifference {
	one := func(added bool) *pb.CarryOverDifference {
		return &pb.CarryOverDifference{Entry: d.GetEntry(), Added: added, Reason: d.GetReason(), Actor: d.GetActor(), RecordTime: d.GetRecordTime()}
	}
	var out []*pb.CarryOverDifference
	if was {
		out = append(out, one(false))
	}
	if is {
		out = append(out, one(true))
	}
	return out
}

// reason says in both languages how an act changed what is carried over.
func (c carryOver) reason(before, after *workflow.Application, e *workflow.Event) (zh, en string) {
	spec, _ := workflow.SpecOf(e.Act.Action)
	switch {
	case len(before.Acts) == 0:
		return fmt.Sprintf("补登：收到日期%s的申请在结转之后才登记", dayOr(after.ReceiveDate)),
			fmt.Sprintf("registered late: received %s, recorded after the carry-over", dayOr(after.ReceiveDate))
	case after.State == workflow.Void:
		return "作废：该登记有误，不再计入", "voided: it was registered by mistake and counts no more"
	case before.ReceiveDate != after.ReceiveDate:
		return fmt.Sprintf("%s：收到日期由%s改为%s", spec.ZH, dayOr(before.ReceiveDate), dayOr(after.ReceiveDate)),
			fmt.Sprintf("%s: day of receipt %s, before %s", spec.EN, dayOr(after.ReceiveDate), dayOr(before.ReceiveDate))
	case before.Conclusion.Date != after.Conclusion.Date:
		return fmt.Sprintf("%s：首次办结日期由%s改为%s", spec.ZH, dayOr(before.Conclusion.Date), dayOr(after.Conclusion.Date)),
			fmt.Sprintf("%s: first concluded %s, before %s", spec.EN, dayOr(after.Conclusion.Date), dayOr(before.Conclusion.Date))
	case before.Applicant.Kind != after.Applicant.Kind:
		return fmt.Sprintf("%s：申请人类别由%s改为%s", spec.ZH, kindText(before.Applicant.Kind, chinese), kindText(after.Applicant.Kind, chinese)),
			fmt.Sprintf("%s: kind of applicant %s, before %s", spec.EN, kindText(after.Applicant.Kind, english), kindText(before.Applicant.Kind, english))
	}
	return spec.ZH, spec.EN
}

func dayOr(d workflow.Date) string {
	if d.IsZero() {
		return "—"
	}
	return d.String()
}

// kindText is a kind of applicant as the column of table 三 heads it.
func kindText(k workflow.ApplicantKind, lang language) string {
	tables, err := report.Table2021.Tables("")
	if err != nil {
		return string(k)
	}
	for _, t := range tables {
		for _, col := range t.Columns {
			if col.Where.Kind == k && k != "" {
				return lang.pick(col.LabelZH, col.LabelEN)
			}
		}
	}
	return string(k)
}
