package plots

import (
	"image"
	"image/color"
	"math"

	"golang.org/x/image/vector"
	"gonum.org/v1/plot/vg"
)

// brush paints shapes on a strip of paper. vgimg's own rasterizer looks at
// every line of its picture for each shape and walks a list of cells along each
// line: a chart of 2000 jagged lines took seconds. This one adds up areas
// within the box of the shape, and nowhere else.
type brush struct {
	paper   *image.RGBA
	dots    float64 // in a point
	top     int     // dots above the strip
	color   color.Color
	width   float64   // of lines, in dots
	dashes  []float64 // in dots: drawn, left out, drawn...
	letters letters

	raster vector.Rasterizer
	mask   image.Alpha
	shape  [][]pixel // closed outlines that wind the same way
}

// pixel is a place on the strip in dots.
type pixel struct{ x, y float64 }

// fill paints the inside of a path.
func (b *brush) fill(p vg.Path) {
	b.shape = b.shape[:0]
	for _, line := range b.outlines(p) {
		b.shape = append(b.shape, line.dots)
	}
	b.paint()
}

// stroke paints along a path: a bar for each stretch, and a wedge at the outer
// side of each bend. They touch without lying on each other, for areas add up.
func (b *brush) stroke(p vg.Path) {
	b.shape = b.shape[:0]
	for _, line := range b.outlines(p) {
		if line.closed {
			line.dots = append(line.dots, line.dots[0])
		}
		for _, part := range dashed(line.dots, b.dashes) {
			b.along(part, line.closed && len(b.dashes) == 0)
		}
	}
	b.paint()
}

// along adds the bars and wedges of one line without dashes; a closed one bends
// where it ends.
func (b *brush) along(line []pixel, closed bool) {
	var first, last pixel // half the width, to the left of the stretch
	for i := 1; i < len(line); i++ {
		from, to := line[i-1], line[i]
		length := math.Hypot(to.x-from.x, to.y-from.y)
		if length == 0 {
			continue
		}
		left := pixel{(to.y - from.y) / length * b.width / 2, (from.x - to.x) / length * b.width / 2}
		b.shape = append(b.shape, []pixel{from.plus(left, 1), from.plus(left, -1), to.plus(left, -1), to.plus(left, 1)})
		if last != (pixel{}) {
			b.bend(from, last, left)
		} else {
			first = left
		}
		last = left
	}
	if closed && last != (pixel{}) {
		b.bend(line[0], last, first)
	}
}

func (p pixel) plus(q pixel, times float64) pixel { return pixel{p.x + times*q.x, p.y + times*q.y} }

// bend adds the wedge between two bars, wound as they are.
func (b *brush) bend(at, before, after pixel) {
	switch turn := before.x*after.y - before.y*after.x; {
	case turn > 0:
		b.shape = append(b.shape, []pixel{at, at.plus(after, 1), at.plus(before, 1)})
	case turn < 0:
		b.shape = append(b.shape, []pixel{at, at.plus(before, -1), at.plus(after, -1)})
	}
}

// outline is a polygon or an open line.
type outline struct {
	dots   []pixel
	closed bool
}

// outlines turns a path into lines of dots; arcs become as many stretches as
// their size needs.
func (b *brush) outlines(p vg.Path) (list []outline) {
	at := func(q vg.Point) pixel { return pixel{float64(q.X) * b.dots, -float64(q.Y)*b.dots - float64(b.top)} }
	last := func() *outline { return &list[len(list)-1] }
	for _, c := range p {
		switch c.Type {
		case vg.MoveComp:
			list = append(list, outline{dots: []pixel{at(c.Pos)}})
		case vg.LineComp:
			last().dots = append(last().dots, at(c.Pos))
		case vg.ArcComp:
			centre, radius := at(c.Pos), float64(c.Radius)*b.dots
			n := max(8, int(math.Abs(c.Angle)*math.Sqrt(radius)*2))
			for i := range n + 1 {
				sin, cos := math.Sincos(c.Start + c.Angle*float64(i)/float64(n))
				last().dots = append(last().dots, pixel{centre.x + cos*radius, centre.y - sin*radius})
			}
		case vg.CloseComp:
			last().closed = true
		default:
			panic("plots: a sheet holds no curves") // the letters of a PDF do, and are not painted here
		}
	}
	return list
}

