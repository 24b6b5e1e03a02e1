package server

import (
	"context"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/workflow"
)

// queueOf is the queue of one application: its entry if it is open, else nothing.
func (s *Server) queueOf(ctx context.Context, agency, name string, on workflow.Date) (*pb.ListQueueResponse, error) {
	if agencyIn(name) != agency {
		return nil, notFound()
	}
	out := &pb.ListQueueResponse{}
	err := s.inspect(ctx, name, func(b *bench, a *workflow.Application) error {
		out.Reset()
		out.OnDate = on.String()
		if a.State.Open() {
			row := queueRow{a, b.rules.Watch(on).Standing(a)}
			out.Entries = append(out.Entries, queueEntry(agency, row, callOf(ctx).lang))
		}
		return nil
	})
	return out, err
}
