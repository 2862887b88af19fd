package work

import (
	"context"
	"fmt"
	"sync/atomic"

	"forklore/runner/link"
)

func init() { describe("channel", channelKind) }

func channelKind() Kind {
	return Kind{
		Name:    "channel",
		Summary: "one channel that some workers send to and the others receive from",
		Doc: `Definition: all workers of a trial share one channel of words with room for
buffer of them; 0: a send ends when its word has been received. Shape pairs:
workers of even rank send, those of odd rank receive. Shape fan_in: rank 0
receives, all others send; fan_out: rank 0 sends, all others receive. Of S
senders number s sends the items s, s+S, s+2S and so on. Item i is batch words;
word number m = i*batch + n begins as SplitMix64 of m and takes produce steps;
its upper 63 bits are sent. Who receives it takes consume steps and one more on
what came: that is added to the sum. A step is one step of SplitMix64, about 4
ns, and touches no memory. At the end the last sender sends every receiver one
word that says so.
Form native: a channel of Go where all workers are in one process; across
processes the shared form takes its place. Form shared, in every model: a queue
in pages that all workers share, whose cells take a cache line each and are
handed out by tickets; who must wait sleeps in a futex on its cell. Both keep
the order in which senders came.
Source: BenchmarkChanProdCons of Go's runtime (runtime/chan_test.go), with all
workers on one channel; the queue is the ticket queue of rigtorp/MPMCQueue with
sleeping in place of spinning.
Unit: words sent and received; not bytes.
Stresses: native: the channel's lock and the goroutine scheduler, which switches
to who was waited for without the system. Shared: the cache lines of the tickets
and, when the queue is empty or full, the system's futexes and scheduler: 0 and
1 as buffer show what a switch costs in each. A goroutine that waits in a futex
blocks its thread, and keeps the processor (P) of Go's scheduler for 20 us to 10
ms more: with more goroutines than GOMAXPROCS in a process the shared form pays
for that.
Does not say: what select costs, or messages larger than a word: see the
workloads of links. A worker killed in the midst of a send or a receive of the
shared form leaves the others waiting: not for faults.`,
		Item: "a batch of words sent and received",
		Params: []Param{
			{Name: "buffer", Type: "int", Default: "64", Min: 0, Max: 65536, Doc: "words that the channel holds; 0: sender and receiver meet"},
			{Name: "shape", Type: "choice", Default: "pairs", Choices: []string{"pairs", "fan_in", "fan_out"}, Doc: "half of the workers send; all but one; one"},
			{Name: "produce", Type: "int", Default: "0", Min: 0, Max: 1e6, Doc: "steps of computing before a word is sent, about 4 ns each"},
			{Name: "consume", Type: "int", Default: "0", Min: 0, Max: 1e6, Doc: "steps of computing after a word was received, about 4 ns each"},
			{Name: "batch", Type: "int", Default: "512", Min: 1, Max: 1 << 20, Doc: "words in an item"},
			sampleParam,
			formParam,
		},
		ItemOps: func(ps Params) int64 { return ps.Int("batch") },
		Measures: []Measure{
			{Name: "send_s", Title: "time of a send", Unit: "s", Less: true, Hist: true,
				Doc: "from the call of a send to its return, and a look at the clock of some 30 ns; of one send in so many as the parameter sample says"},
		},
		Peer: newChannel,
		Shared: func(ps Params, workers int) int64 {
			return contestedSize(lineSize+futexRingSize(ps.Int("buffer")), workers)
		},
		Links:  func(Params, int) link.Plan { return link.Plan{} }, // they share memory instead
		Refuse: refuseChannel,
	}
}

func refuseChannel(ps Params, l Layout) string {
	if l.Workers < 2 {
		return "a channel needs a worker that sends and one that receives: at least 2"
	}
	return refuseFutex(ps, l)
}

// channelEnd is what the last sender sends to each receiver: no word has 64 bits.
const channelEnd = 1 << 63

type channel struct {
	shape                   string
	produce, consume, batch int64
	native                  chan uint64 // nil in the shared form
	shared                  futexRing
	finished                *atomic.Int64 // senders that have, over all rounds
	rank, workers           int
	contested               contested
	samplers                slots[callSampler]
}

