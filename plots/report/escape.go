package report

import (
	"regexp"
	"strings"
	"unicode"
)

var escaper = strings.NewReplacer(
	"&", "&amp;", "<", "&lt;", ">", "&gt;",
	`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "|", `\|`, "~", `\~`, "$", `\$`, "#", `\#`, "://", "&#58;//", "@", "&#64;",
)

// text makes plain text safe within a line: Markdown shows it as it is, HTML
// in it is no HTML, and no address becomes a link.
func text(s string) string {
	s = escaper.Replace(oneLine(s))
	return bare.ReplaceAllString(s, "$1&#46;")
}

// bare finds the domains that some dialects make links of.
var bare = regexp.MustCompile(`(?i)\b(www)\.`)

// blockStart is what makes a line of text a list, rule, heading or fence.
var blockStart = regexp.MustCompile(`^([-+=:]|\d+[.)])`)

// line is [text] for the start of a paragraph or of a list's point.
func line(s string) string { return guard(text(s)) }

// guard keeps a line of Markdown from starting a block.
func guard(s string) string {
	if m := blockStart.FindString(s); m != "" {
		return m[:len(m)-1] + `\` + s[len(m)-1:]
	}
	return s
}

// code makes a code span that also survives in a table. What a span cannot
// hold, backticks and bars, makes it plain text.
func code(s string) string {
	s = oneLine(s)
	if s == "" || strings.ContainsAny(s, "`|") {
		return text(s)
	}
	return "`" + s + "`"
}

// oneLine joins lines and drops what is not printed.
func oneLine(s string) string {
	return strings.Join(strings.Fields(printed(s)), " ")
}

// printed drops what is not printed and makes every space a plain one.
func printed(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
}

var unescaper = strings.NewReplacer(
	"**", "",
	"&amp;", "&", "&lt;", "<", "&gt;", ">", "&#58;", ":", "&#64;", "@", "&#46;", ".",
	`\\`, `\`, "\\`", "`", `\*`, "*", `\_`, "_", `\[`, "[", `\]`, "]", `\|`, "|", `\~`, "~", `\$`, "$", `\#`, "#",
)

// plain undoes [text] and drops bold marks.
func plain(markdown string) string { return strings.TrimSpace(unescaper.Replace(markdown)) }
