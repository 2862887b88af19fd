package plots

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"forklore/experiments"
	"forklore/metrics/digest"
	"forklore/metrics/record"
)

// measured describes a made-up run whose workloads measure numbers of their
// own.
type measured struct {
	synth
	works    []made
	measures []record.Measure
	fill     func(f *filler) // adds the measures of one cell
}

// made is one workload with its parameters.
type made struct {
	workload string
	params   map[string]string
}

// label is the workload with the parameters that vary between works.
func (m measured) label(w made) string {
	label := w.workload
	for _, name := range slices.Sorted(maps.Keys(w.params)) {
		varies := slices.ContainsFunc(m.works, func(o made) bool { return o.workload == w.workload && o.params[name] != w.params[name] })
		if varies {
			label += " " + name + "=" + w.params[name]
		}
	}
	return label
}

func (m measured) digest() *digest.Digest {
	if m.scale == 0 {
		m.scale = 1
	}
	if m.noise == 0 {
		m.noise = 0.02
	}
	m.readings, m.iterations = 30, 24
	d := &digest.Digest{Manifest: m.manifest()}
	d.Manifest.Measures = m.measures
	for _, w := range m.works {
		for _, cores := range m.cores {
			for _, model := range m.models {
				if model == experiments.Sequential && cores != m.cores[0] {
					continue
				}
				m.add(d, 0, m.label(w), model, cores, cores)
				f := &filler{d: d, cell: len(d.Cells) - 1, rng: rand.New(rand.NewPCG(uint64(len(d.Cells)), 23))}
				f.c = &d.Cells[f.cell]
				f.c.Workload, f.c.Params = w.workload, w.params
				m.fill(f)
			}
		}
	}
	d.Rows = len(d.Cells) * m.trials
	return d
}

// filler adds measures to one cell.
type filler struct {
	d    *digest.Digest
	c    *digest.Cell
	cell int
	rng  *rand.Rand
}

// slow grows with the model's place in the list: processes are slower.
func (f *filler) slow() float64 {
	return 1 + 0.6*float64(slices.Index(experiments.Models, f.c.Model))
}

func (f *filler) noisy(v float64) float64 { return v * math.Exp(0.04*f.rng.NormFloat64()) }

// param returns a parameter as a number.
func (f *filler) param(name string) float64 {
	v, err := strconv.ParseFloat(f.c.Params[name], 64)
	if err != nil {
		panic(err)
	}
	return v
}

// put gives every ok trial a value.
func (f *filler) put(metric string, of func() float64) {
	values := make([]float64, len(f.c.Trials))
	for i := range values {
		values[i] = of()
	}
	f.c.Values[metric] = values
}

// dist gives every ok trial a distribution of n durations, and its quantiles,
// as a digest of files has them.
func (f *filler) dist(name string, n int, draw func() float64) {
	for i, trial := range f.c.Trials {
		buckets := spans(n, draw)
		f.d.Dists = append(f.d.Dists, digest.Dist{Cell: f.cell, Trial: trial, Name: name, Buckets: buckets})
		for q, share := range map[string]float64{"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p999": 0.999, "max": 1} {
			metric := digest.QuantileName(name, q)
			if f.c.Values[metric] == nil {
				f.c.Values[metric] = slices.Repeat([]float64{math.NaN()}, len(f.c.Trials))
			}
			f.c.Values[metric][i] = digest.Quantile(buckets, share)
		}
	}
}

// spans counts durations in spans of 1 %.
func spans(n int, draw func() float64) []digest.Bucket {
	count := map[int]int{}
	for range n {
		count[int(math.Floor(math.Log(max(draw(), 1e-9))/math.Log(1.01)))]++
	}
	var list []digest.Bucket
	for _, k := range slices.Sorted(maps.Keys(count)) {
		list = append(list, digest.Bucket{LoS: math.Pow(1.01, float64(k)), HiS: math.Pow(1.01, float64(k+1)), Count: count[k]})
	}
	return list
}

