package plots

import (
	"cmp"
	"image/color"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

func (s *Sheet) curvePanel(p curvePanel, x scale, g panelGrid, column int, direct bool) {
	left, top := margin+vg.Length(column)*(g.width+panelGap), s.y
	title := panelText.wrap(p.title, g.width, mostTitleLines)
	for i, line := range title {
		s.text(panelText, left, top+panelText.line()*(vg.Length(i)+0.5), draw.XLeft, line)
	}
	at := top + panelText.line()*vg.Length(len(title)) + smallText.line()/2
	for i, line := range smallText.wrap(p.note, g.width, 4) {
		s.text(smallText, left, at+smallText.line()*vg.Length(i), draw.XLeft, line)
	}
	if len(p.x.ticks) > 0 {
		x = p.x
	}
	f := frame{s: s, x: x, y: p.y, x0: left + g.left, x1: left + g.width - g.labels, y0: top + g.head, y1: top + g.height - axisRoom}
	f.axisX()
	f.axisY(true)
	var ends []endLabel
	if n := len(p.boundX) - 1; n >= 0 {
		f.curve(boundLine, p.boundX, p.boundY)
		ends = append(ends, endLabel{p.bound, f.px(p.boundX[n]), f.py(p.boundY[n]), rule})
	}
	f.drawMarks(p.marks)
	step := f.dodge(p.curves)
	for i, c := range p.curves {
		dodge := (vg.Length(i) - vg.Length(len(p.curves)-1)/2) * step
		f.drawCurve(c, dodge)
		if x, y := c.end(); !math.IsNaN(y) {
			ends = append(ends, endLabel{c.name, f.px(x) + dodge, f.py(y), styleOf(c.model).color})
		}
	}
	if direct {
		f.endLabels(ends)
	}
}

// dodge is how far models stand beside each other, so that equal values stay
// visible: 4 points where there is room between two places on the axis, 10 where
// these are words, none
// for lines that are more than joined medians.
func (f frame) dodge(curves []curve) vg.Length {
	var xs []float64
	for _, c := range curves {
		if len(c.thin) > 0 {
			return 0
		}
		for _, p := range c.points {
			if xs = append(xs, p.x); p.right > p.left {
				return 0
			}
		}
	}
	xs = slices.Compact(slices.Sorted(slices.Values(xs)))
	step := vg.Length(4)
	if f.x.words {
		step = 10
	}
	for i := 1; i < len(xs); i++ {
		step = min(step, (f.px(xs[i])-f.px(xs[i-1]))/vg.Length(2*len(curves)))
	}
	return step
}

// end is where a curve's line ends.
func (c curve) end() (x, y float64) {
	if n := len(c.fitX); n > 0 && (len(c.thin) > 0 || len(c.points) == 0) {
		return c.fitX[n-1], c.fitY[n-1]
	}
	if len(c.points) == 0 {
		return math.NaN(), math.NaN()
	}
	last := c.points[len(c.points)-1]
	return last.x, last.y
}

// drawMarks draws upright lines, each with its name on the left, or on the
// right where that has no room; a name that would touch another is a line
// lower.
func (f frame) drawMarks(marks []tick) {
	edge, y := vg.Length(math.Inf(-1)), f.y0+smallText.line()/2
	for _, m := range marks {
		x := f.px(m.v)
		if x < f.x0 || x > f.x1 {
			continue
		}
		f.s.segment(boundLine, x, f.y0, x, f.y1)
		w := smallText.width(m.text)
		left := x - 4 - w
		if left < max(edge+4, f.x0) && x+4+w < f.x1 {
			left = x + 4
		}
		if left < edge+4 {
			y += smallText.line()
		}
		f.s.text(smallText, left, y, draw.XLeft, m.text)
		edge = left + w
	}
}

// drawCurve draws one model. Medians are joined by a line, or, where a law was
// fitted, by that law within its band.
func (f frame) drawCurve(c curve, dodge vg.Length) {
	m := styleOf(c.model)
	var line []vg.Point
	for _, p := range c.points {
		if !p.trial && !p.apart && !math.IsNaN(p.y) {
			line = append(line, vg.Point{X: f.px(p.x) + dodge, Y: f.py(p.y)})
		}
	}
	alpha := max(0.18, min(0.5, 2/float64(max(1, len(c.thin)))))
	for _, t := range c.thin {
		f.curve(draw.LineStyle{Color: faded(m.color, alpha), Width: 0.7}, t.xs, t.ys)
	}
	if len(c.fitX) > 0 {
		if len(c.fitLow) > 0 {
			f.band(faded(m.color, 0.16), c.fitX, c.fitLow, c.fitHigh)
		}
		f.curve(draw.LineStyle{Color: m.color, Width: 1.4}, c.fitX, c.fitY)
	} else if len(line) > 1 {
		f.s.lines(draw.LineStyle{Color: m.color, Width: 1.4}, line...)
	}
	for i, p := range c.points {
		switch {
		case math.IsNaN(p.y):
		case p.trial && p.n <= pointsUntil:
			f.s.marker(m, f.px(p.x)+dodge+jitter(i, p.n)*3, f.py(p.y), 1.8, 0.45, false)
		case !p.trial:
			f.drawMedian(c, p, dodge)
		}
	}
}

func (f frame) drawMedian(c curve, p point, dodge vg.Length) {
	m := styleOf(c.model)
	line := draw.LineStyle{Color: m.color, Width: 1.4}
	x, y := f.px(p.x)+dodge, f.py(p.y)
	if !math.IsNaN(p.low) {
		f.s.segment(line, x, f.py(p.low), x, f.py(p.high))
	}
	if p.right > p.left {
		f.s.segment(line, f.px(p.left), y, f.px(p.right), y)
	}
	f.s.marker(m, x, y, 3.6, 1, p.hollow)
	at := cmp.Or(p.at, trimFloat(p.x, 0))
	f.s.spot(x-6, y-6, x+6, y+6, c.name+" at "+at+": "+f.y.quantity(p.y, p.low, p.high)+", n = "+strconv.Itoa(p.n))
}

// band fills between two curves over the same places; absent bounds end it.
func (f frame) band(c color.NRGBA, xs, low, high []float64) {
	for i := 1; i < len(xs); i++ {
		if math.IsNaN(low[i-1] + low[i] + high[i-1] + high[i]) {
			continue
		}
		f.s.polygon(c, vg.Point{X: f.px(xs[i-1]), Y: f.py(low[i-1])}, vg.Point{X: f.px(xs[i]), Y: f.py(low[i])},
			vg.Point{X: f.px(xs[i]), Y: f.py(high[i])}, vg.Point{X: f.px(xs[i-1]), Y: f.py(high[i-1])})
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
