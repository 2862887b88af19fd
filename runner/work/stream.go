package work

import (
	"context"
	"fmt"

	"forklore/runner/link"
)

func init() { describe("stream", streamKind) }

func streamKind() Kind {
	return Kind{
		Name:    "stream",
		Summary: "one worker sends to another as fast as the link takes it: bandwidth",
		Doc: `Definition: workers 2p and 2p+1 are a pair. An item is one message of size bytes
from the even one to the odd one, which waits for nothing but room in the link.
Items are dealt to the pairs in equal ranges. A message holds a word made from
the item's number at its start, in each page and at its end, which the odd one
checks; the last message of a round is compared whole, and the odd one
acknowledges it with a message of the same size. The lowest bit of a message's
first byte says that it is the last.
Source: bandwidth as in lmbench's bw_pipe and bw_unix (McVoy and Staelin, USENIX
1996) and OSU Micro-Benchmarks' osu_bw with one window; tested against the
messages that a recording link saw.
Unit: messages, and bytes: each counted once, however often the link copies it.
Stresses: copying and what a message costs when its receiver is not waited for;
with short messages system calls.
Does not say: how long a message takes (see pingpong).`,
		Item: "one message received",
		Params: []Param{
			{Name: "size", Type: "bytes", Default: "65536", Min: 1, Max: 1 << 20, Doc: "bytes of a message"},
			linkParam("pipe"),
		},
		ItemByte: func(ps Params) int64 { return ps.Bytes("size") },
		Peer:     newStream,
		Links: func(ps Params, workers int) link.Plan {
			return link.Plan{Link: ps.String("link"), Pairs: twoByTwo(workers), Max: int(ps.Bytes("size")), Fixed: true}
		},
		Refuse: refusePairs,
	}
}

type stream struct {
	size  int64
	mails slots[*mail]
}

func newStream(ps Params, env Env) (Peer, error) {
	return &stream{size: ps.Bytes("size"), mails: newSlots[*mail](env)}, nil
}

func (k *stream) Prepare(_ context.Context, slot int) error {
	*k.mails.of(slot) = newMail(k.size)
	return nil
}

func (k *stream) Run(_ context.Context, c link.Comm, r Round) (items int64, sum uint64, err error) {
	m := *k.mails.of(r.Slot)
	if c.Rank()%2 == 0 {
		return 0, 0, m.pour(c, r)
	}
	return m.drain(c, r)
}

// pour sends a pair's items and waits for the acknowledgement.
func (m *mail) pour(c link.Comm, r Round) error {
	peer := c.Rank() + 1
	first, step, count := r.dealt(c.Rank()/2, c.Size()/2)
	var total uint64
	for n := range count {
		last := n == count-1 || r.up()
		total += seal(m.out, uint64(first+n*step), last)
		if err := c.Send(peer, m.out); err != nil {
			return err
		}
		if !last {
			continue
		}
		if _, err := c.Recv(peer, m.in); err != nil {
			return err
		}
		if err := m.check(total, true); err != nil {
			return fmt.Errorf("the acknowledgement of %d messages: %w", n+1, err)
		}
		return nil
	}
	return nil
}

// drain receives a pair's items, counts them and acknowledges them all.
func (m *mail) drain(c link.Comm, r Round) (items int64, sum uint64, err error) {
	peer := c.Rank() - 1
	first, step, count := r.dealt(c.Rank()/2, c.Size()/2)
	var total uint64
	for n := range count {
		item := first + n*step
		got, last, err := m.accept(c, peer, item)
		if err != nil {
			return items, sum, err
		}
		items++
		sum += mix(item, got)
		total += got
		if last {
			seal(m.out, total, true)
			return items, sum, c.Send(peer, m.out)
		}
	}
	return items, sum, nil
}
