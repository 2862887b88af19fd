package plots

import (
	"math"
	"slices"

	"gonum.org/v1/plot/vg/draw"

	"forklore/metrics/digest"
)

func init() {
	register(Chart{
		Name:     "memory-timeline",
		Question: "How does memory grow while the work is done?",
		Order:    60,
		Table:    memoryTimelineTable,
		Draw: func(s *Sheet, t Table) {
			rows, host := rowsOf[timelineRow](t), func(r timelineRow) float64 { return r.HostB }
			s.legend(append(pssKey(rows), hostKey(rows, host)...))
			s.drawTimelines(rows, view{
				title: "memory", unit: "B",
				of:   func(r timelineRow) float64 { return r.RSS },
				part: host,
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
	peaks := perTrial(rows, peakOf(func(r timelineRow) float64 { return r.RSS }))
	if len(peaks) == 0 {
		return Table{}, Absent("no reading holds the memory of a trial")
	}
	t := Table{Rows: rows, Subtitle: subtitle(d, "one line per trial over the time after the gate: RSS summed over its processes, which counts shared pages once in each; hollow marker: sum of PSS, which counts them once")}
	t.Title, t.Reading = timelineWords(rows, peaks, "reach %s", "B", "Median of the largest summed RSS of a trial")
	t.Reading += hostWords(rows, perTrial(rows, peakOf(func(r timelineRow) float64 { return r.HostB })), "B")
	return t, nil
}

func peakOf(memory func(timelineRow) float64) func([]timelineRow) float64 {
	return func(trial []timelineRow) float64 {
		peak := math.NaN()
		for _, r := range trial {
			if v := memory(r); !math.IsNaN(v) && !(peak >= v) {
				peak = v
			}
		}
		return peak
	}
}

// pssKey is the legend of the hollow markers, if any reading has one.
func pssKey(rows []timelineRow) []key {
	if !slices.ContainsFunc(rows, func(r timelineRow) bool { return !math.IsNaN(r.PSS) }) {
		return []key{{"RSS", stroke(draw.LineStyle{Color: ink, Width: 1.3})}}
	}
	return []key{{"RSS", stroke(draw.LineStyle{Color: ink, Width: 1.3})}, {"PSS", dot(modelStyle{ink, circle}, true)}}
}
