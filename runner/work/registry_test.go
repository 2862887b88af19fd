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
	want := []string{"fsync", "matmul", "montecarlo", "sha256", "sieve", "trees", "triad", "wait"}
	if !slices.Equal(names, want) {
		t.Errorf("listed are %v, want %v", names, want)
	}
	for _, hidden := range []string{"empty", "misbehave", "touch"} {
		if k, err := Lookup(hidden); err != nil || !k.Hidden {
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
	register(Kind{Name: "sieve"})
}
