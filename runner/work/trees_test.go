package work

import "testing"

// The counts that binary-trees of the Computer Language Benchmarks Game prints
// as "check": 2047 for a tree of depth 10, and so on.
func TestTreesCount(t *testing.T) {
	for depth, want := range map[int]uint64{0: 1, 1: 3, 4: 31, 6: 127, 10: 2047, 11: 4095, 16: 131071} {
		if got := grow(depth).count(); got != want {
			t.Errorf("depth %d: %d nodes, want %d", depth, got, want)
		}
		if got := sumOf(t, "trees", map[string]string{"depth": itoa(depth)}, 2); got != mix(0, want)+mix(1, want) {
			t.Errorf("depth %d: items sum to %x", depth, got)
		}
	}
}
