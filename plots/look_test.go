package plots

import (
	"bytes"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"forklore/metrics/digest"
)

// TestLook draws every scenario into the folder that FORKLORE_LOOK names, for
// the eye: charts at full size, and contact sheets that hold them all. Without
// it there is nothing to look at. FORKLORE_LOOK_AT names the scenarios wanted.
func TestLook(t *testing.T) {
	dir := os.Getenv("FORKLORE_LOOK")
	if dir == "" {
		t.Skip("FORKLORE_LOOK is not set")
	}
	wanted := strings.Fields(os.Getenv("FORKLORE_LOOK_AT"))
	for name, d := range scenarios() {
		if len(wanted) > 0 && !slices.Contains(wanted, name) {
			continue
		}
		if _, err := Render(d, filepath.Join(dir, name), Options{Formats: []string{"svg"}}); err != nil {
			t.Error(name, err)
		}
		for i, page := range contactSheets(d) {
			var b bytes.Buffer
			if err := png.Encode(&b, page); err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(dir, fmt.Sprintf("%s-%d.png", name, i+1)), b.Bytes())
		}
	}
}

// contactSheets puts all charts of a run, at one dot a point, in two columns
// on pages of one size; what is taller than a page is cut.
func contactSheets(d *digest.Digest) []*image.RGBA {
	const width, height = int(sheetWidth), 1600
	var pages []*image.RGBA
	column, y := 2, 0
	for _, c := range Charts() {
		table, err := c.Table(d)
		if err != nil {
			continue
		}
		s := newSheet(table)
		c.Draw(s, table)
		picture := s.picture(72).dots()
		tall := min(picture.Rect.Dy(), height)
		if y+tall > height {
			column, y = column+1, 0
		}
		if column > 1 {
			pages, column, y = append(pages, image.NewRGBA(image.Rect(0, 0, 2*width, height))), 0, 0
		}
		at := image.Rect(column*width, y, (column+1)*width, y+tall)
		draw.Draw(pages[len(pages)-1], at, picture, image.Point{}, draw.Src)
		y += tall
	}
	return pages
}
