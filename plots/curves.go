package plots

import (
	"slices"

	"gonum.org/v1/plot/vg"
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

// draws takes a line of a distribution: that of one trial, or of all of them together.
func (c *curve) draws(kind string, line trace) {
	switch kind {
	case "together":
		c.fitX, c.fitY = line.xs, line.ys
	case "trial":
		c.thin = append(c.thin, line)
	}
}

// point is a trial, or a median with its interval.
type point struct {
	x, y, low, high float64
	left, right     float64 // the interval across; none where they are equal
	n               int
	trial, hollow   bool
	apart           bool   // on no line
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
func (s *Sheet) drawCurves(panels []curvePanel, x scale) { s.drawCurvesBeside(panels, x, 3) }

// drawCurvesBeside is drawCurves with at most so many panels beside each other.
func (s *Sheet) drawCurvesBeside(panels []curvePanel, x scale, most int) {
	s.shareTitles(panels)
	g := gridOf(panels, most)
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

// shareTitles writes what the titles of all panels say under the sheet's own, and
// leaves each panel what tells it apart.
func (s *Sheet) shareTitles(panels []curvePanel) {
	var titles []string
	for _, p := range panels {
		titles = append(titles, p.title)
	}
	common, own := fold(titles)
	if common == "" || slices.Contains(own, "") {
		return
	}
	s.y -= gap
	s.paragraph(smallText, "In every panel: "+common, 2)
	s.y += gap
	for i := range panels {
		panels[i].title = own[i]
	}
}

// mostTitleLines is how many lines the title of a panel may take.
const mostTitleLines = 3

func gridOf(panels []curvePanel, most int) panelGrid {
	g := panelGrid{columns: 3, height: 250}
	switch len(panels) {
	case 1:
		g.columns, g.height = 1, 430
	case 2, 4:
		g.columns, g.height = 2, 300
	}
	g.columns = min(g.columns, most)
	g.width = (sheetWidth - 2*margin - panelGap*vg.Length(g.columns-1)) / vg.Length(g.columns)
	for _, p := range panels {
		title, note := panelText.wrap(p.title, g.width, mostTitleLines), smallText.wrap(p.note, g.width, 4)
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
