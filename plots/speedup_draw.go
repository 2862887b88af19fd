package plots

import "slices"

func speedupDraw(s *Sheet, t Table) {
	rows := rowsOf[speedupRow](t)
	x, y := speedupScales(rows)
	var panels []curvePanel
	for _, g := range groupBy(rows, func(r speedupRow) string { return r.Panel }) {
		panels = append(panels, speedupCurves(g, y))
	}
	s.drawCurves(panels, x)
}

func speedupScales(rows []speedupRow) (x, y scale) {
	var xs, ys []float64
	for _, r := range rows {
		if ys = append(ys, r.Value, r.Low, r.High, r.Ideal); r.Kind != "fit" {
			xs = append(xs, r.X)
		}
	}
	return countScale(rows[0].Axis+", log scale", xs), ratioScale("speedup, log scale", ys)
}

func speedupCurves(rows []speedupRow, y scale) curvePanel {
	p := curvePanel{title: rows[0].Panel, note: speedupBase(rows), y: y, bound: "ideal"}
	p.boundX, p.boundY = idealLine(rows)
	for _, g := range groupBy(rows, func(r speedupRow) string { return r.Series }) {
		c := curve{model: g[0].Model, name: g[0].Series}
		for _, r := range g {
			if r.Kind == "fit" {
				c.fitX, c.fitY, c.fitLow, c.fitHigh = append(c.fitX, r.X), append(c.fitY, r.Value), append(c.fitLow, r.Low), append(c.fitHigh, r.High)
				continue
			}
			c.points = append(c.points, point{x: r.X, y: r.Value, low: r.Low, high: r.High, n: r.N,
				trial: r.Kind == "trial", hollow: r.Workers > r.Cores})
		}
		p.curves = append(p.curves, c)
	}
	return p
}

// speedupBase says what 1x is, in seconds.
func speedupBase(rows []speedupRow) string {
	text := "speedup; 1x = " + rows[0].Base
	for i, r := range groupBy(rows, func(r speedupRow) string { return r.Series }) {
		switch {
		case r[0].Own == "yes":
			text += []string{": ", ", "}[min(i, 1)] + r[0].Series + " " + Quantity(r[0].BaseS, "s")
		case i == 0:
			text += ", median " + Quantity(r[0].BaseS, "s")
		}
	}
	for _, r := range groupBy(rows, func(r speedupRow) string { return r.Series }) {
		if last := r[len(r)-1]; last.Law != "" {
			text += "; " + last.Series + ": " + last.Law
		}
	}
	return text
}

func idealLine(rows []speedupRow) (xs, ys []float64) {
	sorted := slices.Clone(rows)
	slices.SortStableFunc(sorted, func(a, b speedupRow) int { return int(a.X - b.X) })
	sorted = slices.DeleteFunc(sorted, func(r speedupRow) bool { return r.Kind == "fit" })
	for _, r := range groupBy(sorted, func(r speedupRow) float64 { return r.X }) {
		xs, ys = append(xs, r[0].X), append(ys, r[0].Ideal)
	}
	return xs, ys
}
