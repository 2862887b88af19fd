package work

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"forklore/runner/link"
)

func init() {
	maps.Copy(cheap, map[string]map[string]string{
		"allreduce": {"size": "200"}, "barrier": {}, "fanout": {}, "pingpong": {},
		"pipeline": {"steps": "500"}, "ring": {"work": "1000"}, "stream": {"size": "5000"},
	})
}

// talking are the workloads of this file's contract, with numbers of workers
// that they take.
var talking = map[string][]int{
	"allreduce": {1, 2, 3, 4, 5, 7}, "barrier": {1, 2, 3, 4, 5, 7}, "fanout": {2, 4, 6},
	"pingpong": {2, 4, 6}, "pipeline": {1, 2, 3, 5}, "ring": {2, 3, 5}, "stream": {2, 4, 6},
}

func everyTalker(t *testing.T, test func(t *testing.T, kind Kind)) {
	for _, name := range slices.Sorted(maps.Keys(talking)) {
		kind, err := Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(name, func(t *testing.T) { test(t, kind) })
	}
}

// talkers are the workers of a trial with real links between them.
type talkers struct {
	peers  []Peer // by rank
	slots  []int
	comms  []link.Comm
	joints []link.Joint
	fabric link.Fabric
}

// newTalkers sets up the workers of a layout: so many in each process. Each of
// several processes takes up a share of the links, as a child process does. It
// skips the test where the system does not allow the link.
func newTalkers(t testing.TB, kind Kind, raw map[string]string, layout ...int) *talkers {
	t.Helper()
	ps, err := kind.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	env := Env{Processes: len(layout)}
	for _, slots := range layout {
		env.Workers += slots
	}
	model := "processes"
	if len(layout) == 1 {
		model = "threads"
	}
	if why := kind.Refuse(ps, Layout{Model: model, Workers: env.Workers, Processes: env.Processes}); why != "" {
		t.Skip(why)
	}
	plan := kind.Links(ps, env.Workers)
	w := &talkers{}
	if w.fabric, err = link.Open(plan, env.Workers, t.TempDir()); errors.As(err, &link.Unavailable{}) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.close(t) })
	for _, env.Slots = range layout {
		w.hire(t, kind, ps, env, plan)
		env.Rank += env.Slots
	}
	return w
}

