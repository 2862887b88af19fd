package experiments

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

const (
	maxBytes = 1 << 20 // of a file: a hand-written experiment has a few kilobytes
	maxDepth = 12      // of nesting: the deepest key that exists lies at 6
)

// text is what positions refer to: a file, or one option.
type text struct {
	file   string
	lines  []string
	option bool // one line, no line number
	shift  int  // characters before the parsed text on its first line
}

func newText(file string, b []byte) *text {
	return &text{file: file, lines: strings.Split(string(b), "\n")}
}

// at makes a fault of this text at a line and column, both clamped to it.
func (t *text) at(line, col int) Fault {
	line = min(max(line, 1), len(t.lines))
	f := Fault{File: t.file, Line: line, Col: max(col, 1), Source: strings.TrimRight(t.lines[line-1], "\r")}
	if line == 1 {
		f.Col += t.shift
	}
	if t.option {
		f.Line = 0
	}
	return f
}

// parse returns the document's root mapping, or what keeps it from being YAML.
func (t *text) parse(b []byte) (*yaml.Node, Faults) {
	if faults := t.encoding(b); len(faults) > 0 {
		return nil, faults
	}
	dec := yaml.NewDecoder(bytes.NewReader(b))
	var doc, second yaml.Node
	err := decode(dec, &doc)
	switch {
	case errors.Is(err, io.EOF) || err == nil && isNull(doc.Content[0]):
		return nil, Faults{t.empty("the file is empty")}
	case err != nil:
		return nil, Faults{t.syntax(err)}
	}
	var faults Faults
	switch err := decode(dec, &second); {
	case errors.Is(err, io.EOF):
	case err != nil:
		faults = append(faults, t.syntax(err))
	default:
		f := t.at(second.Line, second.Column)
		f.Message = "a second document begins here; a file holds one experiment"
		f.Remedy = "remove the line ---, or put the second experiment into a file of its own"
		faults = append(faults, f)
	}
	root := doc.Content[0]
	if root.Kind != yaml.MappingNode {
		f := t.at(root.Line, root.Column)
		f.Message = "an experiment is a mapping of keys to values; this is " + describe(root)
		f.Remedy = smallest
		return nil, append(faults, f)
	}
	return root, faults
}

const smallest = "the smallest experiment has four lines: question: ..., workloads: [...], models: [...], cores: [...]"

func (t *text) empty(message string) Fault {
	f := t.at(1, 1)
	f.Message, f.Remedy = message, smallest
	return f
}

// encoding finds what no YAML reader should guess about.
func (t *text) encoding(b []byte) Faults {
	fault := func(line, col int, message, remedy string) Faults {
		f := t.at(line, col)
		f.Message, f.Remedy = message, remedy
		return Faults{f}
	}
	switch {
	case len(b) > maxBytes:
		return fault(1, 1, fmt.Sprintf("the file has %d bytes; an experiment may have %d", len(b), maxBytes),
			"is this the right file?")
	case bytes.HasPrefix(b, []byte("\xef\xbb\xbf")):
		return fault(1, 1, "the file begins with a byte order mark", "save it as UTF-8 without BOM")
	case bytes.HasPrefix(b, []byte("\xff\xfe")), bytes.HasPrefix(b, []byte("\xfe\xff")):
		return fault(1, 1, "the file is UTF-16", "save it as UTF-8 without BOM")
	case len(bytes.TrimSpace(b)) == 0:
		return Faults{t.empty("the file is empty")}
	}
	for i, line := range t.lines {
		col := 0
		for j, r := range line {
			col++
			switch {
			case r == utf8.RuneError && !strings.HasPrefix(line[j:], "\uFFFD"):
				return fault(i+1, col, fmt.Sprintf("byte %#02x is not UTF-8", line[j]), "use UTF-8")
			case r < ' ' && r != '\t' && (r != '\r' || j != len(line)-1), r == 0x7f,
				r >= 0x80 && r < 0xa0, r == 0xfeff, r == 0x2028, r == 0x2029, r == 0xfffe, r == 0xffff:
				return fault(i+1, col, fmt.Sprintf("the character %U is invisible and not allowed", r), "remove it")
			}
		}
	}
	return nil
}

// decode reads one document. The library panics on some input that fuzzers
// find; to the reader of a file that is one more kind of bad YAML.
func decode(dec *yaml.Decoder, n *yaml.Node) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("yaml: %v", r)
		}
	}()
	return dec.Decode(n)
}

var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

