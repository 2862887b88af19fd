package work

import "testing"

func init() {
	cheap["rwmutex"] = map[string]string{"batch": "20", "inside": "2", "outside": "5", "reads": "50"}
}

// Sums and numbers of writes as a Python program computes them from the definition.
func TestRWMutexExcludesEveryModel(t *testing.T) {
	for _, c := range []struct {
		items                         int64
		batch, reads, inside, outside string
		sum, writes                   uint64
	}{
		{200, "16", "50", "2", "1", 0xe26bbb8aabdb699a, 1594},
		{60, "64", "90", "16", "64", 0xb313db458b10bc6c, 372},
		{50, "8", "0", "0", "0", 0x0cff4c03e817c44e, 400},
		{50, "8", "100", "3", "2", 0x9af67b0807672308, 0},
	} {
		raw := map[string]string{"batch": c.batch, "reads": c.reads, "inside": c.inside, "outside": c.outside, "sample": "3"}
		everyForm(t, "rwmutex", raw, c.items, c.sum)
		k := crowdedKernel(t, "rwmutex", raw, 1)
		if _, err := k.Do(t.Context(), Task{Lo: 0, Hi: c.items}); err != nil {
			t.Fatal(err)
		}
		if p := viewOf[nativeRWMutex](k.(*rwmutex).contested.mem, 0).pair; p.first != c.writes {
			t.Errorf("%v: %d writes, want %d", raw, p.first, c.writes)
		}
	}
}

func TestRWMutexTellsOfBrokenExclusion(t *testing.T) {
	for _, form := range []string{"native", "shared"} {
		if form == "shared" && !hasFutex {
			continue
		}
		_, ps := parsedKind(t, "rwmutex", map[string]string{"form": form, "batch": "10", "reads": "0"})
		k, err := newRWMutex(ps, Env{Slots: 1, Workers: 1, Shared: pageAligned(contestedSize(lineSize, 1))})
		if err != nil {
			t.Fatal(err)
		}
		p := &viewOf[nativeRWMutex](k.(*rwmutex).contested.mem, 0).pair
		if form == "shared" {
			p = &viewOf[sharedRWMutex](k.(*rwmutex).contested.mem, 0).pair
		}
		checkBroken(t, k, p)
	}
}

// A reader looks at the words when it has the lock, and once more before it gives it back.
func TestReadersSeeWrites(t *testing.T) {
	p := guardedPair{first: 7, second: 7}
	if _, torn := p.look(0, 5); torn != 0 {
		t.Errorf("words at rest are torn: %x", torn)
	}
	p.first++
	if _, torn := p.look(0, 5); torn == 0 {
		t.Error("a write half done was not seen")
	}
}

func TestRWMutexTimesReadsAndWrites(t *testing.T) {
	k := crowdedKernel(t, "rwmutex", map[string]string{"batch": "1000", "inside": "0", "outside": "0", "sample": "10", "reads": "80"}, 1)
	checkSampled(t, k, 1000)
	if _, err := k.Do(t.Context(), Task{Lo: 0, Hi: 10}); err != nil {
		t.Fatal(err)
	}
	counts := map[string]int64{}
	for name, h := range k.(Measurer).Measure(0).Hists {
		for _, b := range h.Buckets() {
			counts[name] += b.Count
		}
	}
	if r, w := counts["read_acquire_s"], counts["write_acquire_s"]; r < 700 || r > 900 || w < 150 || w > 250 {
		t.Errorf("%d reads and %d writes were timed, want about 800 and 200", r, w)
	}
}
