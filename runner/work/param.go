package work

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"forklore/runner/link"
)

// Param is one parameter of a workload. Check and Allowed serve the reader of
// experiment files; kernels read values through [Params].
type Param struct {
	Name    string
	Type    string // "int", "bytes", "duration", "float", "choice", "bool"
	Default string // canonical spelling
	Min     float64
	Max     float64 // range for int, bytes (bytes), duration (seconds) and float
	Choices []string
	Doc     string // one line
}

// Allowed says in words which values the parameter takes.
func (p Param) Allowed() string {
	switch p.Type {
	case "int":
		return fmt.Sprintf("a whole number from %.0f to %.0f", p.Min, p.Max)
	case "bytes":
		return "bytes from " + showBytes(int64(p.Min)) + " to " + showBytes(int64(p.Max))
	case "duration":
		return "a duration from " + showDuration(seconds(p.Min)) + " to " + showDuration(seconds(p.Max))
	case "float":
		return fmt.Sprintf("a number from %v to %v", p.Min, p.Max)
	case "choice":
		return "one of " + strings.Join(p.Choices, ", ")
	case "bool":
		return "true or false"
	}
	panic("work: parameter " + p.Name + " is of unknown type " + p.Type)
}

// Usual is the default as people write it: 128MiB.
func (p Param) Usual() string {
	if p.Type == "bytes" {
		if n, err := parseBytes(p.Default); err == nil {
			return showBytes(n)
		}
	}
	return p.Default
}

// Check returns the canonical spelling of text, or an error that quotes it;
// what would have been right is [Param.Allowed]. The canonical spelling checks as itself.
func (p Param) Check(text string) (canonical string, err error) {
	value, canonical, err := p.read(text)
	if err != nil {
		return "", fmt.Errorf("%q %w", text, err)
	}
	switch {
	case p.Type == "choice" || p.Type == "bool":
		return canonical, nil
	case value < p.Min:
		return "", fmt.Errorf("%q is too small", text)
	case value > p.Max:
		return "", fmt.Errorf("%q is too large", text)
	}
	return canonical, nil
}

// read parses text as a value of the parameter's type. Its errors continue a
// sentence that began with the text.
func (p Param) read(text string) (value float64, canonical string, err error) {
	switch p.Type {
	case "int":
		n, err := parseInt(text)
		return float64(n), strconv.FormatInt(n, 10), err
	case "bytes":
		n, err := parseBytes(text)
		return float64(n), strconv.FormatInt(n, 10), err
	case "duration":
		d, err := parseDuration(text)
		return d.Seconds(), showDuration(d), err
	case "float":
		f, err := parseFloat(text)
		return f, strconv.FormatFloat(f, 'g', -1, 64), err
	case "choice":
		if !slices.Contains(p.Choices, text) {
			return 0, "", fmt.Errorf("is unknown, nearest is %s", link.Nearest(text, p.Choices)[0])
		}
		return 0, text, nil
	case "bool":
		if text != "true" && text != "false" {
			return 0, "", fmt.Errorf("is not a truth value")
		}
		return 0, text, nil
	}
	panic("work: parameter " + p.Name + " is of unknown type " + p.Type)
}

// Params are the checked values of a workload's parameters, by name, in
// canonical spelling: whole numbers in decimal, bytes as a whole number of
// bytes, durations as time.Duration prints them but for us in place of µs. The
// accessors panic for a value that [Kind.Parse] has not checked: that is our own
// bug.
type Params map[string]string

// Int returns a parameter of type int.
func (ps Params) Int(name string) int64 { return must(parseInt(ps.String(name)))(name) }

// Bytes returns a parameter of type bytes, in bytes.
func (ps Params) Bytes(name string) int64 { return must(parseBytes(ps.String(name)))(name) }

// Duration returns a parameter of type duration.
func (ps Params) Duration(name string) time.Duration {
	return must(parseDuration(ps.String(name)))(name)
}

// Float returns a parameter of type float.
func (ps Params) Float(name string) float64 { return must(parseFloat(ps.String(name)))(name) }

// Bool returns a parameter of type bool.
func (ps Params) Bool(name string) bool { return ps.String(name) == "true" }

// String returns a parameter of any type, in canonical spelling.
func (ps Params) String(name string) string {
	text, ok := ps[name]
	if !ok {
		panic("work: parameter " + name + " was not filled in: use Kind.Parse")
	}
	return text
}

func must[T any](value T, err error) func(name string) T {
	return func(name string) T {
		if err != nil {
			panic(fmt.Sprintf("work: parameter %s was not checked: %v", name, err))
		}
		return value
	}
}

func seconds(s float64) time.Duration { return time.Duration(math.Round(s * 1e9)) }
