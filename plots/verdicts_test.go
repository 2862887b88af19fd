package plots

import (
	"slices"
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
		shared      []string
	}{
		{place("ring link=pipe size=8", "2 cores"), place("ring link=pipe size=4096", "2 cores"), "size=8 / size=4096", []string{"ring", "link=pipe", "2 cores"}},
		{place("sieve", "4 cores"), place("sieve", "2 cores"), "4 cores / 2 cores", []string{"sieve"}},
		{place("sieve", "2 cores, dynamic"), place("sieve", "2 cores"), "dynamic / ", []string{"sieve", "2 cores"}},
	} {
		if got := apart(c.left, c.right); got != c.apart {
			t.Errorf("%v and %v are told apart by %q, want %q", c.left, c.right, got, c.apart)
		}
		if diff := cmp.Diff(c.shared, both(c.left, c.right)); diff != "" {
			t.Error(diff)
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

// What all settings say stands above them, once; of what differs nothing is lost.
func TestSettingsAreFolded(t *testing.T) {
	for _, c := range []struct {
		settings, want []string
		common         string
	}{
		{[]string{"sieve f=a, 2 cores, 4 workers", "sieve f=b, 2 cores, 4 workers"}, []string{"f=a", "f=b"}, "sieve, 2 cores, 4 workers"},
		{[]string{"sieve, 1 core", "sieve, 2 cores"}, []string{"1 core", "2 cores"}, "sieve"},
		{[]string{"sieve, 1 core", "sha, 1 core"}, []string{"sieve", "sha"}, "1 core"},
		{[]string{"sieve", "sieve f=b"}, []string{"", "f=b"}, "sieve"},
		{[]string{"a, 1 core", "b, 2 cores"}, []string{"a, 1 core", "b, 2 cores"}, ""},
		{[]string{"a, 1 core", "a, 1 core"}, []string{"a, 1 core", "a, 1 core"}, ""},
	} {
		var lines []rowLine
		for _, s := range c.settings {
			lines = append(lines, rowLine{who: who{Setting: s}})
		}
		common := foldSettings(lines)
		var got []string
		for _, l := range lines {
			got = append(got, l.Setting)
		}
		if common != c.common || !slices.Equal(got, c.want) {
			t.Errorf("%q: %q above %q, want %q above %q", c.settings, common, got, c.common, c.want)
		}
	}
}
