package stat

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Design is a comparison that is planned: two-sided, at alpha. Its zero value
// is two independent samples of n each at 0.05.
type Design struct {
	Paired bool
	Alpha  float64 // 0 means 0.05
}

// trialsMost ends the search for a sample size.
const trialsMost = 1e9

// ErrOutOfReach is returned where no sample size up to 10^9 will do.
var ErrOutOfReach = errors.New("out of reach: it would take more than 10^9 trials")

// Power returns the probability that the t test of n trials per arm (pairs,
// where paired) finds a true difference delta: P(T > t(1-alpha/2)) for T
// noncentral t with noncentrality delta/sd * sqrt(n/2), or sqrt(n) where
// paired (Cohen 1988; R's power.t.test with strict = FALSE). sd is that of one
// arm; of the differences, where paired. delta and sd share a unit, which for
// ratios is that of logarithms. n >= 2 need not be whole.
func (d Design) Power(n, delta, sd float64) (float64, error) {
	if err := d.check(delta, sd); err != nil {
		return 0, err
	}
	if !(n >= 2) || math.IsInf(n, 0) {
		return 0, fmt.Errorf("power: n = %g: need at least 2", n)
	}
	p := d.power(n, math.Abs(delta)/sd)
	return p, finite("power", p)
}

// Trials returns the n per arm that reaches power for a true difference delta.
// It is not rounded: take the next whole number. It is at least 2.
func (d Design) Trials(delta, sd, power float64) (float64, error) {
	if err := d.check(delta, sd); err != nil {
		return 0, err
	}
	if err := checkLevel(power); err != nil {
		return 0, fmt.Errorf("trials for a power of %g: %w", power, err)
	}
	effect := math.Abs(delta) / sd
	if d.power(trialsMost, effect) < power {
		return 0, fmt.Errorf("trials to find a difference of %g at sd %g: %w", delta, sd, ErrOutOfReach)
	}
	n := bisect(2, trialsMost, func(n float64) bool { return d.power(n, effect) >= power })
	return n, finite("trials", d.power(n, effect))
}

// MinDetectable returns the least true difference that n trials per arm find
// with the given power, in the unit of sd.
func (d Design) MinDetectable(n, sd, power float64) (float64, error) {
	if err := d.check(1, sd); err != nil {
		return 0, err
	}
	if err := checkLevel(power); err != nil {
		return 0, fmt.Errorf("least detectable difference: power: %w", err)
	}
	if !(n >= 2) || math.IsInf(n, 0) {
		return 0, fmt.Errorf("least detectable difference: n = %g: need at least 2", n)
	}
	e := bisect(0, 1e6, func(e float64) bool { return d.power(n, e) >= power })
	return e * sd, finite("least detectable difference", e*sd)
}

// TrialsForHalfWidth returns the number of pairs whose t interval is expected
// to reach mean -+ half when the differences scatter with sd: the least n with
// t(n-1) sd/sqrt(n) <= half. Both share a unit.
func TrialsForHalfWidth(sd, half, level float64) (int, error) {
	if err := checkLevel(level); err != nil {
		return 0, fmt.Errorf("trials for a half-width: %w", err)
	}
	if !(sd >= 0) || !(half > 0) || math.IsInf(sd, 0) || math.IsInf(half, 0) {
		return 0, fmt.Errorf("trials for a half-width of %g at sd %g: need a width above 0 and an sd of at least 0", half, sd)
	}
	enough := func(n float64) bool {
		t := distuv.StudentsT{Sigma: 1, Nu: n - 1}.Quantile((1 + level) / 2)
		return t*sd/math.Sqrt(n) <= half
	}
	if !enough(trialsMost) {
		return 0, fmt.Errorf("trials for a half-width of %g at sd %g: %w", half, sd, ErrOutOfReach)
	}
	return int(math.Ceil(bisect(2, trialsMost, enough) - 1e-6)), nil
}

func (d Design) check(delta, sd float64) error {
	a := d.alpha()
	switch {
	case !(a > 0 && a < 1):
		return fmt.Errorf("power: alpha %g: need a number between 0 and 1, such as 0.05", a)
	case !(sd > 0) || math.IsInf(sd, 0):
		return fmt.Errorf("power: sd %g: need a number above 0", sd)
	case math.IsNaN(delta) || delta == 0 || math.IsInf(delta, 0) || math.IsInf(delta/sd, 0):
		return fmt.Errorf("power: difference %g: need a finite number other than 0", delta)
	}
	return nil
}

func (d Design) alpha() float64 {
	if d.Alpha == 0 {
		return 0.05
	}
	return d.Alpha
}

func (d Design) power(n, effect float64) float64 {
	nu, ncp := 2*(n-1), effect*math.Sqrt(n/2)
	if d.Paired {
		nu, ncp = n-1, effect*math.Sqrt(n)
	}
	t := distuv.StudentsT{Sigma: 1, Nu: nu}.Quantile(1 - d.alpha()/2)
	if ncp > 37 { // the series underflows here; Abramowitz and Stegun 26.7.10
		s := 1 / (4 * nu)
		return distuv.UnitNormal.Survival((t*(1-s) - ncp) / math.Sqrt(1+2*t*t*s))
	}
	return 1 - distuv.NoncentralT{Nu: nu, Mu: ncp}.CDF(t)
}

// bisect returns the least v in [lo, hi] for which the monotone f holds, to a
// relative 1e-12; hi where it holds nowhere.
func bisect(lo, hi float64, f func(float64) bool) float64 {
	if f(lo) {
		return lo
	}
	for range 200 {
		m := lo + (hi-lo)/2
		if f(m) {
			hi = m
		} else {
			lo = m
		}
		if hi-lo <= 1e-12*hi {
			break
		}
	}
	return hi
}
