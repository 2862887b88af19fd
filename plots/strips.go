package plots

import (
	"bytes"
	"fmt"
	"image"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/recorder"
)

// stripDots is the height of the strips in which a sheet is painted.
const stripDots = 1024

// picture paints the sheet at a number of dots per inch. Every strip is
// painted on the same piece of paper, so that a tall sheet takes no more memory
// than its runs of equal dots.
func (s *Sheet) picture(dpi int) *picture {
	dots := float64(dpi) / 72
	width, height := int(float64(sheetWidth)*dots+0.5), int(float64(s.height())*dots+0.5)
	b := brush{paper: image.NewRGBA(image.Rect(0, 0, width, min(stripDots, height))), dots: dots, letters: letters{dots: dots}}
	blank := bytes.Repeat([]byte{0xff}, len(b.paper.Pix))
	spans := extents(s.rec.Actions)
	whole := newPicture(width)
	for b.top = 0; b.top < height; b.top += stripDots {
		copy(b.paper.Pix, blank)
		b.strip(s.rec.Actions, spans)
		for y := range min(stripDots, height-b.top) {
			whole.add(b.paper.Pix[y*b.paper.Stride:][:4*width])
		}
	}
	whole.seal()
	return whole
}

// strip paints what reaches into the strip.
func (b *brush) strip(actions []recorder.Action, spans []extent) {
	high, low := -vg.Length(float64(b.top)/b.dots), -vg.Length(float64(b.top+stripDots)/b.dots)
	for i, a := range actions {
		switch a := a.(type) {
		case *recorder.SetColor:
			b.color = a.Color
			continue
		case *recorder.SetLineWidth:
			b.width = float64(a.Width) * b.dots
			continue
		case *recorder.SetLineDash:
			b.dashes = b.dashes[:0]
			for _, d := range a.Dashes {
				b.dashes = append(b.dashes, float64(d)*b.dots)
			}
			continue
		}
		if spans[i].high < low || spans[i].low > high {
			continue
		}
		switch a := a.(type) {
		case *recorder.Fill:
			b.fill(a.Path)
		case *recorder.Stroke:
			b.stroke(a.Path)
		case *recorder.FillString:
			b.letters.color = b.color
			b.letters.write(b.paper, a, b.top)
		default:
			panic(fmt.Sprintf("plots: nobody paints %T", a)) // a sheet records nothing else
		}
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
