package plots

import (
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"forklore/metrics/digest"
)

// timelineRow is one reading of one trial.
type timelineRow struct {
	who
	Trial int     `csv:"trial"` // 0 where the cell has no readings
	T     float64 `csv:"t_s"`   // seconds after the gate
	CPUs  float64 `csv:"cpus"`
	RSS   float64 `csv:"rss_B"`
	PSS   float64 `csv:"pss_B"`
	Host  float64 `csv:"host_cpus"` // the host's share; absent where it does the work itself
	HostB float64 `csv:"host_rss_B"`
	Note  string  `csv:"note"` // why the cell has no readings
}

// timelineRows returns the readings of every cell, cells in reading order.
func timelineRows(d *digest.Digest) ([]timelineRow, error) {
	if len(d.Lines) == 0 {
		return nil, Absent("no trial was sampled: the sampler was off, or every trial ended before its first tick")
	}
	lines := map[int][]digest.Line{}
	for _, l := range d.Lines {
		lines[l.Cell] = append(lines[l.Cell], l)
	}
	points := 0
	for _, l := range d.Lines {
		points += len(l.T)
	}
	rows := make([]timelineRow, 0, points)
	for _, e := range entries(d) {
		before := len(rows)
		for _, l := range lines[e.index] {
			for i, t := range l.T {
				rows = append(rows, timelineRow{who: e.who, Trial: l.Trial, T: t, CPUs: at(l.CPUs, i), RSS: at(l.RSS, i), PSS: at(l.PSS, i),
					Host: at(l.HostCPUs, i), HostB: at(l.HostRSS, i)})
			}
		}
		if len(rows) == before {
			nan := math.NaN()
			r := timelineRow{who: e.who, Note: "no readings", T: nan, CPUs: nan, RSS: nan, PSS: nan, Host: nan, HostB: nan}
			if len(e.Trials) == 0 {
				r.Note = "no ok trial"
			}
			rows = append(rows, r)
		}
	}
	return rows, nil
}

func at(v []float64, i int) float64 {
	if i < len(v) {
		return v[i]
	}
	return math.NaN()
}

// view is what one timeline chart shows of the readings.
type view struct {
	title, unit string
	of          func(timelineRow) float64
	part        func(timelineRow) float64 // the host's share of it, dotted; nil for none
	dots        func(timelineRow) float64 // drawn as dots besides; nil for none
	bound       func(timelineRow) float64 // a dashed line; nil for none

	scales func([]timelineRow, view) (x, y scale) // of a line of panels; nil for the time and from 0
	over   func(frame, []timelineRow)             // drawn above a panel's lines; nil for nothing
}

// hostLine is how the host's share is drawn.
func hostLine(c color.NRGBA) draw.LineStyle {
	return draw.LineStyle{Color: c, Width: 1.2, Dashes: []vg.Length{1.2, 2.4}}
}

// hostKey is the legend of the host's share, if any cell has one.
func hostKey(rows []timelineRow, of func(timelineRow) float64) []key {
	if !slices.ContainsFunc(rows, func(r timelineRow) bool { return !math.IsNaN(of(r)) }) {
		return nil
	}
	return []key{{"the host’s part, where workers are processes of their own", stroke(hostLine(ink))}}
}

// drawTimelines lays out small multiples: one line of panels per setting, one
// column per model, every trial a line. A line of panels shares both axes.
func (s *Sheet) drawTimelines(rows []timelineRow, v view) {
	cells := groupBy(rows, func(r timelineRow) string { return r.Cell })
	columns := timelineColumns(cells)
	bands := groupBy(cells, func(c []timelineRow) string { return c[0].Label + "\x00" + c[0].Setting })
	room := vg.Length(0)
	for _, band := range bands {
		_, y := timelineScales(slices.Concat(band...), v)
		room = max(room, yRoom(y))
	}
	for i, band := range bands {
		if i > 0 {
			s.y += gap
		}
		s.timelineBand(band, columns, len(bands) == 1, room, v)
	}
}

// timelineColumns lists the models that were run, in the order that all charts
// and tables have.
func timelineColumns(cells [][]timelineRow) []string {
	var columns []timelineRow
	seen := map[string]bool{}
	for _, c := range cells {
		if !seen[c[0].Series] {
			columns = append(columns, c[0])
		}
		seen[c[0].Series] = true
	}
	slices.SortStableFunc(columns, func(a, b timelineRow) int { return modelOrder(a.Model) - modelOrder(b.Model) })
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.Series
	}
	return names
}

const (
	bandHeight  vg.Length = 84
	loneHeight  vg.Length = 200 // of the only band of a sheet
	betweenCols vg.Length = 18
)

