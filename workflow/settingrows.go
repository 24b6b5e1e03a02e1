package workflow

import (
	"slices"

	"gongkai/workflow/outcome"
)

// The catalogue. A setting is offered with the values that act, and with nothing else:
// an open question of the law whose other answer this service does not know how to carry
// through has no row.
var settingRows = slices.Concat(dayRows, lawRows, mappingRows(), remedyOrganRows, letterRows, numberRows, clerkRows)

// dayRows are thresholds in workdays and times inside the agency.
var dayRows = []SettingRow{
	{Key: "lights.yellow", Default: "5", LabelZH: "黄灯：剩余工作日不超过", LabelEN: "yellow light: at most so many workdays left", Max: 60, Source: "Art 33"},
	{Key: "lights.red", Default: "3", LabelZH: "红灯：剩余工作日不超过", LabelEN: "red light: at most so many workdays left", Max: 60, Source: "Art 33"},
	{Key: "internal.days_before", Default: "0", LabelZH: "内部期限：早于法定期限的工作日数，0为不设", LabelEN: "internal limit: workdays before the legal one, 0 for none", Max: 20, Source: "Art 33"},
	{Key: "confirm.workdays", Default: "1", LabelZH: "到达后应在几个工作日内确认", LabelEN: "workdays within which an arrival must be confirmed", Max: 10, Source: "Art 31(2), 31(3)"},
	{Key: "assign.accept_workdays", Default: "1", LabelZH: "转办后几个工作日未退回视为接收", LabelEN: "workdays after which an assignment that was not sent back counts as accepted", Max: 10, Source: "Art 45"},
}

// Settings on open questions of the law, and their values other than the defaults.
const (
	SetOnlineReceipt     = "law.online_receipt"
	SetDelayedConfirm    = "law.delayed_confirmation"
	SetEarlyReceipt      = "law.receipt_before_207"
	SetSecondSupplement  = "law.second_supplement"
	SetSupplement2008    = "law.supplement_2008"
	SetExtensionRestart  = "law.extension_restart"
	SetQueryReviewFirst  = "law.query_review_first"
	SetSilenceReview     = "law.silence_review_first"
	SetPendingDisputes   = "law.pending_disputes"
	choseAutomatic       = "automatic"
	choseLastDay         = "last_day"
	choseArrival         = "arrival"
	choseSupervisor      = "supervisor"
	choseRestart         = "restart"
	choseSurvives        = "survives"
	choseYes             = "yes"
	choseOpen            = "open"
	choseRequired        = "required"
	ChosePendingAsOther  = "other"
	choseNoCode          = "none"
	sourceOpen2019       = "《条例》2019 "
	sourceSPC            = "法释〔2025〕8号 "
	sourceReview         = "行政复议法 2023 Art 23(1)"
	mappingCode          = "mapping.code."
	mappingRow           = "mapping.row."
	sourceCodedTable2014 = "国办发〔2014〕32号"
)

