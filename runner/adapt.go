package runner

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"forklore/experiments"
	"forklore/metrics/record"

	"gonum.org/v1/gonum/stat/distuv"
)

// precision knows, while a run goes on, how well the ratios under test are
// known. It sees how far the trials scatter and nothing else: neither a p nor a
// verdict, which would find what it stops for.
type precision struct {
	pairs []experiments.Pair
	logs  map[int]map[int]float64 // cell, block: log of the seconds per item
}

func newPrecision(p *experiments.Plan) *precision {
	w := &precision{pairs: primary(p), logs: map[int]map[int]float64{}}
	for _, pair := range w.pairs {
		w.logs[pair.Left], w.logs[pair.Right] = map[int]float64{}, map[int]float64{}
	}
	return w
}

// primary returns the pairs whose precision ends a run: those of the claims on
// time, or where there are none every model against goroutines.
func primary(p *experiments.Plan) []experiments.Pair {
	var out []experiments.Pair
	for _, claim := range p.Claims {
		if claim.Metric != "wall_s" && !strings.HasPrefix(claim.Metric, "throughput_") {
			continue
		}
		for _, pair := range p.Pairs(claim) {
			if !slices.Contains(out, pair) {
				out = append(out, pair)
			}
		}
	}
	if len(out) == 0 {
		return p.ModelPairs()
	}
	return out
}

// add takes the row of a step, if it is a measurement.
func (w *precision) add(step experiments.Step, row *record.Trial) {
	logs := w.logs[step.Cell]
	if v := math.Log(row.WallS / row.ItemsDone); logs != nil && !step.Warmup && row.Status == record.OK && !math.IsNaN(v) && !math.IsInf(v, 0) {
		logs[step.Block] = v
	}
}

// halfWidths returns how far the 95 % t interval of the mean log ratio of each
// pair reaches to either side, over the blocks in which both trials ended ok:
// +Inf from one such block. A pair without any is left out: it will not become
// precise, however long the run.
func (w *precision) halfWidths() []float64 {
	var out []float64
	for _, pair := range w.pairs {
		var ratios []float64
		left, right := w.logs[pair.Left], w.logs[pair.Right]
		for _, block := range slices.Sorted(maps.Keys(left)) {
			if r, ok := right[block]; ok {
				ratios = append(ratios, left[block]-r)
			}
		}
		if len(ratios) > 0 {
			out = append(out, halfWidth(ratios))
		}
	}
	return out
}

// halfWidth is t(0.975, n-1) s / sqrt(n): half of the 95 % interval of a mean.
func halfWidth(v []float64) float64 {
	n := float64(len(v))
	if n < 2 {
		return math.Inf(1)
	}
	var mean, squares float64
	for i, x := range v { // Welford
		d := x - mean
		mean += d / float64(i+1)
		squares += d * (x - mean)
	}
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: n - 1}.Quantile(0.975)
	return t * math.Sqrt(squares/(n-1)/n)
}

// decide says, after a whole block, why a run ends here, or "". done counts
// the measured blocks, widths are those of the ratios under test, and elapsed
// and block are the seconds since the run began and those of its last block.
// Nothing but max ends a run before min, and precision only on a step.
func decide(rule experiments.Adaptive, done int, widths []float64, elapsed, block float64) string {
	wide := func(w float64) bool { return !(w <= rule.Precision) }
	precise := len(widths) > 0 && !slices.ContainsFunc(widths, wide)
	switch {
	case done >= rule.Min && (done-rule.Min)%max(1, rule.Step) == 0 && precise:
		return fmt.Sprintf("precision %.3g %% reached after %d blocks", rule.Precision*100, done)
	case done >= rule.Max:
		return fmt.Sprintf("maximum of %d blocks", rule.Max)
	case done >= rule.Min && rule.BudgetS > 0 && elapsed+block > rule.BudgetS:
		return fmt.Sprintf("budget of %s, after %d blocks", inWords(rule.BudgetS), done)
	}
	return ""
}

// inWords prints seconds in the largest unit that they are whole in.
func inWords(s float64) string {
	for _, u := range []struct {
		noun string
		s    float64
	}{{"hour", 3600}, {"minute", 60}, {"second", 1}} {
		switch n := s / u.s; {
		case n == 1:
			return "1 " + u.noun
		case n == math.Trunc(n) || u.s == 1:
			return fmt.Sprintf("%g %ss", n, u.noun)
		}
	}
	return ""
}
