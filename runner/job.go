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
		Params:   work.Alone(c.Params),
		Workers:  c.Workers,
		Pool:     c.Model != experiments.Sequential,
		Dynamic:  c.Schedule == experiments.Dynamic,
		Items:    items,
		MaxProcs: c.Cores,
		Dir:      dir,
	}
	_, j.Beside, _ = work.Beside(c.Params)
	if kind, err := work.Lookup(c.Workload); err == nil && kind.Shared != nil {
		j.SharedB = kind.Shared(j.Params, j.Workers)
	}
	if c.DurationS > 0 {
		j.Items = host.UntilStopped
	}
	switch c.Model {
	case experiments.Sequential:
		j.MaxProcs = 1
	case experiments.Threads:
		// The kernel alone shares the cores out. Were GOMAXPROCS the cores, Go's scheduler would
		// keep the other threads from it, and pass a locked thread its turn by two switches
		// more: neither happens to threads elsewhere, or to processes.
		j.Locked, j.MaxProcs = true, max(c.Cores, c.Workers)
		if _, serves := server(c); serves {
			// Its connections and collector are not locked, and take more processors than there are cores for
			// idle ones to work on: a megabyte of garbage cost 1.9 ms of CPU with four on one core, 0.34 ms with one.
			j.MaxProcs = c.Cores
		}
	case experiments.Processes:
		j.Processes, j.MaxProcs = c.Workers, 1
	case experiments.Hybrid:
		j.Processes = c.Processes
		j.Spread = true
	}
	j.MaxProcs += probeInt(j, "probe_spare")
	j.Apart()
	return j
}

// probeInt is a parameter of the probe beside a job's work; 0 without one.
func probeInt(j host.Job, name string) int {
	c, own, ok := work.Beside(j.Beside)
	if !ok || c.Name != work.Probe {
		return 0
	}
	return int(own.Int(name))
}

// programFor returns the trialhost that links what a cell's workload needs, and no more: every
// process of a trial starts with all that it links. light is the path of the lightest.
func programFor(light string, c experiments.Cell) string {
	kind, err := work.Lookup(c.Workload)
	switch {
	case err != nil:
		return light
	case kind.Server != nil:
		return host.Server(light)
	case kind.Heavy != nil && kind.Heavy(work.Params(c.Params)):
		return host.Heavy(light)
	}
	return light
}

// reference is the cell that calibration times and whose checksum all others
// must have: the plain loop on one CPU. Where a workload has no plain loop, for it
// needs two to talk, it is the cell at hand.
func reference(c experiments.Cell, items int64) experiments.Cell {
	plain := c
	plain.Model, plain.ModelLabel = experiments.Sequential, experiments.Sequential
	plain.Cores, plain.Workers, plain.Processes = 1, 1, 1
	if kind, err := work.Lookup(c.Workload); err != nil || kind.Refuse == nil || kind.Refuse(work.Params(c.Params), layoutOf(plain)) == "" {
		c = plain
	}
	return once(c, items)
}

// once is a cell with just that many items, as calibration runs it.
func once(c experiments.Cell, items int64) experiments.Cell {
	c.Params = work.Alone(c.Params) // what a companion does to the work is not to decide its amount
	c.Schedule, c.Scaling = experiments.Static, experiments.Strong
	c.Items, c.AutoS, c.DurationS, c.Iterations = items, 0, 0, 1
	c.Control, c.Extra = "", 0
	c.ID = "reference"
	return c
}
