package plots

import (
	"fmt"
	"math"
	"strings"

	"forklore/metrics/digest"
	"forklore/metrics/stat"
)

func init() {
	register(Chart{
		Name:     "cpu-timeline",
		Question: "Does each model keep its cores busy all the time?",
		Order:    50,
		Table:    cpuTimelineTable,
		Draw: func(s *Sheet, t Table) {
			rows, host := rowsOf[timelineRow](t), func(r timelineRow) float64 { return r.Host }
			s.legend(append([]key{{"cores given to the trial", stroke(boundLine)}}, hostKey(rows, host)...))
			s.drawTimelines(rows, view{
				title: "CPUs in use",
				of:    func(r timelineRow) float64 { return r.CPUs },
				part:  host,
				bound: func(r timelineRow) float64 { return float64(r.Cores) },
			})
		},
	})
}

func cpuTimelineTable(d *digest.Digest) (Table, error) {
	rows, err := timelineRows(d)
	if err != nil {
		return Table{}, err
	}
	means := perTrial(rows, meanOf(func(r timelineRow) float64 { return r.CPUs }))
	if len(means) == 0 {
		return Table{}, Absent("no trial has two readings of its CPU time: sample more often than a trial is long")
	}
	t := Table{Rows: rows, Subtitle: subtitle(d, "one line per trial over the time after the gate: CPU time between two readings over the time between them")}
	t.Title, t.Reading = timelineWords(rows, means, "keep %s CPUs busy", "", "Median CPUs in use over a trial")
	t.Reading += hostWords(rows, perTrial(rows, meanOf(func(r timelineRow) float64 { return r.Host })), "")
	return t, nil
}

// meanOf returns the mean of a rate over a trial: each weighs as much as the
// time that it holds for. It is NaN for fewer than two readings.
func meanOf(rate func(timelineRow) float64) func([]timelineRow) float64 {
	return func(trial []timelineRow) float64 {
		used, time := 0.0, 0.0
		for i := 1; i < len(trial); i++ {
			if dt := trial[i].T - trial[i-1].T; !math.IsNaN(rate(trial[i])) && dt > 0 {
				used, time = used+rate(trial[i])*dt, time+dt
			}
		}
		return used / time
	}
}

// hostWords says how much of what a trial uses is its host's, where the
// workers are processes of their own: the largest median of a cell.
func hostWords(rows []timelineRow, of map[string][]float64, unit string) string {
	most, where := math.Inf(-1), timelineRow{}
	for _, cell := range groupBy(rows, func(r timelineRow) string { return r.Cell }) {
		if v := stat.Median(of[cell[0].Cell]); v > most {
			most, where = v, cell[0]
		}
	}
	if where.Cell == "" {
		return ""
	}
	return fmt.Sprintf(" The host that supervises worker processes takes at most %s of it (%s, n = %d).", estimated(of[where.Cell], unit), where.title(), len(of[where.Cell]))
}

// timelineWords gives title and reading from one number per trial: the last
// setting of a lone workload model by model, and the range over all cells.
func timelineWords(rows []timelineRow, of map[string][]float64, verb, unit, what string) (title, reading string) {
	var lo, hi timelineRow
	low, high := math.Inf(1), math.Inf(-1)
	last := rows[len(rows)-1]
	var parts []string
	for _, cell := range groupBy(rows, func(r timelineRow) string { return r.Cell }) {
		values := of[cell[0].Cell]
		if len(values) == 0 {
			continue
		}
		v := stat.Median(values)
		if v < low {
			low, lo = v, cell[0]
		}
		if v > high {
			high, hi = v, cell[0]
		}
		if cell[0].Label == last.Label && cell[0].Setting == last.Setting {
			text := estimated(values, unit)
			if len(parts) == 0 {
				text = fmt.Sprintf(verb, text)
			}
			parts = append(parts, cell[0].Series+" "+text)
		}
	}
	reading = fmt.Sprintf("%s: from %s (%s, n = %d) to %s (%s, n = %d).", what,
		estimated(of[lo.Cell], unit), lo.title(), len(of[lo.Cell]), estimated(of[hi.Cell], unit), hi.title(), len(of[hi.Cell]))
	if len(parts) == 0 {
		return fmt.Sprintf("%s: %s to %s", what, estimated(of[lo.Cell], unit), estimated(of[hi.Cell], unit)), reading
	}
	return brief(last.Label) + ", " + last.Setting + ": " + strings.Join(parts, ", "), reading
}
