package link

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"forklore/internal/perf"
)

// block is how many round trips or laps are timed together, here and in the
// programs in C, which print the median over blocks: what else the machine does
// disturbs some of them.
const block = 100

func init() {
	acts["pingpong"] = pingpong
	acts["laps"] = laps
}

// blocks times what is done a hundred times.
type blocks struct {
	begin time.Time
	means []float64 // ns
}

// done ends number k.
func (b *blocks) done(k int) {
	if k%block != block-1 {
		return
	}
	end := time.Now()
	b.means = append(b.means, float64(end.Sub(b.begin).Nanoseconds())/block)
	b.begin = end
}

// print prints the median of what each took, divided by parts.
func (b *blocks) print(parts int) {
	_, mid, _ := spread(b.means)
	fmt.Printf("%.1f\n", mid/float64(parts))
}

// pingpong does what testdata/c/pingpong.c does.
func pingpong(c Comm, s scene) error {
	m := bytes.Repeat([]byte{1}, s.Plan.Max)
	peer := 1 - c.Rank()
	b := blocks{begin: time.Now(), means: make([]float64, 0, s.Count/block)}
	for k := range s.Count {
		if c.Rank() == 0 {
			m[0] = byte(k)
			if err := c.Send(peer, m); err != nil {
				return err
			}
		}
		if _, err := c.Recv(peer, m); err != nil {
			return err
		}
		if m[0] != byte(k) {
			return fmt.Errorf("message %d came as %d", byte(k), m[0])
		}
		if c.Rank() == 0 {
			b.done(k)
		} else if err := c.Send(peer, m); err != nil {
			return err
		}
	}
	if c.Rank() == 0 {
		b.print(1)
	}
	return nil
}

// laps does what testdata/c/ring.c does.
func laps(c Comm, s scene) error {
	m := make([]byte, 8)
	before, next := (c.Rank()+c.Size()-1)%c.Size(), (c.Rank()+1)%c.Size()
	b := blocks{begin: time.Now(), means: make([]float64, 0, s.Count/block)}
	receive := func() (uint64, error) {
		_, err := c.Recv(before, m)
		return binary.NativeEndian.Uint64(m), err
	}
	var token uint64
	var err error
	for k := range s.Count {
		if c.Rank() > 0 {
			if token, err = receive(); err != nil {
				return err
			}
		}
		binary.NativeEndian.PutUint64(m, token+1)
		if err := c.Send(next, m); err != nil {
			return err
		}
		if c.Rank() == 0 {
			if token, err = receive(); err != nil {
				return err
			}
			b.done(k)
		}
	}
	if c.Rank() > 0 {
		return nil
	}
	if want := uint64(c.Size() * s.Count); token != want {
		return fmt.Errorf("the token counts %d hops, want %d", token, want)
	}
	b.print(c.Size())
	return nil
}

// The same traffic between processes in C and here, in turn. It measures: run
// it alone, with FORKLORE_C_BENCH=1.
func TestAgainstC(t *testing.T) {
	if os.Getenv("FORKLORE_C_BENCH") == "" {
		t.Skip("a measurement: ask for it with FORKLORE_C_BENCH=1")
	}
	dir := t.TempDir()
	for _, name := range []string{"pingpong", "ring"} {
		build := exec.Command("gcc", "-O2", "-std=c11", "-o", filepath.Join(dir, name), filepath.Join("testdata", "c", name+".c"), "-lrt", "-pthread")
		if text, err := build.CombinedOutput(); err != nil {
			t.Skipf("compile %s.c: %v\n%s", name, err, text)
		}
	}
	const count = 20000
	for _, cpus := range []int{1, 2} {
		for _, link := range []string{"pipe", "socketpair", "mqueue", "shm"} {
			for _, size := range []int{8, 4096} {
				s := scene{Plan: Plan{Link: link, Pairs: chained(2), Max: size, Fixed: true}, Ranks: 2, Act: "pingpong", Count: count}
				rival(t, fmt.Sprintf("%s %dB", link, size), cpus, s, filepath.Join(dir, "pingpong"), link, strconv.Itoa(size), strconv.Itoa(count))
			}
		}
		for _, n := range []int{2, 8} {
			s := scene{Plan: Plan{Link: "pipe", Max: 8, Fixed: true}, Ranks: n, Act: "laps", Count: count / n}
			for r := range n {
				s.Plan.Pairs = append(s.Plan.Pairs, Pair{r, (r + 1) % n})
			}
			rival(t, fmt.Sprintf("ring of %d", n), cpus, s, filepath.Join(dir, "ring"), strconv.Itoa(n), strconv.Itoa(count/n))
		}
	}
}

