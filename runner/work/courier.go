package work

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"forklore/runner/link"
)

// courier carries the data of one rank, and measures what that takes. Its ways of
// talking are made for links that hold nothing: whoever sends waits until the
// other receives.
type courier struct {
	comm link.Comm
	most int     // bytes of the longest message
	note [8]byte // the message of one word

	moved                                 int64
	deliverTime, exchangeTime, gatherTime time.Duration
}

// couriers are those of the ranks of a process.
type couriers struct {
	slots[courier]
	name     string
	workers  int
	measures []string
}

func newCouriers(name string, ps Params, env Env, measures []Measure) couriers {
	cs := couriers{name: name, workers: env.Workers, slots: newSlots[courier](env)}
	for slot := range cs.slots {
		cs.of(slot).most = int(ps.Bytes("message")) / 8 * 8
	}
	for _, m := range measures {
		cs.measures = append(cs.measures, m.Name)
	}
	return cs
}

// Measure implements [Measurer].
func (cs couriers) Measure(slot int) Readings {
	c := cs.of(slot)
	values := map[string]float64{
		"moved_B":    float64(c.moved),
		"deliver_s":  c.deliverTime.Seconds(),
		"exchange_s": c.exchangeTime.Seconds(),
		"gather_s":   c.gatherTime.Seconds(),
	}
	for name := range values {
		if !slices.Contains(cs.measures, name) {
			delete(values, name)
		}
	}
	c.moved, c.deliverTime, c.exchangeTime, c.gatherTime = 0, 0, 0, 0
	return Readings{Values: values}
}

// spent adds the time since start to total.
func spent(total *time.Duration, start time.Time) { *total += time.Since(start) }

// Words of the announcement that begins a job.
const (
	jobsEnd = iota
	jobBegins
)

// jobs does the round's jobs one after the other: all ranks begin one when rank 0
// says so, and rank 0 says so when it has the result of the job before. The jobs
// and their results are rank 0's, the other ranks have none.
func (cs couriers) jobs(ctx context.Context, comm link.Comm, r Round, do func(c *courier) (result uint64, err error)) (items int64, sum uint64, err error) {
	c := cs.of(r.Slot)
	c.comm = comm
	if comm.Size() != cs.workers {
		return 0, 0, fmt.Errorf("%s: set up for %d workers, and run by %d", cs.name, cs.workers, comm.Size())
	}
	for job := int64(0); ; job++ {
		more, err := c.announce(ctx, r, job)
		if err != nil {
			return items, sum, fmt.Errorf("%s: begin job %d: %w", cs.name, job, err)
		}
		if !more {
			return items, sum, nil
		}
		result, err := do(c)
		if err != nil {
			return items, sum, fmt.Errorf("%s: rank %d, job %d: %w", cs.name, comm.Rank(), job, err)
		}
		if comm.Rank() == 0 {
			items++
			sum += mix(job, result)
		}
	}
}

// announce tells all ranks whether there is another job. Rank 0 decides.
func (c *courier) announce(ctx context.Context, r Round, job int64) (more bool, err error) {
	word := uint64(jobBegins)
	if c.comm.Rank() == 0 && (job == r.Items || ctx.Err() != nil || r.Over != nil && r.Over()) {
		word = jobsEnd
	}
	err = c.spread(
		func(parent int) (err error) { word, err = c.hear(parent); return err },
		func(child int) error { return c.tell(child, word) })
	switch {
	case err != nil || word == jobBegins:
		return true, err
	case r.Items == Endless || job == r.Items:
		return false, nil
	case ctx.Err() != nil:
		return false, ctx.Err()
	}
	return false, errors.New("rank 0 gave up")
}

// tell sends a word.
func (c *courier) tell(to int, word uint64) error {
	for i := range c.note {
		c.note[i] = byte(word >> (8 * i))
	}
	c.moved += int64(len(c.note))
	return c.comm.Send(to, c.note[:])
}

// hear receives a word.
func (c *courier) hear(from int) (word uint64, err error) {
	n, err := c.comm.Recv(from, c.note[:])
	if err == nil && n != len(c.note) {
		err = fmt.Errorf("rank %d sent %d bytes, want one word of %d", from, n, len(c.note))
	}
	for i, b := range c.note {
		word |= uint64(b) << (8 * i)
	}
	return word, err
}

// signal sends a word that says nothing but that it has come.
func (c *courier) signal(to int) error { return c.tell(to, 0) }

func (c *courier) await(from int) error {
	_, err := c.hear(from)
	return err
}

// send sends words, in as many messages as they take.
func (c *courier) send(to int, words []uint64) error {
	for data := viewAs[byte](words); len(data) > 0; {
		n := min(len(data), c.most)
		if err := c.comm.Send(to, data[:n]); err != nil {
			return err
		}
		c.moved += int64(n)
		data = data[n:]
	}
	return nil
}

// receive fills words with what from sends.
func (c *courier) receive(from int, words []uint64) error {
	for data := viewAs[byte](words); len(data) > 0; {
		want := min(len(data), c.most)
		n, err := c.comm.Recv(from, data[:want])
		if err == nil && n != want {
			err = fmt.Errorf("rank %d sent a message of %d bytes, want %d", from, n, want)
		}
		if err != nil {
			return err
		}
		data = data[n:]
	}
	return nil
}

// sendCounted sends words to a rank that does not know how many they are.
func (c *courier) sendCounted(to int, words []uint64) error {
	if err := c.tell(to, uint64(len(words))); err != nil {
		return err
	}
	return c.send(to, words)
}

// receiveCounted returns what sendCounted sent, in the front of room; nothing after
// an error.
func (c *courier) receiveCounted(from int, room []uint64) ([]uint64, error) {
	n, err := c.hear(from)
	if err != nil {
		return nil, err
	}
	if n > uint64(len(room)) {
		return nil, fmt.Errorf("rank %d sends %d words, and there is room for %d", from, n, len(room))
	}
	if err := c.receive(from, room[:n]); err != nil {
		return nil, err
	}
	return room[:n], nil
}
