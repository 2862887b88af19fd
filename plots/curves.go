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

// A curves chart shows small multiples over a number such as the cores, a
// parameter or a percentile: every trial, the medians with their intervals and
// the line that joins them, one colour a model.

// curvePanel is one of the multiples.
type curvePanel struct {
	title, note    string
	x              scale // the sheet's where it has no ticks
	y              scale
	curves         []curve
	strip          bool   // names in a strip above all panels, not at the lines' ends
	marks          []tick // dashed upright lines, named at their upper ends
	bound          string // name of the dashed line; empty for none
	boundX, boundY []float64
}

// curve is one model within a panel.
type curve struct {
	model, name string
	points      []point

	// fitX and fitY are a line that does not join the medians: a fitted law
	// within its band, or many measurements taken together. Empty for none.
	fitX, fitY, fitLow, fitHigh []float64

	thin []trace // faint lines, one a trial
}

// trace is one trial as a line.
type trace struct{ xs, ys []float64 }

// point is a trial, or a median with its interval.
type point struct {
	x, y, low, high float64
	left, right     float64 // the interval across; none where they are equal
	n               int
	trial, hollow   bool
	at              string // where the point is, in words; empty for its x
}

// panelGrid is the arrangement of small multiples on a sheet.
type panelGrid struct {
	columns       int
	width, height vg.Length // of a panel with its axes and title
	head          vg.Length // of it, above the data area
	left, labels  vg.Length // room for tick labels and for direct labels
}

const panelGap vg.Length = 24

// drawCurves lays panels out below the sheet's head. Names stand at the lines'
// ends where all panels have room for them, else in a strip above.
func (s *Sheet) drawCurves(panels []curvePanel, x scale) {
	g := gridOf(panels)
	direct := g.fitsDirect(panels)
	if !direct {
		s.legend(curveKeys(panels))
	}
	for i, p := range panels {
		if i%g.columns == 0 && i > 0 {
			s.y += g.height + gap
		}
		s.curvePanel(p, x, g, i%g.columns, direct)
	}
	s.y += g.height
}

func gridOf(panels []curvePanel) panelGrid {
	g := panelGrid{columns: 3, height: 250}
	switch len(panels) {
	case 1:
		g.columns, g.height = 1, 430
	case 2, 4:
		g.columns, g.height = 2, 300
	}
	g.width = (sheetWidth - 2*margin - panelGap*vg.Length(g.columns-1)) / vg.Length(g.columns)
	for _, p := range panels {
		title, note := panelText.wrap(p.title, g.width, 2), smallText.wrap(p.note, g.width, 4)
		g.head = max(g.head, panelText.line()*vg.Length(len(title))+smallText.line()*vg.Length(len(note))+gap)
		g.left = max(g.left, yRoom(p.y))
	}
	g.height += max(0, g.head-3*panelText.line())
	return g
}

// fitsDirect tells whether every panel has room for a name at the end of each
// line, and reserves it.
func (g *panelGrid) fitsDirect(panels []curvePanel) bool {
	for _, p := range panels {
		if p.strip || vg.Length(len(p.curves)+1)*smallText.line() > g.height-g.head-axisRoom {
			g.labels = 8
			return false
		}
		for _, c := range p.curves {
			g.labels = max(g.labels, smallText.width(printable(c.name))+14)
		}
		g.labels = max(g.labels, smallText.width(p.bound)+14)
	}
	if g.labels > 0.34*g.width {
		g.labels = 8
		return false
	}
	return true
}

func curveKeys(panels []curvePanel) []key {
	var keys []key
	seen := map[string]bool{}
	bound := ""
	for _, p := range panels {
		for _, c := range p.curves {
			if !seen[c.name] {
				keys = append(keys, key{c.name, dot(styleOf(c.model), false)})
			}
			seen[c.name] = true
		}
		if bound == "" {
			bound = p.bound
		}
	}
	if bound != "" {
		keys = append(keys, key{bound, stroke(boundLine)})
	}
	return keys
}

func (s *Sheet) curvePanel(p curvePanel, x scale, g panelGrid, column int, direct bool) {
	left, top := margin+vg.Length(column)*(g.width+panelGap), s.y
	title := panelText.wrap(p.title, g.width, 2)
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
// visible: 4 points where there is room between two places on the axis, none
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
		if !p.trial && !math.IsNaN(p.y) {
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
		x, y := f.px(p.x)+dodge, f.py(p.y)
		switch {
		case math.IsNaN(p.y):
		case p.trial && p.n <= pointsUntil:
			f.s.marker(m, x+jitter(i, p.n)*3, y, 1.8, 0.45, false)
		case !p.trial:
			if !math.IsNaN(p.low) {
				f.s.segment(draw.LineStyle{Color: m.color, Width: 1.4}, x, f.py(p.low), x, f.py(p.high))
			}
			if p.right > p.left {
				f.s.segment(draw.LineStyle{Color: m.color, Width: 1.4}, f.px(p.left), y, f.px(p.right), y)
			}
			f.s.marker(m, x, y, 3.6, 1, p.hollow)
			f.s.spot(x-6, y-6, x+6, y+6, c.name+" at "+cmp.Or(p.at, trimFloat(p.x, 0))+": "+f.y.quantity(p.y, p.low, p.high)+", n = "+strconv.Itoa(p.n))
		}
	}
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
