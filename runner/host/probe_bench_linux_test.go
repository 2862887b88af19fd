package host

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"forklore/runner/work"
)

// The probe's own lateness: 60 ticks a second for ten seconds beside workers that only wait, in turn with
// a bare loop that sleeps until the same times. On an idle machine the 99 % quantile of both
// is to be far below a millisecond; the ratio is what ours adds.
func BenchmarkProbeAlone(b *testing.B) {
	for _, model := range []string{"goroutines", "threads", "processes"} {
		b.Run(model, func(b *testing.B) {
			j := job("wait", map[string]string{"cpu": "0s", "wait": "1s"}, 2)
			j.Items, j.MaxProcs, j.Beside, j.Dir = 20, 2, work.Params{"probe_rate": "60"}, b.TempDir()
			layouts[model](&j)
			var ours, bare []float64
			for b.Loop() {
				ours = append(ours, probeLateness(b, j)...)
				bare = append(bare, bareLateness(60, 600)...)
			}
			slices.Sort(ours)
			slices.Sort(bare)
			b.ReportMetric(0, "ns/op")
			for _, q := range []float64{0.5, 0.99, 1} {
				x, y := atQuantile(ours, q), atQuantile(bare, q)
				b.ReportMetric(x*1e6, fmt.Sprintf("ours-p%g-µs", 100*q))
				b.ReportMetric(y*1e6, fmt.Sprintf("bare-p%g-µs", 100*q))
				b.ReportMetric(x/y, fmt.Sprintf("x-bare-p%g", 100*q))
			}
		})
	}
}

func atQuantile(sorted []float64, q float64) float64 {
	return sorted[max(0, int(math.Ceil(q*float64(len(sorted))))-1)]
}

// probeLateness returns the lateness of each tick of one trial, in seconds.
func probeLateness(b *testing.B, j Job) []float64 {
	t, err := Start(Options{Program: program, Job: j, Token: "bench"})
	if err != nil {
		b.Fatal(err)
	}
	_, err = t.Ready(b.Context())
	if err == nil {
		err = t.Open(0)
	}
	if err == nil {
		_, err = t.Done(b.Context())
	}
	var told []Reading
	if err == nil {
		told, err = t.Measure(b.Context())
	}
	if err == nil {
		_, err = t.Stop(b.Context())
	}
	if err != nil {
		b.Fatal(err)
	}
	var all []float64
	for _, r := range told {
		for _, bucket := range r.Buckets {
			all = append(all, slices.Repeat([]float64{float64(bucket.HiNS) / 1e9}, int(bucket.Count))...)
		}
	}
	return all
}

// bareLateness is that of a loop in Go without anything beside it: a sleep in the kernel until
// each tick, on a thread of its own.
func bareLateness(rate, ticks int) []float64 {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var late []float64
	period := time.Second / time.Duration(rate)
	gate := Now()
	for k := range ticks {
		due := gate + int64(k+1)*int64(period)
		for rest := due - Now(); rest > 0; rest = due - Now() {
			pause := unix.NsecToTimespec(rest)
			_ = unix.Nanosleep(&pause, nil) // cut short by a signal it is called again
		}
		late = append(late, float64(Now()-due)/1e9)
	}
	return late
}
