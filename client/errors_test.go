package client_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/testing/protocmp"

	"gongkai/client"
	pb "gongkai/proto/disclosure/v1"
)

// refusal is an error as the service makes it.
func refusal() error {
	s, err := status.New(codes.InvalidArgument, "extension too long").WithDetails(
		&errdetails.ErrorInfo{Reason: "EXTENSION_TOO_LONG", Domain: "disclosure.gongkai", Metadata: map[string]string{"article": "33"}},
		&errdetails.LocalizedMessage{Locale: "zh-CN", Message: "延期最多20个工作日"},
		&errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{{Field: "actions[0].extend.workdays", Description: "1–20"}}},
	)
	if err != nil {
		panic(err)
	}
	return s.Err()
}

func TestErrors(t *testing.T) {
	t.Parallel()
	violations := []*errdetails.BadRequest_FieldViolation{{Field: "actions[0].extend.workdays", Description: "1–20"}}
	tests := []struct {
		name            string
		err             error
		reason, message string
		metadata        map[string]string
		violations      []*errdetails.BadRequest_FieldViolation
	}{
		{name: "none"},
		{name: "of another origin", err: errors.New("broken"), message: "broken"},
		{name: "status without details", err: status.Error(codes.Internal, "oops"), message: "oops"},
		{"refusal", refusal(), "EXTENSION_TOO_LONG", "延期最多20个工作日", map[string]string{"article": "33"}, violations},
		{"wrapped refusal", fmt.Errorf("act: %w", refusal()), "EXTENSION_TOO_LONG", "延期最多20个工作日", map[string]string{"article": "33"}, violations},
		{name: "wrapped status", err: fmt.Errorf("act: %w", status.Error(codes.Internal, "oops")), message: "oops"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := client.Reason(test.err); got != test.reason {
				t.Errorf("reason %q, want %q", got, test.reason)
			}
			if got := client.Message(test.err); got != test.message {
				t.Errorf("message %q, want %q", got, test.message)
			}
			if diff := cmp.Diff(test.metadata, client.Metadata(test.err)); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(test.violations, client.Violations(test.err), protocmp.Transform()); diff != "" {
				t.Error(diff)
			}
			if got := client.ReasonIs(test.err, pb.Reason_EXTENSION_TOO_LONG); got != (test.reason != "") {
				t.Errorf("ReasonIs gives %v", got)
			}
		})
	}
}
