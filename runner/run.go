package runner

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"time"

	"forklore/experiments"
	"forklore/internal/affinity"
	"forklore/metrics"
	"forklore/metrics/record"
	"forklore/runner/host"
)

// Config is a run to be made. The zero value of each optional field is a
// working default.
type Config struct {
	Experiment *experiments.Experiment
	Plan       *experiments.Plan
	Program    string                   // path of trialhost
	Root       string                   // folder of all results
	Command    []string                 // words that reproduce the run, for the manifest
	Commit     string                   // of the source, for the manifest
	Stop       <-chan struct{}          // closed to end the run after the trial at hand
	Progress   func(Progress)           // told of every step; must return at once
	OnTick     func(cpus, rssB float64) // told of each reading while a trial runs; must return at once
	Now        func() time.Time         // the calendar; time.Now if nil
	FS         metrics.FS               // where /proc and /sys are
}

// Phases of a run.
const (
	Building    = "building"
	Calibrating = "calibrating"
	Proving     = "reference"
	Running     = "running"
	Finished    = "finished"
	Kept        = "kept" // a resumed run has the trial already
)

// Progress is where a run stands.
type Progress struct {
	Phase string
	Cell  *experiments.Cell // the cell at hand
	Step  experiments.Step
	Total int           // trials of the plan
	Row   *record.Trial // what came of the step, once Finished
}

// Outcome is what came of a run.
type Outcome struct {
	Dir         string
	Trials      int // rows of the run
	Kept        int // of them, written before the run was resumed
	Failed      int // of them, not ok
	Skipped     int // of the failed, those that lacked something
	Interrupted bool
	Warnings    []string
}

func (o *Outcome) count(row *record.Trial) {
	if row.Status != record.OK {
		o.Failed++
	}
	if row.Status == record.Skipped {
		o.Skipped++
	}
}

// campaign is a run in progress.
type campaign struct {
	Config
	plan         *experiments.Plan
	fs           metrics.FS
	folder       *record.Folder
	journal      *record.Journal
	manifest     record.Manifest
	usable       []int
	proof        record.Proof
	cgroups      *metrics.CgroupParent
	calibrations map[group]calibration
	capacities   map[string]capacity      // by [capacityOf]
	unready      map[string]*host.Failure // by workload: why a command cannot run
	done         map[int]record.Trial     // of a resumed run: the rows it has already
	precision    *precision               // of a run with adaptive trials, else nil
	started      time.Time
	outcome      Outcome
	watching     float64 // largest share of a trial's CPU time that the sampler took
	voided       int     // trials whose load generator was saturated
	voidedWhy    string  // the first of them
}

// Run makes a run. A trial that fails is a row; the error is about the run
// itself: a folder that can't be written, a disk that is full. What was
// measured until then is on disk, and Outcome says where.
func Run(ctx context.Context, cfg Config) (Outcome, error) {
	c := newCampaign(cfg)
	if err := c.open(); err != nil {
		return c.outcome, err
	}
	err := c.loop(ctx)
	return c.outcome, errors.Join(err, c.close(ctx, err))
}

func newCampaign(cfg Config) *campaign {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &campaign{Config: cfg, plan: cfg.Plan, fs: cfg.FS, started: cfg.Now()}
}

// open makes everything that is written to before anything is measured.
func (c *campaign) open() error {
	if err := c.check(); err != nil {
		return err
	}
	machine := c.fs.Machine()
	var err error
	if c.usable, err = metrics.UsableCPUs(); err != nil {
		return err
	}
	if c.folder, err = record.Create(c.Root, c.Experiment.Name, machine.Host, c.Now()); err != nil {
		return err
	}
	c.outcome.Dir = c.folder.Dir
	if err := record.WriteFile(c.folder.YAML(), c.Experiment.Text); err != nil {
		return err
	}
	c.manifest = c.describe(machine)
	if err := c.keepFiles(); err != nil {
		return err
	}
	c.adopt()
	if !affinity.Has && c.binds() {
		c.warn("%s cannot bind trials to CPUs: core counts are held by GOMAXPROCS alone, so compare them with care (placement: {policy: none} says that this is accepted)", runtime.GOOS)
	}
	if err := record.WriteManifest(c.folder.Manifest(), &c.manifest); err != nil {
		return err
	}
	if c.journal, err = c.folder.Journal(c.contents()); err != nil {
		return err
	}
	return c.reserve()
}

