package digest

import (
	"cmp"
	"errors"
	"math"
	"os"
	"slices"

	"forklore/metrics/record"
)

// spot is where the values of a trial lie.
type spot struct {
	cell  *Cell
	index int // into its Trials
}

// spots finds the ok, measured trials of every cell, controls among them.
func (d *Digest) spots() map[int]spot {
	at := map[int]spot{}
	for _, cells := range [][]Cell{d.Cells, d.Controls} {
		for c := range cells {
			for i, trial := range cells[c].Trials {
				at[trial] = spot{&cells[c], i}
			}
		}
	}
	return at
}

// put sets a trial's value of a metric that most cells lack.
func (c *Cell) put(metric string, i int, v float64) {
	values := c.Values[metric]
	if values == nil {
		values = nans(len(c.Trials), 0)
		c.Values[metric] = values
	}
	values[i] = v
}

// loadMeasures adds what workloads measured of themselves, in one pass.
func (l *loader) loadMeasures(path string, d *Digest) {
	known := map[string]bool{}
	for _, m := range l.manifest.Measures {
		known[m.Name] = !m.Hist
	}
	if absent(path) {
		l.tally.noMeasures = slices.ContainsFunc(l.manifest.Measures, func(m record.Measure) bool { return !m.Hist })
		return
	}
	at := d.spots()
	for m, err := range record.ReadMeasures(path) {
		if err != nil {
			if !l.tally.aside(err) {
				break
			}
			continue
		}
		if p, ok := at[m.Trial]; ok && known[m.Measure] && !math.IsInf(m.Value, 0) {
			p.cell.put(m.Measure, p.index, m.Value)
		} else if !known[m.Measure] || m.Trial < 1 || !l.trials.Has(m.Trial) {
			l.tally.oddMeasures++
		}
	}
}

func absent(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, os.ErrNotExist)
}

// maxBuckets bounds the spans of a Dist that is kept: enough for a curve.
const maxBuckets = 400

// loadDists adds the distributions in one pass. A trial's spans of one measure stand
// together, which the journal guarantees, so that only one distribution is
// held in full; its quantiles become values of its cell.
func (l *loader) loadDists(path string, d *Digest) {
	known := map[string]bool{}
	for _, m := range l.manifest.Measures {
		known[m.Name] = m.Hist
	}
	if absent(path) {
		l.tally.noDists = slices.ContainsFunc(l.manifest.Measures, func(m record.Measure) bool { return m.Hist })
		return
	}
	at, kept := d.spots(), choose(d.Cells)
	var now Dist
	end := func() {
		if p, ok := at[now.Trial]; ok && len(now.Buckets) > 0 {
			d.addDist(p, now, kept)
		}
	}
	for b, err := range record.ReadHistograms(path) {
		if err != nil {
			if !l.tally.aside(err) {
				break
			}
			continue
		}
		if !known[b.Measure] || b.Trial < 1 || !l.trials.Has(b.Trial) {
			l.tally.oddMeasures++
			continue
		}
		if b.Trial != now.Trial || b.Measure != now.Name {
			end()
			now = Dist{Trial: b.Trial, Name: b.Measure, Buckets: now.Buckets[:0]}
		}
		if n := len(now.Buckets); n > 0 && b.HiS <= now.Buckets[n-1].HiS { // twice, or astray: its durations would count wrongly
			l.tally.oddSpans++
			continue
		}
		now.Buckets = append(now.Buckets, Bucket{b.LoS, b.HiS, b.Count})
	}
	end()
	slices.SortStableFunc(d.Dists, func(a, b Dist) int {
		return cmp.Or(a.Cell-b.Cell, a.Trial-b.Trial, cmp.Compare(a.Name, b.Name))
	})
}

// addDist turns a distribution into the metrics of its cell, and keeps it where its trial was
// chosen.
func (d *Digest) addDist(p spot, one Dist, kept map[int]int) {
	for _, q := range record.Quantiles {
		p.cell.put(q.Metric(one.Name), p.index, Quantile(one.Buckets, q.Q))
	}
	cell, ok := kept[one.Trial]
	if !ok {
		return
	}
	one.Cell, one.Buckets = cell, coarse(one.Buckets)
	d.Dists = append(d.Dists, one)
}

// coarse returns at most maxBuckets buckets: neighbours are merged where they
// hold the fewest durations for their place, so that both ends, where the durations are few
// and far apart, keep their detail.
func coarse(list []Bucket) []Bucket {
	list = slices.Clone(list)
	for len(list) > maxBuckets {
		var merged []Bucket
		total := Count(list)
		budget := max(1, 2*total/maxBuckets)
		for _, b := range list {
			if n := len(merged); n > 0 && merged[n-1].Count+b.Count <= budget && b.HiS <= merged[n-1].LoS*1.05 {
				merged[n-1].HiS = b.HiS
				merged[n-1].Count += b.Count
				continue
			}
			merged = append(merged, b)
		}
		if len(merged) == len(list) {
			return pairwise(list)
		}
		list = merged
	}
	return list
}

// pairwise merges neighbours until few enough are left; the first and the last stay.
func pairwise(list []Bucket) []Bucket {
	for len(list) > maxBuckets {
		merged := []Bucket{list[0]}
		for i := 1; i < len(list)-1; i += 2 {
			b := list[i]
			if i+1 < len(list)-1 {
				b.HiS, b.Count = list[i+1].HiS, b.Count+list[i+1].Count
			}
			merged = append(merged, b)
		}
		list = append(merged, list[len(list)-1])
	}
	return list
}

// Count returns the number of durations in buckets.
func Count(list []Bucket) int {
	n := 0
	for _, b := range list {
		n += b.Count
	}
	return n
}

// Quantile returns the q-quantile of buckets in rising order, in seconds: the greatest duration
// of the span that holds the duration of rank ceil(q n), as HdrHistogram has it. It is NaN for
// no durations.
func Quantile(list []Bucket, q float64) float64 {
	n := Count(list)
	if n == 0 {
		return math.NaN()
	}
	rank := max(1, int(math.Ceil(q*float64(n))))
	seen := 0
	for _, b := range list {
		if seen += b.Count; seen >= rank {
			return b.HiS
		}
	}
	return list[len(list)-1].HiS
}

// MergeDists adds distributions up: durations of all of them together, in rising order.
func MergeDists(list []Dist) []Bucket {
	var all []Bucket
	for _, d := range list {
		all = append(all, d.Buckets...)
	}
	slices.SortFunc(all, func(a, b Bucket) int { return cmp.Or(cmp.Compare(a.HiS, b.HiS), cmp.Compare(a.LoS, b.LoS)) })
	var merged []Bucket
	for _, b := range all {
		if n := len(merged); n > 0 && merged[n-1].HiS == b.HiS {
			merged[n-1].LoS = min(merged[n-1].LoS, b.LoS)
			merged[n-1].Count += b.Count
			continue
		}
		merged = append(merged, b)
	}
	return merged
}
