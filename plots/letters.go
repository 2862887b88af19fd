package plots

import (
	"image"
	"image/color"
	"image/draw"
	"math"

	stdfont "golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg/recorder"
)

// letters paints text in dots. vgimg's own way sends each letter through a
// resampling kernel, which took a third of the time of a chart and blurred it;
// and it spaces kerned pairs for another size than it draws.
type letters struct {
	dots   float64 // in a point
	color  color.Color
	faces  map[font.Font]stdfont.Face
	masks  map[letter]mask
	buffer sfnt.Buffer
}

// letter is a glyph at a quarter of a dot.
type letter struct {
	font    font.Font // with its size
	rune    rune
	quarter int
}

// mask is a painted letter; its bounds are those around the pen.
type mask struct{ *image.Alpha }

// write writes a recorded text on a strip that begins top dots below the upper
// edge of the sheet. Letters stand on whole lines of dots, and on quarters from
// left to right.
func (l *letters) write(strip *image.RGBA, t *recorder.FillString, top int) {
	f := fonts.Lookup(t.Font, t.Size)
	em := fixed.Int26_6(f.Face.UnitsPerEm())
	scale := float64(f.Font.Size) * l.dots / float64(em)
	x, y := float64(t.Point.X)*l.dots, int(math.Round(-float64(t.Point.Y)*l.dots))-top
	ink := image.NewUniform(l.color)
	units := fixed.Int26_6(0)
	var before sfnt.GlyphIndex
	for i, r := range t.String {
		glyph, err := f.Face.GlyphIndex(&l.buffer, r)
		if err != nil {
			continue
		}
		if i > 0 {
			if kern, err := f.Face.Kern(&l.buffer, before, glyph, em, stdfont.HintingNone); err == nil {
				units += kern
			}
		}
		quarters := int(math.Round(4 * (x + float64(units)*scale)))
		m := l.mask(f, r, quarters&3)
		at := image.Pt(quarters>>2, y)
		draw.DrawMask(strip, m.Rect.Add(at), ink, image.Point{}, m.Alpha, m.Rect.Min, draw.Over)
		if advance, err := f.Face.GlyphAdvance(&l.buffer, glyph, em, stdfont.HintingNone); err == nil {
			units += advance
		}
		before = glyph
	}
}

// mask returns a letter of a face, painted once.
func (l *letters) mask(f font.Face, r rune, quarter int) mask {
	key := letter{f.Font, r, quarter}
	if m, ok := l.masks[key]; ok {
		return m
	}
	if l.masks == nil {
		l.masks, l.faces = map[letter]mask{}, map[font.Font]stdfont.Face{}
	}
	face, ok := l.faces[f.Font]
	if !ok {
		face = f.FontFace(72 * l.dots)
		l.faces[f.Font] = face
	}
	m := mask{image.NewAlpha(image.Rectangle{})}
	// A letter that the font lacks is painted as its box, and reported as not ok.
	if box, from, at, _, _ := face.Glyph(fixed.Point26_6{X: fixed.Int26_6(16 * quarter)}, r); from != nil {
		m.Alpha = image.NewAlpha(box)
		draw.Draw(m.Alpha, box, from, at, draw.Src)
	}
	l.masks[key] = m
	return m
}
