package report

import (
	"fmt"

	"forklore/plots"
)

const shownDropped = 50

func method(p *page) {
	plan := p.Manifest.Plan
	p.para("Every trial runs in a fresh process tree: **spawn** (to the last worker's first instruction), **setup** (to its readiness, warm-up included), then the gate opens; **work** is the wall time from the gate to the last worker's finish, **merge** puts the result together, **reap** ends the tree. CPU and memory totals come from the kernel's own counters, not from samples.")
	points := []string{
		"n is the number of ok trials; repetitions inside a trial are never counted.",
		fmt.Sprintf("%s of each cell were planned, after %s that no statistic uses.", plots.Count(plan.Trials, "trial"), plots.Count(plan.Warmup, "warm-up trial")),
		fmt.Sprintf("%s in the plan, %s with rows, %s in trials.csv.", plots.Count(len(plan.Cells), "cell"), plots.Count(len(p.Cells), "cell"), plots.Count(p.Rows, "row")),
	}
	switch plan.Order {
	case "blocks":
		points = append(points, fmt.Sprintf("Trials ran in blocks, one trial of every cell in each, in a random order from seed %d.", plan.Seed))
	case "sequential":
		points = append(points, "Trials ran cell after cell, in no random order: a drift of the machine looks like a difference between cells.")
	}
	if plan.Sample.EveryS > 0 {
		points = append(points, "CPU and memory over time were read every "+plots.Quantity(plan.Sample.EveryS, "s")+".")
	} else {
		points = append(points, "The sampler was off: there is no CPU or memory over time.")
	}
	for _, c := range p.Manifest.Calibration {
		points = append(points, fmt.Sprintf("%s: %s per trial, chosen by calibration on cell %s, which then took %s (aim %s; one trial).",
			line(c.Workload+" "+c.Params), plots.Count(int(c.Items), "item"), code(c.Cell), plots.Quantity(c.WallS, "s"), plots.Quantity(c.AimS, "s")))
	}
	p.list(points)
	p.dropped()
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
