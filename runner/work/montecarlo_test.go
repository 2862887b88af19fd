package work

import (
	"math"
	"testing"
)

// Class S of kernel EP (2^24 pairs): the sums are those in the verification
// code of the NAS Parallel Benchmarks 3.4, to its tolerance of 1e-8; the counts
// are those that its runs print, 13176389 pairs in all.
func TestMontecarloClassS(t *testing.T) {
	kernel, _ := newMontecarlo(Params{"pairs": "65536"}, Env{Slots: 1})
	var all gaussians
	for i := range int64(1 << 24 / 65536) {
		g := kernel.(*montecarlo).batch(i)
		all.sx += g.sx
		all.sy += g.sy
		for l, n := range g.counts {
			all.counts[l] += n
		}
	}
	wantX, wantY := -3.247834652034740e+3, -6.958407078382297e+3
	if e := math.Abs((all.sx - wantX) / wantX); e > 1e-8 {
		t.Errorf("sum of x = %.15e, want %.15e: off by %.1e", all.sx, wantX, e)
	}
	if e := math.Abs((all.sy - wantY) / wantY); e > 1e-8 {
		t.Errorf("sum of y = %.15e, want %.15e: off by %.1e", all.sy, wantY, e)
	}
	if want := [epAnnuli]uint64{6140517, 5865300, 1100361, 68546, 1648, 17}; all.counts != want {
		t.Errorf("counts = %v, want %v", all.counts, want)
	}
}

// Two batches of half the size draw the same numbers as one: the jump to a
// batch's start lands where its predecessor ended.
func TestMontecarloJumps(t *testing.T) {
	whole, _ := newMontecarlo(Params{"pairs": "4096"}, Env{Slots: 1})
	half, _ := newMontecarlo(Params{"pairs": "2048"}, Env{Slots: 1})
	for _, i := range []int64{0, 1, 1000, 1 << 40} {
		want := whole.(*montecarlo).batch(i).counts
		got := half.(*montecarlo).batch(2 * i).counts
		for l, n := range half.(*montecarlo).batch(2*i + 1).counts {
			got[l] += n
		}
		if got != want {
			t.Errorf("batch %d: halves count %v, the whole %v", i, got, want)
		}
	}
}
