package work

import "time"

// lifeMeasures are what every workload about the life of executors measures.
var lifeMeasures = []Measure{
	{Name: "first_s", Title: "creating call to first instruction", Unit: "s", Less: true, Hist: true,
		Doc: "from just before the call that creates an executor to its first instruction"},
	{Name: "create_s", Title: "creating calls", Unit: "s", Less: true, Merge: MergeMean,
		Doc: "time that the creator spends in creating calls, for each executor"},
	{Name: "join_s", Title: "ending and joining", Unit: "s", Less: true, Merge: MergeMean,
		Doc: "from the order to end until all are joined, divided by the executors"},
}

// chronicle is what one worker measures of its executors. A clock costs a tenth of
// a goroutine's life, so where executors are as cheap as that most rounds go
// untimed, and no round takes both kinds of times.
type chronicle struct {
	every  int64 // rounds from one that is timed to the next; 1: all are, in both ways
	rounds int64

	hists             [2]*Histogram // the one being filled, and the one handed out last
	creating, joining int64         // ns
	created, joined   int64         // executors that these are of
}

const sparing = 16 // of so many rounds of goroutines, one takes times of each kind

func newChronicle(env Env) chronicle {
	c := chronicle{every: 1, hists: [2]*Histogram{NewHistogram(), NewHistogram()}}
	if env.Processes == 0 && !env.Locked {
		c.every = sparing
	}
	return c
}

// next begins a round: whether its executors take the time themselves, and whether the
// creator does.
func (c *chronicle) next() (firsts, calls bool) {
	at := c.rounds % c.every
	c.rounds++
	return at == 0, at == c.every/2
}

// first notes the beginning of an executor whose life was stamped.
func (c *chronicle) first(l *life) { c.hists[0].Record(time.Duration(l.first - l.created)) }

// tookToCreate notes the time of n creating calls.
func (c *chronicle) tookToCreate(n int, ns int64) {
	c.created += int64(n)
	c.creating += ns
}

// tookToJoin notes the time from the order to end until n are joined.
func (c *chronicle) tookToJoin(n int, ns int64) {
	c.joined += int64(n)
	c.joining += ns
}

// take hands out what was noted since it was last called.
func (c *chronicle) take() Readings {
	r := Readings{Values: map[string]float64{}, Hists: map[string]*Histogram{"first_s": c.hists[0]}}
	if c.created > 0 {
		r.Values["create_s"] = float64(c.creating) / 1e9 / float64(c.created)
	}
	if c.joined > 0 {
		r.Values["join_s"] = float64(c.joining) / 1e9 / float64(c.joined)
	}
	c.hists[0], c.hists[1] = c.hists[1], c.hists[0]
	c.hists[0].Reset()
	c.creating, c.joining, c.created, c.joined = 0, 0, 0, 0
	return r
}
