package stat

import (
	"encoding/binary"
	"math"
	"testing"
)

// everything calls every exported function on two samples and fails on a NaN
// that no error announces.
func everything(t *testing.T, a, b []float64, level float64) {
	t.Helper()
	clean := func(what string, err error, values ...float64) {
		t.Helper()
		if err != nil {
			return
		}
		for _, v := range values {
			if math.IsNaN(v) {
				t.Errorf("%s of %v and %v at %g: NaN without an error: %v", what, a, b, level, values)
				return
			}
		}
	}
	interval := func(what string, i Interval, err error) {
		t.Helper()
		clean(what, err, i.Estimate, i.Lo, i.Hi, i.Achieved)
		if err == nil && !(i.Lo <= i.Hi) {
			t.Errorf("%s of %v and %v at %g: ends cross: %+v", what, a, b, level, i)
		}
	}
	effect := func(what string, e Effect, err error) {
		t.Helper()
		interval(what, e.Interval, err)
		clean(what, err, e.P, e.Stat, e.SE, e.DF)
		if err == nil && !(e.P >= 0 && e.P <= 1) {
			t.Errorf("%s of %v and %v: p = %g", what, a, b, e.P)
		}
	}
	test := func(what string, r Test, err error) {
		t.Helper()
		clean(what, err, r.Stat, r.P)
		if err == nil && !(r.P >= 0 && r.P <= 1) {
			t.Errorf("%s of %v: p = %g", what, a, r.P)
		}
	}
	everyEffect(a, b, level, effect)
	everyInterval(a, b, level, interval)
	r, err := SignFlip(a, 1)
	test("sign flip", r, err)
	r, err = MannKendall(a)
	test("Mann-Kendall", r, err)
	r, err = LjungBox(a, 2)
	test("Ljung-Box", r, err)
	everythingElse(a, b, clean)
	everyBootstrap(a, b, level, interval)
}

func everyEffect(a, b []float64, level float64, effect func(string, Effect, error)) {
	for name, estimate := range ratioEstimators {
		e, err := estimate(a, b, level)
		effect(name, e, err)
	}
	e, err := PairedT(a, level)
	effect("paired t", e, err)
	e, err = WelchT(a, b, level)
	effect("Welch", e, err)
	e, err = SignedRank(a, level)
	effect("signed rank", e, err)
	e, err = MannWhitney(a, b, level)
	effect("Mann-Whitney", e, err)
}

func everyInterval(a, b []float64, level float64, interval func(string, Interval, error)) {
	i, err := MedianInterval(a, level)
	interval("median", i, err)
	i, err = Fieller(a, b, level)
	interval("Fieller", i, err)
	i, err = TheilSen(nil, a, level)
	interval("Theil-Sen", i, err)
	i, err = TheilSen(b, a, level)
	interval("Theil-Sen over b", i, err)
	q, err := TOST(a, -0.1, 0.1, 1-level)
	interval("TOST", q.Interval, err)
	q, err = WelchTOST(a, b, -0.1, 0.1, 1-level)
	interval("Welch TOST", q.Interval, err)
}

func everythingElse(a, b []float64, clean func(string, error, ...float64)) {
	s, err := Summarize(a)
	clean("summary", err, s.Median, s.MAD, s.P5, s.P95)
	v, err := GeoMean(a)
	clean("geometric mean", err, v)
	v, err = A12(a, b)
	clean("A12", err, v)
	v, err = Cliff(a, b)
	clean("Cliff", err, v)
	v, err = EffectiveN(a)
	clean("effective n", err, v)
	_, v, err = MSER(a)
	clean("MSER", err, v)
	p, err := Holm(a)
	clean("Holm", err, p...)
	p, err = BenjaminiHochberg(a)
	clean("BH", err, p...)
	_, err = ChangePoints(a, 3)
	clean("change points", err)
	splits, err := Splits(a, 3, 2)
	for _, s := range splits {
		clean("splits", err, s.RSS)
	}
	c, err := VarianceComponents(Nest2([][]float64{a, b}))
	clean("variance components", err, append(c.T2, c.Mean)...)
	reps, err := c.OptimalReps([]float64{1, 10})
	clean("repetitions", err, reps...)
	if len(a) > 1 {
		v, err = Design{}.Power(a[0], a[1], 1)
		clean("power", err, v)
		v, err = Design{Paired: true}.Trials(a[0], a[1], 0.8)
		clean("trials", err, v)
		v, err = Design{}.MinDetectable(a[0], a[1], 0.8)
		clean("least difference", err, v)
		_, err = TrialsForHalfWidth(a[0], a[1], 0.95)
		clean("trials for a half-width", err)
		p, err = CorrectOmission(a, max(a[1], 1e-3))
		clean("omission", err, p...)
	}
	Outliers(a, 3)
	DiffSigma(a)
}

func everyBootstrap(a, b []float64, level float64, interval func(string, Interval, error)) {
	for _, statistic := range []func([]float64) float64{Median, mean} {
		if r, err := Bootstrap(a, statistic, Resampling{Count: 50}); err == nil {
			i, err := r.Percentile(level)
			interval("percentile", i, err)
			i, err = r.BCa(level)
			interval("BCa", i, err)
		}
		if r, err := BootstrapGroups([][]float64{a, b}, statistic, Resampling{Count: 50}); err == nil {
			i, err := r.BCa(level)
			interval("groups", i, err)
		}
	}
}

// awkward are the inputs that every function must answer with words.
var awkward = map[string][]float64{
	"empty": {}, "one": {3}, "two": {3, 4}, "constant": {2, 2, 2, 2, 2, 2, 2, 2}, "zeros": {0, 0, 0, 0, 0, 0, 0},
	"NaN": {1, 2, math.NaN(), 4, 5, 6, 7}, "Inf": {1, 2, 3, math.Inf(1), 5, 6}, "minus Inf": {math.Inf(-1), 2, 3, 4, 5, 6},
	"negative": {-1, -2, -3, -4, -5, -6, -7}, "huge": {1e308, -1e308, 1.5e308, 1e308, 1e307, 1}, "far apart": {1e308, -1e308}, "tiny": {5e-324, 1e-323, 0, 5e-324, 1e-310, 2e-310},
	"two values": {1, 1, 1, 1, 2, 1, 1, 1}, "near 1": {1, 1 + 0x1p-52, 1, 1, 1, 1, 1}, "ties": {1, 2, 2, 3, 3, 3, 4, 4, 4, 4},
}

func TestAwkwardInput(t *testing.T) {
	for name, a := range awkward {
		for other, b := range awkward {
			t.Run(name+" and "+other, func(t *testing.T) { everything(t, a, b, 0.95) })
		}
		for _, level := range []float64{0.5, 1e-9, 1 - 1e-12, 0, 1, -1, math.NaN()} {
			t.Run(name, func(t *testing.T) { everything(t, a, awkward["ties"], level) })
		}
	}
}

func FuzzEverything(f *testing.F) {
	bytes := func(x []float64) (b []byte) {
		for _, v := range x {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
		}
		return b
	}
	for _, a := range awkward {
		f.Add(bytes(a), bytes(awkward["ties"]), 0.95)
	}
	f.Fuzz(func(t *testing.T, rawA, rawB []byte, level float64) {
		floats := func(b []byte) (x []float64) {
			for ; len(b) >= 8 && len(x) < 60; b = b[8:] {
				x = append(x, math.Float64frombits(binary.LittleEndian.Uint64(b)))
			}
			return x
		}
		everything(t, floats(rawA), floats(rawB), level)
	})
}
