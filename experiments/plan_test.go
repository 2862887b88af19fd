package experiments

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const small = `question: Q?
workloads: [sieve, {use: matmul, n: [64, 128]}]
models: [sequential, goroutines, processes]
cores: [1, 2]
trials: 4
warmup: 2
seed: 7
`

func planOf(t testing.TB, text string, opt Options) *Plan {
	t.Helper()
	e, err := Load(Source{File: "test.yaml", Text: []byte(text)}, testCatalogue(4), opt)
	if err != nil {
		t.Fatal(err)
	}
	p, err := e.Plan()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestCellID changes every field of a cell in turn: each must change the ID.
func TestCellID(t *testing.T) {
	base := Cell{Params: map[string]string{"n": "1"}}
	seen := map[string]string{base.hash(): "nothing"}
	check := func(field string, c Cell) {
		if was, ok := seen[c.hash()]; ok {
			t.Errorf("changing %s gives the same ID as changing %s", field, was)
		}
		seen[c.hash()] = field
	}
	var change func(path []int, typ reflect.Type)
	change = func(path []int, typ reflect.Type) {
		for i := range typ.NumField() {
			f := typ.Field(i)
			if f.Name == "ID" {
				continue
			}
			at := append(slices.Clone(path), i)
			c := base
			v := reflect.ValueOf(&c).Elem().FieldByIndex(at)
			switch f.Type.Kind() {
			case reflect.String:
				v.SetString("changed")
			case reflect.Int, reflect.Int64:
				v.SetInt(17)
			case reflect.Float64:
				v.SetFloat(1.5)
			case reflect.Map:
				v.Set(reflect.ValueOf(map[string]string{"n": "2"}))
			case reflect.Struct:
				change(at, f.Type)
				continue
			case reflect.Pointer:
				continue // a command: see below
			default:
				t.Fatalf("field %s has kind %s: teach this test to change it", f.Name, f.Type.Kind())
			}
			check(f.Name, c)
		}
	}
	change(nil, reflect.TypeFor[Cell]())
	for name, command := range map[string]Command{
		"nothing of a command": {}, "argv": {Argv: []string{"a", "b"}}, "a word": {Argv: []string{"a b"}}, "env": {Env: map[string]string{"A": "b"}},
		"files": {Files: []string{"a"}}, "build": {Build: []string{"a"}}, "version": {Version: []string{"a"}}, "needs": {Needs: []string{"a"}}, "protocol": {Protocol: 1}, "install": {Install: "a"},
		"exit": {Verify: Verify{Exit: 1}}, "output": {Verify: Verify{Output: "a"}}, "checksum": {Verify: Verify{Checksum: "a"}},
		"a metric": {Metrics: []CommandMetric{{Name: "a"}}}, "match": {Metrics: []CommandMetric{{Name: "a", Match: "a"}}},
		"title": {Metrics: []CommandMetric{{Name: "a", Title: "a"}}}, "unit": {Metrics: []CommandMetric{{Name: "a", Unit: "a"}}},
		"less": {Metrics: []CommandMetric{{Name: "a", Less: true}}},
	} {
		c := base
		c.Command = &command
		check(name, c)
	}
	named := base
	named.ID = "something"
	if named.hash() != base.hash() || len(base.hash()) != 13 {
		t.Errorf("the ID depends on itself, or has the wrong length: %q", base.hash())
	}
}

func TestPlanIsPure(t *testing.T) {
	if diff := cmp.Diff(planOf(t, small, Options{}), planOf(t, small, Options{})); diff != "" {
		t.Error(diff)
	}
	base := planOf(t, small, Options{})
	for _, set := range []string{"seed=8", "trials=5", "warmup=1", "order=sequential", "timeout=7s", "models=[goroutines]"} {
		if p := planOf(t, small, Options{Set: []string{set}}); p.Hash == base.Hash || len(p.Hash) != 16 {
			t.Errorf("--set %s does not change the plan's hash %q", set, p.Hash)
		}
	}
}

// TestBlocks: every block holds every cell once, warm-ups first, and does not
// depend on how many blocks there are.
func TestBlocks(t *testing.T) {
	p := planOf(t, small, Options{})
	steps := slices.Collect(p.Steps())
	n := len(p.Cells)
	if len(steps) != 6*n {
		t.Fatalf("%d steps for 6 blocks of %d cells", len(steps), n)
	}
	orders := map[string]bool{}
	for b := range 6 {
		block := steps[b*n : (b+1)*n]
		seen := map[int]bool{}
		for i, s := range block {
			want := Step{Trial: b*n + i + 1, Block: b + 1, Position: i + 1, Warmup: b < 2, Cell: s.Cell}
			if s != want {
				t.Errorf("got %+v, want %+v", s, want)
			}
			seen[s.Cell] = true
		}
		if len(seen) != n {
			t.Errorf("block %d has %d of %d cells", b+1, len(seen), n)
		}
		orders[fmt.Sprint(cells(block))] = true
	}
	if len(orders) < 4 {
		t.Errorf("six blocks have only %d orders", len(orders))
	}
	longer := *p
	longer.Trials = 40
	if got := slices.Collect(longer.Steps())[:len(steps)]; !slices.Equal(got, steps) {
		t.Error("more trials change the blocks before them")
	}
	other := *p
	other.Seed++
	if slices.Equal(slices.Collect(other.Steps()), steps) {
		t.Error("the seed does not matter")
	}
	for range p.Steps() {
		break // must not run on
	}
}

func cells(steps []Step) []int {
	var out []int
	for _, s := range steps {
		out = append(out, s.Cell)
	}
	return out
}

func TestSequentialOrder(t *testing.T) {
	p := planOf(t, small, Options{Set: []string{"order=sequential", "trials=2", "warmup=1"}})
	for i, s := range slices.Collect(p.Steps()) {
		want := Step{Trial: i + 1, Block: i%3 + 1, Position: i/3 + 1, Warmup: i%3 == 0, Cell: i / 3}
		if s != want {
			t.Errorf("got %+v, want %+v", s, want)
		}
	}
}

// TestShuffle pins the order: it must never change for a published seed.
func TestShuffle(t *testing.T) {
	if got, want := fmt.Sprint(shuffled(8, 1, 1), shuffled(8, 1, 2)), "[3 7 2 5 1 4 6 0] [3 2 1 6 4 7 5 0]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	counts := [3][3]int{}
	for block := range uint64(3000) {
		for at, v := range shuffled(3, 42, block) {
			counts[at][v]++
		}
	}
	for _, row := range counts {
		for _, c := range row {
			if c < 900 || c > 1100 {
				t.Errorf("a place should hold each cell in 1000 of 3000 blocks: %v", counts)
			}
		}
	}
}

func TestHybridNeedsWholeProcesses(t *testing.T) {
	p := planOf(t, "question: Q?\nworkloads: [sieve]\nmodels: [hybrid]\ncores: [1, 2, 3, 4]\n", Options{})
	if len(p.Cells) != 2 || len(p.Dropped) != 2 {
		t.Fatalf("%d cells, %d dropped", len(p.Cells), len(p.Dropped))
	}
	for _, c := range p.Cells {
		if c.Processes != 2 || c.Workers%2 != 0 {
			t.Errorf("%+v", c)
		}
	}
}

func TestEstimate(t *testing.T) {
	p := &Plan{Trials: 9, Warmup: 1, Cells: []Cell{{DurationS: 2, Iterations: 3, Processes: 10, Scaling: Strong, Cores: 1, Workers: 1}}}
	if got, want := p.Estimate(), 61*time.Second; got != want {
		t.Errorf("fixed time: got %s, want %s", got, want)
	}
	p.Cells[0] = Cell{AutoS: 1, Iterations: 1, Processes: 10, Scaling: Weak, Cores: 2, Workers: 8}
	if got, want := p.Estimate(), 44*time.Second; got != want {
		t.Errorf("auto, weak, oversubscribed: got %s, want %s", got, want)
	}
	p.Cells[0] = Cell{Items: 5, Iterations: 1000, Processes: 1}
	p.Trials = 1 << 40
	if p.Estimate() <= 0 {
		t.Error("an absurd plan overflows")
	}
}

// BenchmarkPlan100k writes out a plan of 100 000 cells.
func BenchmarkPlan100k(b *testing.B) {
	var n []string
	for i := range 500 {
		n = append(n, fmt.Sprint(i+1))
	}
	text := "question: Q?\nworkloads: [{use: matmul, n: [" + strings.Join(n, ", ") +
		"]}]\nmodels: [goroutines, threads, processes]\ncores: {from: 1, to: 34}\nworkers: [1x, 3x]\n"
	e, err := Load(Source{File: "b.yaml", Text: []byte(text)}, testCatalogue(64), Options{})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		p, err := e.Plan()
		if err != nil || len(p.Cells) < 100_000 {
			b.Fatal(err, "or too few cells")
		}
	}
}