func hist(name, title string) record.Measure {
	return record.Measure{Name: name, Title: title, Unit: "s", Doc: title + " of the test", Less: true, Hist: true}
}

func scalar(name, title, unit string) record.Measure {
	return record.Measure{Name: name, Title: title, Unit: unit, Doc: title + " of the test"}
}

// over returns one work for each value of a parameter.
func over(workload, param string, values []string, fixed map[string]string) []made {
	var works []made
	for _, v := range values {
		params := maps.Clone(fixed)
		if params == nil {
			params = map[string]string{}
		}
		params[param] = v
		works = append(works, made{workload, params})
	}
	return works
}

// underLoad is a server whose latency grows as its queue does, until it cannot
// keep up.
func underLoad(models []string, loads []string, trials, requests int) *digest.Digest {
	return measured{
		synth:    synth{models: models, cores: []int{2}, trials: trials},
		works:    over("http", loadParam, loads, map[string]string{"body": "1024"}),
		measures: []record.Measure{hist("latency_s", "latency"), scalar(offeredRate, "offered", "/s"), scalar(achievedRate, "achieved", "/s")},
		fill: func(f *filler) {
			load := f.param(loadParam)
			capacity := 24000 / f.slow()
			f.put(offeredRate, func() float64 { return load * 24000 })
			f.put(achievedRate, func() float64 { return f.noisy(min(load*24000, 0.97*capacity)) })
			wait := 1 / max(0.03, 1-load*24000/capacity)
			f.dist("latency_s", requests, func() float64 {
				v := 60e-6 * f.slow() * (1 + wait*f.rng.ExpFloat64())
				if f.rng.Float64() < 0.004 {
					v += 2e-3 * f.rng.ExpFloat64()
				}
				return v
			})
		},
	}.digest()
}

// eventLoop is work beside a loop whose ticks come late, more so without
// processes; now and then one of them stalls.
func eventLoop(models []string, cores []int, trials, ticks int) *digest.Digest {
	return measured{
		synth:    synth{models: models, cores: cores, trials: trials},
		works:    []made{{"render", map[string]string{"tick": "10ms"}}},
		measures: []record.Measure{hist(latenessDist, "lateness")},
		fill: func(f *filler) {
			f.dist(latenessDist, ticks, func() float64 {
				switch u := f.rng.Float64(); {
				case f.c.Model == experiments.Processes:
					return 40e-6 * (1 + f.rng.ExpFloat64())
				case u < 0.02*f.slow()/float64(f.c.Cores):
					return 8e-3 + 12e-3*f.slow()*f.rng.ExpFloat64()
				default:
					return 60e-6 * (1 + f.rng.ExpFloat64())
				}
			})
		},
	}.digest()
}

// pingpong sends messages of many sizes over links.
func pingpong(links, sizes []string, models []string, trials int) *digest.Digest {
	m := measured{
		synth:    synth{models: models, cores: []int{2}, trials: trials},
		measures: []record.Measure{hist("rtt_s", "round trip"), scalar("switches", "context switches for each message", ""), scalar("moved_B", "bytes moved", "B")},
		fill: func(f *filler) {
			base, perByte := 5e-6, 1/2.5e9
			if f.c.Params[linkParam] == "shm" {
				base, perByte = 2e-7, 1/9e9
			}
			rtt := f.slow() * (base + f.param(sizeParam)*perByte)
			f.dist("rtt_s", 2000, func() float64 { return rtt * (1 + 0.3*f.rng.ExpFloat64()) })
			f.put("moved_B", func() float64 { return 1000 * f.param(sizeParam) })
			if f.c.Params[linkParam] != "shm" {
				f.put("switches", func() float64 { return f.noisy(1.98) })
			}
		},
	}
	for _, link := range links {
		m.works = append(m.works, over("pingpong", sizeParam, sizes, map[string]string{linkParam: link})...)
	}
	return m.digest()
}

