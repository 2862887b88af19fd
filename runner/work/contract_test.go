package work

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// cheap holds parameters that keep an item under 100 us, so that the suite can
// run many.
var cheap = map[string]map[string]string{
	"empty":      {},
	"fsync":      {"size": "500"},
	"matmul":     {"n": "60"},
	"misbehave":  {},
	"montecarlo": {"pairs": "500"},
	"sha256":     {"size": "5000"},
	"sieve":      {"segment": "5000"},
	"touch":      {"size": "1MiB"},
	"trees":      {"depth": "6"},
	"triad":      {"size": "2MB"},
	"wait":       {"cpu": "20us", "wait": "20us"},
}

// kinds are all workloads by name.
var kinds = map[string]Kind{}

// everyKind runs a test for each workload, hidden ones included.
func everyKind(t *testing.T, test func(t *testing.T, kind Kind)) {
	for _, name := range slices.Sorted(maps.Keys(kinds)) {
		t.Run(name, func(t *testing.T) { test(t, kinds[name]) })
	}
}

func TestEveryKindIsDescribed(t *testing.T) {
	everyKind(t, func(t *testing.T, kind Kind) {
		if made, err := Lookup(kind.Name); err != nil || made.Name != kind.Name {
			t.Errorf("%q is described by another name: %v", kind.Name, err)
		}
		shapes := 0
		for _, is := range []bool{kind.New != nil, kind.Peer != nil, kind.Server != nil} {
			if is {
				shapes++
			}
		}
		if kind.Name == "" || kind.Summary == "" || kind.Item == "" || shapes != 1 {
			t.Errorf("incomplete: %+v", kind)
		}
		if strings.Contains(kind.Summary, "\n") || strings.HasSuffix(kind.Summary, ".") {
			t.Errorf("the summary is no plain line: %q", kind.Summary)
		}
		for _, part := range []string{"Definition:", "Source:", "Unit:", "Stresses:", "Does not say:"} {
			if !strings.Contains(kind.Doc, part) {
				t.Errorf("the doc lacks %q", part)
			}
		}
		if kind.ItemByte != nil {
			ps, err := kind.Parse(nil)
			if err != nil || kind.ItemByte(ps) <= 0 {
				t.Errorf("an item of the defaults %v has no bytes: %v", ps, err)
			}
		}
	})
}

func TestEveryParameterIsStrict(t *testing.T) {
	everyKind(t, func(t *testing.T, kind Kind) {
		if _, err := kind.Parse(map[string]string{"no-such-thing": "1"}); err == nil {
			t.Error("an unknown parameter was accepted")
		}
		for _, p := range kind.Params {
			if got, err := p.Check(p.Default); err != nil || got != p.Default {
				t.Errorf("%s: the default %q checks as %q, %v", p.Name, p.Default, got, err)
			}
			if p.Doc == "" {
				t.Errorf("%s has no doc", p.Name)
			}
			for _, text := range outside(p) {
				if got, err := p.Check(text); err == nil {
					t.Errorf("%s: %q was accepted as %q; allowed is %s", p.Name, text, got, p.Allowed())
				}
				if _, err := kind.Parse(map[string]string{p.Name: text}); err == nil {
					t.Errorf("%s: Parse accepted %q", p.Name, text)
				}
			}
			for _, text := range limits(p) {
				if got, err := p.Check(text); err != nil || got != text {
					t.Errorf("%s: the limit %q checks as %q, %v", p.Name, text, got, err)
				}
			}
		}
	})
}

// outside returns texts that p must refuse: one step beyond each limit, and
// rubbish.
func outside(p Param) []string {
	rubbish := []string{"", " ", "rubbish", "1;2", "[1]", "1x", "0x8", "~", "NaN"}
	switch p.Type {
	case "int", "bytes":
		return append(rubbish, whole(p.Min-1), whole(p.Max+1), whole(p.Max)+".5")
	case "duration":
		return append(rubbish, (seconds(p.Min) - 1).String(), (seconds(p.Max) + 1).String(), whole(p.Max))
	case "float":
		return append(rubbish, strconv.FormatFloat(p.Min-1, 'g', -1, 64), strconv.FormatFloat(p.Max+1, 'g', -1, 64))
	}
	return append(rubbish, "True", "yes")
}

