package main

import (
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/reflect/protoreflect"

	pb "gongkai/proto/disclosure/v1"
)

// actionLabels name the actions, with the articles of the Regulation of 2019.
var actionLabels = map[protoreflect.Name]text{
	"confirm":             {"确认收到", "confirm receipt with the applicant (Art 31)"},
	"request_supplement":  {"告知补正", "ask the applicant to correct the application, once (Art 30)"},
	"submit_supplement":   {"收到补正", "record the corrected application (Art 30)"},
	"lapse_supplement":    {"逾期不补正", "close what was not corrected in time (Art 30)"},
	"reopen":              {"恢复办理", "take a lapsed application up again for good cause (Art 30)"},
	"correct":             {"更正记录", "correct recorded facts"},
	"consult":             {"征求意见", "ask a third party or another organ (Arts 11, 32, 34)"},
	"receive_opinion":     {"收到意见", "record an opinion (Arts 32, 34)"},
	"lapse_opinion":       {"意见期限届满", "record that no opinion came (Arts 32, 34)"},
	"record_late_opinion": {"收到迟到意见", "record an opinion that came late (Art 32)"},
	"extend":              {"延期", "extend the time for the reply, once (Art 33)"},
	"ask_reasons":         {"要求说明理由", "ask for reasons of number or frequency (Art 35)"},
	"receive_reasons":     {"收到说明", "record the reasons (Art 35)"},
	"lapse_reasons":       {"逾期未说明", "record that no reasons came (Art 35)"},
	"defer":               {"延迟答复", "fix a later date after accepted reasons (Art 35)"},
	"notify_fee":          {"收费通知", "record the notice of a fee (Art 42)"},
	"pay_fee":             {"缴费", "record the payment (Art 42)"},
	"lapse_fee":           {"逾期未缴费", "close what was not paid (Art 42)"},
	"cancel_fee":          {"撤销收费", "take back a notice of a fee (Art 42)"},
	"withdraw":            {"撤回", "record that the applicant withdrew"},
	"void":                {"作废", "strike what is no application"},
	"decide":              {"签发", "sign the reply (Art 36)"},
	"submit_for_review":   {"提交审核", "put a draft into the chain of approvals"},
	"approve":             {"审核通过", "pass a draft to the next step"},
	"return_draft":        {"退回", "return a draft"},
	"deliver":             {"送达", "record the delivery of the reply (Art 40)"},
	"fail_delivery":       {"退件", "record that a reply came back"},
	"order_redecision":    {"责令重作", "record an order to decide anew"},
	"replace":             {"自行重作", "take back a reply to give another one"},
	"deliver_redecision":  {"送达重作答复", "record the delivery of the new reply"},
	"archive":             {"归档", "file the papers (Art 45)"},
	"hold":                {"暂缓交付", "record that a court stays the disclosure"},
	"release":             {"解除暂缓", "record that the stay has ended"},
	"close":               {"不经答复办结", "close what needs no reply"},
	"assign":              {"转办", "give the application to a department or officer"},
	"accept_assignment":   {"签收转办", "sign for an application that was assigned"},
	"send_back":           {"退回转办", "send a wrong assignment back"},

	"conclude": {"审结", "record the effective result"},
	"remand":   {"发回重审", "make a concluded suit pending again"},
	"strike":   {"删除误录", "strike what was recorded by mistake"},
}

// actions makes one command for each action of the law, with a flag for each field of
// its message.
func (a *app) actions() []*cobra.Command {
	var commands []*cobra.Command
	each(&pb.Action{}, func(name protoreflect.Name) {
		action := &pb.Action{}
		request := &pb.ActOnApplicationRequest{Actions: []*pb.Action{action}}
		chosen := selectOneof(action, name)
		var agency *string
		cmd := a.command(kebab(string(name))+" APPLICATION_NO", actionLabels[name], cobra.ExactArgs(1), func(cmd *cobra.Command, args []string) error {
			return a.act(cmd, *agency, args[0], request)
		})
		agency = agencyFlag(cmd)
		bindAll(cmd, chosen)
		controls(cmd, request)
		cmd.Example = actionExamples[name]
		commands = append(commands, cmd)
	})
	return commands
}

// actionExamples show what flags alone do not tell.
var actionExamples = map[protoreflect.Name]string{
	"extend": `  gongkai extend 2026-00001 --agency jyj --workdays 10 --notify-date 2026-03-02`,
	"correct": `  gongkai correct 2026-00001 --agency jyj --reason 录入错误 \
    --amendments '{"revision": 1, "registration": {"arrive_date": "2026-03-02"}}' \
    --amendments '{"revision": 3, "action": {"extend": {"workdays": 10, "notify_date": "2026-03-20"}}}' \
    --amendments '{"revision": 4, "strike": true}'`,
	"consult": `  gongkai consult 2026-00001 --agency jyj --kind third_party --send-date 2026-03-02 --party 某公司`,
	"decide":  `  gongkai decide 2026-00001 --agency jyj --basis disclosed.provided --decide-date 2026-03-02`,
}

// act applies actions and shows the application as it stands then.
func (a *app) act(cmd *cobra.Command, agency, number string, request *pb.ActOnApplicationRequest) error {
	name, err := applicationName(agency, number)
	if err != nil {
		return err
	}
	request.Name = name
	c, err := a.connect(cmd.Context())
	if err != nil {
		return err
	}
	application, err := c.Applications.ActOnApplication(cmd.Context(), request)
	if err != nil {
		return err
	}
	return a.showApplication(application)
}

// each visits the fields of the one oneof of a message.
func each(message protoreflect.ProtoMessage, visit func(name protoreflect.Name)) {
	fields := message.ProtoReflect().Descriptor().Oneofs().Get(0).Fields()
	for i := range fields.Len() {
		visit(fields.Get(i).Name())
	}
}

// selectOneof sets a field of a oneof and returns its message.
func selectOneof(message protoreflect.ProtoMessage, name protoreflect.Name) protoreflect.ProtoMessage {
	m := message.ProtoReflect()
	return m.Mutable(m.Descriptor().Fields().ByName(name)).Message().Interface()
}

// remedyActions makes one command for each action on a remedy.
func (a *app) remedyActions() []*cobra.Command {
	var commands []*cobra.Command
	each(&pb.RemedyAction{}, func(name protoreflect.Name) {
		request := &pb.ActOnRemedyRequest{Action: &pb.RemedyAction{}}
		chosen := selectOneof(request.Action, name)
		var agency *string
		cmd := a.command(kebab(string(name))+" REMEDY", actionLabels[name], cobra.ExactArgs(1), func(cmd *cobra.Command, args []string) error {
			var err error
			if request.Name, err = remedyName(*agency, args[0]); err != nil {
				return err
			}
			c, err := a.connect(cmd.Context())
			if err != nil {
				return err
			}
			remedy, err := c.Remedies.ActOnRemedy(cmd.Context(), request)
			if err != nil {
				return err
			}
			return a.printer().message(remedy)
		})
		agency = agencyFlag(cmd)
		bindAll(cmd, chosen)
		controls(cmd, request)
		commands = append(commands, cmd)
	})
	return commands
}

// remedyName names a remedy by its id; a resource name stays.
func remedyName(agency, id string) (string, error) {
	if strings.HasPrefix(id, "agencies/") {
		return id, nil
	}
	p, err := parent(agency)
	return p + "/remedies/" + id, err
}
