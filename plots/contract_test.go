package plots

import (
	"bytes"
	"encoding/csv"
	"errors"
	"flag"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/plot/cmpimg"
	"gonum.org/v1/plot/vg"

	"forklore/experiments"
	"forklore/metrics/digest"
)

var update = flag.Bool("update", false, "write the golden files")

const all = "all"

// absent lists the charts that a scenario must not have; all others it must.
var absent = map[string][]string{
	"one-cell":   {"comparisons"},
	"bare":       {"phases", "memory", "memory-workers", "cpu", "cpu-timeline", "memory-timeline", "iterations"},
	"all-failed": {all},
	"empty":      {all},
}

// TestContract holds every chart, on every scenario, to what a reader needs:
// it is drawn when it should be, at its size, with no label outside the sheet
// or on another one, the same bytes each time, and with a CSV that parses.
func TestContract(t *testing.T) {
	for name, d := range scenarios() {
		for _, c := range Charts() {
			t.Run(name+"/"+c.Name, func(t *testing.T) {
				table, err := c.Table(d)
				if mustLack(name, c, d) {
					checkAbsent(t, err)
					return
				}
				if err != nil {
					t.Fatalf("not drawn: %v", err)
				}
				checkWords(t, table)
				checkCSV(t, table)
				s := newSheet(table)
				c.Draw(s, table)
				checkLabels(t, s)
				checkImage(t, c, table, s)
			})
		}
	}
}

// mustLack tells whether a scenario lacks what a chart shows.
func mustLack(name string, c Chart, d *digest.Digest) bool {
	if scenarios, ok := special[c.Name]; ok {
		return !slices.Contains(strings.Fields(scenarios), name)
	}
	switch c.Name {
	case "verdicts":
		if len(d.Manifest.Plan.Claims) == 0 {
			return true
		}
	case "speedup", "efficiency", "memory-workers":
		if !manyWorkers(d) {
			return true
		}
	}
	return slices.Contains(absent[name], c.Name) || slices.Contains(absent[name], all)
}

func manyWorkers(d *digest.Digest) bool {
	counts := map[int]bool{}
	for _, c := range d.Cells {
		if c.Model != experiments.Sequential {
			counts[c.Workers] = true
		}
	}
	return len(counts) > 1
}

func checkAbsent(t *testing.T, err error) {
	t.Helper()
	var a Absent
	if !errors.As(err, &a) || len(a) < 10 || strings.HasSuffix(string(a), ".") {
		t.Errorf("want a reason for absence, got %v", err)
	}
}

func checkWords(t *testing.T, table Table) {
	t.Helper()
	for _, text := range []string{table.Title, table.Subtitle, table.Reading} {
		if len(text) < 10 || strings.Contains(text, "NaN") || strings.Contains(text, "%!") || strings.Contains(text, "n/a") {
			t.Errorf("words that cannot be printed: %q", text)
		}
	}
	if !strings.HasSuffix(table.Reading, ".") {
		t.Errorf("the reading is no sentence: %q", table.Reading)
	}
	if !strings.Contains(table.Subtitle, "n = ") {
		t.Errorf("no n in the subtitle %q", table.Subtitle)
	}
}

func checkCSV(t *testing.T, table Table) {
	t.Helper()
	var b bytes.Buffer
	if err := table.WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatalf("the CSV twin does not parse: %v", err)
	}
	if len(rows) < 2 {
		t.Fatalf("the CSV twin has %d lines", len(rows))
	}
	seen := map[string]bool{}
	for i, column := range rows[0] {
		if column == "" || seen[column] {
			t.Errorf("column %d: name %q is empty or taken", i+1, column)
		}
		seen[column] = true
		if strings.HasSuffix(column, "_s") || strings.HasSuffix(column, "_B") {
			checkNumbers(t, column, i, rows[1:])
		}
	}
}

func checkNumbers(t *testing.T, column string, i int, rows [][]string) {
	t.Helper()
	for _, row := range rows {
		if v, err := strconv.ParseFloat(row[i], 64); row[i] != "" && (err != nil || math.IsNaN(v) || math.IsInf(v, 0)) {
			t.Fatalf("column %s: %q is no number", column, row[i])
		}
	}
}

// checkLabels allows half a point, which no eye sees.
func checkLabels(t *testing.T, s *Sheet) {
	t.Helper()
	const slack = vg.Length(0.5)
	for i, a := range s.labels {
		if a.x0 < 0 || a.y0 < 0 || a.x1 > sheetWidth || a.y1 > s.height() {
			t.Errorf("label %q is outside the sheet: %v %v %v %v", a.text, a.x0, a.y0, a.x1, a.y1)
		}
		for _, b := range s.labels[:i] {
			if a.x0 < b.x1-slack && b.x0 < a.x1-slack && a.y0 < b.y1-slack-1 && b.y0 < a.y1-slack-1 {
				t.Errorf("labels overlap: %q and %q", a.text, b.text)
			}
		}
	}
}

// checkImage paints at half a dot a point: the same drawing in a sixteenth of
// the time.
func checkImage(t *testing.T, c Chart, table Table, s *Sheet) {
	t.Helper()
	const coarse = 36
	first := paint(t, s, coarse)
	again := newSheet(table)
	c.Draw(again, table)
	if !bytes.Equal(first, paint(t, again, coarse)) {
		t.Error("drawn twice, the bytes differ")
	}
	img, err := png.Decode(bytes.NewReader(first))
	if err != nil {
		t.Fatal(err)
	}
	w, h := img.Bounds().Dx(), img.Bounds().Dy()
	if w != int(sheetWidth)/2 || math.Abs(float64(h)-float64(s.height())/2) > 1 {
		t.Errorf("size %d x %d for a sheet of %v x %v points", w, h, sheetWidth, s.height())
	}
	colours := map[color.Color]int{}
	for y := range h {
		for x := range w {
			colours[img.At(x, y)]++
		}
	}
	if share := 1 - float64(colours[color.NRGBA{0xff, 0xff, 0xff, 0xff}]+colours[color.RGBA{0xff, 0xff, 0xff, 0xff}])/float64(w*h); share < 0.01 || len(colours) < 5 {
		t.Errorf("blank: %.2g of the paper in %d colours", share, len(colours))
	}
}

func paint(t *testing.T, s *Sheet, dpi int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := s.writePNG(&b, dpi); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestGolden compares each chart's table and picture with files that someone
// has looked at.
func TestGolden(t *testing.T) {
	all := scenarios()
	for _, c := range Charts() {
		t.Run(c.Name, func(t *testing.T) {
			d := all[goldenOf(c.Name)]
			table, err := c.Table(d)
			if err != nil {
				t.Fatal(err)
			}
			var b bytes.Buffer
			if err := table.WriteCSV(&b); err != nil {
				t.Fatal(err)
			}
			s := newSheet(table)
			c.Draw(s, table)
			picture := paint(t, s, 72)
			csvFile, pngFile := filepath.Join("testdata", c.Name+".csv"), filepath.Join("testdata", c.Name+".png")
			if *update {
				write(t, csvFile, b.Bytes())
				write(t, pngFile, picture)
				return
			}
			if diff := cmp.Diff(string(read(t, csvFile)), b.String()); diff != "" {
				t.Errorf("%s differs (-want +got):\n%s", csvFile, diff)
			}
			same, err := cmpimg.EqualApprox("png", picture, read(t, pngFile), 0.05)
			if err != nil {
				t.Fatal(err)
			}
			if !same {
				t.Errorf("%s differs; look at both, then run with -update", pngFile)
			}
		})
	}
}

func write(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o666); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