// limits returns p's least and largest value in canonical spelling, where it
// has them.
func limits(p Param) []string {
	switch p.Type {
	case "int", "bytes":
		return []string{whole(p.Min), whole(p.Max)}
	case "duration":
		return []string{showDuration(seconds(p.Min)), showDuration(seconds(p.Max))}
	}
	return nil
}

func whole(f float64) string { return strconv.FormatFloat(f, 'f', 0, 64) }

// A layout is the workers of each process of a trial.
var layouts = map[string][]int{"one worker": {1}, "one process": {3}, "processes": {1, 1, 1}, "hybrid": {2, 2}}

func TestAnyPartitionGivesTheSameSum(t *testing.T) {
	everyKind(t, func(t *testing.T, kind Kind) {
		for _, raw := range []map[string]string{cheap[kind.Name], smallest(kind)} {
			const items = 40
			want := sumOf(t, kind.Name, raw, items)
			if less := sumOf(t, kind.Name, raw, items-1); less == want {
				t.Errorf("%v: the sum does not show that an item is missing", raw)
			}
			for name, layout := range layouts {
				if refused(t, kind, raw, layout) {
					continue
				}
				for seed := range uint64(3) {
					if got := deal(t, kind, raw, layout, cut(items, seed)); got != want {
						t.Errorf("%v: %s, partition %d: sum %x, want %x", raw, name, seed, got, want)
					}
				}
			}
		}
	})
}

// refused reports whether a workload has no counterpart in a layout.
func refused(t *testing.T, kind Kind, raw map[string]string, layout []int) bool {
	t.Helper()
	ps, err := kind.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	l := Layout{Model: "processes", Processes: len(layout)}
	for _, slots := range layout {
		l.Workers += slots
	}
	switch {
	case l.Workers == 1:
		l.Model = "sequential"
	case l.Processes == 1:
		l.Model = "goroutines"
	case l.Workers > l.Processes:
		l.Model = "hybrid"
	}
	l.Cores = l.Workers
	return kind.Refuse != nil && kind.Refuse(ps, l) != ""
}

// smallest returns every parameter of kind at its least value.
func smallest(kind Kind) map[string]string {
	raw := map[string]string{}
	for _, p := range kind.Params {
		if ends := limits(p); ends != nil {
			raw[p.Name] = ends[0]
		}
	}
	return raw
}

// cut parts items [0, n): in one range for seed 0, one by one for seed 1, else
// at random, empty ranges included; in random order.
func cut(n int64, seed uint64) []Task {
	if seed == 0 {
		return []Task{{Lo: 0, Hi: n}}
	}
	random := rand.New(rand.NewPCG(seed, 1))
	var tasks []Task
	for lo := int64(0); lo < n; {
		hi := lo + 1
		if seed > 1 {
			hi = min(n, lo+random.Int64N(7))
		}
		tasks = append(tasks, Task{Lo: lo, Hi: hi})
		lo = hi
	}
	random.Shuffle(len(tasks), func(i, j int) { tasks[i], tasks[j] = tasks[j], tasks[i] })
	return tasks
}

// deal runs tasks on the workers of a layout, all at once, and adds up.
func deal(t *testing.T, kind Kind, raw map[string]string, layout []int, tasks []Task) uint64 {
	t.Helper()
	queue := make(chan Task, len(tasks))
	for _, task := range tasks {
		queue <- task
	}
	close(queue)
	sums := make(chan uint64, len(tasks))
	var workers sync.WaitGroup
	for _, k := range crewOf(t, kind, raw, layout) {
		workers.Go(func() {
			for task := range queue {
				task.Slot = k.slot
				sum, err := k.Do(t.Context(), task)
				if err != nil {
					t.Errorf("items %d to %d: %v", task.Lo, task.Hi, err)
				}
				sums <- sum
			}
		})
	}
	workers.Wait()
	close(sums)
	var total uint64
	for sum := range sums {
		total += sum
	}
	return total
}

