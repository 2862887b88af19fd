package digest

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"forklore/metrics/record"
)

// Metric is a number that every ok trial has, derived from its row alone.
type Metric struct {
	Name  string                      // with its unit: "wall_s"
	Title string                      // on axes: "wall time"
	Unit  string                      // "s", "B", "items/s", "B/s", "" for counts and ratios
	Doc   string                      // one line, with the source
	Less  bool                        // less is better; false: more is better, or neither
	Of    func(*record.Trial) float64 // nil for what a workload measures of itself
}

// Metrics returns every metric in the order in which tables show them. The
// slice is the caller's.
func Metrics() []Metric { return slices.Clone(metrics) }

// Metrics returns every metric of a run: those that all trials have, then what
// its workloads measure of themselves.
func (d *Digest) Metrics() []Metric {
	return slices.Concat(metrics, MeasureMetrics(d.Manifest.Measures))
}

// Metric returns the metric of the run with that name; the error for an unknown name
// lists the known ones.
func (d *Digest) Metric(name string) (Metric, error) { return named(name, d.Metrics()) }

// Lookup returns the metric with that name among those that every run has.
func Lookup(name string) (Metric, error) { return named(name, metrics) }

func named(name string, list []Metric) (Metric, error) {
	var names []string
	for _, m := range list {
		if m.Name == name {
			return m, nil
		}
		names = append(names, m.Name)
	}
	return Metric{}, fmt.Errorf("unknown metric %q; known are %s", name, strings.Join(names, ", "))
}

// QuantileName returns the name of a distribution's metric: latency_p99_s for
// latency_s and p99.
func QuantileName(dist, quantile string) string { return record.Quantile{Name: quantile}.Metric(dist) }

// MeasureMetrics returns the metrics that measures become.
func MeasureMetrics(measures []record.Measure) []Metric {
	var list []Metric
	for _, m := range measures {
		if !m.Hist {
			list = append(list, Metric{Name: m.Name, Title: m.Title, Unit: m.Unit, Doc: m.Doc, Less: m.Less})
			continue
		}
		for _, q := range record.Quantiles {
			list = append(list, Metric{Name: q.Metric(m.Name), Title: m.Title + ", " + q.Title, Unit: m.Unit,
				Doc: q.Title + " of a trial: " + m.Doc, Less: m.Less})
		}
	}
	return list
}

type row = *record.Trial

