package server

import (
	"context"
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
