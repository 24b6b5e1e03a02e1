package server

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
)

// auditLooks is how often one call looks on where what it looks at matches nothing.
const auditLooks = 10

// auditAsked is what of the records is asked for: what the store selects, and what stands in
// the facts.
type auditAsked struct {
	storage.EventQuery
	agency, method string
	application    int64    // 0: of any
	names          []string // as requests call it and its attachments
	attachments    []int64  // in their order; a case has caseFiles at most
}

// ListAuditRecords lists what was recorded of an agency, newest first. That it was read is
// recorded like the reading of personal data: it tells what people did.
func (s *Server) ListAuditRecords(ctx context.Context, req *pb.ListAuditRecordsRequest) (*pb.ListAuditRecordsResponse, error) {
	size, err := pageSize(req.GetPageSize())
	if err != nil {
		return nil, err
	}
	q, err := s.auditAsked(ctx, req)
	if err != nil {
		return nil, err
	}
	if q.Before, err = readToken[int64](req, req.GetPageToken()); err != nil {
		return nil, err
	}
	c, out := callOf(ctx), &pb.ListAuditRecordsResponse{}
	for range auditLooks {
		list, next, err := s.recorded(ctx, &q)
		if err != nil {
			return nil, err
		}
		for i := range list {
			record, ok := q.record(&list[i])
			if !ok {
				continue
			}
			if len(out.AuditRecords) == size {
				out.NextPageToken = nextToken(req, q.Before)
				return out, nil
			}
			q.Before = list[i].Seq
			out.AuditRecords = append(out.AuditRecords, record)
			c.shown.add(shownKey{q.agency, "audit", shownRecord}, record.GetN())
		}
		if next == 0 {
			return out, nil
		}
		q.Before = next
	}
	out.NextPageToken = nextToken(req, q.Before)
	return out, nil
}

// recorded looks once.
func (s *Server) recorded(ctx context.Context, q *auditAsked) (list []storage.Event, next int64, err error) {
	err = s.store.View(ctx, func(r storage.Reader) (err error) {
		list, next, err = r.Recorded(q.agency, q.EventQuery)
		return err
	})
	return list, next, err
}

// auditAsked reads a request.
func (s *Server) auditAsked(ctx context.Context, req *pb.ListAuditRecordsRequest) (q auditAsked, err error) {
	if q.agency, err = optionalAgency(req.GetParent()); err != nil {
		return q, err
	}
	q.Limit, q.Action, q.method, q.Actor = maxRows, req.GetAction(), req.GetMethod(), req.GetActor()
	if q.Actor != "" && q.Actor != theClock.Name && !strings.Contains(q.Actor, "/") {
		q.Actor = principalName(storage.Principal{Agency: q.agency, ID: q.Actor})
	}
	if q.From, err = auditInstant("from_time", req.GetFromTime()); err != nil {
		return q, err
	}
	if q.To, err = auditInstant("until_time", req.GetUntilTime()); err != nil {
		return q, err
	}
	if !q.To.IsZero() && q.To.Before(q.From) {
		return q, invalid("until_time", "until_time早于from_time，应不早于它", "until_time lies before from_time; it must not")
	}
	if req.GetApplication() == "" {
		return q, nil
	}
	agency, key, ok := child(req.GetApplication(), "applications")
	if !ok {
		return q, invalid("application", "application应为agencies/{机关}/applications/{申请}或者…/no:{申请编号}，收到“%s”",
			"application must be agencies/{agency}/applications/{application} or …/no:{application_no}, got %q", req.GetApplication())
	}
	if agency != q.agency {
		return q, notFound()
	}
	err = s.store.View(ctx, func(r storage.Reader) error { return q.narrow(r, agency, key) })
	return q, err
}

// narrow asks for one application and its attachments.
func (q *auditAsked) narrow(r storage.Reader, agency, key string) error {
	a, err := applicationBy(r, agency, key)
	if err != nil {
		return err
	}
	list, err := r.Attachments(agency, storage.AttachmentQuery{Application: a.ID, Limit: caseFiles})
	q.application, q.names, q.attachments = a.ID, []string{applicationName(agency, a.ID)}, nil
	for i := range list {
		q.attachments = append(q.attachments, list[i].ID)
		q.names = append(q.names, attachmentName(agency, list[i].ID))
	}
	return err
}

func auditInstant(field string, t *timestamppb.Timestamp) (time.Time, error) {
	if t == nil {
		return time.Time{}, nil
	}
	if t.CheckValid() != nil {
		return time.Time{}, invalid(field, "%s不是有效的时刻", "%s is no instant", field)
	}
	return t.AsTime(), nil
}

// record is an event as auditors see it, if it is asked for. What was written in free text
// lies in the facts of some acts, so that of them no facts are shown.
func (q *auditAsked) record(e *storage.Event) (*pb.AuditRecord, bool) {
	out := &pb.AuditRecord{
		N: e.N, RecordTime: timestamppb.New(e.Time), Actor: e.Actor, Action: e.Action, Object: e.Object, Revision: e.Revision,
	}
	var read readFacts
	switch e.Action {
	case actionRead:
		if decodeFacts(e, &read) == nil { // what is damaged is for the verification
			out.Method, out.ShownIds, out.ShownCount, out.ShownFields = read.Method, read.IDs, int32(read.Count), read.Fields
		}
	case actionRefuse:
		var f refusedFacts
		if decodeFacts(e, &f) == nil {
			out.Method, out.Reason, out.AskedName = f.Method, f.Reason, f.Name
		}
	}
	if q.method != "" && out.GetMethod() != q.method && !strings.HasSuffix(out.GetMethod(), "/"+q.method) {
		return nil, false
	}
	if q.application != 0 && !q.concerns(e.Object, out.GetAskedName(), &read) {
		return nil, false
	}
	return out, true
}

// concerns reports whether a record is of the application asked for or of an attachment of
// it: an act on it, a request that named it, or a reading that showed it.
func (q *auditAsked) concerns(object, asked string, read *readFacts) bool {
	if object == storage.ApplicationObject(q.application) || slices.Contains(q.names, asked) {
		return true
	}
	if id, ok := strings.CutPrefix(object, "attachment/"); ok {
		return inRanges(id, q.attachments)
	}
	return read.Kind == "application" && inRanges(read.IDs, []int64{q.application}) || read.Kind == "attachment" && inRanges(read.IDs, q.attachments)
}

// inRanges reports whether ids, as idRanges wrote them, hold one of some, which are in their
// order.
func inRanges(ids string, some []int64) bool {
	for part := range strings.SplitSeq(ids, ",") {
		first, last, both := strings.Cut(part, "-")
		from, err := strconv.ParseInt(first, 10, 64)
		to := from
		if both && err == nil {
			to, err = strconv.ParseInt(last, 10, 64)
		}
		if err != nil {
			continue
		}
		if i, _ := slices.BinarySearch(some, from); i < len(some) && some[i] <= to {
			return true
		}
	}
	return false
}
