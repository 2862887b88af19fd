package stat

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// Resampling says how a bootstrap draws. Its zero value draws 10000 resamples
// with seed 0.
type Resampling struct {
	Count      int // resamples; 0 means 10000
	Seed       uint64
	Exhaustive bool // enumerate every resample instead: n^n of them, for small n and for tests
}

// exhaustiveMost bounds an enumeration: 7^7 passes, 8^8 does not.
const exhaustiveMost = 2_000_000

// ErrManyResamples is returned where an exhaustive bootstrap would not end.
var ErrManyResamples = errors.New("more than 2000000 resamples to enumerate: draw them at random instead")

// Replicates are the values of a statistic over resamples.
type Replicates struct {
	Theta  float64   // of the data themselves
	Values []float64 // sorted
	N      int       // values in the data
	accel  float64   // jackknife acceleration; NaN where there is none
	Method string
}

// Bootstrap evaluates statistic on resamples of x drawn with replacement
// (Efron and Tibshirani 1993). statistic must not keep or change its argument.
// A statistic that is NaN or Inf for some resample is an error.
func Bootstrap(x []float64, statistic func([]float64) float64, how Resampling) (*Replicates, error) {
	if err := checkValues("bootstrap", x, 2); err != nil {
		return nil, err
	}
	r := &Replicates{Theta: statistic(slices.Clone(x)), N: len(x), Method: "bootstrap"}
	y := make([]float64, len(x))
	draw := func(pick []int) {
		for i, p := range pick {
			y[i] = x[p]
		}
		r.Values = append(r.Values, statistic(y))
	}
	radix := slices.Repeat([]int{len(x)}, len(x))
	if err := how.each(radix, draw); err != nil {
		return nil, fmt.Errorf("bootstrap of %d values: %w", len(x), err)
	}
	r.accel = acceleration(x, statistic)
	return r.sorted()
}

// BootstrapGroups evaluates statistic on two-level resamples: groups with
// replacement, then values within each chosen group with replacement (Davison
// and Hinkley 1997, section 3.8), given to statistic as one slice. Groups are
// what is replicated: trials that hold iterations, blocks that hold trials.
// The exhaustive mode needs groups of one size.
func BootstrapGroups(y [][]float64, statistic func([]float64) float64, how Resampling) (*Replicates, error) {
	var all []float64
	for _, g := range y {
		if err := checkValues("hierarchical bootstrap", g, 1); err != nil {
			return nil, err
		}
		all = append(all, g...)
	}
	if len(y) < 2 {
		return nil, &TooFewError{"hierarchical bootstrap, groups", len(y), 2}
	}
	r := &Replicates{Theta: statistic(slices.Clone(all)), N: len(y), accel: math.NaN(), Method: "hierarchical bootstrap"}
	size := len(y[0])
	if how.Exhaustive && slices.ContainsFunc(y, func(g []float64) bool { return len(g) != size }) {
		return nil, errors.New("exhaustive hierarchical bootstrap: groups differ in size, so resamples differ in weight")
	}
	var err error
	if how.Exhaustive {
		err = r.enumerateGroups(y, size, statistic)
	} else {
		r.drawGroups(y, statistic, how)
	}
	if err != nil {
		return nil, err
	}
	return r.sorted()
}

func (r *Replicates) enumerateGroups(y [][]float64, size int, statistic func([]float64) float64) error {
	// One digit for each chosen group, then one for each value in each of them.
	radix := slices.Repeat([]int{len(y)}, len(y))
	radix = append(radix, slices.Repeat([]int{size}, len(y)*size)...)
	flat := make([]float64, len(y)*size)
	return enumerate(radix, func(pick []int) {
		for i := range flat {
			flat[i] = y[pick[i/size]][pick[len(y)+i]]
		}
		r.Values = append(r.Values, statistic(flat))
	})
}

func (r *Replicates) drawGroups(y [][]float64, statistic func([]float64) float64, how Resampling) {
	rng := how.rng()
	var flat []float64
	for range how.count() {
		flat = flat[:0]
		for range y {
			g := y[rng.IntN(len(y))]
			for range g {
				flat = append(flat, g[rng.IntN(len(g))])
			}
		}
		r.Values = append(r.Values, statistic(flat))
	}
}

func (r *Replicates) sorted() (*Replicates, error) {
	if err := finite("bootstrap statistic", r.Theta); err != nil {
		return nil, err
	}
	if err := finite("bootstrap statistic of a resample", r.Values...); err != nil {
		return nil, err
	}
	slices.Sort(r.Values)
	return r, nil
}

// SE returns the standard deviation of the replicates (divisor: their count).
func (r *Replicates) SE() float64 {
	mean, _ := meanSD(r.Values)
	return math.Sqrt(squares(r.Values, mean) / float64(len(r.Values)))
}

