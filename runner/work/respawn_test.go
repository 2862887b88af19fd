package work

import (
	"strconv"
	"testing"
)

func init() { cheap["respawn"] = map[string]string{"task": "100", "lifetime": "3"} }

// Sums of items 0 to 2 as a Python program computes them from SplitMix64 alone.
func TestRespawnDoesItsTasks(t *testing.T) {
	for steps, want := range map[string]uint64{"0": 0x277d3606972297de, "1": 0xa661f8ac7159690d, "1000": 0xcb3ba84a57135405} {
		for _, lifetime := range []string{"1", "2", "3", "1000"} {
			for model, env := range spawnEnvs {
				k := newSpawner(t, "respawn", map[string]string{"task": steps, "lifetime": lifetime}, env)
				if sum, err := k.Do(t.Context(), Task{Lo: 0, Hi: 3}); err != nil || sum != want {
					t.Errorf("%s, %s steps, lifetime %s: sum %x, %v; want %x", model, steps, lifetime, sum, err, want)
				}
			}
		}
	}
}

// An executor lives for exactly so many tasks: all of them are created in the items that follow the
// end of another.
func TestRespawnReplacesItsExecutors(t *testing.T) {
	const items = 12
	for _, lifetime := range []int{1, 3, 5, 1000} {
		k := newSpawner(t, "respawn", map[string]string{"task": "10", "lifetime": strconv.Itoa(lifetime)}, spawnEnvs["processes"])
		w := k.(*respawning).workers.of(0)
		seen := map[int]int{} // tasks by pid
		for i := range int64(items) {
			if _, err := k.Do(t.Context(), Task{Lo: i, Hi: i + 1}); err != nil {
				t.Fatal(err)
			}
			seen[w.lives[0].pid]++
		}
		want := (items + lifetime - 1) / lifetime
		if len(seen) != want {
			t.Errorf("lifetime %d: processes %v, want %d", lifetime, seen, want)
		}
		for pid, tasks := range seen {
			if tasks > lifetime {
				t.Errorf("lifetime %d: process %d did %d tasks", lifetime, pid, tasks)
			}
		}
		r := k.(Measurer).Measure(0)
		if n := countOf(r.Hists["first_s"]); n != int64(want) {
			t.Errorf("lifetime %d: %d first instructions, want %d", lifetime, n, want)
		}
		if alive := items%lifetime != 0; w.alive != alive {
			t.Errorf("lifetime %d: alive %v after %d items", lifetime, w.alive, items)
		}
	}
}

// Close ends the executor that is left, a process too.
func TestRespawnLeavesNobody(t *testing.T) {
	for model, env := range spawnEnvs {
		k := newSpawner(t, "respawn", map[string]string{"task": "10", "lifetime": "1000"}, env)
		if _, err := k.Do(t.Context(), Task{Lo: 0, Hi: 5}); err != nil {
			t.Fatal(err)
		}
		closeKernel(t, k)
		if w := k.(*respawning).workers.of(0); w.alive {
			t.Errorf("%s: an executor is left", model)
		}
	}
}

// What the measures are called is declared.
func TestLifeMeasuresAreDeclared(t *testing.T) {
	for _, name := range []string{"spawn", "respawn"} {
		kind, err := Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		declared := map[string]bool{}
		for _, m := range kind.Measures {
			declared[m.Name] = m.Hist
		}
		s := newSpawner(t, name, nil, spawnEnvs["goroutines"])
		if _, err := s.Do(t.Context(), Task{Lo: 0, Hi: 40}); err != nil {
			t.Fatal(err)
		}
		r := s.(Measurer).Measure(0)
		for name := range r.Values {
			if hist, ok := declared[name]; !ok || hist {
				t.Errorf("%s is no declared number", name)
			}
		}
		for name := range r.Hists {
			if !declared[name] {
				t.Errorf("%s is no declared histogram", name)
			}
		}
	}
}
