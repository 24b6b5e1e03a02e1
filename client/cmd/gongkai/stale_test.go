package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"gongkai/client/internal/grpctest"
	pb "gongkai/proto/disclosure/v1"
)

// changing are commands that replace what somebody else may change: what they read before,
// what they send then, the same where the user says what was seen, and where a call may be
// a repetition and must not change with what is read.
var changing = []struct {
	name                string
	args, seen          []string
	read                proto.Message
	sent, said, bare    proto.Message
	readWith, writeWith string
}{
	{
		"settings",
		[]string{"settings", "set", "--agency", "a", "lights.red=", "lights.yellow=7"},
		[]string{"--etag", "lights.red=x"},
		&pb.ListSettingsResponse{Settings: []*pb.Setting{{Key: "lights.green", Etag: "g"}, {Key: "lights.red", Etag: "r"}, {Key: "lights.yellow", Etag: "y"}}},
		&pb.UpdateSettingsRequest{Parent: "agencies/a", Values: map[string]string{"lights.red": "", "lights.yellow": "7"}, Etags: map[string]string{"lights.red": "r", "lights.yellow": "y"}},
		&pb.UpdateSettingsRequest{Parent: "agencies/a", Values: map[string]string{"lights.red": "", "lights.yellow": "7"}, Etags: map[string]string{"lights.red": "x"}},
		&pb.UpdateSettingsRequest{Parent: "agencies/a", Values: map[string]string{"lights.red": "", "lights.yellow": "7"}},
		"ListSettings", "UpdateSettings",
	},
	{
		"figures",
		[]string{"figure", "set", "--agency", "a", "--year", "2025", "1110=3", "1120=4"},
		[]string{"--previous", "1110=9"},
		&pb.ListFiguresResponse{Figures: []*pb.Figure{{Year: 2025, Code: "1110", Value: "2"}, {Year: 2025, Code: "1130", Value: "8"}}},
		&pb.SetFiguresRequest{Parent: "agencies/a", Figures: []*pb.Figure{{Year: 2025, Code: "1110", Value: "3", PreviousValue: new("2")}, {Year: 2025, Code: "1120", Value: "4", PreviousValue: new("")}}},
		&pb.SetFiguresRequest{Parent: "agencies/a", Figures: []*pb.Figure{{Year: 2025, Code: "1110", Value: "3", PreviousValue: new("9")}, {Year: 2025, Code: "1120", Value: "4"}}},
		&pb.SetFiguresRequest{Parent: "agencies/a", Figures: []*pb.Figure{{Year: 2025, Code: "1110", Value: "3"}, {Year: 2025, Code: "1120", Value: "4"}}},
		"ListFigures", "SetFigures",
	},
	{
		"narrative",
		[]string{"report", "narrative", "--agency", "a", "--year", "2025", "--set", "1=-"},
		[]string{"--etag", "x"},
		&pb.Narrative{Etag: "n"},
		&pb.SetNarrativeRequest{Parent: "agencies/a", Year: 2025, Chapters: map[int32]string{1: "{}"}, Etag: "n"},
		&pb.SetNarrativeRequest{Parent: "agencies/a", Year: 2025, Chapters: map[int32]string{1: "{}"}, Etag: "x"},
		&pb.SetNarrativeRequest{Parent: "agencies/a", Year: 2025, Chapters: map[int32]string{1: "{}"}},
		"GetNarrative", "SetNarrative",
	},
}

// A command that replaces something sends what it has read of it, so that a change that
// comes between is not lost: the service refuses, and the user is told.
func TestNothingIsReplacedUnseen(t *testing.T) {
	t.Parallel()
	for _, c := range changing {
		for _, way := range []struct {
			name  string
			more  []string
			sent  proto.Message
			reads bool
		}{
			{"read before", nil, c.sent, true},
			{"told by the user", c.seen, c.said, false},
			{"perhaps a repetition", []string{"--request-id", "i"}, c.bare, false},
		} {
			t.Run(c.name+", "+way.name, func(t *testing.T) {
				t.Parallel()
				server := grpctest.Serve(t, func(call grpctest.Call) ([]proto.Message, error) {
					if call.Method == c.readWith {
						return []proto.Message{c.read}, nil
					}
					return nil, status.Error(codes.Aborted, "changed meanwhile")
				})
				got := invoke(t, server, append(slices.Clone(c.args), way.more...)...)
				if got.code != exitState || got.stdout != "" || !strings.Contains(got.stderr, "changed meanwhile") {
					t.Errorf("got %+v", got)
				}
				var methods []string
				for _, call := range server.Calls() {
					methods = append(methods, call.Method)
				}
				want := []string{c.writeWith}
				if way.reads {
					want = []string{c.readWith, c.writeWith}
				}
				if !slices.Equal(methods, want) {
					t.Fatalf("called %q, want %q", methods, want)
				}
				sent := server.Calls()[len(want)-1].Requests[0]
				ignored := protocmp.IgnoreFields(sent, "request_id")
				if diff := cmp.Diff(way.sent, sent, protocmp.Transform(), ignored); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}
