package server_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server"
	"gongkai/server/document"
	"gongkai/storage"
	"gongkai/storage/blob"
)

// writing is an office that has set all that letters need.
func writing(t testing.TB, f *filing) pb.LetterServiceClient {
	t.Helper()
	for from, values := range map[string]map[string]string{
		"2026-01-01": {"remedy.review_organ": "某县人民政府", "remedy.court": "某县人民法院", "letter.contact": "电话0000-1234567，某县某路1号"},
		today:        {"number.word": "某教"},
	} {
		req := &pb.UpdateSettingsRequest{Parent: "agencies/own", Values: values, EffectiveDate: from}
		if _, err := pb.NewSettingServiceClient(f.admin).UpdateSettings(t.Context(), req); err != nil {
			t.Fatal(err)
		}
	}
	return pb.NewLetterServiceClient(f.conn)
}

// refusal is a letter on the open case that lacks nothing.
func (f *filing) refusal() *pb.IssueLetterRequest {
	return &pb.IssueLetterRequest{
		Name: f.open, Kind: "reply", Basis: "refused.internal_affairs", RequestId: uuid.NewString(),
		Fields: map[string]string{"internal_kind": "logistics", "facts": "该信息为车辆使用登记 & <{{title}}> 𠮷", "enclosures": "甲\n乙"},
	}
}

func downloadLetter(ctx context.Context, c pb.LetterServiceClient, name string) (content []byte, head *pb.Letter, err error) {
	stream, err := c.DownloadLetter(ctx, &pb.DownloadLetterRequest{Name: name})
	if err != nil {
		return nil, nil, err
	}
	for {
		part, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return content, head, nil
		}
		if err != nil {
			return content, head, err
		}
		if part.GetLetter() != nil {
			head = part.GetLetter()
		}
		content = append(content, part.GetData()...)
	}
}

