package plots

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"gonum.org/v1/plot/vg"
)

const (
	ellipsis = "…"
	nbsp     = '\u00a0' // wrap does not break at it
)

// glued finds the spaces at which a line must not end: before a unit, around
// "n = 5", and within the brackets of an interval.
var (
	glued    = regexp.MustCompile(`(\d|\bn|n [=≥]) ([=≥]|%|\d+|(?:ns|µs|ms|s|B|KiB|MiB|GiB|TiB|k|M|G|cores?|workers?|CPUs?)\b)`)
	brackets = regexp.MustCompile(`(\[[^\] ]+,) ([^\] ]+\])`)
)

// wrap breaks text into lines no wider than width, at spaces where there are
// any, and cuts after the last of maxLines with an ellipsis.
func (t textStyle) wrap(text string, width vg.Length, maxLines int) []string {
	var lines []string
	line := ""
	text = brackets.ReplaceAllString(glued.ReplaceAllString(printable(text), "$1\u00a0$2"), "$1\u00a0$2")
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r == ' ' }) {
		for t.width(word) > width { // a word that fills a line by itself
			if line != "" {
				lines, line = append(lines, line), ""
			}
			head := t.fit(word, width)
			lines, word = append(lines, head), word[len(head):]
		}
		switch {
		case line == "":
			line = word
		case t.width(line+" "+word) <= width:
			line += " " + word
		default:
			lines, line = append(lines, line), word
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	if len(lines) > maxLines {
		last := strings.Join(lines[maxLines-1:], " ")
		lines = append(lines[:maxLines-1:maxLines-1], t.cut(last, width))
	}
	return lines
}

// cut shortens text to a width, with an ellipsis where something is missing.
func (t textStyle) cut(text string, width vg.Length) string {
	text = printable(text)
	if t.width(text) <= width {
		return text
	}
	return strings.TrimRight(t.fit(text, width-t.width(ellipsis)), " ,;·") + ellipsis
}

// fit returns the longest prefix of text that is no wider than width, but at
// least one letter, so that callers always make progress.
func (t textStyle) fit(text string, width vg.Length) string {
	runes := []rune(text)
	lo, hi := 1, len(runes)
	for lo < hi {
		mid := (lo + hi + 1) / 2
		if t.width(string(runes[:mid])) <= width {
			lo = mid
		} else {
			hi = mid - 1
		}
	}
	return string(runes[:min(lo, len(runes))])
}

// brief shortens a name within a title, which must leave room for the finding:
// at a space, where there is one near.
func brief(s string) string {
	const most = 76
	runes := []rune(s)
	if len(runes) <= most {
		return s
	}
	head := string(runes[:most-1])
	if i := strings.LastIndexByte(head, ' '); i > len(head)/2 {
		head = head[:i]
	}
	return strings.TrimRight(head, " ,") + ellipsis
}

// printable replaces what no font can show: control characters and broken
// UTF-8.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError:
			return '?'
		case r == nbsp:
			return r
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, s)
}
