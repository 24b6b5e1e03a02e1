package server

import (
	"strings"

	"gongkai/workflow"
)

// word is one value of a closed set as ledgers write it: the first Chinese word is the
// one written, all are read.
type word[T ~string] struct {
	value T
	zh    []string
}

// vocabulary reads and writes the values of one closed set, in both directions of a
// ledger. Keys are read in either case.
type vocabulary[T ~string] struct {
	words []word[T]
	index map[string]T
	lower bool // keys are written in lower case
}

func newVocabulary[T ~string](lower bool, words ...word[T]) *vocabulary[T] {
	v := &vocabulary[T]{words: words, index: map[string]T{}, lower: lower}
	for _, w := range words {
		v.index[strings.ToLower(string(w.value))] = w.value
		for _, zh := range w.zh {
			v.index[strings.ToLower(zh)] = w.value
		}
	}
	return v
}

// parse reads a value by its key or one of its words.
func (v *vocabulary[T]) parse(text string) (T, bool) {
	value, ok := v.index[text]
	if !ok {
		value, ok = v.index[strings.ToLower(text)]
	}
	return value, ok
}

// text writes a value; nothing for no value.
func (v *vocabulary[T]) text(value T, keys bool) string {
	switch {
	case value == "":
		return ""
	case keys && v.lower:
		return strings.ToLower(string(value))
	case keys:
		return string(value)
	}
	for _, w := range v.words {
		if w.value == value {
			return w.zh[0]
		}
	}
	return string(value)
}

// choices lists what may be written.
func (v *vocabulary[T]) choices() (zh, en string) {
	var words, keys []string
	for _, w := range v.words {
		words, keys = append(words, w.zh[0]), append(keys, v.text(w.value, true))
	}
	return strings.Join(words, "、"), strings.Join(keys, ", ")
}

func spelled[T ~string](value T, zh ...string) word[T] { return word[T]{value, zh} }

// The closed sets of the ledger format.
var (
	channelWords = newVocabulary(
		false,
		spelled(workflow.InPerson, "当面"), spelled(workflow.Oral, "口头"), spelled(workflow.Fax, "传真"),
		spelled(workflow.OnlineForm, "网络", "网上", "在线"), spelled(workflow.Email, "电子邮件"),
		spelled(workflow.PostOrdinary, "信函", "平信"), spelled(workflow.PostSigned, "挂号信", "EMS", "邮寄"),
	)
	kindWords = newVocabulary(
		false,
		spelled(workflow.NaturalPerson, "自然人", "公民", "个人"), spelled(workflow.Business, "商业企业"),
		spelled(workflow.Research, "科研机构"), spelled(workflow.PublicInterest, "社会公益组织"),
		spelled(workflow.LegalService, "法律服务机构"), spelled(workflow.OtherKind, "其他"),
	)
	modeWords = newVocabulary(
		false,
		spelled(workflow.DeliverInPerson, "当面"), spelled(workflow.DeliverPost, "邮寄"), spelled(workflow.DeliverEmail, "电子邮件"),
		spelled(workflow.DeliverCourier, "其他快递"), spelled(workflow.DeliverOtherwise, "其他"),
	)
	timingWords = newVocabulary(
		false,
		spelled(workflow.OnTime, "按时"), spelled(workflow.Extended, "延期"), spelled(workflow.Late, "超期"),
	)
	letterWords = newVocabulary(
		true,
		spelled(workflow.ThirdParty, "第三方"), spelled(workflow.CoMaker, "共同制作机关"), spelled(workflow.Organ, "其他机关"),
	)
	remedyKindWords = newVocabulary(
		true,
		spelled(workflow.Reconsideration, "行政复议"), spelled(workflow.Litigation, "行政诉讼"), spelled(workflow.Complaint, "举报投诉"),
	)
	resultWords = newVocabulary(
		true,
		spelled(workflow.Upheld, "维持"), spelled(workflow.Corrected, "纠正"), spelled(workflow.OtherResult, "其他"),
		spelled(workflow.Pending, "尚未审结"),
	)
	capacityWords = newVocabulary(
		true,
		spelled(workflow.OriginalOrgan, "原行为机关"), spelled(workflow.ReviewOrgan, "复议机关"),
	)
	answerWords = newVocabulary(true, spelled(yes, "是"), spelled(no, "否"))
)

// answer is a yes or no of a ledger.
type answer string

const (
	yes answer = "yes"
	no  answer = "no"
)
