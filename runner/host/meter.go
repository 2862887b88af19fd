package host

import (
	"os"
	"runtime"
	"runtime/metrics"

	"golang.org/x/sys/unix"
)

// meter is a reading of what this process has used so far.
type meter struct {
	cpu      float64
	gcCycles float64
	gcCPU    float64
	gcPause  float64
	alloc    float64
}

// readMeter reads them all. The CPU of the collector is asked for only after
// its first cycle: before that it is 0, and runtime/metrics takes half a
// millisecond to set itself up.
func readMeter() meter {
	var ms runtime.MemStats
	runtime.ReadMemStats(&ms)
	u := ownRusage().withChildren()
	return meter{
		cpu: u.UserS + u.SysS, gcCycles: float64(ms.NumGC), gcCPU: gcCPU(ms.NumGC),
		gcPause: float64(ms.PauseTotalNs) / 1e9, alloc: float64(ms.TotalAlloc),
	}
}

func gcCPU(cycles uint32) float64 {
	if cycles == 0 {
		return 0
	}
	s := []metrics.Sample{{Name: "/cpu/classes/gc/total:cpu-seconds"}}
	metrics.Read(s)
	if s[0].Value.Kind() != metrics.KindFloat64 {
		return 0
	}
	return s[0].Value.Float64()
}

func (m meter) since(before meter) Spent {
	return Spent{
		CPUS:     m.cpu - before.cpu,
		GCCycles: m.gcCycles - before.gcCycles,
		GCCPUS:   m.gcCPU - before.gcCPU,
		GCPauseS: m.gcPause - before.gcPause,
		AllocB:   m.alloc - before.alloc,
	}
}

func (s Spent) plus(o Spent) Spent {
	return Spent{s.CPUS + o.CPUS, s.GCCycles + o.GCCycles, s.GCCPUS + o.GCCPUS, s.GCPauseS + o.GCPauseS, s.AllocB + o.AllocB}
}

// ownUsage returns this process's rusage, children excluded, and its peak
// memory.
func ownUsage() Usage {
	u := ownRusage()
	u.HWMB = residentPeak()
	return u
}

func ownRusage() Usage {
	ru := rusage(unix.RUSAGE_SELF)
	return Usage{PID: os.Getpid(), UserS: seconds(ru.Utime), SysS: seconds(ru.Stime)}
}

// withChildren adds the CPU of the processes that this one has reaped: those of a
// workload that creates some. A host of worker processes must not use it, since they speak for
// themselves.
func (u Usage) withChildren() Usage {
	ru := rusage(unix.RUSAGE_CHILDREN)
	u.UserS += seconds(ru.Utime)
	u.SysS += seconds(ru.Stime)
	return u
}

func rusage(who int) (ru unix.Rusage) {
	if err := unix.Getrusage(who, &ru); err != nil {
		panic("host: getrusage: " + err.Error()) // only a wrong argument can fail
	}
	return ru
}

func seconds(tv unix.Timeval) float64 { return float64(tv.Sec) + float64(tv.Usec)/1e6 }
