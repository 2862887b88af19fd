package work

import "testing"

func init() {
	cheap["pointer_chase"] = map[string]string{"size": "100KB"}
}

// The successors must form one cycle through all lines; an item's end is then
// known from the place of its first line in the cycle.
func TestChaseIsOneCycle(t *testing.T) {
	for _, c := range []struct {
		size, stride string
		lines        int64
	}{
		{"1024", "4096", 1},
		{"1024", "64", 16},
		{"1024", "8", 128},
		{"100KB", "64", 1562},
		{"1MiB", "1000", 1048},
	} {
		k := newKernel(t, "pointer_chase", map[string]string{"size": c.size, "stride": c.stride}, Env{Slots: 1}).(*chase)
		table := *k.tables.of(0)
		if int64(k.lines) != c.lines {
			t.Errorf("%s by %s: %d lines, want %d", c.size, c.stride, k.lines, c.lines)
		}
		place := map[uint64]int64{} // of each line in the cycle
		var cycle []uint64
		for line := uint64(0); ; line = table[line*k.words] / k.words {
			if _, seen := place[line]; seen {
				break
			}
			place[line] = int64(len(cycle))
			cycle = append(cycle, line)
		}
		if int64(len(cycle)) != c.lines {
			t.Fatalf("%s by %s: the cycle from line 0 has %d lines of %d", c.size, c.stride, len(cycle), c.lines)
		}
		for i := range int64(5) {
			first := place[scramble(uint64(i))%k.lines]
			end := cycle[(first+8192)%c.lines]
			sum, err := k.Do(t.Context(), Task{Lo: i, Hi: i + 1})
			if err != nil || sum != mix(i, end) {
				t.Errorf("%s by %s: item %d does not end at line %d: %v", c.size, c.stride, i, end, err)
			}
		}
	}
}

// A cycle that went through memory in order would measure the prefetcher.
func TestChaseIsRandom(t *testing.T) {
	k := newKernel(t, "pointer_chase", map[string]string{"size": "1MiB"}, Env{Slots: 1}).(*chase)
	table, near := *k.tables.of(0), 0
	for line := range k.lines {
		next := table[line*k.words] / k.words
		if next-line+8 <= 16 {
			near++
		}
	}
	// Of 16384 lines 16 lie that near: by chance 16 of all hops lead to one.
	if near > 40 {
		t.Errorf("%d of %d hops lead to one of the next or last eight lines", near, k.lines)
	}
}
