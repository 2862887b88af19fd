package runner

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"time"

	"forklore/experiments"
	"forklore/metrics"
	"forklore/metrics/record"
	"forklore/runner/host"
	"forklore/runner/work"
)

// attempt is one trial on its way to becoming a row.
type attempt struct {
	*campaign
	cell  experiments.Cell
	items int64
	cpus  []int
	row   record.Trial
	extra record.Rows

	tree     *host.Trial
	procs    []host.Process
	dones    []host.Done
	readings [][]host.Reading                 // by iteration, without distributions
	spans    map[string]map[work.Bucket]int64 // distributions so far, by measure
	noise    metrics.NoiseDelta               // while the gate was open
	end      host.End
	watch    *metrics.Watcher
	cgroup   *metrics.Cgroup
	observe  time.Duration

	served   []served // of a server: by iteration
	capacity float64  // of a server whose load is a share of it, in requests/s
	closed   bool     // a server is under a closed loop, whatever its load
}

// try runs one trial of a cell. Whatever goes wrong with it is in the row; no
// process of it is left when try returns.
func (c *campaign) try(ctx context.Context, cell experiments.Cell, items int64, step experiments.Step) *attempt {
	a := c.newAttempt(cell, items, step)
	a.try(ctx)
	return a
}

func (c *campaign) newAttempt(cell experiments.Cell, items int64, step experiments.Step) *attempt {
	return &attempt{campaign: c, cell: cell, items: items, row: c.newRow(cell, items, step)}
}

func (a *attempt) try(ctx context.Context) {
	c, cell := a.campaign, a.cell
	if f := c.unready[cell.Workload]; f != nil {
		a.row.Status, a.row.Detail = f.Status, f.Detail
		return
	}
	limit := time.Duration(cell.TimeoutS * float64(time.Second))
	timed, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	oomBefore := c.fs.OOMKills()
	err := work.Shortage(a.run(timed))
	a.row.Status, a.row.Detail = record.OK, ""
	if err != nil {
		a.row.Status, a.row.Detail = record.Crashed, err.Error()
		if errors.As(err, &work.Unavailable{}) {
			a.row.Status = record.Skipped
		}
		if f := (*host.Failure)(nil); errors.As(err, &f) {
			a.row.Status = f.Status
			if f.Status == host.StatusTimeout {
				a.row.Detail += fmt.Sprintf(" (timeout %v)", limit)
			}
		}
		if a.row.Status == record.Crashed && c.fs.OOMKills() > oomBefore {
			a.row.Status = record.OOM
			a.row.Detail += "; the kernel ran out of memory and killed a process meanwhile"
		}
	}
	a.prove()
	a.keepLog()
}

func (c *campaign) newRow(cell experiments.Cell, items int64, step experiments.Step) record.Trial {
	r := record.NewTrial()
	r.Version, r.Started = host.Version, c.Now().UTC()
	r.Trial, r.Block, r.Position, r.Warmup = step.Trial, step.Block, step.Position, step.Warmup
	r.Cell, r.Workload, r.Label, r.Params = cell.ID, cell.Workload, cell.Label, cell.ParamText()
	r.Model, r.ModelLabel = cell.Model, cell.ModelLabel
	r.Cores, r.Workers, r.Processes = cell.Cores, cell.Workers, cell.Processes
	r.Schedule, r.Scaling, r.Iterations = cell.Schedule, cell.Scaling, cell.Iterations
	if cell.DurationS > 0 {
		r.DurationS = cell.DurationS
	} else {
		r.Items = float64(items)
	}
	r.Control = cell.Control
	return r
}

// run takes the trial from its start to the reaped tree.
func (a *attempt) run(ctx context.Context) error {
	dir, err := a.makeScratch()
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := a.start(dir); err != nil {
		return err
	}
	defer a.giveBackCgroup()
	if err = a.work(ctx); err != nil {
		a.end = a.tree.Abort(ctx.Err() != nil)
	} else {
		a.end, err = a.tree.Stop(ctx)
	}
	a.fillPhases()
	a.fillUsage()
	if err == nil && a.cell.Command != nil {
		err = a.verify()
	}
	if err == nil {
		a.fillMeasures()
	}
	return err
}

