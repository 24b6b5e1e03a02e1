package onetime_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"gongkai/server/onetime"
)

// TestCode holds the codes against appendix B of RFC 6238, of which they are the last six
// digits.
func TestCode(t *testing.T) {
	secret := []byte("12345678901234567890")
	for at, want := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		if got := onetime.Code(secret, onetime.Step(time.Unix(at, 0))); got != want {
			t.Errorf("at %d: %s, want %s", at, got, want)
		}
	}
}

func TestMatch(t *testing.T) {
	secret := onetime.NewSecret()
	now := time.Unix(1_800_000_015, 0)
	step := onetime.Step(now)
	code := func(off int64) string { return onetime.Code(secret, step+off) }
	for _, tt := range []struct {
		name  string
		code  string
		after int64
		want  int64 // 0: refused
	}{
		{"of now", code(0), 0, step},
		{"a period ago", code(-1), 0, step - 1},
		{"a period ahead", code(1), 0, step + 1},
		{"two periods ago", code(-2), 0, 0},
		{"two periods ahead", code(2), 0, 0},
		{"with blanks", code(0)[:3] + " " + code(0)[3:], 0, step},
		{"the same again", code(0), step, 0},
		{"an older one after a newer", code(-1), step, 0},
		{"the next after this", code(1), step, step + 1},
		{"nothing", "", 0, 0},
		{"too short", code(0)[:5], 0, 0},
		{"too long", code(0) + "0", 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, ok := onetime.Match(secret, tt.code, now, tt.after); got != tt.want || ok != (tt.want != 0) {
				t.Errorf("%d, %v, want %d", got, ok, tt.want)
			}
		})
	}
}

func TestURI(t *testing.T) {
	secret := []byte("12345678901234567890")
	u, err := url.Parse(onetime.URI("公开 gongkai", "wjw/李 四", secret))
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	if u.Scheme != "otpauth" || u.Host != "totp" || u.Path != "/公开 gongkai:wjw/李 四" || strings.Contains(u.RawQuery, "+") ||
		q.Get("secret") != "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" || q.Get("issuer") != "公开 gongkai" || q.Get("digits") != "6" || q.Get("period") != "30" {
		t.Errorf("%s", u)
	}
}

func TestRecovery(t *testing.T) {
	seen := map[string]bool{}
	for range 100 {
		code := onetime.NewRecovery()
		if len(code) != 19 || seen[code] {
			t.Errorf("%s, seen %v", code, seen[code])
		}
		seen[code] = true
		if onetime.Sum(code) != onetime.Sum(" "+strings.ToLower(strings.ReplaceAll(code, "-", " "))) {
			t.Errorf("%s is not taken as people type it", code)
		}
		if onetime.Sum(code) == onetime.Sum(code[1:]) {
			t.Errorf("%s is taken without its first letter", code)
		}
	}
}
