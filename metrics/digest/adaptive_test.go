package digest

import (
	"math"
	"math/rand/v2"
	"testing"

	"forklore/metrics/stat"
)

// TestStoppingOnPrecisionKeepsCoverage simulates the rule of adaptive trials:
// from 10 to 50 blocks, a look after every 5, stop when the half-width of the
// 95 % interval of the log ratio is at or below the precision. Looking at
// precision only bends the coverage a little: it must stay above 93 %.
func TestStoppingOnPrecisionKeepsCoverage(t *testing.T) {
	const runs = 8000
	for name, noise := range map[string]func(*rand.Rand) float64{
		"normal":    func(r *rand.Rand) float64 { return 0.05 * r.NormFloat64() },
		"slow tail": func(r *rand.Rand) float64 { return 0.03*r.NormFloat64() + 0.03*r.ExpFloat64() - 0.03*r.ExpFloat64() },
	} {
		for _, precision := range []float64{0.015, 0.02, 0.025, 0.03} {
			r := rand.New(rand.NewPCG(3, uint64(1000*precision)))
			covered, blocks := 0, 0
			for range runs {
				var logs []float64
				var e stat.Effect
				for len(logs) < 50 {
					logs = append(logs, noise(r))
					if n := len(logs); n < 10 || n%5 != 0 {
						continue
					}
					var half float64
					if e, half = interval(logs); half <= precision {
						break
					}
				}
				if e.Lo <= 0 && 0 <= e.Hi {
					covered++
				}
				blocks += len(logs)
			}
			share := float64(covered) / runs
			t.Logf("%-9s precision %.3f: coverage %.4f, %.1f blocks", name, precision, share, float64(blocks)/runs)
			if share < 0.93 {
				t.Errorf("%s, precision %g: coverage %.4f, want 0.93 at least", name, precision, share)
			}
		}
	}
}

var quantiles = map[int]float64{}

// interval is stat.PairedT with the quantiles kept, for there are many.
func interval(x []float64) (stat.Effect, float64) {
	s, err := stat.Summarize(x)
	if err != nil {
		return stat.Effect{}, math.Inf(1)
	}
	q, ok := quantiles[len(x)]
	if !ok {
		q = student(float64(len(x) - 1)).Quantile(0.975)
		quantiles[len(x)] = q
	}
	half := q * s.SD / math.Sqrt(float64(len(x)))
	return stat.Effect{Interval: stat.Interval{Estimate: s.Mean, Lo: s.Mean - half, Hi: s.Mean + half}}, half
}
