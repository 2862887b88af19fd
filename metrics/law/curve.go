// Package law holds the scaling laws: their equations, and their fits to
// measured throughput with what the data leave open. Concurrency N may be a
// count of cores or any positive number, such as a mean number of active
// requests.
package law

import (
	"errors"
	"fmt"
	"math"
)

// The laws. Each is named by what limits it.
const (
	Linear    = "linear"    // X = lambda N
	Amdahl    = "amdahl"    // X = lambda N / (1 + sigma (N-1)): Amdahl 1967, sigma the serial share
	Gustafson = "gustafson" // X = lambda (sigma + (1-sigma) N): Gustafson 1988, for work that grows with N
	USL       = "usl"       // X = lambda N / (1 + sigma (N-1) + kappa N (N-1)): Gunther 1993, kappa the crosstalk
)

// Names lists the laws, simplest first.
var Names = []string{Linear, Amdahl, Gustafson, USL}

// Curve is a law with its parameters.
type Curve struct {
	Law    string
	Lambda float64 // throughput of one worker, in the unit of X
	Sigma  float64 // contention: the serial share, in [0, 1]
	Kappa  float64 // crosstalk, at least 0; only USL has it
}

// Throughput returns X(n), in the unit of Lambda; NaN for n < 0.
func (c Curve) Throughput(n float64) float64 {
	if !(n >= 0) {
		return math.NaN()
	}
	return c.Lambda * c.Speedup(n)
}

// Speedup returns X(n)/X(1).
func (c Curve) Speedup(n float64) float64 {
	if c.Law == Gustafson {
		return c.Sigma + (1-c.Sigma)*n
	}
	return n / (1 + c.Sigma*(n-1) + c.Kappa*n*(n-1))
}

// Peak returns the concurrency with the highest throughput and that
// throughput: N* = sqrt((1-sigma)/kappa) for USL with kappa > 0, never below
// 1. Other curves only rise: N* is +Inf and x is Limit.
func (c Curve) Peak() (n, x float64) {
	if c.Law == USL && c.Kappa > 0 {
		n = math.Max(1, math.Sqrt((1-c.Sigma)/c.Kappa))
		if c.Sigma == 1 {
			n = 1
		}
		return n, c.Throughput(n)
	}
	return math.Inf(1), c.Limit()
}

// Limit returns lambda/sigma, the throughput that contention alone would allow
// (Amdahl's asymptote); +Inf where there is none.
func (c Curve) Limit() float64 {
	if c.Law == Gustafson || c.Sigma == 0 {
		return math.Inf(1)
	}
	return c.Lambda / c.Sigma
}

// Knee returns 1/sigma, the concurrency at which linear growth would meet
// Limit; +Inf where there is none.
func (c Curve) Knee() float64 {
	if c.Law == Gustafson || c.Sigma == 0 {
		return math.Inf(1)
	}
	return 1 / c.Sigma
}

// ErrUnreachable is returned for a throughput that a curve never reaches.
var ErrUnreachable = errors.New("the curve never gets there")

// Concurrency returns the least n >= 0 with Throughput(n) = x, found by
// bisection on the rising branch. Above the peak or the limit it returns
// [ErrUnreachable], below the intercept of Gustafson's law 0.
func (c Curve) Concurrency(x float64) (float64, error) {
	if !(x > 0) || math.IsInf(x, 0) || !(c.Lambda > 0) {
		return 0, fmt.Errorf("concurrency at a throughput of %g: need a throughput and a lambda above 0", x)
	}
	hi, top := c.Peak()
	if x > top || math.IsInf(hi, 1) && x >= top {
		return 0, fmt.Errorf("concurrency at a throughput of %g, at most %g on the %s curve: %w", x, top, c.Law, ErrUnreachable)
	}
	if math.IsInf(hi, 1) {
		for hi = 1; c.Throughput(hi) < x; hi *= 2 {
			if hi > 1e300 { // so close to the limit that no float64 tells them apart
				return 0, fmt.Errorf("concurrency at a throughput of %g: %w", x, ErrUnreachable)
			}
		}
	}
	lo := 0.0
	for range 2000 {
		m := lo + (hi-lo)/2
		if m == lo || m == hi {
			break
		}
		if c.Throughput(m) < x {
			lo = m
		} else {
			hi = m
		}
	}
	return hi, nil
}

// KarpFlatt returns the experimentally determined serial fraction
// (1/s - 1/n) / (1 - 1/n) of a speedup s on n workers (Karp and Flatt 1990). A
// fraction that grows with n tells of overhead, not of serial work; one below
// 0 of superlinear speedup.
func KarpFlatt(s, n float64) (float64, error) {
	if !(n > 1) || math.IsInf(n, 0) {
		return 0, fmt.Errorf("serial fraction on %g workers: need more than 1", n)
	}
	if !(s > 0) || math.IsInf(s, 0) {
		return 0, fmt.Errorf("serial fraction of a speedup of %g: need a number above 0", s)
	}
	return (1/s - 1/n) / (1 - 1/n), nil
}
