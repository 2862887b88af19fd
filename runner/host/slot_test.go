package host

import (
	"sync/atomic"
	"testing"

	"forklore/runner/work"
)

// One worker's dealing loop alone, without processes around it.
func BenchmarkDynamicLoop(b *testing.B) {
	kind, err := work.Lookup("empty")
	if err != nil {
		b.Fatal(err)
	}
	kernel, err := kind.New(nil, work.Env{Slots: 1})
	if err != nil {
		b.Fatal(err)
	}
	const items = 1_000_000
	b.Run("ours", func(b *testing.B) {
		s := &slot{job: Job{Workers: 1, Items: items, Pool: true, Dynamic: true}, kernel: kernel, next: heapCounter(), stop: new(atomic.Uint32)}
		for b.Loop() {
			s.next.Store(0)
			if _, _, err := s.iterate(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/items, "ns/item")
	})
	b.Run("bare", func(b *testing.B) {
		for b.Loop() {
			next := heapCounter()
			drain(next, items)
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/items, "ns/item")
	})
}
