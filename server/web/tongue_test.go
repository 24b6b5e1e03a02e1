package web_test

import (
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"

	pb "gongkai/proto/disclosure/v1"
	"gongkai/server/web"
)

// Chinese is what people entered: names, descriptions, holders.
var entered = regexp.MustCompile(`示例|某|𠮷`)

var han = regexp.MustCompile(`\p{Han}`)

// A page in Chinese marks nothing as English: its numbers are spoken in Chinese.
func TestChinesePagesMarkNoEnglish(t *testing.T) {
	o := open(t, nil)
	o.agency("jyj")
	s := o.enter(o.hire(pb.Principal_SUPERVISOR, "jyj")).get("/settings")
	for n := range s.nodes("span") {
		if attr(n, "lang") == "en" {
			t.Errorf("%s is marked as English", textOf(n))
		}
	}
	if !strings.Contains(s.text, `<span lang="zh-CN">5</span>`) {
		t.Error("the page shows no setting as it stands")
	}
}

// On a page in English nothing is Chinese but what people entered and what is marked as
// Chinese.
func TestEnglishPagesAreEnglish(t *testing.T) {
	o := open(t, nil)
	f := o.furnish("jyj", "示例局𠮷")
	seen := map[string]bool{}
	o.everyPage(f, func(role pb.Principal_Role, path string, row web.Row) {
		v := o.enter(o.tokenFor(f, role, path))
		v.header.Set("Accept-Language", "en")
		s := v.get(path)
		if s.root == nil {
			return
		}
		say := func(n *html.Node, text string) {
			if key := row.Pattern + text; han.MatchString(text) && !entered.MatchString(text) && !seen[key] {
				seen[key] = true
				t.Errorf("%s has in <%s> of %q: %s", row.Pattern, n.Data, attr(n, "class"), strings.Join(strings.Fields(text), " "))
			}
		}
		var walk func(*html.Node)
		walk = func(n *html.Node) {
			if n.Type == html.ElementNode {
				if strings.HasPrefix(attr(n, "lang"), "zh") || n.Data == "script" || n.Data == "style" {
					return
				}
				for _, key := range []string{"title", "aria-label", "alt", "placeholder"} {
					say(n, attr(n, key))
				}
			}
			if n.Type == html.TextNode {
				say(n.Parent, n.Data)
			}
			for c := n.FirstChild; c != nil; c = c.NextSibling {
				walk(c)
			}
		}
		walk(s.root)
		const source = "Regulation 2019 Art 30; Guobangongkaibanhan [2020] No. 2 I(3)"
		if row.Pattern == "GET /settings" && !strings.Contains(textOf(s.root), source) {
			t.Errorf("%s does not cite %s", path, source)
		}
	})
}
