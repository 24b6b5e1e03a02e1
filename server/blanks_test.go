package server_test

import (
	"strings"
	"testing"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/workflow"
)

// TestBlanksAroundNames: blanks around a number or a name, which come along where it is
// copied, make it no other one.
func TestBlanksAroundNames(t *testing.T) {
	const around, mark = " \u3000", "\ufeff"
	o := newOffice(t, "2026-07-01")
	a := handedOver("2026-06-01")
	a.ApplicationNo = mark + "收1" + around
	a = o.register(t, a, action(&pb.Assign{Holder: around + "规划科" + mark, AssignDate: "2026-06-02"}))
	if a.GetApplicationNo() != "收1" || a.GetHolder() != "规划科" {
		t.Errorf("registered under %q with %q, want 收1 with 规划科", a.GetApplicationNo(), a.GetHolder())
	}
	a = o.act(t, a.GetName(), action(&pb.Decide{Basis: "disclosed.provided", DecideDate: "2026-06-03", DocumentNo: "公开答〔2026〕1号" + around}))
	if got := a.GetReplies()[0].GetDocumentNo(); got != "公开答〔2026〕1号" {
		t.Errorf("the decision has the number %q, want 公开答〔2026〕1号", got)
	}
	numbers := pb.NewSettingServiceClient(o.conn(t, workflow.Officer, "own"))
	next, err := numbers.TakeNumber(t.Context(), &pb.TakeNumberRequest{Parent: "agencies/own", Kind: "reply", Year: 2026})
	if err != nil || next.GetNumber() != "公开答〔2026〕2号" {
		t.Errorf("the next reply gets %q, %v; want 公开答〔2026〕2号, for 1号 is given", next.GetNumber(), err)
	}
}

// TestNumberTooLong: an agency's word and pattern may be as long as they are, but not make a
// number that could not be entered by hand, found or imported.
func TestNumberTooLong(t *testing.T) {
	o := newOffice(t, "2026-07-01")
	settings := pb.NewSettingServiceClient(o.admin)
	set := func(word string) error {
		_, err := settings.UpdateSettings(t.Context(), &pb.UpdateSettingsRequest{
			Parent: "agencies/own", EffectiveDate: "2026-01-01",
			Values: map[string]string{"number.word": word, "number.application": "{word}〔{year}〕{n}号"},
		})
		return err
	}
	longest := strings.Repeat("教", 100-len([]rune("〔2026〕999999999号")))
	wantReason(t, "a word too long", set(longest+"局"), pb.Reason_FIELD_INVALID)
	if err := set(longest); err != nil {
		t.Fatal(err)
	}
	if a := o.register(t, handedOver("2026-06-01")); a.GetApplicationNo() != longest+"〔2026〕1号" {
		t.Errorf("the number is %s", a.GetApplicationNo())
	}
}
