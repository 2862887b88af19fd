package work

import (
	"context"
	"encoding/binary"
	"fmt"
	"runtime"

	"forklore/runner/link"
)

func init() { describe("ring", ringKind) }

func ringKind() Kind {
	return Kind{
		Name:    "ring",
		Summary: "a token goes round all workers through pipes: the cost of a context switch",
		Doc: `Definition: the workers form a ring, each connected to the next by a pipe that
both use with blocking system calls, in every model. A token of eight bytes
holds the number of hops so far and, in its lowest bit, whether the round ends.
An item is one hop: a worker reads the token, adds up an array of its own of
work bytes (words of eight bytes, the same in every worker), and writes the
token with one hop more. Worker 0 begins. The worker that reads the last hop
sends the token round once more to end the others; those hops do not count.
Source: lmbench's lat_ctx (McVoy and Staelin, USENIX 1996), which reports the
time of a hop less that of the same work without a switch; here nothing is taken
off. Tested against the kernel's count of context switches and against a program
in C.
Unit: hops; bytes are those added up and the token's.
Stresses: on one CPU the scheduler's context switch, and with work > 0 what it
costs to find the caches cold; on several CPUs a wakeup on another CPU, which
may be cheaper or dearer.
Does not say: how goroutines switch within one thread: that needs no kernel, and
no pipe. On one CPU it is an error if there are fewer context switches than
hops.`,
		Item: "one hop of the token",
		Params: []Param{
			{Name: "work", Type: "bytes", Default: "0", Min: 0, Max: 64 << 20, Doc: "bytes of its own that a worker adds up at each hop, in whole words"},
		},
		ItemByte: func(ps Params) int64 { return ps.Bytes("work") + tokenLen },
		Measures: []Measure{{Name: "switches_per_hop", Title: "context switches per hop", Doc: "context switches of the workers' threads (getrusage), voluntary and not, for each hop; the mean over workers", Less: true, Merge: MergeMean}},
		Peer:     newRing,
		Links: func(_ Params, workers int) link.Plan {
			p := link.Plan{Link: "pipe", Max: tokenLen, Fixed: true}
			for r := range workers {
				if workers > 1 {
					p.Pairs = append(p.Pairs, link.Pair{From: r, To: (r + 1) % workers})
				}
			}
			return p
		},
		Refuse: func(_ Params, l Layout) string {
			if l.Workers == 1 {
				return "one worker has nobody to pass the token to; give it workers: 2 or more"
			}
			return ""
		},
	}
}

const tokenLen = 8

type ring struct {
	words   int
	env     Env
	workers slots[hopper]
}

// hopper is one worker of the ring.
type hopper struct {
	array    []uint64
	token    []byte
	switches float64 // per hop, in the last round
	measured bool
}

func newRing(ps Params, env Env) (Peer, error) {
	return &ring{words: int(ps.Bytes("work") / 8), env: env, workers: newSlots[hopper](env)}, nil
}

func (k *ring) Prepare(_ context.Context, slot int) error {
	h := k.workers.of(slot)
	h.token = apart[byte](tokenLen)
	h.array = make([]uint64, k.words)
	for i := range h.array {
		h.array[i] = scramble(uint64(i))
	}
	return nil
}

func (k *ring) Measure(slot int) Readings {
	h := k.workers.of(slot)
	if !h.measured {
		return Readings{}
	}
	h.measured = false
	return Readings{Values: map[string]float64{"switches_per_hop": h.switches}}
}

func (k *ring) Run(_ context.Context, c link.Comm, r Round) (items int64, sum uint64, err error) {
	h := k.workers.of(r.Slot)
	before, err := k.switches()
	if err != nil {
		return 0, 0, err
	}
	if items, sum, err = h.pass(c, r); err != nil || items == 0 {
		return items, sum, err
	}
	after, err := k.switches()
	if err != nil {
		return items, sum, err
	}
	hops := items
	if !k.env.Locked {
		hops *= int64(k.env.Slots) // those of the others in this process, but for one
	}
	h.switches, h.measured = float64(after-before)/float64(hops), true
	return items, sum, doubt(h.switches, items, runtime.NumCPU())
}

// switches counts the context switches so far of the calling thread, if the
// worker keeps it, else of the whole process: a goroutine moves between
// threads.
func (k *ring) switches() (int64, error) {
	if k.env.Locked {
		return threadSwitches()
	}
	return processSwitches()
}

// doubt returns an error if a ring on one CPU cannot have switched at every
// hop.
func doubt(switches float64, hops int64, cpus int) error {
	const few, many = 0.9, 100
	if cpus > 1 || hops < many || switches >= few {
		return nil
	}
	return fmt.Errorf("the ring made %.3g context switches per hop on one CPU, at least 1 is certain: the counts of this system cannot be trusted", switches)
}

// pass receives the token, counts the hop, and sends it on, until the end.
func (h *hopper) pass(c link.Comm, r Round) (items int64, sum uint64, err error) {
	before, next := (c.Rank()+c.Size()-1)%c.Size(), (c.Rank()+1)%c.Size()
	for due := int64(c.Rank()); ; due += int64(c.Size()) {
		hops, over := int64(0), false
		if due > 0 { // the token comes after so many hops; worker 0 begins
			if hops, over, err = h.receive(c, before, due); err != nil {
				return items, sum, err
			}
			if over {
				return items, sum, h.release(c, next, hops)
			}
			items++
			sum += mix(hops-1, uint64(hops)+addUp(h.array))
		}
		if hops == r.Items || c.Rank() == 0 && hops > 0 && r.up() {
			return items, sum, h.send(c, next, hops, true)
		}
		if err := h.send(c, next, hops+1, false); err != nil {
			return items, sum, err
		}
	}
}

// release passes the end on, unless the next worker is the one that began it.
func (h *hopper) release(c link.Comm, next int, hops int64) error {
	if int64(next) == hops%int64(c.Size()) {
		return nil
	}
	return h.send(c, next, hops, true)
}

func (h *hopper) send(c link.Comm, to int, hops int64, over bool) error {
	token := uint64(hops) << 1
	if over {
		token |= 1
	}
	binary.LittleEndian.PutUint64(h.token, token)
	return c.Send(to, h.token)
}

// receive checks that the token has made as many hops as are due, or ends
// before that.
func (h *hopper) receive(c link.Comm, from int, due int64) (hops int64, over bool, err error) {
	if _, err := c.Recv(from, h.token); err != nil {
		return 0, false, err
	}
	token := binary.LittleEndian.Uint64(h.token)
	hops, over = int64(token>>1), token&1 != 0
	ends := over && hops < due && hops >= due-int64(c.Size())
	if comes := !over && hops == due; !comes && !ends {
		return 0, false, fmt.Errorf("the token came to rank %d of %d after %d hops, and was due after %d", c.Rank(), c.Size(), hops, due)
	}
	return hops, over, nil
}

// addUp reads every word of an array.
func addUp(array []uint64) (sum uint64) {
	for _, word := range array {
		sum += word
	}
	return sum
}
