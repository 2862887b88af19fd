package load

import (
	"fmt"
	"time"
)

// A generator that is short of time measures itself. These are the shares and times beyond which a
// result says so. One that runs for nearly all of the time is what its server waits for. So is one on
// a schedule that waits for its CPU for the rest of it; in a closed loop, others that have the
// CPU are the server, or slow it down as much. And sends that are late by more than a tenth of a
// typical latency, and by more than a kernel may delay any thread, move the percentiles.
const (
	mostBusy         = 0.9
	mostLate         = time.Millisecond
	mostLateQuantile = 0.99
	mostLateShare    = 0.1 // of the median latency
)

// saturation says why a window's numbers are about the generator, or "".
func saturation(r Result, open bool) string {
	if r.WallS == 0 {
		return ""
	}
	used, away := (r.CPUS-r.SpunS)/r.WallS, r.DelayS/r.WallS
	switch {
	case used > mostBusy:
		return fmt.Sprintf("the load generator used its CPU for %.0f %% of the time, more than %.0f %%: lower the rate, or ask for smaller answers", 100*used, 100*mostBusy)
	case open && used+away > mostBusy:
		return fmt.Sprintf("the load generator used its CPU for %.0f %% of the time, others had it for %.0f %%: give it one of its own, or lower the rate", 100*used, 100*away)
	}
	late := r.SendLateness.Quantile(mostLateQuantile)
	if share := mostLateShare * float64(r.Latency.Quantile(0.5)); late > mostLate && float64(late) > share {
		return fmt.Sprintf("the load generator sent %g %% of its requests more than %v late, which is above %v and above %.0f %% of the median latency, %v: give it a CPU of its own, or lower the rate",
			100*(1-mostLateQuantile), late, mostLate, 100*mostLateShare, r.Latency.Quantile(0.5))
	}
	return ""
}
