package record

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// AppendNumber adds the shortest text that reads back as exactly v: whole
// numbers below 2^53 in plain digits, others as %g. NaN and the infinities are
// absent and add nothing.
func AppendNumber(dst []byte, v float64) []byte {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return dst
	}
	if v == math.Trunc(v) && math.Abs(v) < 1<<53 && (v != 0 || !math.Signbit(v)) {
		return strconv.AppendInt(dst, int64(v), 10)
	}
	return strconv.AppendFloat(dst, v, 'g', -1, 64)
}

// AppendText adds text as one cell of a CSV file. Quotes stand only where
// commas or quotes need them; control characters become spaces, so a row is a
// line. Texts come from YAML and from dying programs, and a spreadsheet runs a
// cell that begins with = + - or @: such a text, unless it is a plain number,
// gets one apostrophe in front, the spreadsheets' own mark for text. So does a
// text that already has apostrophes there, or the way back would be unclear.
func AppendText(dst []byte, text string) []byte {
	text = oneLine(text)
	guard := formula(text)
	if !strings.ContainsAny(text, `",`) {
		if guard {
			dst = append(dst, '\'')
		}
		return append(dst, text...)
	}
	dst = append(dst, '"')
	if guard {
		dst = append(dst, '\'')
	}
	dst = append(dst, strings.ReplaceAll(text, `"`, `""`)...)
	return append(dst, '"')
}

// formula reports whether text needs an apostrophe in front of it.
func formula(text string) bool {
	bare := strings.TrimLeft(text, "'")
	if bare == "" || !strings.ContainsRune("=+-@", rune(bare[0])) {
		return false
	}
	if len(bare) == len(text) && bare[0] == '-' {
		_, err := parseNumber([]byte(bare))
		return err != nil
	}
	return true
}

// oneLine returns text as valid UTF-8 without control characters.
func oneLine(text string) string {
	plain := true
	for i := 0; i < len(text) && plain; i++ {
		plain = text[i] >= ' ' && text[i] < utf8.RuneSelf-1
	}
	if plain {
		return text
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r == '\ufeff' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\ufffd"))
}

// pool holds every text once: a million rows repeat a few hundred.
type pool map[string]string

const poolMax = 1 << 14 // texts beyond this many are not worth remembering

func (p pool) text(cell []byte) string {
	if s, ok := p[string(cell)]; ok {
		return s
	}
	s := string(cell)
	if bare := strings.TrimLeft(s, "'"); bare != "" && len(bare) < len(s) && strings.ContainsRune("=+-@", rune(bare[0])) {
		s = s[1:]
	}
	s = oneLine(s)
	if len(p) < poolMax {
		p[string(cell)] = s
	}
	return s
}

// parseNumber reads a finite decimal number.
func parseNumber(cell []byte) (float64, error) {
	if n, ok := digits(cell); ok {
		return n, nil
	}
	v, err := strconv.ParseFloat(string(cell), 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return math.NaN(), fmt.Errorf("%q is not a finite number", cell)
	}
	return v, nil
}

// digits is the fast way for the many whole numbers: at most 15 digits are
// exact in a float64.
func digits(cell []byte) (float64, bool) {
	if len(cell) == 0 || len(cell) > 15 {
		return 0, false
	}
	var n int64
	for _, c := range cell {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = 10*n + int64(c-'0')
	}
	return float64(n), true
}

// parseTruth takes the spellings that spreadsheets and pandas save as well.
func parseTruth(cell []byte) (bool, error) {
	switch string(cell) {
	case "true", "TRUE", "True":
		return true, nil
	case "false", "FALSE", "False":
		return false, nil
	}
	return false, fmt.Errorf(`%q is neither "true" nor "false"`, cell)
}
