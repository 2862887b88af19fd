package digest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"forklore/metrics/record"
	"forklore/metrics/stat"
)

// Difference is what sets two runs apart: before and after, or two machines.
type Difference struct {
	A, B         *Digest
	Pairs        []RunPair
	Differs      []Differing // settings in which the manifests differ, in a fixed order
	OnlyA, OnlyB []string    // titles of cells that the other run lacks
	Warnings     []string
}

// RunPair is one cell in both runs in one metric. The ratio favours B: above 1
// B is better than A.
type RunPair struct {
	CellA, CellB int // indices into A.Cells and B.Cells
	Comparison       // unpaired: blocks of different runs share nothing; Left is in B, Right in A
	MedianA      float64
	MedianB      float64
	Margin       float64
	Neutral      bool // more of the metric is neither better nor worse: the ratio is B over A
}

// Differing is a setting with its values in both runs.
type Differing struct{ What, A, B string }

// Regression reports whether B is worse by more than the margin: both
// intervals lie wholly beyond it, and no gate of either run is broken.
func (p *RunPair) Regression() bool { return p.Verdict == Reversed && !p.Neutral }

// Word says what B is against A: better or worse, in a neutral metric more or
// less, the same, inconclusive or no data.
func (p *RunPair) Word() string {
	switch {
	case p.Verdict == Supported && p.Neutral:
		return "more"
	case p.Verdict == Reversed && p.Neutral:
		return "less"
	case p.Verdict == Supported:
		return "better"
	case p.Verdict == Reversed:
		return "worse"
	}
	return p.Verdict
}

// Regressions counts the pairs in which B is worse.
func (x *Difference) Regressions() (n int) {
	for i := range x.Pairs {
		if x.Pairs[i].Regression() {
			n++
		}
	}
	return n
}

// Compare matches the cells of two runs by their settings, labels and time
// limits left aside, and compares each in time, CPU and memory. Where the
// amount of work was calibrated or the time is fixed, throughput and CPU time
// per item are compared instead. What the workload measures of itself is compared too:
// of a distribution the median and the 99 % quantile. A broken gate makes every pair
// inconclusive.
func Compare(a, b *Digest) *Difference {
	x := &Difference{A: a, B: b, Differs: differing(&a.Manifest, &b.Manifest)}
	of := map[string]int{}
	for i := range a.Cells {
		of[acrossRuns(&a.Cells[i])] = i
	}
	met := map[int]bool{}
	for j := range b.Cells {
		i, ok := of[acrossRuns(&b.Cells[j])]
		if !ok {
			x.OnlyB = append(x.OnlyB, Title(b.Cells[j].Cell))
			continue
		}
		met[i] = true
		for _, m := range runMetrics(&a.Cells[i], &b.Cells[j]) {
			x.Pairs = append(x.Pairs, comparePair(a, b, i, j, m))
		}
		for _, m := range x.measured(i, j) {
			p := comparePair(a, b, i, j, m)
			if p.Neutral = !m.Less; p.Verdict != NoData { // of a zero, which most layouts have somewhere, there is no ratio
				x.Pairs = append(x.Pairs, p)
			}
		}
	}
	for i := range a.Cells {
		if !met[i] {
			x.OnlyA = append(x.OnlyA, Title(a.Cells[i].Cell))
		}
	}
	if broken := brokenGates(bothGates(a.Gates, b.Gates)); broken != "" {
		x.Warnings = append(x.Warnings, "every comparison is inconclusive: "+broken)
	}
	if len(x.Pairs) > 0 {
		x.Warnings = append(x.Warnings, "the runs were apart in time, so their trials are not paired: whatever else changed between them counts as a difference")
	}
	return x
}

// bothGates are those of two runs.
func bothGates(a, b []Gate) []Gate {
	return slices.Concat(prefixed("run A: ", a), prefixed("run B: ", b))
}

func prefixed(prefix string, gates []Gate) []Gate {
	gates = slices.Clone(gates)
	for i := range gates {
		gates[i].Name = prefix + gates[i].Name
	}
	return gates
}

// acrossRuns identifies a cell in any run.
func acrossRuns(c *Cell) string {
	one := c.Cell
	if one.Label != one.Workload && strings.HasPrefix(one.Label, one.Workload+" ") {
		one.Label = one.Workload // it names what varies, which another run may not vary
	}
	if one.AutoS > 0 {
		one.Items = 0
	}
	return besides(one, "")
}

