package work

import (
	"context"
	"slices"
	"time"

	"forklore/runner/link"
)

func init() { describe("pingpong", pingpongKind) }

func pingpongKind() Kind {
	return Kind{
		Name:    "pingpong",
		Summary: "two workers pass a message to and fro: the latency of a link",
		Doc: `Definition: workers 2p and 2p+1 are a pair. An item is one round trip: the even
one sends a message of size bytes, the odd one receives it and sends one of the
same size back, the even one receives that. Items are dealt to the pairs in
equal ranges. A message holds a word made from the item's number at its start,
in each page and at its end; the reply holds words made from those of the
message. Both are checked, and the last message of a round whole. The lowest bit
of a message's first byte says that it is the last. With another encoding than
raw the message is a struct of an item's number and size bytes, which each side
encodes and decodes: binary as eight bytes, a length and the bytes, as code made
from a schema does; gob with Go's encoding/gob, one encoder for all messages;
json with Go's encoding/json, the bytes in base64. Every
16th round trip is timed by two readings of the clock.
Source: ping-pong latency as in lmbench's lat_pipe and lat_unix (McVoy and
Staelin, USENIX 1996) and OSU Micro-Benchmarks' osu_latency; tested against the
number of messages that a recording link saw and against a program in C with the
same calls.
Unit: round trips, two messages each; bytes are those of both messages before
they are encoded.
Stresses: wakeups and context switches; with long messages copying.
Does not say: what a link carries when many messages are under way (see stream).
To link gob and json adds 0.3 ms to the start of every process: with them the
trial is run by trialhost-heavy, in all models, so compare the time of round
trips across encodings, not spawn_s.`,
		Item: "one round trip",
		Params: []Param{
			{Name: "size", Type: "bytes", Default: "64", Min: 1, Max: 1 << 20, Doc: "bytes of a message"},
			linkParam("pipe"),
			{Name: "encoding", Type: "choice", Default: "raw", Choices: []string{"raw", "binary", "gob", "json"}, Doc: "how a message becomes bytes"},
		},
		ItemByte: func(ps Params) int64 { return 2 * ps.Bytes("size") },
		ItemOps:  func(Params) int64 { return 2 },
		Measures: []Measure{{Name: "rtt_s", Title: "round trip", Unit: "s", Doc: "every 16th round trip, from before it is sent until it has been read back", Less: true, Hist: true}},
		Peer:     newPingpong,
		Links: func(ps Params, workers int) link.Plan {
			encoding := ps.String("encoding")
			return link.Plan{Link: ps.String("link"), Pairs: twoByTwo(workers), Max: envelopeLen(encoding, ps.Bytes("size")), Fixed: encoding == "raw"}
		},
		Refuse: refusePairs,
		Heavy:  func(ps Params) bool { return slices.Contains(heavyEncodings, ps.String("encoding")) },
	}
}

// rttEvery is how many round trips there are to one that is timed: two readings
// of the clock take some 80 ns, which is 2 % of a round trip over shared
// memory.
const rttEvery = 16

type pingpong struct {
	rank     int
	size     int64
	encoding string
	players  slots[player]
}

// player is one worker's half of a pair.
type player struct {
	*mail
	encoded *encodedMail // nil for raw bytes
	rtt     [2]*Histogram
	now     int // which of rtt is being filled
}

func newPingpong(ps Params, env Env) (Peer, error) {
	return &pingpong{rank: env.Rank, size: ps.Bytes("size"), encoding: ps.String("encoding"), players: newSlots[player](env)}, nil
}

func (k *pingpong) Prepare(_ context.Context, slot int) error {
	p := k.players.of(slot)
	var err error
	if p.encoded, err = newEncodedMail(k.encoding, k.size); err != nil {
		return err
	}
	if p.encoded != nil {
		p.mail = &p.encoded.mail
	} else {
		p.mail = newMail(k.size)
	}
	if (k.rank+slot)%2 == 0 {
		p.rtt = [2]*Histogram{NewHistogram(), NewHistogram()}
	}
	return nil
}

// Measure hands one histogram out and goes on with the other.
func (k *pingpong) Measure(slot int) Readings {
	p := k.players.of(slot)
	if p.rtt[0] == nil {
		return Readings{}
	}
	full := p.rtt[p.now]
	p.now = 1 - p.now
	p.rtt[p.now].Reset()
	return Readings{Hists: map[string]*Histogram{"rtt_s": full}}
}

func (k *pingpong) Run(_ context.Context, c link.Comm, r Round) (items int64, sum uint64, err error) {
	p := k.players.of(r.Slot)
	if c.Rank()%2 == 0 {
		return p.serve(c, r)
	}
	return 0, 0, p.answer(c, r)
}

// serve is the even worker's part: it begins each round trip and counts it.
func (p *player) serve(c link.Comm, r Round) (items int64, sum uint64, err error) {
	peer := c.Rank() + 1
	first, step, count := r.dealt(c.Rank()/2, c.Size()/2)
	for n := range count {
		item := first + n*step
		last := n == count-1 || r.up()
		reply := seal(p.out, uint64(item), last)
		begin, timed := time.Time{}, n%rttEvery == rttEvery-1
		if timed {
			begin = time.Now()
		}
		if err := p.send(c, peer, item); err != nil {
			return items, sum, err
		}
		if err := p.recv(c, peer, item); err != nil {
			return items, sum, err
		}
		if timed {
			p.rtt[p.now].Record(time.Since(begin))
		}
		got, _ := unseal(p.in)
		if want := sealSum(reply, len(p.in)); got != want {
			return items, sum, badSeal(item, got, want)
		}
		items++
		sum += mix(item, got)
		if last {
			return items, sum, p.check(reply, last)
		}
	}
	return items, sum, nil
}

// answer is the odd worker's part.
func (p *player) answer(c link.Comm, r Round) error {
	peer := c.Rank() - 1
	first, step, count := r.dealt(c.Rank()/2, c.Size()/2)
	for n := range count {
		item := first + n*step
		if err := p.recv(c, peer, item); err != nil {
			return err
		}
		got, last := unseal(p.in)
		if last {
			if err := p.check(uint64(item), last); err != nil {
				return err
			}
		}
		seal(p.out, got, last)
		if err := p.send(c, peer, item); err != nil || last {
			return err
		}
	}
	return nil
}

func (p *player) send(c link.Comm, to int, item int64) error {
	if p.encoded != nil {
		return p.encoded.send(c, to, item)
	}
	return c.Send(to, p.out)
}

func (p *player) recv(c link.Comm, from int, item int64) error {
	if p.encoded != nil {
		return p.encoded.recv(c, from, item)
	}
	_, err := c.Recv(from, p.in)
	return err
}
