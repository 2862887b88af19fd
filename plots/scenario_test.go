package plots

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"forklore/experiments"
	"forklore/metrics/digest"
	"forklore/metrics/record"
)

// synth describes a made-up run. Its numbers follow a simple law plus seeded
// noise, so that charts look as they do in life.
type synth struct {
	labels  []string
	models  []string
	cores   []int
	workers []int // multiples of cores; default 1
	trials  int
	scale   float64 // of all times and bytes; default 1
	noise   float64 // default 0.02
	fail    func(c *digest.Cell, trial int) string
	fixed   bool // fixed time instead of fixed work
	machine string

	readings, iterations int // of each trial; default 30 and 24
}

func (s synth) digest() *digest.Digest {
	if s.scale == 0 {
		s.scale = 1
	}
	if s.noise == 0 {
		s.noise = 0.02
	}
	if s.workers == nil {
		s.workers = []int{1}
	}
	d := &digest.Digest{Manifest: s.manifest()}
	for li, label := range s.labels {
		for _, cores := range s.cores {
			for _, k := range s.workers {
				for _, model := range s.models {
					if model == experiments.Sequential && (cores != s.cores[0] || k != s.workers[0]) {
						continue
					}
					s.add(d, li, label, model, cores, cores*k)
				}
			}
		}
	}
	d.Rows = len(d.Cells) * s.trials
	return d
}

func (s synth) manifest() record.Manifest {
	machine := s.machine
	if machine == "" {
		machine = "AMD EPYC 7B13 64-Core Processor"
	}
	return record.Manifest{
		Name: "synthetic", Question: "Do processes use the cores better than goroutines?",
		File: "synthetic.yaml", SHA256: strings.Repeat("ab", 32), Command: []string{"forklore", "run", "synthetic"},
		Version: "v0.1.0", GoVersion: "go1.26.0", Ended: "complete",
		Plan: experiments.Plan{Seed: 7, Hash: "0123456789abcdef", Trials: s.trials, Order: "blocks", Sample: experiments.Sample{EveryS: 0.1}},
		Machine: record.Machine{Host: "bench", OS: "linux", Arch: "amd64", Kernel: "6.1.0", CPUModel: machine,
			UsableCPUs: make([]int, max(2, s.cores[len(s.cores)-1])), MemTotalB: 8 << 30, PageB: 4096},
	}
}

func (s synth) add(d *digest.Digest, li int, label, model string, cores, workers int) {
	rng := rand.New(rand.NewPCG(uint64(len(d.Cells)), 11))
	mi := float64(slices.Index(experiments.Models, model))
	procs := 1
	switch model {
	case experiments.Processes:
		procs = workers
	case experiments.Hybrid:
		procs = max(1, workers/2)
	case experiments.Sequential:
		workers = 1
	}
	c := digest.Cell{Cell: experiments.Cell{
		ID: fmt.Sprintf("%012x", len(d.Cells)+1), Workload: "sieve", Label: label, Model: model, ModelLabel: model,
		Cores: cores, Workers: workers, Processes: procs, Schedule: experiments.Static, Scaling: experiments.Strong, Items: 1000, Iterations: 1,
	}, Values: map[string][]float64{}, Failed: map[string]int{}}
	if s.fixed {
		c.DurationS = 1
	}
	use := float64(min(workers, cores))
	sigma := 0.03 + 0.02*mi
	wall := s.scale * (1 + float64(li)) * (1 + sigma*(use-1)) / use
	for t := range s.trials {
		if s.fail != nil {
			if status := s.fail(&c, t); status != "" {
				c.Failed[status]++
				d.Failures = append(d.Failures, digest.Failure{Trial: len(d.Failures)*10 + 3, Block: t + 1, Cell: c.ID,
					Title: label + ", " + model, Status: status, Detail: "worker 1 exited with status 2: <panic> | boom", Log: "log/3.txt"})
				continue
			}
		}
		trial := len(d.Lines) + 1
		c.Trials, c.Blocks = append(c.Trials, trial), append(c.Blocks, t+1)
		w := wall * (1 + s.noise*rng.NormFloat64()*rng.Float64()*2)
		s.values(&c, w, float64(procs))
		d.Lines = append(d.Lines, s.timeline(len(d.Cells), trial, w, use, float64(procs), rng))
		d.Iterations = append(d.Iterations, s.iterated(len(d.Cells), trial, w, rand.New(rand.NewPCG(uint64(trial), 5))))
	}
	d.Cells = append(d.Cells, c)
}

