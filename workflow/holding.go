package workflow

import "gongkai/workflow/calendar"

// holding is the present one; nil if nobody was ever named.
func (a *Application) holding() *Holding {
	if len(a.Holdings) == 0 {
		return nil
	}
	return &a.Holdings[len(a.Holdings)-1]
}

// Holder is who has the application in hand; empty: nobody in particular.
func (a *Application) Holder() string {
	if h := a.holding(); h != nil {
		return h.Holder
	}
	return ""
}

func assign(a *Application, act *Act, _ *calendar.Calendar) {
	a.Holdings = append(a.Holdings, Holding{Holder: act.Holder, Since: act.Date})
}

// sendBack gives the application back to whoever had it before the last assignment;
// nobody in particular if there was none. It is theirs without signing again.
func sendBack(a *Application, act *Act, _ *calendar.Calendar) {
	a.holding().Returned = true
	back := Holding{Since: act.Date, Accepted: act.Date}
	if n := len(a.Holdings); n > 1 {
		back.Holder = a.Holdings[n-2].Holder
	}
	a.Holdings = append(a.Holdings, back)
}

var otherHolder = ofFields(func(j *judging) *Refusal {
	if j.act.Holder == "" || j.act.Holder != j.a.Holder() {
		return nil
	}
	return refuse(ActionNotPossible, "holder", "", "申请已由“%[1]s”承办，无需再次转办", "%[1]s has the application already", j.act.Holder)
})

var assigned = early(func(j *judging) *Refusal {
	if j.a.Holder() != "" {
		return nil
	}
	return refuse(ActionNotPossible, "", "", "申请尚未转办给任何部门或人员；请先办理“转办”", "nobody was assigned the application; assign it first")
})

var notAccepted = early(func(j *judging) *Refusal {
	h := j.a.holding()
	if h == nil || h.Accepted.IsZero() {
		return nil
	}
	return refuse(ActionNotPossible, "", "", "“%[1]s”已于%[2]s签收；如不应由其承办，请重新转办", "%[1]s accepted it on %[2]s; if it is not theirs, assign it anew", h.Holder, h.Accepted)
})

// sentBackInTime holds the office to its own limit: after it an assignment counts as
// accepted. The limit is that of the day of assignment.
var sentBackInTime = Guard{Fresh: true, Early: true, Check: func(j *judging) *Refusal {
	h := j.a.holding()
	if h == nil {
		return nil
	}
	days := j.settings.Int("assign.accept_workdays", h.Since)
	last := j.cal.AddWorkdays(h.Since, days)
	if j.act.Date <= last {
		return nil
	}
	return refuse(PeriodOver, "return_date", "", "%[1]s转办后%[2]d个工作日（至%[3]s）内未退回，视为已接收；请重新转办",
		"not sent back within %[2]d "+Plural(days, "workday", "workdays")+" of %[1]s (until %[3]s), so it counts as accepted; assign it anew", h.Since, days, last)
}}
