package work

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A twin is a workload and the same in C, testdata/c/compute.c.
type computeTwin struct {
	workload string
	raw      map[string]string
	c        string // its NAME there
	size     string
}

func computeTwins() []computeTwin {
	var twins []computeTwin
	for _, size := range []string{"262144", "67108864"} { // in the second-level cache, and in memory
		for _, op := range []string{"copy", "scale", "add", "triad"} {
			twins = append(twins, computeTwin{"triad", map[string]string{"size": size, "op": op}, op, size})
		}
	}
	for _, size := range []string{"32768", "1048576", "67108864"} {
		twins = append(twins, computeTwin{"pointer_chase", map[string]string{"size": size}, "pointer_chase", size})
	}
	for _, size := range []string{"1048576", "67108864"} {
		twins = append(twins,
			computeTwin{"gups", map[string]string{"size": size}, "gups", size},
			computeTwin{"gups", map[string]string{"size": size, "table": "shared"}, "gups-shared", size})
	}
	return append(twins, computeTwin{"nqueens", map[string]string{"n": "13"}, "nqueens", "13"})
}

// BenchmarkComputeAgainstC reports how fast one worker is as a share of what
// gcc -O2 makes of the same items: the median of the rounds, the least and the
// greatest. Rates are by processor time, and in each round Go and C run one after
// the other, so that what slows the machine down for a while slows both.
func BenchmarkComputeAgainstC(b *testing.B) {
	if os.Getenv("FORKLORE_C_BENCH") != "1" {
		b.Skip("compares with C for minutes: set FORKLORE_C_BENCH=1")
	}
	gcc, err := exec.LookPath("gcc")
	if err != nil {
		b.Skip(err)
	}
	program := filepath.Join(b.TempDir(), "compute")
	if out, err := exec.Command(gcc, "-O2", "-o", program, "testdata/c/compute.c").CombinedOutput(); err != nil {
		b.Fatalf("compile the C twins: %v\n%s", err, out)
	}
	for _, twin := range computeTwins() {
		b.Run(twin.c+"/"+twin.size, func(b *testing.B) { twin.compare(b, program) })
	}
}

const (
	computeRounds = 10
	computeRound  = 300 * time.Millisecond
)

func (twin computeTwin) compare(b *testing.B, program string) {
	kind, err := Lookup(twin.workload)
	if err != nil {
		b.Fatal(err)
	}
	ps, err := kind.Parse(twin.raw)
	if err != nil {
		b.Fatal(err)
	}
	unit := int64(1)
	switch {
	case kind.ItemByte != nil:
		unit = kind.ItemByte(ps)
	case kind.ItemOps != nil:
		unit = kind.ItemOps(ps)
	}
	k := newKernel(b, twin.workload, twin.raw, Env{Slots: 1})
	var ratios, rates []float64
	for range computeRounds {
		ours := float64(unit) * itemRate(b, k)
		ratios = append(ratios, ours/twin.rate(b, program))
		rates = append(rates, ours)
	}
	slices.Sort(ratios)
	slices.Sort(rates)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(computeMedian(rates), "go/s")
	b.ReportMetric(computeMedian(ratios), "go/c")
	b.ReportMetric(ratios[0], "go/c-min")
	b.ReportMetric(ratios[len(ratios)-1], "go/c-max")
}

// itemRate returns the items that one worker does, dealt one by one, in a second of
// its thread's processor time.
func itemRate(b *testing.B, k Kernel) float64 {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	begin, err := threadTime()
	for i := int64(0); err == nil; i++ {
		if _, err := k.Do(context.Background(), Task{Lo: i, Hi: i + 1}); err != nil {
			b.Fatal(err)
		}
		var now time.Duration
		if now, err = threadTime(); now-begin >= computeRound {
			return float64(i+1) / (now - begin).Seconds()
		}
	}
	b.Fatalf("read the thread's CPU clock: %v", err)
	return 0
}

func (twin computeTwin) rate(b *testing.B, program string) float64 {
	out, err := exec.Command(program, twin.c, strconv.FormatFloat(computeRound.Seconds(), 'f', -1, 64), twin.size).Output()
	if err != nil {
		b.Fatalf("run the C twin of %s: %v", twin.c, err)
	}
	rate, err := strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
	if err != nil {
		b.Fatalf("the C twin of %s printed %q: %v", twin.c, out, err)
	}
	return rate
}

func computeMedian(sorted []float64) float64 {
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
