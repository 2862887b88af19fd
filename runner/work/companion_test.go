package work

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// unclear returns what is wrong with the names of companions and workloads: a parameter
// that two of them have would be taken for the other one's.
func unclear(kinds []Kind, others []Companion) []error {
	of := map[string]string{}
	var faults []error
	for _, c := range others {
		for _, p := range c.Params {
			if first, taken := of[p.Name]; taken {
				faults = append(faults, fmt.Errorf("parameter %s belongs to %s and to %s", p.Name, first, c.Name))
			}
			of[p.Name] = c.Name
		}
	}
	for _, k := range kinds {
		for _, p := range k.Params {
			if first, taken := of[p.Name]; taken {
				faults = append(faults, fmt.Errorf("parameter %s belongs to %s and to workload %s", p.Name, first, k.Name))
			}
		}
	}
	return faults
}

func TestCompanionNames(t *testing.T) {
	for _, err := range unclear(All(), Companions()) {
		t.Error(err)
	}
	p := []Param{{Name: "n"}}
	if faults := unclear([]Kind{{Name: "k", Params: p}}, []Companion{{Name: "a", Params: p}, {Name: "b", Params: p}}); len(faults) != 2 {
		t.Errorf("names that belong to two: %v", faults)
	}
}

// Every companion is described as workloads are.
func TestEveryCompanionIsDescribed(t *testing.T) {
	for _, c := range Companions() {
		t.Run(c.Name, func(t *testing.T) {
			for _, part := range []string{"Definition:", "Source:", "Stresses:", "Does not say:"} {
				if !strings.Contains(c.Doc, part) {
					t.Errorf("the doc lacks %q", part)
				}
			}
			if c.Summary == "" || strings.Contains(c.Summary, "\n") || strings.HasSuffix(c.Summary, ".") {
				t.Errorf("the summary is no plain line: %q", c.Summary)
			}
			for _, p := range c.Params {
				if got, err := p.Check(p.Default); err != nil || got != p.Default || p.Doc == "" {
					t.Errorf("%s: the default %q checks as %q, %v; doc %q", p.Name, p.Default, got, err, p.Doc)
				}
				for _, text := range outside(p) {
					if got, err := c.Parse(map[string]string{p.Name: text}); err == nil {
						t.Errorf("%s: %q was accepted as %q", p.Name, text, got[p.Name])
					}
				}
			}
			for _, m := range c.Measures {
				counted := func(o Measure) bool { return o.Name == m.Of && o.Merge == MergeSum }
				if m.Title == "" || m.Doc == "" || m.Hist == (m.Merge != "") || (m.Merge == MergeShare) != slices.ContainsFunc(c.Measures, counted) {
					t.Errorf("incomplete: %+v", m)
				}
			}
		})
	}
}

// lend adds a companion for one test.
func lend(t *testing.T, c Companion) {
	t.Helper()
	accompany(c.Name, func() Companion { return c })
	t.Cleanup(func() { delete(companions, c.Name) })
}

func TestCompanion(t *testing.T) {
	lend(t, Companion{Name: "beat", Params: []Param{{Name: "beat_rate", Type: "int", Default: "60", Min: 1, Max: 99}}, Measures: []Measure{{Name: "missed"}},
		Refuse: func(_ Kind, _, ps Params, l Layout) string {
			if l.Workers == int(ps.Int("beat_rate")) {
				return "as many as beats"
			}
			return ""
		}})
	alone, with := Params{"n": "3"}, Params{"n": "3", "beat_rate": "7"}
	if _, _, ok := Beside(alone); ok {
		t.Error("a workload alone has a companion")
	}
	c, own, ok := Beside(with)
	if !ok || c.Name != "beat" || c.Key("beat_rate") != "rate" {
		t.Errorf("found %q", c.Name)
	}
	if diff := cmp.Diff(Params{"beat_rate": "7"}, own); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(alone, Alone(with)); diff != "" {
		t.Error(diff)
	}
	if with["beat_rate"] != "7" {
		t.Error("Alone changed the cell")
	}
	k := Kind{Name: "k", Measures: []Measure{{Name: "own"}}, Refuse: func(_ Params, l Layout) string {
		if l.Workers == 1 {
			return "needs two"
		}
		return ""
	}}
	if got := k.With(alone); len(got.Measures) != 1 || got.Refuse(nil, Layout{Workers: 7}) != "" {
		t.Error("a workload alone has what a companion brings")
	}
	got := k.With(with)
	if len(got.Measures) != 2 || len(k.Measures) != 1 {
		t.Errorf("measures %v", got.Measures)
	}
	for workers, want := range map[int]string{1: "needs two", 7: "as many as beats", 2: ""} {
		if because := got.Refuse(nil, Layout{Workers: workers}); because != want {
			t.Errorf("%d workers: refused for %q, want %q", workers, because, want)
		}
	}
}
