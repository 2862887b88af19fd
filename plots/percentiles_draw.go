package plots

import (
	"fmt"
	"slices"
)

func percentilesDraw(s *Sheet, t Table) {
	rows := slices.DeleteFunc(slices.Clone(rowsOf[percentilesRow](t)), func(r percentilesRow) bool { return r.Drawn != "yes" })
	values := map[string][]float64{}
	most := 2.0
	for _, r := range rows {
		values[r.Measure] = append(values[r.Measure], r.Value, r.Low, r.High)
		most = max(most, r.OneIn)
	}
	several := len(values) > 1
	groups := groupBy(rows, func(r percentilesRow) string { return r.Measure + "\x00" + r.Panel })
	var panels []curvePanel
	for _, g := range groups {
		p := curvePanel{title: g[0].Panel, strip: len(groups) > 4, y: spreadScale(g[0].Title, "s", values[g[0].Measure])}
		if p.note = p.y.label; several {
			p.title += ": " + g[0].Title
		}
		for _, series := range groupBy(g, func(r percentilesRow) string { return r.Series }) {
			p.curves = append(p.curves, percentilesCurve(series))
		}
		panels = append(panels, p)
	}
	s.drawCurves(panels, percentScale(most))
}

// percentScale is logarithmic in one over the share beyond.
func percentScale(most float64) scale {
	s := scale{min: 2 / 1.2, max: most * 1.1, log: true, label: "percentile", ticks: []tick{{2, percentText(2)}}}
	for x := 10.0; x <= most; x *= 10 {
		s.ticks = append(s.ticks, tick{x, percentText(x)})
	}
	return s
}

func percentilesCurve(rows []percentilesRow) curve {
	c := curve{model: rows[0].Model, name: rows[0].Series}
	for _, g := range groupBy(rows, func(r percentilesRow) string { return r.Kind + fmt.Sprint(r.Trial) }) {
		var line trace
		for _, r := range g {
			line.xs, line.ys = append(line.xs, r.OneIn), append(line.ys, r.Value)
		}
		c.draws(g[0].Kind, line)
		if g[0].Kind == "median" {
			for _, r := range g {
				c.points = append(c.points, point{x: r.OneIn, y: r.Value, low: r.Low, high: r.High, n: r.N, at: percentText(r.OneIn)})
			}
		}
	}
	return c
}
