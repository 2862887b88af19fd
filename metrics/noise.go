package metrics

import (
	"math"

	"forklore/metrics/record"

	"golang.org/x/sys/unix"
)

// Noise is one reading of the counters that tell whether a trial was alone:
// all of them grow from boot, so that only differences mean something. Absent
// is NaN.
type Noise struct {
	BusyS, StealS            float64 // of all CPUs
	SelfCPUS                 float64 // of the process that reads: the runner
	ThrottledS               float64 // of our cgroup and those above it, over CPUs
	PSICPUS, PSIIOS, PSIMemS float64
	SwapPages                float64
	RunDelayS                map[int]float64 // by thread of the watched processes; nil if unreadable
}

// ReadNoise reads the counters now, with the run delay of the given processes.
func ReadNoise(s FS, pids []int) Noise {
	n := Noise{
		SelfCPUS:   selfCPU(),
		ThrottledS: s.throttledS(),
		PSICPUS:    s.PressureS("cpu"),
		PSIIOS:     s.PressureS("io"),
		PSIMemS:    s.PressureS("memory"),
		SwapPages:  s.swapPages(),
		RunDelayS:  s.RunDelay(pids),
	}
	n.BusyS, n.StealS = s.machineCPU()
	return n
}

// selfCPU returns user and system seconds of this process.
func selfCPU() float64 {
	var r unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &r); err != nil {
		return math.NaN()
	}
	return float64(r.Utime.Nano()+r.Stime.Nano()) / 1e9
}

// NoiseDelta is what happened between two readings; fields as in [Noise].
type NoiseDelta struct {
	BusyS, StealS, SelfCPUS, ThrottledS float64
	PSICPUS, PSIIOS, PSIMemS            float64
	SwapPages, RunDelayS                float64
}

// Sub returns what happened since before. Run delay counts every thread that is
// there at the end: one that began in between from 0, one that ended not at all.
func (n Noise) Sub(before Noise) NoiseDelta {
	d := NoiseDelta{
		BusyS:      n.BusyS - before.BusyS,
		StealS:     n.StealS - before.StealS,
		SelfCPUS:   n.SelfCPUS - before.SelfCPUS,
		ThrottledS: n.ThrottledS - before.ThrottledS,
		PSICPUS:    n.PSICPUS - before.PSICPUS,
		PSIIOS:     n.PSIIOS - before.PSIIOS,
		PSIMemS:    n.PSIMemS - before.PSIMemS,
		SwapPages:  n.SwapPages - before.SwapPages,
		RunDelayS:  math.NaN(),
	}
	if n.RunDelayS != nil && before.RunDelayS != nil {
		d.RunDelayS = 0
		for tid, s := range n.RunDelayS {
			d.RunDelayS += max(0, s-before.RunDelayS[tid]) // a thread number may be used again
		}
	}
	return d
}

// Plus returns what happened in two spans together: what lies between them is left
// out.
func (d NoiseDelta) Plus(o NoiseDelta) NoiseDelta {
	return NoiseDelta{
		BusyS: d.BusyS + o.BusyS, StealS: d.StealS + o.StealS, SelfCPUS: d.SelfCPUS + o.SelfCPUS, ThrottledS: d.ThrottledS + o.ThrottledS,
		PSICPUS: d.PSICPUS + o.PSICPUS, PSIIOS: d.PSIIOS + o.PSIIOS, PSIMemS: d.PSIMemS + o.PSIMemS,
		SwapPages: d.SwapPages + o.SwapPages, RunDelayS: d.RunDelayS + o.RunDelayS,
	}
}

// Fill sets the noise columns of a trial. treeCPUS is the CPU that the trial's
// own processes used between the two readings, in seconds: what the machine
// used beyond that and the runner is foreign. The machine counts in 10 ms
// ticks, so foreign CPU may come out slightly below 0, which is written as 0.
func (d NoiseDelta) Fill(t *record.Trial, treeCPUS float64) {
	t.StealS = d.StealS
	t.ForeignCPUS = d.BusyS - treeCPUS - d.SelfCPUS
	if t.ForeignCPUS < 0 {
		t.ForeignCPUS = 0
	}
	t.RunDelayS = d.RunDelayS
	t.ThrottledS = d.ThrottledS
	t.PSICPUS, t.PSIIOS, t.PSIMemS = d.PSICPUS, d.PSIIOS, d.PSIMemS
	t.SwapPages = d.SwapPages
}