// remedies turns the library's words into what a person can do. One whose
// line counts from 0 says so: the library mixes both.
var remedies = []struct {
	says, message, remedy string
	fromZero              bool
}{
	{"mapping values are not allowed", "this ':' does not fit here", "put text that holds ': ' into quotes; check that this line is indented like its neighbours", false},
	{"cannot start any token", "a value cannot begin with this character", "put the value into quotes", false},
	{"found a tab character", "a tab in the indentation", "indent with spaces", false},
	{"unexpected end of stream", "a quote is opened here or above, and never closed", "close it", false},
	{"could not find expected ':'", "this line has no ':'", "write key: value; put text of several lines below question: > or into quotes", false},
	{"found unknown escape character", "an unknown escape in a double-quoted text", `write \\ for a backslash, or use single quotes`, false},
	{"expected ',' or ']'", "a list is opened with '[' here or above, and never closed", "close it with ']'; separate its entries with ','", true},
	{"expected ',' or '}'", "a mapping is opened with '{' here or above, and never closed", "close it with '}'; separate its entries with ','", true},
	{"expected '-' indicator", "a list and keys are mixed here", "begin every entry of the list with '- ', and indent it below its key", true},
	{"did not find expected key", "the indentation or a quote does not fit here", "indent keys of one level by the same number of spaces", true},
	{"did not find expected node content", "a value is missing here", "write the value, or remove the comma", true},
	{"unknown anchor", "aliases (*name) are not allowed", "write the value out", false},
}

// syntax turns an error of the YAML library into a fault.
func (t *text) syntax(err error) Fault {
	words := err.Error()
	line := 1
	if m := yamlLine.FindStringSubmatch(words); m != nil && m[1] != "" {
		line, _ = strconv.Atoi(m[1])
	}
	words = yamlLine.ReplaceAllString(words, "")
	message, remedy := "this is not YAML: "+words, "put text that holds special characters into quotes"
	for _, r := range remedies {
		if strings.Contains(words, r.says) {
			message, remedy = r.message, r.remedy
			if r.fromZero && err.Error() != "yaml: "+words {
				line++
			}
			break
		}
	}
	line, col := t.culprit(min(line, len(t.lines)), words)
	f := t.at(line, col)
	f.Message, f.Remedy = message, remedy
	if tab := strings.IndexByte(f.Source, '\t'); tab >= 0 && strings.TrimSpace(f.Source[:tab]) == "" {
		f = t.at(line, tab+1)
		f.Message, f.Remedy = "a tab in the indentation", "indent with spaces"
	}
	return f
}

// culprits find the place that the library does not tell: where its words
// contain says, the last match of looks in the line, its first group if it has
// one.
var culprits = []struct {
	says  string
	looks *regexp.Regexp
}{
	{"mapping values are not allowed", regexp.MustCompile(`^[^:]*: .*?(: )`)},
	{"cannot start any token", regexp.MustCompile("[:\\-,\\[{] +([@`%&*!|>])")},
	{"unknown escape", regexp.MustCompile(`\\[^0abtnvfre "/\\N_LPxuU]`)},
	{"',' or ']'", regexp.MustCompile(`\[[^\]]*$`)},
	{"',' or '}'", regexp.MustCompile(`\{[^}]*$`)},
	{"node content", regexp.MustCompile(`[,\[{:]\s*([,\]}])`)},
	{"end of stream", regexp.MustCompile(`(?:^|[:\-,\[{])\s*(['"])[^'"]*$`)},
	{"tab character", regexp.MustCompile(`^ *(\t)`)},
}

// culprit returns the line and column at fault: the nearest line at or above
// the reported one that looks the part, else its first word.
func (t *text) culprit(line int, words string) (int, int) {
	if m := unknownAnchor.FindStringSubmatch(words); m != nil {
		for i, s := range t.lines {
			if at := strings.Index(s, "*"+m[1]); at >= 0 {
				return i + 1, utf8.RuneCountInString(s[:at]) + 1
			}
		}
	}
	for _, c := range culprits {
		if !strings.Contains(words, c.says) {
			continue
		}
		for l := min(line+1, len(t.lines)); l >= 1 && l > line-100; l-- {
			if l > line && c.says != "tab character" {
				continue // a tab is reported at the line before
			}
			if m := c.looks.FindStringSubmatchIndex(t.lines[l-1]); m != nil {
				return l, utf8.RuneCountInString(t.lines[l-1][:m[len(m)-2]]) + 1
			}
			if c.says != "end of stream" && l <= line {
				break
			}
		}
	}
	for line > 1 && strings.TrimSpace(t.lines[line-1]) == "" {
		line--
	}
	s := t.lines[line-1]
	return line, utf8.RuneCountInString(s) - utf8.RuneCountInString(strings.TrimLeft(s, " \t")) + 1
}

var unknownAnchor = regexp.MustCompile(`unknown anchor '([^']*)'`)

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }
