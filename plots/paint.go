package plots

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"regexp"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgpdf"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Formats are the kinds of picture that [Render] writes. Each is the same bytes
// every time.
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
		return s.writePDF(w)
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
func (s *Sheet) writePNG(w io.Writer, dpi int) error { return s.picture(dpi).write(w) }

// pdfDates are the times of making that a PDF holds.
var pdfDates = regexp.MustCompile(`/(CreationDate|ModDate) \(D:\d{14}\)`)

// writePDF writes a PDF whose times of making are always the same: a date of
// the same length, for a PDF counts its bytes.
func (s *Sheet) writePDF(w io.Writer) error {
	c := vgpdf.New(sheetWidth, s.height())
	if err := s.replay(outlined{c}); err != nil {
		return err
	}
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		return err
	}
	_, err := w.Write(pdfDates.ReplaceAll(b.Bytes(), []byte("/$1 (D:20000101000000)")))
	return err
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