func runMetrics(a, b *Cell) []Metric {
	names := []string{"wall_s", "cpu_s"}
	if a.DurationS > 0 || a.AutoS > 0 || b.AutoS > 0 {
		names = []string{"throughput_items_per_s", "cpu_per_item_s"}
	}
	memory := "mem_peak_B"
	if !a.has(memory) || !b.has(memory) {
		memory = "mem_high_B"
	}
	var list []Metric
	for k, name := range append(names, memory) {
		if m, err := Lookup(name); err == nil && (k == 0 || a.has(name) && b.has(name)) {
			list = append(list, m)
		}
	}
	return list
}

// measured returns what the workloads of two cells measured of themselves in
// both runs. A measure says when less is better, never when more is.
func (x *Difference) measured(i, j int) []Metric {
	var list []Metric
	for _, m := range x.B.Manifest.Measures {
		same := slices.ContainsFunc(x.A.Manifest.Measures, func(o record.Measure) bool {
			return o.Name == m.Name && o.Unit == m.Unit && o.Less == m.Less && o.Hist == m.Hist
		})
		names := []string{m.Name}
		if m.Hist {
			names = []string{QuantileName(m.Name, "p50"), QuantileName(m.Name, "p99")}
		}
		for _, name := range names {
			metric, err := x.B.Metric(name)
			if same && err == nil && x.A.Cells[i].has(name) && x.B.Cells[j].has(name) {
				list = append(list, metric)
			}
		}
	}
	return list
}

func comparePair(a, b *Digest, i, j int, m Metric) RunPair {
	gates := bothGates(a.gatesOf(m.Name), b.gatesOf(m.Name))
	p := RunPair{CellA: i, CellB: j, Margin: Margin(m.Name)}
	before, after := a.arm(&a.Cells[i], m.Name), b.arm(&b.Cells[j], m.Name)
	p.Comparison = contrast{less: m.Less, margin: p.Margin}.of(after, before)
	p.Axis, p.Metric, p.Left, p.Right = "run", m.Name, j, i
	p.LostLeft, p.LostRight = 0, 0 // blocks of two runs are not the same blocks
	p.MedianA, p.MedianB = stat.Median(before.values), stat.Median(after.values)
	if p.Verdict != NoData {
		p.Verdict, p.Why = Judge(p.Theta, p.Shift, Target{Margin: p.Margin}, gates)
	}
	if brokenGates(gates) == "" {
		p.unless(cmp.Or(a.unfit(i), b.unfit(j)))
	}
	return p
}

// differing lists what differs between two manifests, apart from time.
func differing(a, b *record.Manifest) []Differing {
	var list []Differing
	say := func(what, x, y string) {
		if x != y {
			list = append(list, Differing{what, x, y})
		}
	}
	say("experiment", a.Name, b.Name)
	say("experiment.yaml (SHA-256)", a.SHA256, b.SHA256)
	say("plan", a.Plan.Hash, b.Plan.Hash)
	say("seed", strconv.FormatUint(a.Plan.Seed, 10), strconv.FormatUint(b.Plan.Seed, 10))
	say("settings", strings.Join(a.Set, " "), strings.Join(b.Set, " "))
	say("filter", a.Filter, b.Filter)
	say("profile", a.Profile, b.Profile)
	say("forklore", a.Version, b.Version)
	say("commit", a.Commit, b.Commit)
	say("Go", a.GoVersion, b.GoVersion)
	say("ended", a.Ended, b.Ended)
	say("calibrated items", calibrated(a), calibrated(b))
	say("programs", programs(a), programs(b))
	say("files of commands (SHA-256)", kept(a), kept(b))
	x, y := &a.Machine, &b.Machine
	say("host", x.Host, y.Host)
	say("OS", x.OS+" "+x.Arch, y.OS+" "+y.Arch)
	say("kernel", x.Kernel, y.Kernel)
	say("boot", x.Boot, y.Boot)
	say("CPU", x.CPUModel, y.CPUModel)
	say("CPUs", layout(x), layout(y))
	say("usable CPUs", fmt.Sprint(x.UsableCPUs), fmt.Sprint(y.UsableCPUs))
	say("memory", fmt.Sprintf("%d B", x.MemTotalB), fmt.Sprintf("%d B", y.MemTotalB))
	say("governor", x.Governor, y.Governor)
	say("cpufreq driver", x.Driver, y.Driver)
	say("boost", x.Boost, y.Boost)
	say("mitigations", pairsText(x.Mitigations), pairsText(y.Mitigations))
	say("THP", x.THP, y.THP)
	say("ASLR", x.ASLR, y.ASLR)
	say("cgroup", cgroupText(x), cgroupText(y))
	say("container", x.Container, y.Container)
	say("virtual", x.Virtual, y.Virtual)
	return list
}

