package load

import (
	"fmt"
	"time"
)

// A generator that is short of time measures itself. These are the shares and times beyond which a
// result says so: one that runs, or waits for others to leave its CPU, for nearly all of the
// time is what its server waits for; and sends that are late by more than a tenth of a typical
// latency, and by more than a kernel may delay any thread, move the percentiles.
const (
	mostBusy         = 0.9
	mostLate         = time.Millisecond
	mostLateQuantile = 0.99
	mostLateShare    = 0.1 // of the median latency
)

// saturation says why a window's numbers are about the generator, or "".
func saturation(r Result) string {
	if busy := (r.CPUS - r.SpunS + r.DelayS) / r.WallS; r.WallS > 0 && busy > mostBusy {
		return fmt.Sprintf("the load generator needed its CPU for %.0f %% of the time, others had it for %.0f %%, and more than %.0f %% together leave it no time: lower the rate, or give it a CPU of its own",
			100*(r.CPUS-r.SpunS)/r.WallS, 100*r.DelayS/r.WallS, 100*mostBusy)
	}
	late := r.SendLateness.Quantile(mostLateQuantile)
	if share := mostLateShare * float64(r.Latency.Quantile(0.5)); late > mostLate && float64(late) > share {
		return fmt.Sprintf("the load generator sent %g %% of its requests more than %v late, which is above %v and above %.0f %% of the median latency, %v: give it a CPU of its own, or lower the rate",
			100*(1-mostLateQuantile), late, mostLate, 100*mostLateShare, r.Latency.Quantile(0.5))
	}
	return ""
}
