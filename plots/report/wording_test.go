package report

import (
	"strings"
	"testing"

	"forklore/metrics/digest"
)

// strip removes metrics from every cell, as in a run that did not take them.
func strip(d *digest.Digest, metrics ...string) *digest.Digest {
	for i := range d.Cells {
		for _, m := range metrics {
			delete(d.Cells[i].Values, m)
		}
	}
	return d
}

func TestAnswerWithoutItems(t *testing.T) {
	uncounted := []string{"throughput_items_per_s", "cpu_per_item_s"}
	d := strip(run(6, "sieve"), uncounted...)
	if got, want := Answer(d), "processes had 1.05x the wall time of goroutines"; !strings.Contains(got, want) {
		t.Errorf("the answer lacks %q: %s", want, got)
	}
	for i := range d.Cells {
		d.Cells[i].DurationS = 1
	}
	if got := Answer(d); strings.Contains(got, "wall time of") {
		t.Errorf("the wall time of a fixed-time run is no finding: %s", got)
	}
}

func TestGatesNotRun(t *testing.T) {
	trusted := func(d *digest.Digest) string {
		p := &page{Digest: d}
		p.gates()
		return p.String()
	}
	unknown := run(6, "sieve")
	quiet := run(6, "sieve")
	for i := range quiet.Cells {
		quiet.Cells[i].Values["steal_s"] = make([]float64, 6)
	}
	full := run(6, "sieve")
	for _, name := range fullGates {
		full.Gates = append(full.Gates, digest.Gate{Name: name, Passed: true})
	}
	for name, c := range map[string]struct {
		d          *digest.Digest
		want, lack string
	}{
		"unknown": {unknown, "noise unknown", "no disturbed trial"},
		"quiet":   {quiet, "Every one that was run passed; not run: aa, positive, canary.", "noise unknown"},
		"full":    {full, "Every one passed.", "not run"},
	} {
		if got := trusted(c.d); !strings.Contains(got, c.want) || strings.Contains(got, c.lack) {
			t.Errorf("%s: want %q and no %q in:\n%s", name, c.want, c.lack, got)
		}
	}
}

func TestRulesAreComputed(t *testing.T) {
	some := run(6, "sieve")
	some.Cells[0].Values["wall_s"] = some.Cells[0].Values["wall_s"][:5]
	mute := run(6, "sieve")
	mute.Manifest.Plan.Dropped[0].Because = ""
	cut := run(6, "sieve")
	cut.Manifest.Ended = "interrupted"
	for name, c := range map[string]struct {
		d                *digest.Digest
		subset, interval string
	}{
		"whole": {run(6, "sieve"), yes, yes}, "few": {run(5, "sieve"), yes, no}, "some": {some, yes, part},
		"mute": {mute, part, yes}, "cut": {cut, part, yes}, "empty": {&digest.Digest{}, part, none},
	} {
		p := &page{Digest: c.d}
		if got, how := p.ruleSubset(); got != c.subset {
			t.Errorf("%s: what was left out: %q (%s), want %q", name, got, how, c.subset)
		}
		if got, how := p.ruleInterval(); got != c.interval {
			t.Errorf("%s: intervals: %q (%s), want %q", name, got, how, c.interval)
		}
	}
}

func TestLabelFallsBackToWorkload(t *testing.T) {
	d := run(6, "")
	if got, want := Answer(d), "sieve at 2 cores: processes had"; !strings.HasPrefix(got, want) {
		t.Errorf("the answer does not begin with %q: %s", want, got)
	}
}
