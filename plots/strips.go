package plots

import (
	"image"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/recorder"
	"gonum.org/v1/plot/vg/vgimg"
)

// stripDots is the height of the strips in which a sheet is painted. The
// rasterizer looks at every line of its picture for each shape, however small:
// a chart of 200 cells, 20 000 lines tall, took a minute in one piece.
const stripDots = 256

// picture paints the sheet at a number of dots per inch. Every strip is
// painted on the same piece of paper, so that a tall sheet takes no more memory
// than its runs of equal dots.
func (s *Sheet) picture(dpi int) *picture {
	dots := float64(dpi) / 72
	width, height := int(float64(sheetWidth)*dots+0.5), int(float64(s.height())*dots+0.5)
	b := brush{
		Canvas:  vgimg.NewWith(vgimg.UseWH(sheetWidth, vg.Length(stripDots/dots)), vgimg.UseDPI(dpi)),
		dots:    dots,
		letters: letters{dots: dots},
	}
	paper := b.Canvas.Image().(*image.RGBA)
	blank := slices.Clone(paper.Pix) // a new canvas is white
	spans := extents(s.rec.Actions)
	whole := newPicture(width)
	for top := 0; top < height; top += stripDots {
		copy(paper.Pix, blank)
		b.strip(s.rec.Actions, spans, top)
		for y := range min(stripDots, height-top) {
			whole.add(paper.Pix[y*paper.Stride:][:4*width])
		}
	}
	whole.seal()
	return whole
}

// brush paints one strip after the other.
type brush struct {
	*vgimg.Canvas
	dots    float64 // in a point
	letters letters
}

// strip paints what reaches into the strip that begins top dots below the
// upper edge.
func (b *brush) strip(actions []recorder.Action, spans []extent, top int) {
	b.Push()
	defer b.Pop()
	b.Translate(vg.Point{Y: vg.Length(float64(top+stripDots) / b.dots)})
	high, low := -vg.Length(float64(top)/b.dots), -vg.Length(float64(top+stripDots)/b.dots)
	var pen [3]recorder.Action // colour, width and dashes: set only for what is drawn here
	for i, a := range actions {
		switch a.(type) {
		case *recorder.SetColor:
			pen[0] = a
			continue
		case *recorder.SetLineWidth:
			pen[1] = a
			continue
		case *recorder.SetLineDash:
			pen[2] = a
			continue
		}
		if spans[i].high < low || spans[i].low > high {
			continue
		}
		for k, p := range pen {
			if c, ok := p.(*recorder.SetColor); ok {
				b.letters.color = c.Color
			}
			if p != nil {
				p.ApplyTo(b)
				pen[k] = nil
			}
		}
		if t, ok := a.(*recorder.FillString); ok {
			b.letters.write(b.Image().(*image.RGBA), t, top)
			continue
		}
		a.ApplyTo(b)
	}
}

// extent is how far a shape reaches on the sheet, whose y is 0 at the top and
// negative below.
type extent struct{ low, high vg.Length }

// extents returns the reach of every action; what draws nothing but changes
// how the next is drawn reaches everywhere.
func extents(actions []recorder.Action) []extent {
	all := make([]extent, len(actions))
	inf := vg.Length(math.Inf(1))
	for i, a := range actions {
		switch a := a.(type) {
		case *recorder.Stroke:
			all[i] = pathExtent(a.Path)
		case *recorder.Fill:
			all[i] = pathExtent(a.Path)
		case *recorder.FillString:
			all[i] = extent{a.Point.Y - 2*titleSize, a.Point.Y + 2*titleSize}
		default:
			all[i] = extent{-inf, inf}
		}
	}
	return all
}

func pathExtent(p vg.Path) extent {
	e := extent{vg.Length(math.Inf(1)), vg.Length(math.Inf(-1))}
	for _, c := range p {
		if c.Type == vg.CloseComp {
			continue
		}
		const widest = 8 // more than half of any line
		e.low, e.high = min(e.low, c.Pos.Y-c.Radius-widest), max(e.high, c.Pos.Y+c.Radius+widest)
	}
	return e
}
