package link

import "fmt"

// sender is the near end of a one-way channel. The message's length has been
// checked.
type sender interface {
	send(message []byte) error
}

// receiver is the far end. A message longer than buffer is an error.
type receiver interface {
	recv(buffer []byte) (n int, err error)
}

// comm finds the channel to a rank and checks lengths, the same for every link.
type comm struct {
	rank, size, max int
	fixed           bool
	outs            peers[sender]
	ins             peers[receiver]

	sending, receiving pace // one each: two goroutines may use a Comm
	_                  apart
}

// apart ends what one worker writes for each message. Such things lie side by side in the heap
// that workers of one process share, and in as many heaps as there are worker
// processes: without room between them the models with one process alone would pay
// for cache lines that move between cores, 13 % of a round trip through shm.
type apart [128]byte

// spaced returns n bytes that end in the same way.
func spaced(n int) []byte { return make([]byte, n, n+len(apart{})) }

func newComm(p Plan, rank, ranks int) *comm {
	return &comm{rank: rank, size: ranks, max: p.Max, fixed: p.Fixed}
}

func (c *comm) Rank() int { return c.rank }
func (c *comm) Size() int { return c.size }

func (c *comm) Send(to int, message []byte) error {
	out := c.outs.of(to)
	if n := len(message); out == nil || n == 0 || n > c.max || c.fixed && n != c.max {
		return c.refuse(to, len(message))
	}
	if err := out.send(message); err != nil {
		return fmt.Errorf("send %d bytes from rank %d to %d: %w", len(message), c.rank, to, err)
	}
	c.sending.step()
	return nil
}

// refuse says what is wrong with a message of n bytes to a rank.
func (c *comm) refuse(to, n int) error {
	allowed := fmt.Sprintf("1 to %d", c.max)
	if c.fixed {
		allowed = fmt.Sprintf("%d", c.max)
	}
	if c.outs.of(to) == nil {
		return fmt.Errorf("send from rank %d to %d: the plan has no such channel", c.rank, to)
	}
	return fmt.Errorf("send from rank %d to %d: the message has %d bytes; the plan allows %s", c.rank, to, n, allowed)
}

func (c *comm) Recv(from int, buffer []byte) (int, error) {
	in := c.ins.of(from)
	if in == nil {
		return 0, fmt.Errorf("receive at rank %d from %d: the plan has no such channel", c.rank, from)
	}
	n, err := in.recv(buffer)
	if err != nil {
		return n, fmt.Errorf("receive at rank %d from %d: %w", c.rank, from, err)
	}
	c.receiving.step()
	return n, nil
}

// peers holds a rank's channels by the rank at their other end. It spans only
// the ranks between the lowest and the highest: of a thousand workers in a ring
// each has one.
type peers[T any] struct {
	base int
	list []T
}

// of returns the channel of a rank, or the zero value where there is none.
func (p *peers[T]) of(rank int) (channel T) {
	if i := rank - p.base; i >= 0 && i < len(p.list) {
		return p.list[i]
	}
	return channel
}

func (p *peers[T]) set(rank int, channel T) {
	if len(p.list) == 0 {
		p.base = rank
	}
	if rank < p.base {
		p.list = append(make([]T, p.base-rank), p.list...)
		p.base = rank
	}
	for rank-p.base >= len(p.list) {
		var none T
		p.list = append(p.list, none)
	}
	p.list[rank-p.base] = channel
}

// tooLong is the error of a receiver whose buffer is too short.
func tooLong(message, buffer int) error {
	return fmt.Errorf("the message has %d bytes, the buffer %d", message, buffer)
}
