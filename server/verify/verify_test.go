package verify_test

import (
	"slices"
	"testing"
	"unicode"

	"gongkai/server/verify"
)

// What the checks find is proven on damaged files, beside the engine that holds them; here
// only that each can say in both languages what it found.
func TestTexts(t *testing.T) {
	list := verify.Checks()
	for i, c := range list {
		zh, en := c.Texts()
		han := func(r rune) bool { return unicode.Is(unicode.Han, r) }
		if !slices.ContainsFunc([]rune(zh), han) || en == "" || slices.ContainsFunc([]rune(en), han) || slices.Contains(list[:i], c) {
			t.Errorf("check %q says %q and %q", c, zh, en)
		}
	}
	if zh, en := verify.Check("none").Texts(); zh != "none" || en != "none" {
		t.Errorf("a check that is none says %q and %q", zh, en)
	}
}
