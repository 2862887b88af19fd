package plots

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"forklore/metrics/digest"
)

// forestRow is one estimate with its intervals: a ratio in favour of the left
// side, or a quantity that a claim bounds.
type forestRow struct {
	Claim string `csv:"claim"` // ID; empty in the exploratory grid
	Panel string `csv:"panel"`
	who
	Metric  string  `csv:"metric"`
	Title   string  `csv:"metric_title"` // as on an axis: "wall time"
	Unit    string  `csv:"unit"`         // empty for ratios
	Ratio   string  `csv:"is_ratio"`     // yes, no, or "difference" of two shares
	Margin  float64 `csv:"margin"`
	AtLeast float64 `csv:"at_least"`
	AtMost  float64 `csv:"at_most"`
	Value   float64 `csv:"estimate"`
	Low95   float64 `csv:"lo95"`
	High95  float64 `csv:"hi95"`
	Low90   float64 `csv:"lo90"`
	High90  float64 `csv:"hi90"`
	Shift   float64 `csv:"companion"` // Hodges and Lehmann's estimate; absent where there is none
	ShiftLo float64 `csv:"companion_lo95"`
	ShiftHi float64 `csv:"companion_hi95"`
	N       int     `csv:"n"`
	P       float64 `csv:"p"`    // before any correction
	BH      float64 `csv:"p_bh"` // adjusted over the exploratory grid; absent in claims
	Verdict string  `csv:"verdict"`
	Reason  string  `csv:"reason"`
}

// difference is the Ratio of two shares that are compared, where 0 is what 1 is for ratios.
const difference = "difference"

// margins returns the ends of the grey band and, between them, what no difference is.
func (r *forestRow) margins() (low, none, high float64) {
	if r.Ratio == difference {
		return -r.Margin, 0, r.Margin
	}
	return 1 / (1 + r.Margin), 1, 1 + r.Margin
}

// estimate copies the numbers of both estimators.
func (r *forestRow) estimate(primary, companion digest.Range) {
	r.Value, r.Low95, r.High95, r.Low90, r.High90, r.N = primary.Estimate, primary.Lo95, primary.Hi95, primary.Lo90, primary.Hi90, primary.N
	r.Shift, r.ShiftLo, r.ShiftHi = companion.Estimate, companion.Lo95, companion.Hi95
	if companion.N == 0 {
		r.Shift, r.ShiftLo, r.ShiftHi = math.NaN(), math.NaN(), math.NaN()
	}
}

// metricTitle is what an axis calls a metric of the run, or what else a claim
// bounds: the share of ok trials, or a quantity of a law, which keeps its name.
func metricTitle(d *digest.Digest, name string) string {
	if name == "ok" {
		return "share of trials that end ok"
	}
	if m, err := d.Metric(name); err == nil {
		return m.Title
	}
	return name
}

func orNaN(v *float64) float64 {
	if v == nil {
		return math.NaN()
	}
	return *v
}

const forestEstimator = "marker: estimate; thick line: 95 % interval, thin line: 90 %; grey band: differences too small to matter"

func (s *Sheet) drawForest(rows []forestRow) {
	var panels []rowPanel
	ratios := ratioScale("ratio in favour of the one named first, log scale", forestRange(rows))
	for _, claim := range groupBy(rows, func(r forestRow) string { return r.Claim }) {
		for _, g := range forestGroups(claim) {
			panels = append(panels, forestPanel(g, ratios))
		}
	}
	s.drawRows(panels, "estimate [95 % CI]")
}

// forestGroups splits rows into panels: those of a claim by what it says, all
// others by workload and metric.
func forestGroups(rows []forestRow) [][]forestRow {
	if rows[0].Claim != "" {
		return groupBy(rows, func(r forestRow) string { return r.Panel })
	}
	var groups [][]forestRow
	for _, g := range rowGroups(rows, func(r forestRow) string { return r.Label }) {
		groups = append(groups, groupBy(g, func(r forestRow) string { return r.Metric })...)
	}
	return groups
}

