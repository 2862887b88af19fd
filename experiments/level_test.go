package experiments

import (
	"strings"
	"testing"
)

func TestClaimsAboutLevels(t *testing.T) {
	cat := testCatalogue(4)
	cat.Workloads = append(cat.Workloads, WorkloadSpec{Name: "probe", Measures: []string{"can_read", "spared_share", "moved_B"}})
	const text = "question: Q?\nworkloads: [probe]\nmodels: [goroutines, processes]\ncores: [2]\nclaims:\n  - {id: c, says: S., CLAIM}\n"
	for _, c := range []struct{ claim, kind, want string }{
		{"metric: can_read, at_most: 5%", ClaimProportion, ""},
		{"metric: can_read, at_least: 0.95", ClaimProportion, ""},
		{"metric: can_read, at_least: 95", "", "at_least: 95 is more than all trials"},
		{"metric: can_read, at_least: 1, margin: 0.1", "", "margin does not belong here"},
		{"metric: can_read, compare: {processes: goroutines}", ClaimCompare, ""},
		{"metric: can_read, compare: {processes: goroutines}, margin: 0.2", ClaimCompare, ""},
		{"metric: can_read, compare: {processes: goroutines}, at_least: 0", ClaimCompare, ""},
		{"metric: can_read, compare: {processes: goroutines}, at_least: 50%", ClaimCompare, ""},
		{"metric: can_read, compare: {processes: goroutines}, at_least: 1x", "", "two shares are compared by their difference, and 1x is none"},
		{"metric: spared_share, compare: {processes: goroutines}, at_least: 1.5", "", "two shares are compared by their difference, and 1.5 is none"},
		{"metric: spared_share, at_least: 0.9", ClaimBound, ""},
		{"metric: cpu_share, compare: {processes: goroutines}, at_least: 1.5x", ClaimCompare, ""},
		{"metric: can_reed, at_most: 5%", "", "can_read"}, // the nearest name
		{"metric: ok, compare: {processes: goroutines}", "", "ok is a share of trials"},
	} {
		e, err := Load(Source{File: "test.yaml", Text: []byte(strings.Replace(text, "CLAIM", c.claim, 1))}, cat, Options{})
		switch {
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v, want a word of %q", c.claim, err, c.want)
		case c.want == "" && (err != nil || e.Claims[0].Kind != c.kind):
			t.Errorf("%s: %v", c.claim, err)
		}
	}
}
