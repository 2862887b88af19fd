package plots

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"forklore/metrics/digest"
	"forklore/metrics/record"
	"forklore/metrics/stat"
)

func init() {
	register(Chart{
		Name:     "latency-percentiles",
		Question: "How long do the slowest waits take, and how much slower are they than the usual ones?",
		Order:    7,
		Table:    percentilesTable,
		Draw:     percentilesDraw,
	})
}

// percentilesRow is one percentile of one trial, of the durations of all of a
// cell's trials together, or its median over trials.
type percentilesRow struct {
	Panel string `csv:"panel"`
	who
	Measure   string  `csv:"measure"`
	Title     string  `csv:"measure_title"`
	Kind      string  `csv:"kind"`  // together, trial or median
	Trial     int     `csv:"trial"` // 0 but for a trial
	N         int     `csv:"n"`     // trials
	Durations int     `csv:"durations"`
	Quantile  float64 `csv:"quantile"`
	OneIn     float64 `csv:"one_in"` // 1/(1 - quantile): one duration in so many is longer
	Value     float64 `csv:"value_s"`
	Low       float64 `csv:"ci_low_s"` // 95 % interval of the median over trials, n >= 6
	High      float64 `csv:"ci_high_s"`
	Drawn     string  `csv:"drawn"` // yes, or no where there are too many panels
}

// namedPercentiles are those that a digest has of each trial.
var namedPercentiles = []struct {
	oneIn      float64
	name, text string
}{{2, "p50", "median"}, {10, "p90", "p90"}, {100, "p99", "p99"}, {1000, "p999", "p99.9"}}

// leastBeyond is how many durations must lie beyond a percentile for it to say
// anything.
const leastBeyond = 10

func percentilesTable(d *digest.Digest) (Table, error) {
	if !anyOK(d) {
		return Table{}, noTrials
	}
	var rows []percentilesRow
	panels, drawn := 0, 0
	for _, m := range distributions(d) {
		if m.Name == latenessDist || m.Aside {
			continue
		}
		of := panelRows(d, m)
		shown := chosen(d, of, mostPanels)
		for i, panel := range of {
			if !shown[i] {
				for k := range panel {
					panel[k].Drawn = "no"
				}
			}
			rows = append(rows, panel...)
		}
		panels, drawn = panels+len(of), drawn+len(shown)
	}
	if len(rows) == 0 {
		return Table{}, Absent(fmt.Sprintf("no workload of this run measured a distribution of latencies with %d durations or more in a cell", 2*leastBeyond))
	}
	estimator := "line: the durations of all trials of a cell together; thin line: one trial; both as far as ten durations lie beyond; marker: median over trials of their percentile; whisker: its 95 % interval (n ≥ 6)"
	if drawn < panels {
		estimator += fmt.Sprintf("; %d of %d settings are drawn, all are in the CSV", drawn, panels)
	}
	t := Table{Rows: rows, Subtitle: subtitle(d, estimator)}
	t.Title, t.Reading = percentilesWords(rows)
	return t, nil
}

// mostPanels bounds a sheet of small multiples: more nobody compares.
const mostPanels = 12

// chosen picks at most so many panels, the first and the last among them; of a
// sweep the same values for every other setting, so that they can be compared.
func chosen(d *digest.Digest, panels [][]percentilesRow, most int) map[int]bool {
	rest := map[string]string{} // of each cell: its label without the parameter that is swept
	for _, work := range works(entries(d)) {
		param := sweptParam(work)
		for _, e := range work {
			rest[e.ID] = e.without(param) + "\x00" + e.Setting
		}
	}
	sweeps := map[string][]int{}
	var all []int
	for i, p := range panels {
		name := rest[p[len(p)-1].Cell]
		sweeps[name], all = append(sweeps[name], i), append(all, i)
	}
	if len(sweeps) > most {
		return evenly(all, most)
	}
	picked := map[int]bool{}
	for _, sweep := range sweeps {
		maps.Copy(picked, evenly(sweep, most/len(sweeps)))
	}
	return picked
}

// evenly picks at most so many of the list, the first and the last among them.
func evenly(list []int, most int) map[int]bool {
	picked := map[int]bool{}
	for i := range min(len(list), most) {
		k := i
		if len(list) > most {
			k = i * (len(list) - 1) / max(1, most-1)
		}
		picked[list[k]] = true
	}
	return picked
}

// distributions are the measures of durations that the run has.
func distributions(d *digest.Digest) []record.Measure {
	return slices.DeleteFunc(slices.Clone(d.Manifest.Measures), func(m record.Measure) bool { return !m.Hist })
}

// distsOf returns a measure's distributions of every cell, by cell.
func distsOf(d *digest.Digest, name string) map[int][]digest.Dist {
	of := map[int][]digest.Dist{}
	for _, one := range d.Dists {
		if one.Name == name && digest.Count(one.Buckets) > 0 {
			of[one.Cell] = append(of[one.Cell], one)
		}
	}
	return of
}

// panelRows returns the rows of a measure, panel by panel.
func panelRows(d *digest.Digest, m record.Measure) [][]percentilesRow {
	of := distsOf(d, m.Name)
	var panels [][]percentilesRow
	for _, p := range workPanels(entries(d)) {
		bySeries(p.cells, func(entry) float64 { return 0 })
		var rows []percentilesRow
		for _, e := range p.cells {
			base := percentilesRow{Panel: p.title, who: e.who, Measure: m.Name, Title: m.Title, N: len(of[e.index]), Drawn: "yes"}
			rows = append(rows, base.percentiles(e, of[e.index])...)
		}
		if len(rows) > 0 {
			panels = append(panels, rows)
		}
	}
	return panels
}

