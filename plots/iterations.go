package plots

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot/vg/draw"

	"forklore/metrics/digest"
	"forklore/metrics/stat"
)

func init() {
	register(Chart{
		Name:     "iterations",
		Question: "How many iterations does a trial need to warm up?",
		Order:    80,
		Table:    iterationsTable,
		Draw:     drawIterations,
	})
}

// iterationsRow is one iteration of one trial, or of the median trial.
type iterationsRow struct {
	who
	Trial     int     `csv:"trial"` // 0 for the median over trials, and where the cell has no iterations
	Iteration int     `csv:"iteration"`
	Wall      float64 `csv:"wall_s"`
	Warmup    float64 `csv:"warmup_iterations"` // that MSER cuts off the median line; absent for fewer than four
	Settled   string  `csv:"settled"`           // "yes" or "no"; empty where Warmup is absent
	N         int     `csv:"trials"`
	Note      string  `csv:"note"` // why the cell has no iterations
}

func iterationsTable(d *digest.Digest) (Table, error) {
	if len(d.Iterations) == 0 {
		if slices.ContainsFunc(d.Cells, func(c digest.Cell) bool { return c.Iterations > 1 }) {
			return Table{}, Absent("the run has no times of single iterations")
		}
		return Table{}, Absent("every trial does its work once: ask for more with iterations in the experiment")
	}
	lines, step, points := map[int][]digest.Iterated{}, 1, 0
	for _, l := range d.Iterations {
		lines[l.Cell] = append(lines[l.Cell], l)
		step, points = max(step, l.Step), points+len(l.Number)
	}
	every := max(1, (points+mostIterations-1)/mostIterations)
	var rows []iterationsRow
	for _, e := range entries(d) {
		rows = append(rows, iterationsOf(e, lines[e.index], every)...)
	}
	t := Table{Rows: rows}
	t.Title, t.Reading = iterationsWords(rows)
	estimator := "thin line: one trial; thick line: median over trials of each iteration; dashed: the end of the warm-up that MSER (White 1997) finds in the median line"
	if step > 1 {
		estimator += fmt.Sprintf("; of long trials at most every %d. iteration is shown", step)
	}
	if every > 1 {
		estimator += fmt.Sprintf("; one of %d trials is drawn, the median is that of all", every)
	}
	t.Subtitle = subtitle(d, estimator)
	return t, nil
}

// mostIterations bounds the points drawn: more neither the eye nor the memory
// of a small machine holds.
const mostIterations = 100_000

// iterationsOf returns a cell's rows: the median trial, then one of every so
// many trials.
func iterationsOf(e entry, trials []digest.Iterated, every int) []iterationsRow {
	row := iterationsRow{who: e.who, N: len(trials), Wall: math.NaN(), Warmup: math.NaN()}
	if len(trials) == 0 {
		row.Note = "no iterations"
		if len(e.Trials) == 0 {
			row.Note = "no ok trial"
		}
		return []iterationsRow{row}
	}
	numbers, medians := medianTrial(trials)
	if cut, _, err := stat.MSER(medians); err == nil {
		row.Warmup, row.Settled = 0, "yes"
		if cut > 0 {
			row.Warmup = float64(numbers[cut] - 1)
		}
		if cut == len(medians)/2 {
			row.Settled = "no"
		}
	}
	var rows []iterationsRow
	add := func(trial, number int, wall float64) {
		row.Trial, row.Iteration, row.Wall = trial, number, wall
		rows = append(rows, row)
	}
	for i, number := range numbers {
		add(0, number, medians[i])
	}
	for k := 0; k < len(trials); k += every {
		t := trials[k]
		for i, number := range t.Number {
			add(t.Trial, number, t.WallS[i])
		}
	}
	return rows
}

// medianTrial takes the median over trials of each iteration that more than
// half of them have.
func medianTrial(trials []digest.Iterated) (numbers []int, medians []float64) {
	of := map[int][]float64{}
	for _, t := range trials {
		for i, number := range t.Number {
			of[number] = append(of[number], t.WallS[i])
		}
	}
	for number, walls := range of {
		if 2*len(walls) > len(trials) {
			numbers = append(numbers, number)
		}
	}
	slices.Sort(numbers)
	for _, number := range numbers {
		medians = append(medians, stat.Median(of[number]))
	}
	return numbers, medians
}

// warmth is what MSER says of one cell.
type warmth struct {
	iterationsRow
	total        int
	during, rest float64 // median time of an iteration within the warm-up and after it
}