func calibrated(m *record.Manifest) string {
	var words []string
	for _, c := range m.Calibration {
		if c.RatePerS > 0 { // measured anew in every run
			continue
		}
		words = append(words, fmt.Sprintf("%s %s: %d", c.Workload, c.Params, c.Items))
	}
	return strings.Join(words, "; ")
}

func programs(m *record.Manifest) string {
	var words []string
	for _, p := range m.Programs {
		words = append(words, p.Workload+": "+p.Version)
	}
	return strings.Join(words, "; ")
}

func kept(m *record.Manifest) string {
	var words []string
	for _, f := range m.Files {
		words = append(words, f.Name+": "+f.SHA256[:min(12, len(f.SHA256))])
	}
	return strings.Join(words, "; ")
}

func layout(m *record.Machine) string {
	t := &m.Topology
	return fmt.Sprintf("%d CPUs, %d cores, %d packages, %d NUMA nodes", len(t.CPUs), t.Cores, t.Packages, t.Nodes)
}

func cgroupText(m *record.Machine) string {
	return fmt.Sprintf("%s, %g CPUs, %d B", m.Cgroup, m.CgroupCPUMax, m.CgroupMemMaxB)
}

func pairsText(m map[string]string) string {
	var words []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		words = append(words, k+": "+m[k])
	}
	return strings.Join(words, "; ")
}

// Table returns the matched cells: one row for each cell and metric.
func (x *Difference) Table() Table {
	t := Table{Name: "compare", Columns: []string{"title", "metric", "unit", "n_a", "n_b", "median_a", "median_b",
		"theta", "ci95_lo", "ci95_hi", "ci90_lo", "ci90_hi", "hl", "hl_ci95_lo", "hl_ci95_hi", "p", "a12", "margin",
		"verdict", "regression", "reason"}}
	for i := range x.Pairs {
		p := &x.Pairs[i]
		m, _ := x.B.Metric(p.Metric)
		row := []string{Title(x.B.Cells[p.CellB].Cell), p.Metric, m.Unit, strconv.Itoa(p.NRight), strconv.Itoa(p.NLeft)}
		row = append(row, numbers(p.MedianA, p.MedianB, p.Theta.Estimate, p.Theta.Lo95, p.Theta.Hi95, p.Theta.Lo90, p.Theta.Hi90,
			p.Shift.Estimate, p.Shift.Lo95, p.Shift.Hi95, p.P, p.A12, p.Margin)...)
		t.Rows = append(t.Rows, append(row, p.Word(), strconv.FormatBool(p.Regression()), p.Why))
	}
	return t
}

// ManifestTable returns what differs between the runs besides their numbers.
func (x *Difference) ManifestTable() Table {
	t := Table{Name: "differs", Columns: []string{"what", "a", "b"}}
	for _, d := range x.Differs {
		t.Rows = append(t.Rows, []string{d.What, d.A, d.B})
	}
	return t
}

// Verdicts returns the claims of many runs as one table: claims.csv's rows of
// whole claims, each with its experiment, start and host in front.
func Verdicts(ds []*Digest) Table {
	t := Table{Name: "verdicts", Columns: append([]string{"experiment", "started", "host"}, names(ClaimColumns)...)}
	for _, d := range ds {
		m := &d.Manifest
		for _, v := range d.Verdicts() {
			t.Rows = append(t.Rows, append([]string{m.Name, d.started(), m.Machine.Host}, d.claimRow(&v)...))
		}
	}
	return t
}

// started is when the run began; empty where that is not known.
func (d *Digest) started() string {
	if d.Manifest.Started.IsZero() {
		return ""
	}
	return d.Manifest.Started.UTC().Format("2006-01-02T15:04:05Z")
}
