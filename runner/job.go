package runner

import (
	"forklore/experiments"
	"forklore/runner/host"
	"forklore/runner/work"
)

// job turns a cell into what the trial host is asked to do: a model is a
// layout over the two backends.
func job(c experiments.Cell, items int64, dir string) host.Job {
	j := host.Job{
		Workload: c.Workload,
		Params:   work.Params(c.Params),
		Workers:  c.Workers,
		Pool:     c.Model != experiments.Sequential,
		Locked:   c.Model == experiments.Threads,
		Dynamic:  c.Schedule == experiments.Dynamic,
		Items:    items,
		MaxProcs: c.Cores,
		Dir:      dir,
	}
	if c.DurationS > 0 {
		j.Items = host.UntilStopped
	}
	switch c.Model {
	case experiments.Sequential:
		j.MaxProcs = 1
	case experiments.Processes:
		j.Processes, j.MaxProcs = c.Workers, 1
	case experiments.Hybrid:
		j.Processes = c.Processes
		j.Spread = true
	}
	return j
}

// reference is the cell that calibration times and whose checksum all others
// must have: the plain loop on one CPU.
func reference(c experiments.Cell, items int64) experiments.Cell {
	c.Model, c.ModelLabel = experiments.Sequential, experiments.Sequential
	c.Cores, c.Workers, c.Processes = 1, 1, 1
	c.Schedule, c.Scaling = experiments.Static, experiments.Strong
	c.Items, c.AutoS, c.DurationS, c.Iterations = items, 0, 0, 1
	c.Control, c.Extra = "", 0
	c.ID = "reference"
	return c
}
