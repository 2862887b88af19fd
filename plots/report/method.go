package report

import (
	"fmt"
	"slices"

	"forklore/experiments"
	"forklore/metrics/digest"
	"forklore/plots"
)

const shownDropped = 50

func method(p *page) {
	plan := p.Manifest.Plan
	p.para("Every trial runs in a fresh process tree: **spawn** (to the last worker's first instruction), **setup** (to its readiness, warm-up included), then the gate opens; **work** is the wall time from the gate to the last worker's finish, **merge** puts the result together, **reap** ends the tree. CPU and memory totals come from the kernel's own counters, not from samples.")
	points := []string{
		"n is the number of ok trials; repetitions inside a trial are never counted.",
		trialsPlanned(plan),
		fmt.Sprintf("%s in the plan, %s with rows, %s in trials.csv.", plots.Count(len(plan.Cells), "cell"), plots.Count(len(p.Cells), "cell"), plots.Count(p.Rows, "row")),
	}
	switch plan.Order {
	case "blocks":
		points = append(points, fmt.Sprintf("Trials ran in blocks, one trial of every cell in each, in a random order from seed %d.", plan.Seed))
	case "sequential":
		points = append(points, "Trials ran cell after cell, in no random order: a drift of the machine looks like a difference between cells.")
	}
	if plan.Sample.EveryS > 0 {
		points = append(points, "CPU and memory over time were read every "+plots.Given(plan.Sample.EveryS, "s")+".")
	} else {
		points = append(points, "The sampler was off: there is no CPU or memory over time.")
	}
	for _, c := range p.Manifest.Calibration {
		if c.RatePerS > 0 {
			points = append(points, fmt.Sprintf("%s: loads are shares of %s, which cell %s reached in a closed loop before the first block (median of three trials).",
				line(c.Workload+" "+c.Params), plots.Quantity(c.RatePerS, "requests/s"), code(c.Cell)))
			continue
		}
		points = append(points, fmt.Sprintf("%s: %s per trial, chosen by calibration on cell %s, which then took %s (aim %s; one trial).",
			line(c.Workload+" "+c.Params), plots.Count(int(c.Items), "item"), code(c.Cell), plots.Quantity(c.WallS, "s"), plots.Given(c.AimS, "s")))
	}
	p.list(points)
	p.estimators()
	p.commands()
	p.dropped()
}

func trialsPlanned(plan experiments.Plan) string {
	planned := plots.Count(plan.Trials, "trial") + " of each cell were planned"
	if plan.Trials == 1 {
		planned = "1 trial of each cell was planned"
	}
	if plan.Warmup == 0 {
		return planned + ", without warm-up trials."
	}
	return planned + ", after " + plots.Count(plan.Warmup, "warm-up trial") + " that no statistic uses."
}

// estimators says what stands behind the numbers of this very run.
func (p *page) estimators() {
	if ok, _ := p.okTrials(); ok == 0 {
		return
	}
	points := []string{"A cell: the median of its trials, with a 95 % interval from order statistics where it has six trials or more, which supposes no shape of their distribution. Outliers are marked beyond 3 x 1.4826 MAD from the median, and counted."}
	pairs := "paired by block"
	if p.Manifest.Plan.Order == "sequential" {
		pairs = "unpaired, for cells ran one after the other"
	}
	if len(p.Comparisons()) > 0 || len(p.Verdicts()) > 0 {
		points = append(points, "Two cells: the ratio of geometric means, "+pairs+", with a t interval on logarithms (Welch's where unpaired); beside it Hodges and Lehmann's estimate with the exact interval of its rank test. A verdict needs both to say the same.")
	}
	if n := len(p.Manifest.Plan.Claims); n > 0 {
		points = append(points, fmt.Sprintf("%s: p is adjusted by Holm over all of them, that of comparisons nobody claimed by Benjamini and Hochberg.", plots.Count(n, "claim")))
	}
	if slices.ContainsFunc(p.Fits(), func(f digest.Fit) bool { return f.Refused == "" }) {
		points = append(points, "Scaling laws: linear, Amdahl and USL by least squares on the logarithm of every trial's throughput, chosen by AICc, with bootstrap intervals.")
	}
	p.para("The estimators:")
	p.list(points)
}

func (p *page) dropped() {
	dropped := p.Manifest.Plan.Dropped
	if len(dropped) == 0 {
		return
	}
	p.para(fmt.Sprintf("Points of the grid that were not run (%d):", len(dropped)))
	var texts []string
	for _, d := range dropped[:min(len(dropped), shownDropped)] {
		c := d.Cell
		texts = append(texts, fmt.Sprintf("%s, %s, %s, %s: %s", line(c.Label), text(c.Model), plots.Count(c.Cores, "core"),
			plots.Count(c.Workers, "worker"), text(d.Because)))
	}
	if more := len(dropped) - shownDropped; more > 0 {
		texts = append(texts, fmt.Sprintf("and %d more, in manifest.json", more))
	}
	p.list(texts)
}