func (s synth) values(c *digest.Cell, w, procs float64) {
	put := func(name string, v float64) { c.Values[name] = append(c.Values[name], v) }
	put("wall_s", w)
	put("throughput_items_per_s", 1000/w)
	put("cpu_s", w*float64(c.Workers))
	put("cpu_work_s", w*float64(c.Workers)*0.98)
	put("cpu_per_item_s", w*float64(c.Workers)*0.98/1000)
	put("gc_cpu_s", w*0.02*procs)
	put("steal_s", math.Max(0, w*(0.1*math.Sin(float64(len(c.Trials)))-0.05)))
	put("foreign_cpu_s", w*0.03)
	put("run_delay_s", w*0.01)
	put("psi_cpu_s", w*0.1*float64(c.Workers-1)/float64(c.Workers))
	put("psi_io_s", math.Max(0, w*(0.1*math.Sin(float64(2*len(c.Trials)))-0.08)))
	put("psi_mem_s", 0)
	put("spawn_s", s.scale*0.004*procs)
	put("setup_s", s.scale*(0.003+0.001*procs))
	put("merge_s", s.scale*0.0005)
	put("reap_s", s.scale*0.0012*procs)
	put("cold_s", w+s.scale*0.01*procs)
	mem := s.scale * (8 + 3*procs) * (1 << 20)
	put("mem_low_B", mem*0.8*(1+w/100))
	put("mem_high_B", mem*(1.1+w/50))
	put("mem_peak_B", math.NaN())
	put("rss_peak_B", mem)
	put("pss_done_B", mem*0.7)
	put("uss_done_B", mem*0.6)
}

func (s synth) timeline(cell, trial int, w, use, procs float64, rng *rand.Rand) digest.Line {
	l := digest.Line{Cell: cell, Trial: trial}
	n := cmp.Or(s.readings, 30)
	for i := range n {
		t := w * float64(i) / float64(n-1)
		l.T = append(l.T, t)
		cpus, pss := use*(0.97+0.03*rng.Float64()), math.NaN()
		if i == 0 {
			cpus = math.NaN()
		}
		rss := s.scale * procs * (5 + 6*math.Min(1, t/w*3)) * (1 << 20)
		if i%10 == 0 {
			pss = rss * 0.7
		}
		l.CPUs, l.RSS, l.PSS = append(l.CPUs, cpus), append(l.RSS, rss), append(l.PSS, pss)
		if procs > 1 {
			l.HostCPUs, l.HostRSS = append(l.HostCPUs, cpus*0.02), append(l.HostRSS, s.scale*(4+t/w)*(1<<20))
		}
	}
	return l
}

// iterated is a trial whose first iterations are slow and whose rest is not.
func (s synth) iterated(cell, trial int, w float64, rng *rand.Rand) digest.Iterated {
	it := digest.Iterated{Cell: cell, Trial: trial, Step: 1}
	for i := range cmp.Or(s.iterations, 24) {
		slow := 1 + float64(cell%4)*math.Exp(-float64(i))
		if cell%7 == 5 {
			slow = 1 + math.Exp(-float64(i)/9) // not over at the end
		}
		it.Number, it.WallS = append(it.Number, i+1), append(it.WallS, w*slow*(1+5*s.noise*rng.Float64()))
	}
	return it
}

var allModels = experiments.Models

var pair = []string{experiments.Goroutines, experiments.Processes}