// hire sets up the workers of one process.
func (w *talkers) hire(t testing.TB, kind Kind, ps Params, env Env, plan link.Plan) {
	t.Helper()
	p, err := kind.Peer(ps, env)
	if err != nil {
		t.Fatal(err)
	}
	var j link.Joint
	if env.Processes == 1 {
		j, err = w.fabric.Join()
	} else {
		var s link.Share
		if s, err = w.fabric.Share(env.Rank, env.Rank+env.Slots); err == nil {
			j, err = link.Join(plan, env.Workers, env.Rank, env.Rank+env.Slots, s)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	w.joints = append(w.joints, j)
	for slot := range env.Slots {
		w.peers, w.slots, w.comms = append(w.peers, p), append(w.slots, slot), append(w.comms, j.Comm(env.Rank+slot))
		if err := p.(Preparer).Prepare(t.Context(), slot); err != nil {
			t.Fatal(err)
		}
	}
}

func (w *talkers) close(t testing.TB) {
	for _, j := range w.joints {
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := w.fabric.Close(); err != nil {
		t.Error(err)
	}
}

// run runs a round and adds up. After the first error it does not wait for
// those who wait for the failed one.
func (w *talkers) run(r Round) (items int64, sum uint64, err error) {
	type part struct {
		items int64
		sum   uint64
		err   error
	}
	parts := make(chan part, len(w.peers))
	for rank, p := range w.peers {
		r := r
		r.Slot = w.slots[rank]
		go func() {
			n, s, err := p.Run(context.Background(), w.comms[rank], r)
			parts <- part{n, s, err}
		}()
	}
	limit := time.After(time.Minute)
	for range w.peers {
		select {
		case p := <-parts:
			items, sum = items+p.items, sum+p.sum
			if p.err != nil {
				return items, sum, p.err
			}
		case <-limit:
			return items, sum, errors.New("not all workers have ended after a minute")
		}
	}
	return items, sum, nil
}

// want runs a round and checks it.
func (w *talkers) want(t testing.TB, r Round, items int64, sum uint64) {
	t.Helper()
	if n, s, err := w.run(r); n != items || s != sum || err != nil {
		t.Fatalf("%d items, sum %x, %v; want %d and %x", n, s, err, items, sum)
	}
}

// sumOfTalk returns the checksum that every layout must have.
func sumOfTalk(t testing.TB, kind Kind, raw map[string]string, items int64) uint64 {
	t.Helper()
	n, sum, err := newTalkers(t, kind, raw, talking[kind.Name][0]).run(Round{Items: items})
	if n != items || err != nil {
		t.Fatalf("%d items of %d, %v", n, items, err)
	}
	return sum
}

// parted returns layouts of so many workers: in one process, in a process each,
// and two in a process.
func parted(workers int) [][]int {
	layouts := [][]int{{workers}}
	if workers > 1 {
		layouts = append(layouts, slices.Repeat([]int{1}, workers))
	}
	if workers > 2 {
		layouts = append(layouts, append(slices.Repeat([]int{2}, workers/2), slices.Repeat([]int{1}, workers%2)...))
	}
	return layouts
}

// Whatever the layout, a round has all of its items and one sum; and the next
// round finds the links empty.
func TestTalkersAgree(t *testing.T) {
	everyTalker(t, func(t *testing.T, kind Kind) {
		for _, raw := range []map[string]string{cheap[kind.Name], smallest(kind)} {
			sums := map[int64]uint64{}
			for _, items := range []int64{0, 1, 2, 7, 100} {
				sums[items] = sumOfTalk(t, kind, raw, items)
			}
			if sums[0] != 0 || sums[1] == sums[2] {
				t.Errorf("%v: sums %v", raw, sums)
			}
			for _, workers := range talking[kind.Name] {
				for _, layout := range parted(workers) {
					t.Run(fmt.Sprint(raw, layout), func(t *testing.T) {
						w := newTalkers(t, kind, raw, layout...)
						for items, sum := range sums {
							w.want(t, Round{Items: items}, items, sum)
						}
					})
				}
			}
		}
	})
}

func TestTalkersOverEveryLink(t *testing.T) {
	everyTalker(t, func(t *testing.T, kind Kind) {
		raw := maps.Clone(cheap[kind.Name])
		sum := sumOfTalk(t, kind, raw, 50)
		if _, err := kind.Parse(map[string]string{"link": "pipe"}); err != nil {
			t.Skip("has its own link")
		}
		for _, name := range link.Names() {
			raw["link"] = name
			for _, layout := range parted(4) {
				if k, _ := link.Lookup(name); len(layout) > 1 && !k.Across {
					continue
				}
				t.Run(fmt.Sprint(name, layout), func(t *testing.T) {
					newTalkers(t, kind, raw, layout...).want(t, Round{Items: 50}, 50, sum)
				})
			}
		}
	})
}

// Under fixed time all workers end together, with whole items, and leave no
// message behind.
func TestTalkersEndInTime(t *testing.T) {
	everyTalker(t, func(t *testing.T, kind Kind) {
		raw := cheap[kind.Name]
		sum := sumOfTalk(t, kind, raw, 30)
		for _, workers := range talking[kind.Name] {
			for _, layout := range parted(workers) {
				for _, looks := range []int64{1, 2, 50} {
					w := newTalkers(t, kind, raw, layout...)
					var looked atomic.Int64
					items, _, err := w.run(Round{Items: Endless, Over: func() bool { return looked.Add(1) > looks }})
					if items < 1 || err != nil {
						t.Errorf("%v, time up after %d looks: %d items, %v", layout, looks, items, err)
					}
					w.want(t, Round{Items: 30}, 30, sum)
				}
			}
		}
	})
}

// The time may be up before the first item.
func TestTalkersEndAtOnce(t *testing.T) {
	everyTalker(t, func(t *testing.T, kind Kind) {
		for _, workers := range talking[kind.Name] {
			w := newTalkers(t, kind, cheap[kind.Name], workers)
			items, _, err := w.run(Round{Items: Endless, Over: func() bool { return true }})
			if items > int64(workers*workers) || err != nil {
				t.Errorf("%d workers: %d items, %v", workers, items, err)
			}
		}
	})
}

func TestTalkersDoNotAllocate(t *testing.T) {
	everyTalker(t, func(t *testing.T, kind Kind) {
		w := newTalkers(t, kind, cheap[kind.Name], talking[kind.Name][1])
		var err error
		cost := func(items int64) float64 {
			return testing.AllocsPerRun(3, func() {
				_, _, fault := w.run(Round{Items: items})
				err = errors.Join(err, fault)
			})
		}
		few, many := cost(20), cost(1000)
		if many > few+20 || err != nil { // the runtime allocates a little when threads wait
			t.Errorf("%v allocations for 20 items and %v for 1000, %v", few, many, err)
		}
	})
}

// liar is a link that changes, drops or doubles one message.
type liar struct {
	link.Comm
	lie  string
	when int64 // which message of this rank
	sent atomic.Int64
}

func (l *liar) Send(to int, message []byte) error {
	if l.sent.Add(1) != l.when {
		return l.Comm.Send(to, message)
	}
	switch l.lie {
	case "changed":
		bad := slices.Clone(message)
		bad[len(bad)/2] ^= 4
		return l.Comm.Send(to, bad)
	case "dropped":
		return nil
	}
	return errors.Join(l.Comm.Send(to, message), l.Comm.Send(to, message))
}

// A message that a link changed, lost or doubled must not pass as a result: an
// error, another sum, or no end at all, which the trial's time limit meets.
func TestTalkersNoticeBadMessages(t *testing.T) {
	everyTalker(t, func(t *testing.T, kind Kind) {
		const items = 9
		raw := maps.Clone(cheap[kind.Name])
		raw["size"] = "16" // the seal covers every byte
		if kind.Name == "ring" || kind.Name == "barrier" {
			raw = nil
		}
		sum := sumOfTalk(t, kind, raw, items)
		for _, lie := range []string{"changed", "doubled"} {
			for rank := range 2 {
				w := newTalkers(t, kind, raw, 2)
				l := &liar{Comm: w.comms[rank], lie: lie, when: 3}
				w.comms[rank] = l
				n, got, err := w.run(Round{Items: items})
				if l.sent.Load() >= l.when && err == nil && n == items && got == sum {
					t.Errorf("%s message of rank %d: %d items, sum %x, no error", lie, rank, n, got)
				}
			}
		}
	})
}

// counter is a link that counts messages.
type counting struct {
	link.Comm
	sent *atomic.Int64
}

func (c *counting) Send(to int, message []byte) error {
	c.sent.Add(1)
	return c.Comm.Send(to, message)
}

// messages counts what a round of so many items sends.
func messages(t *testing.T, kind string, raw map[string]string, workers int, items int64) int64 {
	t.Helper()
	k, err := Lookup(kind)
	if err != nil {
		t.Fatal(err)
	}
	w := newTalkers(t, k, raw, workers)
	var sent atomic.Int64
	for i := range w.comms {
		w.comms[i] = &counting{w.comms[i], &sent}
	}
	if n, _, err := w.run(Round{Items: items}); n != items || err != nil {
		t.Fatalf("%s: %d items of %d, %v", kind, n, items, err)
	}
	return sent.Load()
}

// What the definitions say that an item sends.
func TestTalkersSendWhatTheyDefine(t *testing.T) {
	for _, c := range []struct {
		kind    string
		raw     map[string]string
		workers int
		want    int64 // for 20 items
	}{
		{"pingpong", nil, 2, 40},
		{"pingpong", nil, 4, 40},
		{"stream", nil, 4, 20 + 2},
		{"ring", nil, 5, 20 + 4},
		{"fanout", nil, 6, 20},
		{"pipeline", map[string]string{"steps": "10"}, 4, 3 * 20},
		{"barrier", nil, 4, 4 * 2 * 20},
		{"barrier", nil, 5, 5 * 3 * 20},
		{"allreduce", nil, 5, 5 * 2 * 4 * 20},
		{"allreduce", map[string]string{"algorithm": "doubling"}, 4, 4 * 2 * 20},
		{"allreduce", map[string]string{"algorithm": "doubling"}, 6, (4*2 + 2*2) * 20},
	} {
		if got := messages(t, c.kind, c.raw, c.workers, 20); got != c.want {
			t.Errorf("%s %v with %d workers: %d messages, want %d", c.kind, c.raw, c.workers, got, c.want)
		}
	}
}

func TestTalkersRefuse(t *testing.T) {
	for _, c := range []struct {
		kind   string
		raw    map[string]string
		layout Layout
		want   string
	}{
		{"pingpong", nil, Layout{Model: "sequential", Workers: 1, Processes: 1}, "one worker has nobody to talk to; give it workers: 2 or another even number"},
		{"stream", nil, Layout{Model: "threads", Workers: 3, Processes: 1}, "of 3 workers one has no partner; an even number of them is needed"},
		{"pingpong", map[string]string{"link": "channel"}, Layout{Model: "threads", Workers: 2, Processes: 1}, ""},
		{"pingpong", map[string]string{"link": "channel"}, Layout{Model: "processes", Workers: 2, Processes: 2}, "link channel is memory of one process, and this model has several; pipe is one that joins processes"},
		{"ring", nil, Layout{Model: "sequential", Workers: 1, Processes: 1}, "one worker has nobody to pass the token to; give it workers: 2 or more"},
		{"fanout", map[string]string{"groups": "2"}, Layout{Model: "threads", Workers: 6, Processes: 1}, "6 workers do not make 2 groups with as many senders as receivers; a multiple of 4 is needed"},
		{"fanout", map[string]string{"groups": "2"}, Layout{Model: "threads", Workers: 8, Processes: 1}, ""},
		{"pipeline", nil, Layout{Model: "sequential", Workers: 1, Processes: 1}, ""},
		{"allreduce", map[string]string{"size": "8"}, Layout{Model: "threads", Workers: 3, Processes: 1}, "an array of 1 elements and the one that ends cannot be cut into 3 pieces; it takes a size of 16 or more"},
		{"allreduce", map[string]string{"size": "8", "algorithm": "doubling"}, Layout{Model: "threads", Workers: 3, Processes: 1}, ""},
		{"barrier", map[string]string{"link": "channel"}, Layout{Model: "hybrid", Workers: 4, Processes: 2}, "link channel is memory of one process, and this model has several; pipe is one that joins processes"},
	} {
		kind, err := Lookup(c.kind)
		if err != nil {
			t.Fatal(err)
		}
		ps, err := kind.Parse(c.raw)
		if err != nil {
			t.Fatal(err)
		}
		if got := kind.Refuse(ps, c.layout); got != c.want {
			t.Errorf("%s %v in %+v: %q, want %q", c.kind, c.raw, c.layout, got, c.want)
		}
	}
}