func (a *attempt) start(dir string) error {
	var err error
	if a.cpus, err = a.bind(a.cell); err != nil {
		return err
	}
	opt := host.Options{Program: programFor(a.Program, a.cell), CPUs: a.cpus, Token: host.NewToken(a.folder.Name())}
	if c := a.cell.Command; c == nil {
		opt.Job = job(a.cell, a.items, dir)
		opt.Job.Seed = seedOf(a.plan.Seed, a.row.Trial)
		a.exposeServer(&opt.Job)
	} else if opt.Job, err = a.commandJob(dir); err != nil {
		return err
	} else {
		opt.Checksum = c.Verify.Checksum != ""
	}
	if a.cgroups != nil {
		if a.cgroup, err = a.cgroups.New(fmt.Sprintf("trial-%d", a.row.Trial)); err == nil {
			opt.CgroupFD = a.cgroup.FD()
		}
	}
	a.tree, err = host.Start(opt)
	if err != nil {
		a.giveBackCgroup()
	}
	return err
}

// work goes from readiness through every iteration, watched.
func (a *attempt) work(ctx context.Context) error {
	var err error
	if a.procs, err = a.tree.Ready(ctx); err != nil {
		return err
	}
	if err := a.checkPlacement(); err != nil {
		return err
	}
	paused := time.Now()
	var procs []metrics.Proc
	var pids []int
	var follow func() []metrics.Proc
	if work.InjectsFault(a.cell.Params) {
		follow = a.followAll // some die, and others come in their place
	}
	if a.cell.Command != nil {
		follow, pids = a.follow, a.tree.Programs()
	} else {
		for _, p := range a.procs {
			procs = append(procs, metrics.Proc{PID: p.PID, Role: p.Role})
			pids = append(pids, p.PID)
		}
	}
	sample := ticks(a.plan.Sample, a.cell.Workload, a.cell.Params)
	a.watch = metrics.Watch(procs, metrics.Options{
		Trial: a.row.Trial, Every: time.Duration(sample.EveryS * float64(time.Second)), Metrics: sample.Metrics,
		Now: host.Now, FS: a.fs, OnTick: a.OnTick,
		Follow: follow, OftenPSS: a.cell.Command != nil && a.cell.Command.Protocol == 0,
	})
	err = a.iterate(ctx, pids, &paused)
	a.fillReadings(a.watch.Stop(a.gate()))
	a.observe += time.Since(paused)
	if err == nil {
		a.noise.Fill(&a.row, a.spent()+a.generatorCPUS())
	}
	return err
}

// iterate opens the gate for each iteration. paused is when the workers last
// began to wait for us. What the workers' processes do when they are asked what
// they measured is no noise: the noise of a workload with measures is that of its iterations.
func (a *attempt) iterate(ctx context.Context, pids []int, paused *time.Time) error {
	before, asks := metrics.ReadNoise(a.fs, pids), a.asks()
	a.watch.Start()
	for i := range a.cell.Iterations {
		a.observe += time.Since(*paused)
		d, err := a.iteration(ctx)
		*paused = time.Now()
		if err != nil {
			return err
		}
		a.dones = append(a.dones, d)
		if last := i == a.cell.Iterations-1; !asks && !last {
			continue
		}
		a.noise = a.noise.Plus(metrics.ReadNoise(a.fs, pids).Sub(before))
		if !asks {
			break
		}
		if err := a.measure(ctx, d); err != nil {
			return err
		}
		before = metrics.ReadNoise(a.fs, pids)
	}
	return nil
}

// checkPlacement compares what the workers found with what the cell asked for.
func (a *attempt) checkPlacement() error {
	if a.cell.Command != nil {
		return a.checkCommandPlacement()
	}
	j := job(a.cell, a.items, "")
	lower := probeInt(j, "probe_nice")
	for i, p := range a.procs {
		want := j.MaxProcs
		if j.Processes > 0 {
			want = j.ProcsOf(max(0, i-1)) // the first is the host
		}
		if p.Slots > 0 && p.MaxProcs != want {
			return fmt.Errorf("worker %d runs with GOMAXPROCS %d instead of %d", p.Rank, p.MaxProcs, want)
		}
		if want := a.procs[0].Nice + lower; j.Processes > 0 && p.Slots > 0 && p.Nice != want {
			return fmt.Errorf("worker %d runs at nice %d instead of %d: something else changes priorities here", p.Rank, p.Nice, want)
		}
		if len(a.cpus) > 0 && !slices.Equal(p.CPUs, a.cpus) {
			return fmt.Errorf("the %s with pid %d may run on CPUs %s instead of %s: something else changes affinities here",
				p.Role, p.PID, metrics.FormatCPUList(p.CPUs), metrics.FormatCPUList(a.cpus))
		}
		if p.Slots > 0 {
			a.row.CPUs, a.row.GoMaxProcs = metrics.FormatCPUList(p.CPUs), p.MaxProcs
		}
	}
	return nil
}

