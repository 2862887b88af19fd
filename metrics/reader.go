package metrics

import (
	"fmt"
	"math"
	"os"
	"slices"
	"time"

	"forklore/metrics/record"

	"github.com/shirou/gopsutil/v3/cpu"
	"github.com/shirou/gopsutil/v3/mem"
)

const (
	pssEvery = time.Second          // at most one PSS sweep in this time
	pssLimit = 2 * time.Millisecond // no further sweep after one that took longer
)

// reader takes the readings of one trial and keeps their sums. It is used by
// one goroutine at a time.
type reader struct {
	fs      FS
	now     func() int64
	want    wanted
	clock   bool // processCPU works here
	trial   int
	targets []target
	runner  target
	rows    rows

	swept   int64 // when PSS was last read
	sweep   time.Duration
	skipped bool // a PSS sweep was due but too dear

	rssPeak, pssPeak, threadsMax float64

	follow func() []Proc
	often  bool // PSS at every tick
	onTick func(cpus, rssB float64)
	last   struct{ cpuS, rssB, atS float64 } // sums of the last reading
}

func newReader(procs []Proc, o Options) *reader {
	r := &reader{
		fs: o.FS, now: o.Now, want: want(o.Metrics), trial: o.Trial, onTick: o.OnTick, follow: o.Follow, often: o.OftenPSS,
		targets: make([]target, len(procs)),
		runner:  newTarget(Proc{PID: os.Getpid(), Role: "runner"}),
		rssPeak: math.NaN(), pssPeak: math.NaN(), threadsMax: math.NaN(),
	}
	for i, p := range procs {
		r.targets[i] = newTarget(p)
	}
	_, err := processCPU(r.runner.PID)
	r.clock = err == nil
	return r
}

// tick reads everything once; PSS only when it is due and cheap.
func (r *reader) tick() {
	pss := r.want.pss && (r.often || r.now()-r.swept >= int64(pssEvery))
	if pss && r.sweep > pssLimit {
		pss, r.skipped = false, true
	}
	before := r.last
	r.all(r.want, pss)
	if r.onTick != nil {
		r.onTick(max(0, r.last.cpuS-before.cpuS)/(r.last.atS-before.atS), r.last.rssB) // less where a process is gone
	}
}

// all reads machine, runner and targets and returns the sum of PSS and of
// private memory, both NaN unless every target gave them.
func (r *reader) all(w wanted, pss bool) (sumPSS, sumUSS float64) {
	r.find()
	r.keep(machineSample(w), r.now())
	if s, ok := r.runner.read(w, r.clock); ok {
		r.keep(s, r.now())
	}
	sumPSS, sumUSS = math.NaN(), math.NaN()
	if pss {
		sumPSS, sumUSS, r.sweep = 0, 0, 0
		if len(r.targets) > 0 {
			r.swept = r.now()
		}
	}
	var cpuS, rss, threads float64
	for i := range r.targets {
		at := r.now()
		s, ok := r.targets[i].read(w, r.clock)
		if !ok {
			sumPSS, sumUSS = math.NaN(), math.NaN()
			continue
		}
		cpuS, rss, threads = cpuS+s.CPUS, rss+s.RSSB, threads+s.Threads
		if pss {
			m := r.rollup(s.PID)
			s.PSSB = m.PSSB
			sumPSS, sumUSS = sumPSS+m.PSSB, sumUSS+m.USSB
		}
		r.keep(s, at)
	}
	if len(r.targets) == 0 {
		sumPSS, sumUSS = math.NaN(), math.NaN()
	}
	r.last.cpuS, r.last.rssB, r.last.atS = cpuS, rss, float64(r.now())/1e9
	r.rssPeak = largest(r.rssPeak, rss)
	r.threadsMax = largest(r.threadsMax, threads)
	r.pssPeak = largest(r.pssPeak, sumPSS)
	return sumPSS, sumUSS
}

// find takes up the processes that have come, and forgets those that are gone: where
// they are followed, that one ended is no gap in a sum.
func (r *reader) find() {
	if r.follow == nil {
		return
	}
	procs := r.follow()
	r.targets = slices.DeleteFunc(r.targets, func(t target) bool {
		return t.gone || !slices.ContainsFunc(procs, func(p Proc) bool { return p.PID == t.PID })
	})
	for _, p := range procs {
		if !slices.ContainsFunc(r.targets, func(t target) bool { return t.PID == p.PID }) {
			if t := newTarget(p); !t.gone {
				r.targets = append(r.targets, t)
			}
		}
	}
}

// rollup adds to the time of the sweep: the limit holds for all processes
// together, so that one process with the memory of sixteen is watched as
// closely as the sixteen.
func (r *reader) rollup(pid int) Rollup {
	begin := r.now()
	m, err := r.fs.Rollup(pid)
	r.sweep += time.Duration(r.now() - begin)
	if err != nil {
		return Rollup{RSSB: math.NaN(), PSSB: math.NaN(), USSB: math.NaN()}
	}
	return m
}

// largest ignores absent values and empty sums: no process has no memory.
func largest(a, b float64) float64 {
	if math.IsNaN(b) || b <= 0 || a >= b {
		return a
	}
	return b
}

// phase reads everything, PSS included, while the trial stands still.
func (r *reader) phase() (pss, uss, fds float64) {
	pss, uss = r.all(wanted{true, true, true, true}, true)
	if len(r.targets) == 0 {
		return pss, uss, math.NaN()
	}
	for i := range r.targets {
		n, err := r.fs.FDs(r.targets[i].PID)
		if err != nil {
			return pss, uss, math.NaN()
		}
		fds += float64(n)
	}
	return pss, uss, fds
}

// machineSample has the busy seconds of all CPUs and the memory in use.
func machineSample(w wanted) record.Sample {
	s := record.Sample{Role: "machine", CPUS: math.NaN(), RSSB: math.NaN(), PSSB: math.NaN(), Threads: math.NaN()}
	if w.cpu {
		if t, err := cpu.Times(false); err == nil && len(t) > 0 {
			s.CPUS = t[0].User + t[0].Nice + t[0].System + t[0].Irq + t[0].Softirq
		}
	}
	if w.rss {
		if v, err := mem.VirtualMemory(); err == nil {
			s.RSSB = float64(v.Used)
		}
	}
	return s
}

func (r *reader) keep(s record.Sample, at int64) {
	s.Trial = r.trial
	r.rows.add(s, at)
}

func (r *reader) warnings() []string {
	if !r.skipped {
		return nil
	}
	return []string{fmt.Sprintf("PSS was not sampled during the work of some trials, because one reading of all their processes takes more than %v; "+
		"there the lower bound of peak memory rests on the readings before and after the work", pssLimit)}
}

// rows collects samples in chunks of fixed size: growing one slice would copy
// megabytes, and disturb, in the middle of a trial.
type rows struct {
	chunks [][]record.Sample
	at     [][]int64
}

const chunk = 4096

func (r *rows) add(s record.Sample, at int64) {
	last := len(r.chunks) - 1
	if last < 0 || len(r.chunks[last]) == chunk {
		r.chunks = append(r.chunks, make([]record.Sample, 0, chunk))
		r.at = append(r.at, make([]int64, 0, chunk))
		last++
	}
	r.chunks[last] = append(r.chunks[last], s)
	r.at[last] = append(r.at[last], at)
}

// since joins the samples, their times in seconds after the gate.
func (r *rows) since(gate int64) []record.Sample {
	var all []record.Sample
	for i, c := range r.chunks {
		for j := range c {
			c[j].TS = float64(r.at[i][j]-gate) / 1e9
		}
		all = append(all, c...)
	}
	return all
}
