package work

import (
	"context"
	"fmt"
	"math"

	"forklore/runner/link"
)

func init() { describe("fanout", fanoutKind) }

func fanoutKind() Kind {
	return Kind{
		Name:    "fanout",
		Summary: "groups of senders, each of which sends to every receiver of its group: scheduler load",
		Doc: `Definition: the workers form groups of equal size; in each the first half send
and the second half receive, and every sender has a channel to every receiver.
An item is one message of size bytes. A sender goes round its receivers, one
message each; a receiver goes round its senders. Item i belongs to channel i
modulo the number of all channels. A message holds words made from the item's
number (see stream), which the receiver checks; the last one of each channel is
compared whole, and the lowest bit of its first byte says that it is the last.
Source: hackbench (Molnar and Russell; perf bench sched messaging), whose
defaults are groups of 20 senders and 20 receivers and messages of 100 bytes
over sockets. There a receiver reads one descriptor that all its senders share;
here each pair has its own channel, so that no message waits in the wrong
worker. Tested against the messages that a recording link saw.
Unit: messages, and bytes.
Stresses: the scheduler with many workers that wake each other; locks in links.
Does not say: how long a message waits.`,
		Item: "one message received",
		Params: []Param{
			{Name: "size", Type: "bytes", Default: "100", Min: 1, Max: 1 << 20, Doc: "bytes of a message"},
			{Name: "groups", Type: "int", Default: "1", Min: 1, Max: 1024, Doc: "groups that the workers form"},
			linkParam("socketpair"),
		},
		ItemByte: func(ps Params) int64 { return ps.Bytes("size") },
		Peer:     newFanout,
		Links: func(ps Params, workers int) link.Plan {
			p := link.Plan{Link: ps.String("link"), Max: int(ps.Bytes("size")), Fixed: true}
			half := workers / int(2*ps.Int("groups"))
			if half == 0 {
				return p // refused
			}
			for from := range workers {
				if from/half%2 != 0 {
					continue
				}
				first := (from/half + 1) * half
				for to := first; to < first+half; to++ {
					p.Pairs = append(p.Pairs, link.Pair{From: from, To: to})
				}
			}
			return p
		},
		Refuse: func(ps Params, l Layout) string {
			if groups := ps.Int("groups"); int64(l.Workers)%(2*groups) != 0 {
				return fmt.Sprintf("%d workers do not make %d groups with as many senders as receivers; a multiple of %d is needed", l.Workers, groups, 2*groups)
			}
			return refuseAcross(ps, l)
		},
	}
}

type fanout struct {
	size, groups int64
	half         int // senders of a group
	mails        slots[*mail]
	ended        slots[[]bool] // of a receiver: which of its senders have sent their last
}

func newFanout(ps Params, env Env) (Peer, error) {
	half := env.Workers / int(2*ps.Int("groups"))
	return &fanout{size: ps.Bytes("size"), groups: ps.Int("groups"), half: half, mails: newSlots[*mail](env), ended: newSlots[[]bool](env)}, nil
}

func (k *fanout) Prepare(_ context.Context, slot int) error {
	*k.mails.of(slot), *k.ended.of(slot) = newMail(k.size), apart[bool](k.half)
	return nil
}

// seat is where a worker stands: in which group, and which of its senders or
// receivers it is.
type seat struct {
	half, group, own int
	sends            bool
	channels         int64 // of all groups
}

func (k *fanout) seat(c link.Comm) seat {
	side := c.Rank() / k.half
	return seat{half: k.half, group: side / 2, own: c.Rank() % k.half, sends: side%2 == 0, channels: k.groups * int64(k.half*k.half)}
}

// peer returns the rank of another worker of the group, on the other side.
func (s seat) peer(other int) int {
	if s.sends {
		return (2*s.group+1)*s.half + other
	}
	return 2*s.group*s.half + other
}

// channel returns the number of the channel to or from another worker.
func (s seat) channel(other int) int64 {
	sender, receiver := s.own, other
	if !s.sends {
		sender, receiver = other, s.own
	}
	return int64(s.group*s.half*s.half + sender*s.half + receiver)
}

// messages returns how many of a round's items go through a channel.
func (s seat) messages(r Round, channel int64) int64 {
	if r.Items == Endless {
		return math.MaxInt64
	}
	return (r.Items - channel + s.channels - 1) / s.channels
}

func (k *fanout) Run(_ context.Context, c link.Comm, r Round) (items int64, sum uint64, err error) {
	m, s := *k.mails.of(r.Slot), k.seat(c)
	if s.sends {
		return 0, 0, m.scatter(c, r, s)
	}
	ended := *k.ended.of(r.Slot)
	clear(ended)
	return m.collect(c, r, s, ended)
}

// scatter sends to each receiver in turn.
func (m *mail) scatter(c link.Comm, r Round, s seat) error {
	for lap := int64(0); ; lap++ {
		over, idle := r.up(), true
		for other := range s.half {
			channel := s.channel(other)
			count := s.messages(r, channel)
			if lap >= count {
				continue
			}
			idle = false
			seal(m.out, uint64(channel+lap*s.channels), over || lap == count-1)
			if err := c.Send(s.peer(other), m.out); err != nil {
				return err
			}
		}
		if over || idle {
			return nil
		}
	}
}

// collect receives from each sender in turn until all have ended.
func (m *mail) collect(c link.Comm, r Round, s seat, ended []bool) (items int64, sum uint64, err error) {
	for lap := int64(0); ; lap++ {
		idle := true
		for other := range s.half {
			channel := s.channel(other)
			if ended[other] || lap >= s.messages(r, channel) {
				continue
			}
			idle = false
			item := channel + lap*s.channels
			got, last, err := m.accept(c, s.peer(other), item)
			if err != nil {
				return items, sum, err
			}
			ended[other] = last
			items++
			sum += mix(item, got)
		}
		if idle {
			return items, sum, nil
		}
	}
}
