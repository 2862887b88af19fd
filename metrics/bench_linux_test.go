package metrics

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"
)

// BenchmarkTick is the cost of one sample of 1, 16 and 128 live processes,
// machine and runner rows included, beside the least that any sampler must do:
// one read of each process's /proc/PID/stat. Both are timed in turn.
func BenchmarkTick(b *testing.B) {
	for _, n := range []int{1, 16, 128} {
		b.Run(fmt.Sprintf("procs=%d", n), func(b *testing.B) {
			procs := idle(b, n)
			r := newReader(procs, Options{Now: now, Metrics: []string{"cpu", "rss", "threads"}})
			beside(b, r.tick, procs)
		})
	}
}

// BenchmarkPhase is the same for a reading with PSS, private memory and
// descriptors, for which a trial stands still twice.
func BenchmarkPhase(b *testing.B) {
	for _, n := range []int{1, 16, 128} {
		b.Run(fmt.Sprintf("procs=%d", n), func(b *testing.B) {
			procs := idle(b, n)
			r := newReader(procs, Options{Now: now})
			beside(b, func() { r.phase() }, procs)
		})
	}
}

func beside(b *testing.B, reading func(), procs []Proc) {
	names := make([]string, len(procs))
	for i, p := range procs {
		names[i] = "/proc/" + strconv.Itoa(p.PID) + "/stat"
	}
	buf := make([]byte, 4096)
	var ours, bare time.Duration
	for b.Loop() {
		begin := time.Now()
		reading()
		middle := time.Now()
		for _, name := range names {
			f, err := os.Open(name)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := f.Read(buf); err != nil {
				b.Fatal(err)
			}
			f.Close()
		}
		ours += middle.Sub(begin)
		bare += time.Since(middle)
	}
	b.ReportMetric(float64(ours.Nanoseconds())/float64(b.N), "ns/reading")
	b.ReportMetric(float64(bare.Nanoseconds())/float64(b.N), "ns/bare")
	b.ReportMetric(float64(ours)/float64(bare), "x/bare")
}

// idle starts n processes that wait for the end of their input: small ones, for
// the cost of a reading without PSS does not depend on what they hold.
func idle(b *testing.B, n int) []Proc {
	b.Helper()
	procs := make([]Proc, n)
	for i := range procs {
		cmd := exec.Command("cat")
		in, err := cmd.StdinPipe()
		if err != nil {
			b.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			b.Skip(err)
		}
		b.Cleanup(func() { in.Close(); cmd.Wait() })
		procs[i] = Proc{cmd.Process.Pid, "worker"}
	}
	return procs
}
