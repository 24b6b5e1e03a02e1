package server_test

import (
	"context"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server"
	"gongkai/workflow"
)

// receipt asks for a receipt of the open case, in place of a letter if one is named.
func (f *filing) receipt(replaces string) *pb.IssueLetterRequest {
	return &pb.IssueLetterRequest{
		Name: f.open, Kind: "receipt", RequestId: uuid.NewString(), Fields: map[string]string{"received_items": "申请表1份"}, Replaces: replaces,
	}
}

// withdrawn takes a letter back.
func (f *filing) withdrawn(t *testing.T, l *pb.Letter) {
	t.Helper()
	if _, err := f.files.WithdrawAttachment(t.Context(), &pb.WithdrawAttachmentRequest{Name: l.GetAttachment(), Reason: "日期写错，尚未送达"}); err != nil {
		t.Fatal(err)
	}
}

// TestLetterInPlaceOfAnother: a letter that is mended before it goes out keeps its number,
// which one letter at a time bears, and the series has no gap.
func TestLetterInPlaceOfAnother(t *testing.T) {
	onEngines(t, func(t *testing.T, f *filing) {
		c := writing(t, f)
		issue := func(req *pb.IssueLetterRequest, number string) *pb.Letter {
			t.Helper()
			l, err := c.IssueLetter(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			if l.GetDocumentNo() != number || l.GetReplaces() != req.GetReplaces() {
				t.Fatalf("%s in place of %q, want %s", l.GetDocumentNo(), l.GetReplaces(), number)
			}
			return l
		}
		refused := func(req *pb.IssueLetterRequest, code codes.Code, reason pb.Reason, says string) {
			t.Helper()
			_, err := c.IssueLetter(t.Context(), req)
			if got := wantRefusal(t, err, code, reason); got.field != "replaces" || !strings.Contains(got.en, says) {
				t.Errorf("refused at %q: %s", got.field, got.en)
			}
		}
		const first, second, third = "某教公开收〔2026〕1号", "某教公开收〔2026〕2号", "某教公开收〔2026〕3号"
		faulty := issue(f.receipt(""), first)
		issue(f.receipt(""), second)
		refused(f.receipt(faulty.GetName()), codes.FailedPrecondition, pb.Reason_LETTER_NOT_POSSIBLE, "is not withdrawn")
		f.withdrawn(t, faulty)
		preview, err := c.PreviewLetter(t.Context(), &pb.PreviewLetterRequest{Name: f.open, Kind: "receipt", Replaces: faulty.GetName()})
		if err != nil || preview.GetDocumentNo() != first {
			t.Errorf("the preview bears %q: %v", preview.GetDocumentNo(), err)
		}
		req := f.receipt(faulty.GetName())
		tried := f.receipt(faulty.GetName())
		tried.ValidateOnly = true
		issue(tried, first)
		mended := issue(req, first)
		if again := issue(req, first); again.GetName() != mended.GetName() {
			t.Errorf("sent again it is %s, want %s", again.GetName(), mended.GetName())
		}
		issue(f.receipt(""), third)
		refused(f.receipt(faulty.GetName()), codes.FailedPrecondition, pb.Reason_LETTER_NOT_POSSIBLE, "another letter took over")
		f.withdrawn(t, mended)
		refused(f.receipt(faulty.GetName()), codes.FailedPrecondition, pb.Reason_LETTER_NOT_POSSIBLE, "another letter took over")
		last := issue(f.receipt(mended.GetName()), first)
		out, err := c.ListLetters(t.Context(), &pb.ListLettersRequest{Parent: f.open})
		list := out.GetLetters()
		if err != nil || len(list) != 5 || list[4].GetName() != last.GetName() || list[4].GetReplaces() != mended.GetName() || list[0].GetReplaces() != "" {
			t.Errorf("the list is %v: %v", list, err)
		}
		verified(t, f.store)
	})
}

// TestLetterInPlaceOfNone: what cannot be replaced is refused, and takes no number.
func TestLetterInPlaceOfNone(t *testing.T) {
	f := newFiling(t, nil)
	c := writing(t, f)
	faulty, err := c.IssueLetter(t.Context(), f.receipt(""))
	if err != nil {
		t.Fatal(err)
	}
	f.withdrawn(t, faulty)
	reply, err := c.IssueLetter(t.Context(), f.refusal())
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := f.register(t, handedOver("2026-06-10")).GetName()
	for _, tt := range []struct {
		name   string
		change func(*pb.IssueLetterRequest)
		code   codes.Code
		reason pb.Reason
	}{
		{"no name", func(r *pb.IssueLetterRequest) { r.Replaces = "3" }, codes.InvalidArgument, pb.Reason_FIELD_INVALID},
		{"none", func(r *pb.IssueLetterRequest) { r.Replaces = "agencies/own/letters/999" }, codes.NotFound, pb.Reason_RESOURCE_NOT_FOUND},
		{"no id", func(r *pb.IssueLetterRequest) { r.Replaces = "agencies/own/letters/x" }, codes.NotFound, pb.Reason_RESOURCE_NOT_FOUND},
		{"of another agency", func(r *pb.IssueLetterRequest) { r.Replaces = strings.Replace(faulty.GetName(), "/own/", "/other/", 1) }, codes.NotFound, pb.Reason_RESOURCE_NOT_FOUND},
		{"of another case", func(r *pb.IssueLetterRequest) { r.Name = elsewhere }, codes.NotFound, pb.Reason_RESOURCE_NOT_FOUND},
		{"of another kind", func(r *pb.IssueLetterRequest) { r.Replaces = reply.GetName() }, codes.InvalidArgument, pb.Reason_FIELD_INVALID},
		{"by a reply", func(r *pb.IssueLetterRequest) { r.Kind, r.Basis, r.Fields = "reply", "refused.internal_affairs", nil }, codes.InvalidArgument, pb.Reason_FIELD_INVALID},
		{"by what bears no number", func(r *pb.IssueLetterRequest) { r.Kind, r.Fields = "approval", nil }, codes.InvalidArgument, pb.Reason_FIELD_INVALID},
	} {
		t.Run(tt.name, func(t *testing.T) {
			req := f.receipt(faulty.GetName())
			tt.change(req)
			_, err := c.IssueLetter(t.Context(), req)
			if got := wantRefusal(t, err, tt.code, tt.reason); got.field != "replaces" {
				t.Errorf("refused at %q: %s", got.field, got.en)
			}
		})
	}
	if l, err := c.IssueLetter(t.Context(), f.receipt("")); err != nil || l.GetDocumentNo() != "某教公开收〔2026〕2号" {
		t.Errorf("the next letter bears %q: %v", l.GetDocumentNo(), err)
	}
}

// another is an officer's connection to a second server on the register, which knows nothing
// of what the first is about to issue.
func (f *filing) another(t *testing.T) *grpc.ClientConn {
	t.Helper()
	s, err := server.New(server.Config{
		Store: f.store, Now: time.Now, Today: day(t, today), Log: slog.New(slog.DiscardHandler), Attachments: server.Attachments{Blobs: f.blobs},
	})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("serving: %v", err)
		}
	})
	there := &env{t: t, store: f.store, target: l.Addr().String(), admin: f.admin, serials: 1000}
	return there.conn(t, workflow.Officer, "own")
}

