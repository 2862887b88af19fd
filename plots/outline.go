package plots

import (
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
)

// outlined is a canvas that draws letters as shapes: a PDF then shows what the
// theme's fonts show, also the letters that PDF's own encodings lack.
type outlined struct{ vg.Canvas }

func (c outlined) FillString(face font.Face, at vg.Point, text string) {
	var buf sfnt.Buffer
	em := face.Face.UnitsPerEm()
	scale := face.Font.Size / vg.Length(em)
	var path vg.Path
	for i, r := range text {
		end := i + len(string(r))
		x := at.X + face.Width(text[:end]) - face.Width(string(r))
		glyph, err := face.Face.GlyphIndex(&buf, r)
		if err != nil {
			continue
		}
		segments, err := face.Face.LoadGlyph(&buf, glyph, fixed.I(int(em)), nil)
		if err != nil {
			continue
		}
		path = append(path, contours(segments, vg.Point{X: x, Y: at.Y}, scale)...)
	}
	if len(path) > 0 {
		c.Fill(path)
	}
}

// contours turns a glyph in units of the em, y downwards, into a path.
func contours(segments sfnt.Segments, at vg.Point, scale vg.Length) vg.Path {
	point := func(p fixed.Point26_6) vg.Point {
		return vg.Point{X: at.X + vg.Length(p.X)/64*scale, Y: at.Y - vg.Length(p.Y)/64*scale}
	}
	var path vg.Path
	for _, s := range segments {
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			if len(path) > 0 {
				path.Close()
			}
			path.Move(point(s.Args[0]))
		case sfnt.SegmentOpLineTo:
			path.Line(point(s.Args[0]))
		case sfnt.SegmentOpQuadTo:
			path.QuadTo(point(s.Args[0]), point(s.Args[1]))
		case sfnt.SegmentOpCubeTo:
			path.CubeTo(point(s.Args[0]), point(s.Args[1]), point(s.Args[2]))
		}
	}
	if len(path) > 0 {
		path.Close()
	}
	return path
}