// A member is one worker of a trial: a slot of the kernel of its process.
type member struct {
	Kernel
	slot int
}

// crewOf sets up the workers of a layout, all of them before any works, as the
// host's gate has it.
func crewOf(t *testing.T, kind Kind, raw map[string]string, layout []int) []member {
	t.Helper()
	env := Env{Dir: t.TempDir()}
	for _, slots := range layout {
		env.Workers += slots
	}
	if len(layout) > 1 {
		env.Processes = len(layout)
	}
	env.Shared = sharedBy(t, kind, raw, env.Workers)
	var crew []member
	for _, env.Slots = range layout {
		k := makeKernel(t, kind.Name, raw, env)
		for slot := range env.Slots {
			crew = append(crew, member{k, slot})
		}
		env.Rank += env.Slots
	}
	var preparing sync.WaitGroup // all at once: they may wait for each other
	for _, m := range crew {
		preparing.Go(func() {
			if p, ok := m.Kernel.(Preparer); ok {
				if err := p.Prepare(t.Context(), m.slot); err != nil {
					t.Errorf("prepare slot %d: %v", m.slot, err)
				}
			}
		})
	}
	preparing.Wait()
	return crew
}

func TestEmptyRangeIsZero(t *testing.T) {
	everyKind(t, func(t *testing.T, kind Kind) {
		k := newKernel(t, kind.Name, cheap[kind.Name], Env{Slots: 1, Dir: t.TempDir()})
		for _, at := range []int64{0, 7} {
			if sum, err := k.Do(t.Context(), Task{Lo: at, Hi: at}); sum != 0 || err != nil {
				t.Errorf("[%d, %d): sum %x, %v", at, at, sum, err)
			}
		}
	})
}

// A range that would take hours must end soon after ctx does.
func TestCancellation(t *testing.T) {
	long := maps.Clone(cheap)
	long["wait"] = map[string]string{"wait": "1m"}
	everyKind(t, func(t *testing.T, kind Kind) {
		k := newKernel(t, kind.Name, long[kind.Name], Env{Slots: 1, Dir: t.TempDir()})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			_, err := k.Do(ctx, Task{Lo: 0, Hi: 1 << 50})
			ended <- err
		}()
		cancel()
		select {
		case err := <-ended:
			if !errors.Is(err, context.Canceled) {
				t.Errorf("ended with %v, want the context's error", err)
			}
		case <-time.After(20 * time.Second):
			t.Fatal("still at work 20 s after the context ended")
		}
	})
}

func TestCloseGivesBack(t *testing.T) {
	everyKind(t, func(t *testing.T, kind Kind) {
		dir := t.TempDir()
		k := newKernel(t, kind.Name, cheap[kind.Name], Env{Slots: 2, Dir: dir})
		if _, err := k.Do(t.Context(), Task{Lo: 0, Hi: 3, Slot: 1}); err != nil {
			t.Fatal(err)
		}
		closeKernel(t, k)
		closeKernel(t, k) // a second time does no harm
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("left in the scratch folder: %v, %v", left, err)
		}
	})
}

func TestDoDoesNotAllocate(t *testing.T) {
	everyKind(t, func(t *testing.T, kind Kind) {
		k := newKernel(t, kind.Name, cheap[kind.Name], Env{Slots: 1, Dir: t.TempDir()})
		ctx := t.Context()
		task := Task{Lo: 1, Hi: 11}
		if n := testing.AllocsPerRun(20, func() { k.Do(ctx, task) }); kind.Allocates != (n > 0) {
			t.Errorf("%v allocations in ten items, while the kind says Allocates: %v", n, kind.Allocates)
		}
	})
}
