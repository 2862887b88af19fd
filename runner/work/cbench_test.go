//go:build linux && (amd64 || arm64)

package work

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"golang.org/x/sys/unix"

	"forklore/internal/perf"
)

// againstC are the workloads that are held against their twins in C. Where Go
// is known to be slower, why says for what reason.
var againstC = []struct{ name, params, why string }{
	{name: "getppid", why: "Go calls two functions more on the way to each call, about 6 ns"},
	{name: "sched_yield"},
	{name: "futex", params: "call=wake private=true", why: "by chance the word's bucket is one where a thread of Go's runtime sleeps: 150 and not 130 ns"},
	{name: "futex", params: "call=wake private=false"},
	{name: "futex", params: "call=wait private=true"},
	{name: "futex", params: "call=wait private=false"},
	{name: "eventfd"},
	{name: "pipe_self"},
	{name: "pipe_self", params: "size=65536"},
	{name: "epoll", params: "call=wait"},
	{name: "epoll", params: "call=ctl"},
	{name: "timer", params: "of=timerfd call=settime"},
	{name: "timer", params: "of=timerfd call=gettime"},
	{name: "timer", params: "of=posix call=settime"},
	{name: "timer", params: "of=posix call=gettime"},
	{name: "signal", params: "how=taken"},
	{name: "signal", params: "how=ignored"},
	{name: "signal", params: "how=handled", why: "the handler is that of Go's runtime, and not an empty function"},
	{name: "lseek", why: "alone, C needs neither a reference of the file nor the lock of its place"},
	{name: "dup_close"},
	{name: "read"},
	{name: "read", params: "direct=true"},
	{name: "write"},
	{name: "pread"},
	{name: "fallocate"},
	{name: "ftruncate"},
	{name: "open_close"},
	{name: "unlink"},
	{name: "rename", params: "where=same_dir"},
	{name: "rename", params: "where=across"},
	{name: "poll", params: "fds=1"},
	{name: "poll", params: "fds=128", why: "alone, C need not count a reference of each file"},
	{name: "mmap", params: "of=anonymous sharing=private"},
	{name: "mmap", params: "of=anonymous sharing=shared"},
	{name: "mmap", params: "of=file sharing=private"},
	{name: "page_fault", params: "of=anonymous"},
	{name: "page_fault", params: "of=file sharing=private"},
	{name: "page_fault", params: "of=file sharing=shared"},
	{name: "page_fault", params: "of=file sharing=private access=read"},
	{name: "mremap", params: "call=mremap"},
	{name: "mremap", params: "call=brk"},
	{name: "malloc", params: "size=134217728"},
	{name: "malloc", params: "allocator=go size=1024", why: "Go clears each block and collects what is dropped; glibc hands the same block out again"},
}

// BenchmarkKernelsAgainstC runs each workload and its twin in turn, on one processor,
// and prints Go's operations per second over C's. The twin runs twice: in a
// second thread while the first waits, since a process in Go has several and
// the kernel then locks what threads share, and in its only thread, as the
// cheapest that there is. It takes minutes, so it wants FORKLORE_C_BENCH=1;
// FORKLORE_C_ROUNDS sets the rounds of 0.3 s.
//
//	FORKLORE_C_BENCH=1 go test -run=^$ -bench=KernelsAgainstC -benchtime=1x ./runner/work
func BenchmarkKernelsAgainstC(b *testing.B) {
	if os.Getenv("FORKLORE_C_BENCH") != "1" {
		b.Skip("holds Go against C for minutes: set FORKLORE_C_BENCH=1")
	}
	twins := buildTwins(b)
	rounds := 10
	if text := os.Getenv("FORKLORE_C_ROUNDS"); text != "" {
		rounds = must(strconv.Atoi(text))("FORKLORE_C_ROUNDS")
	}
	var table strings.Builder
	var below []string
	rows := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(rows, "workload\tGo/s\tGo/C: median [min, max]\tGo/C of one thread\t")
	for _, c := range againstC {
		b.Run(strings.TrimSpace(c.name+" "+c.params), func(b *testing.B) {
			var d duel
			for b.Loop() {
				d = holdAgainst(b, twins, c.name, c.params, rounds)
			}
			b.ReportMetric(median(d.threads), "Go/C")
			b.ReportMetric(median(d.alone), "Go/C1")
			fmt.Fprintf(rows, "%s %s\t%.3g\t%s\t%s\t%s\n", c.name, c.params, median(d.rates), within(d.threads), within(d.alone), c.why)
			if median(d.threads) < atLeast {
				below = append(below, fmt.Sprintf("%s %s: %s", c.name, c.params, profiled(b, c.name, c.params)))
			}
		})
	}
	rows.Flush()
	fmt.Printf("%d rounds of %v each\n%s", rounds, duelTime, table.String())
	if len(below) > 0 {
		fmt.Printf("below %v of C; where Go spends its time there:\n%s\n", atLeast, strings.Join(below, "\n"))
	}
}

