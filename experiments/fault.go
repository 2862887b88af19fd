package experiments

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Fault is one thing wrong with an experiment file or with an option that
// changes it.
type Fault struct {
	File    string `json:"file"`           // the file, or "--set", "--filter", "--profile"
	Line    int    `json:"line,omitempty"` // 1-based; 0 for options, which have one line
	Col     int    `json:"col"`            // 1-based, in characters
	Message string `json:"message"`
	Remedy  string `json:"remedy,omitempty"`  // what to write instead
	Allowed string `json:"allowed,omitempty"` // what would have been right, in words
	Nearest string `json:"nearest,omitempty"` // the known name that is nearest to what was written
	Source  string `json:"source,omitempty"`  // the line at fault
}

// Faults is everything wrong with an experiment, in the order of the file. It
// is never empty where it is returned as an error.
type Faults []Fault

// maxPrinted bounds what one broken file can put on a terminal.
const maxPrinted = 100

// Error prints every fault with its line, a caret and the remedy.
func (f Faults) Error() string {
	var b strings.Builder
	for i, one := range f {
		if i == maxPrinted {
			fmt.Fprintf(&b, "\n... and %d more", len(f)-i)
			break
		}
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(one.String())
	}
	return b.String()
}

// String prints one fault: position and message, the line, a caret, and what
// was allowed, on lines of their own and without a final newline.
func (f Fault) String() string {
	var b strings.Builder
	if f.Line > 0 {
		fmt.Fprintf(&b, "%s:%d:%d: %s", f.File, f.Line, f.Col, f.Message)
	} else {
		fmt.Fprintf(&b, "%s: %s", f.File, f.Message)
	}
	if line, caret := underline(f.Source, f.Col); line != "" {
		fmt.Fprintf(&b, "\n    %s\n    %s", line, caret)
	}
	if f.Remedy != "" {
		b.WriteString("\n  " + wrap(f.Remedy))
	}
	if f.Allowed != "" {
		b.WriteString("\n  " + wrap("allowed: "+f.Allowed))
	}
	if f.Nearest != "" {
		fmt.Fprintf(&b, "\n  did you mean %q?", f.Nearest)
	}
	return b.String()
}

// underline returns the source line as it is printed and the line below it
// that holds the caret. A long line is cut to the part around the column.
func underline(source string, col int) (line, caret string) {
	const before, width = 60, 110
	runes := []rune(strings.TrimRight(source, "\r\n"))
	at := min(max(col-1, 0), len(runes))
	if len(runes) == 0 {
		return "", ""
	}
	head := ""
	if len(runes) > width {
		if at > before {
			runes, at, head = runes[at-before:], before, "..."
		}
		if len(runes) > width {
			runes = append(slices.Clone(runes[:width]), []rune("...")...)
		}
	}
	var pad strings.Builder
	pad.WriteString(strings.Repeat(" ", len(head)))
	for _, r := range runes[:at] {
		if r == '\t' {
			pad.WriteByte('\t') // whatever the terminal's stops are, both lines agree
			continue
		}
		pad.WriteString(strings.Repeat(" ", columns(r)))
	}
	return head + strings.Map(printable, string(runes)), pad.String() + "^"
}

// printable keeps a hostile file from driving the terminal.
func printable(r rune) rune {
	if r == '\t' || unicode.IsGraphic(r) {
		return r
	}
	return unicode.ReplacementChar
}

// columns returns how many columns a terminal gives a rune: the wide blocks of
// Unicode's EastAsianWidth and the emoji take two, combining marks none.
func columns(r rune) int {
	switch {
	case unicode.In(r, unicode.Mn, unicode.Me) || r == '\u200d':
		return 0
	case r >= 0x1100 && r <= 0x115f, r >= 0x2e80 && r <= 0xa4cf, r >= 0xac00 && r <= 0xd7a3,
		r >= 0xf900 && r <= 0xfaff, r >= 0xfe30 && r <= 0xfe6f, r >= 0xff00 && r <= 0xff60,
		r >= 0xffe0 && r <= 0xffe6, r >= 0x1f300 && r <= 0x1f64f, r >= 0x1f680 && r <= 0x1faff,
		r >= 0x20000 && r <= 0x3fffd:
		return 2
	}
	return 1
}

// wrap breaks text at 96 columns, later lines indented.
func wrap(text string) string {
	var b strings.Builder
	width := 0
	for i, word := range strings.Fields(text) {
		n := len([]rune(word))
		switch {
		case i == 0:
		case width+1+n > 96:
			b.WriteString("\n    ")
			width = 0
		default:
			b.WriteByte(' ')
			width++
		}
		b.WriteString(word)
		width += n
	}
	return b.String()
}

// sorted puts faults in the order of the file, options last, and drops
// repetitions: a file is read once for each of its profiles.
func (f Faults) sorted() Faults {
	slices.SortStableFunc(f, func(a, b Fault) int {
		if (a.Line == 0) != (b.Line == 0) {
			return b.Line - a.Line
		}
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Col - b.Col
	})
	seen := map[Fault]bool{}
	return slices.DeleteFunc(f, func(one Fault) bool {
		again := seen[one]
		seen[one] = true
		return again
	})
}
