package digest

import (
	"math"
	"slices"

	"forklore/metrics/record"
)

const (
	maxLines    = 2000    // in a Digest
	maxPoints   = 200     // in a Line
	allPoints   = 100_000 // in all lines together
	leastPoints = 50      // in a Line, however many there are
	maxTicks    = 8192    // of a trial that are held at once
)

// lineBuilder turns the stream of samples into lines. It relies on a trial's
// samples standing together, which the journal guarantees, so that only one
// trial is held in full.
type lineBuilder struct {
	chosen map[int]int // trial: index of its cell
	every  float64
	points int          // at most, in a line
	lines  map[int]Line // finished, by trial
	apart  int          // chosen trials whose samples do not stand together
	broken record.Set   // their numbers

	trial int
	cell  int
	keep  bool
	ticks []tick
	now   tick
	open  bool // now holds a tick
	n     int  // number of the tick in now
	procs map[int]proc
}

// tick is the sum over a trial's processes at one moment, and the host's share.
type tick struct {
	t, cpus, rss, pss float64
	hostCPUs, hostRSS float64

	used, hostUsed float64 // CPU seconds since the tick before
	read, hostRead bool    // some process, or the host, gave its CPU time
	pssWhole       bool    // every process gave its PSS
	members        int     // host and workers
	workers        int
}

type proc struct {
	tick int // the last one it was seen in
	cpu  float64
}

func newLineBuilder(d *Digest, every float64) *lineBuilder {
	b := &lineBuilder{chosen: choose(d.Cells), every: every, lines: map[int]Line{}, procs: map[int]proc{}}
	b.points = max(leastPoints, min(maxPoints, allPoints/max(1, len(b.chosen))))
	return b
}

// choose picks the trials whose lines are kept: as many of each cell, evenly
// spread over its run, as maxLines allows; of more than maxLines cells, an
// even spread of cells.
func choose(cells []Cell) map[int]int {
	var with []int
	for i := range cells {
		if len(cells[i].Trials) > 0 {
			with = append(with, i)
		}
	}
	chosen := map[int]int{}
	each := max(1, maxLines/max(1, len(with)))
	for _, k := range evenly(len(with), maxLines) {
		trials := cells[with[k]].Trials
		for _, i := range evenly(len(trials), each) {
			chosen[trials[i]] = with[k]
		}
	}
	return chosen
}

// evenly returns at most k of the indices 0..n-1, evenly spread, both ends
// among them if k > 1.
func evenly(n, k int) []int {
	var list []int
	switch {
	case n <= k:
		for i := range n {
			list = append(list, i)
		}
	case k == 1:
		list = append(list, n/2)
	default:
		for i := range k {
			list = append(list, i*(n-1)/(k-1))
		}
	}
	return list
}

// add takes the next row of samples.csv.
func (b *lineBuilder) add(s *record.Sample) {
	if s.Trial != b.trial {
		b.finish()
		b.begin(s.Trial)
	}
	if !b.keep {
		return
	}
	seen, met := b.procs[s.PID]
	if b.open && (met && seen.tick == b.n || s.TS-b.now.t > b.gap()) {
		b.closeTick()
	}
	if !b.open {
		b.now, b.open = tick{t: s.TS, rss: math.NaN(), hostRSS: math.NaN(), pssWhole: true}, true
		b.n++
	}
	next := proc{tick: b.n, cpu: seen.cpu}
	if s.Role == "host" || s.Role == "worker" {
		next.cpu = b.now.add(s, seen.cpu)
	}
	b.procs[s.PID] = next
}

// gap is the time that ends a tick even if no process has come twice.
func (b *lineBuilder) gap() float64 {
	if b.every > 0 {
		return b.every / 2
	}
	return 0
}

// add adds a process that had used cpu seconds at the tick before, 0 if it is
// new, and returns what it has used now.
func (k *tick) add(s *record.Sample, cpu float64) float64 {
	k.members++
	host := s.Role == "host"
	if !host {
		k.workers++
	}
	if !math.IsNaN(s.RSSB) {
		k.rss = first(k.rss, 0) + s.RSSB
		if host {
			k.hostRSS = first(k.hostRSS, 0) + s.RSSB
		}
	}
	if math.IsNaN(s.PSSB) {
		k.pssWhole = false
	} else {
		k.pss += s.PSSB
	}
	if math.IsNaN(s.CPUS) {
		return cpu
	}
	used := max(0, s.CPUS-cpu) // a process number may come again
	k.read = true
	k.used += used
	if host {
		k.hostRead = true
		k.hostUsed += used
	}
	return s.CPUS
}

