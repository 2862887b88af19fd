package stat

import (
	"fmt"
	"math"
)

// CorrectOmission adds to latencies, which a closed loop recorded, those that
// it did not send while it waited: a value v above the interval expected
// between two requests also stands for v-expected, v-2*expected, ... down to
// expected (G. Tene's correction, as HdrHistogram does it). Unit: that of x.
// Latencies counted from the scheduled time need no correction.
func CorrectOmission(x []float64, expected float64) ([]float64, error) {
	const most = 10_000_000
	if err := checkValues("omission correction", x, 1); err != nil {
		return nil, err
	}
	if !(expected > 0) || math.IsInf(expected, 0) {
		return nil, fmt.Errorf("omission correction: interval %g: need a number above 0", expected)
	}
	out := make([]float64, 0, len(x))
	for i, v := range x {
		if v < 0 {
			return nil, &ValueError{"omission correction", i, v, "a latency of at least 0"}
		}
		missed := math.Floor(v/expected*(1+1e-12)) - 1
		if float64(len(out))+missed > most {
			return nil, fmt.Errorf("omission correction: value %d is %g intervals long: more than %d latencies to add", i+1, v/expected, most)
		}
		out = append(out, v)
		for k := 1.0; k <= missed; k++ {
			out = append(out, v-k*expected)
		}
	}
	return out, nil
}