// powers returns powers of two from 1 to 2^most, every so many of them.
func powers(most, step int) []string {
	var list []string
	for k := 0; k <= most; k += step {
		list = append(list, strconv.Itoa(1<<k))
	}
	return list
}

// injected is a run in which one worker is hit by a fault.
func injected(faults, models []string, trials int, spared bool) *digest.Digest {
	m := measured{
		synth: synth{models: models, cores: []int{4}, trials: trials, fail: func(c *digest.Cell, t int) string {
			_, fault, _ := strings.Cut(c.Label, "fault=")
			switch {
			case fault == "none":
				return ""
			case c.Model == experiments.Processes && t%10 == 7:
				return record.Timeout
			case c.Model != experiments.Processes && (fault == "sigsegv" || fault == "oom"):
				return record.Crashed
			}
			return ""
		}},
		works: over("sieve", faultParam, faults, nil),
	}
	m.measures = []record.Measure{scalar(sparedShare, "items of spared workers done right", ""), scalar(lostItems, "items lost", ""), scalar(doubleItems, "items done twice", "")}
	m.fill = func(f *filler) {
		if len(f.c.Trials) == 0 || !spared {
			return
		}
		share := 1.0
		if f.c.Model != experiments.Processes && f.c.Params[faultParam] != "none" {
			share = 0.8
		}
		f.put(sparedShare, func() float64 { // processes lose nothing, and one of ten other trials does not
			if share == 1 || f.rng.IntN(10) == 0 {
				return 1
			}
			return share * (0.97 + 0.04*f.rng.Float64())
		})
		f.put(lostItems, func() float64 { return math.Round(1000 * (1 - share)) })
		f.put(doubleItems, func() float64 { return 0 })
	}
	return m.digest()
}

// probed is a run that asks what workers can do.
func probed(models []string, trials int) *digest.Digest {
	return measured{
		synth: synth{models: models, cores: []int{2}, trials: trials},
		works: []made{{"identity", map[string]string{}}, {"sieve", map[string]string{}}},
		measures: []record.Measure{scalar("can_chroot", "have a root directory of its own", ""), scalar("can_nice", "have a priority of its own", ""),
			scalar("can_kill", "be killed alone, while the others go on with their work undisturbed", ""), scalar("can_numa", "have memory of its own node", ""), scalar("moved_B", "bytes moved", "B")},
		fill: func(f *filler) {
			process := f.c.Model == experiments.Processes
			yes := func(when bool) func() float64 { return func() float64 { return map[bool]float64{true: 1}[when] } }
			if f.c.Workload != "identity" {
				f.put("moved_B", func() float64 { return f.noisy(4096) })
				return
			}
			f.put("can_chroot", yes(process))
			if f.c.Model != experiments.Sequential {
				f.put("can_kill", func() float64 { return yes(process && f.rng.Float64() < 0.7)() })
			}
			f.put("can_nice", yes(process || f.c.Model == experiments.Threads))
		},
	}.digest()
}

// swept varies one number of a workload: a size in bytes, a count that may be
// 0, a duration.
func swept(models []string, cores []int, trials int) *digest.Digest {
	m := measured{
		synth: synth{models: models, cores: cores, trials: trials},
		fill: func(f *filler) {
			time := 1.2e-9
			switch f.c.Workload {
			case "pointer_chase":
				time = 1.2e-9 + 9e-8/(1+math.Pow(4e6/f.param(sizeParam), 2))
			case "lock":
				time = 2e-9 * (1 + 3*f.slow()*math.Exp(-f.param("outside")/40))
			default:
				time = 2e-5 * f.slow()
			}
			f.put("throughput_ops_per_s", func() float64 { return float64(f.c.Workers) / f.noisy(time) })
			f.put("cpu_per_op_s", func() float64 { return f.noisy(time) })
		},
	}
	m.works = slices.Concat(
		over("pointer_chase", sizeParam, []string{"4096", "65536", "1048576", "16777216", "67108864"}, nil),
		over("lock", "outside", []string{"0", "8", "16", "64", "128"}, nil),
		over("wait", "wait", []string{"50us", "1ms", "20ms"}, map[string]string{"cpu": "0s"}),
	)
	return m.digest()
}

