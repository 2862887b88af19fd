package work

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"forklore/runner/link"
)

// input is what the ranks of a job have to work on: units of equal length, of
// which each rank has an equal range. It is made during setup, and is the same
// in every job; what a job takes is to come by it.
type input struct {
	name     string
	delivery string
	env      Env
	units    int64
	unit     int64                            // words of a unit
	fill     func(unit int64, words []uint64) // sets the words of a unit

	whole  []uint64 // where the delivery is link, rank 0 alone has it
	common *commons
	files  slots[*os.File]
}

// newInput places the input in memory. In common memory it is what comes first.
func newInput(in input, ps Params, env Env, memory *commons) *input {
	in.delivery, in.env, in.common = deliveryIn(ps, env), env, memory
	in.whole = memory.one(in.words())
	if in.delivery == byLink && env.Rank == 0 {
		in.whole = make([]uint64, in.words())
	}
	in.files = newSlots[*os.File](env)
	return &in
}

func (in *input) words() int64 { return in.units * in.unit }

// inputPairs are the pairs that the delivery needs, in whichever layout.
func inputPairs(ps Params, workers int) []link.Pair {
	var pairs []link.Pair
	sent := []string{byLink, byNative}
	for rank := 1; rank < workers && slices.Contains(sent, ps.String("delivery")); rank++ {
		pairs = append(pairs, link.Pair{From: 0, To: rank})
	}
	return pairs
}

// part returns the range of words that a rank works on.
func (in *input) part(rank int) (lo, hi int64) {
	lo, hi = portion(in.units, in.env.Workers, rank)
	return lo * in.unit, hi * in.unit
}

// copied tells whether fetch copies a rank's part into its buffer, instead of
// showing it where it lies.
func (in *input) copied(rank int) bool {
	return in.delivery == byShard || in.delivery == byLink && rank > 0
}

// buffer makes the buffer that a rank fetches into, touched here before the gate.
func (in *input) buffer(rank int) []uint64 {
	if !in.copied(rank) {
		return nil
	}
	lo, hi := in.part(rank)
	buffer := make([]uint64, hi-lo)
	for i := range buffer {
		buffer[i] = 1
	}
	return buffer
}

// prepare makes the input, as far as it is this slot's to make. It comes last of what the
// slot prepares.
func (in *input) prepare(ctx context.Context, slot int) error {
	rank := in.env.Rank + slot
	first, end := portion(in.units, in.env.Workers, rank)
	switch in.delivery {
	case byShard:
		return in.writeShard(slot, first, end)
	case byLink:
		if rank == 0 {
			in.make(0, in.units, in.whole)
		}
	default:
		in.make(first, end, in.whole[first*in.unit:])
	}
	return in.common.settle(ctx, slot)
}

// make sets the units [first, end) in words.
func (in *input) make(first, end int64, words []uint64) {
	for unit := first; unit < end; unit++ {
		at := (unit - first) * in.unit
		in.fill(unit, words[at:at+in.unit])
	}
}

func (in *input) writeShard(slot int, first, end int64) error {
	part := make([]uint64, (end-first)*in.unit)
	in.make(first, end, part)
	path := filepath.Join(in.env.Dir, fmt.Sprintf("%s-shard-%d", in.name, in.env.Rank+slot))
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("%s: make the worker's shard: %w", in.name, inFolder(err))
	}
	*in.files.of(slot) = file
	_, err = file.Write(viewAs[byte](part))
	if err != nil {
		return fmt.Errorf("%s: write a shard of %d bytes: %w", in.name, 8*len(part), err)
	}
	return nil
}

// fetch returns the rank's part of the input: in buffer if it had to be copied,
// else where it lies, not to be written to.
func (in *input) fetch(c *courier, slot int, buffer []uint64) ([]uint64, error) {
	defer spent(&c.deliverTime, time.Now())
	rank := in.env.Rank + slot
	lo, hi := in.part(rank)
	var err error
	switch {
	case in.delivery == byShard:
		err = in.readShard(c, slot, buffer[:hi-lo])
	case in.copied(rank):
		err = c.receive(0, buffer[:hi-lo])
	case in.delivery == byLink:
		return in.whole[lo:hi], in.scatter(c)
	default:
		return in.whole[lo:hi], nil
	}
	if err != nil {
		return nil, fmt.Errorf("come by the input: %w", err)
	}
	return buffer[:hi-lo], nil
}

func (in *input) readShard(c *courier, slot int, buffer []uint64) error {
	n, err := (*in.files.of(slot)).ReadAt(viewAs[byte](buffer), 0)
	c.moved += int64(n)
	return err
}

// scatter sends every other rank its part.
func (in *input) scatter(c *courier) error {
	for rank := 1; rank < in.env.Workers; rank++ {
		lo, hi := in.part(rank)
		if err := c.send(rank, in.whole[lo:hi]); err != nil {
			return fmt.Errorf("send rank %d its input: %w", rank, err)
		}
	}
	return nil
}

// Close removes the shards.
func (in *input) Close() error {
	var faults []error
	for slot := range in.files {
		if file := in.files.of(slot); *file != nil {
			faults = append(faults, (*file).Close(), os.Remove((*file).Name()))
			*file = nil
		}
	}
	return errors.Join(faults...)
}
