package plots

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgpdf"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Formats are the kinds of picture that [Render] writes. PNG and SVG are the
// same bytes each time; a PDF holds the time of its making.
var Formats = []string{"png", "svg", "pdf"}

// Resolutions in dots per inch of a sheet that is 800 points wide.
const (
	ScreenDPI = 144
	PrintDPI  = 300
)

// write paints the sheet in one of Formats.
func (s *Sheet) write(w io.Writer, format string, t Table, dpi int) error {
	switch format {
	case "png":
		return s.writePNG(w, dpi)
	case "svg":
		return s.writeSVG(w, t)
	case "pdf":
		c := vgpdf.New(sheetWidth, s.height())
		if err := s.replay(outlined{c}); err != nil {
			return err
		}
		_, err := c.WriteTo(w)
		return err
	}
	return fmt.Errorf("unknown format %q: known are %s", format, strings.Join(Formats, ", "))
}

// replay puts what was recorded on a canvas.
func (s *Sheet) replay(c vg.Canvas) error {
	c.SetColor(paper)
	var page vg.Path
	page.Move(vg.Point{})
	page.Line(vg.Point{X: sheetWidth})
	page.Line(vg.Point{X: sheetWidth, Y: s.height()})
	page.Line(vg.Point{Y: s.height()})
	page.Close()
	c.Fill(page)
	c.Translate(vg.Point{Y: s.height()})
	if err := s.rec.ReplayOn(c); err != nil {
		return fmt.Errorf("paint the sheet: %w", err)
	}
	return nil
}

// writePNG paints the sheet at a number of dots per 72 points.
func (s *Sheet) writePNG(w io.Writer, dpi int) error {
	return png.Encode(w, paletted(s.image(dpi)))
}

// paletted reduces a picture to its 256 most frequent colours; all others,
// which smooth the edges of letters, become the nearest of them. A third of
// the bytes, and no eye sees it.
func paletted(rgba *image.RGBA) *image.Paletted {
	pixel := func(i int) uint32 {
		return uint32(rgba.Pix[i])<<16 | uint32(rgba.Pix[i+1])<<8 | uint32(rgba.Pix[i+2])
	}
	count := map[uint32]int{}
	last, run := pixel(0), 0 // most pixels are as the one before
	for i := 0; i < len(rgba.Pix); i += 4 {
		if c := pixel(i); c != last {
			count[last] += run
			last, run = c, 0
		}
		run++
	}
	count[last] += run
	colours := make([]uint32, 0, len(count))
	for c := range count {
		colours = append(colours, c)
	}
	slices.SortFunc(colours, func(a, b uint32) int { return cmp.Or(count[b]-count[a], cmp.Compare(a, b)) })
	out := image.NewPaletted(rgba.Rect, nil)
	index := make(map[uint32]uint8, len(colours))
	for i, c := range colours {
		if i < 256 {
			index[c] = uint8(i)
			out.Palette = append(out.Palette, color.RGBA{uint8(c >> 16), uint8(c >> 8), uint8(c), 0xff})
			continue
		}
		index[c] = nearest(colours[:256], c)
	}
	last, at := pixel(0), index[pixel(0)]
	for i := range out.Pix {
		if c := pixel(4 * i); c != last {
			last, at = c, index[c]
		}
		out.Pix[i] = at
	}
	return out
}

func toRGBA(src image.Image) *image.RGBA {
	dst := image.NewRGBA(src.Bounds())
	if p, ok := src.(*image.Paletted); ok && p.Stride == p.Rect.Dx() { // ours, and much faster than Draw
		var table [256][4]uint8
		for i, c := range p.Palette {
			r, g, b, a := c.RGBA()
			table[i] = [4]uint8{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8), uint8(a >> 8)}
		}
		for i, at := range p.Pix {
			copy(dst.Pix[4*i:4*i+4], table[at][:])
		}
		return dst
	}
	draw.Draw(dst, dst.Rect, src, src.Bounds().Min, draw.Src)
	return dst
}

// Halve returns a PNG at half its size, for a page that must stay small.
func Halve(picture []byte) ([]byte, error) {
	src, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		return nil, fmt.Errorf("halve a chart: %w", err)
	}
	full := toRGBA(src)
	if full.Rect.Dx() < 2 || full.Rect.Dy() < 2 {
		return picture, nil
	}
	dst := image.NewRGBA(image.Rect(0, 0, max(1, full.Rect.Dx()/2), max(1, full.Rect.Dy()/2)))
	for y := range dst.Rect.Dy() {
		for x := range dst.Rect.Dx() {
			from, to := full.PixOffset(full.Rect.Min.X+2*x, full.Rect.Min.Y+2*y), dst.PixOffset(x, y)
			for k := range 4 {
				sum := int(full.Pix[from+k]) + int(full.Pix[from+4+k]) + int(full.Pix[from+full.Stride+k]) + int(full.Pix[from+full.Stride+4+k])
				dst.Pix[to+k] = uint8(sum / 4)
			}
		}
	}
	var out bytes.Buffer
	err = png.Encode(&out, paletted(dst))
	return out.Bytes(), err
}

func nearest(palette []uint32, c uint32) uint8 {
	best, least := 0, math.MaxInt
	for i, p := range palette {
		r, g, b := int(p>>16)-int(c>>16), int(p>>8&0xff)-int(c>>8&0xff), int(p&0xff)-int(c&0xff)
		if d := r*r + g*g + b*b; d < least {
			best, least = i, d
		}
	}
	return uint8(best)
}

// writeSVG writes letters as text: they can be searched and edited. Where the
// fonts of the theme are missing, their metric twins stand in.
func (s *Sheet) writeSVG(w io.Writer, t Table) error {
	c := vgsvg.New(sheetWidth, s.height())
	if err := s.replay(c); err != nil {
		return err
	}
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		return err
	}
	var title bytes.Buffer
	title.WriteString(` role="img">` + "\n<title>")
	if err := xml.EscapeText(&title, []byte(printable(t.Title+". "+t.Reading))); err != nil {
		return err
	}
	title.WriteString("</title>")
	const root = `xmlns:xlink="http://www.w3.org/1999/xlink"`
	svg := strings.Replace(b.String(), root+">", root+title.String(), 1)
	_, err := io.WriteString(w, strings.ReplaceAll(svg, "font-family:Liberation Sans;", "font-family:'Liberation Sans',Arial,Helvetica,sans-serif;"))
	return err
}
