package main

import (
	"errors"
	"iter"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rivo/uniseg"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"pgregory.net/rapid"

	"gongkai/client/internal/grpctest"
	pb "gongkai/proto/disclosure/v1"
)

// TestWrapped: no line is too long, and nothing but blanks at a break is lost.
func TestWrapped(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.SampledFrom([]rune("ab c答复期限，。2026-"))).Draw(t, "text")
		width := rapid.IntRange(2, 40).Draw(t, "width")
		lines := wrapped(text, width)
		for _, line := range lines {
			if uniseg.StringWidth(line) > width {
				t.Fatalf("%q is wider than %d", line, width)
			}
		}
		bare := func(s string) string { return strings.ReplaceAll(s, " ", "") }
		if got := bare(strings.Join(lines, "")); got != bare(text) {
			t.Fatalf("%q became %q", text, lines)
		}
	})
	want := []string{"the last day is", "2026-06-30: reply", "now"}
	if diff := cmp.Diff(want, wrapped("the last day is 2026-06-30: reply now", 18)); diff != "" {
		t.Error(diff)
	}
}

// TestDailyListIsSafeToPrint: what a name or number holds moves no cursor and no line
// outgrows the paper.
func TestDailyListIsSafeToPrint(t *testing.T) {
	t.Parallel()
	entry := &pb.QueueEntry{
		ApplicationNo: "2026-1\x1b[2J" + strings.Repeat("长", 60), Holder: "科\u202e室", State: pb.Application_RECEIVED, Risk: pb.QueueEntry_OVERDUE,
		Light: pb.QueueEntry_BLACK, RiskDate: "2026-06-02", WorkdaysLeft: -3, Advice: strings.Repeat("请立即答复", 40),
		Deadline: &pb.Deadline{Provisional: true},
	}
	server := grpctest.Serve(t, answers(&pb.ListQueueResponse{OnDate: "2026-06-30", Entries: []*pb.QueueEntry{entry, {Risk: pb.QueueEntry_NONE, Light: pb.QueueEntry_GREEN}}}))
	for _, lang := range []string{"zh", "en"} {
		got := invoke(t, server, "due", "--agency", "a", "--risk", "--print", "--lang", lang)
		if got.code != 0 || strings.ContainsAny(got.stdout, "\x1b\u202e") {
			t.Fatalf("got %+v", got)
		}
		for line := range strings.SplitSeq(got.stdout, "\n") {
			if uniseg.StringWidth(line) > paperWidth {
				t.Errorf("%q is wider than the paper", line)
			}
		}
		for _, word := range map[string][]string{"zh": {"星期二", "已过3个工作日", "暂定", "其余在办 1 件", "黑牌 1"}, "en": {"Tuesday", "3 workdays over", "provisional", "1 more", "black 1"}}[lang] {
			if !strings.Contains(got.stdout, word) {
				t.Errorf("no %q in\n%s", word, got.stdout)
			}
		}
	}
	empty := grpctest.Serve(t, answers(&pb.ListQueueResponse{OnDate: "2026-06-30"}))
	if got := invoke(t, empty, "due", "--agency", "a", "--risk", "--print"); !strings.Contains(got.stdout, "今日没有需要办理的申请") {
		t.Errorf("got %+v", got)
	}
}

// TestDailyListPassesErrors: a list that breaks off is not printed as if it were whole.
func TestDailyListPassesErrors(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	a := &app{stdout: &out, lang: "zh"}
	broken := errors.New("broken off")
	rows := iter.Seq2[*pb.QueueEntry, error](func(yield func(*pb.QueueEntry, error) bool) {
		if yield(&pb.QueueEntry{Risk: pb.QueueEntry_OVERDUE}, nil) {
			yield(nil, broken)
		}
	})
	if err := a.dailyList("a", new("2026-06-30"), rows); !errors.Is(err, broken) || out.Len() != 0 {
		t.Errorf("%v, %q", err, out.String())
	}
}

// TestQueueRequests checks what the commands ask for.
func TestQueueRequests(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		args   []string
		want   proto.Message
		answer proto.Message
	}{
		{
			"queue of a holder",
			[]string{"due", "--agency", "a", "--risk", "--holder", "规划科", "--on", "2026-03-02"},
			&pb.ListQueueRequest{Parent: "agencies/a", Holder: "规划科", OnDate: "2026-03-02", PageSize: pageSize}, &pb.ListQueueResponse{},
		},
		{"workload", []string{"workload", "--agency", "a", "--on", "2026-03-02"}, &pb.ListWorkloadRequest{Parent: "agencies/a", OnDate: "2026-03-02"}, &pb.ListWorkloadResponse{}},
		{"late", []string{"late", "--agency", "a", "--year", "2025"}, &pb.ListLateRequest{Parent: "agencies/a", Year: 2025, PageSize: pageSize}, &pb.ListLateResponse{}},
		{"feed", []string{"feed", "create", "--agency", "a", "--holder", "规划科", "--request-id", "i"}, &pb.CreateFeedRequest{Parent: "agencies/a", Holder: "规划科", RequestId: "i"}, &pb.Feed{}},
		{"feeds", []string{"feed", "list", "--agency", "a"}, &pb.ListFeedsRequest{Parent: "agencies/a"}, &pb.ListFeedsResponse{}},
		{"end of a feed", []string{"feed", "revoke", "3", "--agency", "a"}, &pb.DeleteFeedRequest{Name: "agencies/a/feeds/3"}, &pb.Feed{}},
		{"end of a feed by its name", []string{"feed", "revoke", "agencies/b/feeds/3"}, &pb.DeleteFeedRequest{Name: "agencies/b/feeds/3"}, &pb.Feed{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			server := grpctest.Serve(t, answers(test.answer))
			if got := invoke(t, server, test.args...); got.code != 0 {
				t.Fatalf("got %+v", got)
			}
			if diff := cmp.Diff(test.want, server.Calls()[0].Requests[0], protocmp.Transform()); diff != "" {
				t.Error(diff)
			}
		})
	}
}
