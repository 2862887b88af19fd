package work

import (
	"slices"
	"testing"
	"time"
)

func TestHistogramKeepsThreeDigitsAndTheEnds(t *testing.T) {
	h := NewHistogram()
	for _, d := range []time.Duration{-5, 1234567, 1234568, 3 * time.Second, 2 * time.Hour} {
		h.Record(d)
	}
	var n int64
	list := h.Buckets()
	for i, b := range list {
		n += b.Count
		if b.LoNS > b.HiNS || i > 0 && b.LoNS <= list[i-1].HiNS {
			t.Errorf("bucket %d is %+v after %+v", i, b, list[max(0, i-1)])
		}
		if b.HiNS > 2048 && float64(b.HiNS-b.LoNS) > 1e-3*float64(b.HiNS) {
			t.Errorf("%+v is wider than a thousandth", b)
		}
	}
	if n != 5 || list[0].LoNS != 0 || list[len(list)-1].HiNS != int64(time.Hour) {
		t.Errorf("%d durations in %+v", n, list)
	}
	if a := testing.AllocsPerRun(100, func() { h.Record(time.Millisecond) }); a > 0 {
		t.Errorf("Record allocates %v times", a)
	}
	h.Reset()
	if left := h.Buckets(); len(left) > 0 {
		t.Errorf("after Reset: %+v", left)
	}
}

func TestHistogramAddsUpAndKeepsRanks(t *testing.T) {
	all, parts := NewHistogram(), [2]*Histogram{NewHistogram(), NewHistogram()}
	for i := range 1000 {
		d := time.Duration(i+1) * 10 * time.Microsecond
		all.Record(d)
		parts[i%2].Record(d)
	}
	sum := NewHistogram()
	for _, p := range parts {
		sum.Add(p.Buckets())
	}
	if !slices.Equal(sum.Buckets(), all.Buckets()) {
		t.Errorf("the sum of two halves differs from the whole: %v, want %v", sum.Buckets(), all.Buckets())
	}
	for q, rank := range map[float64]int{0: 1, 0.5: 500, 0.9: 900, 0.99: 990, 0.9991: 1000, 1: 1000} {
		want := time.Duration(rank) * 10 * time.Microsecond
		if got := sum.Quantile(q); got < want || got > want+want/1000 {
			t.Errorf("quantile %g is %v, want %v to three digits", q, got, want)
		}
	}
	if empty := NewHistogram(); empty.Quantile(0.5) != 0 || empty.Count() != 0 || sum.Count() != 1000 {
		t.Errorf("nothing has a median of %v and %d durations; all are %d", empty.Quantile(0.5), empty.Count(), sum.Count())
	}
}
