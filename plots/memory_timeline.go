package plots

import (
	"math"

	"forklore/metrics/digest"
)

func init() {
	register(Chart{
		Name:     "memory-timeline",
		Question: "How does memory grow while the work is done?",
		Order:    60,
		Table:    memoryTimelineTable,
		Draw: func(s *Sheet, t Table) {
			s.drawTimelines(rowsOf[timelineRow](t), view{
				title: "memory", unit: "B",
				of:   func(r timelineRow) float64 { return r.RSS },
				dots: func(r timelineRow) float64 { return r.PSS },
			})
		},
	})
}

func memoryTimelineTable(d *digest.Digest) (Table, error) {
	rows, err := timelineRows(d)
	if err != nil {
		return Table{}, err
	}
	peaks := perTrial(rows, peakRSS)
	if len(peaks) == 0 {
		return Table{}, Absent("no reading holds the memory of a trial")
	}
	t := Table{Rows: rows, Subtitle: subtitle(d, "one line per trial over the time after the gate: RSS summed over its processes, which counts shared pages once in each; hollow marker: sum of PSS, which counts them once")}
	t.Title, t.Reading = timelineWords(rows, peaks, "reach %s", func(v float64) string { return Quantity(v, "B") }, "Median of the largest summed RSS of a trial")
	return t, nil
}

func peakRSS(trial []timelineRow) float64 {
	peak := math.NaN()
	for _, r := range trial {
		if !math.IsNaN(r.RSS) && !(peak >= r.RSS) {
			peak = r.RSS
		}
	}
	return peak
}
