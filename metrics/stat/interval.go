package stat

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// Interval is an estimate with the range that the data leave for it. Estimate,
// Lo and Hi share the unit of the values they came from.
type Interval struct {
	Estimate float64
	Lo, Hi   float64
	Level    float64 // confidence asked for, in (0, 1)
	Achieved float64 // confidence reached: differs from Level only where exact intervals move in steps
	N        int     // values; pairs where the data are paired; of two samples, the smaller
	Method   string
	Warnings []string
}

// Effect is an estimated difference, with its interval and the two-sided test
// of "there is no difference" that belongs to it.
type Effect struct {
	Interval
	SE   float64 // standard error of Estimate; 0 for rank methods, which have none
	Stat float64 // t, V or U
	DF   float64 // degrees of freedom of a t; 0 for rank methods
	P    float64
}

// Test is the outcome of a test that comes without an interval.
type Test struct {
	Stat     float64
	P        float64 // two-sided
	N        int
	Method   string
	Warnings []string
}

// Warnings that callers may look for with slices.Contains.
const (
	WarnConstant = "every value is the same: the interval has no width and p says nothing"
	WarnLevel    = "too few values for the level asked for: the widest interval is given, see the level it achieves"
	WarnZeros    = "differences of zero were left out of the test, not of the interval"
)

// ErrOverflow is returned where finite values gave a result that is not.
var ErrOverflow = errors.New("the arithmetic overflowed: rescale the values")

// TooFewError says that a statistic needs more values than it was given.
type TooFewError struct {
	What      string
	Have, Min int
}

func (e *TooFewError) Error() string {
	return fmt.Sprintf("%s needs at least %d values, has %d", e.What, e.Min, e.Have)
}

// ValueError names a value that a statistic cannot use.
type ValueError struct {
	What  string
	Index int // from 0
	Value float64
	Need  string // what was allowed
}

func (e *ValueError) Error() string {
	return fmt.Sprintf("%s: value %d is %g, need %s", e.What, e.Index+1, e.Value, e.Need)
}

// Contains reports whether v lies in the closed interval.
func (i Interval) Contains(v float64) bool { return i.Lo <= v && v <= i.Hi }

// HalfWidth returns half the distance between the ends.
func (i Interval) HalfWidth() float64 { return (i.Hi - i.Lo) / 2 }

// Exp turns an interval of a difference of logarithms into one of a ratio.
func (i Interval) Exp() Interval {
	i.Estimate, i.Lo, i.Hi = math.Exp(i.Estimate), math.Exp(i.Lo), math.Exp(i.Hi)
	return i
}

// Inverse turns an interval of the positive ratio A/B into one of B/A.
func (i Interval) Inverse() Interval {
	i.Estimate, i.Lo, i.Hi = 1/i.Estimate, 1/i.Hi, 1/i.Lo
	return i
}

// Exp turns the effect on logarithms into one on the ratio. The test is
// unchanged; SE stays that of the logarithm.
func (e Effect) Exp() Effect {
	e.Interval = e.Interval.Exp()
	return e
}

func (i *Interval) warn(text string) {
	if !slices.Contains(i.Warnings, text) {
		i.Warnings = append(i.Warnings, text)
	}
}

// checkValues refuses what no statistic can use: too few values, NaN and Inf.
func checkValues(what string, x []float64, atLeast int) error {
	if len(x) == 0 {
		return fmt.Errorf("%s: %w", what, ErrEmpty)
	}
	if len(x) < atLeast {
		return &TooFewError{what, len(x), atLeast}
	}
	for i, v := range x {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return &ValueError{what, i, v, "a finite number"}
		}
	}
	return nil
}

func checkLevel(level float64) error {
	if !(level > 0 && level < 1) {
		return fmt.Errorf("confidence level %g: need a number between 0 and 1, such as 0.95", level)
	}
	return nil
}

func checkSample(what string, x []float64, atLeast int, level float64) error {
	if err := checkLevel(level); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return checkValues(what, x, atLeast)
}

func checkTwo(what string, x, y []float64, atLeast int, level float64) error {
	if err := checkSample(what+", first sample", x, atLeast, level); err != nil {
		return err
	}
	return checkValues(what+", second sample", y, atLeast)
}

// finite is the last check of every estimate: an overflow must not pass as a
// number.
func finite(what string, values ...float64) error {
	for _, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("%s: %w", what, ErrOverflow)
		}
	}
	return nil
}

// constant reports whether the values differ by no more than rounding. Values
// made by subtracting logarithms carry rounding of size scale*2^-52.
func constant(x []float64, scale float64) bool {
	lo, hi := slices.Min(x), slices.Max(x)
	return hi-lo <= 16*0x1p-52*max(scale, math.Abs(lo), math.Abs(hi))
}
