//go:build amd64 || arm64

package work

import (
	"testing"
	"time"

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
// the workers do use the one word that they were given. The level is go: a raw
// call that sleeps keeps its share of Go's scheduler, and there may be none left
// for who is to wake it.
func TestFutexContended(t *testing.T) {
	page, err := unix.Mmap(-1, 0, 4096, readWrite, unix.MAP_SHARED|unix.MAP_ANONYMOUS)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Munmap(page)
	raw := map[string]string{"batch": "100", "contended": "true", "private": "false", "call": "wait", "level": "go"}
	waits := newKernel(t, "futex", raw, Env{Slots: 2, Workers: 3, Shared: page})
	raw["call"] = "wake"
	wakes := newKernel(t, "futex", raw, Env{Slots: 1, Workers: 3, Shared: page})
	runItems(t, waits, 3, 100)
	page[0] = 1 // now the waits do sleep
	ended := make(chan error, 2)
	for slot := range 2 {
		go func() {
			_, err := waits.Do(t.Context(), Task{Hi: 1, Slot: slot})
			ended <- err
		}()
	}
	deadline := time.After(20 * time.Second)
	for left := 2; left > 0; {
		_, _ = wakes.Do(t.Context(), Task{Hi: 1}) // fails if it wakes one
		select {
		case err := <-ended:
			left--
			if err == nil {
				t.Error("a wait slept and counted")
			}
		case <-deadline:
			t.Fatal("the waits were not woken within 20 s")
		default:
		}
	}
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
