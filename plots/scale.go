package plots

import (
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
)

// scale maps values to [0, 1] along an axis. Building one never fails: a log
// scale without positive values, an empty or a single-valued range all end in
// a range that can be drawn.
type scale struct {
	min, max float64
	log      bool
	uneven   bool   // ticks at the counts that were run, not at even steps
	words    bool   // places in no order
	broken   bool   // it is linear and could start at 0, but does not
	label    string // of the axis, with the unit
	unit     string // "s", "B"; "x" for ratios
	ticks    []tick
}

type tick struct {
	v    float64
	text string
}

// at returns the place of v on the axis. Values outside the range land
// outside [0, 1], except those that a logarithm does not have: they are put
// on the lower end.
func (s scale) at(v float64) float64 {
	if !s.log {
		return (v - s.min) / (s.max - s.min)
	}
	if v <= 0 {
		return 0
	}
	return (math.Log(v) - math.Log(s.min)) / math.Log(s.max/s.min)
}

// quantity prints a value of the axis with its interval, if it has one.
func (s scale) quantity(v, low, high float64) string {
	text, unit := Quantity(v, s.unit), s.unit
	if unit == "x" {
		text, unit = Times(v), ""
	}
	if !math.IsNaN(low) {
		text += " [" + Bounds(v, low, high, unit, ", ") + "]"
	}
	return text
}

// zeroScale runs from 0 to a little above every value: for bars and for
// whatever is read as a share of a whole.
func zeroScale(title, unit string, values []float64, steps int) scale {
	_, hi := finiteRange(values)
	if hi <= 0 {
		hi = 1
	}
	return linearScale(title, unit, 0, hi, steps)
}

// spreadScale suits points: from 0 unless that would waste more than half of
// the axis, logarithmic from a 50-fold range. The label says what it does.
func spreadScale(title, unit string, values []float64) scale {
	lo, hi := finiteRange(values)
	switch {
	case hi <= 0 || lo <= 0:
		return linearScale(title, unit, min(lo, 0), max(hi, 0), 6)
	case hi/lo > 50:
		return logScale(title, unit, lo, hi)
	case lo < 0.6*hi || lo == hi:
		return linearScale(title, unit, 0, hi, 6)
	}
	// A range of 2 % at least, so that noise of 0.1 % does not look dramatic.
	pad := max((hi-lo)*0.08, (0.02*hi-(hi-lo))/2)
	s := linearScale(title, unit, lo-pad, hi+pad, 6)
	s.label += notFrom0
	s.broken = true
	return s
}

const notFrom0 = ", axis not from 0"

// linearScale covers [lo, hi] with about the given number of steps.
func linearScale(title, unit string, lo, hi float64, steps int) scale {
	hi = min(hi, 1e300)
	if lo = max(lo, -1e300); !(hi > lo) {
		hi = lo + max(1, math.Abs(lo))
	}
	p := prefixFor(max(math.Abs(lo), math.Abs(hi)), unit)
	lo, hi = lo/p.factor, hi/p.factor
	step := niceStep((hi - lo) / float64(steps))
	s := scale{min: lo * p.factor, max: (hi + (hi-lo)*0.03) * p.factor, label: axisLabel(title, p.suffix), unit: unit}
	if lo < 0 {
		s.min = (lo - (hi-lo)*0.03) * p.factor
	}
	for i := math.Ceil(lo/step - 1e-9); i <= math.Floor(hi/step+1e-9); i++ {
		s.ticks = append(s.ticks, tick{i * step * p.factor, decimals(i*step, step)})
	}
	return s
}

// niceStep returns the smallest of 1, 2, 5 x 10^k that is at least v.
func niceStep(v float64) float64 {
	if !(v > 0) || math.IsInf(v, 0) {
		return 1
	}
	base := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 5, 10} {
		if base*m >= v*(1-1e-9) {
			return base * m
		}
	}
	return base * 10
}

// decimals prints a tick with as many digits as its step has.
func decimals(v, step float64) string {
	if math.Abs(v) < step/1e6 {
		return "0"
	}
	if step >= 1e6 || step < 1e-6 {
		return Digits(v)
	}
	n := max(0, -int(math.Floor(math.Log10(step)+1e-9)))
	return trimFloat(v, n)
}

// logScale covers [lo, hi] with ticks at 1, 2, 5 or at whole powers of ten,
// whichever are fewer than nine. Each tick carries its own unit, since a log
// axis easily runs from ns to s.
func logScale(title, unit string, lo, hi float64) scale {
	lo, hi = logBounds(lo, hi)
	s := scale{min: lo, max: hi, log: true, label: axisLabel(title, "log scale"), unit: unit}
	if unit == "B" {
		if s.ticks = byteTicks(lo, hi); len(s.ticks) > 1 {
			return s
		}
	}
	for _, multiples := range [][]float64{{1, 2, 5}, {1, 3}, {1}} {
		s.ticks = logTicks(lo, hi, unit, multiples, 1)
		if len(s.ticks) <= 8 {
			return s
		}
	}
	for skip := 2; len(s.ticks) > 8; skip++ {
		s.ticks = logTicks(lo, hi, unit, []float64{1}, skip)
	}
	return s
}

