package server

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/types/known/timestamppb"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/report"
)

var agencyID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

// maxName is the most characters of a name.
const maxName = 200

// CreateAgency creates an agency in the installation's own register.
func (s *Server) CreateAgency(ctx context.Context, req *pb.CreateAgencyRequest) (*pb.Agency, error) {
	if !agencyID.MatchString(req.GetAgencyId()) {
		return nil, invalid("agency_id", "机关代码“%s”无效：1至40个小写字母、数字或连字符，以字母或数字开头",
			"agency id %q: 1 to 40 lower-case letters, digits and hyphens, a letter or digit first", req.GetAgencyId())
	}
	a := storage.Agency{ID: req.GetAgencyId(), CreateTime: s.now().Truncate(time.Microsecond), Revision: 1}
	if err := applyAgency(&a, req.GetAgency(), createFields); err != nil {
		return nil, err
	}
	own := callOf(ctx).principal.Agency
	if own != "" && a.Parent != own {
		if err := s.reach(ctx, callOf(ctx).below(), a.Parent); err != nil {
			return nil, err
		}
	}
	m, err := s.mutate(ctx, "", req.GetRequestId(), req)
	if err != nil {
		return nil, err
	}
	var out storage.Agency
	err = s.store.Update(ctx, "", func(w storage.Writer) (err error) {
		out, err = m.createAgency(w, a)
		return err
	})
	if err != nil {
		return nil, err
	}
	return agencyPB(out), nil
}

func (m mutation) createAgency(w storage.Writer, a storage.Agency) (storage.Agency, error) {
	if e, err := m.done(w); err != nil || e != nil {
		return agencyAgain(w, e, err)
	}
	if a.Parent != "" {
		if _, err := w.Agency(a.Parent); err != nil {
			return a, within("agency.parent", err)
		}
	}
	e, err := agencyEvent(m, a, "create_agency")
	if err != nil {
		return a, err
	}
	err = w.InsertAgency(a, m.mark(e))
	if errors.Is(err, storage.ErrExists) {
		return a, failf(pb.Reason_AGENCY_EXISTS, "机关代码“%s”已被使用", "agency id %q is taken", a.ID)
	}
	return a, err
}

// below is the call as one that may reach the agencies below the caller's own.
func (c call) below() call {
	c.rule.Below = workflow.Roles()
	return c
}

// agencyFacts is an agency as an event stores it: what it became by the event, whole.
type agencyFacts struct {
	Version  int               `json:"v"`
	Name     string            `json:"name"`
	Parent   string            `json:"parent,omitempty"`
	Settings workflow.Settings `json:"settings"`
}

// agencyAgain is an agency as the event of a request that came before left it.
func agencyAgain(r storage.Reader, e *storage.Event, err error) (storage.Agency, error) {
	if err != nil {
		return storage.Agency{}, err
	}
	a, err := r.Agency(strings.TrimPrefix(e.Object, storage.AgencyObject("")))
	if err != nil {
		return a, err
	}
	var f agencyFacts
	if err := json.Unmarshal(e.Facts, &f); err != nil {
		return a, fmt.Errorf("decoding event %d of %s: %w", e.Revision, e.Object, err)
	}
	a.DisplayName, a.Parent, a.Settings, a.Revision = f.Name, f.Parent, f.Settings, e.Revision
	return a, nil
}

func agencyEvent(m mutation, a storage.Agency, action string) (storage.Event, error) {
	facts, err := json.Marshal(agencyFacts{1, a.DisplayName, a.Parent, a.Settings})
	if err != nil {
		return storage.Event{}, fmt.Errorf("encoding the agency: %w", err)
	}
	return m.event(storage.AgencyObject(a.ID), a.Revision, action, facts, nil), nil
}

// agencyFields are the fields of an agency that may be given and changed.
var (
	agencyFields = []string{"display_name", "parent", "review_steps", "codes_variant", "establish_date", "successor", "abolish_date"}
	createFields = agencyFields[:5]
)

