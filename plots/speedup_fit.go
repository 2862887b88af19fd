package plots

import (
	"fmt"
	"math"

	"forklore/metrics/digest"
	"forklore/metrics/law"
)

// fitPoints is how finely a fitted law is drawn.
const fitPoints = 25

// fitRows returns the law that fits a curve best as speedups over a base with
// the throughput one; none where the digest refused to fit.
func fitRows(r speedupRow, f *digest.Fit, one float64) []speedupRow {
	if f.Refused != "" || len(f.Choice.Fits) == 0 || !(one > 0) {
		return nil
	}
	best := f.Choice.Fits[0]
	r.Kind, r.Trial, r.N, r.Law = "fit", 0, best.Trials, lawWords(best, f.Choice.Clear)
	var rows []speedupRow
	for i := range fitPoints {
		n := best.MinN * math.Pow(best.MaxN/best.MinN, float64(i)/(fitPoints-1))
		p := r
		p.X, p.Value, p.Ideal = n, best.Throughput(n)/one, math.NaN()
		p.Low, p.High = lawBand(best, n)
		p.Low, p.High = p.Low/one, p.High/one
		rows = append(rows, p)
	}
	return rows
}

// lawBand returns the least and the greatest throughput that the intervals of
// the parameters allow: an outer bound, for the parameters go together.
func lawBand(f law.Fitted, n float64) (low, high float64) {
	lo, hi := f.Curve, f.Curve
	lo.Lambda, lo.Sigma, lo.Kappa = f.CI.Lambda.Lo, f.CI.Sigma.Hi, f.CI.Kappa.Hi
	hi.Lambda, hi.Sigma, hi.Kappa = f.CI.Lambda.Hi, f.CI.Sigma.Lo, f.CI.Kappa.Lo
	if f.CI.Lambda.N == 0 && f.CI.Lambda.Hi == 0 {
		return math.NaN(), math.NaN() // no intervals
	}
	return lo.Throughput(n), hi.Throughput(n)
}

var lawNames = map[string]string{law.Linear: "linear", law.Amdahl: "Amdahl", law.Gustafson: "Gustafson", law.USL: "USL"}

func lawWords(f law.Fitted, clear bool) string {
	text := lawNames[f.Law]
	if f.Law == law.Amdahl || f.Law == law.USL {
		text += fmt.Sprintf(" σ = %s [%s]", Digits(f.Sigma), ends(Digits(f.CI.Sigma.Lo), Digits(f.CI.Sigma.Hi), ", "))
	}
	if f.Law == law.USL {
		text += fmt.Sprintf(" κ = %s [%s]", Digits(f.Kappa), ends(Digits(f.CI.Kappa.Lo), Digits(f.CI.Kappa.Hi), ", "))
	}
	if !clear {
		text += " (others fit as well)"
	}
	return text
}
