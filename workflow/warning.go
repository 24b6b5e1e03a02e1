package workflow

import (
	"slices"

	"gongkai/workflow/calendar"
	"gongkai/workflow/outcome"
)

// Warning is something to look at that blocks nothing.
type Warning struct {
	Code   string
	ZH, EN string
}

// Warnings lists what is doubtful in a case: defects of procedure that the law attaches
// no consequence to, evidence that is not on file, defaults taken.
func (r Rules) Warnings(a *Application) []Warning {
	var out []Warning
	add := func(code, zh, en string) { out = append(out, Warning{code, zh, en}) }
	if a.Supplement.Late {
		add("SUPPLEMENT_NOTICE_LATE", "补正告知晚于收到申请后7个工作日，属程序瑕疵；答复期限仍自收到补正重新计算，请按保守期限办理（第30条）",
			"the supplement was requested later than seven workdays after receipt, a procedural defect; work to the safe date (Art 30)")
	}
	if s := a.Supplement; !s.NotifyDate.IsZero() && !s.DueDate.IsZero() &&
		r.Calendar.WorkdaysBetween(max(s.NotifyDate, s.NoticeDate), s.DueDate) > usualSupplementWorkdays {
		add("SUPPLEMENT_PERIOD_LONG", "补正期限超过15个工作日，一般不超过15个工作日（国办公开办函〔2020〕2号）", "the period for the supplement is over 15 workdays, which is rarely given")
	}
	if d := a.Deferral; !d.DueDate.IsZero() && r.Calendar.WorkdaysBetween(d.NotifyDate, d.DueDate) > redecisionWorkdays {
		add("DEFERRAL_LONG", "延迟答复超过20个工作日，法律未定上限，请说明理由（第35条）", "deferred by over 20 workdays; the law sets no maximum, so give grounds (Art 35)")
	}
	if a.Hold {
		add("HELD", "法院裁定停止公开期间不得送达；期限不因此停止（法释〔2025〕8号第13条）", "a court stays the disclosure; the clock runs on (法释〔2025〕8号 Art 13)")
	}
	if a.Conclusion.Timing == Late {
		add("OVERDUE", "办结超过答复期限，申请人可以申请复议或者起诉", "concluded after the last day; the applicant may seek remedies")
		if a.Conclusion.LateCause == "" {
			add("LATE_CAUSE_MISSING", "超期办结未说明原因；请以更正补填late_cause", "concluded late without a cause; correct the act to give late_cause")
		}
	}
	out = append(out, settled(a)...)
	out = append(out, evidenceMissing(a)...)
	return append(out, doubtfulBasis(a)...)
}

// evidenceMissing names proof that is not on file for acts read from a ledger.
func evidenceMissing(a *Application) []Warning {
	var out []Warning
	j := judging{a: a}
	for i := range a.Acts {
		act := &a.Acts[i]
		if act.Origin != Ledger {
			continue
		}
		j.act = act
		switch act.Action {
		case ActExtend:
			if act.Text.Approver == "" {
				out = append(out, Warning{"APPROVER_UNKNOWN", "台账没有记录延期的批准人（第33条）", "the ledger does not say who agreed to the extension (Art 33)"})
			}
		case ActDecide:
			for _, g := range []Guard{repeatProven, reviewFirstTold, thirdPartyTold, reasonsAsked} {
				if no := g.Check(&j); no != nil {
					out = append(out, Warning{string(no.Reason), no.ZH, no.EN})
				}
			}
		case ActSubmitSupplement:
			if a.Supplement.missed(act) {
				out = append(out, Warning{"GOOD_CAUSE_UNKNOWN", "补正收到晚于补正期限，台账没有记录交邮日期或者正当理由（第30条）", "the supplement came after the applicant's period; the ledger has no day of posting or good cause (Art 30)"})
			}
		case ActLapseSupplement:
			if a.Supplement.NoticeDate.IsZero() {
				out = append(out, Warning{string(EvidenceMissing), "台账没有补正告知书的送达证明（第30条）", "the ledger has no proof that the supplement notice arrived (Art 30)"})
			}
		default:
		}
	}
	return out
}

var firstDay2019 = calendar.New(2019, 5, 15)

// doubtfulBasis names bases that may be recorded but should be looked at.
func doubtfulBasis(a *Application) []Warning {
	var out []Warning
	last := a.Reply()
	row, ok := outcome.Of(last.Basis)
	if !ok {
		return nil
	}
	if last.DecideDate < firstDay2019 && !row.Only2008 && slices.Contains([]string{"38", "39(1)", "39(2)", "35", "36(6)", "36(7)", "16(1)", "16(2)"}, row.Article) {
		out = append(out, Warning{
			"BASIS_LATER_THAN_DECISION", "该依据为2019年修订条文，决定日期在其施行以前；2019年度表统计全年，故予保留，请核对",
			"the basis is an article of 2019, later than the decision; kept because the forms of 2019 count the whole year",
		})
	}
	if last.Basis == "other.other" {
		out = append(out, Warning{"LAST_RESORT", "“其他处理—其他”仅限极少数特殊情况（60号 一(三)），请核对有无更合适的依据", "other.other is a last resort; check whether another basis fits"})
	}
	if last.Basis == "disclosed.in_part" && last.DecideDate >= firstReviewFirstDay {
		out = append(out, Warning{
			"REVIEW_FIRST_IN_PART", "部分公开中依据第十四至十六条不予公开的部分，应告知先申请行政复议（行政复议法第23条）",
			"for the part withheld under Arts 14–16 the letter must name 复议前置 (行政复议法 Art 23)",
		})
	}
	return out
}
