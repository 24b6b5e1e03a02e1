package server

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"

	"gongkai/storage"
)

// feedSuffix ends the address of a feed, by which calendar programs know what it is.
const feedSuffix = ".ics"

// feedPath is the address of a feed below the feed listener.
func feedPath(agency, id, token string) string {
	return "/feeds/" + url.PathEscape(agency) + "/" + id + "/" + token + feedSuffix
}

// Feeds answers GET /feeds/{agency}/{feed}/{token}.ics with the deadlines as iCalendar.
// The token in the address is all that a calendar program can show; so anything that is
// wrong with the address, a revoked feed and one that never was answer the same 404.
func (s *Server) Feeds() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /feeds/{agency}/{feed}/{file}", s.serveFeed)
	return mux
}

func (s *Server) serveFeed(w http.ResponseWriter, r *http.Request) {
	text, err := s.readFeed(r.Context(), r.PathValue("agency"), r.PathValue("feed"), r.PathValue("file"))
	switch {
	case errors.Is(err, storage.ErrNotFound):
		http.NotFound(w, r)
		return
	case err != nil:
		id := s.newID()
		s.log.Error("reading a feed", "id", id, "error", err) // never the address: it holds the token
		http.Error(w, "internal error "+id, http.StatusInternalServerError)
		return
	}
	sum := sha256.Sum256([]byte(text))
	tag := `"` + base64.RawURLEncoding.EncodeToString(sum[:18]) + `"`
	h := w.Header()
	h.Set("Content-Type", "text/calendar; charset=utf-8")
	h.Set("Content-Disposition", `inline; filename="gongkai.ics"`)
	h.Set("Cache-Control", "private, no-cache")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("ETag", tag)
	if matches(r.Header.Get("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Length", fmt.Sprint(len(text)))
	if _, err := io.WriteString(w, text); err != nil {
		s.log.Debug("sending a feed", "error", err)
	}
}

// matches reports whether an If-None-Match names a tag (RFC 9110, weak comparison).
func matches(header, tag string) bool {
	for given := range strings.SplitSeq(header, ",") {
		given = strings.TrimPrefix(strings.TrimSpace(given), "W/")
		if given == tag || given == "*" {
			return true
		}
	}
	return false
}

// readFeed is the calendar at an address; ErrNotFound for anything that is wrong with it.
func (s *Server) readFeed(ctx context.Context, agency, id, file string) (text string, err error) {
	token, ok := strings.CutSuffix(file, feedSuffix)
	if !ok {
		return "", storage.ErrNotFound
	}
	err = s.store.View(ctx, func(r storage.Reader) error {
		feed, err := feedAt(r, agency, id, token)
		if err != nil {
			return err
		}
		b, err := s.bench(ctx, r, agency)
		if err != nil {
			return err
		}
		text, err = b.feedCalendar(feed.Holder, s.today())
		return err
	})
	return text, err
}

// ServeFeeds answers for feeds alone on a listener of its own until ctx ends. secure tells
// that the listener speaks TLS; without it only loopback is served, because the token of a
// feed is part of what travels.
func (s *Server) ServeFeeds(ctx context.Context, l net.Listener, secure bool) error {
	if a, ok := l.Addr().(*net.TCPAddr); ok && !secure && !a.IP.IsLoopback() {
		return fmt.Errorf("serving feeds on %s: %w", a, ErrPlaintext)
	}
	return s.serveHTTP(ctx, l, s.Feeds())
}
