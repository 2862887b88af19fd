package link

import (
	"errors"
	"fmt"
)

func init() {
	register(Kind{
		Name:    "channel",
		Summary: "Go channels, within one process only",
		Doc: `Definition: a buffered Go channel for each one-way channel. The message is
copied into one of the channel's buffers, the buffer is sent, and the receiver
copies it out. As many messages wait as fit into 64 KiB, at least 1 and at most
64.
Copies: two, as through a pipe: the sender keeps its buffer, the receiver has
its own.
System calls: none of its own. The Go scheduler parks and wakes goroutines; a
worker that is locked to its thread pays for a futex wakeup and a context switch
then.
Limits: memory: 66 KiB a channel, or three of the longest messages where those
are more. It does not cross processes.
Stresses: the Go scheduler.`,
		Open: openChannels,
		join: joinChannels,
	})
}

// channels is the fabric of all ranks in one process.
type channels struct {
	plan  Plan
	ranks int
	taken bool
}

func openChannels(p Plan, ranks int, _ string) (Fabric, error) {
	return &channels{plan: p, ranks: ranks}, nil
}

// Share works for a child that holds all ranks: it makes the channels itself.
// Where there are none, as for a single worker, it works for any.
func (c *channels) Share(lo, hi int) (Share, error) {
	if len(c.plan.Pairs) == 0 {
		return Share{}, nil
	}
	if lo > 0 || hi < c.ranks {
		return Share{}, fmt.Errorf("ranks %d to %d of %d are in a process of their own: Go channels work within one process; links between processes are pipe, socketpair and others", lo, hi-1, c.ranks)
	}
	return Share{}, c.take()
}

func (c *channels) take() error {
	if c.taken {
		return errors.New("the ranks were shared or joined before, or the fabric is closed")
	}
	c.taken = true
	return nil
}

func (c *channels) Join() (Joint, error) {
	if err := c.take(); err != nil {
		return nil, err
	}
	return joinChannels(c.plan, c.ranks, 0, c.ranks, Share{})
}

func (c *channels) Close() error {
	c.taken = true
	return nil
}

func joinChannels(p Plan, ranks, lo, hi int, _ Share) (Joint, error) {
	if len(p.Pairs) > 0 && (lo > 0 || hi < ranks) {
		return nil, errors.New("ranks of one process alone can use Go channels")
	}
	j := &joint{lo: lo}
	for rank := lo; rank < hi; rank++ {
		j.comms = append(j.comms, newComm(p, rank, ranks))
	}
	for _, c := range p.Pairs {
		ring := newGoChannel(p)
		j.comms[c.From].outs.set(c.To, ring)
		j.comms[c.To].ins.set(c.From, &goChannelEnd{ring.full})
	}
	return j, nil
}

// goChannel is the sender's end. Its buffers go round: when message i is copied
// in, depth messages may wait and one more may be on its way out to the
// receiver's buffer, so that depth+2 buffers are never one too few.
type goChannel struct {
	full    chan []byte
	buffers [][]byte
	next    int
	_       apart
}

func newGoChannel(p Plan) *goChannel {
	c := &goChannel{full: make(chan []byte, depth(p)), buffers: make([][]byte, depth(p)+2)}
	for i := range c.buffers {
		c.buffers[i] = touched(p.Max)
	}
	return c
}

// touched returns memory that is there: a page fault at first use would fall
// into measured time.
func touched(n int) []byte {
	memory := make([]byte, n)
	for i := range memory {
		memory[i] = 1
	}
	return memory
}

func (c *goChannel) send(message []byte) error {
	buffer := c.buffers[c.next]
	if c.next++; c.next == len(c.buffers) {
		c.next = 0
	}
	c.full <- buffer[:copy(buffer, message)]
	return nil
}

type goChannelEnd struct{ full chan []byte }

func (c *goChannelEnd) recv(buffer []byte) (int, error) {
	message := <-c.full
	if len(message) > len(buffer) {
		return 0, tooLong(len(message), len(buffer))
	}
	return copy(buffer, message), nil
}