// lawRows are what the law leaves open.
var lawRows = []SettingRow{
	{
		Key: SetOnlineReceipt, Default: "person", Source: sourceOpen2019 + "Art 31(3)",
		LabelZH: "在线表单的收到之日（按到达日期适用）", LabelEN: "day of receipt of online forms, by the day of arrival",
		Values: []SettingChoice{
			{"person", "由工作人员与申请人确认之日", "the day on which a person confirms it"},
			{choseAutomatic, "系统自动回执即为确认，到达之日", "the automatic receipt confirms: the day of arrival"},
		},
	},
	{
		Key: SetDelayedConfirm, Default: "confirmation", Source: sourceOpen2019 + "Art 31(2), 31(3)",
		LabelZH: "工作机构拖延确认时的收到之日（按到达日期适用）", LabelEN: "day of receipt where the office is late to confirm, by the day of arrival",
		Values: []SettingChoice{
			{"confirmation", "确认之日，并提醒", "the day of confirmation, with an alarm"},
			{choseLastDay, "应当确认的最后一日：平常信函为到达当日，其他为次一工作日", "the last day for the confirmation: of an ordinary letter its arrival, else the next workday"},
		},
	},
	{
		Key: SetEarlyReceipt, Default: "confirmation", Source: "国办公开办函〔2015〕207号",
		LabelZH: "2008年5月1日至2015年10月31日到达的传真、在线表单的收到之日", LabelEN: "day of receipt of faxes and online forms that arrived from 2008-05-01 to 2015-10-31",
		Values: []SettingChoice{
			{"confirmation", "参照207号：双方确认之日", "as in document No. 207: the day of confirmation"},
			{choseArrival, "当时没有规定：到达之日", "no rule existed: the day of arrival"},
		},
	},
	{
		Key: SetSecondSupplement, Default: "refused", Source: sourceOpen2019 + "Art 30; 国办公开办函〔2020〕2号 一(三)",
		LabelZH: "第二次告知补正（按告知日期适用）", LabelEN: "a second request for a supplement, by the day of the notice",
		Values: []SettingChoice{
			{"refused", "不允许", "refused"},
			{choseSupervisor, "允许，限负责人办理", "allowed, to a supervisor only"},
		},
	},
	{
		Key: SetSupplement2008, Default: "pause", Source: "《条例》2008 Art 21(4)",
		LabelZH: "2019年5月15日以前收到的申请，补正对答复期限的影响（按告知日期适用）", LabelEN: "what a supplement does to the period of an application received before 2019-05-15, by the day of the notice",
		Values: []SettingChoice{
			{"pause", "补正时间不计入期限", "the time of the supplement does not count"},
			{choseRestart, "自收到补正之日起重新计算", "the period starts anew with its receipt"},
		},
	},
	{
		Key: SetExtensionRestart, Default: "consumed", Source: sourceOpen2019 + "Arts 30, 33",
		LabelZH: "延期后期限重新计算的，延长的工作日（按延期告知日期适用）", LabelEN: "the workdays of an extension once the period starts anew, by the day of its notice",
		Values: []SettingChoice{
			{"consumed", "随原期限用完，不再计入", "are used up with the old period"},
			{choseSurvives, "计入重新计算的期限", "are added to the new period"},
		},
	},
	{
		Key: SetQueryReviewFirst, Default: "no", Source: sourceReview + "(4); " + sourceSPC + "Art 10(2)",
		LabelZH: "行政查询事项（《条例》第36条第七项）是否复议前置（按决定日期适用）", LabelEN: "whether reconsideration comes first against the referral to a registry (Art 36(7)), by the day of the decision",
		Values: []SettingChoice{
			{"no", "否", "no"},
			{choseYes, "是，答复须告知", "yes, and the reply must say so"},
		},
	},
	{
		Key: SetSilenceReview, Default: "warn", Source: sourceReview + "(3); " + sourceSPC + "Art 2(2)",
		LabelZH: "逾期不答复是否复议前置（2024年起，按起诉日期适用）", LabelEN: "whether reconsideration comes first against silence, from 2024, by the day of filing",
		Values: []SettingChoice{
			{"warn", "存疑，提示", "doubtful: a warning"},
			{choseOpen, "否，可以选择", "no: as the applicant chooses"},
			{choseRequired, "是", "yes"},
		},
	},
	{
		Key: SetPendingDisputes, Default: "not_counted", Source: sourceCodedTable2014,
		LabelZH: "统计表中年末尚未审结的复议、诉讼（按年度末日适用）", LabelEN: "disputes undecided at the end of the year in the coded table, by the last day of the year",
		Values: []SettingChoice{
			{"not_counted", "审结以前不计", "not counted until decided"},
			{ChosePendingAsOther, "计入4300、5300其他情形", "counted in 4300 and 5300"},
		},
	},
}

var remedyOrganRows = []SettingRow{
	{Key: "remedy.review_organ", LabelZH: "行政复议机关", LabelEN: "reconsideration organ", Source: sourceOpen2019 + "Art 51; 行政复议法 2023 Art 24"},
	{Key: "remedy.court", LabelZH: "有管辖权的人民法院", LabelEN: "court with jurisdiction", Source: sourceOpen2019 + "Art 51; 行政诉讼法 Art 18"},
}

// reading is a basis whose cell in one of the tables neither the law nor the label fixes,
// with the cells that practice gives it besides the default.
type reading struct {
	basis  Basis
	others []string
	source string
}

var codeReadings = []reading{
	{"refused.internal_affairs", []string{"3346"}, "国办发〔2010〕5号"},
	{"refused.deliberative", []string{"3346", "3344"}, "国办发〔2010〕5号"},
	{"refused.enforcement_file", []string{"3380"}, sourceCodedTable2014},
	{"unavailable.needs_creation", []string{"3360"}, "国办发〔2010〕5号"},
	{"not_processed.petition", []string{"3345"}, sourceCodedTable2014},
	{"not_processed.publication", []string{"3310"}, sourceCodedTable2014},
	{"other.not_supplemented", []string{choseNoCode}, "《条例》2008 Art 21(4)"},
}

