package metrics

import (
	"math"

	"forklore/metrics/record"

	"github.com/shirou/gopsutil/v3/process"
)

// Proc names a process to watch.
type Proc struct {
	PID  int
	Role string // "host" or "worker": the role of its samples
}

// target is a process under watch. gopsutil's handle is kept, because making
// one reads the process's start time again.
type target struct {
	Proc
	handle *process.Process
	gone   bool
}

func newTarget(p Proc) target {
	h, err := process.NewProcess(int32(p.PID))
	return target{Proc: p, handle: h, gone: err != nil}
}

// wanted says what a reading holds besides its time.
type wanted struct{ cpu, rss, pss, threads bool }

func want(metrics []string) wanted {
	if len(metrics) == 0 {
		return wanted{true, true, true, true}
	}
	var w wanted
	for _, m := range metrics {
		switch m {
		case "cpu":
			w.cpu = true
		case "rss":
			w.rss = true
		case "pss":
			w.pss = true
		case "threads":
			w.threads = true
		}
	}
	return w
}

// read takes one sample without PSS. A process that is gone gives ok = false
// from then on: it ended between two ticks, which is no error.
func (t *target) read(w wanted, clock bool) (s record.Sample, ok bool) {
	s = record.Sample{PID: t.PID, Role: t.Role, CPUS: math.NaN(), RSSB: math.NaN(), PSSB: math.NaN(), Threads: math.NaN()}
	if t.gone {
		return s, false
	}
	if w.cpu {
		s.CPUS, t.gone = t.cpu(clock)
	}
	if w.rss && !t.gone {
		m, err := t.handle.MemoryInfo()
		// What has ended but was not waited for has no memory any more.
		if t.gone = err != nil || m.RSS == 0; !t.gone {
			s.RSSB = float64(m.RSS)
		}
	}
	if w.threads && !t.gone {
		s.Threads, t.gone = t.threads()
	}
	return s, !t.gone
}

// cpu prefers the process's CPU clock to gopsutil's Times, whose unit on Linux
// is 10 ms.
func (t *target) cpu(clock bool) (seconds float64, gone bool) {
	if clock {
		s, err := processCPU(t.PID)
		return s, err != nil
	}
	times, err := t.handle.Times()
	if err != nil {
		return math.NaN(), true
	}
	return times.User + times.System, false
}

// threads asks gopsutil where the cheap way fails: when the process is gone,
// that fails as well.
func (t *target) threads() (count float64, gone bool) {
	if n, ok := threadCount(t.PID); ok {
		return float64(n), false
	}
	n, err := t.handle.NumThreads()
	if err != nil {
		return math.NaN(), true
	}
	return float64(n), false
}