// applyAgency takes the named fields over.
func applyAgency(a *storage.Agency, in *pb.Agency, fields []string) error {
	for _, f := range fields {
		var err error
		switch f {
		case "display_name":
			a.DisplayName = strings.TrimSpace(in.GetDisplayName())
			if n := utf8.RuneCountInString(a.DisplayName); n == 0 || n > maxName {
				err = invalid("agency.display_name", "机关名称应为1至%d个字符，收到%d个", "the name must have 1 to %d characters, got %d", maxName, n)
			} else {
				err = checkText("agency.display_name", a.DisplayName, maxName, false)
			}
		case "parent":
			a.Parent = ""
			if in.GetParent() != "" {
				a.Parent, err = parentAgency("agency.parent", in.GetParent())
			}
		case "review_steps":
			a.Settings.ReviewSteps, err = reviewSteps(in.GetReviewSteps())
		case "codes_variant":
			a.Settings.CodesVariant = in.GetCodesVariant()
			if v := report.Variant(in.GetCodesVariant()); v != "" && v != report.Shanghai && v != report.National {
				err = invalid("agency.codes_variant", "代码表版式“%s”无效，应为shanghai或national", "variant %q: give shanghai or national", in.GetCodesVariant())
			}
		default:
			err = applyDated(a, in, f)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// applyDated takes one of the fields over that say when an agency exists.
func applyDated(a *storage.Agency, in *pb.Agency, field string) (err error) {
	l := &a.Settings.Lineage
	switch field {
	case "establish_date":
		l.Established, err = optionalDate("agency.establish_date", in.GetEstablishDate())
	case "abolish_date":
		l.Abolished, err = optionalDate("agency.abolish_date", in.GetAbolishDate())
	case "successor":
		l.Successor = ""
		if in.GetSuccessor() != "" {
			l.Successor, err = parentAgency("agency.successor", in.GetSuccessor())
		}
	default:
		err = invalid("update_mask", "没有可修改的字段“%[1]s”，可修改：%[2]s", "no field %[1]q may be changed; may be: %[2]s", field, joined(agencyFields))
	}
	return err
}

// maxSteps bounds a chain of approvals.
const maxSteps = 10

func reviewSteps(names []string) ([]workflow.Role, error) {
	if len(names) > maxSteps {
		return nil, invalid("agency.review_steps", "审核步骤最多%d个", "at most %d review steps", maxSteps)
	}
	var out []workflow.Role
	for _, n := range names {
		role := workflow.Role(strings.ToUpper(n))
		if role != workflow.Officer && role != workflow.Supervisor {
			return nil, invalid("agency.review_steps", "审核步骤“%s”无效，应为OFFICER或SUPERVISOR", "review step %q: give OFFICER or SUPERVISOR", n)
		}
		out = append(out, role)
	}
	return out, nil
}

// GetAgency returns one agency.
func (s *Server) GetAgency(ctx context.Context, req *pb.GetAgencyRequest) (out *pb.Agency, err error) {
	id, err := parentAgency("name", req.GetName())
	if err != nil {
		return nil, err
	}
	err = s.store.View(ctx, func(r storage.Reader) error {
		a, err := r.Agency(id)
		if err != nil {
			return err
		}
		out = agencyPB(a)
		if own := callOf(ctx).principal.Agency; own == id || own == "" { // others may not know of them
			out.Predecessors, err = predecessors(r, id)
		}
		return err
	})
	return out, err
}

// ListAgencies lists the caller's agency and those below it; all of them for a caller of
// the whole installation.
func (s *Server) ListAgencies(ctx context.Context, req *pb.ListAgenciesRequest) (*pb.ListAgenciesResponse, error) {
	size, err := pageSize(req.GetPageSize())
	if err != nil {
		return nil, err
	}
	after, err := readToken[string](req, req.GetPageToken())
	if err != nil {
		return nil, err
	}
	out := &pb.ListAgenciesResponse{}
	own := callOf(ctx).principal.Agency
	err = s.store.View(ctx, func(r storage.Reader) error {
		list, err := agenciesFrom(r, own, after, size+1)
		if err != nil {
			return err
		}
		if len(list) > size {
			list = list[:size]
			out.NextPageToken = nextToken(req, list[size-1].ID)
		}
		for _, a := range list {
			out.Agencies = append(out.Agencies, agencyPB(a))
		}
		return nil
	})
	return out, err
}

func agenciesFrom(r storage.Reader, own, after string, limit int) ([]storage.Agency, error) {
	if own == "" {
		return r.Agencies(after, limit)
	}
	ids, err := r.Descendants(own)
	if err != nil {
		return nil, err
	}
	at, found := slices.BinarySearch(ids, after)
	if found {
		at++
	}
	var out []storage.Agency
	for _, id := range ids[at:min(len(ids), at+limit)] {
		a, err := r.Agency(id)
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

// UpdateAgency changes the fields that the mask names.
func (s *Server) UpdateAgency(ctx context.Context, req *pb.UpdateAgencyRequest) (*pb.Agency, error) {
	id, err := parentAgency("agency.name", req.GetAgency().GetName())
	if err != nil {
		return nil, err
	}
	fields := strings.FieldsFunc(req.GetUpdateMask(), func(r rune) bool { return r == ',' || r == ' ' })
	if len(fields) == 0 {
		return nil, invalid("update_mask", "请写明要修改的字段：%s", "name the fields to change: %s", joined(agencyFields))
	}
	m, err := s.mutate(ctx, id, req.GetRequestId(), req)
	if err != nil {
		return nil, err
	}
	on, err := s.datingOf(req.GetEffectiveDate())
	if err != nil {
		return nil, err
	}
	own := callOf(ctx).principal.Agency
	var out storage.Agency
	err = s.update(ctx, id, func(w storage.Writer) (err error) {
		out, err = m.updateAgency(w, own, on, req.GetAgency(), fields)
		return err
	})
	if err != nil {
		return nil, err
	}
	return agencyPB(out), nil
}

// updateAgency takes the named fields over into the agency of the mutation.
func (m mutation) updateAgency(w storage.Writer, own string, on dating, in *pb.Agency, fields []string) (storage.Agency, error) {
	if e, err := m.done(w); err != nil || e != nil {
		return agencyAgain(w, e, err)
	}
	a, err := w.Agency(m.agency)
	if err != nil {
		return a, err
	}
	if err := checkEtag(in.GetEtag(), a.Revision); err != nil {
		return a, err
	}
	before := a
	if err := applyAgency(&a, in, fields); err != nil {
		return a, err
	}
	if err := checkParent(w, own, a, fields); err != nil {
		return a, err
	}
	if err := on.apply(w, own, &a, before, fields); err != nil {
		return a, err
	}
	a.Revision++
	e, err := agencyEvent(m, a, "update_agency")
	if err != nil {
		return a, err
	}
	err = w.UpdateAgency(a, m.mark(e))
	if errors.Is(err, storage.ErrCycle) { // deeper than isBelow walks
		return a, ringed(a)
	}
	return a, err
}

// checkParent refuses a parent that does not exist, lies beyond the caller's reach, or
// would make a ring.
func checkParent(r storage.Reader, own string, a storage.Agency, fields []string) error {
	if !slices.Contains(fields, "parent") {
		return nil
	}
	if own != "" {
		within, err := isBelow(r, own, cmp.Or(a.Parent, a.ID))
		if err != nil {
			return err
		}
		if a.ID == own || a.Parent == "" || a.Parent != own && !within {
			return notFound()
		}
	}
	if a.Parent == "" {
		return nil
	}
	if _, err := r.Agency(a.Parent); err != nil {
		return within("agency.parent", err)
	}
	ring, err := isBelow(r, a.ID, a.Parent)
	if err != nil {
		return err
	}
	if ring || a.Parent == a.ID {
		return ringed(a)
	}
	return nil
}

func ringed(a storage.Agency) error {
	f := failf(pb.Reason_AGENCY_CYCLE, "“%[1]s”是“%[2]s”的下级或其本身，不能作为上级", "%[1]q is %[2]q itself or below it and cannot be its parent", a.Parent, a.ID)
	f.field = "agency.parent"
	return f
}

func agencyPB(a storage.Agency) *pb.Agency {
	out := &pb.Agency{
		Name: agencyName(a.ID), DisplayName: a.DisplayName, CreateTime: timestamppb.New(a.CreateTime), Etag: etag(a.Revision),
		CodesVariant: cmp.Or(a.Settings.CodesVariant, string(report.Shanghai)),
	}
	if a.Parent != "" {
		out.Parent = agencyName(a.Parent)
	}
	l := a.Settings.Lineage
	if l.Successor != "" {
		out.Successor = agencyName(l.Successor)
	}
	out.EstablishDate, out.AbolishDate = l.Established.String(), l.Abolished.String()
	for _, r := range a.Settings.ReviewSteps {
		out.ReviewSteps = append(out.ReviewSteps, string(r))
	}
	return out
}