// iterationsWords gives title and reading from the longest and the shortest
// warm-up; a cell that never settled counts as the longest.
func iterationsWords(rows []iterationsRow) (title, reading string) {
	var all []warmth
	unsettled := 0
	for _, cell := range groupBy(rows, func(r iterationsRow) string { return r.Cell }) {
		if math.IsNaN(cell[0].Warmup) {
			continue
		}
		all = append(all, warmthOf(cell))
		if cell[0].Settled == "no" {
			unsettled++
		}
	}
	if len(all) == 0 {
		return "Too few iterations to tell a warm-up", "No cell has the four iterations that MSER needs to find a warm-up."
	}
	slices.SortStableFunc(all, func(a, b warmth) int { return int(a.Warmup - b.Warmup) })
	least, most := all[0], all[len(all)-1]
	switch {
	case unsettled > 0:
		title = fmt.Sprintf("In %d of %s, no end of the warm-up is in sight within the first half of a trial", unsettled, Count(len(all), "cell"))
	case most.Warmup == 0:
		title = "No cell needs iterations to warm up"
	default:
		title = fmt.Sprintf("The warm-up takes up to %s: %s", most.span(), brief(most.title()))
	}
	reading = "The dashed line cuts off as warm-up " + least.words()
	if len(all) > 1 {
		reading = "The dashed line cuts off as warm-up from " + least.words() + " to " + most.words()
	}
	if unsettled > 0 {
		reading += fmt.Sprintf("; in %s the cut is at half of the iterations, the furthest that MSER looks, so that the times may not have settled", Count(unsettled, "cell"))
	}
	return title, reading + "."
}

func warmthOf(cell []iterationsRow) warmth {
	w := warmth{iterationsRow: cell[0]}
	var during, rest []float64
	for _, r := range cell {
		if r.Trial != 0 {
			break
		}
		w.total = r.Iteration
		if float64(r.Iteration) <= r.Warmup {
			during = append(during, r.Wall)
		} else {
			rest = append(rest, r.Wall)
		}
	}
	w.during, w.rest = stat.Median(during), stat.Median(rest)
	return w
}

func (w warmth) span() string { return fmt.Sprintf("%.0f of %d iterations", w.Warmup, w.total) }

func (w warmth) words() string {
	text := fmt.Sprintf("%s (%s, n = %d trials: ", w.span(), w.title(), w.N)
	if w.Warmup > 0 {
		text += "median " + Quantity(w.during, "s") + " before the cut, "
	}
	return text + Quantity(w.rest, "s") + " after it)"
}

// drawIterations draws the small multiples of timelines over the iteration.
func drawIterations(s *Sheet, t Table) {
	medianLine := draw.LineStyle{Color: ink, Width: 1.5}
	s.legend([]key{{"median over trials", stroke(medianLine)}, {"end of the warm-up", stroke(boundLine)}})
	rows, cut := []timelineRow{}, map[string]float64{}
	medians := map[string][]iterationsRow{}
	for _, r := range rowsOf[iterationsRow](t) {
		if r.Trial == 0 && r.Note == "" {
			medians[r.Cell], cut[r.Cell] = append(medians[r.Cell], r), r.Warmup
			continue
		}
		rows = append(rows, timelineRow{who: r.who, Trial: r.Trial, T: float64(r.Iteration), CPUs: r.Wall, Note: r.Note})
	}
	s.drawTimelines(rows, view{
		title: "wall time by iteration number", unit: "s",
		of:     func(r timelineRow) float64 { return r.CPUs },
		scales: iterationScales,
		over: func(f frame, cell []timelineRow) {
			var xs, ys []float64
			for _, r := range medians[cell[0].Cell] {
				xs, ys = append(xs, float64(r.Iteration)), append(ys, r.Wall)
			}
			f.curve(medianLine, xs, ys)
			if w := cut[cell[0].Cell]; w > 0 {
				f.s.segment(boundLine, f.px(w+0.5), f.y0, f.px(w+0.5), f.y1)
			}
		},
	})
}

// iterationScales has ticks at whole iterations.
func iterationScales(rows []timelineRow, v view) (x, y scale) {
	var xs, ys []float64
	for _, r := range rows {
		xs, ys = append(xs, r.T), append(ys, v.of(r))
	}
	_, hi := finiteRange(xs)
	x = linearScale("", "", 0, max(hi, 2), 5)
	x.ticks = slices.DeleteFunc(x.ticks, func(t tick) bool { return t.v != math.Trunc(t.v) || t.v == 0 })
	x.ticks = trimCounts(x.ticks)
	return x, spreadScale(v.title, v.unit, ys)
}
