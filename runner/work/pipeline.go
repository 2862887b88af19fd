package work

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"

	"forklore/runner/link"
)

func init() { describe("pipeline", pipelineKind) }

func pipelineKind() Kind {
	return Kind{
		Name:    "pipeline",
		Summary: "items pass through all workers, each of which does its share of the work on them",
		Doc: `Definition: an item is a number that goes through so many steps of SplitMix64's
finaliser, whatever the number of workers: the workers form a line, and each
does an equal share of the steps and sends the number on in a message of size
bytes, with the item's number and whether it is the last; the rest of the
message goes through unchanged, and the last one of a round is compared whole.
The last worker counts the items; the number that comes out is an item's result.
One worker does all steps and sends nothing.
Source: pipeline parallelism (Pike, Go Concurrency Patterns, 2012; PARSEC's
dedup and ferret). Tested against the steps done in a loop and the messages that
a recording link saw.
Unit: items that came out; bytes are those of one message, not of all stages.
Stresses: how well stages overlap: with steps that outweigh a message all
workers are busy; with few the link decides.
Does not say: what stages of unequal length do.`,
		Item: "one item through all stages",
		Params: []Param{
			{Name: "steps", Type: "int", Default: "20000", Min: 0, Max: 1e8, Doc: "steps done on an item by all workers together"},
			{Name: "size", Type: "bytes", Default: "64", Min: 16, Max: 1 << 20, Doc: "bytes of a message"},
			linkParam("pipe"),
		},
		ItemByte: func(ps Params) int64 { return ps.Bytes("size") },
		Peer:     newPipeline,
		Links: func(ps Params, workers int) link.Plan {
			p := link.Plan{Link: ps.String("link"), Max: int(ps.Bytes("size")), Fixed: true}
			for r := range workers - 1 {
				p.Pairs = append(p.Pairs, link.Pair{From: r, To: r + 1})
			}
			return p
		},
		Refuse: refuseAcross,
	}
}

type pipeline struct {
	rank        int
	steps, size int64
	buffers     slots[[]byte]
}

func newPipeline(ps Params, env Env) (Peer, error) {
	return &pipeline{rank: env.Rank, steps: ps.Int("steps"), size: ps.Bytes("size"), buffers: newSlots[[]byte](env)}, nil
}

func (k *pipeline) Prepare(_ context.Context, slot int) error {
	buffer := k.buffers.of(slot)
	*buffer = vacant(int(k.size))
	if k.rank+slot == 0 {
		*buffer = blank(int(k.size)) // all stages pass its end on
	}
	return nil
}

func (k *pipeline) Run(_ context.Context, c link.Comm, r Round) (items int64, sum uint64, err error) {
	message := *k.buffers.of(r.Slot)
	_, _, steps := Round{Items: k.steps}.dealt(c.Rank(), c.Size())
	final := c.Rank() == c.Size()-1
	for item := int64(0); item != r.Items; item++ {
		number, last := uint64(item), item == r.Items-1
		if c.Rank() > 0 {
			number, last, err = takeStage(c, message, item)
		} else if r.up() {
			last = true
		}
		if err != nil {
			return items, sum, err
		}
		for range steps {
			number = scramble(number)
		}
		if final {
			items++
			sum += mix(item, number)
		} else if err := passStage(c, message, item, number, last); err != nil {
			return items, sum, err
		}
		if last && final && !bytes.Equal(message[stageHead:], blank(len(message))[stageHead:]) {
			return items, sum, fmt.Errorf("a message of %d bytes came out with other bytes than it went in with", len(message))
		}
		if last {
			break
		}
	}
	return items, sum, nil
}

// stageHead is what stands at the start of a message: the number, the item and
// whether it is the last.
const stageHead = 16

// passStage sends a number on, in the first eight bytes of the message; the
// next eight hold the item and whether it is the last.
func passStage(c link.Comm, message []byte, item int64, number uint64, last bool) error {
	binary.LittleEndian.PutUint64(message, number)
	mark := uint64(item) << 1
	if last {
		mark |= 1
	}
	binary.LittleEndian.PutUint64(message[8:], mark)
	return c.Send(c.Rank()+1, message)
}

// takeStage receives what the stage before has done.
func takeStage(c link.Comm, message []byte, item int64) (number uint64, last bool, err error) {
	if _, err := c.Recv(c.Rank()-1, message); err != nil {
		return 0, false, err
	}
	mark := binary.LittleEndian.Uint64(message[8:])
	if got := int64(mark >> 1); got != item {
		return 0, false, fmt.Errorf("item %d came where item %d was due", got, item)
	}
	return binary.LittleEndian.Uint64(message), mark&1 != 0, nil
}
