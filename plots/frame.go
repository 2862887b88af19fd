package plots

import (
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// overhang is how far the label of a lower axis may reach beyond it: areas and
// panels stand further apart than two of them.
const overhang vg.Length = 10

// axisX draws the lower axis with grid lines. Tick labels that would touch
// are left out, their tick marks stay. A scale without a label takes no room
// for one.
func (f frame) axisX() {
	f.s.segment(axisLine, f.x0, f.y1, f.x1, f.y1)
	shown := f.shownTicks()
	for i, t := range f.x.ticks {
		x := f.px(t.v)
		f.s.segment(gridLine, x, f.y0, x, f.y1)
		f.s.segment(axisLine, x, f.y1, x, f.y1+tickLen)
		if shown[i] {
			f.s.text(smallText, x, f.y1+tickLen+2+smallText.line()/2, draw.XCenter, t.text)
		}
	}
	label := f.x.label
	if f.x.broken {
		f.brokenAxis()
		if smallText.width(label) > f.x1-f.x0 {
			label = strings.TrimSuffix(label, notFrom0)
		}
	}
	if label != "" {
		f.s.text(smallText, (f.x0+f.x1)/2, f.y1+axisRoom-smallText.line()/2-3, draw.XCenter, smallText.cut(label, f.x1-f.x0+2*overhang))
	}
}

// brokenAxis marks the left end of a lower axis that does not start at 0.
func (f frame) brokenAxis() {
	for _, x := range []vg.Length{f.x0 + 5, f.x0 + 9} {
		f.s.segment(draw.LineStyle{Color: ink, Width: 0.9}, x-2, f.y1+4, x+2, f.y1-4)
	}
}

// shownTicks chooses the ticks of the lower axis that are labelled: every
// k-th from the last on, the smallest k without an overlap. Where ticks are
// uneven, as on a log axis, it is every tick that has room.
func (f frame) shownTicks() []bool {
	ticks := f.x.ticks
	for stride := 1; ; stride++ {
		shown, fits := make([]bool, len(ticks)), true
		edge := vg.Length(math.Inf(1))
		for i := len(ticks) - 1; i >= 0; i -= stride {
			half := smallText.width(ticks[i].text) / 2
			if f.px(ticks[i].v)+half > edge-4 {
				fits = false
				continue
			}
			shown[i], edge = true, f.px(ticks[i].v)-half
		}
		if fits || f.x.log || f.x.uneven {
			return shown
		}
	}
}

// axisY draws the left axis with grid lines; its label stands upright above
// the panel, where it is the caller's to place.
func (f frame) axisY(labelled bool) {
	edge := vg.Length(math.Inf(1))
	for _, t := range f.y.ticks {
		y := f.py(t.v)
		f.s.segment(gridLine, f.x0, y, f.x1, y)
		if !labelled || y+smallText.line()/2 > edge {
			continue
		}
		f.s.text(smallText, f.x0-6, y, draw.XRight, t.text)
		edge = y - smallText.line()/2
	}
}

// curve joins points that have both coordinates; a gap in the data is a gap
// in the line.
func (f frame) curve(style draw.LineStyle, xs, ys []float64) {
	var run []vg.Point
	flush := func() {
		if len(run) > 1 {
			f.s.lines(style, run...)
		}
		run = nil
	}
	for i := range xs {
		if math.IsNaN(xs[i]) || math.IsNaN(ys[i]) {
			flush()
			continue
		}
		run = append(run, vg.Point{X: f.px(xs[i]), Y: f.py(ys[i])})
	}
	flush()
}

// yRoom is the width that an axis' tick labels take on its left.
func yRoom(s scale) vg.Length {
	var w vg.Length
	for _, t := range s.ticks {
		w = max(w, smallText.width(t.text))
	}
	return w + 8
}

// key is one entry of a legend strip.
type key struct {
	text string
	draw func(s *Sheet, x, y vg.Length) // on a 18 point wide field from x, centred on y
}

// legend writes keys in a strip over the sheet's width, wrapped into as many
// lines as they need.
func (s *Sheet) legend(keys []key) {
	if len(keys) == 0 {
		return
	}
	const field, space = 22, 20
	x, y := margin, s.y+bodyText.line()/2
	for _, k := range keys {
		text := bodyText.cut(k.text, sheetWidth-2*margin-field)
		w := field + bodyText.width(text)
		if x > margin && x+w > sheetWidth-margin {
			x, y = margin, y+bodyText.line()
		}
		k.draw(s, x, y)
		s.text(bodyText, x+field, y, draw.XLeft, text)
		x += w + space
	}
	s.y = y + bodyText.line()/2 + gap
}

// swatch is a legend's patch of colour; dot a marker; stroke a line.
func swatch(c draw.LineStyle) func(*Sheet, vg.Length, vg.Length) {
	return func(s *Sheet, x, y vg.Length) { s.fill(c.Color, x, y-5, x+16, y+5) }
}

func dot(m modelStyle, hollow bool) func(*Sheet, vg.Length, vg.Length) {
	return func(s *Sheet, x, y vg.Length) { s.marker(m, x+8, y, 4, 1, hollow) }
}

func stroke(style draw.LineStyle) func(*Sheet, vg.Length, vg.Length) {
	return func(s *Sheet, x, y vg.Length) { s.segment(style, x, y, x+17, y) }
}

func trimFloat(v float64, decimals int) string {
	return strconv.FormatFloat(v, 'f', decimals, 64)
}
