package digest

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// TestJudgeEveryOrdering puts the four ends of an interval at every place
// relative to the two margins, and derives the verdict from the words of the
// rule alone.
func TestJudgeEveryOrdering(t *testing.T) {
	const m = 0.05
	low, high := 1/(1+m), 1+m
	places := []float64{0.5, 0.7, low, 0.97, 1, 1.02, high, 1.3, 1.6}
	seen := map[string]int{}
	for i, lo95 := range places {
		for j := i; j < len(places); j++ {
			for k := j; k < len(places); k++ {
				for l := k; l < len(places); l++ {
					lo90, hi90, hi95 := places[j], places[k], places[l]
					r := Range{Estimate: lo90, Lo95: lo95, Lo90: lo90, Hi90: hi90, Hi95: hi95, N: 10}
					want := Inconclusive
					if lo95 > high {
						want = Supported
					}
					if hi95 < low {
						want = Reversed
					}
					if lo90 > low && hi90 < high {
						want = Equivalent
					}
					got, reason := Judge(r, r, Target{Margin: m}, nil)
					if got != want || (got == Inconclusive) != (reason != "") {
						t.Errorf("[%g (%g, %g) %g]: %s %q, want %s", lo95, lo90, hi90, hi95, got, reason, want)
					}
					seen[got]++
					// Left and right swapped, the verdict is mirrored.
					mirror := Range{Lo95: 1 / hi95, Lo90: 1 / hi90, Hi90: 1 / lo90, Hi95: 1 / lo95, N: 10}
					swapped := map[string]string{Supported: Reversed, Reversed: Supported}
					if slices.Contains([]float64{lo95, lo90, hi90, hi95}, low) || slices.Contains([]float64{lo95, lo90, hi90, hi95}, high) {
						continue // the inverse of a margin is one rounding away from the other
					}
					if back, _ := Judge(mirror, mirror, Target{Margin: m}, nil); back != got && back != swapped[got] {
						t.Errorf("[%g %g]: %s, but swapped %s", lo95, hi95, got, back)
					}
				}
			}
		}
	}
	for _, v := range []string{Supported, Reversed, Equivalent, Inconclusive} {
		if seen[v] == 0 {
			t.Errorf("no ordering is %s", v)
		}
	}
}

func span(lo, hi float64) Range {
	w := (hi - lo) / 10
	return Range{Estimate: (lo + hi) / 2, Lo95: lo, Hi95: hi, Lo90: lo + w, Hi90: hi - w, N: 20, Method: "x"}
}

func TestJudgeNeedsBothEstimators(t *testing.T) {
	ranges := map[string]Range{Supported: span(1.1, 1.2), Reversed: span(0.8, 0.9), Equivalent: span(0.98, 1.02), Inconclusive: span(0.9, 1.2)}
	for a, ra := range ranges {
		for b, rb := range ranges {
			got, reason := Judge(ra, rb, Target{Margin: 0.05}, nil)
			want := Inconclusive
			if a == b {
				want = a
			}
			if got != want {
				t.Errorf("%s and %s give %s, want %s", a, b, got, want)
			}
			if fragile := strings.HasPrefix(reason, "fragile"); fragile != (a != b && a != Inconclusive) {
				t.Errorf("%s and %s: reason %q", a, b, reason)
			}
		}
	}
}

func TestEachGateAloneForbidsAVerdict(t *testing.T) {
	names := []string{"aa", "positive", "canary", "noise"}
	for _, r := range []Range{span(1.1, 1.2), span(0.8, 0.9), span(0.98, 1.02), span(0.9, 1.2)} {
		for broken := range names {
			var gates []Gate
			for i, name := range names {
				gates = append(gates, Gate{Name: name, Passed: i != broken, Detail: "found so"})
			}
			got, reason := Judge(r, r, Target{Margin: 0.05}, gates)
			if want := "gate " + names[broken] + " broken: found so"; got != Inconclusive || reason != want {
				t.Errorf("gate %s: %s, %q; want inconclusive, %q", names[broken], got, reason, want)
			}
		}
		if got, _ := Judge(r, r, Target{Margin: 0.05}, []Gate{{Name: "aa", Passed: true, Detail: ""}}); got != (Target{Margin: 0.05}).judge(r) {
			t.Errorf("gates that hold changed the verdict to %s", got)
		}
	}
}

