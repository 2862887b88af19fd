package metrics

import (
	"math"
	"runtime"
	"slices"
	"time"

	"forklore/metrics/record"
)

// Options say how a trial is watched. The zero value takes phase readings only.
type Options struct {
	Trial    int                      // number written into every sample
	Every    time.Duration            // between two ticks; 0 or less: no ticks
	Metrics  []string                 // of experiments.SampleMetrics, for the ticks; empty means all
	Now      func() int64             // nanoseconds on the clock of the gate; nil is raw CLOCK_MONOTONIC
	FS       FS                       // for PSS and descriptors; gopsutil reads the running system
	OftenPSS bool                     // PSS at every tick that may have it, for nothing else tells the peak; else at most once a second
	Follow   func() []Proc            // asked before every reading which processes there are, beside the given ones; nil: no others
	OnTick   func(cpus, rssB float64) // told of every tick: CPUs in use since the last one, and the sum of RSS; nil: nobody
}

// Readings are what a Watcher saw. Sums run over the watched processes, without
// machine and runner; NaN where a part could not be read.
type Readings struct {
	Samples    []record.Sample // by time; t_s in seconds after the gate
	RSSPeakB   float64         // largest sum of RSS over one tick
	PSSPeakB   float64         // largest sum of PSS over one sweep: a lower bound of peak memory
	PSSReadyB  float64         // before the gate
	PSSDoneB   float64         // at Stop
	USSDoneB   float64         // private memory at Stop
	ThreadsMax float64         // largest sum of OS threads over one tick
	FDsMax     float64         // largest sum of descriptors at readiness and at Stop
	Ticks      int             // ticks taken, without the two phase readings
	Late       int             // ticks that began more than half an interval late, and those missed
	TickS      float64         // median time one tick took; NaN without ticks
	SelfCPUS   float64         // CPU of the sampler's own OS thread while it ticked; NaN where unknown
	CPUSource  string          // of cpu_s in samples of processes: "clock" or "gopsutil"
	ObserveS   float64         // seconds the two phase readings took: the trial stood still for them
	Warnings   []string
}

// Watcher samples the processes of one trial: Watch at readiness, Start right
// before the gate, Stop after the last finish.
type Watcher struct {
	r          *reader
	every      int64
	out        Readings
	stop, done chan struct{} // nil before Start
	took       []float64
}

// Watch takes the first phase reading: it returns when every process was read
// once, PSS, private memory and descriptors included.
func Watch(procs []Proc, o Options) *Watcher {
	if o.Now == nil {
		o.Now = now
	}
	w := &Watcher{r: newReader(procs, o), every: int64(o.Every), took: make([]float64, 0, 1024)}
	w.out = Readings{TickS: math.NaN(), SelfCPUS: math.NaN(), CPUSource: "gopsutil"}
	if w.r.clock {
		w.out.CPUSource = "clock"
	}
	w.out.PSSReadyB, _, w.out.FDsMax = w.phase()
	return w
}

// phase reads everything and counts the time for which the trial stood still.
func (w *Watcher) phase() (pss, uss, fds float64) {
	begin := w.r.now()
	pss, uss, fds = w.r.phase()
	w.out.ObserveS += float64(w.r.now()-begin) / 1e9
	return pss, uss, fds
}

// Start begins to tick, first one interval from now: the phase reading has just
// been taken, and a tick at the gate would run beside the first instructions.
func (w *Watcher) Start() {
	if w.every <= 0 {
		return
	}
	w.stop, w.done = make(chan struct{}), make(chan struct{})
	go w.run(schedule{start: w.r.now(), every: w.every})
}

// run ticks on an OS thread of its own, whose CPU clock is the sampler's cost.
func (w *Watcher) run(s schedule) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(w.done)
	cpu := threadCPU()
	defer func() { w.out.SelfCPUS = threadCPU() - cpu }()
	timer := time.NewTimer(time.Duration(s.due(1) - w.r.now()))
	defer timer.Stop()
	for k := int64(1); ; {
		select {
		case <-w.stop:
			return
		case <-timer.C:
		}
		begin := w.r.now()
		if s.late(k, begin) {
			w.out.Late++
		}
		w.r.tick()
		end := w.r.now()
		w.took = append(w.took, float64(end-begin)/1e9)
		next, missed := s.after(k, end)
		w.out.Late += int(missed)
		k = next
		timer.Reset(time.Duration(s.due(k) - end))
	}
}

// Stop ends the ticking, waits for it, takes the final phase reading and
// returns everything. gate is the moment from which samples count, on the clock
// of Options.Now. A Watcher is stopped once.
func (w *Watcher) Stop(gate int64) Readings {
	if w.stop != nil {
		close(w.stop)
		<-w.done
	}
	var fds float64
	w.out.PSSDoneB, w.out.USSDoneB, fds = w.phase()
	w.out.FDsMax = largest(w.out.FDsMax, fds)
	w.out.Samples = w.r.rows.since(gate)
	w.out.RSSPeakB, w.out.PSSPeakB, w.out.ThreadsMax = w.r.rssPeak, w.r.pssPeak, w.r.threadsMax
	w.out.Ticks = len(w.took)
	if len(w.took) > 0 {
		slices.Sort(w.took)
		w.out.TickS = (w.took[len(w.took)/2] + w.took[(len(w.took)-1)/2]) / 2
	}
	w.out.Warnings = w.r.warnings()
	return w.out
}
