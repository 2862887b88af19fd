package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"slices"

	"forklore/plots"
)

// picture is one chart to be embedded.
type picture struct {
	png           []byte
	csv           []byte // nil where it is too large
	width, height int    // of the picture as it was drawn
}

// The page must pass as an attachment of 3 MB: what its words leave is for
// pictures, numbers and spots.
const (
	mostPage      = 2_900_000
	leastPictures = 300_000 // however many the words are
	mostNumbers   = 250_000
	mostCSV       = 60_000 // of one chart
	mostSpots     = 400_000
)

// room returns how many bytes of pictures a page may hold beside so many bytes
// of words and spots; base64 makes three bytes four.
func room(words, spots int) int {
	return max(leastPictures, (mostPage-words-spots)/4*3-mostNumbers)
}

// fewer thins the spots of charts until they take no more than most bytes in
// JSON: every second one of the chart that takes most goes.
func fewer(drawn []plots.Drawn, most int) (thinned []plots.Drawn, size int) {
	thinned = slices.Clone(drawn)
	sizes := make([]int, len(drawn))
	for i, d := range drawn {
		sizes[i] = len(spots(d.Spots))
		size += sizes[i]
	}
	for size > most {
		largest := 0
		for i := range sizes {
			if sizes[i] > sizes[largest] {
				largest = i
			}
		}
		d := &thinned[largest]
		var kept []plots.Spot
		for i := 0; i < len(d.Spots); i += 2 {
			kept = append(kept, d.Spots[i])
		}
		if len(kept) == len(d.Spots) { // a single spot of enormous length
			kept = nil
		}
		d.Spots = kept
		size -= sizes[largest]
		sizes[largest] = len(spots(kept))
		size += sizes[largest]
	}
	return thinned, size
}

// loadPictures reads the charts from the results folder. While they are too
// large together, more than most bytes, the largest is halved in size.
func loadPictures(drawn []plots.Drawn, dir string, most int) (map[string]picture, error) {
	all := map[string]picture{}
	total, numbers := 0, 0
	for _, c := range drawn {
		if c.Absent != "" {
			continue
		}
		b, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(c.PNG)))
		if err != nil {
			return nil, fmt.Errorf("embed the chart %s: %w", c.Name, err)
		}
		size, err := png.DecodeConfig(bytes.NewReader(b))
		if err != nil {
			return nil, fmt.Errorf("embed the chart %s: %w", c.Name, err)
		}
		p := picture{png: b, width: size.Width, height: size.Height}
		csv, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(c.CSV)))
		if err != nil {
			return nil, fmt.Errorf("embed the numbers of chart %s: %w", c.Name, err)
		}
		if len(csv) <= mostCSV && numbers+len(csv) <= mostNumbers {
			p.csv = csv
			numbers += len(csv)
		}
		total += len(b)
		all[c.Name] = p
	}
	for total > most {
		saved, err := shrinkLargest(drawn, all)
		if err != nil {
			return nil, err
		}
		if saved <= 0 {
			break
		}
		total -= saved
	}
	return all, nil
}

func shrinkLargest(drawn []plots.Drawn, all map[string]picture) (saved int, err error) {
	largest := ""
	for _, c := range drawn {
		if p, ok := all[c.Name]; ok && len(p.png) > len(all[largest].png) {
			largest = c.Name
		}
	}
	if largest == "" {
		return 0, nil
	}
	p := all[largest]
	small, err := plots.Halve(p.png)
	if err != nil {
		return 0, fmt.Errorf("embed the chart %s: %w", largest, err)
	}
	saved = len(p.png) - len(small)
	p.png = small
	all[largest] = p
	return saved, nil
}

// quote is a JSON text that is safe within a script element.
func quote(s string) string {
	b, err := json.Marshal(s) // escapes <, > and &
	if err != nil {
		return `""`
	}
	return string(b)
}