func (b *lineBuilder) closeTick() {
	b.open = false
	k := b.now
	if k.members == 0 {
		return // the machine alone
	}
	k.cpus, k.hostCPUs = math.NaN(), math.NaN()
	if last := len(b.ticks) - 1; last >= 0 && k.t > b.ticks[last].t {
		since := k.t - b.ticks[last].t
		if k.read {
			k.cpus = k.used / since
		}
		if k.hostRead {
			k.hostCPUs = k.hostUsed / since
		}
	}
	if !k.pssWhole {
		k.pss = math.NaN()
	}
	if b.ticks = append(b.ticks, k); len(b.ticks) == maxTicks {
		keep := reduce(b.ticks, maxTicks/2)
		for to, from := range keep { // from is never below to
			b.ticks[to] = b.ticks[from]
		}
		b.ticks = b.ticks[:len(keep)]
	}
}

func (b *lineBuilder) begin(trial int) {
	b.trial, b.n = trial, 0
	b.cell, b.keep = b.chosen[trial], false
	if _, ok := b.chosen[trial]; ok {
		_, done := b.lines[trial]
		if b.keep = !done; done && b.broken.Add(trial) {
			b.apart++
		}
	}
	clear(b.procs)
}

func (b *lineBuilder) finish() {
	if b.open {
		b.closeTick()
	}
	if b.keep && len(b.ticks) > 0 {
		b.lines[b.trial] = line(b.cell, b.trial, b.ticks, b.points)
	}
	b.ticks, b.keep = b.ticks[:0], false
}

// end returns the lines in the order of cells, then trials.
func (b *lineBuilder) end() []Line {
	b.finish()
	list := make([]Line, 0, len(b.lines))
	for _, l := range b.lines {
		list = append(list, l)
	}
	slices.SortFunc(list, func(x, y Line) int {
		if x.Cell != y.Cell {
			return x.Cell - y.Cell
		}
		return x.Trial - y.Trial
	})
	return list
}

func line(cell, trial int, ticks []tick, points int) Line {
	keep := reduce(ticks, points)
	l := Line{Cell: cell, Trial: trial}
	split := slices.ContainsFunc(ticks, func(k tick) bool { return k.workers > 0 })
	for _, i := range keep {
		k := ticks[i]
		l.T = append(l.T, k.t)
		l.CPUs = append(l.CPUs, k.cpus)
		l.RSS = append(l.RSS, k.rss)
		l.PSS = append(l.PSS, k.pss)
		if split {
			l.HostCPUs = append(l.HostCPUs, k.hostCPUs)
			l.HostRSS = append(l.HostRSS, k.hostRSS)
		}
	}
	return l
}

// reduce returns the indices of at most so many ticks: both ends, and of each
// stretch of equal time the least and the greatest of every series, so that
// no peak and no dip is lost. The host's share is taken along.
func reduce(ticks []tick, points int) []int {
	n := len(ticks)
	if n <= points {
		return evenly(n, n)
	}
	series := []func(tick) float64{
		func(k tick) float64 { return k.cpus },
		func(k tick) float64 { return k.rss },
		func(k tick) float64 { return k.pss },
	}
	stretches := (points - 2) / (2 * len(series))
	per := float64(stretches) / (ticks[n-1].t - ticks[0].t)
	keep := []int{0, n - 1}
	for from, to := 0, 0; from < n; from = to {
		number := math.Floor((ticks[from].t - ticks[0].t) * per)
		end := func(i int) bool {
			return number < float64(stretches-1) && math.Floor((ticks[i].t-ticks[0].t)*per) > number
		}
		for to++; to < n && !end(to); to++ {
		}
		for _, of := range series {
			if lo, hi := ends(ticks, from, to, of); lo >= 0 {
				keep = append(keep, lo, hi)
			}
		}
	}
	slices.Sort(keep)
	return slices.Compact(keep)
}

// ends returns the indices of the least and the greatest value of a series
// among ticks from..to-1, or -1 where it has none.
func ends(ticks []tick, from, to int, of func(tick) float64) (lo, hi int) {
	lo, hi = -1, -1
	for i := from; i < to; i++ {
		v := of(ticks[i])
		if math.IsNaN(v) {
			continue
		}
		if lo < 0 || v < of(ticks[lo]) {
			lo = i
		}
		if hi < 0 || v > of(ticks[hi]) {
			hi = i
		}
	}
	return lo, hi
}
