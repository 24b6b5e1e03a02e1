package server

import (
	"slices"
	"strings"
	"unicode/utf8"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/storage"
	"gongkai/workflow"
	"gongkai/workflow/calendar"
	"gongkai/workflow/outcome"
)

// maxFilter is the most characters of a filter.
const maxFilter = 1000

// selection is a filter as the store understands it: a query, or one number.
type selection struct {
	query  storage.Query
	number string
}

// condition is one comparison of a filter.
type condition struct{ field, operator, value string }

// filterField is what may be asked of a field of applications.
type filterField struct {
	name      string
	operators []string
	take      func(*selection, condition) error
}

// filterFields are the fields in the order in which errors name them.
func filterFields() []filterField {
	equal, order := []string{"="}, []string{"=", "<", "<=", ">", ">="}
	return []filterField{
		{"state", equal, func(s *selection, c condition) (err error) {
			s.query.States, err = oneOf(c, workflow.States())
			return err
		}},
		{"channel", equal, func(s *selection, c condition) (err error) {
			s.query.Channels, err = oneOf(c, workflow.Channels())
			return err
		}},
		{"applicant_kind", equal, func(s *selection, c condition) (err error) {
			s.query.Kinds, err = oneOf(c, workflow.ApplicantKinds())
			return err
		}},
		{"basis", equal, func(s *selection, c condition) error {
			s.query.Bases = []workflow.Basis{workflow.Basis(c.value)}
			if _, ok := outcome.Of(s.query.Bases[0]); !ok {
				return badFilter("没有名为“%s”的答复依据", "no basis is called %q", c.value)
			}
			return nil
		}},
		{"holder", equal, func(s *selection, c condition) error {
			if c.value == "" {
				return badFilter("holder不能为空", "holder must not be empty")
			}
			s.query.Holder = c.value
			return nil
		}},
		{"application_no", equal, func(s *selection, c condition) error {
			if c.value == "" {
				return badFilter("application_no不能为空", "application_no must not be empty")
			}
			s.number = c.value
			return nil
		}},
		{"receive_date", order, func(s *selection, c condition) error { return between(&s.query.ReceiveFrom, &s.query.ReceiveTo, c) }},
		{"close_date", order, func(s *selection, c condition) error { return between(&s.query.CloseFrom, &s.query.CloseTo, c) }},
	}
}

func badFilter(zh, en string, args ...any) error {
	f := failf(pb.Reason_INVALID_FILTER, "filter有误："+zh, "bad filter: "+en, args...)
	f.field = "filter"
	return f
}

func oneOf[T ~string](c condition, known []T) ([]T, error) {
	if v := T(c.value); slices.Contains(known, v) {
		return []T{v}, nil
	}
	return nil, badFilter("%[1]s没有值“%[2]s”，可用：%[3]s", "%[1]s has no value %[2]q; it may be %[3]s", c.field, c.value, joined(known))
}

func joined[T ~string](names []T) listed {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = string(n)
	}
	return listed(strings.Join(out, ", "))
}

// between narrows a span of days; both ends are included.
func between(from, to *workflow.Date, c condition) error {
	d, err := calendar.Parse(c.value)
	if err != nil {
		return badFilter("%[1]s的值“%[2]s”不是有效日期，应为YYYY-MM-DD", "%[1]s: %[2]q is no day of the calendar; write YYYY-MM-DD", c.field, c.value)
	}
	after, before := d, d
	switch c.operator {
	case ">":
		after, before = d.AddDays(1), 0
	case ">=":
		before = 0
	case "<":
		after, before = 0, d.AddDays(-1)
	case "<=":
		after = 0
	}
	*from = max(*from, after)
	if !before.IsZero() && (to.IsZero() || before < *to) {
		*to = before
	}
	return nil
}

// parseFilter reads that part of AIP-160 which the store can answer from its indexes:
// comparisons joined by AND. Whatever else AIP-160 knows is refused by name.
func parseFilter(text string) (selection, error) {
	var s selection
	conditions, err := conditionsIn(text)
	if err != nil {
		return s, err
	}
	seen := map[string]int{}
	for _, c := range conditions {
		if err := s.narrow(c); err != nil {
			return s, err
		}
		seen[c.field]++
		if seen[c.field] > 1 && !strings.HasSuffix(c.field, "_date") {
			return s, badFilter("%[1]s出现了两次", "%[1]s is asked for twice", c.field)
		}
	}
	if s.number != "" && len(conditions) > 1 {
		return s, badFilter("application_no不能与其他条件合用", "application_no cannot stand beside other conditions")
	}
	return s, nil
}