// TestLetterReplacedAtOnce: of many that would take over one number, at two servers, one does.
func TestLetterReplacedAtOnce(t *testing.T) {
	onEngines(t, func(t *testing.T, f *filing) {
		c := writing(t, f)
		faulty, err := c.IssueLetter(t.Context(), f.receipt(""))
		if err != nil {
			t.Fatal(err)
		}
		f.withdrawn(t, faulty)
		servers := []pb.LetterServiceClient{c, pb.NewLetterServiceClient(f.another(t))}
		var group sync.WaitGroup
		var issued, refused atomic.Int32
		for i := range 8 {
			c := servers[i%len(servers)]
			group.Go(func() {
				switch _, err := c.IssueLetter(t.Context(), f.receipt(faulty.GetName())); status.Code(err) {
				case codes.OK:
					issued.Add(1)
				case codes.FailedPrecondition:
					refused.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		group.Wait()
		if issued.Load() != 1 || refused.Load() != 7 {
			t.Errorf("%d issued and %d refused", issued.Load(), refused.Load())
		}
		verified(t, f.store)
	})
}

// TestLetterOfOneNumberACase: where the pattern gives a case one number of a kind, only a
// letter in place of the first can be issued at all.
func TestLetterOfOneNumberACase(t *testing.T) {
	f := newFiling(t, nil)
	c := writing(t, f)
	req := &pb.UpdateSettingsRequest{Parent: "agencies/own", Values: map[string]string{"number.receipt": "收〔{year}〕{case}号", "number.reply": "答〔{year}〕{case}号"}, EffectiveDate: today}
	if _, err := pb.NewSettingServiceClient(f.admin).UpdateSettings(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	faulty, err := c.IssueLetter(t.Context(), f.receipt(""))
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.IssueLetter(t.Context(), f.receipt(""))
	if got := wantRefusal(t, err, codes.AlreadyExists, pb.Reason_NUMBER_TAKEN); !strings.Contains(got.en, "withdraw and replace") {
		t.Errorf("it is not told how to mend a letter: %s", got.en)
	}
	f.withdrawn(t, faulty)
	if l, err := c.IssueLetter(t.Context(), f.receipt(faulty.GetName())); err != nil || l.GetDocumentNo() != faulty.GetDocumentNo() {
		t.Errorf("in its place: %q: %v", l.GetDocumentNo(), err)
	}
	if _, err := c.IssueLetter(t.Context(), f.refusal()); err != nil {
		t.Fatal(err)
	}
	f.act(t, f.open, action(&pb.Decide{Basis: "refused.internal_affairs", DecideDate: "2026-06-29", ReviewFirstTold: true}),
		action(&pb.Deliver{Mode: "IN_PERSON", DeliverDate: "2026-06-29"}), action(&pb.Replace{ReplaceDate: "2026-06-30", Reason: "适用依据有误"}))
	again := f.refusal()
	again.Fields["redecision_cause"] = "原答复适用依据有误"
	_, err = c.IssueLetter(t.Context(), again)
	if got := wantRefusal(t, err, codes.AlreadyExists, pb.Reason_NUMBER_TAKEN); strings.Contains(got.en, "replace") {
		t.Errorf("a later decision is told to take the place of the letter of another: %s", got.en)
	}
}

// TestLetterOfAnotherYear: the year of a number is that of its letter, so that a letter of
// the next year takes one of its own.
func TestLetterOfAnotherYear(t *testing.T) {
	f := newFiling(t, nil)
	c := writing(t, f)
	set := &pb.UpdateSettingsRequest{Parent: "agencies/own", Values: map[string]string{"letter.contact": "电话0000-1234567"}, EffectiveDate: "2025-01-01"}
	if _, err := pb.NewSettingServiceClient(f.admin).UpdateSettings(t.Context(), set); err != nil {
		t.Fatal(err)
	}
	f.open = f.register(t, handedOver("2025-12-22")).GetName()
	first := f.receipt("")
	first.LetterDate = "2025-12-23"
	faulty, err := c.IssueLetter(t.Context(), first)
	if err != nil || faulty.GetDocumentNo() != "某教公开收〔2025〕1号" {
		t.Fatalf("%s, %v", faulty.GetDocumentNo(), err)
	}
	f.withdrawn(t, faulty)
	late := f.receipt(faulty.GetName())
	_, err = c.IssueLetter(t.Context(), late)
	if got := wantRefusal(t, err, codes.FailedPrecondition, pb.Reason_LETTER_NOT_POSSIBLE); got.field != "replaces" || !strings.Contains(got.zh, "2025年") || !strings.Contains(got.en, "of 2026") {
		t.Errorf("refused at %q: %s %s", got.field, got.zh, got.en)
	}
	late.LetterDate = "2025-12-24"
	if l, err := c.IssueLetter(t.Context(), late); err != nil || l.GetDocumentNo() != faulty.GetDocumentNo() {
		t.Errorf("of the same year: %s, %v", l.GetDocumentNo(), err)
	}
}
