package server

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/workflow"
)

var principalID = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N}._-]{0,59}$`)

// tokenPrefix makes a token that leaked recognisable.
const tokenPrefix = "gk_"

// NewToken returns a bearer token of 130 random bits.
func NewToken() string { return tokenPrefix + rand.Text() }

// hashOf is what is stored of a token.
func hashOf(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// CreatePrincipal creates a principal and returns its token, the only time it is seen.
func (s *Server) CreatePrincipal(ctx context.Context, req *pb.CreatePrincipalRequest) (*pb.CreatePrincipalResponse, error) {
	agency, err := optionalAgency(req.GetParent())
	if err != nil {
		return nil, err
	}
	if !principalID.MatchString(req.GetPrincipalId()) || req.GetPrincipalId() == "me" {
		return nil, invalid("principal_id", "用户名“%s”无效：1至60个字母、汉字、数字、点、连字符或下划线",
			"id %q: 1 to 60 letters, digits, hyphens, dots or underscores, a letter or digit first", req.GetPrincipalId())
	}
	role := workflow.Role(req.GetPrincipal().GetRole().String())
	if !slices.Contains(workflow.Roles(), role) {
		return nil, invalid("principal.role", "请选择角色", "give a role")
	}
	by := callOf(ctx).principal.Role
	person, err := personFor(by, agency, role, req.GetPrincipal().GetPerson())
	if err != nil {
		return nil, err
	}
	token := NewToken()
	p := storage.Principal{Agency: agency, ID: req.GetPrincipalId(), Role: role, TokenHash: hashOf(token), CreateTime: s.now(), Person: person}
	m, err := s.mutate(ctx, agency, "", req)
	if err != nil {
		return nil, err
	}
	if err := s.store.Update(ctx, agency, func(w storage.Writer) error { return insertPrincipal(w, m, p) }); err != nil {
		return nil, err
	}
	if by.Separate() || role.Separate() {
		token = "" // it is known to nobody
	}
	return &pb.CreatePrincipalResponse{Principal: principalPB(p), Token: token}, nil
}

func insertPrincipal(w storage.Writer, m mutation, p storage.Principal) error {
	facts, err := json.Marshal(struct {
		Version int           `json:"v"`
		Role    workflow.Role `json:"role"`
		Person  string        `json:"person,omitempty"`
	}{1, p.Role, p.Person})
	if err != nil {
		return fmt.Errorf("encoding the principal: %w", err)
	}
	err = w.InsertPrincipal(p, m.event(storage.PrincipalObject(p.ID), 1, "create_principal", facts, nil))
	if errors.Is(err, storage.ErrExists) {
		if _, e := w.Principal(p.Agency, p.ID); errors.Is(e, storage.ErrNotFound) {
			return personTaken(p.Person)
		}
		return failf(pb.Reason_PRINCIPAL_EXISTS, "用户名“%s”已被使用（含已移除的）", "id %q is taken, or was by a principal removed since", p.ID)
	}
	return err
}

// FirstAdministrator creates the administrator of a fresh installation with a token that the
// caller has kept already, so that it cannot be lost; false if there are principals of the
// installation.
func FirstAdministrator(ctx context.Context, store storage.Store, token string, now time.Time) (created bool, err error) {
	p := storage.Principal{ID: "admin", Role: workflow.Administrator, TokenHash: hashOf(token), CreateTime: now}
	err = store.Update(ctx, "", func(w storage.Writer) error {
		list, err := w.Principals("")
		if err != nil || len(list) > 0 {
			created = false
			return err
		}
		created = true
		return insertPrincipal(w, mutation{actor: principalName(p), now: now}, p)
	})
	return created && err == nil, err
}

func optionalAgency(parent string) (string, error) {
	if parent == "" {
		return "", nil
	}
	return parentAgency("parent", parent)
}

// principalIn splits agencies/{agency}/principals/{id} or principals/{id}.
func principalIn(name string) (agency, id string, err error) {
	if id, ok := strings.CutPrefix(name, "principals/"); ok && id != "" && !strings.Contains(id, "/") {
		return "", id, nil
	}
	if agency, id, ok := child(name, "principals"); ok && !strings.Contains(id, "/") {
		return agency, id, nil
	}
	return "", "", invalid("name", "name应为agencies/{机关}/principals/{用户}，收到“%s”", "name must be agencies/{agency}/principals/{principal}, got %q", name)
}

// GetPrincipal returns one principal; principals/me is the caller, whom everybody may ask
// for. Anybody else is for administrators.
func (s *Server) GetPrincipal(ctx context.Context, req *pb.GetPrincipalRequest) (*pb.Principal, error) {
	c := callOf(ctx)
	if req.GetName() == "principals/me" {
		return principalPB(c.principal), nil
	}
	if len(c.pending) > 0 {
		return nil, pendingFault(c.pending[0])
	}
	if !slices.Contains(workflow.Managers(), c.principal.Role) {
		return nil, failf(pb.Reason_ROLE_NOT_ALLOWED, "只有管理员可以查看其他用户", "only an administrator sees other principals")
	}
	agency, id, err := principalIn(req.GetName())
	if err != nil {
		return nil, err
	}
	if err := s.reach(ctx, c, agency); err != nil {
		return nil, err
	}
	var p storage.Principal
	err = s.store.View(ctx, func(r storage.Reader) (err error) {
		p, err = r.Principal(agency, id)
		return err
	})
	return principalPB(p), err
}

// ListPrincipals lists the principals of an agency, removed ones too.
func (s *Server) ListPrincipals(ctx context.Context, req *pb.ListPrincipalsRequest) (*pb.ListPrincipalsResponse, error) {
	agency, err := optionalAgency(req.GetParent())
	if err != nil {
		return nil, err
	}
	out := &pb.ListPrincipalsResponse{}
	err = s.store.View(ctx, func(r storage.Reader) error {
		if agency != "" {
			if _, err := r.Agency(agency); err != nil {
				return err
			}
		}
		list, err := r.Principals(agency)
		for _, p := range list {
			out.Principals = append(out.Principals, principalPB(p))
		}
		return err
	})
	return out, err
}

// DeletePrincipal removes a principal; removing it again changes nothing.
func (s *Server) DeletePrincipal(ctx context.Context, req *pb.DeletePrincipalRequest) (*pb.Principal, error) {
	agency, id, err := principalIn(req.GetName())
	if err != nil {
		return nil, err
	}
	m, err := s.mutate(ctx, agency, "", req)
	if err != nil {
		return nil, err
	}
	var out storage.Principal
	err = s.store.Update(ctx, agency, func(w storage.Writer) error {
		p, err := w.Principal(agency, id)
		if err != nil {
			return err
		}
		if p.RemoveTime.IsZero() {
			if err := lastAdministrator(w, p); err != nil {
				return err
			}
			p.RemoveTime = m.now
			if err := m.unlink(w, id); err != nil {
				return err
			}
			if err := w.RemovePrincipal(id, m.now, m.event(storage.PrincipalObject(id), 2, "delete_principal", []byte(`{"v":1}`), nil)); err != nil {
				return err
			}
		}
		out = p
		return nil
	})
	s.bearers.forget() // whatever became of it
	return principalPB(out), err
}

func principalPB(p storage.Principal) *pb.Principal {
	return &pb.Principal{
		Name: principalName(p), Role: pb.Principal_Role(pb.Principal_Role_value[string(p.Role)]),
		Removed: !p.RemoveTime.IsZero(), CreateTime: timestamppb.New(p.CreateTime), Person: p.Person,
	}
}

// Fresh reports whether an installation has no principal of its own yet.
func Fresh(ctx context.Context, store storage.Store) (fresh bool, err error) {
	err = store.View(ctx, func(r storage.Reader) error {
		list, err := r.Principals("")
		fresh = len(list) == 0
		return err
	})
	return fresh, err
}
