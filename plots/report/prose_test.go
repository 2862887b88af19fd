package report

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestProseKeepsMarkdown(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"emphasis":   {"Look at **speedup** first,\nthen at *phases*.", "Look at **speedup** first, then at *phases*."},
		"code":       {"run `--profile thorough`", "run `--profile thorough`"},
		"list":       {"- a\n- b\n  - c", "- a\n- b\n\n  - c"},
		"numbers":    {"3. a\n4. b", "3. a\n4. b"},
		"quotation":  {"> said\n> so", "> said so"},
		"fence":      {"```go\nx := `y`\n\n<b>\n```", "```\nx := `y`\n\n<b>\n```"},
		"link":       {"[a paper](https://x.example/p?q=1&r=2 \"title\")", "[a paper](<https://x.example/p?q=1&amp;r=2>)"},
		"mail":       {"<me@x.example>", "[me&#64;x.example](<mailto:me@x.example>)"},
		"no scheme":  {"[a](javascript:alert(1)) [b](charts/x.png) [c](data:text/html,x) [d](//x.example)", "a b c d"},
		"heading":    {"# One **two**\n\ntext\n\nOther\n---", "**One two**\n\ntext\n\n**Other**"},
		"image":      {"![alt *text*](http://x.example/i.png)", "alt *text*"},
		"html":       {"<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"},
		"inner html": {"a <b onclick=x>c</b>", "a &lt;b onclick=x&gt;c&lt;/b&gt;"},
		"entity":     {"&lt;b&gt; \\*not\\* 1 &amp; 2", "&lt;b&gt; \\*not\\* 1 &amp; 2"},
		"rule":       {"a\n\n***\n\nb", "a\n\nb"},
		"open fence": {"```\n# Answer", "```\n# Answer\n```"},
		"reference":  {"[a][r]\n\n[r]: javascript:x\n\n[s]: /x", "a"},
		"table":      {"| a |\n|---|\n| b |", "\\| a \\| \\|---\\| \\| b \\|"},
		"empty":      {" \n\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, prose(c.in)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

var harmless = regexp.MustCompile(`^</?(p|ul|ol|li|strong|em|code|pre|blockquote)( start="\d+")?>$|^<a href="(https?|mailto):[^"<>]*">$|^</a>$`)

func FuzzProse(f *testing.F) {
	for _, s := range []string{nasty, "# a\n- b\n  > c\n\n```\nd", "[a](http://x.example/\"><script>)", "<!--\n", "[x]: <a\\>b>\n[x]",
		"1) a\n* b\n\n\tc", "***a***b_c_", strings.Repeat("> ", 40) + "x", "a\n===\n<div>\n", "![a](b)[c](https://d.example/|`)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var b bytes.Buffer
		if err := render.Convert([]byte("## Charts\n\n"+prose(s)+"\n\n### Next\n"), &b); err != nil {
			t.Fatal(err)
		}
		out := b.String()
		if !strings.HasPrefix(out, "<h2>Charts</h2>\n") || !strings.HasSuffix(out, "<h3>Next</h3>\n") {
			t.Fatalf("it broke out of its section:\n%s", out)
		}
		inner := strings.TrimSuffix(strings.TrimPrefix(out, "<h2>Charts</h2>\n"), "<h3>Next</h3>\n")
		for _, tag := range regexp.MustCompile(`<[^>]*>`).FindAllString(inner, -1) {
			if !harmless.MatchString(tag) {
				t.Errorf("%q became a foreign element %s", s, tag)
			}
		}
	})
}