// dashed cuts a line into what is drawn of it.
func dashed(line []pixel, dashes []float64) [][]pixel {
	if len(dashes) == 0 || len(line) < 2 {
		return [][]pixel{line}
	}
	var parts [][]pixel
	part := []pixel{line[0]}
	left, k := dashes[0], 0 // of the dash or the gap in hand
	for i := 1; i < len(line); i++ {
		from, to := line[i-1], line[i]
		length := math.Hypot(to.x-from.x, to.y-from.y)
		for done := 0.0; length > 0; {
			if length-done < left {
				left -= length - done
				if k%2 == 0 {
					part = append(part, to)
				}
				break
			}
			done += left
			at := pixel{from.x + (to.x-from.x)*done/length, from.y + (to.y-from.y)*done/length}
			if k%2 == 0 {
				parts = append(parts, append(part, at))
			}
			k++
			part, left = []pixel{at}, dashes[k%len(dashes)]
		}
	}
	if k%2 == 0 && len(part) > 1 {
		parts = append(parts, part)
	}
	return parts
}

// paint covers the shape with the colour, as far as it lies on the strip.
func (b *brush) paint() {
	box := bounds(b.shape).Intersect(b.paper.Rect)
	if box.Empty() {
		return
	}
	b.raster.Reset(box.Dx(), box.Dy())
	for _, outline := range b.shape {
		for i, d := range outline {
			x, y := float32(d.x-float64(box.Min.X)), float32(d.y-float64(box.Min.Y))
			if i == 0 {
				b.raster.MoveTo(x, y)
			} else {
				b.raster.LineTo(x, y)
			}
		}
		b.raster.ClosePath()
	}
	if n := box.Dx() * box.Dy(); cap(b.mask.Pix) < n {
		b.mask.Pix = make([]uint8, n)
	}
	b.mask.Pix, b.mask.Stride, b.mask.Rect = b.mask.Pix[:box.Dx()*box.Dy()], box.Dx(), image.Rect(0, 0, box.Dx(), box.Dy())
	b.raster.DrawOp = 1 // draw.Src: the mask holds the shape before
	b.raster.Draw(&b.mask, b.mask.Rect, image.Opaque, image.Point{})
	b.cover(box)
}

// cover mixes the colour into the paper wherever the mask says so.
func (b *brush) cover(box image.Rectangle) {
	c := color.NRGBAModel.Convert(b.color).(color.NRGBA)
	for y := range box.Dy() {
		row := b.paper.Pix[b.paper.PixOffset(box.Min.X, box.Min.Y+y):][:4*box.Dx()]
		for x, m := range b.mask.Pix[y*box.Dx():][:box.Dx()] {
			if m == 0 {
				continue
			}
			a := (uint32(m)*uint32(c.A) + 127) / 255
			p := row[4*x:][:3:3]
			p[0] = uint8((uint32(c.R)*a + uint32(p[0])*(255-a) + 127) / 255)
			p[1] = uint8((uint32(c.G)*a + uint32(p[1])*(255-a) + 127) / 255)
			p[2] = uint8((uint32(c.B)*a + uint32(p[2])*(255-a) + 127) / 255)
		}
	}
}

// bounds returns the whole dots that a shape touches.
func bounds(shape [][]pixel) image.Rectangle {
	x0, y0, x1, y1 := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, outline := range shape {
		for _, d := range outline {
			x0, y0, x1, y1 = min(x0, d.x), min(y0, d.y), max(x1, d.x), max(y1, d.y)
		}
	}
	if !(x0 <= x1 && y0 <= y1) {
		return image.Rectangle{}
	}
	const far = 1 << 20 // more than any sheet
	whole := func(v float64) int { return int(max(-far, min(far, v))) }
	return image.Rect(whole(math.Floor(x0)), whole(math.Floor(y0)), whole(math.Ceil(x1)), whole(math.Ceil(y1)))
}