// forestRange holds what the common axis of all ratios must show. An interval
// that is wide beyond use does not stretch it: it runs out of the panel.
func forestRange(rows []forestRow) []float64 {
	values := []float64{1}
	for _, r := range rows {
		if r.Ratio != "yes" || math.IsNaN(r.Value) {
			continue
		}
		values = append(values, r.Value, r.AtLeast, r.AtMost, 1+r.Margin, 1/(1+r.Margin))
		for _, v := range []float64{r.Low95, r.High95} {
			if v > r.Value/4 && v < r.Value*4 {
				values = append(values, v)
			}
		}
	}
	return values
}

// foldSettings takes out of the settings of a claim's lines what all of them say, and returns it.
func foldSettings(lines []rowLine) string {
	var settings []string
	for _, l := range lines {
		settings = append(settings, l.Setting)
	}
	common, own := fold(settings)
	for i := range lines {
		lines[i].Setting = own[i]
	}
	return common
}

func forestPanel(rows []forestRow, ratios scale) rowPanel {
	p := rowPanel{title: rows[0].Panel}
	x := ratios
	if rows[0].Ratio != "yes" {
		var values []float64
		for _, r := range rows {
			values = append(values, r.Value, r.Low95, r.High95, r.AtLeast, r.AtMost)
		}
		x = spreadScale(rows[0].Title, rows[0].Unit, values)
		if rows[0].Ratio == difference {
			x = differenceScale(rows[0].Title, values)
		}
	}
	for _, r := range rows {
		line := rowLine{who: r.who, note: forestNote(r)}
		if math.IsNaN(r.Value) {
			line.failed, line.note = "no estimate: "+r.Reason, ""
		}
		p.lines = append(p.lines, line)
	}
	if common := foldSettings(p.lines); rows[0].Claim != "" && common != "" {
		p.title += ", " + common
	}
	if rows[0].Claim == "" {
		p.title = foldLines(p.lines) + ": " + rows[0].Title
	}
	p.areas = []rowArea{{x: x, draw: func(f frame, i int, y vg.Length) { drawForestLine(f, rows[i], y) }}}
	return p
}

// differenceScale shows 0 and, of what shares can differ by, both ends, so that no two panels are at odds.
func differenceScale(title string, values []float64) scale {
	lo, hi := finiteRange(append(slices.Clone(values), -0.25, 1))
	return linearScale(title+", difference", "", max(lo, -1), min(hi, 1), 6)
}

func forestNote(r forestRow) string {
	number := func(v float64) string { return Quantity(v, r.Unit) }
	switch r.Ratio {
	case "yes":
		number = Times
	case difference:
		number = Difference
	}
	text := number(r.Value)
	if !math.IsNaN(r.Low95) && !math.IsNaN(r.High95) {
		between := Digits(r.Low95) + ", " + Digits(r.High95)
		if r.Ratio != "yes" {
			between = Bounds(r.Value, r.Low95, r.High95, r.Unit, ", ")
		}
		text += " [" + strings.ReplaceAll(between, "n/a", "∞") + "]"
	}
	return text + fmt.Sprintf("  n = %d  %s", r.N, r.Verdict)
}

func drawForestLine(f frame, r forestRow, y vg.Length) {
	inside := func(v float64) vg.Length { return min(max(f.px(v), f.x0), f.x1) }
	half := f.line / 2
	if r.Ratio != "no" {
		low, none, high := r.margins()
		if r.Margin > 0 && math.IsNaN(r.AtLeast) && math.IsNaN(r.AtMost) {
			f.s.fill(faded(rule, 0.22), inside(low), y-half, inside(high), y+half)
		}
		f.s.segment(axisLine, inside(none), y-half, inside(none), y+half)
	}
	for _, bound := range []float64{r.AtLeast, r.AtMost} {
		if !math.IsNaN(bound) {
			f.s.segment(boundLine, inside(bound), y-half, inside(bound), y+half)
		}
	}
	m := styleOf(r.Model)
	if !math.IsNaN(r.Low95) && !math.IsNaN(r.High95) {
		f.s.segment(draw.LineStyle{Color: faded(m.color, 0.45), Width: 5}, inside(r.Low95), y, inside(r.High95), y)
	}
	if !math.IsNaN(r.Low90) && !math.IsNaN(r.High90) {
		f.s.segment(draw.LineStyle{Color: m.color, Width: 1.6}, inside(r.Low90), y, inside(r.High90), y)
	}
	f.s.marker(m, inside(r.Value), y, 4, 1, false)
}
