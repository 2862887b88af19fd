package work

import (
	"slices"
	"strings"
	"testing"
)

func TestKinds(t *testing.T) {
	var names []string
	for _, k := range Kinds() {
		names = append(names, k.Name)
	}
	if !slices.IsSorted(names) || len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Errorf("listed out of order or twice: %v", names)
	}
	for _, name := range []string{"fsync", "matmul", "montecarlo", "sha256", "sieve", "trees", "triad", "wait"} {
		if !slices.Contains(names, name) {
			t.Errorf("%s is not listed: there are %v", name, names)
		}
	}
	for _, hidden := range []string{"empty", "misbehave", "touch"} {
		if k, err := Lookup(hidden); err != nil || !k.Hidden || slices.Contains(names, hidden) {
			t.Errorf("%s: %+v, %v", hidden, k, err)
		}
	}
}

func TestLookupUnknown(t *testing.T) {
	_, err := Lookup("seive")
	want := `no workload is named "seive"; there are sieve, `
	if err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Fatalf("got %v, want %s...", err, want)
	}
	if strings.Contains(err.Error(), "misbehave") {
		t.Errorf("a hidden workload is listed: %v", err)
	}
}

func TestRegisterTwicePanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a second workload of one name was accepted")
		}
	}()
	describe("sieve", func() Kind { return Kind{Name: "sieve"} })
}
