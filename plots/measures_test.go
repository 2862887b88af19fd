package plots

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"forklore/experiments"
)

// measuredIn returns the rows of one measure: a cell for each setting and model, each with
// two trials and their median.
func measuredIn(name string, settings, models int, value func(cell, trial int) float64) []measuresRow {
	var rows []measuresRow
	for i := range settings * models {
		model := experiments.Models[i%models]
		r := measuresRow{Title: name, trialsRow: trialsRow{Metric: name, N: 2, Low: math.NaN(), High: math.NaN(),
			who: who{Cell: fmt.Sprint(i), Label: "work", Setting: fmt.Sprintf("%d cores", 2+i/models), Model: model, Series: model}}}
		for trial := range 2 {
			r.Kind, r.Value = "trial", value(i, trial)
			rows = append(rows, r)
		}
		r.Kind, r.Value = "median", (value(i, 0)+value(i, 1))/2
		rows = append(rows, r)
	}
	return rows
}

func TestMeasuresFitAPage(t *testing.T) {
	none := func(int, int) float64 { return 0 }
	scattered := func(cell, trial int) float64 { return 1 + float64(cell) + 0.1*float64(trial) }
	first := func(cell, trial int) float64 { return float64(cell/4) * scattered(cell, trial) }
	few := func(cell, trial int) float64 { return float64(max(0, cell-4)) * scattered(cell, trial) }
	for _, c := range []struct {
		name string
		rows []measuresRow
		want []string
		most float64 // lines of cells
	}{
		{"all alike", measuredIn("errors", 3, 2, none), []string{"errors", "0 in every trial of all 6 cells"}, 0},
		{"most alike", measuredIn("errors", 3, 2, few), []string{"0 in every trial of 5 other cells"}, 1},
		{"a setting alike", measuredIn("errors", 3, 4, first), []string{"0 in every trial of 4 other cells: 2 cores"}, 8},
		{"too few alike", measuredIn("errors", 1, 3, none), []string{"0 [0, 0]  n = 2"}, 3},
		{"a line a cell", measuredIn("time", 10, 4, scattered), nil, 40},
		{"a line a setting", measuredIn("time", 20, 4, scattered), []string{"processes", "2 cores"}, 20},
		{"left out", append(measuredIn("time", 60, 2, scattered), measuredIn("lost", 4, 2, scattered)...),
			[]string{"24 more settings left out here, which are in measures.csv"}, mostLines},
	} {
		for i := range c.rows {
			if c.name == "too few alike" {
				c.rows[i].Low, c.rows[i].High = 0, 0
			}
		}
		s := newSheet(Table{Title: "t"})
		measuresDraw(s, Table{Rows: c.rows})
		checkLabels(t, s)
		texts := written(s)
		for _, want := range c.want {
			if !slices.Contains(texts, want) {
				t.Errorf("%s: %q is not on the sheet: %q", c.name, want, texts)
			}
		}
		if highest := c.most*float64(usualHeight) + 280; float64(s.height()) > highest || float64(s.height()) < c.most*float64(usualHeight) {
			t.Errorf("%s: the sheet is %v high, want %v lines", c.name, s.height(), c.most)
		}
	}
}

// What all cells have is no cell's finding.
func TestMeasuresWords(t *testing.T) {
	ones := measuredIn("restarts", 2, 2, func(int, int) float64 { return 1 })
	times := measuredIn("delay", 2, 2, func(cell, _ int) float64 { return float64(cell) })
	title, reading := measuresWords(append(slices.Clone(ones), times...))
	if !strings.HasPrefix(title, "Delay: 0 (work, ") || !strings.Contains(title, " to 3.00 (") || !strings.Contains(reading, "restarts 1.00 in all 4 cells") {
		t.Errorf("%q, %q", title, reading)
	}
	if title, _ := measuresWords(ones); title != "Restarts 1.00 in all 4 cells" {
		t.Errorf("%q", title)
	}
}