// logBounds widens a range to something a logarithm can show.
func logBounds(lo, hi float64) (float64, float64) {
	if !(hi > 0) {
		return 0.5, 2
	}
	if !(lo > 0) {
		lo = hi / 10
	}
	// What lies further apart than any measurement ends the axis.
	hi = min(max(hi, 1e-280), 1e280)
	lo = min(max(lo, hi/1e24), hi)
	pad := max(math.Pow(hi/lo, 0.04), 1.1)
	return lo / pad, hi * pad
}

func logTicks(lo, hi float64, unit string, multiples []float64, skip int) []tick {
	var ticks []tick
	for k := math.Floor(math.Log10(lo)); k <= math.Log10(hi); k++ {
		if math.Mod(k, float64(skip)) != 0 {
			continue
		}
		for _, m := range multiples {
			if v := m * math.Pow(10, k); v >= lo && v <= hi {
				ticks = append(ticks, tick{v, Given(v, unit)})
			}
		}
	}
	return ticks
}

// byteTicks returns powers of two, the fewest steps apart that give no more
// than eight.
func byteTicks(lo, hi float64) []tick {
	for step := 1.0; ; step++ {
		var ticks []tick
		for k := step * math.Ceil(math.Log2(lo)/step); k <= math.Log2(hi); k += step {
			ticks = append(ticks, tick{math.Exp2(k), Given(math.Exp2(k), "B")})
		}
		if len(ticks) <= 8 {
			return ticks
		}
	}
}

// countScale is a log2 axis with ticks at the counts that were run.
func countScale(title string, counts []float64) scale {
	counts = slices.Compact(slices.Sorted(slices.Values(counts)))
	s := scale{log: true, label: title, min: 1, max: 2}
	if len(counts) > 0 {
		s.min, s.max = counts[0]/1.12, counts[len(counts)-1]*1.12
	}
	for _, c := range counts {
		s.ticks = append(s.ticks, tick{c, Digits(c)})
	}
	s.ticks = trimCounts(s.ticks)
	return s
}

// linearCounts is a linear axis from 0 with ticks at the counts that were run:
// on it a cost for each count is a straight line.
func linearCounts(title string, counts []float64) scale {
	s := countScale(title, counts)
	s.log, s.uneven, s.min = false, true, -0.04*s.max // room for the marker of a small count
	return s
}

// wordScale is an axis with a place for each word.
func wordScale(title string, words []string) scale {
	s := scale{min: 0.5, max: float64(len(words)) + 0.5, label: title, words: true}
	for i, w := range words {
		s.ticks = append(s.ticks, tick{float64(i + 1), w})
	}
	return s
}

func trimCounts(ticks []tick) []tick {
	for i := range ticks {
		ticks[i].text = trimFloat(ticks[i].v, 0)
	}
	return ticks
}

// ratioScale is a log axis for speedups: ticks at powers of two, or at round
// numbers where there would be hardly any.
func ratioScale(title string, values []float64) scale {
	lo, hi := finiteRange(slices.DeleteFunc(slices.Clone(values), func(v float64) bool { return v <= 0 }))
	if !(hi > 0) {
		lo, hi = 1, 2
	}
	hi = min(max(hi, 1e-280), 1e280)
	lo = min(max(lo, hi/1e24), hi)
	// A 1.5-fold range at least, so that noise does not look dramatic.
	pad := max(math.Pow(hi/lo, 0.04), math.Sqrt(1.5/(hi/lo)))
	s := scale{log: true, label: title, min: lo / pad, max: hi * pad, unit: "x"}
	if s.max/s.min < 3.2 {
		step := niceStep((s.max - s.min) / 6)
		for i := math.Ceil(s.min / step); i <= math.Floor(s.max/step); i++ {
			s.ticks = append(s.ticks, tick{i * step, decimals(i*step, step) + "x"})
		}
		return s
	}
	step, multiples := max(1, math.Ceil(math.Log2(hi/lo)/9)), []float64{1}
	if s.max/s.min < 8 { // two or three powers of two alone
		multiples = []float64{1, 1.5}
	}
	for k := math.Floor(math.Log2(s.min)); k <= math.Log2(s.max); k++ {
		for _, m := range multiples {
			if v := m * math.Exp2(k); math.Mod(k, step) == 0 && v >= s.min && v <= s.max {
				s.ticks = append(s.ticks, tick{v, Given(v, "") + "x"})
			}
		}
	}
	return s
}

func axisLabel(title, unit string) string {
	if unit == "" {
		return title
	}
	return title + " (" + unit + ")"
}

// finiteRange returns the least and the greatest finite value, or 0, 0.
func finiteRange(values []float64) (lo, hi float64) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			lo, hi = min(lo, v), max(hi, v)
		}
	}
	if lo > hi {
		return 0, 0
	}
	return lo, hi
}

// frame is the data area of one panel on a sheet, with its two scales.
type frame struct {
	s              *Sheet
	x0, y0, x1, y1 vg.Length // left, top, right, bottom
	x, y           scale
	line           vg.Length // height of a line, in a panel of rows
}

func (f frame) px(v float64) vg.Length { return f.x0 + vg.Length(f.x.at(v))*(f.x1-f.x0) }
func (f frame) py(v float64) vg.Length { return f.y1 - vg.Length(f.y.at(v))*(f.y1-f.y0) }
