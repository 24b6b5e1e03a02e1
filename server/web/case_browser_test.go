package web_test

import (
	"strings"
	"testing"

	pb "gongkai/proto/disclosure/v1"
)

// gallery is a bureau with cases of several kinds, by name.
func gallery(t *testing.T) (*bureau, map[string]*pb.Application) {
	t.Helper()
	b := newBureau(t)
	cases := map[string]*pb.Application{}
	plain := b.application("2026-06-15")
	cases["case"] = plain
	consulted := b.application("2026-05-20")
	cases["case-consulted"] = b.act(b.conn, consulted,
		&pb.Action{Action: &pb.Action_Assign{Assign: &pb.Assign{AssignDate: "2026-05-21", Holder: "规划财务科"}}},
		&pb.Action{Action: &pb.Action_Consult{Consult: &pb.Consult{Kind: "THIRD_PARTY", SendDate: "2026-05-25", ReceiveDate: "2026-05-27", Party: "示例公司"}}},
		&pb.Action{Action: &pb.Action_ReceiveOpinion{ReceiveOpinion: &pb.ReceiveOpinion{ReceiveDate: "2026-06-09", Opinion: "OBJECTION"}}},
		&pb.Action{Action: &pb.Action_Extend{Extend: &pb.Extend{Workdays: 15, NotifyDate: "2026-06-10", Reason: "涉及第三方，需要进一步核实"}}})
	late := b.application("2026-05-06")
	cases["case-late"] = late
	closed := b.application("2026-03-02")
	cases["case-closed"] = b.act(b.conn, closed,
		&pb.Action{Action: &pb.Action_Decide{Decide: &pb.Decide{Basis: "disclosed.provided", DecideDate: "2026-03-20", DocumentNo: "某公开答〔2026〕8号"}}},
		&pb.Action{Action: &pb.Action_Deliver{Deliver: &pb.Deliver{Mode: "POST", DeliverDate: "2026-03-23"}}})
	long, err := pb.NewApplicationServiceClient(b.conn).CreateApplication(t.Context(), &pb.CreateApplicationRequest{
		Parent: "agencies/jyj", Application: &pb.Application{
			Channel: pb.Application_ONLINE_FORM, ArriveDate: "2026-06-29", Description: strings.Repeat("很长的申请内容，没有换行，", 800), Remark: strings.Repeat("W", 600),
			Applicant: &pb.Applicant{Kind: pb.Applicant_BUSINESS, DisplayName: strings.Repeat("示例很长的名称", 20), Address: strings.Repeat("路", 300)},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	cases["case-long"] = long
	return b, cases
}

func TestCasesInABrowser(t *testing.T) {
	c := chromium(t)
	b, cases := gallery(t)
	for _, l := range few(looks) {
		t.Run(l.String(), func(t *testing.T) {
			tab := b.browse(t, c, l, b.token)
			for name, a := range cases {
				tab.visit("/" + a.GetName())
				tab.inspect(name)
			}
			plain, closed := "/"+cases["case"].GetName(), "/"+cases["case-closed"].GetName()
			for _, at := range []struct{ name, path string }{
				{"act-extend", plain + "/act/extend"},
				{"act-decide", plain + "/act/decide"},
				{"act-consult", plain + "/act/consult"},
				{"act-fee", plain + "/act/notify_fee"},
				{"act-impossible", closed + "/act/extend"},
				{"outcome", plain + "/outcome"},
				{"letter-receipt", plain + "/letters/receipt"},
				{"letter-reply", closed + "/letters/reply"},
				{"sheet", "/" + cases["case-consulted"].GetName() + "/sheet"},
				{"correct", closed + "/correct/2"},
				{"correct-add", closed + "/correct/0"},
				{"similar", plain + "/similar"},
				{"remedies", "/remedies"},
				{"remedy-new", "/remedies/new?no=" + cases["case-closed"].GetApplicationNo()},
				{"history", closed + "/history"},
			} {
				tab.visit(at.path)
				tab.inspect(at.name)
			}
		})
	}
}
