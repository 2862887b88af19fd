package work

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"
)

// A contentionTwin is a workload with the arguments of its C twin, testdata/c/contention.c.
type contentionTwin struct {
	name, variant          string
	batch, inside, outside int64
	stride                 int64
	raw                    map[string]string
}

func (w contentionTwin) params() map[string]string {
	raw := map[string]string{"batch": itoa(int(w.batch)), "outside": itoa(int(w.outside))}
	switch w.name {
	case "mutex":
		raw["inside"], raw["sample"] = itoa(int(w.inside)), "0"
	case "false_sharing":
		raw["stride"] = itoa(int(w.stride))
	}
	for name, value := range w.raw {
		raw[name] = value
	}
	return raw
}

// compileContention returns the program of the C twins.
func compileContention(t testing.TB) string {
	t.Helper()
	cc, err := exec.LookPath("cc")
	if err != nil {
		t.Skip(err)
	}
	program := filepath.Join(t.TempDir(), "contention")
	if out, err := exec.Command(cc, "-O2", "-Wall", "-Werror", "-pthread", "-o", program, "testdata/c/contention.c").CombinedOutput(); err != nil {
		t.Fatalf("compile the C twins: %v\n%s", err, out)
	}
	return program
}

// run runs the C twin and returns what it prints.
func (w contentionTwin) run(t testing.TB, program, model string, workers int, items int64) (seconds float64, sum uint64) {
	t.Helper()
	args := []string{w.name, w.variant, model}
	for _, n := range []int64{int64(workers), items, w.batch, w.inside, w.outside, w.stride} {
		args = append(args, strconv.FormatInt(n, 10))
	}
	out, err := exec.Command(program, args...).CombinedOutput()
	if err == nil {
		_, err = fmt.Sscanf(string(out), "%g %x", &seconds, &sum)
	}
	if err != nil {
		t.Fatalf("the C twin %v: %v\n%s", args, err, out)
	}
	return seconds, sum
}

// What C makes of the definition: same items, same checksum, however they are dealt.
func TestContentionAgreesWithC(t *testing.T) {
	program := compileContention(t)
	for _, w := range []contentionTwin{
		{"mutex", "private", 16, 2, 3, 0, nil},
		{"mutex", "shared", 16, 2, 3, 0, nil},
		{"atomic", "shared", 50, 0, 1, 0, nil},
		{"atomic", "padded", 50, 0, 1, 0, map[string]string{"counter": "padded"}},
		{"false_sharing", "plain", 50, 0, 1, 8, nil},
		{"false_sharing", "atomic", 50, 0, 1, 64, map[string]string{"op": "atomic"}},
	} {
		want := sumOf(t, w.name, w.params(), 100)
		for _, workers := range []int{1, 3} {
			for _, model := range []string{"threads", "processes"} {
				if w.variant == "private" && model == "processes" {
					continue
				}
				if _, sum := w.run(t, program, model, workers, 100); sum != want {
					t.Errorf("%s %s in %d %s: C's sum is %x, Go's %x", w.name, w.variant, workers, model, sum, want)
				}
			}
		}
	}
}

// BenchmarkContentionAgainstC reports how fast threads of Go are as a share of C's,
// for one worker and two: the median of ten rounds, the least and the greatest. In each
// round Go and C run one after the other, so that what slows the machine
// down for a while slows both.
func BenchmarkContentionAgainstC(b *testing.B) {
	if os.Getenv("FORKLORE_C_BENCH") != "1" {
		b.Skip("compares with C for minutes: set FORKLORE_C_BENCH=1")
	}
	program := compileContention(b)
	shared := map[string]string{"form": "shared"}
	for _, w := range []contentionTwin{
		{"mutex", "private", 256, 16, 64, 0, nil},
		{"mutex", "private", 1024, 0, 0, 0, nil},
		{"mutex", "shared", 256, 16, 64, 0, shared},
		{"mutex", "shared", 1024, 0, 0, 0, shared},
		{"atomic", "shared", 4096, 0, 0, 0, nil},
		{"atomic", "padded", 4096, 0, 0, 0, map[string]string{"counter": "padded"}},
		{"false_sharing", "plain", 65536, 0, 0, 8, nil},
		{"false_sharing", "plain", 65536, 0, 0, 128, nil},
		{"false_sharing", "atomic", 65536, 0, 0, 8, map[string]string{"op": "atomic"}},
		{"false_sharing", "atomic", 65536, 0, 0, 128, map[string]string{"op": "atomic"}},
	} {
		for _, workers := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s-%s/%d-%d/stride-%d/workers-%d", w.name, w.variant, w.inside, w.outside, w.stride, workers), func(b *testing.B) {
				w.compare(b, program, workers)
			})
		}
	}
}

func (w contentionTwin) compare(b *testing.B, program string, workers int) {
	const rounds = 10
	items := int64(max(20, 20_000_000/(w.batch*(1+w.inside+w.outside))))
	var ratios, costs []float64
	for range rounds {
		ours := w.goSeconds(b, workers, items)
		theirs, _ := w.run(b, program, "threads", workers, items)
		ratios = append(ratios, theirs/ours)
		costs = append(costs, ours*1e9/float64(items*w.batch))
	}
	slices.Sort(ratios)
	slices.Sort(costs)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(costs[rounds/2], "go-ns/operation")
	b.ReportMetric(ratios[rounds/2], "go/c")
	b.ReportMetric(ratios[0], "go/c-min")
	b.ReportMetric(ratios[rounds-1], "go/c-max")
}

// goSeconds is how long workers take for the items, dealt as the C twin deals them.
func (w contentionTwin) goSeconds(b *testing.B, workers int, items int64) float64 {
	kind, ps := parsedKind(b, w.name, w.params())
	k, err := kind.New(ps, Env{Slots: workers, Workers: workers, Locked: true, Shared: pageAligned(kind.Shared(ps, workers))})
	if err != nil {
		b.Fatal(err)
	}
	var team sync.WaitGroup
	begin := time.Now()
	for slot := range workers {
		team.Go(func() {
			runtime.LockOSThread()
			for i := int64(slot); i < items; i += int64(workers) {
				if _, err := k.Do(context.Background(), Task{Lo: i, Hi: i + 1, Slot: slot}); err != nil {
					b.Error(err)
				}
			}
		})
	}
	team.Wait()
	seconds := time.Since(begin).Seconds()
	closeKernel(b, k)
	return seconds
}
