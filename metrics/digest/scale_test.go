package digest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"forklore/experiments"
)

// BenchmarkDerive digests 10 000 cells of 30 trials: 400 workloads, each with
// 5 core counts and 5 models, which is 20 000 pairs in three metrics and 1600
// curves with a bootstrap. The target is 30 s on one core.
func BenchmarkDerive(b *testing.B) {
	if testing.Short() {
		b.Skip("takes half a minute")
	}
	models := []string{experiments.Goroutines, experiments.Threads, experiments.Processes, experiments.Hybrid, "actors"}
	w := world{blocks: 30, noise: 0.02, claims: []experiments.Claim{compares("c", "processes", "goroutines")}}
	for k := range 400 {
		for _, n := range []int{1, 2, 4, 8, 16} {
			for _, model := range models {
				c := cell(model, n)
				c.Params = map[string]string{"k": strconv.Itoa(k)}
				c.ID = fmt.Sprintf("%s-%d-%d", model, n, k)
				w.cells = append(w.cells, c)
			}
		}
	}
	d := w.digest(1)
	for b.Loop() {
		d.derived = &derived{}
		if err := d.WriteDerived(b.TempDir()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(d.Comparisons())), "comparisons")
	b.ReportMetric(float64(len(d.Fits())), "curves")
}

// BenchmarkContrast is one comparison of 50 trials with every test. The target
// is 5 ms.
func BenchmarkContrast(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	var x, y arm
	for i := range 50 {
		x.blocks, x.values, x.trials = append(x.blocks, i), append(x.values, math.Exp(0.05*r.NormFloat64())), append(x.trials, 2*i)
		y.blocks, y.values, y.trials = append(y.blocks, i), append(y.values, math.Exp(0.05*r.NormFloat64())), append(y.trials, 2*i+1)
	}
	k := contrast{less: true, blocks: true, flip: true, margin: 0.05}
	for b.Loop() {
		if c := k.of(x, y); c.Verdict == NoData {
			b.Fatal(c.Why)
		}
	}
}
