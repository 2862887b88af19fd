package plots

import (
	"bytes"
	"errors"
	"fmt"
	"image/png"
	"io/fs"
	"math"
	"os"
	"path/filepath"

	"forklore/metrics/digest"
)

// Found says of every chart what [Render] would, as far as dir holds it; it
// paints nothing. A chart that was drawn from other numbers, or by another
// version in another shape, keeps its picture and loses its spots: they would
// point beside what they speak of.
func Found(d *digest.Digest, dir string) ([]Drawn, error) {
	var all []Drawn
	for _, c := range Charts() {
		drawn, t, s, err := sketch(c, d)
		if err != nil {
			return nil, fmt.Errorf("chart %s of %s: %w", c.Name, dir, err)
		}
		if s != nil {
			if err := drawn.find(dir, t, s); err != nil {
				return nil, fmt.Errorf("chart %s of %s: %w", c.Name, dir, err)
			}
		}
		all = append(all, drawn)
	}
	return all, nil
}

// find looks for a chart's files.
func (drawn *Drawn) find(dir string, t Table, s *Sheet) error {
	picture, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(drawn.PNG)))
	var numbers []byte
	if err == nil {
		numbers, err = os.ReadFile(filepath.Join(dir, filepath.FromSlash(drawn.CSV)))
	}
	if errors.Is(err, fs.ErrNotExist) {
		drawn.Absent = "its folder has no such chart"
		return nil
	}
	if err != nil {
		return err
	}
	var now bytes.Buffer
	if err := t.WriteCSV(&now); err != nil {
		return err
	}
	size, err := png.DecodeConfig(bytes.NewReader(picture))
	if err != nil {
		return fmt.Errorf("%s: %w", drawn.PNG, err)
	}
	dots := float64(size.Width) / float64(sheetWidth) // in a point
	if !bytes.Equal(now.Bytes(), numbers) || math.Abs(dots*float64(s.height())-float64(size.Height)) > 1+dots {
		drawn.Spots = nil
	}
	return nil
}