// percentiles returns the rows of one cell: all trials together, then each,
// then the medians over them.
func (r percentilesRow) percentiles(e entry, dists []digest.Dist) []percentilesRow {
	all := digest.MergeDists(dists)
	rows := r.line("together", 0, all, 10)
	if len(rows) == 0 {
		return nil
	}
	least := math.MaxInt
	for _, one := range dists {
		if len(dists) > 1 {
			rows = append(rows, r.line("trial", one.Trial, one.Buckets, 4)...)
		}
		least = min(least, digest.Count(one.Buckets))
	}
	for _, q := range namedPercentiles {
		values := present(e.Cell, digest.QuantileName(r.Measure, q.name))
		if float64(least) < leastBeyond*q.oneIn || len(values) == 0 {
			continue
		}
		m := r
		m.Kind, m.N, m.Durations, m.OneIn, m.Quantile = "median", len(values), digest.Count(all), q.oneIn, 1-1/q.oneIn
		m.Value = stat.Median(values)
		m.Low, m.High = medianInterval(values)
		rows = append(rows, m)
	}
	return rows
}

// line reads a distribution at percentiles that lie evenly on the axis, so
// many for each power of ten, as far as enough durations lie beyond.
func (r percentilesRow) line(kind string, trial int, buckets []digest.Bucket, perDecade int) []percentilesRow {
	r.Kind, r.Trial, r.Durations, r.Low, r.High = kind, trial, digest.Count(buckets), math.NaN(), math.NaN()
	var rows []percentilesRow
	for _, x := range decadeSteps(perDecade, float64(r.Durations)/leastBeyond) {
		r.OneIn, r.Quantile = x, 1-1/x
		r.Value = digest.Quantile(buckets, r.Quantile)
		rows = append(rows, r)
	}
	if len(rows) < 2 {
		return nil
	}
	return rows
}

// decadeSteps returns 2, 10, 20, 100... and round numbers between them, up to
// most.
func decadeSteps(perDecade int, most float64) []float64 {
	steps := []float64{1, 1.25, 1.6, 2, 2.5, 3.2, 4, 5, 6.3, 8}
	if perDecade < len(steps) {
		steps = []float64{1, 2, 3.2, 5}
	}
	var list []float64
	for decade := 1.0; decade <= most; decade *= 10 {
		for _, s := range steps {
			if x := s * decade; x >= 2 && x <= most {
				list = append(list, x)
			}
		}
	}
	return list
}

// percentilesWords compares the models in the last panel of the first measure
// at the highest percentile, up to 99 %, that all of them have.
func percentilesWords(rows []percentilesRow) (title, reading string) {
	var medians []percentilesRow
	for _, r := range rows {
		if r.Kind == "median" && r.Measure == rows[0].Measure {
			medians = append(medians, r)
		}
	}
	if len(medians) == 0 {
		last := rows[len(rows)-1]
		return fmt.Sprintf("%s of %s: too few durations in a trial for percentiles of trials", capital(last.Title), brief(last.Panel)),
			"The lines take the durations of all trials of a cell together."
	}
	last := medians[len(medians)-1].Panel
	for _, q := range []int{2, 1, 0} {
		var parts []part
		series := map[string]bool{}
		for _, r := range medians {
			if r.Panel != last {
				continue
			}
			series[r.Series] = true
			if r.OneIn == namedPercentiles[q].oneIn {
				parts = append(parts, part{r.Value, brief(r.Series) + " " + bracketed(r.Value, r.Low, r.High, "s")})
			}
		}
		if len(parts) == len(series) {
			title = fmt.Sprintf("%s, %s %s: %s", brief(last), namedPercentiles[q].text, rows[0].Title, atMostThree(parts))
			break
		}
	}
	return title, percentilesReading(medians)
}

// percentilesReading tells how far the tail lies above the median.
func percentilesReading(medians []percentilesRow) string {
	type tail struct {
		usual, slow percentilesRow
	}
	var all []tail
	for _, cell := range groupBy(medians, func(r percentilesRow) string { return r.Panel + "\x00" + r.Series }) {
		all = append(all, tail{cell[0], cell[len(cell)-1]})
	}
	slices.SortStableFunc(all, func(a, b tail) int { return cmp.Compare(a.slow.Value/a.usual.Value, b.slow.Value/b.usual.Value) })
	words := func(t tail) string {
		return fmt.Sprintf("%s to %s at %s (%s, n = %d)", Quantity(t.usual.Value, "s"), Quantity(t.slow.Value, "s"), percentText(t.slow.OneIn), t.slow.title(), t.slow.N)
	}
	text := "From the median to the tail: " + words(all[len(all)-1])
	if len(all) > 1 {
		text = "From the median to the tail the smallest step is " + words(all[0]) + ", the largest " + words(all[len(all)-1])
	}
	return text + "."
}

func capital(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return s
	}
	return string(unicode.ToUpper(first)) + s[size:]
}

// percentText is the percentile that one duration in so many lies beyond.
func percentText(oneIn float64) string {
	return strings.TrimSuffix(strings.TrimRight(trimFloat(100-100/oneIn, 6), "0"), ".") + " %"
}
