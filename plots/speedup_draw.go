package plots

import (
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

func speedupDraw(s *Sheet, t Table) {
	rows := rowsOf[speedupRow](t)
	panels := groupBy(rows, func(r speedupRow) string { return r.Panel })
	x, y := speedupScales(rows)
	g := gridOf(panels, y)
	direct := g.fitsDirect(panels)
	if !direct {
		s.legend(speedupKeys(rows))
	}
	for i, p := range panels {
		if i%g.columns == 0 && i > 0 {
			s.y += g.height + gap
		}
		s.speedupPanel(p, x, y, g, i%g.columns, direct)
	}
	s.y += g.height
}

func speedupScales(rows []speedupRow) (x, y scale) {
	var xs, ys []float64
	for _, r := range rows {
		xs, ys = append(xs, r.X), append(ys, r.Value, r.Low, r.High, r.Ideal)
	}
	return countScale(rows[0].Axis+", log scale", xs), ratioScale("speedup, log scale", ys)
}

// panelGrid is the arrangement of small multiples on a sheet.
type panelGrid struct {
	columns       int
	width, height vg.Length // of a panel with its axes and title
	head          vg.Length // of it, above the data area
	left, labels  vg.Length // room for tick labels and for direct labels
}

const panelGap vg.Length = 24

func gridOf(panels [][]speedupRow, y scale) panelGrid {
	g := panelGrid{columns: 3, height: 250, left: yRoom(y)}
	switch len(panels) {
	case 1:
		g.columns, g.height = 1, 430
	case 2, 4:
		g.columns, g.height = 2, 300
	}
	g.width = (sheetWidth - 2*margin - panelGap*vg.Length(g.columns-1)) / vg.Length(g.columns)
	for _, p := range panels {
		title, base := panelText.wrap(p[0].Panel, g.width, 2), smallText.wrap(speedupBase(p), g.width, 2)
		g.head = max(g.head, panelText.line()*vg.Length(len(title))+smallText.line()*vg.Length(len(base))+gap)
	}
	return g
}

// fitsDirect tells whether every panel has room for a name at the end of each
// line, and reserves it.
func (g *panelGrid) fitsDirect(panels [][]speedupRow) bool {
	for _, p := range panels {
		series := groupBy(p, func(r speedupRow) string { return r.Series })
		if vg.Length(len(series)+1)*smallText.line() > g.height-g.head-axisRoom {
			return false
		}
		for _, r := range series {
			g.labels = max(g.labels, smallText.width(printable(r[0].Series))+14)
		}
	}
	g.labels = max(g.labels, smallText.width("ideal")+14)
	if g.labels > 0.34*g.width {
		g.labels = 8
		return false
	}
	return true
}

func speedupKeys(rows []speedupRow) []key {
	var keys []key
	seen := map[string]bool{}
	for _, r := range rows {
		if !seen[r.Series] {
			keys = append(keys, key{r.Series, dot(styleOf(r.Model), false)})
		}
		seen[r.Series] = true
	}
	return append(keys, key{"ideal", stroke(boundLine)})
}

func (s *Sheet) speedupPanel(rows []speedupRow, x, y scale, g panelGrid, column int, direct bool) {
	left := margin + vg.Length(column)*(g.width+panelGap)
	top := s.y
	title := panelText.wrap(rows[0].Panel, g.width, 2)
	for i, line := range title {
		s.text(panelText, left, top+panelText.line()*(vg.Length(i)+0.5), draw.XLeft, line)
	}
	at := top + panelText.line()*vg.Length(len(title)) + smallText.line()/2
	for i, line := range smallText.wrap(speedupBase(rows), g.width, 2) {
		s.text(smallText, left, at+smallText.line()*vg.Length(i), draw.XLeft, line)
	}
	f := frame{s: s, x: x, y: y, x0: left + g.left, x1: left + g.width - g.labels, y1: top + g.height - axisRoom}
	f.y0 = top + g.head
	f.axisX()
	f.axisY(true)
	f.drawIdeal(rows)
	series := groupBy(rows, func(r speedupRow) string { return r.Series })
	ends := []endLabel{f.idealEnd(rows)}
	for i, r := range series {
		dodge := (vg.Length(i) - vg.Length(len(series)-1)/2) * 4
		f.drawSpeedup(r, dodge)
		last := r[len(r)-1]
		ends = append(ends, endLabel{last.Series, f.px(last.X) + dodge, f.py(last.Value), styleOf(last.Model).color})
	}
	if direct {
		f.endLabels(ends)
	}
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
	return text
}

func (f frame) drawIdeal(rows []speedupRow) {
	xs, ys := idealLine(rows)
	f.curve(boundLine, xs, ys)
}

func idealLine(rows []speedupRow) (xs, ys []float64) {
	sorted := slices.Clone(rows)
	slices.SortStableFunc(sorted, func(a, b speedupRow) int { return int(a.X - b.X) })
	for _, r := range groupBy(sorted, func(r speedupRow) string { return fmt.Sprint(r.X) }) {
		xs, ys = append(xs, r[0].X), append(ys, r[0].Ideal)
	}
	return xs, ys
}

func (f frame) idealEnd(rows []speedupRow) endLabel {
	xs, ys := idealLine(rows)
	n := len(xs) - 1
	return endLabel{"ideal", f.px(xs[n]), f.py(ys[n]), rule}
}

// drawSpeedup draws one model: every trial, the medians with their intervals
// and the line that joins them. Markers of oversubscribed cells are hollow.
func (f frame) drawSpeedup(rows []speedupRow, dodge vg.Length) {
	m := styleOf(rows[0].Model)
	var line []vg.Point
	for _, r := range rows {
		if r.Kind == "median" {
			line = append(line, vg.Point{X: f.px(r.X) + dodge, Y: f.py(r.Value)})
		}
	}
	f.s.lines(draw.LineStyle{Color: m.color, Width: 1.4}, line...)
	for i, r := range rows {
		x, y := f.px(r.X)+dodge, f.py(r.Value)
		if r.Kind == "trial" {
			if r.N <= pointsUntil {
				f.s.marker(m, x+jitter(i, r.N)*3, y, 1.8, 0.45, false)
			}
			continue
		}
		if !math.IsNaN(r.Low) {
			f.s.segment(draw.LineStyle{Color: m.color, Width: 1.4}, x, f.py(r.Low), x, f.py(r.High))
		}
		f.s.marker(m, x, y, 3.6, 1, r.Workers > r.Cores)
	}
}

// endLabel names a line at its right end.
type endLabel struct {
	text  string
	x, y  vg.Length   // the line's end
	color color.NRGBA // of the leader; letters stay dark enough to read
}

// endLabels writes the names right of the frame, pushed apart where they
// would overlap, with a thin leader from each line's end.
func (f frame) endLabels(ends []endLabel) {
	slices.SortStableFunc(ends, func(a, b endLabel) int {
		switch {
		case a.y < b.y:
			return -1
		case a.y > b.y:
			return 1
		}
		return 0
	})
	h := smallText.line()
	ys := make([]vg.Length, len(ends))
	low := f.y0 + h/2
	for i, e := range ends {
		ys[i] = max(e.y, low)
		low = ys[i] + h
	}
	high := f.y1 - h/2
	for i := len(ys) - 1; i >= 0; i-- {
		ys[i] = min(ys[i], high)
		high = ys[i] - h
	}
	for i, e := range ends {
		f.s.segment(draw.LineStyle{Color: e.color, Width: 0.6}, e.x+4, e.y, f.x1+9, ys[i])
		f.s.text(smallText.in(ink), f.x1+12, ys[i], draw.XLeft, e.text)
	}
}
