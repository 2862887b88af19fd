package plots

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"forklore/experiments"
	"forklore/metrics/digest"
	"forklore/metrics/stat"
)

// Comparison is one model against another in the same setting: the
// throughput of A over that of B, paired by block.
type Comparison struct {
	Label, Setting string
	Cores          int
	A, B           string // series
	Ratio          float64
	Lo, Hi         float64 // range over blocks
	N              int     // blocks that have both
}

// Comparisons returns, for every setting that was run with two models or
// more, processes against goroutines where both are there, else the last of
// the models against the first that is not sequential.
func Comparisons(d *digest.Digest) []Comparison {
	var all []Comparison
	group := []entry{}
	flush := func() {
		if a, b, ok := opponents(group); ok {
			if c, ok := compare(a, b); ok {
				all = append(all, c)
			}
		}
		group = group[:0]
	}
	for _, e := range entries(d) {
		if len(group) > 0 && (group[0].Label != e.Label || group[0].Setting != e.Setting) {
			flush()
		}
		group = append(group, e)
	}
	flush()
	return all
}

func opponents(group []entry) (a, b entry, ok bool) {
	var with []entry
	for _, e := range group {
		if len(e.Trials) > 0 && e.Model != experiments.Sequential {
			with = append(with, e)
		}
	}
	if len(with) < 2 {
		return a, b, false
	}
	a, b = with[len(with)-1], with[0]
	for _, e := range with {
		switch e.Model {
		case experiments.Processes:
			a = e
		case experiments.Goroutines:
			b = e
		}
	}
	return a, b, a.index != b.index
}

func compare(a, b entry) (Comparison, bool) {
	ratios := paired(a.Cell, b.Cell)
	if len(ratios) == 0 {
		return Comparison{}, false
	}
	return Comparison{
		Label: a.Label, Setting: a.Setting, Cores: a.Cores, A: a.Series, B: b.Series,
		Ratio: stat.Median(ratios), Lo: slices.Min(ratios), Hi: slices.Max(ratios), N: len(ratios),
	}, true
}

// paired returns the ratios of throughput of two cells in the blocks that
// have a trial of both.
func paired(a, b *digest.Cell) []float64 {
	of := map[int]float64{}
	for i, v := range speeds(b) {
		of[b.Blocks[i]] = v
	}
	var ratios []float64
	for i, v := range speeds(a) {
		if w := of[a.Blocks[i]]; v > 0 && w > 0 && !math.IsInf(v/w, 0) {
			ratios = append(ratios, v/w)
		}
	}
	return ratios
}

// speeds returns the throughput of each trial of a cell: items per second, or
// trials per second where no items were counted.
func speeds(c *digest.Cell) []float64 {
	if v := c.Values["throughput_items_per_s"]; slices.ContainsFunc(v, func(x float64) bool { return x > 0 }) {
		return v
	}
	v := make([]float64, len(c.Trials))
	for i := range v {
		v[i] = 1 / value(c, "wall_s", i)
	}
	return v
}

// value returns one trial's value of a metric, or NaN.
func value(c *digest.Cell, metric string, i int) float64 {
	if v := c.Values[metric]; i < len(v) {
		return v[i]
	}
	return math.NaN()
}

// present returns the values of a metric that are there.
func present(c *digest.Cell, metric string) []float64 {
	return finite(c.Values[metric])
}

func finite(v []float64) []float64 {
	return slices.DeleteFunc(slices.Clone(v), func(x float64) bool { return math.IsNaN(x) || math.IsInf(x, 0) })
}

