package load

import (
	"fmt"
	"time"
)

// A generator that is short of time itself measures itself. These are the shares and times
// beyond which a result says so: with less of its CPU left it has had no time to send
// and read at once; sends that are late by more than a tenth of a typical latency, and by more than what
// the kernel may delay any thread by, move the percentiles.
const (
	mostBusy         = 0.9
	mostLate         = time.Millisecond
	mostLateQuantile = 0.99
	mostLateShare    = 0.1 // of the median latency
)

// saturation says why a window's numbers are about the generator, or "".
func saturation(r Result) string {
	if busy := (r.CPUS - r.SpunS) / r.WallS; r.WallS > 0 && busy > mostBusy {
		return fmt.Sprintf("the load generator used %.0f %% of its one CPU, of %.0f %% that are allowed: lower the rate, or give the server fewer cores", 100*busy, 100*mostBusy)
	}
	late := r.SendLateness.Quantile(mostLateQuantile)
	if share := mostLateShare * float64(r.Latency.Quantile(0.5)); late > mostLate && float64(late) > share {
		return fmt.Sprintf("the load generator sent %g %% of its requests more than %v late, which is above %v and above %.0f %% of the median latency, %v: give it a CPU of its own, or lower the rate",
			100*(1-mostLateQuantile), late, mostLate, 100*mostLateShare, r.Latency.Quantile(0.5))
	}
	return ""
}
