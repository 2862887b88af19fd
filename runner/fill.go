package runner

import (
	"math"
	"slices"

	"forklore/experiments"
	"forklore/metrics"
	"forklore/metrics/record"
	"forklore/runner/host"
	"forklore/runner/work"
)

const nano = 1e-9

// fillPhases turns timestamps into the trial's phases. Each is absent unless
// both of its ends were reached.
func (a *attempt) fillPhases() {
	if a.end.ReapedNS > 0 {
		a.row.ReapS = float64(a.end.ReapedNS-a.end.StopNS) * nano
	}
	a.row.ObserveS = a.observe.Seconds()
	var first, ready int64
	spawn := a.tree.SpawnNS
	for _, p := range a.procs {
		first, ready, spawn = max(first, p.FirstNS), max(ready, p.ReadyNS), max(spawn, p.SpawnNS)
	}
	if first > 0 { // a plain program starts with its work
		a.row.SpawnS = float64(first-spawn) * nano
		a.row.SetupS = float64(ready-first) * nano
	}
	if len(a.dones) < a.cell.Iterations {
		return
	}
	a.row.WallS, a.row.MergeS = 0, 0
	if a.cell.Command == nil {
		a.row.FirstS = 0
	}
	for i, d := range a.dones {
		soonest, latest := int64(math.MaxInt64), int64(0)
		for _, f := range d.Finishes {
			soonest, latest = min(soonest, f.NS), max(latest, f.NS)
		}
		from := a.from(i)
		wall := float64(latest-from) * nano
		a.row.WallS += wall
		if a.cell.Command == nil {
			a.row.FirstS += float64(soonest-from) * nano
		}
		a.row.MergeS += float64(d.MergedNS-latest) * nano
		if a.cell.Iterations > 1 {
			a.extra.Iterations = append(a.extra.Iterations, record.Iteration{Trial: a.row.Trial, Iteration: i + 1, WallS: wall})
		}
	}
	a.row.ColdS = a.row.WallS + a.row.MergeS + a.row.ReapS
	if first > 0 {
		a.row.ColdS += a.row.SpawnS + a.row.SetupS
	}
}

// fillUsage takes CPU and memory from their authorities: the cgroup where we
// own one, else the kernel's account of the reaped tree.
func (a *attempt) fillUsage() {
	e, r := a.end, &a.row
	r.RusageS = e.UserS + e.SysS
	r.CPUS, r.CPUUserS, r.CPUSysS, r.CPUSource = r.RusageS, e.UserS, e.SysS, "rusage"
	defer a.dropAudit()
	r.MinorFaults, r.MajorFaults, r.VolCtxSw, r.InvolCtxSw = e.Minor, e.Major, e.Vol, e.Invol
	r.InBlocks, r.OutBlocks = e.InBlocks, e.OutBlocks
	if a.cgroup != nil {
		if total, user, sys, err := a.cgroup.CPU(); err == nil && total > 0 {
			r.CPUS, r.CPUUserS, r.CPUSysS, r.CPUSource = total, user, sys, "cgroup"
		}
		if peak, err := a.cgroup.MemPeak(); err == nil && peak > 0 {
			r.MemPeakB, r.MemSource = peak, "cgroup"
		}
	}
	if len(e.Usages) > 0 {
		r.MemHighB = 0
		if a.cell.Command == nil { // others do not say
			r.CPUSelfS = 0
		}
	}
	for _, u := range e.Usages {
		r.CPUSelfS += u.UserS + u.SysS
		r.MemHighB += u.HWMB
	}
	procs := a.procs
	if a.cell.Command != nil && len(procs) > 0 {
		procs = procs[1:] // the host is no part of the program
	}
	if len(procs) > 0 {
		r.MemBaseB = 0
	}
	for _, p := range procs {
		r.MemBaseB += p.HWMB
	}
	if r.MemSource == "" && math.IsNaN(r.MemHighB) && !math.IsNaN(r.MemLowB) {
		r.MemSource = "pss"
	}
	if r.MemSource == "" && !math.IsNaN(r.MemHighB) {
		r.MemSource = "vmhwm"
		if !math.IsNaN(r.MemLowB) {
			r.MemSource = "pss..vmhwm"
		}
	}
	a.dropUnwatched()
	a.fillSpent()
}

// dropAudit takes back the CPU that the host took to check what was left of a trial's work.
func (a *attempt) dropAudit() {
	for _, one := range slices.Concat(a.readings...) {
		if one.Name == host.AuditCPU {
			a.row.CPUS, a.row.CPUUserS = a.row.CPUS-one.Value, a.row.CPUUserS-one.Value
		}
	}
}

// dropUnwatched takes back what was only seen of some of a trial's processes: those that
// its workers create come and go between two samples. What the kernel counts of the
// whole tree stays.
func (a *attempt) dropUnwatched() {
	kind, err := work.Lookup(a.cell.Workload)
	inProcesses := a.cell.Model == experiments.Processes || a.cell.Model == experiments.Hybrid
	if err != nil || !kind.Spawns || !inProcesses {
		return
	}
	r, nan := &a.row, math.NaN()
	r.MemLowB, r.MemHighB, r.MemBaseB, r.RSSPeakB, r.ThreadsMax = nan, nan, nan, nan, nan
	if r.MemSource != "cgroup" {
		r.MemSource = ""
	}
}

// fillSpent adds what the workers' own meters say of the work between gate and
// finish.
func (a *attempt) fillSpent() {
	if len(a.dones) < a.cell.Iterations {
		return
	}
	r := &a.row
	r.CPUWorkS = 0
	if a.cell.Command == nil {
		r.GCCycles, r.GCCPUS, r.GCPauseS, r.AllocB = 0, 0, 0, 0
	}
	for _, d := range a.dones {
		r.CPUWorkS += d.Spent.CPUS
		r.GCCycles += d.Spent.GCCycles
		r.GCCPUS += d.Spent.GCCPUS
		r.GCPauseS += d.Spent.GCPauseS
		r.AllocB += d.Spent.AllocB
	}
}

func (a *attempt) fillReadings(w metrics.Readings) {
	a.extra.Samples = w.Samples
	r := &a.row
	r.MemLowB, r.RSSPeakB = w.PSSPeakB, w.RSSPeakB
	r.PSSReadyB, r.PSSDoneB, r.USSDoneB = w.PSSReadyB, w.PSSDoneB, w.USSDoneB
	r.ThreadsMax, r.FDsMax = w.ThreadsMax, w.FDsMax
	r.Samples, r.LateTicks = float64(w.Ticks), float64(w.Late)
	r.SamplerCPUS, r.SamplerTickS = w.SelfCPUS, w.TickS
	for _, text := range w.Warnings {
		a.warn("%s", text)
	}
}
