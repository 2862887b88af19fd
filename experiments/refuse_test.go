package experiments

import (
	"strings"
	"testing"
)

// pickyCatalogue has a workload that measures something and has no plain loop.
func pickyCatalogue() Catalogue {
	cat := testCatalogue(4)
	cat.Workloads = append(cat.Workloads, WorkloadSpec{Name: "talk", Lacks: []string{"throughput_B_per_s"}, Measures: []string{"rtt_p50_s", "moved_B"}, Refuse: func(c Cell) string {
		if c.Workers < 2 {
			return "one worker has nobody to talk to"
		}
		return ""
	}})
	return cat
}

func TestRefusedCellsAreDroppedWithTheReason(t *testing.T) {
	e, err := Load(Source{File: "test.yaml", Text: []byte("question: Q?\nworkloads: [talk, sieve]\nmodels: [sequential, goroutines]\ncores: [1, 2]\ntrials: 2\n")},
		pickyCatalogue(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := e.Plan()
	if err != nil {
		t.Fatal(err)
	}
	talk := 0
	for _, c := range p.Cells {
		if c.Workload == "talk" {
			talk++
			if c.Workers < 2 {
				t.Errorf("a refused cell is in the plan: %+v", c)
			}
		}
	}
	var reasons []string
	for _, d := range p.Dropped {
		reasons = append(reasons, d.Because)
	}
	if talk != 1 || !strings.Contains(strings.Join(reasons, "\n"), "talk: one worker has nobody to talk to (2 cells)") {
		t.Errorf("%d cells of talk; dropped because %q", talk, reasons)
	}
}

func TestClaimsAboutMeasures(t *testing.T) {
	const text = "question: Q?\nworkloads: [talk, sieve]\nmodels: [goroutines, processes]\ncores: [2]\nclaims:\n" +
		"  - {id: c, says: S., metric: METRIC, compare: {goroutines: processes}, where: {workload: WORKLOAD}}\n"
	for _, c := range []struct{ metric, workload, want string }{
		{"rtt_p50_s", "talk", ""},
		{"wall_s", "sieve", ""},
		{"moved_B", "sieve", "no workload of this claim measures moved_B"},
		{"rtt_p5_s", "talk", "rtt_p50_s"}, // the nearest name
		{"throughput_B_per_s", "talk", "throughput_B_per_s would stay empty: it is about what talk does not count"},
		{"throughput_B_per_s", "sieve", ""},
		{"throughput_B_per_s", "[talk, sieve]", ""},
	} {
		filled := strings.NewReplacer("METRIC", c.metric, "WORKLOAD", c.workload).Replace(text)
		_, err := Load(Source{File: "test.yaml", Text: []byte(filled)}, pickyCatalogue(), Options{})
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s of %s: %v", c.metric, c.workload, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s of %s: %v, want a word of %q", c.metric, c.workload, err, c.want)
		}
	}
}

func TestClaimsOverCalibratedParameters(t *testing.T) {
	const text = "question: Q?\nworkloads: [{use: matmul, n: [64, 128], items: ITEMS}]\nmodels: [goroutines]\ncores: [1]\nclaims:\n" +
		"  - {id: c, says: S., metric: METRIC, compare: {axis: n, left: 64, right: 128}}\n"
	for _, c := range []struct{ items, metric, want string }{
		{"auto", "wall_s", "test.yaml:6:31: claims: items: auto gives each n its own number of items"},
		{"auto", "throughput_items_per_s", ""},
		{"100", "wall_s", ""},
	} {
		filled := strings.NewReplacer("METRIC", c.metric, "ITEMS", c.items).Replace(text)
		_, err := Load(Source{File: "test.yaml", Text: []byte(filled)}, testCatalogue(4), Options{})
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("items %s, %s: %v, want %q", c.items, c.metric, err, c.want)
		}
	}
}
