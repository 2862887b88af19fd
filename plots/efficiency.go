package plots

import (
	"fmt"
	"math"
	"slices"

	"forklore/metrics/digest"
	"forklore/metrics/law"
)

func init() {
	register(Chart{
		Name:     "efficiency",
		Question: "How much of the added cores or workers is used, and what eats the rest?",
		Order:    25,
		Table:    efficiencyTable,
		Draw:     efficiencyDraw,
	})
}

// efficiencyRow is the efficiency and the serial fraction of one trial, or of
// one cell's median.
type efficiencyRow struct {
	Panel string `csv:"panel"`
	who
	Axis       string  `csv:"axis"`
	X          float64 `csv:"x"`
	Kind       string  `csv:"kind"` // trial or median
	Trial      int     `csv:"trial"`
	N          int     `csv:"n"`
	Efficiency float64 `csv:"efficiency"`         // speedup over ideal
	Low        float64 `csv:"efficiency_ci_low"`  // 95 % interval of the median, base held fixed, n >= 6
	High       float64 `csv:"efficiency_ci_high"` //
	Serial     float64 `csv:"serial_fraction"`    // Karp and Flatt; absent where ideal is 1
	SerialLow  float64 `csv:"serial_ci_low"`
	SerialHigh float64 `csv:"serial_ci_high"`
	Ideal      float64 `csv:"ideal"`
	Base       string  `csv:"base"`
}

func efficiencyTable(d *digest.Digest) (Table, error) {
	speedups, err := speedupRows(d, nil)
	if err != nil {
		return Table{}, err
	}
	var rows []efficiencyRow
	for _, r := range speedups {
		rows = append(rows, efficiencyOf(r))
	}
	t := Table{Rows: rows, Subtitle: subtitle(d, "efficiency: speedup over ideal; serial fraction after Karp and Flatt: (1/s − 1/p) / (1 − 1/p); small marker: one trial; line: medians; whisker: 95 % interval of the median (n ≥ 6)")}
	t.Title, t.Reading = efficiencyWords(rows)
	return t, nil
}

func efficiencyOf(r speedupRow) efficiencyRow {
	serial := func(speedup float64) float64 {
		if v, err := law.KarpFlatt(speedup, r.Ideal); err == nil {
			return v
		}
		return math.NaN()
	}
	return efficiencyRow{
		Panel: r.Panel, who: r.who, Axis: r.Axis, X: r.X, Kind: r.Kind, Trial: r.Trial, N: r.N, Ideal: r.Ideal, Base: r.Base,
		Efficiency: r.Value / r.Ideal, Low: r.Low / r.Ideal, High: r.High / r.Ideal,
		Serial: serial(r.Value), SerialLow: serial(r.High), SerialHigh: serial(r.Low),
	}
}

func efficiencyWords(rows []efficiencyRow) (title, reading string) {
	var lo, hi efficiencyRow
	far := 0.0
	for _, r := range rows {
		far = max(far, r.X)
	}
	for _, r := range rows {
		if r.Kind != "median" || r.X != far {
			continue
		}
		if lo.Kind == "" || r.Efficiency < lo.Efficiency {
			lo = r
		}
		if hi.Kind == "" || r.Efficiency > hi.Efficiency {
			hi = r
		}
	}
	at := Count(int(far), lo.Axis[:len(lo.Axis)-1])
	low, high := efficiencyText(rows, lo), efficiencyText(rows, hi)
	reading = fmt.Sprintf("At %s the median efficiency runs from %s (%s, n = %d) to %s (%s, n = %d); a serial fraction that grows tells of overhead, one that stays of serial work.",
		at, low, lo.title(), lo.N, high, hi.title(), hi.N)
	switch {
	case lo.Cell == hi.Cell:
		return fmt.Sprintf("%s: %s reach %s of the ideal at %s", brief(lo.Panel), brief(lo.Series), low, at), reading
	case lo.Panel == hi.Panel:
		return fmt.Sprintf("%s at %s: %s reach %s of the ideal, %s %s", brief(lo.Panel), at, brief(hi.Series), high, brief(lo.Series), low), reading
	}
	return fmt.Sprintf("At %s: %s reach %s of the ideal (%s), %s %s (%s)", at, brief(hi.Series), high, brief(hi.Label),
		brief(lo.Series), low, brief(lo.Label)), reading
}

// efficiencyText prints a cell's efficiency with how sure it is.
func efficiencyText(rows []efficiencyRow, cell efficiencyRow) string {
	return estimated(collect(rows,
		func(r efficiencyRow) bool { return r.Kind == "trial" && r.Cell == cell.Cell && r.Panel == cell.Panel },
		func(r efficiencyRow) float64 { return 100 * r.Efficiency }), "%")
}

func efficiencyDraw(s *Sheet, t Table) {
	rows := rowsOf[efficiencyRow](t)
	var xs, used, serial []float64
	for _, r := range rows {
		xs, used, serial = append(xs, r.X), append(used, r.Efficiency, r.High, 1), append(serial, r.Serial, r.SerialLow, r.SerialHigh, 0.01)
	}
	lo, hi := finiteRange(serial)
	efficiency, fraction := zeroScale("efficiency", "", used, 5), linearScale("serial fraction", "", min(lo, 0), max(hi, 0), 5)
	var panels []curvePanel
	for _, g := range groupBy(rows, func(r efficiencyRow) string { return r.Panel }) {
		ends := []float64{g[0].X, far(g)}
		p := curvePanel{title: g[0].Panel, note: "efficiency; 1 = ideal", y: efficiency, bound: "ideal", boundX: ends, boundY: []float64{1, 1}}
		q := curvePanel{title: g[0].Panel, note: "serial fraction; 0 = ideal", y: fraction, bound: "ideal", boundX: ends, boundY: []float64{0, 0}}
		for _, c := range groupBy(g, func(r efficiencyRow) string { return r.Series }) {
			p.curves = append(p.curves, efficiencyCurve(c, func(r efficiencyRow) (y, low, high float64) { return r.Efficiency, r.Low, r.High }))
			q.curves = append(q.curves, efficiencyCurve(c, func(r efficiencyRow) (y, low, high float64) { return r.Serial, r.SerialLow, r.SerialHigh }))
		}
		panels = append(panels, p)
		if slices.ContainsFunc(g, func(r efficiencyRow) bool { return !math.IsNaN(r.Serial) }) {
			panels = append(panels, q)
		}
	}
	s.drawCurvesBeside(panels, countScale(rows[0].Axis+", log scale", xs), 2) // what belongs to one workload stands side by side
}

// far is the last place that the rows have on their axis.
func far(rows []efficiencyRow) float64 {
	x := rows[0].X
	for _, r := range rows {
		x = max(x, r.X)
	}
	return x
}

func efficiencyCurve(rows []efficiencyRow, of func(efficiencyRow) (y, low, high float64)) curve {
	c := curve{model: rows[0].Model, name: rows[0].Series}
	for _, r := range rows {
		y, low, high := of(r)
		c.points = append(c.points, point{x: r.X, y: y, low: low, high: high, n: r.N, trial: r.Kind == "trial", hollow: r.Workers > r.Cores})
	}
	return c
}
