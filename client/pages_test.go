package client_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"gongkai/client"
	"gongkai/client/internal/grpctest"
	pb "gongkai/proto/disclosure/v1"
)

// pages answers with page n for token n, and an error or a loop after the last.
func pages(last string, pages ...[]string) grpctest.Answer {
	return func(call grpctest.Call) ([]proto.Message, error) {
		n := 0
		token := call.Requests[0].(*pb.ListApplicationsRequest).GetPageToken()
		if token != "" {
			if _, err := fmt.Sscanf(token, "%d", &n); err != nil {
				return nil, status.Error(codes.InvalidArgument, token)
			}
		}
		if n == len(pages) {
			return nil, status.Error(codes.Internal, "broken")
		}
		page := &pb.ListApplicationsResponse{NextPageToken: fmt.Sprint(n + 1)}
		if n == len(pages)-1 {
			page.NextPageToken = last
		}
		for _, number := range pages[n] {
			page.Applications = append(page.Applications, &pb.Application{ApplicationNo: number})
		}
		return []proto.Message{page}, nil
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		answer grpctest.Answer
		start  string
		stop   int
		want   []string
		calls  int
		err    error
		code   codes.Code
	}{
		{name: "empty", answer: pages("", nil), calls: 1},
		{name: "three pages, one empty", answer: pages("", []string{"1", "2"}, nil, []string{"3"}), want: []string{"1", "2", "3"}, calls: 3},
		{name: "from a token on", answer: pages("", []string{"1"}, []string{"2"}), start: "1", want: []string{"2"}, calls: 1},
		{name: "stopped early", answer: pages("", []string{"1", "2"}, []string{"3"}), stop: 2, want: []string{"1", "2"}, calls: 1},
		{name: "error after a page", answer: pages("2", []string{"1"}, []string{"2"}), want: []string{"1", "2"}, calls: 3, code: codes.Internal},
		{name: "page that follows itself", answer: pages("1", []string{"1"}, []string{"2"}), want: []string{"1", "2"}, calls: 2, err: client.ErrPageLoop},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server := grpctest.Serve(t, test.answer)
			c := dial(t, server.Address)
			request := &pb.ListApplicationsRequest{Parent: "agencies/a", PageToken: test.start}
			var got []string
			var failed error
			for application, err := range client.List(t.Context(), c.Applications.ListApplications, request, (*pb.ListApplicationsResponse).GetApplications) {
				if err != nil {
					failed = err
					continue
				}
				if got = append(got, application.GetApplicationNo()); len(got) == test.stop {
					break
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if test.err != nil && !errors.Is(failed, test.err) || test.err == nil && status.Code(failed) != test.code {
				t.Errorf("got error %v", failed)
			}
			if len(server.Calls()) != test.calls {
				t.Errorf("%d calls, want %d", len(server.Calls()), test.calls)
			}
			if request.GetPageToken() != test.start {
				t.Error("the request of the caller was changed")
			}
		})
	}
}
