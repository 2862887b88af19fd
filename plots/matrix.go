package plots

import (
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A matrix chart has one column a model and one row a fault, probe or setting.
// Each cell says in words what its shade says: nothing depends on colour, and
// a copy in black and white loses nothing.

// matrixPanel is one block of rows under columns of its own.
type matrixPanel struct {
	title   string
	corner  string // what the rows are
	columns []matrixColumn
	rows    []matrixRow
}

// matrixColumn is one model.
type matrixColumn struct{ series, model string }

// matrixRow is one line of cells, one for each column.
type matrixRow struct {
	name  string
	cells []matrixCell
}

// matrixCell is what is known of one model. Without lines it was not run.
type matrixCell struct {
	lines []string
	sign  sign
	dark  float64 // shade: 0 is paper, 1 nearly black
	blank bool    // it could not be told: stripes instead of a shade
	hover string
}

// sign stands before the first line of a cell.
type sign int

const (
	noSign sign = iota
	yesSign
	noneSign // a cross
	someSign // both happened
)

const (
	matrixPad  vg.Length = 5
	signRoom   vg.Length = 16
	widestName           = 0.24 // of the sheet's inner width
	mostAcross           = 6    // columns of a block; more go into a block below
)

// drawMatrix lays panels out below each other, all with columns of one width.
func (s *Sheet) drawMatrix(panels []matrixPanel) {
	left, across := vg.Length(0), 1
	for _, p := range panels {
		left = max(left, bodyText.width(p.corner))
		for _, r := range p.rows {
			left = max(left, bodyText.width(printable(r.name)))
		}
		across = max(across, min(mostAcross, len(p.columns)))
	}
	inner := sheetWidth - 2*margin
	left = min(left, inner*widestName)
	width := min((inner-left-gap)/vg.Length(across), 200)
	for i, p := range panels {
		if i > 0 {
			s.y += 2 * gap
		}
		s.matrixPanel(p, left, width)
	}
	s.y += gap
}

func (s *Sheet) matrixPanel(p matrixPanel, left, width vg.Length) {
	for _, line := range panelText.wrap(p.title, sheetWidth-2*margin, mostTitleLines) {
		s.text(panelText, margin, s.y+panelText.line()/2, draw.XLeft, line)
		s.y += panelText.line()
	}
	for from := 0; from < len(p.columns); from += mostAcross {
		to := min(from+mostAcross, len(p.columns))
		s.matrixHead(p.corner, p.columns[from:to], margin+left+gap, width)
		for _, r := range p.rows {
			s.matrixRow(r.name, r.cells[from:to], left, width)
		}
		s.y += gap
	}
}

// matrixHead writes the models above their columns.
func (s *Sheet) matrixHead(corner string, columns []matrixColumn, x, width vg.Length) {
	y := s.y + gap/2 + bodyText.line()/2
	s.text(bodyText.in(muted), margin, y, draw.XLeft, corner)
	for i, c := range columns {
		at := x + width*vg.Length(i)
		s.marker(styleOf(c.model), at+matrixPad+4, y, 4, 1, false)
		s.text(bodyText, at+matrixPad+14, y, draw.XLeft, bodyText.cut(c.series, width-matrixPad-18))
	}
	s.y = y + bodyText.line()/2 + 3
}

func (s *Sheet) matrixRow(name string, cells []matrixCell, left, width vg.Length) {
	lines := 1
	for _, c := range cells {
		lines = max(lines, len(c.lines))
	}
	names := bodyText.wrap(name, left, 3)
	height := max(smallText.line()*vg.Length(lines), bodyText.line()*vg.Length(len(names))) + 2*matrixPad
	for i, line := range names {
		y := s.y + height/2 + bodyText.line()*(vg.Length(i)-vg.Length(len(names)-1)/2)
		s.text(bodyText, margin, y, draw.XLeft, line)
	}
	for i, c := range cells {
		x := margin + left + gap + width*vg.Length(i)
		s.matrixCell(c, name, x, s.y, x+width, s.y+height)
	}
	s.y += height
}

func (s *Sheet) matrixCell(c matrixCell, row string, x0, y0, x1, y1 vg.Length) {
	fill, letters := shade(c.dark)
	s.fill(fill, x0, y0, x1, y1)
	if c.blank {
		s.hatch(x0, y0, x1, y1)
	}
	s.lines(draw.LineStyle{Color: rule, Width: 0.8}, vg.Point{X: x0, Y: y0}, vg.Point{X: x1, Y: y0},
		vg.Point{X: x1, Y: y1}, vg.Point{X: x0, Y: y1}, vg.Point{X: x0, Y: y0})
	if len(c.lines) == 0 {
		s.text(smallText, (x0+x1)/2, (y0+y1)/2, draw.XCenter, "not run")
		return
	}
	for i, line := range c.lines {
		left, y := x0+matrixPad, y0+matrixPad+smallText.line()*(vg.Length(i)+0.5)
		if i == 0 && c.sign != noSign {
			s.sign(c.sign, letters, left+5, y)
			left += signRoom
		}
		s.text(smallText.in(letters), left, y, draw.XLeft, smallText.cut(line, x1-left-2))
	}
	s.spot(x0, y0, x1, y1, row+", "+c.hover)
}

// hatch fills a rectangle with light lines that rise to the right.
func (s *Sheet) hatch(x0, y0, x1, y1 vg.Length) {
	const apart vg.Length = 7
	light := draw.LineStyle{Color: faded(rule, 0.45), Width: 0.8}
	high := y1 - y0
	for x := x0 - high + apart; x < x1; x += apart { // where each would meet the lower side
		from, to := max(x, x0), min(x+high, x1)
		s.segment(light, from, y1-(from-x), to, y1-(to-x))
	}
}

// shade returns a grey and the colour of letters that can be read on it: a
// contrast of 4 to 1 at least.
func shade(dark float64) (fill, letters color.NRGBA) {
	v := uint8(255 - 190*dark)
	letters = ink
	if dark > 0.69 {
		letters = paper
	}
	return color.NRGBA{v, v, v, 0xff}, letters
}

// sign draws a tick, a cross or a half-filled circle of 5 points around a
// place: the fonts of the theme have no such letters.
func (s *Sheet) sign(k sign, c color.NRGBA, x, y vg.Length) {
	line := draw.LineStyle{Color: c, Width: 2}
	switch k {
	case yesSign:
		s.lines(line, vg.Point{X: x - 4, Y: y}, vg.Point{X: x - 1, Y: y + 4}, vg.Point{X: x + 5, Y: y - 5})
	case noneSign:
		s.segment(line, x-4, y-4, x+4, y+4)
		s.segment(line, x-4, y+4, x+4, y-4)
	case someSign:
		half := []vg.Point{{X: x, Y: y - 5}, {X: x, Y: y + 5}}
		for i := range 13 {
			sin, cos := math.Sincos(math.Pi * float64(i) / 12)
			half = append(half, vg.Point{X: x - vg.Length(5*sin), Y: y + vg.Length(5*cos)})
		}
		s.polygon(c, half...)
		var ring []vg.Point
		for i := range 25 {
			sin, cos := math.Sincos(math.Pi * float64(i) / 12)
			ring = append(ring, vg.Point{X: x + vg.Length(5*cos), Y: y + vg.Length(5*sin)})
		}
		s.lines(draw.LineStyle{Color: c, Width: 1}, ring...)
	}
}

// matrixColumns lists the models of some cells, in the order that all charts
// have.
func matrixColumns(cells []who) []matrixColumn {
	var columns []matrixColumn
	for _, w := range cells {
		if c := (matrixColumn{w.Series, w.Model}); !slices.Contains(columns, c) {
			columns = append(columns, c)
		}
	}
	slices.SortStableFunc(columns, func(a, b matrixColumn) int { return modelOrder(a.model) - modelOrder(b.model) })
	return columns
}
