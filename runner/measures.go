package runner

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"

	"forklore/experiments"
	"forklore/metrics/record"
	"forklore/runner/host"
	"forklore/runner/work"
)

// measuresOf lists what the workloads of a plan measure of themselves, each name once.
func measuresOf(p *experiments.Plan) []record.Measure {
	var list []record.Measure
	for _, cell := range p.Cells {
		var of []record.Measure
		if cell.Command != nil {
			of = commandMeasures(cell)
		} else if kind, err := work.In(cell.Workload, cell.Params); err == nil {
			of = Measures(kind)
		}
		for _, m := range of {
			if !slices.ContainsFunc(list, func(o record.Measure) bool { return o.Name == m.Name }) {
				list = append(list, m)
			}
		}
	}
	return list
}

// asks tells whether the workload measures anything.
func (a *attempt) asks() bool {
	if a.cell.Command != nil {
		return a.cell.Command.Protocol > 0
	}
	kind, err := work.In(a.cell.Workload, a.cell.Params)
	return err == nil && len(kind.Measures) > 0
}

// measure asks the workers what they measured in the iteration that has just ended; of
// a server, whoever sent its requests, too.
func (a *attempt) measure(ctx context.Context, d host.Done) error {
	readings, err := a.tree.Measure(ctx)
	if a.served != nil {
		readings = append(readings, a.servedReadings(d, readings)...)
	}
	a.keep(readings)
	return err
}

// keep takes the readings of one iteration. Distributions are added up at once: those of
// many workers and iterations would take more memory than the machine has.
func (a *attempt) keep(readings []host.Reading) {
	for i := range readings {
		r := &readings[i]
		if r.Note != "" {
			a.warn("%s, %s: %s has no value: %s", a.cell.Label, a.cell.ModelLabel, r.Name, r.Note)
		}
		if len(r.Buckets) == 0 {
			continue
		}
		if a.spans == nil {
			a.spans = map[string]map[work.Bucket]int64{}
		}
		if a.spans[r.Name] == nil {
			a.spans[r.Name] = map[work.Bucket]int64{}
		}
		for _, b := range r.Buckets {
			a.spans[r.Name][work.Bucket{LoNS: b.LoNS, HiNS: b.HiNS}] += b.Count
		}
		r.Buckets = nil
	}
	a.readings = append(a.readings, readings)
}

// ticks says what is read of a workload's trials while they work. Where durations are
// measured PSS is not: the kernel walks a process's pages for it and holds what its own
// page faults and mappings wait for, up to milliseconds. It is still read before the gate
// and after the last finish.
func ticks(s experiments.Sample, workload string, params work.Params) experiments.Sample {
	kind, err := work.In(workload, params)
	if err != nil || !slices.ContainsFunc(kind.Measures, func(m work.Measure) bool { return m.Hist }) {
		return s
	}
	if len(s.Metrics) == 0 {
		s.Metrics = experiments.SampleMetrics
	}
	s.Metrics = slices.DeleteFunc(slices.Clone(s.Metrics), func(m string) bool { return m == "pss" })
	if len(s.Metrics) == 0 {
		s.EveryS = 0
	}
	return s
}

// fillMeasures merges what workers and iterations measured into one number, or
// one distribution, for the trial.
func (a *attempt) fillMeasures() {
	if a.cell.Command != nil {
		a.commandMetrics()
		return
	}
	kind, err := work.In(a.cell.Workload, a.cell.Params)
	if err != nil {
		return
	}
	for _, m := range kind.Measures {
		if m.Hist {
			a.extra.Buckets = append(a.extra.Buckets, wider(a.buckets(m.Name, a.spans[m.Name]), spanOf(m))...)
			continue
		}
		v, ok := whole(a.valuesOf(m.Name), m)
		if m.Merge == work.MergeShare {
			v, ok = shareOf(a.valuesOf(m.Name), a.valuesOf(m.Of))
		}
		if ok {
			a.extra.Measures = append(a.extra.Measures, record.Measured{Trial: a.row.Trial, Measure: m.Name, Value: v})
		}
	}
}

