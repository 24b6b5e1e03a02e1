package server

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage/sqlite"
)

// TestPanicIsInternal: a handler that panics answers INTERNAL, although the deadline that
// the service set for it is over by then.
func TestPanicIsInternal(t *testing.T) {
	store, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "gongkai.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	token := NewToken()
	if _, err := FirstAdministrator(t.Context(), store, token, time.Now()); err != nil {
		t.Fatal(err)
	}
	s, err := New(Config{Store: store, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx := metadata.NewIncomingContext(t.Context(), metadata.Pairs("authorization", "Bearer "+token))
	info := &grpc.UnaryServerInfo{FullMethod: pb.CalendarService_GetDay_FullMethodName}
	_, err = s.unary(ctx, &pb.GetDayRequest{}, info, func(context.Context, any) (any, error) { panic("no handler does this") })
	if status.Code(err) != codes.Internal {
		t.Errorf("got %v", err)
	}
}

// TestReadingTooLong: a View that was ended by its own bound is no fault of the service, and
// says what may help; the caller's own deadline stays what it is.
func TestReadingTooLong(t *testing.T) {
	s := &Server{log: slog.New(slog.DiscardHandler)}
	read := fmt.Errorf("list applications: %w", context.DeadlineExceeded)
	if got := status.Code(s.statusOf(t.Context(), read)); got != codes.ResourceExhausted {
		t.Errorf("by the bound of a View: %v", got)
	}
	ctx, stop := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer stop()
	if got := status.Code(s.statusOf(ctx, read)); got != codes.DeadlineExceeded {
		t.Errorf("by the caller's deadline: %v", got)
	}
}
