package plots

import (
	"math"
	"strconv"
	"strings"
)

// prefix is one step of a unit's scaling: a value divided by factor is shown
// with the suffix.
type prefix struct {
	factor float64
	suffix string
}

var (
	seconds = []prefix{{1e-9, "ns"}, {1e-6, "µs"}, {1e-3, "ms"}, {1, "s"}}
	iec     = []prefix{{1, "B"}, {1 << 10, "KiB"}, {1 << 20, "MiB"}, {1 << 30, "GiB"}, {1 << 40, "TiB"}}
	decimal = []prefix{{1, ""}, {1e3, "k"}, {1e6, "M"}, {1e9, "G"}, {1e12, "T"}}
)

// prefixFor returns the scaling that shows v with at least one digit before
// the point: IEC for bytes, SI for all else.
func prefixFor(v float64, unit string) prefix {
	switch {
	case unit == "s":
		return pick(seconds, v)
	case unit == "B":
		return pick(iec, v)
	case strings.HasPrefix(unit, "B/"):
		p := pick(decimal, v)
		return prefix{p.factor, p.suffix + unit}
	case strings.HasSuffix(unit, "/s"):
		p := pick(decimal, v)
		return prefix{p.factor, strings.TrimSpace(p.suffix + " " + unit)}
	case strings.HasPrefix(unit, "s/"):
		p := pick(seconds, v)
		return prefix{p.factor, p.suffix + unit[1:]}
	}
	return prefix{1, unit}
}

func pick(steps []prefix, v float64) prefix {
	best := steps[0]
	for _, p := range steps {
		if math.Abs(v) >= p.factor*0.9995 {
			best = p
		}
	}
	if v == 0 {
		for _, p := range steps {
			if p.factor == 1 {
				return p
			}
		}
	}
	return best
}

// Quantity prints a value in SI base units with three significant digits and
// the unit's scaling: 0.0123 s is "12.3 ms". Absent is "n/a".
func Quantity(v float64, unit string) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "n/a"
	}
	p := prefixFor(v, unit)
	return strings.TrimSpace(Digits(v/p.factor) + " " + p.suffix)
}

// Interval prints [lo, hi] in the scaling of hi, the unit once. Ends that
// print alike are one number.
func Interval(lo, hi float64, unit string) string {
	p := prefixFor(hi, unit)
	return strings.TrimSpace(ends(Digits(lo/p.factor), Digits(hi/p.factor), " to ") + " " + p.suffix)
}

// Bounds prints lo and hi in the scaling of v, without the unit, to stand
// beside v.
func Bounds(v, lo, hi float64, unit, between string) string {
	p := prefixFor(v, unit)
	return Digits(lo/p.factor) + between + Digits(hi/p.factor)
}

func ends(lo, hi, between string) string {
	if lo == hi {
		return lo
	}
	return lo + between + hi
}

// Digits prints three significant digits without an exponent where a reader
// can do without one.
func Digits(v float64) string {
	a := math.Abs(v)
	switch {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return "n/a"
	case v == 0:
		return "0"
	case a < 1e-4 || a >= 1e6:
		return strconv.FormatFloat(v, 'g', 3, 64)
	case a >= 99.95:
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	// The exponent of the rounded value: 0.9996 has three digits as 1.00.
	_, exp, _ := strings.Cut(strconv.FormatFloat(a, 'e', 2, 64), "e")
	e, _ := strconv.Atoi(exp)
	return strconv.FormatFloat(v, 'f', 2-e, 64)
}

// Given prints a value that someone wrote down and nobody measured: without
// zeros that would speak of precision.
func Given(v float64, unit string) string {
	if unit == "x" {
		return trimmed(Digits(v)) + "x"
	}
	number, suffix, _ := strings.Cut(Quantity(v, unit), " ")
	return strings.TrimSpace(trimmed(number) + " " + suffix)
}

// trimmed drops the zeros at the end of a decimal fraction.
func trimmed(number string) string {
	if strings.Contains(number, ".") && !strings.Contains(number, "e") {
		number = strings.TrimRight(strings.TrimRight(number, "0"), ".")
	}
	return number
}

// Times prints a ratio: "1.03x".
func Times(v float64) string { return Digits(v) + "x" }

// Difference prints a difference of two shares, with its sign: "+0.95".
func Difference(v float64) string {
	if v > 0 {
		return "+" + Digits(v)
	}
	return Digits(v)
}

// TimesRange prints a range of ratios, "0.98x to 1.03x", or one ratio where its
// ends print alike.
func TimesRange(lo, hi float64) string { return ends(Times(lo), Times(hi), " to ") }

// share prints a fraction as a percentage.
func share(v float64) string { return Digits(100*v) + " %" }

// Count prints a number of things: "1 trial", "3 trials".
func Count(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + one + "s"
}
