package password_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"gongkai/server/password"
)

// cheap is for tests that do not measure the cost.
var cheap = password.Cost{Memory: 8, Passes: 1, Threads: 1}

func TestHash(t *testing.T) {
	h := password.NewHasher(cheap, 2)
	long := strings.Repeat("长密码", 21) + "x" // 64 characters
	stored, err := h.Hash(t.Context(), long)
	if err != nil {
		t.Fatal(err)
	}
	again, _ := h.Hash(t.Context(), long)
	if stored == again || !strings.HasPrefix(stored, "$argon2id$v=19$m=8,t=1,p=1$") {
		t.Errorf("stored as %s and %s", stored, again)
	}
	runes := []rune(long)
	for name, tt := range map[string]struct {
		stored, password string
		want             bool
	}{
		"the same":                 {stored, long, true},
		"its first 63 characters":  {stored, string(runes[:63]), false},
		"another end":              {stored, string(runes[:63]) + "y", false},
		"one character more":       {stored, long + "x", false},
		"a NUL and more":           {stored, long + "\x00x", false},
		"in full width":            {stored, strings.Replace(long, "x", "ｘ", 1), false},
		"nothing":                  {stored, "", false},
		"nothing stored":           {"", long, false},
		"nothing stored, nor said": {"", "", false},
	} {
		before := h.Calls()
		got, err := h.Matches(t.Context(), tt.stored, tt.password)
		if got != tt.want || err != nil || h.Calls() != before+1 {
			t.Errorf("%s: %v, %v, %d hashes", name, got, err, h.Calls()-before)
		}
	}
}

// TestStandard computes one hash at the cost of production.
func TestStandard(t *testing.T) {
	h := password.NewHasher(password.Standard, 1)
	stored, err := h.Hash(t.Context(), "x")
	if err != nil || !strings.HasPrefix(stored, "$argon2id$v=19$m=47104,t=1,p=1$") {
		t.Errorf("%s, %v", stored, err)
	}
	if ok, err := h.Matches(t.Context(), stored, "x"); !ok || err != nil {
		t.Errorf("%v, %v", ok, err)
	}
}

func TestOutdated(t *testing.T) {
	old := password.NewHasher(cheap, 1)
	stored, _ := old.Hash(t.Context(), "x")
	now := password.NewHasher(password.Cost{Memory: 16, Passes: 1, Threads: 1}, 1)
	if old.Outdated(stored) || !now.Outdated(stored) || now.Outdated("") {
		t.Errorf("outdated: %v, %v, %v", old.Outdated(stored), now.Outdated(stored), now.Outdated(""))
	}
	if ok, err := now.Matches(t.Context(), stored, "x"); !ok || err != nil {
		t.Errorf("a password of before: %v, %v", ok, err)
	}
}

// TestMalformed: what somebody wrote into the store neither matches nor takes all memory.
func TestMalformed(t *testing.T) {
	h := password.NewHasher(cheap, 1)
	key := "c2FsdHNhbHRzYWx0c2FsdA$" + strings.Repeat("A", 43)
	for _, stored := range []string{
		"x", "$", "$argon2id$v=19$m=8,t=1,p=1$" + key + "$", "$argon2i$v=19$m=8,t=1,p=1$" + key, "$argon2id$v=18$m=8,t=1,p=1$" + key,
		"$argon2id$v=19$m=4294967295,t=1,p=1$" + key, "$argon2id$v=19$m=8,t=4294967295,p=1$" + key, "$argon2id$v=19$m=8,t=0,p=1$" + key,
		"$argon2id$v=19$m=8,t=1,p=0$" + key, "$argon2id$v=19$m=8,t=1,p=1$$" + strings.Repeat("A", 43), "$argon2id$v=19$m=8,t=1,p=1$c2FsdA$AAAA",
		"$argon2id$v=19$m=8,t=1,p=1 $" + key,
	} {
		before := h.Calls()
		if ok, err := h.Matches(t.Context(), stored, "x"); ok || !errors.Is(err, password.ErrMalformed) || h.Calls() != before {
			t.Errorf("%s: %v, %v", stored, ok, err)
		}
	}
	if ok, err := h.Matches(t.Context(), "$argon2id$v=19$m=8,t=1,p=1$"+key, "x"); ok || err != nil {
		t.Errorf("a sound one: %v, %v", ok, err)
	}
}

