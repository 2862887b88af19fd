package runner

import (
	"fmt"
	"math"
	"testing"

	"forklore/experiments"
)

// Throughput with the sampler on, over throughput with it off, in pairs of
// trials in turn: mean log ratio with its 95 % interval. 2 workers on as many
// CPUs as there are, so that the sampler has none of its own.
func BenchmarkSampling(b *testing.B) {
	for _, every := range []string{"100ms", "10ms"} {
		for _, model := range []string{experiments.Goroutines, experiments.Processes} {
			b.Run(every+"/"+model, func(b *testing.B) { benchSampling(b, every, model) })
		}
	}
}

func benchSampling(b *testing.B, every, model string) {
	cfg := campaignOf(b, fmt.Sprintf(`
question: What does watching cost?
workloads: [{use: sha256, items: {auto: 500ms}}]
models: [%s]
cores: [max]
workers: [2]
trials: 1000
sample: {every: %s}
`, model, every))
	c := newCampaign(cfg)
	if err := c.open(); err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := c.close(b.Context(), nil); err != nil {
			b.Error(err)
		}
	}()
	c.calibrate(b.Context())
	cell := c.plan.Cells[0]
	items := cell.TotalItems(c.calibrations[c.group(cell)].items)
	on := c.plan.Sample
	var logs, ticks, cpu []float64
	trial := func(s experiments.Sample) float64 {
		c.plan.Sample = s
		a := c.try(b.Context(), cell, items, experiments.Step{})
		if a.row.Status != "ok" {
			b.Fatal(a.row.Detail)
		}
		if s.EveryS > 0 {
			ticks, cpu = append(ticks, a.row.SamplerTickS), append(cpu, a.row.SamplerCPUS/a.row.WallS)
		}
		return a.row.WallS
	}
	for i := 0; b.Loop(); i++ {
		if i%2 == 0 { // each order as often as the other
			with := trial(on)
			logs = append(logs, math.Log(trial(experiments.Sample{})/with))
		} else {
			without := trial(experiments.Sample{})
			logs = append(logs, math.Log(without/trial(on)))
		}
	}
	mean, half := meanHalf(logs)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(math.Exp(mean), "on/off")
	b.ReportMetric(math.Exp(mean-half), "on/off-lo")
	b.ReportMetric(math.Exp(mean+half), "on/off-hi")
	tick, _ := meanHalf(ticks)
	share, _ := meanHalf(cpu)
	b.ReportMetric(tick*1e6, "tick-µs")
	b.ReportMetric(share*100, "sampler-%CPU")
}

// meanHalf returns a mean and the half-width of its 95 % interval, by the
// normal quantile: the pairs are many.
func meanHalf(x []float64) (mean, half float64) {
	for _, v := range x {
		mean += v / float64(len(x))
	}
	var ss float64
	for _, v := range x {
		ss += (v - mean) * (v - mean)
	}
	n := float64(len(x))
	return mean, 1.96 * math.Sqrt(ss/(n-1)/n)
}
