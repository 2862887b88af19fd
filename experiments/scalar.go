package experiments

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
)

// isSwitch reports a word that YAML 1.1 reads as true or false and YAML 1.2 as
// text: readers disagree, so it has to be in quotes.
func isSwitch(n *yaml.Node) bool {
	return isPlain(n) && slices.Contains([]string{"yes", "no", "on", "off"}, strings.ToLower(n.Value))
}

func isPlain(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Style == 0 }

// traps are numbers that two readers of YAML, or two readers of a page, take
// for different ones.
var traps = []struct {
	looks  *regexp.Regexp
	says   string
	remedy func(s string) string // nil where it depends on what is expected
}{
	{regexp.MustCompile(`^[-+]?0[0-9]+$`), "a leading 0 means octal to some readers of YAML",
		func(s string) string { return "write " + decimal(s) }},
	{regexp.MustCompile(`^[-+]?0[oOxXbB][0-9a-fA-F_]+$`), "numbers are written in decimal", func(s string) string {
		if v, err := strconv.ParseInt(s, 0, 64); err == nil {
			return fmt.Sprintf("write %d", v)
		}
		return "write it in decimal"
	}},
	{regexp.MustCompile(`^[-+]?[0-9]+(:[0-9]+)+$`), "some readers of YAML take a:b for a number to base 60", nil},
	{regexp.MustCompile(`^[-+]?[0-9][0-9,]*[_,][0-9_,]*$`), "numbers are written without separators",
		func(s string) string { return "write " + strings.NewReplacer("_", "", ",", "").Replace(s) }},
	{regexp.MustCompile(`^[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+$`), "numbers are written without an exponent", func(s string) string {
		if v, err := strconv.ParseFloat(s, 64); err == nil && v == float64(int64(v)) && v < 1e15 {
			return fmt.Sprintf("write %d", int64(v))
		}
		return "write it out"
	}},
}

func decimal(s string) string {
	return strings.TrimLeft(s[:len(s)-1], "0") + s[len(s)-1:]
}

// trap reports a value that would be misread and says how to write it, where
// that is clear from the value alone; form says how to write what is expected.
func (r *reader) trap(n *yaml.Node, what, form string) bool {
	if !isPlain(n) {
		return false
	}
	for _, t := range traps {
		if !t.looks.MatchString(n.Value) {
			continue
		}
		f := r.fault(n, "%s: %s is ambiguous: %s", what, n.Value, t.says)
		if f.Remedy = "write " + form; t.remedy != nil {
			f.Remedy = t.remedy(n.Value)
		}
		return true
	}
	return false
}

var wholeNumber = regexp.MustCompile(`^-?[0-9]+$`)

// whole reads a whole number in decimal within [lo, hi].
func (r *reader) whole(n *yaml.Node, what string, lo, hi uint64) (uint64, bool) {
	expected := fmt.Sprintf("a whole number from %d to %d", lo, hi)
	switch {
	case r.bad[n] || r.trap(n, what, expected):
		return 0, false
	case n.Kind == yaml.ScalarNode && n.Style != 0 && wholeNumber.MatchString(n.Value):
		r.wrong(n, what, expected).Remedy = "remove the quotes"
		return 0, false
	case !isPlain(n) || !wholeNumber.MatchString(n.Value):
		f := r.wrong(n, what, expected)
		if v, err := strconv.ParseFloat(n.Value, 64); err == nil && v == float64(int64(v)) && n.Kind == yaml.ScalarNode {
			f.Remedy = fmt.Sprintf("write %d", int64(v))
		}
		return 0, false
	}
	v, err := strconv.ParseUint(n.Value, 10, 64)
	if err != nil || v < lo || v > hi {
		r.fault(n, "%s: %s is out of range", what, n.Value).Allowed = expected
		return 0, false
	}
	return v, true
}

