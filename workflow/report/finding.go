package report

// Status is what came out of a check.
type Status string

// The statuses.
const (
	Pass          Status = "PASS"
	Fail          Status = "FAIL"
	Uncertain     Status = "UNCERTAIN"      // to be looked at by a person
	NotAssessable Status = "NOT_ASSESSABLE" // a figure that the check needs is not there
)

// Finding is one check of a report. Left is the sum of the parts, Right the printed
// total; either is unknown where nothing of it is given.
type Finding struct {
	ID      string // the check and its place, such as B1/naturalPerson
	Status  Status
	Message Message
	Left    Value
	Right   Value
}

// relation is what a rule asks of its two sides.
type relation int

const (
	equal relation = iota
	atMost
	atLeast
)

// rule is one identity between figures of a grid.
type rule struct {
	id          string
	left, right []part
	relation    relation
	soft        bool // the rule has lawful exceptions: a breach is UNCERTAIN
	zh, en      string
}

// part is a group of cells of which some may be printed as one: its keys, or one of the
// cells that stand for all of them (blockSums; the single row 其他处理).
type part struct {
	keys    []string
	standIn []string
}

// side is one side of a rule: what is known of it, all figures being at least 0.
type side struct {
	sum      Figure
	known    bool // something of it is given
	complete bool
}

func (s side) value() Value { return Value{s.sum, s.known} }

// grid is the figures of a report by place: "granted/total", "3100", "t2.1.rules.made".
// What is not in it is unknown.
type grid map[string]Figure

func (g grid) side(parts []part) side {
	s := side{complete: true}
	for _, p := range parts {
		sum, given := Figure(0), 0
		for _, key := range p.keys {
			if f, ok := g[key]; ok {
				sum += f
				given++
			}
		}
		if given < len(p.keys) {
			if f, ok := g.first(p.standIn); ok {
				sum, given = f, len(p.keys)
			}
		}
		s.sum += sum
		s.known = s.known || given > 0
		s.complete = s.complete && given == len(p.keys)
	}
	return s
}

func (g grid) first(keys []string) (Figure, bool) {
	for _, key := range keys {
		if f, ok := g[key]; ok {
			return f, true
		}
	}
	return 0, false
}

// check judges a rule. A missing figure may be anything from 0 up: a side that lacks
// one is at least what is known of it. Known parts that already make up the total leave
// nothing for the missing ones.
func (g grid) check(r *rule) Finding {
	left, right := g.side(r.left), g.side(r.right)
	f := Finding{ID: r.id, Left: left.value(), Right: right.value(), Status: NotAssessable}
	switch r.relation {
	case equal:
		f.Status = equality(left, right)
	case atMost:
		f.Status = order(left, right)
	case atLeast:
		f.Status = order(right, left)
	}
	if r.soft && f.Status == Fail {
		f.Status = Uncertain
	}
	f.Message = r.message(f.Status, left, right)
	return f
}

func equality(left, right side) Status {
	switch {
	case !left.known || !right.known || !left.complete && !right.complete:
		return NotAssessable
	case left.sum == right.sum:
		return Pass
	case left.complete && right.complete, !left.complete && left.sum > right.sum, !right.complete && right.sum > left.sum:
		return Fail
	}
	return NotAssessable
}

// order judges low ≤ high.
func order(low, high side) Status {
	switch {
	case !low.known || !high.known:
		return NotAssessable
	case low.sum > high.sum && high.complete:
		return Fail
	case low.sum <= high.sum && low.complete:
		return Pass
	}
	return NotAssessable
}

func (r *rule) message(s Status, left, right side) Message {
	zh, en := "。", "."
	values := [2]string{left.value().String(), right.value().String()}
	switch s {
	case Pass:
		zh, en = "：相符（"+values[0]+"，"+values[1]+"）。", ": holds ("+values[0]+", "+values[1]+")."
	case Fail:
		zh = "：不符，左边为" + values[0] + "，右边为" + values[1] + "，请核对原始数据。"
		en = ": does not hold, " + values[0] + " against " + values[1] + "; check both against the cases."
	case Uncertain:
		zh = "：左边为" + values[0] + "，右边为" + values[1] + "，可能有合法原因，请人工核对。"
		en = ": " + values[0] + " against " + values[1] + "; there may be a lawful reason, look at it."
	case NotAssessable:
		zh, en = "：数据不全，无法判断。", ": cannot be assessed, figures are missing."
	}
	return Message{r.zh + zh, r.en + en}
}
