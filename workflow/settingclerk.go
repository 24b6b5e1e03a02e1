package workflow

import "regexp"

var (
	mailForm = SettingForm{
		"以逗号分隔的邮箱，最多200字", "mail addresses, comma-separated, at most 200 characters",
		regexp.MustCompile(`^ *[^\s@,;<>"]+@[^\s@,;<>"]+ *(, *[^\s@,;<>"]+@[^\s@,;<>"]+ *)*$`),
	}
	webForm = SettingForm{
		"以https://或者http://开头的网址，最多200字", "an address that begins with https:// or http://, at most 200 characters",
		regexp.MustCompile(`^https?://[^\s/]+(/\S*)?$`),
	}
)

// Settings on what time does by itself.
const (
	SetLapseOpinion    = "clerk.lapse_opinion"
	SetLapseSupplement = "clerk.lapse_supplement"
	SetLapseFee        = "clerk.lapse_fee"
	SetLapseGrace      = "clerk.grace_workdays"
	SetRemindEmail     = "reminders.email"
	SetRemindWebhook   = "reminders.webhook"
	SetRemindFrom      = "reminders.from_hour"
	SetRemindTo        = "reminders.to_hour"
)

// SwitchOn and SwitchOff are the values of a setting that is a switch.
const (
	SwitchOn  = "on"
	SwitchOff = "off"
)

var switchValues = []SettingChoice{{SwitchOn, "开", "on"}, {SwitchOff, "关", "off"}}

// The defaults let time end only what costs the applicant nothing: that a party was silent.
// What closes an application waits for a person, who knows of letters under way.
var clerkRows = []SettingRow{
	{Key: SetLapseOpinion, Default: SwitchOn, LabelZH: "意见期限届满自动记录", LabelEN: "record by itself that the period for an opinion is over", Values: switchValues, Source: "Arts 32, 34"},
	{Key: SetLapseSupplement, Default: SwitchOff, LabelZH: "逾期不补正自动办结", LabelEN: "close by itself what was not supplemented in time", Values: switchValues, Source: "Art 30"},
	{Key: SetLapseFee, Default: SwitchOff, LabelZH: "逾期未缴费自动办结", LabelEN: "close by itself what was not paid for in time", Values: switchValues, Source: "109号 Art 6"},
	{Key: SetLapseGrace, Default: "3", LabelZH: "自动办结前等待在途邮件的工作日", LabelEN: "workdays to wait for letters under way before closing by itself", Max: 20, Source: "民法典 Art 137"},
	{Key: SetRemindEmail, LabelZH: "每日提醒的邮箱，以逗号分隔", LabelEN: "addresses for the daily list, comma-separated", Form: &mailForm},
	{Key: SetRemindWebhook, LabelZH: "每日提醒的网址（企业微信、钉钉）", LabelEN: "webhook for the daily list", Form: &webForm},
	{Key: SetRemindFrom, Default: "8", LabelZH: "每日提醒不早于几时", LabelEN: "reminders not before this hour", Max: 23},
	{Key: SetRemindTo, Default: "20", LabelZH: "每日提醒早于几时", LabelEN: "reminders before this hour", Min: 1, Max: 24},
}
