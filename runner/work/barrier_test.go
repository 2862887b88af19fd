package work

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync/atomic"
	"testing"

	"forklore/runner/link"
)

// witness is a link that notes when a worker enters and leaves barriers, by a
// clock that all workers share. A barrier takes so many rounds.
type witness struct {
	link.Comm
	clock         *atomic.Int64
	rounds        int
	sent, got     int
	enters, leave []int64 // by barrier
	random        *rand.Rand
}

func (w *witness) Send(to int, message []byte) error {
	for range w.random.IntN(3) {
		runtime.Gosched() // workers come at different times
	}
	if w.sent%w.rounds == 0 {
		w.enters = append(w.enters, w.clock.Add(1))
	}
	w.sent++
	return w.Comm.Send(to, message)
}

func (w *witness) Recv(from int, buffer []byte) (int, error) {
	n, err := w.Comm.Recv(from, buffer)
	if w.got++; w.got%w.rounds == 0 {
		w.leave = append(w.leave, w.clock.Add(1))
	}
	return n, err
}

// No worker leaves a barrier before all have entered it.
func TestBarrierHolds(t *testing.T) {
	kind, _ := Lookup("barrier")
	const items = 200
	for workers, rounds := range map[int]int{2: 1, 3: 2, 4: 2, 5: 3, 8: 3} {
		t.Run(fmt.Sprint(workers), func(t *testing.T) {
			w := newTalkers(t, kind, map[string]string{"link": "channel"}, workers)
			var clock atomic.Int64
			all := make([]*witness, workers)
			for rank := range all {
				all[rank] = &witness{Comm: w.comms[rank], clock: &clock, rounds: rounds, random: rand.New(rand.NewPCG(1, uint64(rank)))}
				w.comms[rank] = all[rank]
			}
			if n, _, err := w.run(Round{Items: items}); n != items || err != nil {
				t.Fatalf("%d items, %v", n, err)
			}
			for i := range items {
				lastIn, firstOut := int64(0), clock.Load()+1
				for _, one := range all {
					lastIn, firstOut = max(lastIn, one.enters[i]), min(firstOut, one.leave[i])
				}
				if firstOut < lastIn {
					t.Fatalf("barrier %d: a worker left at %d, another entered at %d", i, firstOut, lastIn)
				}
			}
		})
	}
}