// headline says in one line how the models compare at the most cores.
func headline(d *digest.Digest) string {
	top := map[string]Comparison{}
	var labels []string
	for _, c := range Comparisons(d) {
		t, ok := top[c.Label]
		if !ok {
			labels = append(labels, c.Label)
		}
		if !ok || c.Cores > t.Cores {
			top[c.Label] = c
		}
	}
	switch len(labels) {
	case 0:
		return ""
	case 1:
		c := top[labels[0]]
		return fmt.Sprintf("%s: %s %s the throughput of %s at %s", c.Label, c.A, Times(c.Ratio), c.B, c.Setting)
	}
	lo, hi := top[labels[0]], top[labels[0]]
	for _, l := range labels {
		c := top[l]
		if c.A != lo.A || c.B != lo.B || c.Setting != lo.Setting {
			return mixedHeadline(top, labels)
		}
		if c.Ratio < lo.Ratio {
			lo = c
		}
		if c.Ratio > hi.Ratio {
			hi = c
		}
	}
	return fmt.Sprintf("%s have %s (%s) to %s (%s) the throughput of %s at %s",
		lo.A, Times(lo.Ratio), lo.Label, Times(hi.Ratio), hi.Label, lo.B, lo.Setting)
}

func mixedHeadline(top map[string]Comparison, labels []string) string {
	var parts []string
	for _, l := range labels {
		c := top[l]
		parts = append(parts, fmt.Sprintf("%s: %s %s the throughput of %s at %s", l, c.A, Times(c.Ratio), c.B, c.Setting))
	}
	return strings.Join(parts, "; ")
}

// MedianInterval returns the 95 % interval of the median of x from its order
// statistics, which makes no assumption on the distribution. Its coverage is
// at least 95 %; below six values there is none.
func MedianInterval(x []float64) (lo, hi float64, ok bool) {
	n := len(x)
	if n < 6 {
		return math.NaN(), math.NaN(), false
	}
	s := slices.Sorted(slices.Values(x))
	// The largest r with P(B < r) <= 0.025, B binomial(n, 1/2): the r-th
	// value from either end bounds the interval.
	r, below := 0, 0.0
	for k := 0; k <= n/2; k++ {
		below += math.Exp(lchoose(n, k) - float64(n)*math.Ln2)
		if below > 0.025 {
			break
		}
		r = k + 1
	}
	return s[r-1], s[n-r], true
}

func lchoose(n, k int) float64 {
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return a - b - c
}

// subtitle is the machine, n and the estimator, in the words of the chart.
func subtitle(d *digest.Digest, estimator string) string {
	return strings.Join([]string{MachineLine(d), trialsLine(d), estimator}, "  ·  ")
}

// MachineLine names the computer in a few words.
func MachineLine(d *digest.Digest) string {
	m := d.Manifest.Machine
	var parts []string
	add := func(s string) {
		if s = strings.TrimSpace(s); s != "" {
			parts = append(parts, s)
		}
	}
	add(m.CPUModel)
	if n := max(len(m.UsableCPUs), 0); n > 0 {
		add(fmt.Sprintf("%d usable CPU%s", n, plural(n)))
	}
	add(m.OS + " " + m.Kernel)
	if len(parts) == 0 {
		return "unknown machine"
	}
	return strings.Join(parts, ", ")
}

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}

// trialsLine says how many ok trials stand behind each cell.
func trialsLine(d *digest.Digest) string {
	lo, hi, failed := math.MaxInt, 0, 0
	for _, c := range d.Cells {
		lo, hi = min(lo, len(c.Trials)), max(hi, len(c.Trials))
		for _, n := range c.Failed {
			failed += n
		}
	}
	text := fmt.Sprintf("n = %d trials per cell", hi)
	switch {
	case hi == 1 && lo == 1:
		text = "n = 1 trial per cell"
	case lo < hi:
		text = fmt.Sprintf("n = %d to %d trials per cell", lo, hi)
	}
	if failed > 0 {
		text += fmt.Sprintf(", %s not ok", Count(failed, "trial"))
	}
	return text
}

// failures puts a cell's failed trials in words: "2 crashed, 1 timeout".
func failures(c *digest.Cell) string {
	var parts []string
	for _, status := range slices.Sorted(maps.Keys(c.Failed)) {
		parts = append(parts, fmt.Sprintf("%d %s", c.Failed[status], status))
	}
	return strings.Join(parts, ", ")
}

// anyOK tells whether a digest has at least one ok trial.
func anyOK(d *digest.Digest) bool {
	return slices.ContainsFunc(d.Cells, func(c digest.Cell) bool { return len(c.Trials) > 0 })
}

const noTrials = Absent("no trial of this run ended ok")
