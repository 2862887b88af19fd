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
	"forklore/metrics/stat"
)

func init() {
	register(Chart{
		Name:     "phases",
		Question: "Where does a trial's time go besides the work?",
		Order:    30,
		Table:    phasesTable,
		Draw:     phasesDraw,
	})
}

// phasesRow holds the median of each phase of one cell, in seconds.
type phasesRow struct {
	who
	N     int     `csv:"n"` // trials that say what they spent outside their work, or all where none does
	Spawn float64 `csv:"spawn_s"`
	Setup float64 `csv:"setup_s"`
	Work  float64 `csv:"wall_s"`
	Merge float64 `csv:"merge_s"`
	Reap  float64 `csv:"reap_s"`
	Note  string  `csv:"note"`

	// All but the work of a trial, added up, and its share of the trial: the
	// median over trials, with its 95 % interval, or below six trials their range.
	Other     float64 `csv:"outside_work_s"`
	OtherLow  float64 `csv:"outside_work_low_s"`
	OtherHigh float64 `csv:"outside_work_high_s"`
	Share     float64 `csv:"outside_share"`
	ShareLow  float64 `csv:"outside_share_low"`
	ShareHigh float64 `csv:"outside_share_high"`
}

// other prints what a trial spends outside its work.
func (r phasesRow) other() string { return within(r.Other, r.OtherLow, r.OtherHigh, r.N, "s") }

func (r phasesRow) share() string {
	return within(100*r.Share, 100*r.ShareLow, 100*r.ShareHigh, r.N, "%")
}

// phase is one segment of a bar. Light and dark alternate, so that the order
// can be read without colours.
type phase struct {
	name, metric string
	color        color.NRGBA
	of           func(phasesRow) float64
}

var phases = []phase{
	{"spawn", "spawn_s", color.NRGBA{0xcc, 0x79, 0xa7, 0xff}, func(r phasesRow) float64 { return r.Spawn }},
	{"setup", "setup_s", color.NRGBA{0xf0, 0xe4, 0x42, 0xff}, func(r phasesRow) float64 { return r.Setup }},
	{"work", "wall_s", color.NRGBA{0xb8, 0xb8, 0xb8, 0xff}, func(r phasesRow) float64 { return r.Work }},
	{"merge", "merge_s", color.NRGBA{0x1a, 0x1a, 0x1a, 0xff}, func(r phasesRow) float64 { return r.Merge }},
	{"reap", "reap_s", color.NRGBA{0xe6, 0x9f, 0x00, 0xff}, func(r phasesRow) float64 { return r.Reap }},
}

func phasesTable(d *digest.Digest) (Table, error) {
	if !anyOK(d) {
		return Table{}, noTrials
	}
	var rows []phasesRow
	known := false
	for _, e := range entries(d) {
		r := phasesOf(e)
		rows = append(rows, r)
		known = known || !math.IsNaN(r.Spawn) || !math.IsNaN(r.Setup)
	}
	if !known {
		return Table{}, Absent("no trial recorded its phases besides the work")
	}
	return Table{
		Title: phasesTitle(rows), Rows: rows, Reading: phasesReading(rows),
		Subtitle: subtitle(d, "medians of each phase, stacked in the order in which they happen"),
	}, nil
}

func phasesOf(e entry) phasesRow {
	median := func(metric string) float64 { return stat.Median(present(e.Cell, metric)) }
	r := phasesRow{
		who: e.who, N: len(e.Trials), Note: failures(e.Cell),
		Spawn: median("spawn_s"), Setup: median("setup_s"), Work: median("wall_s"), Merge: median("merge_s"), Reap: median("reap_s"),
	}
	var others, shares []float64
	for i := range e.Trials {
		other := math.NaN()
		for _, metric := range []string{"spawn_s", "setup_s", "merge_s", "reap_s"} {
			if v := value(e.Cell, metric, i); !math.IsNaN(v) {
				other = v + orZero(other)
			}
		}
		others, shares = append(others, other), append(shares, other/(other+value(e.Cell, "wall_s", i)))
	}
	others, shares = finite(others), finite(shares)
	nan := math.NaN()
	r.Other, r.OtherLow, r.OtherHigh, r.Share, r.ShareLow, r.ShareHigh = nan, nan, nan, nan, nan, nan
	if len(others) > 0 {
		r.N, r.Other, r.Share = len(others), stat.Median(others), stat.Median(shares)
		r.OtherLow, r.OtherHigh = limits(others)
		r.ShareLow, r.ShareHigh = limits(shares)
	}
	return r
}