// Percentile returns the interval between type-7 quantiles of the replicates.
func (r *Replicates) Percentile(level float64) (Interval, error) {
	if err := checkLevel(level); err != nil {
		return Interval{}, fmt.Errorf("percentile interval: %w", err)
	}
	return r.between((1-level)/2, (1+level)/2, level, "percentile "), nil
}

// BCa returns the bias-corrected and accelerated interval (Efron 1987): the
// quantiles at Phi(z0 + (z0+z)/(1-a(z0+z))), with z0 from the share of
// replicates below Theta, ties counting one half, and a from the jackknife.
// Replicates of groups have no a, and replicates that all lie on one side of
// Theta no z0: both get the percentile interval with a warning.
func (r *Replicates) BCa(level float64) (Interval, error) {
	i, err := r.Percentile(level)
	if err != nil {
		return i, err
	}
	z0, a := r.Bias(), r.accel
	if i.Lo == i.Hi || math.IsInf(z0, 0) || math.IsNaN(a) {
		i.warn("BCa has no answer here (no variation, one-sided replicates, or grouped data): percentile interval given")
		return i, nil
	}
	at := func(p float64) float64 {
		z := z0 + distuv.UnitNormal.Quantile(p)
		if a*z >= 1 { // beyond the pole of the formula: the end of the replicates
			return distuv.UnitNormal.CDF(math.Copysign(math.Inf(1), z))
		}
		return distuv.UnitNormal.CDF(z0 + z/(1-a*z))
	}
	return r.between(at((1-level)/2), at((1+level)/2), level, "BCa "), nil
}

// Bias returns z0, the normal quantile of the share of replicates below Theta:
// 0 for a median-unbiased statistic, Inf where all lie on one side.
func (r *Replicates) Bias() float64 {
	lo, _ := slices.BinarySearch(r.Values, r.Theta)
	hi, _ := slices.BinarySearch(r.Values, math.Nextafter(r.Theta, math.Inf(1)))
	return distuv.UnitNormal.Quantile(float64(lo+hi) / 2 / float64(len(r.Values)))
}

// Acceleration returns a, the skewness of the jackknife values over 6; NaN for
// replicates of groups and for a statistic that the jackknife does not move.
func (r *Replicates) Acceleration() float64 { return r.accel }

func (r *Replicates) between(lo, hi, level float64, kind string) Interval {
	i := Interval{
		Estimate: r.Theta, Lo: quantileSorted(r.Values, lo), Hi: quantileSorted(r.Values, hi),
		Level: level, Achieved: level, N: r.N, Method: kind + r.Method,
	}
	if i.Lo == i.Hi {
		i.warn(WarnConstant)
	}
	if r.N < 10 {
		i.warn(fmt.Sprintf("bootstrap of %d values: it knows no value between or beyond them, so the interval is too narrow", r.N))
	}
	return i
}

// acceleration is sum d^3 / (6 (sum d^2)^1.5), d the jackknife values' distance
// below their mean.
func acceleration(x []float64, statistic func([]float64) float64) float64 {
	jack := make([]float64, len(x))
	rest := make([]float64, 0, len(x))
	for i := range x {
		rest = append(append(rest[:0], x[:i]...), x[i+1:]...)
		jack[i] = statistic(rest)
	}
	mean, _ := meanSD(jack)
	var s2, s3 float64
	for _, v := range jack {
		d := mean - v
		s2, s3 = s2+d*d, s3+d*d*d
	}
	if s2 == 0 {
		return math.NaN()
	}
	return s3 / (6 * s2 * math.Sqrt(s2))
}

func (how Resampling) count() int {
	if how.Count <= 0 {
		return 10000
	}
	return how.Count
}

func (how Resampling) rng() *rand.Rand { return rand.New(rand.NewPCG(how.Seed, 0xb007)) }

// each calls draw with indexes below the radices: all of them, or at random.
func (how Resampling) each(radix []int, draw func(pick []int)) error {
	if how.Exhaustive {
		return enumerate(radix, draw)
	}
	rng, pick := how.rng(), make([]int, len(radix))
	for range how.count() {
		for i, n := range radix {
			pick[i] = rng.IntN(n)
		}
		draw(pick)
	}
	return nil
}

// enumerate counts through all index vectors below the radices.
func enumerate(radix []int, visit func(pick []int)) error {
	total := 1.0
	for _, n := range radix {
		total *= float64(n)
	}
	if total > exhaustiveMost {
		return ErrManyResamples
	}
	pick := make([]int, len(radix))
	for range int(total) {
		visit(pick)
		for i := len(pick) - 1; i >= 0; i-- {
			if pick[i]++; pick[i] < radix[i] {
				break
			}
			pick[i] = 0
		}
	}
	return nil
}