func (s *Sheet) timelineBand(band [][]timelineRow, columns []string, lone bool, room vg.Length, v view) {
	x, y := timelineScales(slices.Concat(band...), v)
	s.bandTitle(Place{Label: band[0][0].Label, Series: band[0][0].Setting}.Title(), y.label)
	height := bandHeight
	if lone {
		height = loneHeight
	}
	width := (sheetWidth - 2*margin - room - betweenCols*vg.Length(len(columns)-1)) / vg.Length(len(columns))
	nameY := s.y + bodyText.line()/2
	s.y += bodyText.line() + 4
	labelled := true
	for i, series := range columns {
		left := margin + room + vg.Length(i)*(width+betweenCols)
		f := frame{s: s, x: x, y: y, x0: left, x1: left + width, y0: s.y, y1: s.y + height}
		j := slices.IndexFunc(band, func(c []timelineRow) bool { return c[0].Series == series })
		if j < 0 {
			continue
		}
		s.marker(styleOf(band[j][0].Model), left+4, nameY, 4, 1, false)
		s.text(bodyText, left+14, nameY, draw.XLeft, bodyText.cut(series, width-14))
		f.timelinePanel(band[j], v, labelled)
		labelled = false
	}
	s.y += height + tickLen + smallText.line() + gap
}

// bandTitle writes the setting of a line of panels and what its upright axis
// shows.
func (s *Sheet) bandTitle(title, axis string) {
	room := sheetWidth - 2*margin - smallText.width(axis) - 2*gap
	lines := panelText.wrap(title, room, mostTitleLines)
	for _, line := range lines {
		s.text(panelText, margin, s.y+panelText.line()/2, draw.XLeft, line)
		s.y += panelText.line()
	}
	x := margin + panelText.width(lines[len(lines)-1]) + 2*gap
	s.text(smallText, x, s.y-panelText.line()/2, draw.XLeft, axis)
}

// timelineScales are the axes that a line of panels shares. The unit of time
// stands at the last tick.
func timelineScales(rows []timelineRow, v view) (x, y scale) {
	if v.scales != nil {
		return v.scales(rows, v)
	}
	var xs, ys []float64
	for _, r := range rows {
		xs, ys = append(xs, r.T), append(ys, v.of(r))
		if v.dots != nil {
			ys = append(ys, v.dots(r))
		}
		if v.bound != nil {
			ys = append(ys, v.bound(r))
		}
	}
	lo, hi := finiteRange(xs)
	x = linearScale("", "s", min(lo, 0), max(hi, 0), 5)
	last := &x.ticks[len(x.ticks)-1]
	last.text += " " + strings.Trim(x.label, " ()")
	x.label = ""
	return x, zeroScale(v.title, v.unit, ys, 4)
}

func (f frame) timelinePanel(cell []timelineRow, v view, labelled bool) {
	f.axisX()
	f.axisY(labelled)
	if cell[0].Trial == 0 {
		f.s.text(alarmText, (f.x0+f.x1)/2, (f.y0+f.y1)/2, draw.XCenter, alarmText.cut(cell[0].Note, f.x1-f.x0))
		return
	}
	if v.bound != nil {
		y := f.py(v.bound(cell[0]))
		f.s.segment(boundLine, f.x0, y, f.x1, y)
	}
	m := styleOf(cell[0].Model)
	trials := groupBy(cell, func(r timelineRow) int { return r.Trial })
	alpha := max(0.25, min(0.85, 3/float64(len(trials))))
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, trial := range trials {
		f.timeline(trial, v, m, alpha)
		for _, r := range trial {
			if y := v.of(r); !math.IsNaN(y) {
				lo, hi = min(lo, y), max(hi, y)
			}
		}
	}
	if v.over != nil {
		v.over(f, cell)
	}
	if lo <= hi {
		f.s.spot(f.x0, f.y0, f.x1, f.y1, fmt.Sprintf("%s: %s, %s from %s", cell[0].title(), v.title, Count(len(trials), "trial"), Interval(lo, hi, v.unit)))
	}
}

// timeline draws one trial; few readings are marked, so that a line is not
// taken for more than it is.
func (f frame) timeline(trial []timelineRow, v view, m modelStyle, alpha float64) {
	xs, ys := each(trial, func(r timelineRow) float64 { return r.T }), each(trial, v.of)
	f.curve(draw.LineStyle{Color: faded(m.color, alpha), Width: 1.3}, xs, ys)
	if v.part != nil {
		f.curve(hostLine(faded(m.color, alpha)), xs, each(trial, v.part))
	}
	for i, r := range trial {
		if len(trial) <= 12 && !math.IsNaN(ys[i]) {
			f.s.marker(m, f.px(xs[i]), f.py(ys[i]), 1.7, min(1, alpha*1.5), false)
		}
		if v.dots == nil {
			continue
		}
		if d := v.dots(r); !math.IsNaN(d) {
			f.s.marker(m, f.px(r.T), f.py(d), 2.2, 1, true)
		}
	}
}

// each returns one number of every row.
func each[R any](rows []R, of func(R) float64) []float64 {
	numbers := make([]float64, len(rows))
	for i, r := range rows {
		numbers[i] = of(r)
	}
	return numbers
}

type trialOf struct {
	cell  string
	trial int
}

// perTrial reduces the readings of each trial to one number and returns the
// numbers of each cell, by cell.
func perTrial(rows []timelineRow, reduce func([]timelineRow) float64) map[string][]float64 {
	of := map[string][]float64{}
	for _, trial := range groupBy(rows, func(r timelineRow) trialOf { return trialOf{r.Cell, r.Trial} }) {
		if v := reduce(trial); !math.IsNaN(v) {
			of[trial[0].Cell] = append(of[trial[0].Cell], v)
		}
	}
	return of
}
