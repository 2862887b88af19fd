package stat

import "testing"

// BenchmarkComparison does all that one comparison of 50 trials needs without
// a bootstrap. The target is 5 ms.
func BenchmarkComparison(b *testing.B) {
	x, y := arms(50, 1)
	for b.Loop() {
		for _, v := range [][]float64{x, y} {
			if _, err := Summarize(v); err != nil {
				b.Fatal(err)
			}
			if _, err := MedianInterval(v, 0.95); err != nil {
				b.Fatal(err)
			}
			Outliers(v, 3)
			if _, err := MannKendall(v); err != nil {
				b.Fatal(err)
			}
		}
		for _, estimate := range ratioEstimators {
			if _, err := estimate(x, y, 0.95); err != nil {
				b.Fatal(err)
			}
		}
		d, err := LogRatios(x, y)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := SignFlip(d, 1); err != nil {
			b.Fatal(err)
		}
		if _, err := TOST(d, -0.05, 0.05, 0.05); err != nil {
			b.Fatal(err)
		}
		if _, err := A12(x, y); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkTies times the slowest exact null distribution.
func BenchmarkTies(b *testing.B) {
	x, y := arms(25, 1)
	x[3] = y[7]
	for b.Loop() {
		if _, err := MannWhitney(x, y, 0.95); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBootstrap(b *testing.B) {
	x, _ := arms(50, 1)
	for b.Loop() {
		r, err := Bootstrap(x, Median, Resampling{})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := r.BCa(0.95); err != nil {
			b.Fatal(err)
		}
	}
}
