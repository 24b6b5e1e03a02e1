package server

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
)

// mutation is a call that changes the register once, however often it is sent.
type mutation struct {
	agency    string
	actor     string
	requestID string
	hash      []byte
	now       time.Time
	year      int // the current one
}

// mutate begins a mutating call on the register of an agency. The hash covers all that
// was sent, so that a request id comes back with the same content only.
func (s *Server) mutate(ctx context.Context, agency, requestID string, req proto.Message) (mutation, error) {
	m := mutation{agency: agency, actor: callOf(ctx).person().Name, requestID: requestID, now: s.now(), year: s.today().Year()}
	if requestID == "" {
		return m, nil
	}
	id, err := uuid.Parse(requestID)
	if err != nil || len(requestID) != len(uuid.Nil.String()) {
		return m, invalid("request_id", "request_id应为UUID，收到“%s”", "request_id must be a UUID, got %q", requestID)
	}
	m.requestID = id.String()
	raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(req)
	if err != nil {
		return m, fmt.Errorf("hashing the request: %w", err)
	}
	sum := sha256.Sum256(append([]byte(req.ProtoReflect().Descriptor().FullName()+"\x00"), raw...))
	m.hash = sum[:]
	return m, nil
}

// done finds the event that this request recorded before; nil if it is new.
func (m mutation) done(r storage.Reader) (*storage.Event, error) {
	if m.requestID == "" {
		return nil, nil //nolint:nilnil // no event is the answer
	}
	e, err := r.EventByRequest(m.agency, m.requestID)
	if errors.Is(err, storage.ErrNotFound) {
		return nil, nil //nolint:nilnil // no event is the answer
	}
	if err != nil {
		return nil, err
	}
	if e.Actor != m.actor || subtle.ConstantTimeCompare(e.RequestHash, m.hash) != 1 {
		return nil, failf(pb.Reason_REQUEST_ID_REUSED, "request_id %s已用于其他内容的请求；请换用新的UUID", "request_id %s was used with other content; take a new UUID", m.requestID)
	}
	return &e, nil
}

// event makes the record of an act on an object. mark puts the request id on it: of
// several events of one request the last carries it.
func (m mutation) event(object string, revision int64, action string, facts, personal []byte) storage.Event {
	return storage.Event{
		Agency: m.agency, Object: object, Revision: revision, Time: m.now, Actor: m.actor, Action: action,
		Facts: facts, Personal: personal,
	}
}

func (m mutation) mark(e storage.Event) storage.Event {
	e.RequestID, e.RequestHash = m.requestID, m.hash
	return e
}

// etag is that of an object at a revision.
func etag(revision int64) string { return `"` + strconv.FormatInt(revision, 10) + `"` }

// checkEtag refuses to act on what the caller has not seen.
func checkEtag(given string, revision int64) error {
	if given == "" || strings.TrimPrefix(given, "W/") == etag(revision) {
		return nil
	}
	return storage.ErrStale
}