var rowReadings = []reading{
	{"other.not_government_information", []string{
		"denied.internalAffairs", "denied.processInfo", "unable.needsCreation", "notProcessed.petition", "notProcessed.confirmReissue",
	}, "国办公开办函〔2021〕30号"},
	{"refused.other_statutory", []string{
		"denied.lawForbidden", "denied.enforcementFile", "notProcessed.duplicate", "notProcessed.massiveRepeated",
	}, "国办公开办函〔2021〕30号"},
	{"other.other_channel", []string{"denied.adminQuery", "notProcessed.petition", "notProcessed.publication"}, "国办公开办函〔2021〕30号"},
}

// mappingRows makes a setting of each reading; the default is the row of the outcome.
func mappingRows() []SettingRow {
	out := make([]SettingRow, 0, len(codeReadings)+len(rowReadings))
	for _, r := range codeReadings {
		row, _ := outcome.Of(r.basis)
		out = append(out, r.setting(mappingCode, row.LabelZH, row.LabelEN, row.Code2014, "的统计表代码", "cell of the coded table"))
	}
	for _, r := range rowReadings {
		row, _ := outcome.Of(r.basis)
		out = append(out, r.setting(mappingRow, row.LabelZH, row.LabelEN, row.Row2021, "在年度报告表三中的行", "row of table 3"))
	}
	return out
}

func (r reading) setting(prefix, zh, en, usual, whatZH, whatEN string) SettingRow {
	out := SettingRow{
		Key: prefix + string(r.basis), Default: usual, Source: r.source,
		LabelZH: "“" + zh + "”" + whatZH + "（按年度末日适用）", LabelEN: whatEN + " for “" + en + "”, by the last day of the year",
		Values: []SettingChoice{{usual, "默认", "default"}},
	}
	for _, v := range r.others {
		c := SettingChoice{v, "另一读法", "another reading"}
		if v == choseNoCode {
			c.ZH, c.EN = "只计入3200", "counted in 3200 only"
		}
		out.Values = append(out.Values, c)
	}
	return out
}

// Readings returns what the agency's settings read otherwise than the defaults in the
// tables on a year: the row of table 三 (2021) or the code of a basis. A code of "" is
// none.
func (s Settings) Readings(last Date) (rows, codes map[Basis]string) {
	take := func(list []reading, prefix string) map[Basis]string {
		var out map[Basis]string
		for _, r := range list {
			key := prefix + string(r.basis)
			if len(s.Values[key]) == 0 {
				continue
			}
			def, _ := SettingOf(key)
			if v := s.Text(key, last); v != def.Default {
				if out == nil {
					out = map[Basis]string{}
				}
				out[r.basis] = v
				if v == choseNoCode {
					out[r.basis] = ""
				}
			}
		}
		return out
	}
	return take(rowReadings, mappingRow), take(codeReadings, mappingCode)
}

// numberRows are the patterns of numbers (GB/T 9704: year in six-corner brackets, no
// leading zeros). The words are placeholders for the agency's own 机关代字.
var numberRows = []SettingRow{
	{Key: "number.word", LabelZH: "机关代字，即编号中的{word}", LabelEN: "the agency's code word, {word} in numbers", Source: "GB/T 9704"},
	{Key: "number.application", Default: DefaultApplicationPattern, Pattern: true, LabelZH: "申请编号（按到达日期适用）", LabelEN: "number of an application, by the day of arrival", Source: "GB/T 9704"},
	numberRow("reply", "答复", "reply", "答"),
	numberRow("extension", "延期告知", "notice of an extension", "延"),
	numberRow("supplement", "补正告知", "notice to supplement", "补"),
	numberRow("fee", "收费通知", "notice of a fee", "费"),
	numberRow("consultation", "征求意见", "consultation", "询"),
	numberRow("receipt", "收件回执", "receipt", "收"),
	numberRow("notice", "其他告知、函件", "notice or letter of another kind", "函"),
}

func numberRow(kind, zh, en, word string) SettingRow {
	return SettingRow{
		Key: "number." + kind, Default: "{word}公开" + word + "〔{year}〕{n}号", Pattern: true,
		LabelZH: zh + "文书编号", LabelEN: "number of a " + en, Source: "GB/T 9704",
	}
}

// NumberKinds are the kinds of documents that have numbers of their own.
func NumberKinds() []string {
	return []string{"reply", "extension", "supplement", "fee", "consultation", "receipt", "notice"}
}
