package client

import (
	"context"
	"errors"
	"iter"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// ErrPageLoop is yielded when the service names the page it just sent as the next one.
var ErrPageLoop = errors.New("the next page token is that of the page itself")

// PageRequest is the request of a List method.
type PageRequest interface {
	proto.Message
	GetPageToken() string
}

// PageResponse is its answer.
type PageResponse interface {
	proto.Message
	GetNextPageToken() string
}

// List walks all pages of a List method and yields what they hold, in order:
//
//	for application, err := range client.List(ctx, c.Applications.ListApplications,
//		&pb.ListApplicationsRequest{Parent: "agencies/a"}, (*pb.ListApplicationsResponse).GetApplications) {
//
// It begins at the page token of the request, which stays as it is. An error is yielded
// last, with a zero item; a page is asked for only once the one before is used up.
func List[Q PageRequest, P PageResponse, T any](
	ctx context.Context,
	call func(context.Context, Q, ...grpc.CallOption) (P, error),
	request Q,
	items func(P) []T,
) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		request := proto.CloneOf(request)
		for {
			page, err := call(ctx, request)
			if err != nil {
				yield(none, err)
				return
			}
			for _, item := range items(page) {
				if !yield(item, nil) {
					return
				}
			}
			next := page.GetNextPageToken()
			switch next {
			case "":
				return
			case request.GetPageToken():
				yield(none, ErrPageLoop)
				return
			}
			m := request.ProtoReflect()
			m.Set(m.Descriptor().Fields().ByName("page_token"), protoreflect.ValueOfString(next))
		}
	}
}
