package server

import (
	"context"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/types/known/timestamppb"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
)

// feedPrefix begins the names of feeds in the history of their agency. A feed has no row
// of its own: it is what its newest event says.
const feedPrefix = "feed/"

// maxFeeds is how many feeds an agency may ever create. Revoked ones count, because
// their numbers are never given again.
const maxFeeds = 1000

// feedFacts is what a feed became. The token itself is known to its subscriber alone.
type feedFacts struct {
	Version int    `json:"v"`
	Holder  string `json:"holder,omitempty"`
	Token   string `json:"token"` // SHA-256, in hexadecimal
	Creator string `json:"creator"`
	Created int64  `json:"created"` // microseconds since 1970
	Revoked bool   `json:"revoked,omitempty"`
}

// opens compares a token in a time that does not tell how much of it was right.
func (f *feedFacts) opens(token string) bool {
	want, err := hex.DecodeString(f.Token)
	return err == nil && subtle.ConstantTimeCompare(hashOf(token), want) == 1
}

func feedName(agency, id string) string { return agencyName(agency) + "/feeds/" + id }

func feedPB(agency, id string, f feedFacts) *pb.Feed {
	return &pb.Feed{
		Name: feedName(agency, id), Holder: f.Holder, Revoked: f.Revoked, Actor: f.Creator,
		CreateTime: &timestamppb.Timestamp{Seconds: f.Created / 1e6, Nanos: int32(f.Created % 1e6 * 1e3)},
	}
}

// CreateFeed creates a feed and returns its path with the token, the only time it is seen.
func (s *Server) CreateFeed(ctx context.Context, req *pb.CreateFeedRequest) (*pb.Feed, error) {
	agency, err := parentAgency("parent", req.GetParent())
	if err != nil {
		return nil, err
	}
	if err := checkText("holder", req.GetHolder(), maxShort, false); err != nil {
		return nil, err
	}
	m, err := s.mutate(ctx, agency, req.GetRequestId(), req)
	if err != nil {
		return nil, err
	}
	token := NewToken()
	facts := feedFacts{
		Version: 1, Holder: strings.TrimSpace(req.GetHolder()), Token: hex.EncodeToString(hashOf(token)),
		Creator: m.actor, Created: m.now.UnixMicro(),
	}
	var out *pb.Feed
	err = s.update(ctx, agency, func(w storage.Writer) error {
		if before, err := m.done(w); err != nil || before != nil {
			return errors.Join(err, tokenShown(before))
		}
		list, err := w.Latest(agency, feedPrefix, "", maxFeeds)
		if err != nil {
			return err
		}
		if len(list) == maxFeeds {
			return failf(pb.Reason_OVERLOADED, "本机关已建立%d个日历订阅，不能再建", "the agency has created %d feeds and can create no more", maxFeeds)
		}
		id := strconv.Itoa(len(list) + 1)
		if _, err := m.keep(w, feedPrefix+id, "create_feed", nil, facts); err != nil {
			return err
		}
		out = feedPB(agency, id, facts)
		out.Path = feedPath(agency, id, token)
		return nil
	})
	return out, err
}

// tokenShown refuses a request that created a feed already: its token cannot be shown
// again, and another feed was not asked for.
func tokenShown(before *storage.Event) error {
	if before == nil {
		return nil
	}
	return failf(pb.Reason_REQUEST_ID_REUSED, "该请求已建立日历订阅%s，其令牌只显示一次；如已丢失，请撤销后重新建立",
		"this request created %s, whose token is shown once; if it is lost, revoke that feed and create another", before.Object)
}

// ListFeeds lists the feeds of an agency, revoked ones too, in the order of creation.
func (s *Server) ListFeeds(ctx context.Context, req *pb.ListFeedsRequest) (*pb.ListFeedsResponse, error) {
	agency, err := parentAgency("parent", req.GetParent())
	if err != nil {
		return nil, err
	}
	out := &pb.ListFeedsResponse{}
	err = s.store.View(ctx, func(r storage.Reader) error {
		out.Reset()
		if _, err := r.Agency(agency); err != nil {
			return err
		}
		list, err := r.Latest(agency, feedPrefix, "", maxFeeds)
		if err != nil {
			return err
		}
		for i := range list {
			var f feedFacts
			if err := decodeFacts(&list[i], &f); err != nil {
				return err
			}
			out.Feeds = append(out.Feeds, feedPB(agency, strings.TrimPrefix(list[i].Object, feedPrefix), f))
		}
		return nil
	})
	slices.SortFunc(out.GetFeeds(), func(a, b *pb.Feed) int { return numberedLike(a.GetName(), b.GetName()) })
	return out, err
}

// numberedLike orders names that differ in the number at their end alone.
func numberedLike(a, b string) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}

// DeleteFeed revokes a feed. Revoking it again changes nothing.
func (s *Server) DeleteFeed(ctx context.Context, req *pb.DeleteFeedRequest) (*pb.Feed, error) {
	agency, id, ok := child(req.GetName(), "feeds")
	if !ok {
		return nil, invalid("name", "name应为agencies/{机关}/feeds/{订阅}，收到“%s”", "name must be agencies/{agency}/feeds/{feed}, got %q", req.GetName())
	}
	m, err := s.mutate(ctx, agency, "", req)
	if err != nil {
		return nil, err
	}
	var out *pb.Feed
	err = s.update(ctx, agency, func(w storage.Writer) error {
		facts, before, err := feedOf(w, agency, id)
		if err != nil {
			return err
		}
		if !facts.Revoked {
			facts.Revoked = true
			if _, err := m.keep(w, feedPrefix+id, "revoke_feed", before, facts); err != nil {
				return err
			}
		}
		out = feedPB(agency, id, facts)
		return nil
	})
	return out, err
}

// feedOf reads a feed by its number.
func feedOf(r storage.Reader, agency, id string) (feedFacts, *storage.Event, error) {
	if n, err := strconv.Atoi(id); err != nil || n < 1 || n > maxFeeds || strconv.Itoa(n) != id {
		return feedFacts{}, nil, storage.ErrNotFound
	}
	f, e, err := kept[feedFacts](r, agency, feedPrefix+id)
	if err == nil && e == nil {
		err = storage.ErrNotFound
	}
	return f, e, err
}

// feedAt finds the feed that a path opens; ErrNotFound for anything wrong with it, also
// where whoever created it has been removed since: whoever left must not read on.
func feedAt(r storage.Reader, agency, id, token string) (feedFacts, error) {
	if !utf8.ValidString(agency) || strings.ContainsRune(agency, 0) {
		return feedFacts{}, storage.ErrNotFound
	}
	f, _, err := feedOf(r, agency, id)
	if err != nil {
		return f, err
	}
	if !f.opens(token) || f.Revoked {
		return f, storage.ErrNotFound
	}
	home, who, err := principalIn(f.Creator)
	if err != nil {
		return f, storage.ErrNotFound
	}
	p, err := r.Principal(home, who)
	if err == nil && !p.RemoveTime.IsZero() {
		err = storage.ErrNotFound
	}
	return f, err
}