// check tells whether the programs that the plan needs are there, of this
// version.
func (c *campaign) check() error {
	if err := host.Check(c.Program); err != nil {
		return err
	}
	checked := map[string]bool{c.Program: true}
	for _, cell := range c.plan.Cells {
		program := programFor(c.Program, cell)
		if checked[program] {
			continue
		}
		if err := host.Check(program); err != nil {
			return err
		}
		checked[program] = true
	}
	return nil
}

// contents says which files the run will have.
func (c *campaign) contents() record.Contents {
	hist := func(m record.Measure) bool { return m.Hist }
	plain := func(m record.Measure) bool { return !m.Hist }
	return record.Contents{
		Iterations: slices.ContainsFunc(c.plan.Cells, func(cell experiments.Cell) bool { return cell.Iterations > 1 }),
		Measures:   slices.ContainsFunc(c.manifest.Measures, plain),
		Histograms: slices.ContainsFunc(c.manifest.Measures, hist),
	}
}

// reserve puts room aside for the last manifest.
func (c *campaign) reserve() error {
	const more = 8 << 10 // warnings and calibrations to come
	info, err := os.Stat(c.folder.Manifest())
	if err != nil {
		return err
	}
	return c.folder.Reserve(info.Size() + more)
}

func (c *campaign) describe(machine record.Machine) record.Manifest {
	e := c.Experiment
	if machine.Missing == nil {
		machine.Missing = map[string]string{}
	}
	return record.Manifest{
		Name: e.Name, Question: e.Question, Analysis: e.Analysis, Tags: e.Tags, Charts: e.Charts,
		File: e.File, SHA256: fmt.Sprintf("%x", sha256.Sum256(e.Text)),
		Command: c.Command, Set: e.Options.Set, Filter: e.Options.Filter, Profile: e.Options.Profile,
		Plan: *c.plan, Measures: measuresOf(c.plan), Version: host.Version, Commit: c.Commit, GoVersion: runtime.Version(),
		Started: c.Now().UTC(), Ended: "running", Machine: machine,
	}
}

// loop runs the plan's steps in order and journals each.
func (c *campaign) loop(ctx context.Context) error {
	c.prepare(ctx)
	c.calibrate(ctx)
	c.measureCapacities(ctx)
	if err := record.WriteManifest(c.folder.Manifest(), &c.manifest); err != nil {
		return err
	}
	if c.plan.Adaptive != nil {
		c.adapt()
	}
	total := len(c.plan.Cells) * (c.plan.Trials + c.plan.Warmup)
	var began time.Time // the block at hand
	for step := range c.plan.Steps() {
		if ctx.Err() != nil || c.stopping() {
			c.outcome.Interrupted = true
			return nil
		}
		if step.Position == 1 {
			began = c.Now()
		}
		if c.skip(step) {
			c.report(Progress{Phase: Kept, Cell: &c.plan.Cells[step.Cell], Step: step, Total: total})
			continue
		}
		if err := c.journal.Present(); err != nil {
			return err
		}
		cell := &c.plan.Cells[step.Cell]
		c.report(Progress{Phase: Running, Cell: cell, Step: step, Total: total})
		a := c.step(ctx, *cell, step)
		if err := c.journal.Append(&a.row, a.extra); err != nil {
			return fmt.Errorf("the run ends after %d trials, which are safe: %w", c.outcome.Trials, err)
		}
		c.outcome.Trials++
		share := a.row.SamplerCPUS / (a.row.WallS * float64(cell.Cores))
		if a.row.Samples >= 1 && share > c.watching { // max would let one absent reading hide all others
			c.watching = share
		}
		c.outcome.count(&a.row)
		c.report(Progress{Phase: Finished, Cell: cell, Step: step, Total: total, Row: &a.row})
		if c.enough(step, &a.row, began) {
			return nil
		}
	}
	return nil
}

// adapt prepares a run that decides itself how many blocks it needs.
func (c *campaign) adapt() {
	c.precision = newPrecision(c.plan)
	if len(c.precision.pairs) == 0 {
		c.warn("no two cells of the plan can be compared, so no precision can be reached: the run goes on to %d blocks", c.plan.Trials)
	}
}