// rival runs a scene in processes and a program in C in turn, and prints the
// ratios of times: to C with a second thread that sleeps, since a process in Go always has
// several and the kernel then counts what threads share, and to C in its only thread, as
// the cheapest that there is.
func rival(t *testing.T, name string, cpus int, s scene, program ...string) {
	const rounds = 15
	var ratios, alone, ours, theirs []float64
	for range rounds {
		onCPUs(t, cpus, func() {
			theirs = append(theirs, timeC(t, 2, program...))
			ours = append(ours, number(t, timeScene(t, s)))
			alone = append(alone, ours[len(ours)-1]/timeC(t, 1, program...))
		})
		ratios = append(ratios, ours[len(ours)-1]/theirs[len(theirs)-1])
	}
	low, mid, high := spread(ratios)
	lowest, middle, highest := spread(alone)
	_, a, _ := spread(ours)
	_, b, _ := spread(theirs)
	t.Logf("%d CPUs, %-16s Go %7.0f ns, C %7.0f ns, ratio %.3f [%.3f, %.3f], to C of one thread %.3f [%.3f, %.3f]",
		cpus, name, a, b, mid, low, high, middle, lowest, highest)
	if mid > target {
		onCPUs(t, cpus, func() { t.Logf("        %s", profile(t, s)) })
	}
}

func timeC(t *testing.T, threads int, program ...string) float64 {
	c := exec.Command(program[0], program[1:]...)
	c.Env = append(os.Environ(), fmt.Sprint("THREADS=", threads))
	text, err := c.Output()
	if err != nil {
		t.Fatalf("%s: %v", program, err)
	}
	return number(t, text)
}

// target is what a ratio is to reach. One that does not comes with a profile of rank 0.
const target = 1.10

// profile says where the time of rank 0 goes.
func profile(t *testing.T, s scene) string {
	s.Count *= 10 // enough to look at
	file := filepath.Join(t.TempDir(), "perf.data")
	words, err := perf.Wrap(file, os.Args[0])
	if err != nil {
		return err.Error()
	}
	timeScene(t, s, words...)
	p, err := perf.Read(file)
	if err != nil {
		return err.Error()
	}
	return p.String()
}

// onCPUs runs what starts processes on a thread that has only so many CPUs.
func onCPUs(t *testing.T, n int, start func()) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var was, few unix.CPUSet
	if err := unix.SchedGetaffinity(0, &was); err != nil {
		t.Fatal(err)
	}
	for cpu := 0; cpu < 1024 && few.Count() < n; cpu++ {
		if was.IsSet(cpu) {
			few.Set(cpu)
		}
	}
	if err := unix.SchedSetaffinity(0, &few); err != nil {
		t.Fatal(err)
	}
	start()
	if err := unix.SchedSetaffinity(0, &was); err != nil {
		t.Fatal(err)
	}
}

// timeScene runs a scene, rank 0 by the words of a wrapper if there are any.
func timeScene(t *testing.T, s scene, wrapper ...string) (text []byte) {
	f, err := Open(s.Plan, s.Ranks, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var children []*child
	for rank := range s.Ranks {
		words := os.Args[:1]
		if rank == 0 && len(wrapper) > 0 {
			words = wrapper
		}
		children = append(children, startChildBy(t, words, f, s, rank, rank+1))
	}
	for i, c := range children {
		if err := c.wait(t); err != nil {
			t.Fatalf("child %d: %v", i, err)
		}
	}
	buffer := make([]byte, 100)
	n, err := children[0].stdout.Read(buffer)
	if err != nil {
		t.Fatal(err)
	}
	return buffer[:n]
}

func number(t *testing.T, text []byte) float64 {
	f, err := strconv.ParseFloat(strings.TrimSpace(string(text)), 64)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func spread(list []float64) (low, mid, high float64) {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[0], sorted[len(sorted)/2], sorted[len(sorted)-1]
}
