package runner

import (
	"fmt"
	"slices"

	"forklore/experiments"
	"forklore/internal/affinity"
	"forklore/metrics"
)

// binds reports whether the plan wants affinities.
func (c *campaign) binds() bool {
	return slices.ContainsFunc(c.plan.Cells, func(cell experiments.Cell) bool { return cell.Placement.Policy != "none" })
}

// bind chooses the CPUs of a cell's trial and moves the runner off them where
// there is another one for it. It returns nil where nothing is to be bound.
func (c *campaign) bind(cell experiments.Cell) ([]int, error) {
	p := cell.Placement
	if p.Policy == "none" || !affinity.Has {
		return nil, nil
	}
	topology := c.manifest.Machine.Topology
	cpus, err := metrics.PickCPUs(topology, c.usable, cell.Cores, p.Policy, p.SMT, p.NUMA)
	if err != nil {
		return nil, fmt.Errorf("place %d cores: %w", cell.Cores, err)
	}
	spare := c.usable
	if p.Runner == "spare" {
		if rest := without(c.usable, cpus); len(rest) > 0 {
			spare = rest
		}
	}
	if err := affinity.SetAll(spare); err != nil {
		c.warn("the runner could not be kept off the trials' CPUs: %v", err)
	}
	return cpus, nil
}

// unbind gives the runner all its CPUs back.
func (c *campaign) unbind() {
	if affinity.Has && len(c.usable) > 0 {
		_ = affinity.SetAll(c.usable) // we had them before
	}
}

func without(all, some []int) []int {
	return slices.DeleteFunc(slices.Clone(all), func(c int) bool { return slices.Contains(some, c) })
}