// enough tells whether a run with adaptive trials ends after a step, and writes
// down why.
func (c *campaign) enough(step experiments.Step, row *record.Trial, began time.Time) bool {
	if c.precision == nil {
		return false
	}
	c.precision.add(step, row)
	done := step.Block - c.plan.Warmup
	if step.Position < len(c.plan.Cells) || done < 1 {
		return false
	}
	now := c.Now()
	c.manifest.Stopped = decide(*c.plan.Adaptive, done, c.precision.halfWidths(), now.Sub(c.started).Seconds(), now.Sub(began).Seconds())
	return c.manifest.Stopped != ""
}

// step runs one trial of the plan, or says why it cannot be run.
func (c *campaign) step(ctx context.Context, cell experiments.Cell, step experiments.Step) *attempt {
	known := c.calibrations[c.group(cell)]
	if known.err != nil {
		a := &attempt{campaign: c, cell: cell, row: c.newRow(cell, 0, step)}
		a.row.Status, a.row.Detail = record.Skipped, known.err.Error()
		return a
	}
	a := c.newAttempt(cell, cell.TotalItems(known.items), step)
	if kind, serves := server(cell); serves && needsCapacity(kind, cell) {
		known := c.capacities[capacityOf(kind, cell)]
		if known.err != nil {
			a.row.Status, a.row.Detail = record.Skipped, known.err.Error()
			return a
		}
		a.capacity = known.perS
	}
	a.try(ctx)
	return a
}

// close writes down how the run ended and, when it is whole, points latest at
// it.
func (c *campaign) close(ctx context.Context, failed error) error {
	c.unbind()
	var errs []error
	errs = append(errs, c.journal.Close())
	c.manifest.Finished, c.manifest.Ended = c.Now().UTC(), "complete"
	switch {
	case failed != nil:
		c.manifest.Finished, c.manifest.Ended = time.Time{}, failed.Error()
	case c.outcome.Interrupted || ctx.Err() != nil:
		c.outcome.Interrupted = true
		c.manifest.Finished, c.manifest.Ended = time.Time{}, "interrupted"
	}
	c.warnOfWatching()
	c.warnOfGenerators()
	c.manifest.Warnings = c.outcome.Warnings
	c.folder.Release()
	errs = append(errs, record.WriteManifest(c.folder.Manifest(), &c.manifest))
	if c.manifest.Ended == "complete" {
		errs = append(errs, c.folder.MarkLatest())
	}
	return errors.Join(errs...)
}

// warnOfWatching says what the sampler cost where it was not next to nothing:
// it reads each process, so it costs the models with more processes more.
func (c *campaign) warnOfWatching() {
	const noticeable = 0.01
	if c.watching <= noticeable {
		return
	}
	// One of a part before an interruption is about other trials: the greater of the two remains.
	for i, before := range c.outcome.Warnings {
		var share float64
		if n, _ := fmt.Sscanf(before, watchingForm, &share); n == 1 {
			if 100*c.watching > share {
				c.outcome.Warnings = slices.Delete(c.outcome.Warnings, i, i+1)
				break
			}
			return
		}
	}
	c.warn("watching took up to %.2g %% of a trial's CPU time, and takes more of models with more processes: a longer sample.every takes less", 100*c.watching)
}

const watchingForm = "watching took up to %g"

// warnOfGenerators says where load generators were the bottleneck.
func (c *campaign) warnOfGenerators() {
	if c.voided > 0 {
		c.warn("in %d trials the load generator was saturated, so that their numbers are its own; verdicts on cells where it was so in more than a quarter of the trials are void. The first: %s", c.voided, c.voidedWhy)
	}
}

func (c *campaign) stopping() bool {
	select {
	case <-c.Stop:
		return true
	default:
		return false
	}
}

func (c *campaign) report(p Progress) {
	if c.Progress != nil {
		c.Progress(p)
	}
}

// warn notes something that readers of the results must know, once.
func (c *campaign) warn(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if !slices.Contains(c.outcome.Warnings, text) {
		c.outcome.Warnings = append(c.outcome.Warnings, text)
	}
}
