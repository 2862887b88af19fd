package plots

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"forklore/experiments"
	"forklore/metrics/digest"
)

func TestSidesApart(t *testing.T) {
	place := func(label, setting string) Place { return Place{Label: label, Setting: setting} }
	for _, c := range []struct {
		left, right Place
		apart       string
		shared      string
	}{
		{place("ring link=pipe size=8", "2 cores"), place("ring link=pipe size=4096", "2 cores"), "size=8 / size=4096", "ring link=pipe, 2 cores"},
		{place("sieve", "4 cores"), place("sieve", "2 cores"), "4 cores / 2 cores", "sieve"},
		{place("sieve", "2 cores, dynamic"), place("sieve", "2 cores"), "dynamic / ", "sieve, 2 cores"},
	} {
		if got := apart(c.left, c.right); got != c.apart {
			t.Errorf("%v and %v are told apart by %q, want %q", c.left, c.right, got, c.apart)
		}
		if got := spoken(both(c.left, c.right)); got != c.shared {
			t.Errorf("%v and %v share %q, want %q", c.left, c.right, got, c.shared)
		}
	}
}

// Claims that quote one sentence differ in what they measure.
func TestClaimTitles(t *testing.T) {
	verdict := func(says, metric string) digest.Verdict {
		return digest.Verdict{Verdict: digest.Supported, Claim: experiments.Claim{Says: says, Metric: metric}}
	}
	d := &digest.Digest{}
	got := claimTitles(d, []digest.Verdict{verdict("Threads are light.", "wall_s"), verdict("Threads are light.", "spawn_s"), verdict("Alone.", "wall_s")})
	want := []string{"Threads are light: " + metricTitle(d, "wall_s") + " (supported)", "Threads are light: " + metricTitle(d, "spawn_s") + " (supported)", "Alone (supported)"}
	if diff := cmp.Diff(want, got); diff != "" || got[0] == got[1] {
		t.Error(diff)
	}
}
