package work

import (
	"context"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"forklore/runner/link"
)

// rendezvous is a Comm that holds nothing: Send returns when the other receives.
// It knows no pairs but those of the plan, and no longer messages.
type rendezvous struct {
	ctx        context.Context // ends when a rank has failed, so that the others do not wait for it
	rank, size int
	most       int
	pairs      map[link.Pair]meeting
	sent       *atomic.Int64
}

// meeting is where a message is handed over: it is taken when it has been copied.
type meeting struct {
	message chan []byte
	taken   chan struct{}
}

func (v *rendezvous) Rank() int { return v.rank }
func (v *rendezvous) Size() int { return v.size }

func (v *rendezvous) Send(to int, message []byte) error {
	pair, planned := v.pairs[link.Pair{From: v.rank, To: to}]
	if !planned || len(message) > v.most || len(message) == 0 {
		return fmt.Errorf("rank %d sends %d bytes to %d: not as planned", v.rank, len(message), to)
	}
	v.sent.Add(int64(len(message)))
	select {
	case pair.message <- message:
		<-pair.taken
		return nil
	case <-v.ctx.Done():
		return v.ctx.Err()
	}
}

func (v *rendezvous) Recv(from int, buffer []byte) (int, error) {
	pair, planned := v.pairs[link.Pair{From: from, To: v.rank}]
	if !planned {
		return 0, fmt.Errorf("rank %d receives from %d: not as planned", v.rank, from)
	}
	select {
	case message := <-pair.message:
		defer func() { pair.taken <- struct{}{} }()
		if len(message) > len(buffer) {
			return 0, fmt.Errorf("rank %d sent %d bytes, and there is room for %d", from, len(message), len(buffer))
		}
		return copy(buffer, message), nil
	case <-v.ctx.Done():
		return 0, v.ctx.Err()
	}
}

// crewOfPeers is the workers of a trial, set up as in the processes of a layout.
type crewOfPeers struct {
	peers []Peer // by rank
	slots []int
	comms []link.Comm
	end   context.CancelFunc
	dir   string
	sent  atomic.Int64
}

func newCrewOfPeers(t testing.TB, kind Kind, raw map[string]string, layout []int) *crewOfPeers {
	t.Helper()
	ps, err := kind.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	env := Env{Dir: t.TempDir(), Processes: len(layout)}
	for _, slots := range layout {
		env.Workers += slots
	}
	if bytes := kind.Shared(ps, env.Workers); bytes > 0 {
		env.Shared = viewAs[byte](make([]uint64, bytes/8))
	}
	crew := &crewOfPeers{dir: env.Dir}
	for _, env.Slots = range layout {
		p, err := kind.Peer(ps, env)
		if err != nil {
			t.Fatalf("%s %v: %v", kind.Name, raw, err)
		}
		for slot := range env.Slots {
			crew.peers, crew.slots = append(crew.peers, p), append(crew.slots, slot)
		}
		env.Rank += env.Slots
	}
	crew.join(t, kind.Links(ps, env.Workers))
	crew.each(t, func(rank int) error { return crew.peers[rank].(Preparer).Prepare(t.Context(), crew.slots[rank]) })
	return crew
}

// join makes the pairs of a plan.
func (crew *crewOfPeers) join(t testing.TB, plan link.Plan) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	crew.end = cancel
	pairs := map[link.Pair]meeting{}
	for _, pair := range plan.Pairs {
		size := len(crew.peers)
		if pairs[pair].message != nil || pair.From == pair.To || min(pair.From, pair.To) < 0 || max(pair.From, pair.To) >= size {
			t.Fatalf("the plan for %d workers has a bad or a second pair %v", size, pair)
		}
		pairs[pair] = meeting{make(chan []byte), make(chan struct{})}
	}
	for rank := range crew.peers {
		crew.comms = append(crew.comms, &rendezvous{ctx: ctx, rank: rank, size: len(crew.peers), most: plan.Max, pairs: pairs, sent: &crew.sent})
	}
}

// each calls do for every rank at once and fails the test after an error.
func (crew *crewOfPeers) each(t testing.TB, do func(rank int) error) {
	t.Helper()
	var all sync.WaitGroup
	for rank := range crew.peers {
		all.Go(func() {
			if err := do(rank); err != nil {
				t.Error(err)
				crew.end()
			}
		})
	}
	all.Wait()
	if t.Failed() {
		t.FailNow()
	}
}

// run runs a round and adds up.
func (crew *crewOfPeers) run(t testing.TB, r Round) (items int64, sum uint64) {
	t.Helper()
	var done atomic.Int64
	var sums atomic.Uint64
	crew.each(t, func(rank int) error {
		r := r
		r.Slot = crew.slots[rank]
		n, s, err := crew.peers[rank].Run(t.Context(), crew.comms[rank], r)
		done.Add(n)
		sums.Add(s)
		return err
	})
	return done.Load(), sums.Load()
}

func (crew *crewOfPeers) close(t testing.TB) {
	t.Helper()
	for _, p := range crew.peers { // those of one process are closed several times
		if c, ok := p.(Closer); ok {
			if err := c.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		}
	}
	crew.end()
	if left, err := os.ReadDir(crew.dir); err != nil || len(left) > 0 {
		t.Errorf("left in the scratch folder: %v, %v", left, err)
	}
}

// sumOfJobs returns the checksum of one worker.
func sumOfJobs(t *testing.T, kind Kind, raw map[string]string, items int64) uint64 {
	t.Helper()
	crew := newCrewOfPeers(t, kind, raw, []int{1})
	defer crew.close(t)
	_, sum := crew.run(t, Round{Items: items})
	return sum
}
