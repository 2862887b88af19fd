package work

import (
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