func orZero(v float64) float64 {
	if math.IsNaN(v) {
		return 0
	}
	return v
}

// phasesTitle compares the models of the last setting of a lone workload, or
// gives the range of shares over all cells.
func phasesTitle(rows []phasesRow) string {
	last := rows[len(rows)-1]
	if rows[0].Label == last.Label {
		var parts []string
		for _, r := range rows {
			if r.Setting == last.Setting && !math.IsNaN(r.Other) {
				verb := ""
				if len(parts) == 0 {
					verb = "take "
				}
				parts = append(parts, "of "+r.Series+" "+verb+r.other())
			}
		}
		if len(parts) > 0 {
			return fmt.Sprintf("%s, %s: besides their work, trials %s", brief(last.Label), last.Setting, strings.Join(parts, ", "))
		}
	}
	lo, hi := shares(rows)
	return fmt.Sprintf("Spawn, setup, merge and reap take %s (%s) to %s (%s) of a trial", lo.share(), brief(lo.Label), hi.share(), brief(hi.Label))
}

// shares returns the cells whose trials spend least and most outside their
// work.
func shares(rows []phasesRow) (lo, hi phasesRow) {
	lo.Share, hi.Share = math.Inf(1), math.Inf(-1)
	for _, r := range rows {
		if r.Share < lo.Share {
			lo = r
		}
		if r.Share > hi.Share {
			hi = r
		}
	}
	return lo, hi
}

func phasesReading(rows []phasesRow) string {
	lo, hi := shares(rows)
	return fmt.Sprintf("Outside the work lie %s (%s, n = %d) to %s (%s, n = %d) of a trial's time; medians over the trials of each cell.",
		lo.share(), lo.title(), lo.N, hi.share(), hi.title(), hi.N)
}

func phasesDraw(s *Sheet, t Table) {
	var keys []key
	for _, p := range phases {
		keys = append(keys, key{p.name, swatch(draw.LineStyle{Color: p.color})})
	}
	s.legend(keys)
	var panels []rowPanel
	for _, g := range rowGroups(rowsOf[phasesRow](t), func(r phasesRow) string { return r.Label }) {
		panels = append(panels, phasesPanel(g))
	}
	notes := "outside work"
	if slices.ContainsFunc(rowsOf[phasesRow](t), func(r phasesRow) bool { return r.N >= leastTrials }) {
		notes += " [95 % CI]"
	}
	s.drawRows(panels, notes)
}

// phasesPanel has two areas: the whole trial, and all but the work, which is
// often too small to be seen beside it.
func phasesPanel(rows []phasesRow) rowPanel {
	p := rowPanel{}
	var whole, other []float64
	for _, r := range rows {
		line := rowLine{who: r.who, note: fmt.Sprintf("%s  n = %d", r.other(), r.N)}
		if r.N == 0 {
			line.failed, line.note = "no ok trial: "+r.Note, "n = 0"
		}
		p.lines = append(p.lines, line)
		whole, other = append(whole, orZero(r.Other)+orZero(r.Work)), append(other, r.Other)
	}
	p.title = foldLines(p.lines)
	area := func(title string, values []float64, work bool) rowArea {
		return rowArea{x: zeroScale(title, "s", values, 6), draw: func(f frame, i int, y vg.Length) { drawStack(f, rows[i], y, work) }}
	}
	p.areas = []rowArea{area("whole trial", whole, true), area("all but the work", other, false)}
	return p
}

func drawStack(f frame, r phasesRow, y vg.Length, work bool) {
	at := 0.0
	for _, p := range phases {
		v := p.of(r)
		if math.IsNaN(v) || (p.name == "work" && !work) {
			continue
		}
		f.s.fill(p.color, f.px(at), y-7, f.px(at+v), y+7)
		at += v
	}
}
