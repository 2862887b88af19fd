package host

import (
	"fmt"
	"os/exec"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// pairs measures ours and bare in turn, and reports the median, minimum and
// maximum of the ratio of each pair: noise that both meet cancels.
func pairs(b *testing.B, ours, bare func() time.Duration) {
	b.Helper()
	ours()
	bare()
	var ratios, mine, theirs []float64
	for b.Loop() {
		x, y := ours(), bare()
		mine, theirs = append(mine, x.Seconds()), append(theirs, y.Seconds())
		ratios = append(ratios, x.Seconds()/y.Seconds())
	}
	slices.Sort(ratios)
	slices.Sort(mine)
	slices.Sort(theirs)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(mine[len(mine)/2]*1e6, "ours-µs")
	b.ReportMetric(theirs[len(theirs)/2]*1e6, "bare-µs")
	b.ReportMetric(ratios[len(ratios)/2], "x-bare")
	b.ReportMetric(ratios[0], "x-min")
	b.ReportMetric(ratios[len(ratios)-1], "x-max")
}

// bareExecs starts n copies of the program that exit at once, and reaps them.
func bareExecs(b *testing.B, n int) time.Duration {
	begin := time.Now()
	var cmds []*exec.Cmd
	for range n {
		cmd := exec.Command(program, "exit")
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		cmds = append(cmds, cmd)
	}
	for _, cmd := range cmds {
		if err := cmd.Wait(); err != nil {
			b.Fatal(err)
		}
	}
	return time.Since(begin)
}

// An empty trial, spawn call to reaped tree, beside as many bare starts of the
// same program as it has worker processes.
func BenchmarkEmptyTrial(b *testing.B) {
	for _, c := range []struct {
		model   string
		workers int
	}{{"sequential", 1}, {"goroutines", 1}, {"goroutines", 16}, {"threads", 16}, {"processes", 1}, {"processes", 16}, {"hybrid", 16}} {
		b.Run(fmt.Sprintf("%s-%d", c.model, c.workers), func(b *testing.B) {
			j := job("empty", nil, c.workers)
			j.Items, j.Dir = int64(c.workers), b.TempDir()
			layouts[c.model](&j)
			pairs(b, func() time.Duration { return emptyTrial(b, j) },
				func() time.Duration { return bareExecs(b, max(1, j.Processes)) })
		})
	}
}

func emptyTrial(b *testing.B, j Job) time.Duration {
	t, err := Start(Options{Program: program, Job: j, Token: "bench"})
	if err != nil {
		b.Fatal(err)
	}
	if _, err := t.Ready(b.Context()); err != nil {
		b.Fatal(err)
	}
	if err := t.Open(0); err != nil {
		b.Fatal(err)
	}
	if _, err := t.Done(b.Context()); err != nil {
		b.Fatal(err)
	}
	end, err := t.Stop(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	return time.Duration(end.ReapedNS - t.SpawnNS)
}

// Dealing one item, beside as many workers that do nothing but add to one
// atomic counter.
func BenchmarkDealing(b *testing.B) {
	const items = 4_000_000
	for _, model := range []string{"goroutines", "processes"} {
		for _, dynamic := range []bool{false, true} {
			for _, workers := range []int{1, 2} {
				b.Run(fmt.Sprintf("%s/dynamic=%v/%d", model, dynamic, workers), func(b *testing.B) {
					j := job("empty", nil, workers)
					j.Items, j.Dynamic, j.Dir, j.MaxProcs = items, dynamic, b.TempDir(), workers
					layouts[model](&j)
					pairs(b, func() time.Duration { return workOf(b, j) }, func() time.Duration { return bareAdds(workers, items) })
					b.ReportMetric(items, "items")
				})
			}
		}
	}
}

// workOf returns the time from the gate to the last finish.
func workOf(b *testing.B, j Job) time.Duration {
	t, err := Start(Options{Program: program, Job: j, Token: "bench"})
	if err != nil {
		b.Fatal(err)
	}
	if _, err := t.Ready(b.Context()); err != nil {
		b.Fatal(err)
	}
	if err := t.Open(0); err != nil {
		b.Fatal(err)
	}
	d, err := t.Done(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	if _, err := t.Stop(b.Context()); err != nil {
		b.Fatal(err)
	}
	var last int64
	for _, f := range d.Finishes {
		last = max(last, f.NS)
	}
	return time.Duration(last - d.GateNS)
}

func bareAdds(workers int, items int64) time.Duration {
	next := heapCounter()
	var wg sync.WaitGroup
	begin := time.Now()
	for range workers {
		wg.Go(func() { drain(next, items) })
	}
	wg.Wait()
	return time.Since(begin)
}

func drain(next *atomic.Int64, items int64) {
	for next.Add(1) <= items {
	}
}
