package work

import (
	"fmt"
	"time"
)

func init() { accompany(Probe, probeCompanion) }

// Probe is the name of the companion that is an event loop.
const Probe = "probe"

func probeCompanion() Companion {
	return Companion{
		Name:    Probe,
		Summary: "an event loop beside the work, whose lateness is measured: does a user interface stay responsive?",
		Doc: `Definition: tick k of the loop is due k/rate seconds after the gate, from 1 on. Its
handler uses handler of processor time, by the clock of its thread. The loop lives in the
host, which is the program with the user interface, on a thread of its own that sleeps in
the kernel (ppoll on a timerfd; elsewhere than on Linux a timer of Go's runtime) until a tick is due,
and runs on the CPUs of the trial from the gate to the last finish.
Who does the work beside it follows the model.
  sequential: the loop itself, item by item between ticks: a handler that computes.
  goroutines, threads: workers in the same process. GOMAXPROCS is the model's: a loop
    that wakes while workers hold all processors of Go waits until its scheduler takes one
    away, some 10 ms, where the kernel would have let it run at once. When it sleeps again
    it keeps that processor until the runtime's monitor takes it back, up to 10 ms of
    which the work has one less. spare: 1 adds a
    processor that workers on threads leave to it (and goroutines, unless they are more than
    the cores): what is late then is the kernel's, as for threads of other languages.
  processes, hybrid: workers in other processes, with a priority that is lower by nice;
    the kernel alone decides between them and the loop.
lateness_s is that of every tick: start of its handler less due. There is no coordinated
omission: a tick that waits for a former one is as late as it comes, all are handled in
order, and one that never came (missed_ticks) is late by the end less due.
Shares are those of all ticks of a trial.
Source: the rules of user interfaces of Nielsen (Usability Engineering, 1993, after
Miller, 1968), 0.1 s, and a screen's 60 frames a second. The way of counting is that of
hiccup meters (Tene's jHiccup). Tested against a schedule that is computed by hand.
Stresses: the scheduler's latency, of Go and of the kernel.
Does not say: what drawing, locks shared with the workers or the garbage of a real user interface
cost. Its CPU counts as the work's (cpu_work_s). Each item in line reads a clock, 0.2 us.
Beside wait with cpu: 0s it measures itself.`,
		Params: []Param{
			{Name: "probe_rate", Type: "int", Default: "60", Min: 1, Max: 1000, Doc: "ticks a second"},
			{Name: "probe_handler", Type: "duration", Default: "1ms", Min: 0, Max: 1, Doc: "processor time of a tick's handler"},
			{Name: "probe_spare", Type: "int", Default: "0", Min: 0, Max: 1, Doc: "processors of Go (GOMAXPROCS) beyond those that the model gives to the workers' process"},
			{Name: "probe_nice", Type: "int", Default: "0", Min: 0, Max: 19, Doc: "how much lower than the loop's the priority of worker processes is"},
		},
		Measures: []Measure{
			{Name: "lateness_s", Title: "lateness of a tick", Unit: "s", Less: true, Hist: true,
				Doc: "start of a tick's handler less when it was due; of one that never came, the end less that"},
			{Name: "late_16ms_share", Title: "ticks more than 16.7 ms late", Less: true, Merge: MergeShare, Of: "ticks",
				Doc: "share of all ticks that were later than a frame of 1/60 s, missed ones included"},
			{Name: "late_100ms_share", Title: "ticks more than 100 ms late", Less: true, Merge: MergeShare, Of: "ticks",
				Doc: "share of all ticks that were later than what a user takes as instantaneous, missed ones included"},
			{Name: "ticks", Title: "ticks", Merge: MergeSum, Total: true, Doc: "ticks that were due between gate and last finish"},
			{Name: "missed_ticks", Title: "missed ticks", Less: true, Merge: MergeSum, Total: true,
				Doc: "those of them whose handler had not begun at the last finish"},
		},
		Refuse: refuseProbe,
	}
}

func refuseProbe(k Kind, _, ps Params, l Layout) string {
	rate, handler := ps.Int("probe_rate"), ps.Duration("probe_handler")
	switch {
	case k.Server != nil:
		return "a probe goes beside work of independent items, and " + k.Name + " serves requests"
	case k.New == nil:
		return "a probe goes beside work of independent items, and the workers of " + k.Name + " talk to each other"
	case time.Duration(rate)*handler >= time.Second:
		return fmt.Sprintf("%d ticks a second of %v each take a whole CPU or more, so that the loop is late without any work", rate, handler)
	case ps.Int("probe_spare") > 0 && l.Model != "goroutines" && l.Model != "threads":
		return "spare is for a loop that shares Go's processors with workers, and in the model " + l.Model + " it does not"
	case ps.Int("probe_nice") > 0 && l.Model != "processes" && l.Model != "hybrid":
		return "nice lowers the priority of worker processes, and the model " + l.Model + " has none"
	}
	return ""
}