// measuredScenarios are runs with what most runs lack.
func measuredScenarios() map[string]*digest.Digest {
	trio := []string{experiments.Goroutines, experiments.Threads, experiments.Processes}
	loads := []string{"0.2", "0.4", "0.6", "0.8", "0.95", "1.1"}
	d := map[string]*digest.Digest{
		"load":        underLoad(pair, loads, 8, 4000),
		"load-models": underLoad(allModels[1:], loads[2:4], 60, 300),
		"loop":        eventLoop(allModels, []int{1, 2}, 8, 3000),
		"loop-once":   eventLoop(pair, []int{2}, 1, 60),
		"ipc":         pingpong([]string{"pipe", "shm", "tcp"}, powers(20, 2), trio[1:], 6),
		"ipc-few":     pingpong([]string{"pipe"}, []string{"64", "65536"}, pair, 3),
		"ipc-one":     pingpong([]string{"pipe", "shm", "tcp"}, []string{"64"}, trio, 6),
		"faults":      injected([]string{"none", "panic", "nil", "sigsegv", "oom"}, trio, 10, true),
		"faults-bare": injected([]string{"panic", "sigsegv"}, allModels, 3, false),
		"probes":      probed(allModels, 10),
		"sweep":       swept(allModels[:4], []int{1, 2}, 6),

		"golden-load":   underLoad(pair, []string{"0.3", "0.7", "1.1"}, 6, 1200),
		"golden-loop":   eventLoop(pair, []int{2}, 6, 2000),
		"golden-ipc":    pingpong([]string{"pipe", "shm"}, powers(20, 10), pair, 6),
		"golden-faults": injected([]string{"panic", "sigsegv"}, pair, 10, true),
		"golden-probes": probed(pair, 10),
		"golden-sweep":  swept(pair, []int{2}, 6),
	}
	d["latency-long"] = underLoad(allModels[1:], loads[:2], 6, 1000)
	for i := range d["latency-long"].Cells {
		c := &d["latency-long"].Cells[i]
		c.ModelLabel = c.Model + " as the author of this file calls them"
		c.Label = strings.Replace(c.Label, "http", "http with a label that its author found descriptive and that does not end before the line does", 1)
	}
	mute := underLoad(pair, loads[:3], 6, 2) // too few requests for any percentile
	d["load-mute"] = mute
	return d
}

// special are charts of what most runs lack, with the scenarios that have it.
var special = map[string]string{
	"sweep":               "sweep golden-sweep",
	"link-cost":           "ipc ipc-few ipc-one golden-ipc",
	"latency-percentiles": "load load-models ipc ipc-few ipc-one golden-ipc golden-load latency-long",
	"throughput-latency":  "load load-models golden-load latency-long load-mute",
	"lateness":            "loop loop-once golden-loop",
	"survival":            "failures all-failed faults faults-bare golden-faults",
	"capability":          "probes golden-probes",
	"measures":            "ipc ipc-few ipc-one golden-ipc probes golden-probes",
}

// goldenOf names the scenario of a chart's golden files.
func goldenOf(chart string) string {
	scenario, ok := map[string]string{
		"sweep": "sweep", "link-cost": "ipc", "latency-percentiles": "load", "throughput-latency": "load",
		"lateness": "loop", "survival": "faults", "capability": "probes", "measures": "ipc",
	}[chart]
	if !ok {
		return "golden"
	}
	return fmt.Sprint("golden-", scenario)
}
