package work

import (
	"errors"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

func init() { cheap["spawn"] = map[string]string{"k": "3"} }

// spawnEnvs are what a process is told by each model.
var spawnEnvs = map[string]Env{
	"goroutines": {Slots: 1, Workers: 1},
	"threads":    {Slots: 1, Workers: 1, Locked: true},
	"processes":  {Slots: 1, Workers: 1, Processes: 1},
}

// newSpawner sets up one of the workloads that create executors, unless the system cannot.
func newSpawner(t testing.TB, name string, raw map[string]string, env Env) Kernel {
	t.Helper()
	kind, ps := parsedKind(t, name, raw)
	k, err := kind.New(ps, env)
	if errors.As(err, &Unavailable{}) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeKernel(t, k) })
	for slot := range env.Slots {
		prepare(t, k, slot)
	}
	return k
}

// Sums of items 0 to 2 as a Python program computes them from the definition
// and SplitMix64.
func TestSpawnSumsWhatExecutorsReturn(t *testing.T) {
	sums := map[int]uint64{1: 0x235309cc7a7b6d0a, 3: 0x4d58f35145de6190, 16: 0x11a11e26cdba3d50, 200: 0xc801d194797cdfb6}
	for model, env := range spawnEnvs {
		for _, image := range []string{"self", "static"} {
			if image == "static" && model != "processes" {
				continue
			}
			t.Run(model+"/"+image, func(t *testing.T) {
				for k, want := range sums {
					if k > 16 && model == "processes" && image == "self" {
						continue // seconds
					}
					s := newSpawner(t, "spawn", map[string]string{"k": strconv.Itoa(k), "image": image}, env)
					if sum, err := s.Do(t.Context(), Task{Lo: 0, Hi: 3}); err != nil || sum != want {
						t.Errorf("k %d: sum %x, %v; want %x", k, sum, err, want)
					}
				}
			})
		}
	}
}

// Every executor has its own label, and the label its number, whatever the item.
func TestLabelsAreArguments(t *testing.T) {
	for item := range int64(20) {
		seen := map[uint64]bool{}
		for i := range 1000 {
			l := newLabel(scramble(uint64(item)), i)
			if seen[l] || numberOf(l) != i || l&highBits != highBits {
				t.Fatalf("item %d, executor %d: label %x", item, i, l)
			}
			seen[l] = true
		}
	}
}

// All first instructions are measured where executors are dear, those of one item in
// sixteen where they are cheap.
func TestSpawnMeasures(t *testing.T) {
	const items, k = 32, 4
	for model, want := range map[string]int64{"goroutines": items * k / sparing, "threads": items * k, "processes": items * k} {
		t.Run(model, func(t *testing.T) {
			s := newSpawner(t, "spawn", map[string]string{"k": strconv.Itoa(k)}, spawnEnvs[model])
			for range 2 { // the second time counts anew
				if _, err := s.Do(t.Context(), Task{Lo: 0, Hi: items}); err != nil {
					t.Fatal(err)
				}
				r := s.(Measurer).Measure(0)
				if n := countOf(r.Hists["first_s"]); n != want {
					t.Errorf("%d first instructions, want %d", n, want)
				}
				if r.Values["create_s"] <= 0 || r.Values["join_s"] <= 0 {
					t.Errorf("no times of calls: %v", r.Values)
				}
			}
		})
	}
}

func countOf(h *Histogram) (n int64) {
	for _, b := range h.Buckets() {
		n += b.Count
	}
	return n
}

func TestSpawnRefuses(t *testing.T) {
	kind, _ := Lookup("spawn")
	for _, model := range []string{"sequential", "goroutines", "threads", "processes", "hybrid"} {
		for _, image := range []string{"self", "static"} {
			ps, _ := kind.Parse(map[string]string{"image": image})
			refused := kind.Refuse(ps, Layout{Model: model})
			want := image == "static" && (model != "processes" && model != "hybrid" || runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64")
			if (refused != "") != want || strings.HasSuffix(refused, ".") {
				t.Errorf("%s, %s: %q", model, image, refused)
			}
		}
	}
	ps, _ := kind.Parse(map[string]string{"image": "static"})
	if _, err := kind.New(ps, spawnEnvs["goroutines"]); !errors.As(err, &Unavailable{}) {
		t.Errorf("a static image of goroutines: %v", err)
	}
}
