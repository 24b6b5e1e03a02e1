package workflow_test

import (
	"slices"
	"strings"
	"testing"

	"gongkai/workflow"
	"gongkai/workflow/scenario"
)

// play runs the lines of a script.
func play(t *testing.T, lines string) *run {
	t.Helper()
	script, err := scenario.Parse([]byte("title\n-- steps --\n" + lines))
	if err != nil {
		t.Fatal(err)
	}
	r := newRun(t, "lines")
	for _, step := range script.Steps {
		r.step(step)
	}
	return r
}

// The beginnings of cases.
const (
	received = `application 2026-1
2026-03-02 submit channel=IN_PERSON applicant_kind=NATURAL_PERSON
`
	received2008 = `application 2018-1
2018-09-17 submit channel=IN_PERSON applicant_kind=NATURAL_PERSON
`
	decided = received + `2026-03-10 decide basis=disclosed.provided
`
	closed = decided + `2026-03-11 deliver mode=POST
`
	chained = "setting review_steps=OFFICER,SUPERVISOR\n" + received
)

// refusals drive every reason and every guard, each by the acts that lead there.
var refusals = []struct {
	name   string
	reason workflow.Reason
	lines  string
}{
	{"a field is missing", workflow.FieldInvalid, received + `2026-03-03 consult party=某公司
= refused FIELD_INVALID field=kind zh=缺少必填项kind en="needs kind"`},
	{"only blank items", workflow.FieldInvalid, received + `2026-03-03 request_supplement due_date=2026-03-10 items=" "
= refused FIELD_INVALID field=items`},
	{"a channel that does not exist", workflow.FieldInvalid, `application 1
2026-03-03 submit channel=PIGEON applicant_kind=NATURAL_PERSON
= refused FIELD_INVALID field=channel zh=PIGEON en=PIGEON`},
	{"a kind of applicant that does not exist", workflow.FieldInvalid, `application 1
2026-03-03 submit channel=FAX applicant_kind=ROBOT
= refused FIELD_INVALID field=applicant_kind`},
	{"an opinion that does not exist", workflow.FieldInvalid, received + `2026-03-03 consult kind=THIRD_PARTY
2026-03-04 receive_opinion opinion=NO_ANSWER
= refused FIELD_INVALID field=opinion`},
	{"a negative number of workdays", workflow.FieldInvalid, received + `2026-03-03 extend workdays=-3
= refused FIELD_INVALID field=workdays`},
	{"a negative amount", workflow.FieldInvalid, received + `2026-03-03 notify_fee amount_fen=-1 tariff=PER_PAGE
= refused FIELD_INVALID field=amount_fen`},
	{"no period for the supplement", workflow.FieldInvalid, received + `2026-03-03 request_supplement items=文号
= refused FIELD_INVALID field=due_date zh=补正期限 en="last day"`},
	{"an organ asked without a day", workflow.FieldInvalid, received + `2026-03-03 consult kind=ORGAN
= refused FIELD_INVALID field=due_date`},
	{"a basis that does not exist", workflow.FieldInvalid, received + `2026-03-03 decide basis=disclosed.never
= refused FIELD_INVALID field=basis`},
	{"other.other without a reason", workflow.FieldInvalid, received + `2026-03-03 decide basis=other.other
= refused FIELD_INVALID field=reason`},
	{"a fact after today", workflow.DateInFuture, received + `today 2026-03-05
2026-03-04 request_supplement notice_receive_date=2026-03-06 workdays=10 items=文号
= refused DATE_IN_FUTURE field=notice_receive_date zh=晚于今天 en="after today"`},
	{"a notice received before it was sent", workflow.DateOrder, received + `2026-03-04 request_supplement notice_receive_date=2026-03-03 workdays=10 items=文号
= refused DATE_ORDER field=notice_receive_date`},
	{"a supplement due before the notice", workflow.DateOrder, received + `2026-03-04 request_supplement due_date=2026-03-03 items=文号
= refused DATE_ORDER field=due_date`},
	{"a supplement posted after it came", workflow.DateOrder, received + `2026-03-04 request_supplement due_date=2026-03-20 items=文号
today 2026-03-12
2026-03-10 submit_supplement post_date=2026-03-11
= refused DATE_ORDER field=receive_date`},
	{"a lapsed notice received before it was sent", workflow.DateOrder, received + `2026-03-04 request_supplement due_date=2026-03-20 items=文号
2026-03-23 lapse_supplement notice_receive_date=2026-03-03
= refused DATE_ORDER field=notice_receive_date`},
	{"a party that had the letter before it left", workflow.DateOrder, received + `2026-03-04 consult kind=THIRD_PARTY
2026-03-10 receive_opinion opinion=CONSENT party_receive_date=2026-03-03
= refused DATE_ORDER field=party_receive_date`},
	{"an order due before it came", workflow.DateOrder, closed + `2026-06-12 order_redecision due_date=2026-06-11
= refused DATE_ORDER field=due_date`},
	{"a redecision signed before the order", workflow.DateOrder, closed + `2026-06-12 order_redecision
2026-06-22 deliver_redecision basis=disclosed.provided mode=POST decide_date=2026-06-11
= refused DATE_ORDER field=decide_date`},
	{"a redecision signed after its delivery", workflow.DateOrder, closed + `2026-06-12 order_redecision
today 2026-07-01
2026-06-22 deliver_redecision basis=disclosed.provided mode=POST decide_date=2026-06-23
= refused DATE_ORDER field=deliver_date`},
	{"a deferral that defers nothing", workflow.DateOrder, received + `2026-03-04 ask_reasons
2026-03-10 receive_reasons accepted=true
2026-03-11 defer due_date=2026-03-30 reason=数量大
= refused DATE_ORDER field=due_date`},
	{"an act before the arrival", workflow.DateOrder, received + `2026-03-01 withdraw
= refused DATE_ORDER field=withdraw_date`},
	{"an act before the one it follows", workflow.DateOrder, decided + `2026-03-09 deliver mode=POST
= refused DATE_ORDER field=deliver_date zh=早于它所依据的步骤 en="before the step that it follows"`},
	{"before any Regulation", workflow.OutOfScope, `application 1
2008-04-30 submit channel=IN_PERSON applicant_kind=NATURAL_PERSON
= refused OUT_OF_SCOPE zh=2008年5月1日 en=2008-05-01`},
	{"the first day of the Regulation", "", `application 1
2008-05-01 submit channel=IN_PERSON applicant_kind=NATURAL_PERSON
= state RECEIVED`},
	{"an officer extends", workflow.RoleNotAllowed, received + `2026-03-03 extend workdays=5 by=OFFICER
= refused ROLE_NOT_ALLOWED`},
	{"a statistician registers", workflow.RoleNotAllowed, `application 1
2026-03-02 submit channel=FAX applicant_kind=NATURAL_PERSON by=STATISTICIAN
= refused ROLE_NOT_ALLOWED`},
	{"two outcomes", workflow.ActionNotPossible, closed + `2026-03-12 decide basis=refused.deliberative
= refused ACTION_NOT_POSSIBLE zh=已办结 en=CLOSED`},
	{"two signatures", workflow.ActionNotPossible, decided + `2026-03-12 decide basis=refused.deliberative
= refused ACTION_NOT_POSSIBLE`},
	{"reasons under the Regulation of 2008", workflow.ActionNotPossible, received2008 + `2018-09-18 ask_reasons
= refused ACTION_NOT_POSSIBLE zh=2019年5月15日以前 en="before 2019-05-15"`},
	{"before registration", workflow.ActionNotPossible, `application 1
2026-03-02 extend workdays=5
= refused ACTION_NOT_POSSIBLE zh=尚未登记 en=registered`},
	{"reopened though answered", workflow.ActionNotPossible, closed + `2026-03-20 reopen reason=住院
= refused ACTION_NOT_POSSIBLE`},
	{"reopened after a new reply", workflow.ActionNotPossible, received + `2026-03-04 request_supplement due_date=2026-03-20 items=文号
2026-03-23 lapse_supplement notice_receive_date=2026-03-05
2026-04-01 replace reason=自行纠错
2026-04-03 deliver_redecision basis=disclosed.provided mode=POST
2026-04-07 reopen reason=住院
= refused ACTION_NOT_POSSIBLE`},
	{"nothing came back", workflow.ActionNotPossible, received + `2026-03-03 withdraw
2026-03-04 fail_delivery reason=退件
= refused ACTION_NOT_POSSIBLE`},
	{"nothing is stayed", workflow.ActionNotPossible, received + `2026-03-03 release
= refused ACTION_NOT_POSSIBLE`},
	{"consulted after the due day", workflow.PeriodOver, received + `2026-03-31 consult kind=THIRD_PARTY
= refused PERIOD_OVER zh=2026-03-30 en=2026-03-30`},
	{"a supplement requested after the due day", workflow.PeriodOver, received + `2026-03-31 request_supplement workdays=10 items=文号
= refused PERIOD_OVER`},
	{"reasons asked after the due day", workflow.PeriodOver, received + `2026-03-31 ask_reasons
= refused PERIOD_OVER`},
	{"a fee notice after the due day", workflow.PeriodOver, received + `2026-03-31 notify_fee amount_fen=100 tariff=PER_PAGE
= refused PERIOD_OVER`},
	{"a supplement too late", workflow.PeriodOver, received + `2026-03-04 request_supplement due_date=2026-03-20 items=文号
2026-03-23 submit_supplement
= refused PERIOD_OVER field=receive_date`},
	{"a supplement posted too late", workflow.PeriodOver, received + `2026-03-04 request_supplement due_date=2026-03-20 items=文号
2026-03-24 submit_supplement post_date=2026-03-23
= refused PERIOD_OVER field=receive_date`},
	{"a supplement posted in time", "", received + `2026-03-04 request_supplement due_date=2026-03-20 items=文号
2026-03-24 submit_supplement post_date=2026-03-20
= state PROCESSING`},
	{"a supplement excused", "", received + `2026-03-04 request_supplement due_date=2026-03-20 items=文号
2026-03-24 submit_supplement good_cause=住院
= state PROCESSING`},
	{"a fee paid too late", workflow.PeriodOver, received + `2026-03-24 notify_fee amount_fen=100 tariff=PER_PAGE
2026-04-23 pay_fee
= refused PERIOD_OVER`},
	{"no reasons, no day named", workflow.PeriodRunning, received + `2026-03-04 ask_reasons
2026-03-25 lapse_reasons
= refused PERIOD_RUNNING zh=没有写明期限`},
	{"reasons may still come", workflow.PeriodRunning, received + `2026-03-04 ask_reasons due_date=2026-03-18
2026-03-18 lapse_reasons
= refused PERIOD_RUNNING
2026-03-19 lapse_reasons
= state PROCESSING
2026-03-20 decide basis=not_processed.excessive
= state DECIDED`},
	{"a second supplement", workflow.SecondSupplement, received + `2026-03-04 request_supplement due_date=2026-03-20 items=文号
2026-03-10 submit_supplement
2026-03-11 request_supplement due_date=2026-03-20 items=文号
= refused SECOND_SUPPLEMENT zh=2026-03-04 en=2026-03-04`},
	{"a second extension", workflow.SecondExtension, received + `2026-03-04 extend workdays=1
2026-03-05 extend workdays=1
= refused SECOND_EXTENSION`},
	{"25 workdays", workflow.ExtensionTooLong, received + `2026-03-04 extend workdays=25
= refused EXTENSION_TOO_LONG field=workdays zh=1至20 en="1 to 20"`},
	{"16 workdays under the Regulation of 2008", workflow.ExtensionTooLong, received2008 + `2018-09-18 extend workdays=16
= refused EXTENSION_TOO_LONG field=workdays zh=1至15 en="1 to 15"`},
	{"deferred after an extension", workflow.AlreadyExtended, received + `2026-03-04 extend workdays=5
2026-03-05 ask_reasons
2026-03-10 receive_reasons accepted=true
2026-03-11 defer due_date=2026-06-30 reason=数量大
= refused ALREADY_EXTENDED`},
	{"extended while an organ is asked during a deferral", workflow.AlreadyExtended, received + `2026-03-04 ask_reasons
2026-03-10 receive_reasons accepted=true
2026-03-11 defer due_date=2026-06-30 reason=数量大
2026-03-12 consult kind=THIRD_PARTY
2026-03-13 extend workdays=5
= refused ALREADY_EXTENDED
2026-03-16 receive_opinion opinion=CONSENT
= state DEFERRED`},
	{"reasons not accepted", workflow.ReasonsNotAccepted, received + `2026-03-04 ask_reasons
2026-03-11 defer due_date=2026-06-30 reason=数量大
= refused REASONS_NOT_ACCEPTED`},
	{"a fee before 2021", workflow.FeeNotAllowed, `application 1
2020-12-31 submit channel=IN_PERSON applicant_kind=NATURAL_PERSON
2021-01-04 notify_fee amount_fen=100 tariff=PER_PAGE
= refused FEE_NOT_ALLOWED zh=2021年1月1日 en=2021-01-01`},
	{"paid in part", workflow.FeeNotFull, received + `2026-03-24 notify_fee amount_fen=100 tariff=PER_PAGE
2026-03-25 pay_fee amount_fen=99
= refused FEE_NOT_FULL field=amount_fen`},
	{"a lapse without proof", workflow.EvidenceMissing, received + `2026-03-04 request_supplement due_date=2026-03-20 items=文号
2026-03-23 lapse_supplement
= refused EVIDENCE_MISSING field=notice_receive_date`},
	{"excessive without asking", workflow.EvidenceMissing, received + `2026-03-04 decide basis=not_processed.excessive
= refused EVIDENCE_MISSING field=basis`},
	{"a basis of 2008", workflow.BasisNotAllowed, received + `2026-03-04 decide basis=refused.no_special_need
= refused BASIS_NOT_ALLOWED field=basis`},
	{"a closing is no reply", workflow.BasisNotAllowed, received + `2026-03-04 decide basis=other.withdrawn
= refused BASIS_NOT_ALLOWED field=basis`},
	{"a fee closing before 2021", workflow.BasisNotAllowed, received2008 + `2018-09-18 decide basis=other.fee_unpaid
= refused BASIS_NOT_ALLOWED field=basis`},
	{"the notice to correct as the reply of 2008", "", received2008 + `2018-09-18 decide basis=other.not_supplemented
= state DECIDED`},
	{"a withdrawal is no reply under 2008 either", workflow.BasisNotAllowed, received2008 + `2018-09-18 decide basis=other.withdrawn
= refused BASIS_NOT_ALLOWED field=basis`},
	{"a repeat without a number", workflow.RepeatNotProven, received + `2026-03-04 decide basis=not_processed.repeat
= refused REPEAT_NOT_PROVEN field=prior_application_no`},
	{"a repeat of itself", workflow.RepeatNotProven, received + `2026-03-04 decide basis=not_processed.repeat prior_application_no=2026-1
= refused REPEAT_NOT_PROVEN field=prior_application_no`},
	{"unclear without a supplement", workflow.SupplementMissing, received + `2026-03-04 decide basis=unavailable.still_unclear
= refused SUPPLEMENT_MISSING field=basis`},
	{"a secret without 复议前置", workflow.ReviewFirstNotTold, received + `2026-03-04 decide basis=refused.state_secret
= refused REVIEW_FIRST_NOT_TOLD field=review_first_told`},
	{"a third party not told", workflow.ThirdPartyNotTold, received + `2026-03-04 consult kind=THIRD_PARTY
2026-03-10 receive_opinion opinion=OBJECTION
2026-03-11 decide basis=disclosed.provided
= refused THIRD_PARTY_NOT_TOLD field=third_party_notify_date`},
	{"a chain is in force", workflow.ChainRequired, chained + `2026-03-04 decide basis=disclosed.provided
= refused CHAIN_REQUIRED`},
	{"there is no chain", workflow.ChainEmpty, received + `2026-03-04 submit_for_review basis=disclosed.provided
= refused CHAIN_EMPTY`},
	{"the step of another role", workflow.StepRole, chained + `2026-03-04 submit_for_review basis=disclosed.provided by=OFFICER
2026-03-05 approve by=SUPERVISOR
= refused STEP_ROLE zh=经办人 en=OFFICER`},
	{"who drafted approves", workflow.NeedsSecondPerson, chained + `2026-03-04 submit_for_review basis=disclosed.provided by=OFFICER
2026-03-05 approve by=OFFICER
= refused SECOND_PERSON`},
	{"who registered voids", workflow.NeedsSecondPerson, `application 1
2026-03-02 submit channel=IN_PERSON applicant_kind=NATURAL_PERSON by=SUPERVISOR
2026-03-05 void reason=误登记
= refused SECOND_PERSON
= impossible void SECOND_PERSON`},
	{"another courier", workflow.CourierNotValid, decided + `2026-03-11 deliver mode=OTHER_COURIER
= refused COURIER_NOT_VALID field=mode`},
	{"another courier for a redecision", workflow.CourierNotValid, closed + `2026-06-12 replace reason=自行纠错
2026-06-15 deliver_redecision basis=disclosed.provided mode=OTHER_COURIER
= refused COURIER_NOT_VALID field=mode`},
	{"a court stays the disclosure", workflow.Held, decided + `2026-03-11 hold reason=裁定停止公开
2026-03-12 deliver mode=POST
= refused HELD
2026-03-16 release
2026-03-16 deliver mode=POST
= state CLOSED`},
	{"a late entry that contradicts", workflow.ContradictsLaterFact, closed + `2026-03-05 consult kind=THIRD_PARTY
= refused CONTRADICTS_LATER_FACT field=send_date zh=签发 en=decide
= state CLOSED`},
	{"which consultation", workflow.ConsultationUnknown, received + `2026-03-03 consult kind=THIRD_PARTY
2026-03-04 receive_opinion consultation=2 opinion=CONSENT
= refused CONSULTATION_UNKNOWN field=consultation zh=第2号 en="consultation 2"`},
	{"a late opinion on one that was answered", workflow.ConsultationUnknown, received + `2026-03-03 consult kind=THIRD_PARTY
2026-03-04 receive_opinion opinion=CONSENT
2026-03-05 record_late_opinion opinion=OBJECTION
= refused CONSULTATION_UNKNOWN field=consultation`},
}

// TestRefusals plays every way to be refused; a refused act changes nothing, which the
// player checks, and the texts say what is wrong in both languages.
func TestRefusals(t *testing.T) {
	driven := map[workflow.Reason]bool{}
	for _, tt := range refusals {
		t.Run(tt.name, func(t *testing.T) {
			r := play(t, tt.lines)
			for _, reason := range r.reasons {
				driven[reason] = true
			}
			if tt.reason != "" && !slices.Contains(r.reasons, tt.reason) {
				t.Errorf("refused with %v, want %s", r.reasons, tt.reason)
			}
		})
	}
	for _, reason := range workflow.RefusalReasons() {
		if !driven[reason] {
			t.Errorf("no acts lead to %s", reason)
		}
	}
}

// TestRefusalTexts keeps the words of what an office meets most often.
func TestRefusalTexts(t *testing.T) {
	no := &workflow.Refusal{Reason: workflow.PeriodOver, EN: "the period is over", Article: "Art 33"}
	if got := no.Error(); got != "the period is over (Art 33)" {
		t.Errorf("Error() = %q", got)
	}
	no.Article = ""
	if got := no.Error(); strings.Contains(got, "(") {
		t.Errorf("Error() = %q", got)
	}
}
