package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"sync/atomic"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/tap"

	"gongkai/server/access"
)

// todayHeader says the day of a test clock in every answer.
const todayHeader = "gongkai-today"

// tap authenticates a call from its headers, so that nobody without a token gets a message
// read, which may be large or never end, and refuses what comes too late or too often. It
// runs while the connection waits.
func (s *Server) tap(ctx context.Context, info *tap.Info) (context.Context, error) {
	if openService(serviceOf(info.FullMethodName)) {
		return ctx, nil
	}
	if err := tooLate(ctx); err != nil {
		return ctx, s.statusOf(ctx, err)
	}
	if rule := s.rules[info.FullMethodName]; rule.Allows(access.Stranger) {
		return ctx, nil
	}
	b, err := s.authenticate(ctx)
	if err == nil {
		s.welcome(ctx, principalKey(b.principal))
		err = s.limits.quotas.spend(principalKey(b.principal))
	}
	if err != nil {
		return ctx, s.statusOf(ctx, err)
	}
	return context.WithValue(ctx, admittedKey{}, b), nil
}

// welcome tells the door that a connection has shown a token.
func (s *Server) welcome(ctx context.Context, who string) {
	p, ok := peer.FromContext(ctx)
	if !ok {
		return
	}
	at := &s.door
	if _, within := p.Addr.(insideAddress); within {
		at = &s.webDoor
	}
	if d := at.Load(); d != nil {
		d.welcome(remoteAddress(ctx), who)
	}
}

// unary is the one chain that every call passes: recover, read, authenticate, access
// table, deadline, admission, handler, record, error table.
func (s *Server) unary(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (resp any, err error) {
	if openService(serviceOf(info.FullMethod)) {
		return next(ctx, req)
	}
	asked := ctx // a deadline set below is over once a handler panicked
	defer func() {
		if p := recover(); p != nil {
			resp, err = nil, s.statusOf(asked, s.panicked(asked, info.FullMethod, p))
		}
	}()
	if !s.fixedToday.IsZero() {
		if err := grpc.SetHeader(ctx, metadata.Pairs(todayHeader, s.fixedToday.String())); err != nil {
			return nil, s.statusOf(ctx, fmt.Errorf("setting the header: %w", err))
		}
	}
	if err := unreadable(req); err != nil {
		return nil, s.statusOf(ctx, err)
	}
	ctx, cancel := withDeadline(ctx)
	defer cancel()
	c, err := s.admit(ctx, info.FullMethod, req)
	if err != nil {
		return nil, s.statusOf(ctx, s.refused(ctx, c, req, err))
	}
	ctx = context.WithValue(ctx, callKey{}, c)
	leave, err := s.limits.enter(ctx, c)
	if err != nil {
		return nil, s.statusOf(ctx, err)
	}
	defer leave()
	if err := s.onCalendar(ctx, func(md metadata.MD) error { return grpc.SetHeader(ctx, md) }); err != nil {
		return nil, s.statusOf(ctx, err)
	}
	resp, err = next(ctx, req)
	if err = s.answered(ctx, c, req, err); err != nil {
		return nil, s.statusOf(ctx, err)
	}
	return resp, nil
}

// refused records what the access table or the walls between agencies refused. That is a
// write, for which the caller waits his turn as for any other: what he may not do must not
// fill the way of those who may.
func (s *Server) refused(ctx context.Context, c call, req any, err error) error {
	if c.principal.ID == "" {
		return err
	}
	leave, full := s.limits.enter(ctx, c)
	if full != nil {
		return full
	}
	defer leave()
	return s.answered(ctx, c, req, err)
}

// stream is the same chain for streams. The agency that a stream is about stands in its
// first message, which the handler reads and asks about.
func (s *Server) stream(srv any, ss grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) (err error) {
	if openService(serviceOf(info.FullMethod)) {
		return next(srv, ss)
	}
	ctx := ss.Context()
	defer func() {
		if p := recover(); p != nil {
			err = s.statusOf(ctx, s.panicked(ctx, info.FullMethod, p))
		}
	}()
	if !s.fixedToday.IsZero() {
		if err := ss.SetHeader(metadata.Pairs(todayHeader, s.fixedToday.String())); err != nil {
			return s.statusOf(ctx, fmt.Errorf("setting the header: %w", err))
		}
	}
	rule := s.rules[info.FullMethod]
	at := rule.Agency
	rule.Agency = ""
	c, err := s.admitRule(ctx, rule, nil)
	if err != nil {
		ctx, cancel := withDeadline(ctx)
		defer cancel()
		return s.statusOf(ctx, s.refused(ctx, c, nil, err))
	}
	if err := s.onCalendar(ctx, ss.SetHeader); err != nil {
		return s.statusOf(ctx, err)
	}
	leave, err := s.limits.enter(ctx, c)
	if err != nil {
		return s.statusOf(ctx, err)
	}
	defer leave()
	c.rule.Agency = at
	ctx = context.WithValue(ctx, callKey{}, c)
	err = next(srv, &readStream{ServerStream: ss, ctx: ctx, server: s, call: c})
	return s.statusOf(ctx, s.answered(ctx, c, nil, err))
}

// readStream checks each message that comes in: that it could be read, and, where the
// table names a field of the request, that its agency is within reach.
type readStream struct {
	grpc.ServerStream
	ctx    context.Context //nolint:containedctx // grpc hands the context of a stream over this way
	server *Server
	call   call
	asked  atomic.Int64 // when its sign-in was last asked about
}

func (r *readStream) Context() context.Context { return r.ctx }

func (r *readStream) RecvMsg(m any) error {
	if err := r.server.limits.within(r.ServerStream.Context(), func() error { return r.ServerStream.RecvMsg(m) }); err != nil {
		return err
	}
	if err := errors.Join(r.lasts(), unreadable(m)); err != nil {
		return err
	}
	return r.server.reachIn(r.ctx, r.call, m)
}

// SendMsg sends a message once what it shows is recorded.
func (r *readStream) SendMsg(m any) error {
	if err := r.lasts(); err != nil {
		return err
	}
	if err := r.server.recordShown(r.ctx, r.call); err != nil {
		return err
	}
	return r.server.limits.within(r.ServerStream.Context(), func() error { return r.ServerStream.SendMsg(m) })
}

func (s *Server) panicked(ctx context.Context, method string, p any) error {
	s.log.LogAttrs(ctx, slog.LevelError, "panic", slog.String("method", method), slog.String("stack", string(debug.Stack())))
	return fmt.Errorf("handling %s: panic: %v", method, p)
}

func serviceOf(method string) string {
	service, _, _ := strings.Cut(strings.TrimPrefix(method, "/"), "/")
	return service
}
