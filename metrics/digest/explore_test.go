package digest

import (
	"fmt"
	"strings"
	"testing"

	"forklore/experiments"
)

func TestGridThatIsTooLargeIsCutAloud(t *testing.T) {
	w := world{blocks: 1}
	for i := range 300 { // models of one group: 300*299/2 pairs in three metrics
		c := cell(experiments.Goroutines, 2)
		c.ID, c.ModelLabel = fmt.Sprint("c", i), fmt.Sprint("variant ", i)
		w.cells = append(w.cells, c)
	}
	d := w.digest(1)
	if list, cut := d.pairings(); !cut || len(list) != maxGrid {
		t.Errorf("%d pairings, cut %v", len(list), cut)
	}
	if all := strings.Join(d.Warnings, "\n"); !strings.Contains(all, "the exploratory grid has more than 100000 comparisons") {
		t.Errorf("no warning of it: %q", all)
	}
}
