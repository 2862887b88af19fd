package work

import (
	"strings"
	"testing"
	"time"
)

func init() { cheap["mutex"] = map[string]string{"batch": "20", "inside": "2", "outside": "5"} }

// Sums as a Python program computes them from the definition.
func TestMutexExcludesEveryModel(t *testing.T) {
	for _, c := range []struct {
		items                  int64
		batch, inside, outside string
		sum                    uint64
	}{
		{300, "16", "2", "1", 0x955f6bddb5a610bd},
		{60, "64", "16", "64", 0x7a810e521b224e19},
		{10, "1", "0", "0", 0xd546923ecf2a08d6},
	} {
		raw := map[string]string{"batch": c.batch, "inside": c.inside, "outside": c.outside, "sample": "3"}
		everyForm(t, "mutex", raw, c.items, c.sum)
	}
}

func TestMutexTellsOfBrokenExclusion(t *testing.T) {
	for _, form := range []string{"native", "shared"} {
		if form == "shared" && !hasFutex {
			continue
		}
		_, ps := parsedKind(t, "mutex", map[string]string{"form": form, "batch": "10"})
		k, err := newMutex(ps, Env{Slots: 1, Workers: 1, Shared: pageAligned(contestedSize(lineSize, 1))})
		if err != nil {
			t.Fatal(err)
		}
		p := &viewOf[nativeMutex](k.(*mutex).contested.mem, 0).pair
		if form == "shared" {
			p = &viewOf[sharedMutex](k.(*mutex).contested.mem, 0).pair
		}
		checkBroken(t, k, p)
	}
}

// checkBroken tampers with the pair of a kernel of one worker and batches of ten,
// as a lock that does not exclude would.
func checkBroken(t *testing.T, k Kernel, p *guardedPair) {
	t.Helper()
	if _, err := k.Do(t.Context(), Task{Lo: 0, Hi: 2}); err != nil {
		t.Fatal(err)
	}
	if p.first != 20 || p.second != 20 {
		t.Fatalf("20 sections were counted as %+v", *p)
	}
	p.second++
	if _, err := k.Do(t.Context(), Task{Lo: 2, Hi: 3}); err == nil || !strings.Contains(err.Error(), "two words that the lock protects differ") {
		t.Errorf("words that differ give %v", err)
	}
	p.first, p.second = 29, 29 // one section of 30 is lost
	err := k.(Closer).Close()
	if err == nil || !strings.Contains(err.Error(), "30 times, its two words count 29 and 29") {
		t.Errorf("a lost section gives %v", err)
	}
}

func TestMutexTimesSomeAcquisitions(t *testing.T) {
	for _, form := range []string{"native", "shared"} {
		if form == "shared" && !hasFutex {
			continue
		}
		raw := map[string]string{"form": form, "batch": "1000", "inside": "0", "outside": "0", "sample": "10"}
		checkSampled(t, crowdedKernel(t, "mutex", raw, 1), 1000)
	}
	k := crowdedKernel(t, "mutex", map[string]string{"sample": "0"}, 1)
	if _, err := k.Do(t.Context(), Task{Lo: 0, Hi: 20}); err != nil {
		t.Fatal(err)
	}
	if r := k.(Measurer).Measure(0); len(r.Hists) > 0 {
		t.Errorf("measured without being asked: %v", r)
	}
}

// checkSampled checks that about a tenth of a kernel's operations are timed, and that
// each reading is given once.
func checkSampled(t *testing.T, k Kernel, batch int64) {
	t.Helper()
	for range 3 {
		if _, err := k.Do(t.Context(), Task{Lo: 0, Hi: 10}); err != nil {
			t.Fatal(err)
		}
		if n := timedBy(k, 0); n < batch*9/10 || n > batch*11/10 {
			t.Errorf("%d of %d acquisitions were timed, want about a tenth", n, 10*batch)
		}
	}
	if n := timedBy(k, 0); n != 0 {
		t.Errorf("%d durations are left", n)
	}
}

func TestMutexNeedsItsMemory(t *testing.T) {
	if !hasFutex {
		t.Skip("needs futexes")
	}
	_, ps := parsedKind(t, "mutex", nil)
	_, err := newMutex(ps, Env{Slots: 1, Workers: 3, Processes: 3, Shared: make([]byte, 100)})
	if err == nil || !strings.Contains(err.Error(), "3 workers need 512 bytes of shared memory; the trial has 100") {
		t.Errorf("got %v", err)
	}
}

// A worker that must wait for the lock is timed from its asking on.
func TestMutexTimesTheWholeWait(t *testing.T) {
	if !hasFutex {
		t.Skip("needs futexes")
	}
	raw := map[string]string{"form": "shared", "batch": "1", "inside": "0", "outside": "0", "sample": "1"}
	k := crowdedKernel(t, "mutex", raw, 1)
	lock := &viewOf[sharedMutex](k.(*mutex).contested.mem, 0).lock
	lock.Lock()
	ended := make(chan error)
	go func() {
		_, err := k.Do(t.Context(), Task{Lo: 0, Hi: 1})
		ended <- err
	}()
	pollUntil(t, "the worker waits", func() bool { return lock.state.Load() == mutexAwaited })
	begin := time.Now()
	pollUntil(t, "some time has passed", func() bool { return time.Since(begin) > 2*time.Millisecond })
	least := time.Since(begin)
	lock.Unlock()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	list := k.(Measurer).Measure(0).Hists["acquire_s"].Buckets()
	if len(list) != 1 || list[0].Count != 1 || list[0].HiNS < int64(least) {
		t.Errorf("a wait of %v and more was timed as %+v", least, list)
	}
}
