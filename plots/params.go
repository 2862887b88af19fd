package plots

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"forklore/experiments"
)

// number reads a parameter in its canonical spelling: a plain number, a
// duration in seconds, or a share in percent.
func number(text string) (v float64, unit string, ok bool) {
	if share, is := strings.CutSuffix(text, "%"); is {
		v, err := strconv.ParseFloat(share, 64)
		return v / 100, "", err == nil
	}
	if v, err := strconv.ParseFloat(text, 64); err == nil {
		return v, "", !math.IsNaN(v) && !math.IsInf(v, 0)
	}
	d, err := time.ParseDuration(text)
	return d.Seconds(), "s", err == nil
}

// Parameters that charts know. They mean the same in every workload.
const (
	sizeParam    = "size"
	linkParam    = "link"
	messageParam = "message"
	loadParam    = "load"
	faultParam   = "fault"
)

// paramUnit is the unit of a numeric parameter: durations say theirs, and some
// names count bytes in every workload. All else is a plain number.
func paramUnit(name, text string) string {
	switch name {
	case sizeParam, messageParam, "stride", "limit":
		return "B"
	}
	_, unit, _ := number(text)
	return unit
}

// paramText prints a parameter's value in full where it is short, else with a
// prefix that loses nothing.
func paramText(v float64, unit string) string {
	if unit != "" {
		return Given(v, unit)
	}
	if v != math.Trunc(v) {
		return strconv.FormatFloat(v, 'g', 4, 64)
	}
	for _, p := range []prefix{{1 << 30, "Gi"}, {1 << 20, "Mi"}, {1e9, "G"}, {1e6, "M"}, {1 << 10, "Ki"}, {1e3, "k"}} {
		if v >= 1e5 && math.Mod(v, p.factor) == 0 {
			return trimFloat(v/p.factor, 0) + " " + p.suffix
		}
	}
	return trimFloat(v, 0)
}

// paramScale is an axis with ticks at the values that were run: logarithmic,
// but from 0 where 0 is one of them.
func paramScale(name, unit string, values []float64) scale {
	s := countScale(name+", log scale", values)
	lo, hi := s.ticks[0].v, s.ticks[len(s.ticks)-1].v
	pad := max(1.12, math.Pow(hi/lo, 0.05)) // room for the markers at both ends
	s.min, s.max = lo/pad, hi*pad
	if lo <= 0 {
		s = linearCounts(name, values)
		s.min, s.max = lo-0.05*(hi-lo), hi+0.05*(hi-lo)
	}
	for i := range s.ticks {
		s.ticks[i].text = paramText(s.ticks[i].v, unit)
	}
	return s
}

// without returns the cell's label without the words of some parameters: what
// charts call the work that has them on an axis.
func (e entry) without(params ...string) string {
	label := e.Label + " "
	for _, p := range params {
		label = strings.Replace(label, " "+p+"="+e.Params[p]+" ", " ", 1)
	}
	return strings.TrimSuffix(label, " ")
}

// work is the label without any parameter.
func (e entry) work() string {
	var all []string
	for p := range e.Params {
		all = append(all, p)
	}
	return e.without(all...)
}

// workPanel holds cells that differ in nothing but the model and the
// parameters on the chart's axes.
type workPanel struct {
	title string
	cells []entry
}

// workPanels groups cells in the order of their first. The plain loop, which
// has one core, joins every panel of the same work.
func workPanels(all []entry, params ...string) []workPanel {
	var panels []workPanel
	at := map[string]int{}
	loops := map[string][]entry{}
	for _, e := range all {
		work := e.without(params...)
		if e.Model == experiments.Sequential {
			loops[work] = append(loops[work], e)
			continue
		}
		title := strings.TrimSuffix(work+", "+e.Setting, ", ")
		if _, ok := at[title]; !ok {
			at[title] = len(panels)
			panels = append(panels, workPanel{title: title})
		}
		p := &panels[at[title]]
		p.cells = append(p.cells, e)
	}
	joined := map[string]bool{}
	for i := range panels {
		work := panels[i].cells[0].without(params...)
		panels[i].cells = append(slices.Clone(loops[work]), panels[i].cells...)
		joined[work] = true
	}
	for _, e := range all {
		if work := e.without(params...); e.Model == experiments.Sequential && !joined[work] {
			panels = append(panels, workPanel{strings.TrimSuffix(work+", "+e.Setting, ", "), loops[work]})
			joined[work] = true
		}
	}
	return panels
}

// bySeries sorts a panel's cells model by model, each by a number of its own.
func bySeries(cells []entry, x func(entry) float64) {
	slices.SortStableFunc(cells, func(a, b entry) int {
		return cmp.Or(
			cmp.Compare(modelOrder(a.Model), modelOrder(b.Model)),
			cmp.Compare(a.Series, b.Series),
			cmp.Compare(x(a), x(b)),
		)
	})
}

// param returns the value of a numeric parameter of the cell, or NaN.
func (e entry) param(name string) float64 {
	if v, _, ok := number(e.Params[name]); ok {
		return v
	}
	return math.NaN()
}

// bracketed prints a value with its interval, if it has one.
func bracketed(v, low, high float64, unit string) string {
	text := Quantity(v, unit)
	switch {
	case math.IsNaN(low) || math.IsNaN(high):
		return text
	case low == high:
		return text + ", exact"
	}
	return text + " [" + Bounds(v, low, high, unit, ", ") + "]"
}

// part is one model's piece of a title, with the number that it tells.
type part struct {
	v    float64
	text string
}

// atMostThree joins parts, or names the least and the greatest of many: a
// title has no room for more.
func atMostThree(parts []part) string {
	if len(parts) > 3 {
		by := func(a, b part) int { return cmp.Compare(a.v, b.v) }
		return "from " + slices.MinFunc(parts, by).text + " to " + slices.MaxFunc(parts, by).text
	}
	var texts []string
	for _, p := range parts {
		texts = append(texts, p.text)
	}
	return strings.Join(texts, ", ")
}
