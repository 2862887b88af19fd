package work

import (
	"math"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Histogram counts durations with three significant digits from 1 ns to an
// hour; the least and the greatest are kept exactly. It belongs to one worker. Record does not allocate and
// takes some nanoseconds.
type Histogram struct {
	hdr      *hdrhistogram.Histogram
	min, max int64
}

const histogramMax = int64(time.Hour)

// NewHistogram returns an empty histogram. It takes about 270 KB of address
// space, of which only the pages around the recorded durations are touched.
func NewHistogram() *Histogram {
	return &Histogram{hdr: hdrhistogram.New(1, histogramMax, 3), min: histogramMax}
}

// Record counts one duration. A negative one counts as 0, one of more than an hour as an
// hour.
func (h *Histogram) Record(d time.Duration) { h.record(int64(d)) }

func (h *Histogram) record(ns int64) {
	ns = max(0, min(ns, histogramMax))
	_ = h.hdr.RecordValue(ns) // within range by the line above
	h.min, h.max = min(h.min, ns), max(h.max, ns)
}

// Add counts what another histogram's [Histogram.Buckets] hold, of this process or of
// another one: nothing is lost by it but where in its bucket a duration lay.
func (h *Histogram) Add(list []Bucket) {
	for _, b := range list {
		lo, hi := max(0, min(b.LoNS, histogramMax)), max(0, min(b.HiNS, histogramMax))
		_ = h.hdr.RecordValues(lo, b.Count) // within range by the line above
		h.min, h.max = min(h.min, lo), max(h.max, hi)
	}
}

// Count returns how many durations there are.
func (h *Histogram) Count() int64 { return h.hdr.TotalCount() }

// Quantile returns the q-quantile, q in 0 to 1: the greatest duration of the span that holds the
// duration of rank ceil(q n); 0 where there is none.
func (h *Histogram) Quantile(q float64) time.Duration {
	left := max(1, int64(math.Ceil(q*float64(h.hdr.TotalCount()))))
	for _, b := range h.Buckets() {
		if left -= b.Count; left <= 0 {
			return time.Duration(b.HiNS)
		}
	}
	return time.Duration(h.max)
}

// Reset forgets all durations.
func (h *Histogram) Reset() {
	h.hdr.Reset()
	h.min, h.max = histogramMax, 0
}

// Bucket is a span of durations that a histogram does not tell apart.
type Bucket struct {
	LoNS, HiNS int64 // both included
	Count      int64
}

// Buckets returns the spans that hold a duration, in rising order. The first begins at the
// least duration, the last ends at the greatest.
func (h *Histogram) Buckets() []Bucket {
	var list []Bucket
	for _, bar := range h.hdr.Distribution() {
		if bar.Count > 0 {
			list = append(list, Bucket{bar.From, bar.To, bar.Count})
		}
	}
	if len(list) > 0 {
		list[0].LoNS, list[len(list)-1].HiNS = h.min, h.max
	}
	return list
}
