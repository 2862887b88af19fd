package report

import (
	"fmt"
	"html"
	"net/url"
	"regexp"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	mdtext "github.com/yuin/goldmark/text"
)

// deepest bounds how far an author's lists and quotations may nest; what lies
// deeper is left out.
const deepest = 6

// prose returns an author's Markdown as Markdown that can be put anywhere in
// the report. It is parsed and written anew, so that nothing passes that is
// not listed here: paragraphs, emphasis, code, lists, quotations and links to
// http, https and mailto. Headings become bold paragraphs, images their
// alternative text, HTML the letters that it is made of.
func prose(s string) string {
	src := []byte(strings.ToValidUTF8(strings.ReplaceAll(s, "\r", "\n"), "?"))
	w := proseWriter{src}
	return w.blocks(goldmark.DefaultParser().Parse(mdtext.NewReader(src)), 0)
}

type proseWriter struct{ src []byte }

// blocks writes the children of a container, an empty line between them.
func (w proseWriter) blocks(n ast.Node, depth int) string {
	var parts []string
	for c := n.FirstChild(); c != nil && depth <= deepest; c = c.NextSibling() {
		if s := w.block(c, depth); s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, "\n\n")
}

func (w proseWriter) block(n ast.Node, depth int) string {
	switch n := n.(type) {
	case *ast.Heading:
		if s := w.inline(n, false); s != "" {
			return "**" + s + "**"
		}
		return ""
	case *ast.CodeBlock, *ast.FencedCodeBlock:
		return fence(string(n.Lines().Value(w.src)))
	case *ast.HTMLBlock:
		return line(string(n.Lines().Value(w.src)))
	case *ast.Blockquote:
		return indent(w.blocks(n, depth+1), "> ", "> ")
	case *ast.List:
		return w.list(n, depth)
	case *ast.Paragraph, *ast.TextBlock:
		return guard(w.inline(n, true))
	}
	return ""
}

func (w proseWriter) list(n *ast.List, depth int) string {
	var items []string
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		mark := "- "
		if n.IsOrdered() {
			mark = fmt.Sprintf("%d. ", n.Start+len(items))
		}
		items = append(items, indent(w.blocks(c, depth+1), mark, strings.Repeat(" ", len(mark))))
	}
	return strings.Join(items, "\n")
}

// indent puts first before the first line and rest before the others.
func indent(s, first, rest string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(map[bool]string{true: first, false: rest}[i == 0]+lines[i], " ")
	}
	return strings.Join(lines, "\n")
}

// inline writes the children of a paragraph in one line; bold says whether
// strong emphasis is kept.
func (w proseWriter) inline(n ast.Node, bold bool) string {
	var b strings.Builder
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		switch c := c.(type) {
		case *ast.Text:
			b.WriteString(spaced(string(c.Segment.Value(w.src))))
			if c.SoftLineBreak() || c.HardLineBreak() {
				b.WriteString(" ")
			}
		case *ast.String:
			b.WriteString(spaced(string(c.Value)))
		case *ast.RawHTML:
			b.WriteString(spaced(string(c.Segments.Value(w.src))))
		case *ast.CodeSpan:
			b.WriteString(code(w.plain(c)))
		case *ast.Emphasis:
			b.WriteString(emphasis(w.inline(c, bold && c.Level == 1), c.Level, bold))
		case *ast.Link:
			b.WriteString(link(w.inline(c, bold), string(c.Destination)))
		case *ast.AutoLink:
			to := string(c.URL(w.src))
			if c.AutoLinkType == ast.AutoLinkEmail {
				to = "mailto:" + strings.TrimPrefix(to, "mailto:")
			}
			b.WriteString(link(text(string(c.Label(w.src))), to))
		case *ast.Image:
			b.WriteString(w.inline(c, bold))
		}
	}
	return strings.TrimSpace(b.String())
}

// plain returns the letters of a node.
func (w proseWriter) plain(n ast.Node) string {
	var b strings.Builder
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if t, ok := c.(*ast.Text); ok {
			b.Write(t.Segment.Value(w.src))
		}
	}
	return b.String()
}

// escapes are the backslashes and character references of Markdown; the
// parser leaves them in a text.
var escapes = regexp.MustCompile("\\\\[!-/:-@\\[-`{-~]|&#?[0-9A-Za-z]+;")

// spaced is [text] that keeps a space at either end. What the source escaped
// is undone first, for text escapes in its own way.
func spaced(s string) string {
	s = escapes.ReplaceAllStringFunc(s, func(m string) string {
		if m[0] == '\\' {
			return m[1:]
		}
		return html.UnescapeString(m)
	})
	t := text(s)
	if t == "" {
		return map[bool]string{true: " ", false: ""}[s != ""]
	}
	if strings.TrimLeft(s, " \t\n") != s {
		t = " " + t
	}
	if strings.TrimRight(s, " \t\n") != s {
		t += " "
	}
	return t
}

func emphasis(s string, level int, bold bool) string {
	if s == "" || level == 2 && !bold {
		return s
	}
	mark := strings.Repeat("*", level)
	return mark + s + mark
}

// schemes are those that a link of an author may have.
var schemes = map[string]bool{"http": true, "https": true, "mailto": true}

// link writes a link, or its text alone where the address is not one that a
// reader may follow.
func link(s, to string) string {
	u, err := url.Parse(strings.TrimSpace(to))
	if err != nil || !schemes[strings.ToLower(u.Scheme)] || s == "" {
		return s
	}
	return "[" + s + "](<" + address.Replace(oneLine(u.String())) + ">)"
}

// address percent-encodes what could end a destination or a cell of a table.
var address = strings.NewReplacer("<", "%3C", ">", "%3E", " ", "%20", `\`, "%5C", "|", "%7C", "`", "%60", `"`, "%22", "'", "%27", "&", "&amp;")

// fence writes a block of code between fences longer than any run of
// backticks in it.
func fence(s string) string {
	longest, run := 2, 0
	var lines []string
	for _, l := range strings.Split(strings.TrimRight(s, "\n"), "\n") {
		lines = append(lines, strings.TrimRight(printed(l), " "))
	}
	s = strings.Join(lines, "\n")
	for _, r := range s {
		if run++; r != '`' {
			run = 0
		}
		longest = max(longest, run)
	}
	marks := strings.Repeat("`", longest+1)
	return marks + "\n" + s + "\n" + marks
}
