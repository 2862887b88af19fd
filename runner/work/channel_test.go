package work

import (
	"context"
	"slices"
	"strings"
	"testing"
)

func init() {
	forkedJobs["peer"] = func(c *forked) (r forkedResult) {
		kind, err := Lookup(c.Kind)
		var ps Params
		if err == nil {
			ps, err = kind.Parse(c.Params)
		}
		var p Peer
		if err == nil {
			p, err = kind.Peer(ps, c.env())
		}
		if err != nil {
			return forkedResult{Broken: err.Error()}
		}
		c.gate()
		for range c.Rounds {
			results := make([]forkedResult, c.Slots)
			c.each(func(rank int) {
				slot := rank - c.Rank
				round := Round{Items: c.Items, Slot: slot}
				if c.Items == Endless { // over after so many looks, of all senders together
					round.Over = func() bool { return c.page().next.Add(1) > 100 }
				}
				items, sum, err := p.Run(context.Background(), nil, round)
				if err != nil {
					items = -1
				}
				results[slot] = forkedResult{Items: items, Sum: sum}
			})
			for _, part := range results {
				r.Items += part.Items
				r.Sum += part.Sum
			}
			c.gate()
		}
		if err := p.(Closer).Close(); err != nil {
			r.Broken = err.Error()
		}
		return r
	}
}

// channelTeam runs a round of the channel on goroutines, one for each rank of p.
func channelTeam(t *testing.T, ctx context.Context, p Peer, workers int, round Round) (items int64, sum uint64, errs []error) {
	t.Helper()
	type end struct {
		items int64
		sum   uint64
		err   error
	}
	ends := make(chan end)
	for slot := range workers {
		round := round
		round.Slot = slot
		go func() {
			items, sum, err := p.Run(ctx, nil, round)
			ends <- end{items, sum, err}
		}()
	}
	for range workers {
		e := <-ends
		items += e.items
		sum += e.sum
		errs = append(errs, e.err)
	}
	return items, sum, errs
}

