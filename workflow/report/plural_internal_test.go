package report

import (
	"strings"
	"testing"
)

// A check that counts speaks of one in the singular.
func TestChecksInflect(t *testing.T) {
	for n, want := range map[int]string{1: "1 suit over a refusal", 2: "2 suits over a refusal"} {
		e := &Evidence{Form: Table2019, Cases: &CaseEvidence{DirectSuits: make([]Case, n)}}
		if got := directSuits(e)[0].Message.EN; !strings.HasPrefix(got, want) {
			t.Errorf("%d direct suits: %q, want %q", n, got, want)
		}
		blank := &Evidence{blank: make([]string, n)}
		want := map[int]string{1: "1 figure is still", 2: "2 figures are still"}[n]
		if got := blanks(blank)[0].Message.EN; !strings.HasPrefix(got, want) {
			t.Errorf("%d blanks: %q, want %q", n, got, want)
		}
		late := (&Evidence{}).cases(Fail, Tally{{}: int64(n)}, "%s件", "%s was", "%s were")
		want = map[int]string{1: "1 was", 2: "2 were"}[n]
		if got := late[0].Message.EN; got != want {
			t.Errorf("%d cases: %q, want %q", n, got, want)
		}
	}
}
