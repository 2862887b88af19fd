package plots

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"forklore/metrics/digest"
)

// large is a run of 205 cells with ten trials each, and as many readings and
// iterations of each trial as a digest keeps.
func large() *digest.Digest {
	return synth{labels: []string{"sieve", "trees", "triad", "sha256", "fsync"}, models: allModels,
		cores: []int{1, 2, 4, 8, 12, 16, 24, 32, 48, 64}, trials: 10, readings: 50, iterations: 200}.digest()
}

// BenchmarkRender draws every chart of a large run on one core. It reports the
// CPU time of one rendering and the peak memory of the process.
func BenchmarkRender(b *testing.B) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	d, dir := large(), b.TempDir()
	os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) // forgets the peak, where the kernel lets it
	before := cpuTime(b)
	for b.Loop() {
		if _, err := Render(d, dir, Options{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric((cpuTime(b)-before)/float64(b.N), "cpu-s/op")
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return
	}
	var kB float64
	if _, rest, ok := strings.Cut(string(data), "VmHWM:"); ok {
		fmt.Sscan(rest, &kB)
		b.ReportMetric(kB/1024, "peak-MiB")
	}
}

// BenchmarkChart draws one chart of a large run after the other.
func BenchmarkChart(b *testing.B) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	d, dir := large(), b.TempDir()
	for _, c := range Charts() {
		b.Run(c.Name, func(b *testing.B) {
			for b.Loop() {
				if _, err := Render(d, dir, Options{Charts: []string{c.Name}}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func cpuTime(b *testing.B) float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return float64(u.Utime.Sec+u.Stime.Sec) + float64(u.Utime.Usec+u.Stime.Usec)/1e6
}

// TestLargeSheet holds what it takes to paint a sheet of 12 000 lines: memory
// in bytes for each dot, which hang on nothing but the code. Four bytes were
// the dots alone, before they became runs.
func TestLargeSheet(t *testing.T) {
	d := synth{labels: []string{"sieve", "trees", "triad", "sha256", "fsync"}, models: allModels,
		cores: []int{1, 2, 4, 8, 12, 16, 24, 32, 48, 64}, trials: 3}.digest()
	c, err := Lookup("iterations")
	if err != nil {
		t.Fatal(err)
	}
	table, err := c.Table(d)
	if err != nil {
		t.Fatal(err)
	}
	s := newSheet(table)
	c.Draw(s, table)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	p := s.picture(ScreenDPI)
	runtime.ReadMemStats(&after)
	dots := float64(p.width) * float64(len(p.rows))
	if dots < 12_000*1600 {
		t.Fatalf("the sheet has only %.0f dots", dots)
	}
	if kept := float64(len(p.runs)+8*len(p.rows)) / dots; kept > 0.5 {
		t.Errorf("the runs take %.2f bytes a dot", kept)
	}
	if taken := float64(after.TotalAlloc-before.TotalAlloc) / dots; taken > 4 {
		t.Errorf("painting allocates %.2f bytes a dot", taken)
	}
}
