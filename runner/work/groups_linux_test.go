package work

import (
	"slices"
	"testing"
)

// Every workload stands on one shelf, and every name on a shelf is a workload.
func TestGroups(t *testing.T) {
	var listed []string
	for _, g := range groups {
		for _, name := range g.Names {
			if slices.Contains(listed, name) {
				t.Errorf("%s is in two groups", name)
			}
			listed = append(listed, name)
			if k, err := Lookup(name); err != nil || k.Hidden {
				t.Errorf("group %q has %s, which is no workload that lists show: %v", g.Title, name, err)
			}
		}
	}
	for _, k := range Kinds() {
		if !slices.Contains(listed, k.Name) {
			t.Errorf("%s is in no group: put it into groups.go", k.Name)
		}
	}
	var shown int
	for _, g := range Groups() {
		shown += len(g.Names)
	}
	if shown != len(Kinds()) {
		t.Errorf("%d workloads are shown, want %d", shown, len(Kinds()))
	}
}
