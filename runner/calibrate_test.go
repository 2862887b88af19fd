package runner

import (
	"math"
	"testing"

	"forklore/experiments"
)

// Two who talk have no plain loop: what is timed has several workers, and each of them does its share of
// what all do. Work that grows with the workers must not grow once more.
func TestAutoItemsOfPeersUnderWeakScaling(t *testing.T) {
	const workers = 32
	cfg := campaignOf(t, `
question: Does weak scaling count the workers twice?
workloads: [{use: pingpong, link: channel, items: {auto: 20ms}}]
models: [goroutines]
cores: [1]
workers: [32, 64]
scaling: [strong, weak]
trials: 1
controls: false
`)
	out, rows := run(t, cfg)
	if out.Failed > 0 {
		t.Fatalf("%+v", rows)
	}
	items := map[string]map[int]float64{experiments.Strong: {}, experiments.Weak: {}}
	for _, r := range rows {
		items[r.Scaling][r.Workers] = r.Items
	}
	strong, weak := items[experiments.Strong], items[experiments.Weak]
	if strong[workers] != strong[2*workers] || weak[2*workers] != 2*weak[workers] {
		t.Errorf("items by workers: strong %v, weak %v", strong, weak)
	}
	if off := math.Abs(math.Log(weak[workers] / strong[workers])); off > math.Log(workers)/2 {
		t.Errorf("%d workers have %v items under weak scaling and %v under strong: both were to take as long", workers, weak[workers], strong[workers])
	}
}

// What was chosen can be told from the rows of an interrupted run; both scalings of what has a plain loop
// share it.
func TestGroupsOfScalings(t *testing.T) {
	for _, c := range []struct {
		workload string
		groups   int
	}{{"{use: sha256, items: auto}", 1}, {"{use: pingpong, items: auto}", 2}, {"{use: pingpong, items: 100}", 1}} {
		campaign := newCampaign(campaignOf(t, "question: Q?\nworkloads: ["+c.workload+"]\nmodels: [goroutines]\ncores: [1]\nworkers: [2, 4]\nscaling: [strong, weak]\ncontrols: false\n"))
		groups := map[group]bool{}
		for _, cell := range campaign.plan.Cells {
			groups[campaign.group(cell)] = true
		}
		if len(groups) != c.groups {
			t.Errorf("%s: %d groups, want %d", c.workload, len(groups), c.groups)
		}
	}
}