func newChannel(ps Params, env Env) (Peer, error) {
	if env.Workers < 2 {
		return nil, fmt.Errorf("channel: %d worker cannot both send and receive: at least 2 are needed", env.Workers)
	}
	shared, buffer := sharedForm(ps, env), ps.Int("buffer")
	if err := needFutex("channel", shared); err != nil {
		return nil, err
	}
	p := &channel{shape: ps.String("shape"), produce: ps.Int("produce"), consume: ps.Int("consume"), batch: ps.Int("batch"),
		rank: env.Rank, workers: env.Workers, samplers: newCallSamplers(ps, env)}
	size := int64(lineSize)
	if shared {
		size += futexRingSize(buffer)
	}
	var err error
	if p.contested, err = newContested("channel", env, size, shared); err != nil {
		return nil, err
	}
	p.finished = viewOf[atomic.Int64](p.contested.mem, 0)
	if shared {
		p.shared = newFutexRing(p.contested.mem[lineSize:], buffer)
	} else {
		p.native = make(chan uint64, buffer)
	}
	return p, nil
}

// role returns a rank's number among the senders and how many there are; -1 is a receiver.
func (p *channel) role(rank int) (number, senders int) {
	switch {
	case p.shape == "fan_in":
		return rank - 1, p.workers - 1
	case p.shape == "fan_out":
		return -min(rank, 1), 1
	case rank%2 == 0:
		return rank / 2, (p.workers + 1) / 2
	}
	return -1, (p.workers + 1) / 2
}

// Run sends or receives until the round is over. The items are counted by who sends them, the
// sum by who receives.
func (p *channel) Run(ctx context.Context, _ link.Comm, r Round) (items int64, sum uint64, err error) {
	number, senders := p.role(p.rank + r.Slot)
	switch {
	case number >= 0:
		items, err = p.send(ctx, r, int64(number), int64(senders))
		p.finish(int64(senders))
	case p.native != nil:
		sum = p.receiveNative()
	default:
		sum = p.receiveShared()
	}
	return items, sum, err
}

// send sends every senders-th item from first on.
func (p *channel) send(ctx context.Context, r Round, first, senders int64) (items int64, err error) {
	s, done := p.samplers.of(r.Slot), ctx.Done()
	for i := first; r.Over == nil && i < r.Items || r.Over != nil && !r.Over(); i += senders {
		select {
		case <-done:
			return items, ctx.Err()
		default:
		}
		if p.native != nil {
			p.sendNative(uint64(i*p.batch), s)
		} else {
			p.sendShared(uint64(i*p.batch), s)
		}
		items++
	}
	return items, nil
}

// word is what word number m is when it is sent.
func (p *channel) word(m uint64) uint64 { return takeSteps(scramble(m), p.produce) >> 1 }

func (p *channel) sendNative(m uint64, s *callSampler) {
	for range p.batch {
		v := p.word(m)
		if s.due() {
			begin := s.begin()
			p.native <- v
			s.end(begin)
		} else {
			p.native <- v
		}
		m++
	}
}

func (p *channel) sendShared(m uint64, s *callSampler) {
	for range p.batch {
		v := p.word(m)
		if s.due() {
			begin := s.begin()
			p.shared.send(v)
			s.end(begin)
		} else {
			p.shared.send(v)
		}
		m++
	}
}

// finish tells the receivers of the end, if all other senders are through: then all words
// are before it in the queue.
func (p *channel) finish(senders int64) {
	if p.finished.Add(1)%senders != 0 {
		return
	}
	for range int64(p.workers) - senders {
		if p.native != nil {
			p.native <- channelEnd
		} else {
			p.shared.send(channelEnd)
		}
	}
}

func (p *channel) receiveNative() (sum uint64) {
	for {
		v := <-p.native
		if v == channelEnd {
			return sum
		}
		sum += takeSteps(v, p.consume+1)
	}
}

func (p *channel) receiveShared() (sum uint64) {
	for {
		v := p.shared.receive()
		if v == channelEnd {
			return sum
		}
		sum += takeSteps(v, p.consume+1)
	}
}

func (p *channel) Measure(slot int) Readings {
	return sampledReadings(map[string]*Histogram{"send_s": p.samplers.of(slot).take()})
}

// Close checks that no word was left behind. By then all workers are at rest.
func (p *channel) Close() error {
	return p.contested.close(func() error {
		left := uint64(len(p.native))
		if p.native == nil {
			left = p.shared.ends.send.Load() - p.shared.ends.receive.Load()
		}
		if left != 0 {
			return fmt.Errorf("channel: %d words were sent and not received", left)
		}
		return nil
	})
}