func (s *selection) narrow(c condition) error {
	var names []string
	for _, f := range filterFields() {
		if f.name != c.field {
			names = append(names, f.name)
			continue
		}
		if !slices.Contains(f.operators, c.operator) {
			return badFilter("%[1]s不能用%[2]s，可用：%[3]s", "%[1]s does not take %[2]s; it takes %[3]s", c.field, c.operator, strings.Join(f.operators, " "))
		}
		return f.take(s, c)
	}
	return badFilter("没有字段“%[1]s”，可用：%[2]s", "no field %[1]q; there are %[2]s", c.field, joined(names))
}

// conditionsIn splits a filter into its comparisons.
func conditionsIn(text string) ([]condition, error) {
	if n := utf8.RuneCountInString(text); n > maxFilter {
		return nil, badFilter("有%[1]d个字符，最多%[2]d个", "it has %[1]d characters; at most %[2]d", n, maxFilter)
	}
	for _, r := range text {
		if workflow.Hidden(r) && !strings.ContainsRune(blanks, r) {
			return nil, badFilter("含有控制字符%[1]U，请删除", "it holds the control character %[1]U; remove it", r)
		}
	}
	tokens, err := tokensIn(text)
	if err != nil || len(tokens) == 0 {
		return nil, err
	}
	var out []condition
	for {
		if len(tokens) < 3 || !tokens[0].plain() || !tokens[1].operator || tokens[2].operator {
			return nil, badFilter("应为“字段 运算符 值”，如state = RECEIVED AND receive_date >= 2026-01-01，出错处：“%s”",
				"write field, operator, value, as in state = RECEIVED AND receive_date >= 2026-01-01; wrong at %q", head(tokens))
		}
		out = append(out, condition{tokens[0].text, tokens[1].text, tokens[2].text})
		if tokens = tokens[3:]; len(tokens) == 0 {
			return out, nil
		}
		if tokens[0].quoted || tokens[0].text != "AND" {
			return nil, badFilter("条件之间只能用AND连接，出错处：“%s”", "conditions are joined by AND only; wrong at %q", head(tokens))
		}
		tokens = tokens[1:]
	}
}

// token is a word, a quoted text or an operator of a filter.
type token struct {
	text             string
	quoted, operator bool
}

// plain reports whether a token can name a field.
func (t token) plain() bool {
	return !t.quoted && !t.operator && t.text != "NOT" && t.text != "OR" && t.text != "AND"
}

// head is where in a filter an error lies.
func head(tokens []token) string {
	var words []string
	for _, t := range tokens[:min(len(tokens), 4)] {
		words = append(words, t.text)
	}
	return strings.Join(words, " ")
}

// Blanks stand between words, and signs are the characters of operators.
const (
	blanks = " \t\r\n"
	signs  = "=<>!:"
)

func tokensIn(text string) ([]token, error) {
	var out []token
	for {
		text = strings.TrimLeft(text, blanks)
		if text == "" {
			return out, nil
		}
		var t token
		switch {
		case text[0] == '"' || text[0] == '\'':
			var ok bool
			if t, text, ok = quoted(text); !ok {
				return nil, badFilter("引号没有结束", "a quotation mark is not closed")
			}
		case strings.ContainsRune(signs, rune(text[0])):
			n := len(text) - len(strings.TrimLeft(text, signs))
			t, text = token{text: text[:n], operator: true}, text[n:]
		case strings.ContainsRune("(),-", rune(text[0])):
			return nil, badFilter("不支持“%s”，条件之间只能用AND连接", "%q is not supported; conditions are joined by AND only", text[:1])
		default:
			n := strings.IndexAny(text, " \t\r\n\"'(),"+signs)
			if n < 0 {
				n = len(text)
			}
			t, text = token{text: text[:n]}, text[n:]
		}
		out = append(out, t)
	}
}

// quoted reads a text in quotation marks; a backslash takes the next character as it is.
func quoted(text string) (t token, rest string, ok bool) {
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] == text[0]:
			return token{text: b.String(), quoted: true}, text[i+1:], true
		case text[i] == '\\' && i+1 < len(text):
			i++
		}
		b.WriteByte(text[i])
	}
	return token{}, "", false
}
