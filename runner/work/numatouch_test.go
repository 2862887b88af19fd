package work

import "testing"

func init() {
	cheap["numa_touch"] = map[string]string{"size": "100KB"}
}

// The sum of a block, from the definition, for arrays of one and of several.
func TestNumaTouchSum(t *testing.T) {
	for _, c := range []struct {
		size   string
		length uint64
	}{{"4096", 512}, {"100000", 12500}, {"524288", 65536}, {"1048584", 43691}} {
		var block uint64
		for j := range c.length {
			block += scramble(j)
		}
		for _, by := range []string{"self", "other"} {
			kind, _ := Lookup("numa_touch")
			for _, m := range crewOf(t, kind, map[string]string{"size": c.size, "by": by}, []int{2, 1}) {
				sum, err := m.Do(t.Context(), Task{Lo: 5, Hi: 9, Slot: m.slot})
				if want := mix(5, block) + mix(6, block) + mix(7, block) + mix(8, block); err != nil || sum != want {
					t.Errorf("%s, by %s: sum %x, %v, want %x", c.size, by, sum, err, want)
				}
			}
		}
	}
}

// Whoever touches, each array must be touched once: by its reader, or never by it.
func TestNumaTouchIsByOther(t *testing.T) {
	kind, _ := Lookup("numa_touch")
	for _, workers := range []int{2, 3, 4, 7} {
		for by, own := range map[string]bool{"self": true, "other": false} {
			raw := map[string]string{"size": "4096", "by": by}
			ps, err := kind.Parse(raw)
			if err != nil {
				t.Fatal(err)
			}
			shared := sharedBy(t, kind, raw, workers)
			made, err := kind.New(ps, Env{Slots: workers, Workers: workers, Shared: shared})
			if err != nil {
				t.Fatal(err)
			}
			k := made.(*numaTouch)
			for slot := range workers {
				touched := k.arrays[slot][1] != 0
				before := countTouched(k)
				prepare(t, k, slot)
				if countTouched(k) != before+1 {
					t.Errorf("%d workers, by %s: worker %d touched %d arrays", workers, by, slot, countTouched(k)-before)
				}
				if now := k.arrays[slot][1] != 0; (now && !touched) != own {
					t.Errorf("%d workers, by %s: worker %d touched its own array: %v", workers, by, slot, !own)
				}
			}
		}
	}
}

func countTouched(k *numaTouch) int {
	n := 0
	for _, array := range k.arrays {
		if array[1] != 0 {
			n++
		}
	}
	return n
}

func TestNumaTouchRefusesToBeAlone(t *testing.T) {
	kind, _ := Lookup("numa_touch")
	for _, c := range []struct {
		by      string
		workers int
		refused bool
	}{{"other", 1, true}, {"other", 2, false}, {"self", 1, false}} {
		ps, err := kind.Parse(map[string]string{"by": c.by})
		if err != nil {
			t.Fatal(err)
		}
		if why := kind.Refuse(ps, Layout{Workers: c.workers, Processes: 1}); (why != "") != c.refused {
			t.Errorf("by %s with %d workers: %q", c.by, c.workers, why)
		}
	}
}