func TestJudgeNeedsSixBlocks(t *testing.T) {
	r := span(1.1, 1.2)
	for n, want := range map[int]string{0: Inconclusive, 5: Inconclusive, 6: Supported} {
		few := r
		few.N = n
		if got, reason := Judge(few, few, Target{Margin: 0.05}, nil); got != want || want == Inconclusive && reason == "" {
			t.Errorf("%d blocks: %s %q, want %s", n, got, reason, want)
		}
	}
}

func TestJudgeWithoutInterval(t *testing.T) {
	if got, reason := Judge(Range{N: 10, Lo95: math.NaN(), Hi95: math.NaN()}, span(2, 3), Target{Margin: 0.05}, nil); got != Inconclusive || reason != "no interval" {
		t.Errorf("%s %q", got, reason)
	}
}

func TestBounds(t *testing.T) {
	one, two := 1.0, 2.0
	for _, test := range []struct {
		lo, hi      float64
		least, most *float64
		want        string
	}{
		{1.1, 1.2, &one, nil, Supported},
		{1, 1.2, &one, nil, Supported},
		{0.9, 1.2, &one, nil, Inconclusive},
		{0.8, 0.9, &one, nil, Reversed},
		{0.8, 0.9, nil, &one, Supported},
		{1.1, 1.2, nil, &one, Reversed},
		{0.9, 1.1, nil, &one, Inconclusive},
		{1.1, 1.9, &one, &two, Supported},
		{0.9, 1.9, &one, &two, Inconclusive},
		{1.1, 2.1, &one, &two, Inconclusive},
		{2.1, 2.2, &one, &two, Reversed},
		{0.1, 0.2, &one, &two, Reversed},
		{0.1, 2.2, &one, &two, Inconclusive},
		{3, math.Inf(1), &one, nil, Supported},
		{math.NaN(), 3, &one, nil, Inconclusive},
	} {
		target := Target{Margin: 0.05, AtLeast: test.least, AtMost: test.most}
		if got := target.judge(Range{Lo95: test.lo, Hi95: test.hi}); got != test.want {
			t.Errorf("[%g, %g]: %s, want %s", test.lo, test.hi, got, test.want)
		}
	}
}

func TestPMatchesTheVerdict(t *testing.T) {
	// p is at or below 5 % exactly where the t intervals decide.
	bound := 1.2
	for _, target := range []Target{{Margin: 0.05}, {Margin: 0.2}, {AtLeast: &bound}, {AtMost: &bound}} {
		for mean := -0.5; mean <= 0.5; mean += 0.013 {
			for _, se := range []float64{0.001, 0.02, 0.1} {
				s := spread{mean: mean, se: se, df: 9, sd: se * math.Sqrt(10), n: 10, paired: true}
				half := func(level float64) float64 { return se * student(9).Quantile(0.5+level/2) }
				r := Range{Lo95: math.Exp(mean - half(.95)), Hi95: math.Exp(mean + half(.95)), Lo90: math.Exp(mean - half(.9)), Hi90: math.Exp(mean + half(.9))}
				p := target.p(s)
				if decided := target.judge(r) != Inconclusive; decided != (p <= 0.05) {
					t.Errorf("mean %g, se %g: %s with p = %g", mean, se, target.judge(r), p)
				}
			}
		}
	}
}

func TestMargin(t *testing.T) {
	for metric, want := range map[string]float64{"wall_s": 0.05, "throughput_items_per_s": 0.05, "cpu_s": 0.05,
		"mem_high_B": 0.1, "rss_peak_B": 0.1, "latency_p99_s": 0.2, "throughput_B_per_s": 0.05} {
		if got := Margin(metric); got != want {
			t.Errorf("Margin(%q) = %g, want %g", metric, got, want)
		}
	}
}
