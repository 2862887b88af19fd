package plots

import (
	"bytes"
	"image"
	"image/color"
	"math"
	"testing"

	"gonum.org/v1/plot/vg"
)

func newBrush(width, height, top int) *brush {
	b := &brush{paper: image.NewRGBA(image.Rect(0, 0, width, height)), dots: 2, top: top, color: color.NRGBA{0, 0, 0, 0xff}, width: 4}
	for i := range b.paper.Pix {
		b.paper.Pix[i] = 0xff
	}
	return b
}

// inked is the black on a brush's paper, in dots.
func (b *brush) inked() (area float64) {
	for i := 0; i < len(b.paper.Pix); i += 4 {
		area += 1 - float64(b.paper.Pix[i])/255
	}
	return area
}

func polyline(closed bool, pts ...vg.Point) (p vg.Path) {
	for i, pt := range pts {
		if i == 0 {
			p.Move(pt)
		} else {
			p.Line(pt)
		}
	}
	if closed {
		p.Close()
	}
	return p
}

// TestBrushCoversAreas holds what is painted to its area: two dots a point,
// lines of four dots.
func TestBrushCoversAreas(t *testing.T) {
	corner := []vg.Point{{X: 10, Y: -10}, {X: 30, Y: -10}, {X: 30, Y: -30}, {X: 10, Y: -30}}
	var circle vg.Path
	circle.Move(vg.Point{X: 30, Y: -20})
	circle.Arc(vg.Point{X: 20, Y: -20}, 10, 0, 2*math.Pi)
	circle.Close()
	for name, c := range map[string]struct {
		path   vg.Path
		stroke bool
		dashes []float64
		color  color.Color
		want   float64
	}{
		"square":        {path: polyline(true, corner...), want: 1600},
		"turned square": {path: polyline(true, corner[0], corner[3], corner[2], corner[1]), want: 1600},
		"disk":          {path: circle, want: math.Pi * 400},
		"half a colour": {path: polyline(true, corner...), color: color.NRGBA{0, 0, 0, 51}, want: 320},
		"line":          {path: polyline(false, corner[0], corner[1]), stroke: true, want: 160},
		"dashes":        {path: polyline(false, corner[0], corner[1]), stroke: true, dashes: []float64{7, 3}, want: 112},
		"bent dashes":   {path: polyline(false, corner[:3]...), stroke: true, dashes: []float64{8, 8}, want: 160},
		"frame":         {path: polyline(true, corner...), stroke: true, want: 640},
		"circle":        {path: circle, stroke: true, want: 2 * math.Pi * 20 * 4},
		"point":         {path: polyline(false, corner[0], corner[0]), stroke: true, want: 0},
		"off the paper": {path: polyline(true, vg.Point{X: 200, Y: -10}, vg.Point{X: 210, Y: -10}, vg.Point{X: 210, Y: -20}), want: 0},
	} {
		b := newBrush(100, 100, 0)
		b.dashes = c.dashes
		if c.color != nil {
			b.color = c.color
		}
		if c.stroke {
			b.stroke(c.path)
		} else {
			b.fill(c.path)
		}
		if got := b.inked(); math.Abs(got-c.want) > 0.02*c.want {
			t.Errorf("%s covers %.1f dots, want %.1f", name, got, c.want)
		}
	}
}

// TestStripsMeet paints a slanted line in one piece and in two.
func TestStripsMeet(t *testing.T) {
	line := polyline(false, vg.Point{X: 3, Y: -2}, vg.Point{X: 40, Y: -31}, vg.Point{X: 45, Y: -2})
	whole, upper, lower := newBrush(100, 64, 0), newBrush(100, 32, 0), newBrush(100, 32, 32)
	for _, b := range []*brush{whole, upper, lower} {
		b.dashes = []float64{9, 4}
		b.stroke(line)
	}
	both := append(bytes.Clone(upper.paper.Pix), lower.paper.Pix...)
	for i := range both {
		if d := int(both[i]) - int(whole.paper.Pix[i]); d < -2 || d > 2 { // the rasterizer rounds to 1/512 of a dot
			t.Fatalf("dot %d, %d: %d in two pieces, %d in one", i/4%100, i/400, both[i], whole.paper.Pix[i])
		}
	}
}

// TestLettersKeepTheirMeasure paints a text as wide as it was measured, kerned
// pairs among it.
func TestLettersKeepTheirMeasure(t *testing.T) {
	const text = "AVAVAVAVAVATo.To.ToVA|" // ends with a bar, which has ink at its right
	var s Sheet
	s.c.Canvas = &s.rec
	s.text(bodyText, 10, 20, 0, text)
	s.y = 40
	p := s.picture(144).dots()
	right := 0
	for y := range p.Rect.Dy() {
		for x := range p.Rect.Dx() {
			if r, _, _, _ := p.At(x, y).RGBA(); r < 0x8000 {
				right = max(right, x)
			}
		}
	}
	bar := bodyText.width("|")
	want := 2 * float64(s.labels[0].x1-bar/2)
	if math.Abs(float64(right)-want) > 3 {
		t.Errorf("the last letter ends at dot %d, want about %.1f", right, want)
	}
}
