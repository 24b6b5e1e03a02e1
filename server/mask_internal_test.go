package server

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestMasked(t *testing.T) {
	for _, tt := range []struct{ name, value, want string }{
		{"identity number", "11010519491231002X", "110105••••••••002X"},
		{"short", "1234", "1••4"},
		{"very short", "12", "••"},
		{"empty", "", ""},
		{"rare characters", "𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷", "𠮷𠮷𠮷••••𠮷𠮷"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := masked(tt.value, 6, 4); got != tt.want {
				t.Errorf("masked as %q, want %q", got, tt.want)
			}
		})
	}
	rapid.Check(t, func(t *rapid.T) {
		value := strings.TrimSpace(rapid.StringN(0, 40, -1).Draw(t, "value"))
		got := masked(value, rapid.IntRange(0, 9).Draw(t, "head"), rapid.IntRange(0, 9).Draw(t, "tail"))
		n := utf8.RuneCountInString(value)
		if utf8.RuneCountInString(got) != n {
			t.Fatalf("%q became %q of another length", value, got)
		}
		if hidden := strings.Count(got, "•") - strings.Count(value, "•"); !strings.Contains(value, "•") && hidden*3 < n {
			t.Fatalf("%q tells more than two thirds: %q", value, got)
		}
	})
}
