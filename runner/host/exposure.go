package host

import (
	"fmt"
	"math/rand/v2"
	"time"

	"forklore/runner/work"
)

// exposure is the fault of a trial: what happens to whom, when, and who looks after it. Host and
// workers draw the same one from the job.
type exposure struct {
	fault      string
	supervised bool
	pipe       bool          // results go through a pipe instead of the ledger
	patience   time.Duration // with one who is silent
	victim     int           // rank
	serves     bool          // a server's requests are the items
	after      int64         // deliveries, of all workers, after which the victim is struck: with its next item in hand, or its last
	grace      int64         // of a server: deliveries after that by which a request must be in the victim's hand; else it fails without one
}

// maxLedgered bounds the items of a trial with faults: the ledger takes 16 bytes for each.
const maxLedgered = 1 << 24

// exposure returns the fault of the job; ok is false for one that has none beside its work.
func (j Job) exposure() (x exposure, ok bool) {
	ps, ok := work.FaultBeside(j.Beside)
	if !ok {
		return x, false
	}
	x = exposure{fault: ps.String("fault"), supervised: ps.Bool("supervised"), pipe: ps.String("deliver") == work.DeliverPipe,
		patience: ps.Duration("patience"), victim: int(ps.Int("victim")), serves: j.Requests > 0}
	draw := rand.New(rand.NewPCG(j.Seed, 0))
	done := 0.2 + 0.6*draw.Float64()
	if x.victim < 0 {
		x.victim = draw.IntN(j.Workers)
	}
	x.after = int64(done * float64(j.Items))
	if x.serves {
		window := j.Requests - j.Warmup
		x.after, x.grace = j.Warmup+int64(done*float64(window)), max(1, window/20)
	}
	return x, true
}

// Apart gives a job whose workers must be outside the host, for faults are beside their work, the
// process and the shared memory that it takes.
func (j *Job) Apart() {
	if _, ok := j.exposure(); ok {
		j.Processes = max(1, j.Processes)
		j.SharedB = ledgerB(j.ledgered(), j.Workers)
	}
}

// ledgered is how many items, or requests, the ledger has room for.
func (j Job) ledgered() int64 {
	if j.Requests > 0 {
		return j.Requests
	}
	return j.Items
}

// exposable returns why the job's number of items does not go with faults, or nil.
func (j Job) exposable() error {
	if _, ok := j.exposure(); !ok {
		return nil
	}
	switch least := int64(2 * j.Workers); {
	case j.Requests > maxLedgered:
		return work.Unavailable{Reason: fmt.Sprintf("%d requests are too many for faults, which keep a ledger of each: at most %d, so make the duration shorter, or the load smaller", j.Requests, maxLedgered)}
	case j.Requests > 0:
	case j.Items < least:
		return work.Unavailable{Reason: fmt.Sprintf("%d items are too few for faults: a worker fails between two items of its own, so that %d workers need %d items or more", j.Items, j.Workers, least)}
	case j.Items > maxLedgered:
		return work.Unavailable{Reason: fmt.Sprintf("%d items are too many for faults, which keep a ledger of each: at most %d, so make items larger", j.Items, maxLedgered)}
	}
	return nil
}