// TestLetter goes from the preview to the kept bytes.
func TestLetter(t *testing.T) {
	onEngines(t, func(t *testing.T, f *filing) {
		c, req := writing(t, f), f.refusal()
		preview, err := c.PreviewLetter(t.Context(), &pb.PreviewLetterRequest{Name: f.open, Kind: "reply", Basis: req.GetBasis(), Fields: req.GetFields()})
		if err != nil {
			t.Fatal(err)
		}
		if len(preview.GetMissing()) > 0 || !preview.GetReviewFirst() || preview.GetDocumentNo() != "某教公开答〔2026〕1号" || preview.GetLetterDate() != today {
			t.Fatalf("preview: %v", preview)
		}
		check := req
		check.ValidateOnly, check.Etag = true, preview.GetEtag()
		would, err := c.IssueLetter(t.Context(), check)
		if err != nil || would.GetName() != "" {
			t.Fatalf("to be checked: %v, %v", would, err)
		}
		req.ValidateOnly = false
		issued, err := c.IssueLetter(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		if issued.GetDocumentNo() != preview.GetDocumentNo() || issued.GetSha256() != would.GetSha256() || issued.GetFileName() != "政府信息公开申请答复书 某教公开答〔2026〕1号.docx" {
			t.Errorf("issued: %v", issued)
		}
		for i, b := range preview.GetBlocks() {
			sameMessage(t, "block", b, issued.GetBlocks()[i])
		}
		again, err := c.IssueLetter(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		again.Blocks = issued.GetBlocks()
		sameMessage(t, "sent again", issued, again)
		f.lettersAre(t, c, issued)

		content, head, err := downloadLetter(t.Context(), c, issued.GetName())
		if err != nil {
			t.Fatal(err)
		}
		if sum := sha256.Sum256(content); hex.EncodeToString(sum[:]) != issued.GetSha256() || int64(len(content)) != issued.GetSize() || head.GetName() != issued.GetName() {
			t.Errorf("the bytes are not those that were issued: %v", head)
		}
		same, err := receive(t.Context(), f.files, issued.GetAttachment())
		if err != nil || !bytes.Equal(same, content) {
			t.Errorf("the attachment is another: %v", err)
		}
		read, err := document.CheckLetterTemplate(content)
		if err != nil || len(read) != 1 || read[0] != "title" { // the one that a field holds
			t.Errorf("placeholders are left in the letter: %v, %v", read, err)
		}
		number, err := pb.NewSettingServiceClient(f.conn).TakeNumber(t.Context(), &pb.TakeNumberRequest{Parent: "agencies/own", Kind: "reply"})
		if err != nil || number.GetNumber() != "某教公开答〔2026〕2号" {
			t.Errorf("the next number is %v: %v", number, err)
		}
		f.clean(t)
		verified(t, f.store)
	})
}

func (f *filing) lettersAre(t *testing.T, c pb.LetterServiceClient, want ...*pb.Letter) {
	t.Helper()
	list, err := c.ListLetters(t.Context(), &pb.ListLettersRequest{Parent: f.open})
	if err != nil || len(list.GetLetters()) != len(want) {
		t.Fatalf("listed: %v, %v", list, err)
	}
	for i, w := range want {
		blocks := w.GetBlocks()
		w.Blocks = nil
		sameMessage(t, "listed", w, list.GetLetters()[i])
		w.Blocks = blocks
	}
}

// inquiry is a letter on the open case of which there may be several.
func (f *filing) inquiry() *pb.IssueLetterRequest {
	return &pb.IssueLetterRequest{
		Name: f.open, Kind: "inquiry", RequestId: uuid.NewString(),
		Fields: map[string]string{"addressee": "某县档案局", "information": "检查报告", "request": "检索是否保存", "answer_due": "2026-07-03"},
	}
}

// TestLettersAtOnce: of letters issued at once each has a number of its own, and of one that
// is sent several times at once there is one.
func TestLettersAtOnce(t *testing.T) {
	onEngines(t, func(t *testing.T, f *filing) {
		c, once := writing(t, f), f.inquiry()
		const others, copies = 6, 3
		var mu sync.Mutex
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		numbers, wrong := map[string]int{}, []error{}
		var group sync.WaitGroup
		for i := range others + copies {
			req := once
			if i < others {
				req = f.inquiry()
			}
			group.Go(func() {
				l, err := c.IssueLetter(ctx, req)
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					wrong = append(wrong, err)
					return
				}
				numbers[l.GetDocumentNo()]++
			})
		}
		group.Wait()
		if len(wrong) > 0 || len(numbers) != others+1 {
			t.Fatalf("numbers %v, errors %v", numbers, wrong)
		}
		for i := range others + 1 {
			if n := numbers[fmt.Sprintf("某教公开函〔2026〕%d号", i+1)]; n != 1 && n != copies {
				t.Errorf("number %d was given %d times", i+1, n)
			}
		}
		list, err := c.ListLetters(t.Context(), &pb.ListLettersRequest{Parent: f.open, PageSize: 4})
		if err != nil || len(list.GetLetters()) != 4 || list.GetNextPageToken() == "" {
			t.Fatalf("a page: %v, %v", list, err)
		}
		rest, err := c.ListLetters(t.Context(), &pb.ListLettersRequest{Parent: f.open, PageSize: 4, PageToken: list.GetNextPageToken()})
		if err != nil || len(rest.GetLetters()) != others+1-4 || rest.GetNextPageToken() != "" {
			t.Fatalf("the rest: %v, %v", rest, err)
		}
		f.clean(t)
	})
}

// TestOneNumberADecision: a reply that is issued anew bears the number of its decision, before
// and after the signature and at once; no other case and no later decision gets it.
func TestOneNumberADecision(t *testing.T) {
	onEngines(t, func(t *testing.T, f *filing) {
		c := writing(t, f)
		issue := func(change ...func(*pb.IssueLetterRequest)) *pb.Letter {
			t.Helper()
			req := f.refusal()
			for _, fn := range change {
				fn(req)
			}
			l, err := c.IssueLetter(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			return l
		}
		const first, second, third = "某教公开答〔2026〕1号", "某教公开答〔2026〕2号", "某教公开答〔2026〕3号"
		var group sync.WaitGroup
		numbers := make([]string, 4)
		for i := range numbers {
			req := f.refusal()
			group.Go(func() {
				l, err := c.IssueLetter(t.Context(), req)
				if err != nil {
					t.Error(err)
				}
				numbers[i] = l.GetDocumentNo()
			})
		}
		group.Wait()
		for _, n := range numbers {
			if n != first {
				t.Fatalf("issued at once: %v", numbers)
			}
		}
		faulty := issue()
		if _, err := f.files.WithdrawAttachment(t.Context(), &pb.WithdrawAttachmentRequest{Name: faulty.GetAttachment(), Reason: "文字有误"}); err != nil {
			t.Fatal(err)
		}
		f.act(t, f.open, action(&pb.Decide{Basis: "refused.internal_affairs", DecideDate: "2026-06-29", ReviewFirstTold: true}))
		if l := issue(); l.GetDocumentNo() != first || l.GetLetterDate() != "2026-06-29" {
			t.Errorf("after the signature: %v", l)
		}
		other := f.register(t, handedOver("2026-06-10")).GetName()
		if l := issue(func(r *pb.IssueLetterRequest) { r.Name = other }); l.GetDocumentNo() != second {
			t.Errorf("another case: %v", l)
		}
		f.act(t, f.open, action(&pb.Deliver{Mode: "IN_PERSON", DeliverDate: "2026-06-29"}), action(&pb.Replace{ReplaceDate: "2026-06-30", Reason: "适用依据有误"}))
		anew := func(r *pb.IssueLetterRequest) { r.GetFields()["redecision_cause"] = "原答复适用依据有误" }
		for range 2 {
			if l := issue(anew); l.GetDocumentNo() != third {
				t.Errorf("the decision that replaces the first: %v", l)
			}
		}
		verified(t, f.store)
	})
}

// TestNumberGivenByHand: no letter gets the number that a decision was given by hand, and one
// number may still stand for several applications.
func TestNumberGivenByHand(t *testing.T) {
	f := newFiling(t, nil)
	c := writing(t, f)
	byHand := action(&pb.Decide{Basis: "refused.internal_affairs", DecideDate: "2026-06-15", DocumentNo: "某教公开答〔2026〕1号", ReviewFirstTold: true})
	first, second := f.register(t, handedOver("2026-06-10")).GetName(), f.register(t, handedOver("2026-06-10")).GetName()
	f.act(t, first, byHand)
	f.act(t, second, byHand)
	l, err := c.IssueLetter(t.Context(), f.refusal())
	if err != nil || l.GetDocumentNo() != "某教公开答〔2026〕2号" {
		t.Errorf("the letter on another case is %v: %v", l, err)
	}
	verified(t, f.store)
}

// TestLetterRefused: what a letter lacks is named, nothing is written and no number is taken.
func TestLetterRefused(t *testing.T) {
	f := newFiling(t, nil)
	c := pb.NewLetterServiceClient(f.conn)
	preview, err := c.PreviewLetter(t.Context(), &pb.PreviewLetterRequest{Name: f.open, Kind: "reply", Basis: "refused.state_secret"})
	if err != nil {
		t.Fatal(err)
	}
	var missing []string
	for _, g := range preview.GetMissing() {
		missing = append(missing, g.GetElement()+" at "+g.GetPlace())
	}
	want := "facts at fields.facts, contact at setting letter.contact, review_organ at setting remedy.review_organ, court at setting remedy.court"
	if got := strings.Join(missing, ", "); got != want {
		t.Errorf("missing: %s\nwant: %s", got, want)
	}
	_, err = c.IssueLetter(t.Context(), &pb.IssueLetterRequest{Name: f.open, Kind: "reply", Basis: "refused.state_secret"})
	wantRefusal(t, err, codes.FailedPrecondition, pb.Reason_LETTER_INCOMPLETE)
	writing(t, f)
	for _, test := range []struct {
		name   string
		change func(*pb.IssueLetterRequest)
		code   codes.Code
		reason pb.Reason
		says   string
	}{
		{"no facts", func(r *pb.IssueLetterRequest) { delete(r.GetFields(), "facts") }, codes.FailedPrecondition, pb.Reason_LETTER_INCOMPLETE, "facts and reasons"},
		{"no basis", func(r *pb.IssueLetterRequest) { r.Basis = "" }, codes.InvalidArgument, pb.Reason_FIELD_INVALID, "give the basis"},
		{"unknown basis", func(r *pb.IssueLetterRequest) { r.Basis = "refused.because" }, codes.InvalidArgument, pb.Reason_FIELD_INVALID, "refused.state_secret"},
		{"withdrawn", func(r *pb.IssueLetterRequest) { r.Basis = "other.withdrawn" }, codes.InvalidArgument, pb.Reason_FIELD_INVALID, "use withdrawal"},
		{"unknown kind", func(r *pb.IssueLetterRequest) { r.Kind = "note" }, codes.InvalidArgument, pb.Reason_FIELD_INVALID, "receipt"},
		{"basis of a notice", func(r *pb.IssueLetterRequest) { r.Kind = "receipt" }, codes.InvalidArgument, pb.Reason_FIELD_INVALID, "only a reply"},
		{"unknown field", func(r *pb.IssueLetterRequest) { r.GetFields()["colour"] = "red" }, codes.InvalidArgument, pb.Reason_FIELD_INVALID, "colour"},
		{"unknown choice", func(r *pb.IssueLetterRequest) { r.GetFields()["internal_kind"] = "other" }, codes.InvalidArgument, pb.Reason_FIELD_INVALID, "personnel"},
		{"control character", func(r *pb.IssueLetterRequest) { r.GetFields()["facts"] = "\u202e" }, codes.InvalidArgument, pb.Reason_FIELD_INVALID, "U+202E"},
		{"too long", func(r *pb.IssueLetterRequest) { r.GetFields()["facts"] = strings.Repeat("甲", 4001) }, codes.InvalidArgument, pb.Reason_FIELD_INVALID, "4000"},
		{"tomorrow", func(r *pb.IssueLetterRequest) { r.LetterDate = "2026-07-01" }, codes.InvalidArgument, pb.Reason_DATE_IN_FUTURE, "after today"},
		{"before the application", func(r *pb.IssueLetterRequest) { r.LetterDate = "2026-06-08" }, codes.InvalidArgument, pb.Reason_FIELD_INVALID, "arrived"},
		{"stale", func(r *pb.IssueLetterRequest) { r.Etag = `"99"` }, codes.Aborted, pb.Reason_STALE_ETAG, ""},
		{"not possible", func(r *pb.IssueLetterRequest) {
			r.Basis, r.Fields = "not_processed.excessive", map[string]string{"count": "2026年提出100件", "reasons_given": "无", "facts": "不合理"}
		}, codes.FailedPrecondition, pb.Reason_LETTER_NOT_POSSIBLE, "cannot be decided yet"},
		{"other paragraph without a reason", func(r *pb.IssueLetterRequest) {
			r.GetFields()["remedy_text"] = "应当先向某县人民政府申请行政复议。"
		}, codes.FailedPrecondition, pb.Reason_LETTER_INCOMPLETE, "who decided"},
		{"other paragraph that leaves out what comes first", func(r *pb.IssueLetterRequest) {
			r.GetFields()["remedy_text"], r.GetFields()["remedy_reason"] = "可以向某县人民政府申请行政复议。", "某某决定"
		}, codes.FailedPrecondition, pb.Reason_LETTER_INCOMPLETE, "reconsideration comes first"},
	} {
		t.Run(test.name, func(t *testing.T) {
			req := f.refusal()
			test.change(req)
			_, err := c.IssueLetter(inEnglish(t.Context()), req)
			wantRefusal(t, err, test.code, test.reason)
			if test.says != "" && !strings.Contains(err.Error(), test.says) {
				t.Errorf("it does not say %q: %v", test.says, err)
			}
		})
	}
	f.lettersAre(t, c)
	if n := f.held(t); n != 0 {
		t.Errorf("%d contents lie on the disk", n)
	}
	taken, err := pb.NewSettingServiceClient(f.conn).TakeNumber(t.Context(), &pb.TakeNumberRequest{Parent: "agencies/own", Kind: "reply"})
	if err != nil || taken.GetSerial() != 1 {
		t.Errorf("a number was taken: %v, %v", taken, err)
	}
}

// TestLetterOfDecision bears the number, basis and date of the decision, and takes no number.
func TestLetterOfDecision(t *testing.T) {
	f := newFiling(t, nil)
	c := writing(t, f)
	f.act(t, f.open, action(&pb.Decide{Basis: "refused.internal_affairs", DecideDate: "2026-06-15", DocumentNo: "某教复〔2026〕77号", ReviewFirstTold: true}))
	req := f.refusal()
	req.Basis = ""
	l, err := c.IssueLetter(t.Context(), req)
	if err != nil || l.GetDocumentNo() != "某教复〔2026〕77号" || l.GetLetterDate() != "2026-06-15" || l.GetBasis() != "refused.internal_affairs" {
		t.Fatalf("issued: %v, %v", l, err)
	}
	other := f.refusal()
	other.Basis, other.Fields = "refused.state_secret", map[string]string{"facts": "已依法定密"}
	_, err = c.IssueLetter(inEnglish(t.Context()), other)
	wantRefusal(t, err, codes.FailedPrecondition, pb.Reason_LETTER_INCOMPLETE)
	later := f.refusal()
	later.LetterDate = "2026-06-16"
	_, err = c.IssueLetter(inEnglish(t.Context()), later)
	wantRefusal(t, err, codes.FailedPrecondition, pb.Reason_LETTER_INCOMPLETE)

	gone, err := f.files.WithdrawAttachment(t.Context(), &pb.WithdrawAttachmentRequest{Name: l.GetAttachment(), Reason: "文字有误，另行印发"})
	if err != nil || !gone.GetKept() {
		t.Fatalf("withdrawn: %v, %v", gone, err)
	}
	list, err := c.ListLetters(t.Context(), &pb.ListLettersRequest{Parent: f.open})
	if err != nil || len(list.GetLetters()) != 1 || list.GetLetters()[0].GetWithdrawReason() != "文字有误，另行印发" {
		t.Errorf("listed: %v, %v", list, err)
	}
	if _, _, err := downloadLetter(t.Context(), c, l.GetName()); err != nil {
		t.Errorf("what was sent is kept: %v", err)
	}
}

// TestLetterKinds lists every kind, and for a case which are possible.
func TestLetterKinds(t *testing.T) {
	f := newFiling(t, nil)
	c := pb.NewLetterServiceClient(f.conn)
	all, err := c.ListLetterKinds(t.Context(), &pb.ListLetterKindsRequest{Parent: "agencies/own", Application: f.open})
	if err != nil {
		t.Fatal(err)
	}
	possible := map[string]bool{}
	for _, k := range all.GetKinds() {
		if k.GetLabel() == "" || k.GetArticle() == "" || k.GetTitle() == "" || k.GetAddressee() == 0 || k.GetRemedy() == 0 || len(k.GetElements()) == 0 || k.GetPossible() == (k.GetRefusal() != "") {
			t.Errorf("%v", k)
		}
		possible[strings.TrimSuffix(k.GetKind()+"."+k.GetBasis(), ".")] = k.GetPossible()
	}
	for kind, want := range map[string]bool{"receipt": true, "supplement": true, "reply.disclosed.provided": true, "deferral": false, "case_sheet": true} {
		if got, ok := possible[kind]; !ok || got != want {
			t.Errorf("%s is possible: %v", kind, got)
		}
	}
	some, err := c.ListLetterKinds(t.Context(), &pb.ListLetterKindsRequest{Parent: "agencies/own", Kind: "fee"})
	if err != nil || len(some.GetKinds()) != 1 {
		t.Errorf("one kind: %v, %v", some, err)
	}
	_, err = c.ListLetterKinds(t.Context(), &pb.ListLetterKindsRequest{Parent: "agencies/own", Kind: "x"})
	wantRefusal(t, err, codes.InvalidArgument, pb.Reason_FIELD_INVALID)
}

// TestLetterUpload: nobody uploads what the service alone issues.
func TestLetterUpload(t *testing.T) {
	f := newFiling(t, nil)
	h := f.headerFor(pdf(10, 0))
	h.Kind = pb.Attachment_LETTER
	_, err := send(t.Context(), f.files, h, pdf(10, 0))
	wantRefusal(t, err, codes.InvalidArgument, pb.Reason_FIELD_INVALID)
}

// fullDisk is a store of contents whose disk is full for as long as it is set.
type fullDisk struct {
	blob.Store
	full atomic.Bool
}

func (d *fullDisk) Keep(ctx context.Context, draft *blob.Draft) error {
	if d.full.Load() {
		return storage.ErrFull
	}
	return d.Store.Keep(ctx, draft)
}

// TestLetterOnFullDisk: a letter whose bytes are not on the disk was not issued: it is in no
// list and took no number. The build canary_attachment, which records it first, fails here.
func TestLetterOnFullDisk(t *testing.T) {
	disk := &fullDisk{}
	f := newFiling(t, func(c *server.Config) {
		disk.Store = c.Attachments.Blobs
		c.Attachments.Blobs = disk
	})
	c, req := writing(t, f), f.refusal()
	disk.full.Store(true)
	_, err := c.IssueLetter(t.Context(), req)
	wantRefusal(t, err, codes.ResourceExhausted, pb.Reason_OVERLOADED)
	f.lettersAre(t, c)
	disk.full.Store(false)
	l, err := c.IssueLetter(t.Context(), req)
	if err != nil || l.GetDocumentNo() != "某教公开答〔2026〕1号" {
		t.Fatalf("issued later: %v, %v", l, err)
	}
	f.lettersAre(t, c, l)
	f.clean(t)
	verified(t, f.store)
}

func BenchmarkIssueLetter(b *testing.B) {
	f := newFiling(b, nil)
	c := writing(b, f)
	for b.Loop() {
		b.StopTimer()
		open := f.register(b, handedOver("2026-06-09")).GetName()
		b.StartTimer()
		req := f.refusal()
		req.Name = open
		if _, err := c.IssueLetter(b.Context(), req); err != nil {
			b.Fatal(err)
		}
	}
}
