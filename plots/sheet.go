package plots

import (
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/recorder"
)

// Sheet is the paper of one chart: 800 points wide and as tall as what is put
// on it. Its origin is the top left corner and y grows downwards. Everything
// is recorded first and painted when the height is known.
type Sheet struct {
	rec    recorder.Canvas
	c      draw.Canvas
	y      vg.Length // where the next thing goes
	labels []label   // every text placed, for the test of overlaps
	spots  []Spot    // in points until [Sheet.places] makes shares of them
}

// label is a placed text and the box that it fills.
type label struct {
	text           string
	x0, y0, x1, y1 vg.Length
}

// newSheet starts a sheet with the table's title and subtitle on it.
func newSheet(t Table) *Sheet {
	s := &Sheet{y: margin}
	s.c = draw.NewCanvas(&s.rec, sheetWidth, sheetWidth)
	s.paragraph(titleText, t.Title, 3)
	s.y += 2
	s.paragraph(smallText, t.Subtitle, 4)
	s.y += gap
	return s
}

// paragraph writes wrapped text over the sheet's width and moves below it.
func (s *Sheet) paragraph(t textStyle, text string, maxLines int) {
	for _, line := range t.wrap(text, sheetWidth-2*margin, maxLines) {
		s.text(t, margin, s.y+t.line()/2, draw.XLeft, line)
		s.y += t.line()
	}
}

// text writes one line, centred vertically on y.
func (s *Sheet) text(t textStyle, x, y vg.Length, align draw.XAlignment, text string) {
	if text == "" {
		return
	}
	face := t.face()
	ext := face.Extents()
	x += vg.Length(align) * face.Width(text)
	base := y + (ext.Ascent-ext.Descent)/2
	s.rec.SetColor(t.color)
	s.rec.FillString(face, vg.Point{X: x, Y: -base}, text)
	s.labels = append(s.labels, label{text, x, base - ext.Ascent, x + face.Width(text), base + ext.Descent})
}

func (s *Sheet) lines(style draw.LineStyle, pts ...vg.Point) {
	for i := range pts {
		pts[i].Y = -pts[i].Y
	}
	s.c.StrokeLines(style, pts)
}

func (s *Sheet) segment(style draw.LineStyle, x0, y0, x1, y1 vg.Length) {
	s.lines(style, vg.Point{X: x0, Y: y0}, vg.Point{X: x1, Y: y1})
}

func (s *Sheet) fill(c color.Color, x0, y0, x1, y1 vg.Length) {
	s.c.FillPolygon(c, []vg.Point{{X: x0, Y: -y0}, {X: x1, Y: -y0}, {X: x1, Y: -y1}, {X: x0, Y: -y1}})
}

func (s *Sheet) polygon(c color.Color, pts ...vg.Point) {
	for i := range pts {
		pts[i].Y = -pts[i].Y
	}
	s.c.FillPolygon(c, pts)
}

// marker draws a model's marker: full, or as an outline filled with paper.
func (s *Sheet) marker(m modelStyle, x, y, radius vg.Length, alpha float64, hollow bool) {
	outline := m.outline(x, -y, radius)
	if hollow {
		s.rec.SetColor(paper)
		s.rec.Fill(outline)
		s.c.SetLineStyle(draw.LineStyle{Color: m.color, Width: 1.1})
		s.rec.Stroke(outline)
		return
	}
	s.rec.SetColor(faded(m.color, alpha))
	s.rec.Fill(outline)
}

func (m modelStyle) outline(x, y, radius vg.Length) vg.Path {
	var p vg.Path
	if m.shape == nil {
		p.Move(vg.Point{X: x + radius, Y: y})
		p.Arc(vg.Point{X: x, Y: y}, radius, 0, 2*math.Pi)
		p.Close()
		return p
	}
	for i, corner := range m.shape {
		pt := vg.Point{X: x + radius*corner.X, Y: y + radius*corner.Y}
		if i == 0 {
			p.Move(pt)
		} else {
			p.Line(pt)
		}
	}
	p.Close()
	return p
}

// Spot is a place on a chart with the numbers that stand behind it. Left, Top,
// Right and Bottom are shares of the chart's width and height.
type Spot struct {
	Left, Top, Right, Bottom float64
	Text                     string
}

// mostSpots bounds what a page must hold of one chart.
const mostSpots = 600

func (s *Sheet) spot(x0, y0, x1, y1 vg.Length, text string) {
	if len(s.spots) < mostSpots {
		s.spots = append(s.spots, Spot{float64(x0), float64(y0), float64(x1), float64(y1), printable(text)})
	}
}

// places returns the spots as shares of the sheet.
func (s *Sheet) places() []Spot {
	w, h := float64(sheetWidth), float64(s.height())
	share := func(v, whole float64) float64 { return math.Round(min(1, max(0, v/whole))*1e4) / 1e4 }
	out := make([]Spot, len(s.spots))
	for i, p := range s.spots {
		out[i] = Spot{share(p.Left, w), share(p.Top, h), share(p.Right, w), share(p.Bottom, h), p.Text}
	}
	return out
}

// height is known once everything is on the sheet.
func (s *Sheet) height() vg.Length { return s.y + margin }
