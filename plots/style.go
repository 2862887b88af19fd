package plots

import (
	"image/color"
	"math"
	"slices"

	stdfont "golang.org/x/image/font"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/font/liberation"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"forklore/experiments"
)

// The theme. Lengths are points; a sheet is 800 points wide and drawn at two
// dots a point unless print size is asked for.
const (
	sheetWidth  vg.Length = 800
	margin      vg.Length = 24
	titleSize   vg.Length = 17
	panelSize   vg.Length = 12.5
	textSize    vg.Length = 12
	smallSize   vg.Length = 11
	gap         vg.Length = 8
	leading               = 1.3 // line height over font size
	tickLen     vg.Length = 4
	axisRoom    vg.Length = 40 // under a panel: tick labels and the axis label
	pointsUntil           = 50 // above this n points shrink and fade
)

var (
	ink    = color.NRGBA{0x1a, 0x1a, 0x1a, 0xff}
	muted  = color.NRGBA{0x59, 0x59, 0x59, 0xff}
	rule   = color.NRGBA{0x8c, 0x8c, 0x8c, 0xff}
	grid   = color.NRGBA{0xe4, 0xe4, 0xe4, 0xff}
	stripe = color.NRGBA{0xf6, 0xf6, 0xf6, 0xff}
	paper  = color.NRGBA{0xff, 0xff, 0xff, 0xff}
	alarm  = color.NRGBA{0x9a, 0x2a, 0x00, 0xff}
)

// Colours of Okabe and Ito (2008), told apart by every common form of colour
// blindness; the markers tell the models apart without any colour.
var modelStyles = map[string]modelStyle{
	experiments.Sequential: {color.NRGBA{0x00, 0x00, 0x00, 0xff}, diamond},
	experiments.Goroutines: {color.NRGBA{0x00, 0x72, 0xb2, 0xff}, circle},
	experiments.Threads:    {color.NRGBA{0x56, 0xb4, 0xe9, 0xff}, triangle},
	experiments.Processes:  {color.NRGBA{0xd5, 0x5e, 0x00, 0xff}, square},
	experiments.Hybrid:     {color.NRGBA{0x00, 0x9e, 0x73, 0xff}, pentagon},
}

type modelStyle struct {
	color color.NRGBA
	shape []vg.Point // corners on the unit circle; nil is a circle
}

// styleOf returns a model's colour and marker; an unknown model is drawn in
// reddish purple, the next colour of the palette.
func styleOf(model string) modelStyle {
	if s, ok := modelStyles[model]; ok {
		return s
	}
	return modelStyle{color.NRGBA{0xcc, 0x79, 0xa7, 0xff}, triangle}
}

var (
	circle   []vg.Point
	triangle = corners(3, 0.5)
	square   = corners(4, 0.25)
	diamond  = corners(4, 0.5)
	pentagon = corners(5, 0.5)
)

// corners returns the n corners of a regular polygon, the first at turn/2 of
// a full turn from the right: 0.5 puts a corner on top. The radius grows so
// that every shape covers the area of the unit circle.
func corners(n int, turn float64) []vg.Point {
	step := 2 * math.Pi / float64(n)
	r := math.Sqrt(math.Pi / (float64(n) / 2 * math.Sin(step)))
	pts := make([]vg.Point, n)
	for i := range pts {
		sin, cos := math.Sincos(turn*math.Pi + float64(i)*step)
		pts[i] = vg.Point{X: vg.Length(r * cos), Y: vg.Length(r * sin)}
	}
	return pts
}

// modelOrder places a model as DESIGN lists them, unknown ones last.
func modelOrder(model string) int {
	if i := slices.Index(experiments.Models, model); i >= 0 {
		return i
	}
	return len(experiments.Models)
}

func faded(c color.NRGBA, alpha float64) color.NRGBA {
	c.A = uint8(math.Round(255 * alpha))
	return c
}

// fonts are embedded in the binary: the same letters offline, anywhere.
var fonts = font.NewCache(liberation.Collection())

type textStyle struct {
	size  vg.Length
	bold  bool
	color color.Color
}

var (
	titleText = textStyle{titleSize, true, ink}
	panelText = textStyle{panelSize, true, ink}
	bodyText  = textStyle{textSize, false, ink}
	smallText = textStyle{smallSize, false, muted}
	alarmText = textStyle{smallSize, false, alarm}
)

func (t textStyle) in(c color.Color) textStyle { t.color = c; return t }

func (t textStyle) face() font.Face {
	f := font.Font{Typeface: "Liberation", Variant: "Sans"}
	if t.bold {
		f.Weight = stdfont.WeightBold
	}
	return fonts.Lookup(f, t.size)
}

func (t textStyle) width(s string) vg.Length {
	f := t.face()
	return f.Width(s)
}

func (t textStyle) line() vg.Length { return t.size * leading }

var (
	axisLine  = draw.LineStyle{Color: rule, Width: 0.8}
	gridLine  = draw.LineStyle{Color: grid, Width: 0.8}
	boundLine = draw.LineStyle{Color: rule, Width: 1.2, Dashes: []vg.Length{5, 4}}
)
