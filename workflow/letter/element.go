package letter

// Elements that several kinds share.

const (
	regulation = "《中华人民共和国政府信息公开条例》"
	feeRules   = "《政府信息公开信息处理费管理办法》（国办函〔2020〕109号）"
)

// The keys of elements that the code asks for by name.
const (
	keyAddressee   = "addressee"
	keySubject     = "subject"
	keyBasis       = "legal_basis"
	keyRemedyText  = "remedy_text"
	keyRemedyWhy   = "remedy_reason"
	keyExtra       = "extra"
	keyEnclosures  = "enclosures"
	keyContact     = "contact"
	keyRedecision  = "redecision_cause"
	keyPrior       = "prior_application_no"
	keyFacts       = "facts"
	keyOverruled   = "overrule_reasons"
	keyTold        = "third_party_notify_date"
	keyDecision    = "decision"
	keyTariff      = "tariff"
	keyQuantity    = "quantity"
	keyWorkdays    = "extension_workdays"
	keyThirdParty  = "third_party_opinion"
	keyParty       = "party_affairs"
	keyOrgan       = "responsible_organ"
	choiceYes      = "yes"
	choiceRefused  = "refused"
	settingContact = "letter.contact"
	settingReview  = "remedy.review_organ"
	settingCourt   = "remedy.court"
	settingOnline  = "letter.online_review"
)

func field(key, zh, en, hintZH, hintEN string) Element {
	return Element{Key: key, Label: Text{zh, en}, Hint: Text{hintZH, hintEN}, Source: FromField, Required: true}
}

func (e Element) optional() Element { e.Required = false; return e }
func (e Element) lines() Element    { e.Lines = true; return e }
func (e Element) date() Element     { e.Date = true; return e }

func (e Element) number(most int) Element { e.most = most; return e }

func (e Element) oneOf(choices ...Choice) Element { e.Choices = choices; return e }

// known says that the case may tell the element, by which act or field.
func (e Element) known(place string) Element {
	e.Source, e.Place = FromEither, place
	return e
}

// fact is an element that the case alone tells.
func fact(key, zh, en, place string) Element {
	return Element{
		Key: key, Label: Text{zh, en}, Source: FromCase, Required: true, Place: place,
		Hint: Text{"由案件记录得出", "follows from what is recorded of the case"},
	}
}

func setting(key, setting, zh, en string, required bool) Element {
	return Element{
		Key: key, Label: Text{zh, en}, Source: FromSetting, Setting: setting, Required: required,
		Hint: Text{"由管理员设置" + setting + "，可以自较早日期生效", "the administrator sets " + setting + ", from an earlier day if need be"},
	}
}

var (
	addresseeElement = field(keyAddressee, "收件人", "addressee", "申请人姓名或者名称", "name of the applicant").known("applicant.display_name")
	partyElement     = field(keyAddressee, "第三方", "third party", "第三方的姓名或者名称", "name of the third party").known("act consult: party")
	organElement     = field(keyAddressee, "收文机关或者部门", "organ or department", "如：某县档案局", "such as a county archive")
	receiptElement   = fact("receive_date", "收到申请之日", "day of receipt", "act confirm")
	numberElement    = fact("application_no", "申请编号", "application number", "application_no")
	subjectElement   = field(keySubject, "申请内容", "what was asked", "可以概括；默认为申请原文", "may be a summary; by default the words of the application").known("description")
	contactElement   = setting(keyContact, settingContact, "联系方式", "contact", true)
	factsElement     = field(keyFacts, "事实和理由", "facts and reasons", "写明本件的具体事实和理由，不只重复条文", "the facts and reasons of this case, not only the words of the article").lines()
	reviewElement    = setting("review_organ", settingReview, "行政复议机关", "reconsideration organ", true)
	courtElement     = setting("court", settingCourt, "有管辖权的人民法院", "court with jurisdiction", true)
	onlineElement    = setting("online_review", settingOnline, "网上申请行政复议的途径", "where to apply for reconsideration online", false)
	overrideElements = []Element{
		field(keyRemedyText, "另拟的救济告知", "remedy paragraph in other words", "只在法制人员认为应当另行表述时填写，须写明行政复议机关", "only where legal staff want another wording; it must name the reconsideration organ").optional().lines(),
		field(keyRemedyWhy, "另拟救济告知的理由", "why the remedy paragraph is another", "写明理由和决定人，与文书一并留存", "the reason and who decided; kept with the letter").optional(),
	}
	extraElement      = field(keyExtra, "补充说明", "further remarks", "需要另行告知的事项", "what else the letter should tell").optional().lines()
	enclosuresElement = field(keyEnclosures, "附件", "enclosures", "每行一份，写明名称和页数", "one a line, with its pages").optional().lines()
	informationField  = field("information", "涉及的政府信息", "information concerned", "写明名称、文号，足以让对方判断；不写申请人身份", "title and number, enough to judge by; not who applied").lines()
)

// opening begins every letter to the applicant.
var opening = paragraph{text: "本机关于{receive_date}收到{you}提出的政府信息公开申请（申请编号：{application_no}），申请公开的内容为：“{subject}”。"}

func toApplicant(more ...Element) []Element {
	out := []Element{addresseeElement, receiptElement, numberElement, subjectElement}
	out = append(out, more...)
	return append(out, extraElement, enclosuresElement, contactElement)
}
