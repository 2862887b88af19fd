package plots

import (
	"math"
	"testing"
)

func TestQuantity(t *testing.T) {
	for _, c := range []struct {
		v    float64
		unit string
		want string
	}{
		{0.0123, "s", "12.3 ms"}, {0.99996, "s", "1.00 s"}, {1, "s", "1.00 s"}, {123.4, "s", "123 s"}, {3e7, "s", "3e+07 s"},
		{0, "s", "0 s"}, {2.5e-9, "s", "2.50 ns"}, {4e-12, "s", "0.00400 ns"}, {math.NaN(), "s", "n/a"}, {math.Inf(1), "s", "n/a"},
		{64 << 20, "B", "64.0 MiB"}, {1023, "B", "1023 B"}, {1 << 50, "B", "1024 TiB"},
		{1.2e9, "B/s", "1.20 GB/s"}, {1234, "items/s", "1.23 k items/s"}, {12, "items/s", "12.0 items/s"},
		{0.97, "", "0.970"}, {-5e-3, "s", "-5.00 ms"},
	} {
		if got := Quantity(c.v, c.unit); got != c.want {
			t.Errorf("Quantity(%v, %q) = %q, want %q", c.v, c.unit, got, c.want)
		}
	}
}

// TestScalesNeverFail feeds every scale what a logarithm cannot take.
func TestScalesNeverFail(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, values := range [][]float64{
		nil, {nan}, {0}, {-1}, {5}, {0, 0}, {-3, 4}, {1e-12, 1e12}, {inf, 1}, {nan, 2, 2}, {5e-324, 1}, {1e300, 1e308},
	} {
		for name, s := range map[string]scale{
			"zero": zeroScale("t", "s", values, 5), "spread": spreadScale("t", "s", values), "ratio": ratioScale("t", values),
			"log": logScale("t", "s", at(values, 0), at(values, 1)),
		} {
			for _, v := range append(values, s.min, s.max) {
				if p := s.at(v); !math.IsNaN(v) && !math.IsInf(v, 0) && (math.IsNaN(p) || math.IsInf(p, 0)) {
					t.Errorf("%s%v: at(%v) = %v", name, values, v, p)
				}
			}
			if !(s.max > s.min) || len(s.ticks) > 12 {
				t.Errorf("%s%v: range %v to %v with %d ticks", name, values, s.min, s.max, len(s.ticks))
			}
		}
	}
}

func TestEndsThatPrintAlike(t *testing.T) {
	for want, got := range map[string]string{
		"3.50 MiB":         Interval(3.501*(1<<20), 3.503*(1<<20), "B"),
		"3.40 to 3.50 MiB": Interval(3.401*(1<<20), 3.503*(1<<20), "B"),
		"1.00, 1.01":       Bounds(1, 1.001, 1.011, "s", ", "),
		"1.00, 1.00":       Bounds(1, 1.001, 1.002, "s", ", "), // as an interval stands in brackets
		"1.33x":            TimesRange(1.331, 1.332),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
