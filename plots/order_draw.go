package plots

import (
	"cmp"
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

func orderDraw(s *Sheet, t Table) {
	rows := rowsOf[orderRow](t)
	panels := []orderPanel{relativePanel(rows)}
	if p, ok := takenPanel(rows); ok {
		panels = append(panels, p)
	}
	if p, ok := pressurePanel(rows); ok {
		panels = append(panels, p)
	}
	x := trialScale(each(rows, func(r orderRow) float64 { return float64(r.Trial) }))
	var room vg.Length
	for _, p := range panels {
		room = max(room, yRoom(p.y))
	}
	for i, p := range panels {
		if i < len(panels)-1 {
			x.label = ""
		} else {
			x.label = "trial, in the order of the run"
		}
		s.orderPanel(p, rows, x, room)
	}
}

// orderPanel is one line of trials over the run; all share their axis.
type orderPanel struct {
	title  string
	keys   []key
	y      scale
	height vg.Length
	draw   func(frame, []orderRow)
}

func (s *Sheet) orderPanel(p orderPanel, rows []orderRow, x scale, room vg.Length) {
	s.text(panelText, margin, s.y+panelText.line()/2, draw.XLeft, p.title)
	s.y += panelText.line() + 2
	s.legend(p.keys)
	f := frame{s: s, x: x, y: p.y, x0: margin + room, x1: sheetWidth - margin, y0: s.y, y1: s.y + p.height}
	f.blocks(rows)
	f.axisX()
	f.axisY(true)
	p.draw(f, rows)
	s.y = f.y1 + axisRoom
}

func relativePanel(rows []orderRow) orderPanel {
	relative := each(rows, func(r orderRow) float64 { return r.Relative })
	return orderPanel{"Value over the median of its cell, log scale", append(modelKeys(rows), key{"median of the cell", stroke(boundLine)}),
		ratioScale("", append(relative, 1)), 230, drawOrder}
}

// takenPanel is what others took, if anything says so.
func takenPanel(rows []orderRow) (orderPanel, bool) {
	taken, known := []float64{0.1}, false
	for _, r := range rows {
		known = known || !math.IsNaN(r.Steal) || !math.IsNaN(r.Foreign)
		taken = append(taken, orZero(r.Steal)+max(0, orZero(r.Foreign)), r.Steal, r.Foreign)
	}
	return orderPanel{"CPUs taken by others during the work", []key{{"other programs", bar(foreignColor)}, {"steal", bar(stealColor)}},
		zeroScale("", "", taken, 4), 90, drawTaken}, known
}

// pressure is one resource that tasks wait for.
type pressure struct {
	name string
	line draw.LineStyle
	of   func(orderRow) float64
}

var pressures = []pressure{
	{"for a CPU", draw.LineStyle{Color: muted, Width: 1.1}, func(r orderRow) float64 { return r.CPU }},
	{"for IO", draw.LineStyle{Color: styleOf("").color, Width: 1.3, Dashes: []vg.Length{4, 2}}, func(r orderRow) float64 { return r.IO }},
	{"for memory", draw.LineStyle{Color: alarm, Width: 1.6, Dashes: []vg.Length{1.5, 2}}, func(r orderRow) float64 { return r.Memory }},
}

// pressurePanel is what tasks waited for, if the kernel tells.
func pressurePanel(rows []orderRow) (orderPanel, bool) {
	var keys []key
	values := []float64{1}
	for _, p := range pressures {
		if of := each(rows, func(r orderRow) float64 { return 100 * p.of(r) }); len(finite(of)) > 0 {
			keys, values = append(keys, key{p.name, stroke(p.line)}), append(values, of...)
		}
	}
	return orderPanel{"Share of the work's time in which some task of the machine waited, in %", keys, zeroScale("", "", values, 4), 70, drawPressures}, len(keys) > 0
}

func drawPressures(f frame, rows []orderRow) {
	xs := each(rows, func(r orderRow) float64 { return float64(r.Trial) })
	for _, p := range pressures {
		ys := each(rows, func(r orderRow) float64 { return 100 * p.of(r) })
		f.curve(p.line, xs, ys)
		for i, y := range ys { // a trial between two that say nothing has no line
			if !math.IsNaN(y) && (i == 0 || math.IsNaN(ys[i-1])) && (i == len(ys)-1 || math.IsNaN(ys[i+1])) {
				f.s.marker(modelStyle{p.line.Color.(color.NRGBA), circle}, f.px(xs[i]), f.py(y), 1.6, 1, false)
			}
		}
	}
}

var (
	foreignColor = faded(rule, 0.55)
	stealColor   = alarm
)

func bar(c interface {
	RGBA() (r, g, b, a uint32)
}) func(*Sheet, vg.Length, vg.Length) {
	return swatch(draw.LineStyle{Color: c})
}

func modelKeys(rows []orderRow) []key {
	seen := map[string]orderRow{}
	var names []string
	for _, r := range rows {
		if _, ok := seen[r.Series]; !ok {
			names = append(names, r.Series)
		}
		seen[r.Series] = r
	}
	slices.SortStableFunc(names, func(a, b string) int {
		return cmp.Or(modelOrder(seen[a].Model)-modelOrder(seen[b].Model), cmp.Compare(a, b))
	})
	var keys []key
	for _, n := range names {
		keys = append(keys, key{n, dot(styleOf(seen[n].Model), false)})
	}
	return keys
}

// trialScale counts trials: whole ticks on a linear axis.
func trialScale(trials []float64) scale {
	lo, hi := finiteRange(trials)
	pad := max(0.5, 0.01*(hi-lo))
	s := scale{min: lo - pad, max: hi + pad}
	step := max(1, niceStep((hi-lo)/8))
	for i := math.Ceil(lo / step); i*step <= hi; i++ {
		s.ticks = append(s.ticks, tick{i * step, trimFloat(i*step, 0)})
	}
	return s
}

// mostBlocks is how many blocks can be told apart as stripes.
const mostBlocks = 80

// blocks shades every second block, where the run went by blocks and they are
// wide enough to be seen.
func (f frame) blocks(rows []orderRow) {
	groups := groupBy(rows, func(r orderRow) int { return r.Block })
	if len(groups) > mostBlocks {
		return
	}
	for i, g := range groups {
		if i%2 == 1 {
			f.s.fill(stripe, f.px(float64(g[0].Trial)-0.5), f.y0, f.px(float64(g[len(g)-1].Trial)+0.5), f.y1)
		}
	}
}

func drawOrder(f frame, rows []orderRow) {
	f.s.segment(boundLine, f.x0, f.py(1), f.x1, f.py(1))
	radius, alpha := vg.Length(2.6), 0.8
	if len(rows) > 400 {
		radius, alpha = 1.5, 0.5
	}
	for _, r := range rows {
		x, y := f.px(float64(r.Trial)), f.py(r.Relative)
		f.s.marker(styleOf(r.Model), x, y, radius, alpha, false)
		m := metricByName(r.Metric)
		f.s.spot(x-4, y-4, x+4, y+4, fmt.Sprintf("trial %d, block %d, %s: %s, %s of its cell's median", r.Trial, r.Block, r.title(), Quantity(r.Value, m.unit), Times(r.Relative)))
	}
}

func drawTaken(f frame, rows []orderRow) {
	half := max(0.4, min(3, (f.px(1)-f.px(0))*0.4))
	for _, r := range rows {
		x := f.px(float64(r.Trial))
		base := max(0, orZero(r.Foreign))
		if base > 0 {
			f.s.fill(foreignColor, x-half, f.py(base), x+half, f.y1)
		}
		if r.Steal > 0 {
			f.s.fill(stealColor, x-half, f.py(base+r.Steal), x+half, f.py(base))
		}
	}
}