func (a *attempt) gate() int64 {
	if len(a.dones) > 0 {
		return a.dones[0].GateNS
	}
	return host.Now()
}

// spent is the CPU that the tree's workers used between gates and finishes.
func (a *attempt) spent() float64 {
	var s float64
	for _, d := range a.dones {
		s += d.Spent.CPUS
	}
	return s
}

// prove checks that the trial did the work it was given, and the same work as
// its group.
func (a *attempt) prove() {
	if a.row.Status != record.OK {
		return
	}
	if a.served != nil {
		a.proveServed()
		return
	}
	var sums []uint64
	var done int64
	for _, d := range a.dones {
		var sum uint64
		for _, f := range d.Finishes {
			sum += f.Sum
			done += f.Items
		}
		sums = append(sums, a.checksum(sum))
	}
	if a.cell.Command != nil && a.dones[0].Finishes[0].Items == host.Untold {
		if a.cell.DurationS > 0 {
			return // nobody has counted
		}
		done = a.items * int64(a.cell.Iterations)
	}
	if a.cell.Command == nil || sums[0] != 0 {
		a.row.Checksum = fmt.Sprintf("x%016x", sums[0])
	}
	a.row.ItemsDone = float64(done)
	a.fillAmounts(float64(done))
	if a.lost() {
		a.row.Checksum = "" // that of less work
		return
	}
	if want := a.items * int64(a.cell.Iterations); a.cell.DurationS == 0 && done != want {
		a.wrong(fmt.Sprintf("%d items were dealt, %d came back", want, done))
		return
	}
	for i, s := range sums {
		if a.cell.DurationS == 0 && s != sums[0] {
			a.wrong(fmt.Sprintf("iteration %d has checksum x%016x, the first has x%016x", i+1, s, sums[0]))
			return
		}
	}
	alone := a.row
	alone.Params = workText(a.cell)
	if ok, want := a.proof.Check(&alone); !ok {
		a.wrong(fmt.Sprintf("checksum %s, but the same work in a plain loop gives %s", a.row.Checksum, want))
	}
}

// lost tells whether a trial has lost items where it may: to a fault that nobody looked after. What came
// back was then compared item by item by the host.
func (a *attempt) lost() bool {
	return work.MayLose(a.cell.Params) && slices.ContainsFunc(slices.Concat(a.readings...), func(r host.Reading) bool { return r.Name == "lost_items" && r.Value > 0 })
}

func (a *attempt) wrong(detail string) { a.row.Status, a.row.Detail = record.Wrong, detail }

// lastWordsB is how much is kept of the last words of workers that died on purpose: there are as many as
// trials.
const lastWordsB = 2 << 10

// seedOf is what is drawn from in a trial: the same for the same file, seed and number.
func seedOf(seed uint64, trial int) uint64 {
	return rand.New(rand.NewPCG(seed, uint64(trial))).Uint64()
}

// keepLog writes what the tree printed. A workload should print nothing, so
// the output of an ok trial is kept too.
func (a *attempt) keepLog() {
	output := a.printout()
	if output == "" {
		return
	}
	onPurpose := a.row.Status == record.OK && work.InjectsFault(a.cell.Params)
	if onPurpose && len(output) > lastWordsB {
		output = output[:lastWordsB] + "\n[the rest left out]\n"
	}
	name := fmt.Sprintf("trial-%05d.txt", a.row.Trial)
	if err := os.WriteFile(filepath.Join(a.folder.Logs(), name), []byte(output), 0o666); err != nil {
		a.warn("the output of trial %d could not be kept: %v", a.row.Trial, err)
		return
	}
	a.row.Log = name
	if a.row.Status == record.OK && a.cell.Command == nil && !onPurpose {
		a.warn("%s prints on stdout or stderr while it is measured; what it printed is in log/, and printing costs time", a.cell.Workload)
	}
}

func (a *attempt) giveBackCgroup() {
	if a.cgroup == nil {
		return
	}
	if err := a.cgroup.Remove(); err != nil {
		a.warn("%v", err)
	}
	a.cgroup = nil
}