func newChannelPeer(t *testing.T, raw map[string]string, workers int) Peer {
	t.Helper()
	kind, ps := parsedKind(t, "channel", raw)
	p, err := kind.Peer(ps, Env{Slots: workers, Workers: workers, Shared: pageAligned(kind.Shared(ps, workers))})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// channelForms are those that this system has.
func channelForms() []string {
	if hasFutex {
		return []string{"native", "shared"}
	}
	return []string{"native"}
}

// Sums as a Python program computes them from the definition.
var channelCases = []struct {
	items                   int64
	batch, produce, consume string
	sum                     uint64
}{
	{60, "16", "0", "0", 0xc698fa58236491d4},
	{45, "10", "3", "5", 0xbc679553f0df0389},
	{1, "1", "0", "0", 0xc26a4b5544dded1f},
	{0, "7", "1", "1", 0},
}

func TestChannelPassesEveryWordOnce(t *testing.T) {
	for _, c := range channelCases {
		for _, form := range channelForms() {
			for _, shape := range []string{"pairs", "fan_in", "fan_out"} {
				for _, buffer := range []string{"0", "100"} {
					raw := map[string]string{"batch": c.batch, "produce": c.produce, "consume": c.consume,
						"form": form, "shape": shape, "buffer": buffer, "sample": "2"}
					for _, workers := range []int{2, 3, 5} {
						if form == "shared" && workers > 3 {
							continue // more than there are processors: each wait costs up to 10 ms
						}
						p := newChannelPeer(t, raw, workers)
						for range 2 { // the second round finds the first one's end
							items, sum, _ := channelTeam(t, t.Context(), p, workers, Round{Items: c.items})
							if items != c.items || sum != c.sum {
								t.Errorf("%v with %d workers: %d items with sum %x, want %d with %x", raw, workers, items, sum, c.items, c.sum)
							}
						}
						if err := p.(Closer).Close(); err != nil {
							t.Errorf("%v with %d workers: %v", raw, workers, err)
						}
					}
				}
			}
		}
	}
}

func TestChannelAcrossProcesses(t *testing.T) {
	if !hasFutex {
		t.Skip("needs futexes")
	}
	kind, _ := parsedKind(t, "channel", nil)
	for _, layout := range [][]int{{1, 1}, {1, 1, 1}, {2, 2}, {1, 2, 1}} {
		for _, buffer := range []string{"0", "2", "100"} {
			raw := map[string]string{"batch": "16", "buffer": buffer, "shape": []string{"pairs", "fan_in", "fan_out"}[len(layout)%3]}
			_, ps := parsedKind(t, "channel", raw)
			workers := 0
			for _, slots := range layout {
				workers += slots
			}
			task := forkedTask{Job: "peer", Kind: "channel", Params: raw, Items: 60, Rounds: 2, Size: kind.Shared(ps, workers)}
			list, _ := inProcesses(t, layout, task, nil)
			var sum uint64
			for _, r := range list {
				sum += r.Sum
			}
			if want := uint64(0xc698fa58236491d4); itemsOf(list) != 120 || sum != 2*want {
				t.Errorf("%v in %v: %d items with sum %x in two rounds, want 120 with %x", raw, layout, itemsOf(list), sum, 2*want)
			}
			task.Items, task.Rounds = Endless, 1
			list, _ = inProcesses(t, layout, task, nil)
			if got := itemsOf(list); got != 100 {
				t.Errorf("%v in %v: %d items until the time was over, want 100", raw, layout, got)
			}
		}
	}
}

// Under fixed time all stop though only senders look at the clock, and as
// many words arrive as were sent.
func TestChannelStopsWhenTimeIsOver(t *testing.T) {
	for _, form := range channelForms() {
		raw := map[string]string{"batch": "16", "buffer": "3", "form": form, "shape": "fan_out"}
		p := newChannelPeer(t, raw, 3)
		looks := 0
		items, sum, _ := channelTeam(t, t.Context(), p, 3, Round{Items: Endless, Over: func() bool { looks++; return looks > 60 }})
		if items != 60 || sum != 0xc698fa58236491d4 {
			t.Errorf("%s: %d items with sum %x, want the 60 first ones", form, items, sum)
		}
	}
}

func TestChannelEndsWithItsContext(t *testing.T) {
	for _, form := range channelForms() {
		p := newChannelPeer(t, map[string]string{"form": form, "buffer": "0"}, 4)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		items, sum, errs := channelTeam(t, ctx, p, 4, Round{Items: 1 << 50})
		cancelled := 0
		for _, err := range errs {
			if err == context.Canceled {
				cancelled++
			}
		}
		if items != 0 || sum != 0 || cancelled != 2 {
			t.Errorf("%s: %d items, sum %x, errors %v", form, items, sum, errs)
		}
	}
}

// Every rank has one role, and the senders' numbers are 0 to S-1.
func TestChannelRoles(t *testing.T) {
	for _, shape := range []string{"pairs", "fan_in", "fan_out"} {
		for workers := 2; workers < 9; workers++ {
			p := channel{shape: shape, workers: workers}
			var numbers []int
			want := map[string]int{"pairs": (workers + 1) / 2, "fan_in": workers - 1, "fan_out": 1}[shape]
			for rank := range workers {
				number, senders := p.role(rank)
				if senders != want {
					t.Errorf("%s: rank %d of %d knows %d senders, want %d", shape, rank, workers, senders, want)
				}
				if number >= 0 {
					numbers = append(numbers, number)
				}
			}
			if len(numbers) != want || !slices.IsSorted(numbers) || numbers[0] != 0 || numbers[want-1] != want-1 {
				t.Errorf("%s: the senders of %d are numbered %v", shape, workers, numbers)
			}
		}
	}
}

func TestChannelRefusesOneWorker(t *testing.T) {
	kind, ps := parsedKind(t, "channel", nil)
	if got := kind.Refuse(ps, Layout{Model: "sequential", Workers: 1, Processes: 1}); !strings.Contains(got, "at least 2") {
		t.Errorf("refused with %q", got)
	}
	if got := kind.Refuse(ps, Layout{Model: "goroutines", Workers: 2, Processes: 1}); got != "" {
		t.Errorf("two workers are refused with %q", got)
	}
	if _, err := kind.Peer(ps, Env{Slots: 1, Workers: 1}); err == nil || !strings.Contains(err.Error(), "at least 2") {
		t.Errorf("made for one worker: %v", err)
	}
}

func TestChannelTellsOfWordsLeftBehind(t *testing.T) {
	for _, form := range channelForms() {
		p := newChannelPeer(t, map[string]string{"form": form}, 2).(*channel)
		if form == "native" {
			p.native <- 5
		} else {
			p.shared.send(5)
		}
		if err := p.Close(); err == nil || !strings.Contains(err.Error(), "1 words were sent and not received") {
			t.Errorf("%s: closed with %v", form, err)
		}
	}
}

func TestChannelTimesSends(t *testing.T) {
	for _, form := range channelForms() {
		raw := map[string]string{"form": form, "batch": "1000", "sample": "10"}
		p := newChannelPeer(t, raw, 2)
		channelTeam(t, t.Context(), p, 2, Round{Items: 10})
		counts := map[int]int64{}
		for slot := range 2 {
			for _, b := range p.(Measurer).Measure(slot).Hists["send_s"].Buckets() {
				counts[slot] += b.Count
			}
		}
		if counts[0] < 900 || counts[0] > 1100 || counts[1] != 0 {
			t.Errorf("%s: %v sends were timed by rank, want about 1000 by the sender", form, counts)
		}
	}
}
