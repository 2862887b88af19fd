package work

import (
	"context"
	"encoding/binary"
	"fmt"

	"forklore/runner/link"
)

func init() { describe("barrier", barrierKind) }

func barrierKind() Kind {
	return Kind{
		Name:    "barrier",
		Summary: "all workers wait for each other, again and again",
		Doc: `Definition: an item is one dissemination barrier of all W workers: in round k =
0, 1, ... while 2^k < W each worker sends a message of eight bytes to the worker
2^k ranks further on, round the ring, and waits for that of the worker 2^k ranks
back. A message holds the item's number and whether worker 0 wants to end; after
the last round all know it. Worker 0 counts the items. One worker waits for
nobody.
Source: Hensgen, Finkel and Manber, Two algorithms for barrier synchronization,
1988; MPI_Barrier for any number of processes. Tested with a recording link: no
worker leaves a barrier before all have entered it.
Unit: barriers; a barrier takes W times the binary logarithm of W, rounded up,
messages.
Stresses: wakeups of all workers at once: the slowest decides.
Does not say: what barriers in shared memory cost, which need no messages.`,
		Item:   "one barrier of all workers",
		Params: []Param{linkParam("pipe")},
		Peer:   newBarrier,
		Links: func(ps Params, workers int) link.Plan {
			p := link.Plan{Link: ps.String("link"), Max: tokenLen, Fixed: true}
			for from := range workers {
				for far := 1; far < workers; far *= 2 {
					p.Pairs = append(p.Pairs, link.Pair{From: from, To: (from + far) % workers})
				}
			}
			return p
		},
		Refuse: refuseAcross,
	}
}

type barrier struct{ tokens slots[[]byte] }

func newBarrier(_ Params, env Env) (Peer, error) {
	return &barrier{tokens: newSlots[[]byte](env)}, nil
}

func (k *barrier) Prepare(_ context.Context, slot int) error {
	*k.tokens.of(slot) = apart[byte](tokenLen)
	return nil
}

func (k *barrier) Run(_ context.Context, c link.Comm, r Round) (items int64, sum uint64, err error) {
	token := *k.tokens.of(r.Slot)
	for item := int64(0); item != r.Items; item++ {
		over := c.Rank() == 0 && r.up()
		met := uint64(item)
		for far := 1; far < c.Size(); far *= 2 {
			if met, over, err = meet(c, token, far, item, over); err != nil {
				return items, sum, err
			}
		}
		if c.Rank() == 0 {
			items++
			sum += mix(item, met)
		}
		if over {
			break
		}
	}
	return items, sum, nil
}

// meet is one round of a barrier. It returns the item's number as the other
// worker has it.
func meet(c link.Comm, token []byte, far int, item int64, over bool) (met uint64, ends bool, err error) {
	mark := uint64(item) << 1
	if over {
		mark |= 1
	}
	binary.LittleEndian.PutUint64(token, mark)
	if err := c.Send((c.Rank()+far)%c.Size(), token); err != nil {
		return 0, false, err
	}
	if _, err := c.Recv((c.Rank()-far+c.Size())%c.Size(), token); err != nil {
		return 0, false, err
	}
	mark = binary.LittleEndian.Uint64(token)
	if met = mark >> 1; met != uint64(item) {
		return met, false, fmt.Errorf("barrier %d met a worker in barrier %d", item, met)
	}
	return met, over || mark&1 != 0, nil
}
