package runner

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"forklore/experiments"
	"forklore/metrics"
	"forklore/metrics/record"
	"forklore/runner/host"
)

// Resume goes on with a run that was interrupted: its folder, its plan and its
// order, and only those trials that have no row. Of the Config it takes what
// concerns the program, not the experiment. The error is as that of [Run].
func Resume(ctx context.Context, cfg Config, dir string) (Outcome, error) {
	c := newCampaign(cfg)
	if err := c.reopen(dir); err != nil {
		return c.outcome, err
	}
	err := c.loop(ctx)
	return c.outcome, errors.Join(err, c.close(ctx, err))
}

// reopen prepares a campaign as open does, from what an earlier one left.
func (c *campaign) reopen(dir string) error {
	var err error
	if c.folder, err = record.Open(dir); err != nil {
		return err
	}
	manifest, err := record.ReadManifest(c.folder.Manifest())
	if err != nil {
		return err
	}
	machine := c.fs.Machine()
	if err := resumable(manifest, machine, dir); err != nil {
		return err
	}
	c.outcome.Dir, c.outcome.Warnings = c.folder.Dir, manifest.Warnings
	c.manifest, c.plan = *manifest, &manifest.Plan
	if err := c.check(); err != nil {
		return err
	}
	if machine.Boot != manifest.Machine.Boot {
		c.warn("the machine was started anew between the parts of the run")
	}
	if c.usable, err = metrics.UsableCPUs(); err != nil {
		return err
	}
	if !slices.Equal(c.usable, manifest.Machine.UsableCPUs) {
		c.warn("the run may use CPUs %s now; it began with %s", metrics.FormatCPUList(c.usable), metrics.FormatCPUList(manifest.Machine.UsableCPUs))
	}
	if c.journal, err = c.folder.Journal(c.contents()); err != nil {
		return err
	}
	for _, w := range c.journal.Warnings {
		c.warn("%s", w)
	}
	if err := c.remember(); err != nil {
		return errors.Join(err, c.journal.Close())
	}
	c.manifest.Resumed = append(c.manifest.Resumed, c.Now().UTC())
	c.manifest.Ended, c.manifest.Finished = "running", time.Time{}
	c.adopt()
	return c.reserve()
}

// resumable says why a run cannot go on here: its trials must stay comparable.
func resumable(m *record.Manifest, now record.Machine, dir string) error {
	switch then := m.Machine; {
	case m.Ended == "complete":
		return fmt.Errorf("%s is complete: there is nothing to resume; forklore report %s makes its report again", dir, dir)
	case m.Version != host.Version:
		return fmt.Errorf("%s was begun by version %s, this is %s: trials of two versions are not one run; go on with that version, or start a new run", dir, m.Version, host.Version)
	case then.Host != now.Host || then.CPUModel != now.CPUModel || then.Kernel != now.Kernel:
		return fmt.Errorf("%s was begun on %s (%s, kernel %s), this is %s (%s, kernel %s): start a new run here",
			dir, then.Host, then.CPUModel, then.Kernel, now.Host, now.CPUModel, now.Kernel)
	}
	return nil
}

// remember takes from the rows what the interrupted campaign knew: which trials are
// done, what was calibrated, which checksums are right and how precise the ratios are.
func (c *campaign) remember() error {
	c.done, c.calibrations = map[int]record.Trial{}, map[group]calibration{}
	cells := map[string]experiments.Cell{}
	for _, cell := range c.plan.Cells {
		cells[cell.ID] = cell
	}
	var spent float64
	for t, err := range record.ReadTrials(c.folder.Trials()) {
		if fault := (*record.Fault)(nil); errors.As(err, &fault) && fault.Kind != record.Strange {
			return fmt.Errorf("%w: mend or remove that row, then resume", err)
		} else if err != nil && fault == nil {
			return err
		}
		if t == nil {
			continue
		}
		c.done[t.Trial] = *t
		c.outcome.Trials, c.outcome.Kept = c.outcome.Trials+1, c.outcome.Kept+1
		c.outcome.count(t)
		c.proof.Check(t)
		if !math.IsNaN(t.ColdS) {
			spent += t.ColdS
		}
		if cell, ok := cells[t.Cell]; ok && cell.AutoS > 0 && cell.Control == "" && t.Items > 0 {
			c.calibrations[c.group(cell)] = calibration{items: base(cell, t.Items)}
		}
	}
	c.started = c.Now().Add(-time.Duration(spent * float64(time.Second)))
	return nil
}

// base undoes weak scaling: the items that calibration chose.
func base(cell experiments.Cell, items float64) int64 {
	if cell.Scaling == experiments.Weak {
		return int64(items) / int64(cell.Workers)
	}
	return int64(items)
}

// skip reports whether a step was done before the run was interrupted. What it measured counts
// towards the precision.
func (c *campaign) skip(step experiments.Step) bool {
	row, done := c.done[step.Trial]
	if done && c.precision != nil {
		c.precision.add(step, &row)
	}
	return done
}
