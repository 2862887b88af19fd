package plots

import (
	"image"
	"image/draw"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/recorder"
	"gonum.org/v1/plot/vg/vgimg"
)

// stripDots is the height of the strips in which a sheet is painted. The
// rasterizer looks at every line of its picture for each shape, however small:
// a chart of 200 cells, 20 000 lines tall, took a minute in one piece.
const stripDots = 512

// image paints the sheet at a number of dots per inch, strip by strip.
func (s *Sheet) image(dpi int) *image.RGBA {
	dots := float64(dpi) / 72
	width, height := int(float64(sheetWidth)*dots+0.5), int(float64(s.height())*dots+0.5)
	whole := image.NewRGBA(image.Rect(0, 0, width, height))
	spans := extents(s.rec.Actions)
	for top := 0; top < height; top += stripDots {
		bottom := min(top+stripDots, height)
		c := vgimg.NewWith(vgimg.UseWH(sheetWidth, vg.Length(float64(bottom-top)/dots)), vgimg.UseDPI(dpi), vgimg.UseBackgroundColor(paper))
		c.Translate(vg.Point{Y: vg.Length(float64(bottom) / dots)})
		var pen [3]recorder.Action // colour, width and dashes: set only for what is drawn here
		for i, a := range s.rec.Actions {
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
			if spans[i].high < -vg.Length(float64(bottom)/dots) || spans[i].low > -vg.Length(float64(top)/dots) {
				continue
			}
			for k, p := range pen {
				if p != nil {
					p.ApplyTo(c)
					pen[k] = nil
				}
			}
			if t, ok := a.(*recorder.FillString); ok {
				c.FillString(fonts.Lookup(t.Font, t.Size), t.Point, t.String) // the recorder would load fonts of its own
				continue
			}
			a.ApplyTo(c)
		}
		draw.Draw(whole, image.Rect(0, top, width, bottom), c.Image(), image.Point{}, draw.Src)
	}
	return whole
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
