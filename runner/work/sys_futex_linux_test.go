//go:build amd64 || arm64

package work

import (
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

func init() { cheap["futex"] = map[string]string{"batch": "8", "call": "wait"} }

func TestFutex(t *testing.T) {
	eachLevel(t, "futex", func(t *testing.T, level string) {
		for _, call := range []string{"wake", "wait"} {
			for _, private := range []string{"true", "false"} {
				raw := map[string]string{"batch": "10", "level": level, "call": call, "private": private}
				k := newKernel(t, "futex", raw, Env{Slots: 2})
				runItems(t, k, 3, 10)
				if f, g := workerOf[futexCall](k, 0), workerOf[futexCall](k, 1); f.word == g.word {
					t.Error("two workers have one word")
				}
			}
		}
	})
}

// A wake that finds somebody asleep has not done what the definition says: so
// the workers do use the one word that they were given.
func TestFutexContended(t *testing.T) {
	page, err := unix.Mmap(-1, 0, 4096, readWrite, unix.MAP_SHARED|unix.MAP_ANONYMOUS)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Munmap(page)
	// A raw call that slept would keep its P: two of them leave none for who wakes.
	raw := map[string]string{"batch": "100", "contended": "true", "private": "false", "call": "wait", "level": "go"}
	waits := newKernel(t, "futex", raw, Env{Slots: 2, Shared: page})
	raw["call"] = "wake"
	wakes := newKernel(t, "futex", raw, Env{Slots: 1, Shared: page})
	runItems(t, waits, 3, 100)
	page[0] = 1 // now the waits do sleep
	var asleep sync.WaitGroup
	for slot := range 2 {
		asleep.Go(func() {
			if _, err := waits.Do(t.Context(), Task{Hi: 1, Slot: slot}); err == nil {
				t.Error("a wait slept and counted")
			}
		})
	}
	for woken := 0; woken < 2; {
		if _, err := wakes.Do(t.Context(), Task{Hi: 1}); err != nil {
			woken++
		}
	}
	asleep.Wait()
}

func TestFutexRefuses(t *testing.T) {
	kind, _ := Lookup("futex")
	for _, c := range []struct {
		raw       map[string]string
		processes int
		refused   bool
		shared    int64
	}{
		{nil, 4, false, 0},
		{map[string]string{"contended": "true"}, 1, false, 4096},
		{map[string]string{"contended": "true"}, 2, true, 4096},
		{map[string]string{"contended": "true", "private": "false"}, 2, false, 4096},
	} {
		ps, err := kind.Parse(c.raw)
		if err != nil {
			t.Fatal(err)
		}
		if why := kind.Refuse(ps, Layout{Workers: 4, Processes: c.processes}); (why != "") != c.refused {
			t.Errorf("%v in %d processes: %q", c.raw, c.processes, why)
		}
		if bytes := kind.Shared(ps, 4); bytes != c.shared {
			t.Errorf("%v shares %d bytes", c.raw, bytes)
		}
	}
	ps, _ := kind.Parse(map[string]string{"contended": "true"})
	if _, err := kind.New(ps, Env{Slots: 1}); err == nil {
		t.Error("there was no shared memory, and nobody said so")
	}
}