// atLeast is the share of C's operations per second that Go is to reach.
const atLeast = 0.95

// profiled runs a workload once more and says where its time goes.
func profiled(b *testing.B, name, params string) string {
	b.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer onOneCPU(b)()
	kind, ps := parsedKind(b, name, rawParams(params))
	k := newKernel(b, name, rawParams(params), Env{Slots: 1, Workers: 1, Dir: b.TempDir(), Locked: true})
	defer closeKernel(b, k)
	p, err := perf.Self(filepath.Join(b.TempDir(), "perf.data"), func() { goRate(b, k, kind.ItemOps(ps)) })
	if err != nil {
		return err.Error()
	}
	return p.String()
}

const duelTime = 300 * time.Millisecond

// duel are Go's rates, and their ratios to the twin's of the same round.
type duel struct{ rates, threads, alone []float64 }

func buildTwins(b *testing.B) string {
	b.Helper()
	gcc, err := exec.LookPath("gcc")
	if err != nil {
		b.Skip(err)
	}
	sources, err := filepath.Glob("testdata/c/kernels/*.c")
	if err != nil || len(sources) == 0 {
		b.Fatalf("the twins' sources: %v, %v", sources, err)
	}
	program := filepath.Join(b.TempDir(), "kernels")
	if out, err := exec.Command(gcc, append([]string{"-O2", "-Wall", "-Werror", "-pthread", "-o", program}, sources...)...).CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	return program
}

// holdAgainst measures one workload. All threads of both programs run on one
// processor, the twin's by inheritance: others would have to be told of every
// unmapping. Each round makes its files and memory anew, as the twin does: a
// file that the kernel has written back meanwhile is dearer to write to.
func holdAgainst(b *testing.B, twins, name, params string, rounds int) duel {
	b.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer onOneCPU(b)()
	kind, ps := parsedKind(b, name, rawParams(params))
	ops := kind.ItemOps(ps)
	arguments := append([]string{name, fmt.Sprint(duelTime.Seconds()), fmt.Sprintf("batch=%d", ops), "dir=" + b.TempDir()}, strings.Fields(params)...)
	var d duel
	for range rounds {
		k := newKernel(b, name, rawParams(params), Env{Slots: 1, Workers: 1, Dir: b.TempDir(), Locked: true})
		if _, err := k.Do(b.Context(), Task{Hi: 1}); err != nil { // what happens once happens before
			b.Fatal(err)
		}
		rate := goRate(b, k, ops)
		closeKernel(b, k)
		d.rates = append(d.rates, rate)
		d.threads = append(d.threads, rate/cRate(b, twins, append(arguments, "threads=true")))
		d.alone = append(d.alone, rate/cRate(b, twins, arguments))
	}
	return d
}

// onOneCPU keeps all threads there are on the last processor that this one may
// run on, until what it returns is called.
func onOneCPU(b *testing.B) (undo func()) {
	b.Helper()
	var before, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		b.Fatal(err)
	}
	for cpu := len(before)*64 - 1; cpu >= 0 && one.Count() == 0; cpu-- {
		if before.IsSet(cpu) {
			one.Set(cpu)
		}
	}
	allThreadsOn(b, &one)
	return func() { allThreadsOn(b, &before) }
}

func allThreadsOn(b *testing.B, cpus *unix.CPUSet) {
	b.Helper()
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		b.Fatal(err)
	}
	for _, thread := range threads {
		tid := must(strconv.Atoi(thread.Name()))("number of a thread")
		if err := unix.SchedSetaffinity(tid, cpus); err != nil && err != unix.ESRCH { // it has ended
			b.Fatal(err)
		}
	}
}

// goRate returns operations per second of the process's processor time, counted
// as the twin counts.
func goRate(b *testing.B, k Kernel, ops int64) float64 {
	b.Helper()
	start, used, i := time.Now(), processTime(b), int64(0)
	for time.Since(start) < duelTime {
		if _, err := k.Do(b.Context(), Task{Lo: i, Hi: i + 1}); err != nil {
			b.Fatal(err)
		}
		i++
	}
	return float64(i*ops) / (processTime(b) - used).Seconds()
}

func processTime(b *testing.B) time.Duration {
	b.Helper()
	var used unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Nano())
}

func cRate(b *testing.B, twins string, arguments []string) float64 {
	b.Helper()
	out, err := exec.Command(twins, arguments...).CombinedOutput()
	if err != nil {
		b.Fatalf("%v: %v\n%s", arguments, err, out)
	}
	return must(strconv.ParseFloat(strings.TrimSpace(string(out)), 64))("the twin's output")
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

func within(values []float64) string {
	return fmt.Sprintf("%.3f [%.3f, %.3f]", median(values), slices.Min(values), slices.Max(values))
}