// word reads one of a few names.
func (r *reader) word(n *yaml.Node, what string, known []string) (string, bool) {
	switch {
	case r.bad[n]:
		return "", false
	case n.Kind != yaml.ScalarNode || isNull(n):
		r.wrong(n, what, "one of "+strings.Join(known, ", "))
		return "", false
	case !slices.Contains(known, n.Value):
		r.unknown(n, what, known)
		return "", false
	}
	return n.Value, true
}

// prose reads text that is for people.
func (r *reader) prose(n *yaml.Node, what string) (string, bool) {
	switch {
	case r.bad[n]:
		return "", false
	case n.Kind != yaml.ScalarNode || isNull(n):
		r.wrong(n, what, "text").Remedy = "put text that begins with [ or { into quotes"
		return "", false
	case n.Tag != "!!str" || isSwitch(n):
		r.wrong(n, what, "text").Remedy = fmt.Sprintf("put it in quotes: %q", n.Value)
		return "", false
	case strings.TrimSpace(n.Value) == "":
		r.fault(n, "%s: the text is empty", what).Remedy = "write some text"
		return "", false
	}
	return n.Value, true
}

var (
	number     = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)
	days       = regexp.MustCompile(`^([0-9]{1,4}) ?(d|days?)$`)
	numberUnit = regexp.MustCompile(`^([0-9]+(?:\.[0-9]+)?)\s*([a-zA-Zµμ]+)$`)
	// units are what people write instead of Go's names.
	units = map[string]string{
		"sec": "s", "secs": "s", "second": "s", "seconds": "s", "min": "m", "mins": "m", "minute": "m", "minutes": "m",
		"hour": "h", "hours": "h", "hr": "h", "hrs": "h", "msec": "ms", "msecs": "ms", "millis": "ms", "millisecond": "ms",
		"milliseconds": "ms", "usec": "us", "micros": "us", "microseconds": "us", "nsec": "ns", "nanoseconds": "ns",
		"s": "s", "m": "m", "h": "h", "ms": "ms", "us": "us", "ns": "ns", "µs": "us", "μs": "us",
	}
)

// span reads a duration with its unit within [lo, hi], in seconds.
func (r *reader) span(n *yaml.Node, what string, lo, hi time.Duration) (float64, bool) {
	if r.bad[n] {
		return 0, false
	}
	if n.Kind != yaml.ScalarNode || isNull(n) {
		r.wrong(n, what, "a duration").Remedy = "write a number with its unit: 500ms, 5s, 2m"
		return 0, false
	}
	if number.MatchString(n.Value) && n.Value != "0" {
		v := strings.TrimPrefix(n.Value, "-")
		r.fault(n, "%s: %s what? A duration needs its unit", what, v).Remedy = fmt.Sprintf("write %ss for seconds, or %sms, %sm", v, v, v)
		return 0, false
	}
	if r.trap(n, what, "a duration with its unit: 90s, 1m30s") {
		return 0, false
	}
	d, err := time.ParseDuration(n.Value)
	if err != nil {
		f := r.fault(n, "%s: %s is not a duration", what, quote(n.Value))
		f.Remedy = "write a number with its unit (ns, us, ms, s, m, h): 500ms, 5s, 1m30s"
		if m := numberUnit.FindStringSubmatch(n.Value); m != nil && units[strings.ToLower(m[2])] != "" {
			f.Remedy = "write " + m[1] + units[strings.ToLower(m[2])]
		} else if m := days.FindStringSubmatch(n.Value); m != nil {
			v, _ := strconv.Atoi(m[1])
			f.Remedy = fmt.Sprintf("write %dh", 24*v)
		}
		return 0, false
	}
	if d < lo || d > hi {
		r.fault(n, "%s: %s is out of range", what, n.Value).Allowed = fmt.Sprintf("a duration from %s to %s", brief(lo), brief(hi))
		return 0, false
	}
	return d.Seconds(), true
}

// brief prints a duration without the zeros of time.Duration: 1h, not 1h0m0s.
func brief(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
