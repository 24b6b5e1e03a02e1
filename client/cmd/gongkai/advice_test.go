package main

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	pb "gongkai/proto/disclosure/v1"
)

// TestConverse answers questions line by line, by number and by name, and says what a
// line means that is none.
func TestConverse(t *testing.T) {
	t.Parallel()
	questions := []*pb.Question{
		{Id: "handling", Text: "能否办理？", Article: "30", Choices: []*pb.Choice{{Id: "proceed", Text: "能"}, {Id: "unclear", Text: "不能"}}},
		{Id: "kind", Text: "要什么？", Article: "2, 39", Choices: []*pb.Choice{{Id: "information", Text: "信息"}, {Id: "petition", Text: "信访"}}},
	}
	for _, test := range []struct {
		name, input string
		want        map[string]string
		fails       bool
		stdout      string
	}{
		{"by number and by name", "1\npetition\n", map[string]string{"handling": "proceed", "kind": "petition"}, false, "建议依据  not_processed.petition"},
		{"a line that is none first", "9\n\n1\n2\n", map[string]string{"handling": "proceed", "kind": "petition"}, false, "《条例》第2、39条"},
		{"the end without a line break", "proceed\npetition", map[string]string{"handling": "proceed", "kind": "petition"}, false, "not_processed.petition"},
		{"no answer", "proceed\n", map[string]string{"handling": "proceed"}, true, "kind: 要什么？"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			a := &app{stdin: strings.NewReader(test.input), stdout: &stdout, stderr: &stderr, output: "table", lang: "zh"}
			answers := map[string]string{}
			err := a.converse(t.Context(), func(context.Context) (*pb.AdviseOutcomeResponse, error) {
				for _, q := range questions {
					if answers[q.GetId()] == "" {
						return &pb.AdviseOutcomeResponse{Question: q}, nil
					}
				}
				return &pb.AdviseOutcomeResponse{Proposal: &pb.Proposal{Basis: "not_processed.petition"}}, nil
			}, answers)
			if (err != nil) != test.fails {
				t.Errorf("error %v", err)
			}
			if diff := cmp.Diff(test.want, answers); diff != "" {
				t.Errorf("answers (-want +got):\n%s", diff)
			}
			if !strings.Contains(stdout.String(), test.stdout) {
				t.Errorf("%s does not say %q", stdout.String(), test.stdout)
			}
			if wrong := strings.Contains(test.input, "9"); wrong != strings.Contains(stderr.String(), "序号") {
				t.Errorf("stderr %q", stderr.String())
			}
		})
	}
}
