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
// throughput of A over that of B, paired by block; the wall time where no
// items were counted.
type Comparison struct {
	Label, Setting string
	Cores          int
	A, B           string // series
	What           string // "throughput" or "wall time"
	Ratio          float64
	Lo, Hi         float64 // range over blocks
	N              int     // blocks that have both
	model          string  // of A
}

// Comparisons returns one comparison for every setting that was run with two
// models or more: processes, or else the last other model, against the
// reference of [digest.Digest.Ratios].
func Comparisons(d *digest.Digest) []Comparison {
	places := Places(d)
	type panel struct{ label, setting string }
	at := map[panel]int{}
	var all []Comparison
	for _, r := range mainRatios(d) {
		num, den := d.Cells[r.Num], places[r.Den]
		if num.Model == experiments.Sequential {
			continue
		}
		c := Comparison{
			Label: den.Label, Setting: den.Setting, Cores: num.Cores, A: places[r.Num].Series, B: den.Series,
			What: "throughput", Ratio: r.Median, Lo: r.Min, Hi: r.Max, N: r.N, model: num.Model,
		}
		if r.Metric == wallMetric.name {
			c.What = "wall time"
		}
		i, ok := at[panel{c.Label, c.Setting}]
		switch {
		case !ok:
			at[panel{c.Label, c.Setting}] = len(all)
			all = append(all, c)
		case all[i].model != experiments.Processes:
			all[i] = c
		}
	}
	return all
}

// mainRatios returns the ratios of throughput, and for cells that counted no
// items those of wall time; in a run of fixed time that one says nothing.
func mainRatios(d *digest.Digest) []digest.Ratio {
	list := d.Ratios("throughput_items_per_s")
	counted := map[[2]int]bool{}
	for _, r := range list {
		counted[[2]int{r.Num, r.Den}] = true
	}
	for _, r := range d.Ratios(wallMetric.name) {
		if !counted[[2]int{r.Num, r.Den}] && d.Cells[r.Num].DurationS == 0 {
			list = append(list, r)
		}
	}
	return list
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
		if !ok || c.Cores >= t.Cores { // lists of workers grow
			top[c.Label] = c
		}
	}
	switch len(labels) {
	case 0:
		return ""
	case 1:
		c := top[labels[0]]
		return fmt.Sprintf("%s at %s: %s have %s the %s of %s%s", brief(c.Label), c.Setting, brief(c.A), Times(c.Ratio), c.What, brief(c.B), c.overBlocks())
	}
	lo, hi := top[labels[0]], top[labels[0]]
	for _, l := range labels {
		c := top[l]
		if c.A != lo.A || c.B != lo.B || c.What != lo.What || c.Setting != lo.Setting {
			return mixedHeadline(top, labels)
		}
		if c.Ratio < lo.Ratio {
			lo = c
		}
		if c.Ratio > hi.Ratio {
			hi = c
		}
	}
	return fmt.Sprintf("At %s, %s have %s (%s) to %s (%s) the %s of %s",
		lo.Setting, brief(lo.A), Times(lo.Ratio), brief(lo.Label), Times(hi.Ratio), brief(hi.Label), lo.What, brief(lo.B))
}

// overBlocks says how far the blocks of a comparison lie apart.
func (c Comparison) overBlocks() string {
	if c.N == 1 {
		return " (one block)"
	}
	return fmt.Sprintf(" (%s over %d blocks)", TimesRange(c.Lo, c.Hi), c.N)
}

func mixedHeadline(top map[string]Comparison, labels []string) string {
	var parts []string
	for _, l := range labels {
		c := top[l]
		parts = append(parts, fmt.Sprintf("%s at %s: %s have %s the %s of %s", brief(l), c.Setting, brief(c.A), Times(c.Ratio), c.What, brief(c.B)))
	}
	return strings.Join(parts, "; ")
}

// medianInterval returns the 95 % interval of the median of x from its order
// statistics, or NaN where there is none: below six values.
func medianInterval(x []float64) (lo, hi float64) {
	i, err := stat.MedianInterval(x, 0.95)
	if err != nil {
		return math.NaN(), math.NaN()
	}
	return i.Lo, i.Hi
}

// estimated prints a median of values with how sure it is: its 95 % interval
// in brackets, below six values their range in parentheses.
func estimated(values []float64, unit string) string {
	values = finite(values)
	lo, hi := limits(values)
	return within(stat.Median(values), lo, hi, len(values), unit)
}

// limits returns the 95 % interval of the median of values, or their range
// where there are too few of them for one.
func limits(values []float64) (lo, hi float64) {
	if lo, hi = medianInterval(values); math.IsNaN(lo) {
		return finiteRange(values)
	}
	return lo, hi
}

// within prints a median of n values with what limits gave.
func within(v, lo, hi float64, n int, unit string) string {
	text, plain := Quantity(v, unit), unit
	if unit == "x" {
		text, plain = Times(v), ""
	}
	switch {
	case n > 1 && lo == hi:
		return text + ", exact"
	case n >= leastTrials:
		return text + " [" + Bounds(v, lo, hi, plain, ", ") + "]"
	case n > 1:
		return text + " (" + Bounds(v, lo, hi, plain, " to ") + ")"
	}
	return text
}

// collect returns one number of the rows that pass.
func collect[R any](rows []R, pass func(R) bool, of func(R) float64) []float64 {
	var values []float64
	for _, r := range rows {
		if pass(r) {
			values = append(values, of(r))
		}
	}
	return values
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
	add(brief(m.CPUModel))
	if n := len(m.UsableCPUs); n > 0 {
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
