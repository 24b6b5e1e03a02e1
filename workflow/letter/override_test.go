package letter_test

import (
	"maps"
	"strings"
	"testing"
)

// TestRemedyOverrideMisleading: that reconsideration comes first (复议法 Art 23) is not said
// by a mere character 先.
func TestRemedyOverrideMisleading(t *testing.T) {
	t.Parallel()
	c := given(t, settings(), "2026-03-02", "2026-03-20")
	fields := map[string]string{}
	maps.Copy(fields, scenarios(t)["reply.refused.state_secret"].fields)
	fields["remedy_text"] = "可以向某县人民政府申请行政复议，也可以首先向法院起诉，期限1年。"
	fields["remedy_reason"] = "科长决定"
	l, err := c.Compose(reply(t, "refused.state_secret"), fields)
	if err != nil || len(l.Gaps) == 0 {
		t.Errorf("a paragraph that sends to court first was taken: %v %v", err, l.Gaps)
	}
}

// TestRemedyOverridePeriod: without the time for reconsideration a reply lacks what it must
// tell (复议法 Art 20(3)).
func TestRemedyOverridePeriod(t *testing.T) {
	t.Parallel()
	c := given(t, settings(), "2026-03-02", "2026-03-20")
	for period, whole := range map[string]bool{"": false, "30日": false, "160日": false, "60日": true, "六十日": true, "６０日": true, " 60 日": true} {
		fields := maps.Clone(scenarios(t)["reply.refused.state_secret"].fields)
		fields["remedy_text"] = "应当先自收到本答复之日起" + period + "内向某县人民政府申请行政复议。"
		fields["remedy_reason"] = "法制科要求"
		l, err := c.Compose(reply(t, "refused.state_secret"), fields)
		if err != nil || whole != (len(l.Gaps) == 0) || !whole && !strings.Contains(l.Gaps[0].ZH, "60日") {
			t.Errorf("%q: %v %v", period, err, l.Gaps)
		}
	}
}