// One block adds one metric. Each costs eight bytes a trial in memory: what no
// chart or table needs stays in trials.csv alone, and what most runs lack is rare.
var metrics = []Metric{
	{"wall_s", "wall time", "s",
		"gate to the last worker's finish (monotonic clock)",
		true, func(t row) float64 { return t.WallS }},
	{"throughput_items_per_s", "throughput", "items/s",
		"items_done / wall_s",
		false, func(t row) float64 { return ratio(t.ItemsDone, t.WallS) }},
	{"throughput_B_per_s", "throughput", "B/s",
		"bytes_done_B / wall_s",
		false, func(t row) float64 { return ratio(t.BytesDone, t.WallS) }},
	{"throughput_ops_per_s", "throughput", "ops/s",
		"ops_done / wall_s",
		false, func(t row) float64 { return ratio(t.OpsDone, t.WallS) }},
	{"cpu_per_op_s", "CPU time per operation", "s",
		"cpu_work_s / ops_done",
		true, func(t row) float64 { return ratio(t.CPUWorkS, t.OpsDone) }},
	{"cpu_s", "CPU time", "s",
		"user and system time of the whole tree, spawn to reap (cgroup or wait4 rusage)",
		true, func(t row) float64 { return t.CPUS }},
	{"cpu_work_s", "CPU time of the work", "s",
		"CPU time of the workers' processes between gate and finish (their own clocks)",
		true, func(t row) float64 { return t.CPUWorkS }},
	{"cpu_per_item_s", "CPU time per item", "s",
		"cpu_work_s / items_done",
		true, func(t row) float64 { return ratio(t.CPUWorkS, t.ItemsDone) }},
	{"cpu_share", "CPU share", "",
		"cpu_work_s / (wall_s x cores): 1 is every core busy from gate to finish",
		false, func(t row) float64 { return ratio(t.CPUWorkS, t.WallS*float64(t.Cores)) }},
	{"mem_high_B", "peak memory, upper bound", "B",
		"sum of the processes' own VmHWM",
		true, func(t row) float64 { return t.MemHighB }},
	{"mem_low_B", "peak memory, lower bound", "B",
		"largest sampled sum of PSS",
		true, func(t row) float64 { return t.MemLowB }},
	{"mem_peak_B", "peak memory", "B",
		"the cgroup's peak where the trial has its own, else absent",
		true, func(t row) float64 { return t.MemPeakB }},
	{"mem_per_worker_B", "peak memory per worker", "B",
		"(mem_peak_B, or mem_high_B where that is absent) / workers",
		true, func(t row) float64 { return ratio(first(t.MemPeakB, t.MemHighB), float64(t.Workers)) }},
	{"mem_growth_B", "memory growth during work", "B",
		"mem_high_B - mem_base_B: what the work added to the processes' peaks",
		true, func(t row) float64 { return t.MemHighB - t.MemBaseB }},
	{"rss_peak_B", "peak RSS", "B",
		"largest sampled sum of RSS; shared pages count once per process",
		true, func(t row) float64 { return t.RSSPeakB }},
	{"pss_done_B", "PSS after the work", "B",
		"sum of PSS after the last finish (smaps_rollup)",
		true, func(t row) float64 { return t.PSSDoneB }},
	{"uss_done_B", "USS after the work", "B",
		"sum of USS after the last finish: pages that no other process has (smaps_rollup)",
		true, func(t row) float64 { return t.USSDoneB }},
	{"spawn_s", "spawn", "s",
		"spawn call to the last worker's first instruction",
		true, func(t row) float64 { return t.SpawnS }},
	{"setup_s", "setup", "s",
		"last worker's first instruction to its readiness",
		true, func(t row) float64 { return t.SetupS }},
	{"merge_s", "merge", "s",
		"last finish to the merged result",
		true, func(t row) float64 { return t.MergeS }},
	{"reap_s", "reap", "s",
		"stop order to the reaped tree",
		true, func(t row) float64 { return t.ReapS }},
	{"cold_s", "cold start to end", "s",
		"spawn call to the reaped tree, less observe_s",
		true, func(t row) float64 { return t.ColdS }},
	{"imbalance", "imbalance", "",
		"wall_s / first_s: last finisher over first, 1 is even",
		true, func(t row) float64 { return ratio(t.WallS, t.FirstS) }},
	{"voluntary_switches", "voluntary context switches", "",
		"switches because a thread waited (wait4 rusage of the tree)",
		true, func(t row) float64 { return t.VolCtxSw }},
	{"involuntary_switches", "involuntary context switches", "",
		"switches because a thread was preempted (wait4 rusage of the tree)",
		true, func(t row) float64 { return t.InvolCtxSw }},
	{"minor_faults", "minor page faults", "",
		"faults served without a disk (wait4 rusage of the tree)",
		true, func(t row) float64 { return t.MinorFaults }},
	{"gc_cpu_s", "CPU time of the garbage collector", "s",
		"between readiness and finish, all processes (runtime/metrics)",
		true, func(t row) float64 { return t.GCCPUS }},
	{"alloc_B", "heap allocated", "B",
		"between readiness and finish, all processes (runtime/metrics)",
		true, func(t row) float64 { return t.AllocB }},
	{"steal_s", "steal", "s",
		"noise: CPU time the hypervisor took during the work (/proc/stat)",
		true, func(t row) float64 { return t.StealS }},
	{"foreign_cpu_s", "foreign CPU time", "s",
		"noise: CPU time others used during the work (/proc/stat less trial and runner)",
		true, func(t row) float64 { return t.ForeignCPUS }},
	{"run_delay_s", "run delay", "s",
		"noise: time the workers' threads were runnable but waited (schedstat)",
		true, func(t row) float64 { return t.RunDelayS }},
	{"psi_cpu_s", "CPU pressure", "s",
		"noise: time some task of the machine waited for a CPU (PSI)",
		true, func(t row) float64 { return t.PSICPUS }},
	{"psi_io_s", "IO pressure", "s",
		"noise: time some task of the machine waited for IO (PSI)",
		true, func(t row) float64 { return t.PSIIOS }},
	{"psi_mem_s", "memory pressure", "s",
		"noise: time some task of the machine waited for memory (PSI)",
		true, func(t row) float64 { return t.PSIMemS }},
}

// rare metrics are those that most runs lack: cells without one have no entry for it.
var rare = map[string]bool{"throughput_ops_per_s": true, "cpu_per_op_s": true}

// ratio is a/b, absent where b is 0 or either is absent.
func ratio(a, b float64) float64 {
	if b == 0 {
		return math.NaN()
	}
	return a / b
}

func first(a, b float64) float64 {
	if math.IsNaN(a) {
		return b
	}
	return a
}
