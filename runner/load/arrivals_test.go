package load

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// gaps returns the times between n arrivals, in seconds.
func gaps(seed uint64, rate float64, n int) []float64 {
	a := newArrivals(seed, rate)
	var list []float64
	for before := 0.0; len(list) < n; before = a.at {
		a.next()
		list = append(list, (a.at-before)/1e9)
	}
	return list
}

// The gaps of a Poisson process are exponential, and counts in equal spans have a variance like their
// mean. Bounds are those that one seed in a million exceeds; seeds are fixed.
func TestArrivalsArePoisson(t *testing.T) {
	const n, rate = 100_000, 5000.0
	for seed := range uint64(3) {
		list := gaps(seed, rate, n)
		mean, sd := stat.MeanStdDev(list, nil)
		if z := (mean*rate - 1) * math.Sqrt(n); math.Abs(z) > 4.9 {
			t.Errorf("seed %d: mean gap %g, want %g: z = %.1f", seed, mean, 1/rate, z)
		}
		if z := (sd*sd*rate*rate - 1) * math.Sqrt(n/8.0); math.Abs(z) > 4.9 { // the kurtosis of an exponential is 9
			t.Errorf("seed %d: variance of gaps %g, want %g: z = %.1f", seed, sd*sd, 1/rate/rate, z)
		}
		if d := distance(list, rate) * math.Sqrt(n); d > 2.7 { // Kolmogorov's distribution
			t.Errorf("seed %d: Kolmogorov-Smirnov distance %.2f / sqrt n", seed, d)
		}
		if r := stat.Correlation(list[1:], list[:n-1], nil) * math.Sqrt(n); math.Abs(r) > 4.9 {
			t.Errorf("seed %d: neighbouring gaps are correlated: z = %.1f", seed, r)
		}
		counts := perSpan(list, 0.01) // 50 on average
		m, s := stat.MeanStdDev(counts, nil)
		if z := (s*s/m - 1) * math.Sqrt(float64(len(counts))/2); math.Abs(z) > 4.9 {
			t.Errorf("seed %d: counts in 10 ms have mean %g and variance %g: z = %.1f", seed, m, s*s, z)
		}
	}
}

// distance is that of Kolmogorov and Smirnov to an exponential distribution.
func distance(list []float64, rate float64) float64 {
	sorted := slices.Sorted(slices.Values(list))
	want := distuv.Exponential{Rate: rate}
	d := 0.0
	for i, v := range sorted {
		p := want.CDF(v)
		d = max(d, p-float64(i)/float64(len(sorted)), float64(i+1)/float64(len(sorted))-p)
	}
	return d
}

// perSpan counts the arrivals in each whole span of seconds.
func perSpan(gaps []float64, span float64) []float64 {
	var counts []float64
	at, n := 0.0, 0.0
	for _, g := range gaps {
		for at += g; at >= span; at -= span {
			counts = append(counts, n)
			n = 0
		}
		n++
	}
	return counts
}

func TestArrivalsAreTheSameForTheSameSeed(t *testing.T) {
	first := gaps(7, 1000, 1000)
	if !slices.Equal(first, gaps(7, 1000, 1000)) {
		t.Error("the same seed gave another schedule")
	}
	if slices.Equal(first, gaps(8, 1000, 1000)) {
		t.Error("another seed gave the same schedule")
	}
	double := gaps(7, 2000, 1000)
	for i := range first {
		if math.Abs(first[i]/double[i]-2) > 1e-6 {
			t.Fatalf("gap %d is %g at 1000/s and %g at 2000/s", i, first[i], double[i])
		}
	}
	// Written down once: a change of the generator of random numbers must not pass unseen.
	a := newArrivals(1, 1000)
	var times []int64
	for range 4 {
		times = append(times, a.next())
	}
	if want := []int64{469683, 1000053, 2458461, 3904072}; !slices.Equal(times, want) {
		t.Errorf("the first arrivals of seed 1 are %v, want %v", times, want)
	}
}