// scenarios are the runs that every chart must survive with dignity.
func scenarios() map[string]*digest.Digest {
	sieve := []string{"sieve"}
	long := "matmul with a label that its author found descriptive n=4096 block=64 layout=row-major precision=float64"
	crash := func(c *digest.Cell, t int) string {
		switch {
		case c.Model == experiments.Processes && c.Cores == 4:
			return record.Crashed
		case c.Model == experiments.Threads && t%3 == 0:
			return record.Timeout
		}
		return ""
	}
	d := map[string]*digest.Digest{
		"one-cell":   synth{labels: sieve, models: pair[:1], cores: []int{2}, trials: 10}.digest(),
		"two-by-two": synth{labels: sieve, models: pair, cores: []int{1, 2}, trials: 10}.digest(),
		"quick":      synth{labels: []string{"sieve", "trees", "triad"}, models: []string{"sequential", "goroutines", "processes"}, cores: []int{1, 2}, trials: 5}.digest(),
		"grid":       synth{labels: sieve, models: allModels, cores: []int{1, 2, 4, 8, 16, 32, 48, 64}, trials: 10}.digest(),
		"forty":      synth{labels: []string{"sieve", "trees", "triad", "sha256", "fsync"}, models: pair, cores: []int{1, 2, 4, 8}, trials: 8}.digest(),
		"failures":   synth{labels: sieve, models: allModels[1:4], cores: []int{1, 2, 4}, trials: 9, fail: crash}.digest(),
		"all-failed": synth{labels: sieve, models: pair, cores: []int{1, 2}, trials: 3, fail: func(*digest.Cell, int) string { return record.Wrong }}.digest(),
		"one-trial":  synth{labels: sieve, models: pair, cores: []int{1, 2}, trials: 1}.digest(),
		"huge":       synth{labels: sieve, models: pair, cores: []int{1, 128}, trials: 6, scale: 3e7}.digest(),
		"tiny":       synth{labels: sieve, models: pair, cores: []int{1, 2}, trials: 6, scale: 1e-7, noise: 0.15}.digest(),
		"long-names": synth{labels: []string{long, strings.Repeat("ünïcode_", 30)}, models: allModels, cores: []int{1, 2}, trials: 6,
			machine: strings.Repeat("Very Long Processor Name ", 14)}.digest(),
		"oversubscribed": synth{labels: sieve, models: pair, cores: []int{2}, workers: []int{1, 2, 4, 8}, trials: 10}.digest(),
		"fixed-time":     synth{labels: sieve, models: pair, cores: []int{1, 2}, trials: 6, fixed: true}.digest(),
		"many-trials":    synth{labels: sieve, models: pair, cores: []int{1, 2}, trials: 120}.digest(),
	}
	for i := range d["long-names"].Cells {
		c := &d["long-names"].Cells[i]
		c.ModelLabel = c.Model + " as the author of this file calls them"
	}
	peak := synth{labels: sieve, models: pair, cores: []int{1, 2}, trials: 6}.digest()
	for i := range peak.Cells {
		peak.Cells[i].Values["mem_peak_B"] = peak.Cells[i].Values["rss_peak_B"]
	}
	d["authority"] = peak
	bare := synth{labels: sieve, models: pair, cores: []int{1, 2}, trials: 6}.digest()
	bare.Lines, bare.Iterations = nil, nil
	for i := range bare.Cells {
		wall := bare.Cells[i].Values["wall_s"]
		bare.Cells[i].Values = map[string][]float64{"wall_s": wall}
	}
	d["bare"] = bare
	golden := synth{labels: sieve, models: allModels[:4], cores: []int{1, 2}, trials: 6}.digest()
	for i := range golden.Lines {
		l := &golden.Lines[i]
		l.T, l.CPUs, l.RSS, l.PSS = l.T[:5], l.CPUs[:5], l.RSS[:5], l.PSS[:5]
		l.HostCPUs, l.HostRSS = l.HostCPUs[:min(5, len(l.HostCPUs))], l.HostRSS[:min(5, len(l.HostRSS))]
	}
	d["golden"] = golden
	for i := range golden.Iterations {
		it := &golden.Iterations[i]
		it.Number, it.WallS = it.Number[:16], it.WallS[:16]
	}
	for _, name := range []string{"golden", "quick", "grid", "long-names", "failures", "huge", "tiny", "one-trial", "fixed-time"} {
		d[name].Manifest.Plan.Claims = claims(d[name].Cells[0].Label)
	}
	for _, c := range d["two-by-two"].Cells[:1] {
		c.Control, c.Label = experiments.ControlCanary, experiments.ControlCanary
		d["two-by-two"].Controls = []digest.Cell{c}
	}
	d["empty"] = &digest.Digest{Manifest: peak.Manifest}
	maps.Copy(d, measuredScenarios())
	return d
}

// claims are one of each kind.
func claims(label string) []experiments.Claim {
	half, many := 0.5, 1.5
	return []experiments.Claim{
		{ID: "faster", Says: "Goroutines are faster than processes.", Kind: experiments.ClaimCompare, Metric: "wall_s", Left: experiments.Goroutines, Right: experiments.Processes},
		{ID: "lean", Says: "Goroutines need at most two thirds of the memory of processes.", Kind: experiments.ClaimCompare, Metric: "mem_high_B",
			Left: experiments.Goroutines, Right: experiments.Processes, AtLeast: &many},
		{ID: "short", Says: "A trial takes at most half a second.", Kind: experiments.ClaimBound, Metric: "wall_s", AtMost: &half},
		{ID: "nobody", Says: "Nothing is known of this one.", Kind: experiments.ClaimCompare, Metric: "wall_s", Left: "nobody", Right: label},
	}
}