// valuesOf returns what workers told of a measure, by iteration.
func (a *attempt) valuesOf(measure string) [][]float64 {
	var values [][]float64
	for _, iteration := range a.readings {
		var own []float64
		for _, r := range iteration {
			if r.Name == measure && !math.IsNaN(r.Value) && !math.IsInf(r.Value, 0) {
				own = append(own, r.Value)
			}
		}
		values = append(values, own)
	}
	return values
}

// shareOf is a share of counts: all parts over all that they are parts of. Of nothing there is none.
func shareOf(parts, of [][]float64) (v float64, ok bool) {
	all := merged(slices.Concat(of...), work.MergeSum)
	return merged(slices.Concat(parts...), work.MergeSum) / all, all > 0
}

// whole makes one number of those of iterations and, in each, of workers. A total is that
// of all iterations, as wall_s is: the longest exchange of a worker, then the sum of those.
func whole(values [][]float64, m work.Measure) (v float64, ok bool) {
	if !m.Total {
		all := slices.Concat(values...)
		if len(all) == 0 {
			return 0, false
		}
		return merged(all, m.Merge), true
	}
	for _, own := range values {
		if len(own) > 0 {
			v, ok = v+merged(own, m.Merge), true
		}
	}
	return v, ok
}

// merged makes one number of several.
func merged(values []float64, how string) float64 {
	switch how {
	case work.MergeMax:
		return slices.Max(values)
	case work.MergeMin:
		return slices.Min(values)
	}
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	if how == work.MergeMean {
		return sum / float64(len(values))
	}
	return sum
}

// buckets writes a distribution down in rising order. Spans that overlap become one: that of a worker
// whose least or greatest duration lies in it begins or ends there, that of another does not.
func (a *attempt) buckets(name string, counts map[work.Bucket]int64) []record.Bucket {
	spans := slices.SortedFunc(maps.Keys(counts), func(x, y work.Bucket) int { return cmp.Or(cmp.Compare(x.LoNS, y.LoNS), cmp.Compare(x.HiNS, y.HiNS)) })
	var list []record.Bucket
	for _, s := range spans {
		b := record.Bucket{Trial: a.row.Trial, Measure: name, LoS: float64(s.LoNS) * nano, HiS: float64(s.HiNS) * nano, Count: int(counts[s])}
		if n := len(list); n > 0 && b.LoS <= list[n-1].HiS {
			last := &list[n-1]
			last.HiS, last.Count = max(last.HiS, b.HiS), last.Count+b.Count
			continue
		}
		list = append(list, b)
	}
	return list
}

// How far a span of a distribution that is written down may reach, as a share: that is by how much
// a quantile may be off. Workers count in spans of a thousandth, of which a server's trial has
// thousands with a request or two in each: 42 MB for a run of 400 trials. No chart shows a difference of
// half a percent, and no verdict rests on one; what is aside has no chart at all.
const (
	shownSpan = 0.005
	asideSpan = 0.01
)

func spanOf(m work.Measure) float64 {
	if m.Aside {
		return asideSpan
	}
	return shownSpan
}

// wider merges spans that lie within a share of the first of them. The least and the greatest
// duration stay what they are.
func wider(list []record.Bucket, span float64) []record.Bucket {
	var merged []record.Bucket
	for _, b := range list {
		if n := len(merged); n > 0 && b.HiS <= merged[n-1].LoS*(1+span) {
			merged[n-1].HiS = b.HiS
			merged[n-1].Count += b.Count
			continue
		}
		merged = append(merged, b)
	}
	return merged
}

// fillAmounts turns items into the bytes and operations that they stand for.
func (a *attempt) fillAmounts(done float64) {
	kind, err := work.Lookup(a.cell.Workload)
	if err != nil {
		return
	}
	params := work.Params(a.cell.Params)
	if kind.ItemByte != nil {
		a.row.BytesDone = done * float64(kind.ItemByte(params))
	}
	if kind.ItemOps != nil {
		a.row.OpsDone = done * float64(kind.ItemOps(params))
	}
}

// Measures describes what a workload measures of itself in the words of a manifest.
func Measures(k work.Kind) []record.Measure {
	var list []record.Measure
	for _, m := range k.Measures {
		list = append(list, record.Measure{Name: m.Name, Title: m.Title, Unit: m.Unit, Doc: m.Doc, Less: m.Less, Merge: m.Merge, Of: m.Of, Total: m.Total,
			Hist: m.Hist, Aside: m.Aside})
	}
	return list
}
