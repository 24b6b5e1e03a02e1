package password_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"gongkai/server/password"
)

// bases are what common passwords are made of, listed or not.
var bases = []string{
	"password", "admin", "administrator", "root", "test", "guest", "user", "welcome", "letmein", "changeme", "qwerty", "qwer", "asdf", "zxcvbn",
	"1qaz2wsx", "qazwsx", "abc", "abcd", "abcdef", "aaa", "iloveyou", "woaini", "wodemima", "mima", "beijing", "shanghai", "zhongguo", "zhengfu",
	"gongkai", "zhang", "wang", "wangwei", "zhangwei", "liwei", "dragon", "monkey", "sunshine", "princess", "football", "baseball", "master", "shadow",
	"michael", "superman", "batman", "trustno", "starwars", "computer", "internet", "huawei", "lenovo", "oracle", "mysql", "server", "system", "manager",
}

// endings are what people add to satisfy a rule.
var endings = []string{
	"1", "12", "123", "1234", "12345", "123456", "321", "111", "888", "666", "1!", "!", "!!", "@1", "@12", "@123", "@1234", "#123", "#1", "_123", ".123",
	"2024", "2025", "2026", "@2024", "@2025", "@2026", "2026!", "#2026", "19900101", "@19900101", "123!", "123!@#", "!@#", "!@#$", "1q2", "abc", "123abc",
}

// writings are how a word may be written.
var writings = []func(string) string{
	strings.ToLower, strings.ToUpper,
	func(w string) string { return strings.ToUpper(w[:1]) + w[1:] },
	func(w string) string { return spell(w, "a", "@", "o", "0", "s", "$", "i", "1") },
	func(w string) string {
		return strings.ToUpper(w[:1]) + spell(w[1:], "a", "@", "o", "0", "e", "3", "s", "5")
	},
}

// spell writes letters of a word otherwise; a run of keys stays one.
func spell(word string, letters ...string) string {
	if strings.ContainsAny(word, "0123456789") {
		return word
	}
	return strings.NewReplacer(letters...).Replace(word)
}

// TestCommon refuses what people make of common words: 3,000 and more of the commonest
// passwords that fulfil each rule of a profile but this one, or none.
func TestCommon(t *testing.T) {
	tried, byEffort := 0, 0
	for _, base := range bases {
		for _, ending := range endings {
			for _, write := range writings {
				for _, p := range []string{write(base) + ending, ending + write(base)} {
					tried++
					lacks := password.DengBao.Check(p)
					if len(lacks) == 0 {
						t.Errorf("%s may be set", p)
					} else if strings.Contains(lacks[0].EN, "many people") {
						byEffort++
					}
				}
			}
		}
	}
	if tried < 3000 || byEffort < 3000 {
		t.Errorf("%d tried, %d of them refused for being common alone", tried, byEffort)
	}
	t.Logf("%d tried, %d of them refused for being common alone", tried, byEffort)
}

const commonVariable = "GONGKAI_COMMON_PASSWORDS"

// commonest are what every list of common passwords begins with.
const commonest = `123456
password
12345678
qwerty
123456789
111111
1234567
abc123
1q2w3e4r
qwertyuiop
123321
1234567890
a123456789
woaini1314
1qaz2wsx3edc
Passw0rd!
P@ssw0rd
Admin@123
Admin123!
Qwer1234!
Aa123456
Abc@1234
Zaq1@wsx
Welcome123!
`

// TestCommonList holds the rules against a list of common passwords, one a line, the
// commonest first: none of its first 3,000 may be set. A longer list from elsewhere is
// named by GONGKAI_COMMON_PASSWORDS.
func TestCommonList(t *testing.T) {
	raw := []byte(commonest)
	if path := os.Getenv(commonVariable); path != "" {
		var err error
		if raw, err = os.ReadFile(path); err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range []password.Profile{password.DengBao, password.ASVS} {
		accepted := 0
		for i, line := range strings.Split(strings.TrimSpace(string(raw)), "\n") {
			if len(p.Check(line)) > 0 {
				continue
			}
			if accepted++; i < 3000 {
				t.Errorf("%s: %d. %s may be set", p.Name, i+1, line)
			} else {
				t.Logf("%s: %d. %s may be set", p.Name, i+1, line)
			}
		}
		t.Logf("%s: %d may be set", p.Name, accepted)
	}
}

// TestStrong: what a generator makes may be set, so that the rules refuse no good password.
func TestStrong(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		letters := []rune("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789#%&*-=?")
		p := string(rapid.SliceOfN(rapid.SampledFrom(letters), 16, 64).Draw(t, "p"))
		if kinds(p) < 3 || distinct(p) < 12 {
			t.Skip("the generator drew what no generator would keep")
		}
		for _, profile := range []password.Profile{password.DengBao, password.ASVS} {
			if lacks := profile.Check(p, "wjw", "某市卫生健康委员会", "zhangwei"); len(lacks) > 0 {
				t.Fatalf("%s: %s lacks %v", profile.Name, p, lacks)
			}
		}
	})
}

func kinds(p string) int {
	seen := map[string]bool{}
	for _, r := range p {
		seen[fmt.Sprint(unicode.IsUpper(r), unicode.IsLower(r), unicode.IsDigit(r))] = true
	}
	return len(seen)
}

func distinct(p string) int {
	seen := map[rune]bool{}
	for _, r := range p {
		seen[r] = true
	}
	return len(seen)
}

// FuzzCheck: whatever is typed is judged at once, and never a text that no person sent.
func FuzzCheck(f *testing.F) {
	for _, p := range []string{"", "P@ssw0rd", "\xff", strings.Repeat("a", 200), strings.Repeat("1!i|", 32)} {
		f.Add(p, "wjw")
	}
	f.Fuzz(func(t *testing.T, p, word string) {
		for _, profile := range []password.Profile{password.DengBao, password.ASVS} {
			lacks := profile.Check(p, word)
			if len([]rune(p)) < profile.Length && len(lacks) == 0 {
				t.Errorf("%q may be set", p)
			}
		}
	})
}