// TestPlaces: no more hash at a time than there are places, and who waits can go.
func TestPlaces(t *testing.T) {
	h := password.NewHasher(cheap, 0)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Hash(ctx, "x"); !errors.Is(err, context.Canceled) || h.Calls() != 0 {
		t.Errorf("%v after %d hashes", err, h.Calls())
	}
}

func TestCheck(t *testing.T) {
	words := []string{"wjw", "某市卫生健康委员会", "zhangwei", "Li.Si"}
	for _, tt := range []struct {
		password string
		dengbao  string // part of what is lacking; empty: it may be set
		asvs     string
	}{
		{"Tq7#vMxe", "", "12个字符"},
		{"Tq7#vMx", "至少8个", "12个字符"},
		{"tq7vmxeq", "四类中至少3类，现有2类", "12个字符"},
		{"TQ7VMXEQ#", "", "12个字符"},
		{"correct horse battery", "四类", ""},
		{"马到成功2日行千里路不停歇", "四类", ""},
		{"Password1!", "常用", "常用"},
		{"P@$$w0rd", "常用", "常用"},
		{"Admin@123", "常用", "常用"},
		{"Aa123456", "常用", "常用"},
		{"1qaz@WSX", "常用", "常用"},
		{"Qwer!234", "常用", "常用"},
		{"Abcd.1234", "常用", "常用"},
		{"Aa111111!", "常用", "常用"},
		{"Beijing@2026", "常用", "常用"},
		{"Woaini1314!", "", "12个字符"}, // 1314 is no run: five parts
		{"Zhengfu20260101", "常用", "常用"},
		{"Tq7#Zhangwei", "名称“zhangwei”", "名称“zhangwei”"},
		{"Tq7#li.si.vMxe", "名称“li.si”", "名称"},
		{"Tq7#wjwwjw!", "", "12个字符"},
		{"某市卫生健康委员会#Tq7x", "名称", "名称"},
		{"Ｔｑ７＃ｖＭｘｅ全角", "全角", "全角"},
		{"Tq7#vMxe\u0301", "组合字符", "组合字符"}, // é in two pieces
		{"Tq7#vMxe\n", "控制字符", "控制字符"},
		{"Tq7#vMxe\xff", "无效编码", "无效编码"},
		{strings.Repeat("Tq7#vMxe", 8), "", ""},
		{strings.Repeat("Tq7#vMxeK", 15), "至多128", "至多128"},
		{"", "至少8个", "至少12个"},
	} {
		t.Run(tt.password, func(t *testing.T) {
			for _, p := range []struct {
				password.Profile
				want string
			}{{password.DengBao, tt.dengbao}, {password.ASVS, tt.asvs}} {
				var zh []string
				for _, l := range p.Check(tt.password, words...) {
					zh = append(zh, l.ZH)
					if l.EN == "" {
						t.Errorf("%s: no English for %s", p.Name, l.ZH)
					}
				}
				got := strings.Join(zh, "；")
				if (p.want == "") != (got == "") || !strings.Contains(got, p.want) {
					t.Errorf("%s lacks %q, want %q", p.Name, got, p.want)
				}
			}
		})
	}
}

// BenchmarkMatches is what one attempt to sign in costs, whether there is an account or not.
func BenchmarkMatches(b *testing.B) {
	h := password.NewHasher(password.Standard, 2)
	stored, err := h.Hash(b.Context(), "Tq7#vMxe-01")
	if err != nil {
		b.Fatal(err)
	}
	for _, bb := range []struct{ name, stored string }{{"known", stored}, {"unknown", ""}} {
		b.Run(bb.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := h.Matches(b.Context(), bb.stored, "wrong"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
