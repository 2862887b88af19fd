package experiments

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const optional = `question: Q?
workloads: [sieve, {use: triad, size: [64KiB, 1MiB], label: bus}]
models: [sequential, goroutines, processes]
cores: [1, 2]
workers: [1x, 4x]
sample: {every: 50ms, metrics: [cpu]}
exclude:
  - {workload: sieve, workers: 4x, because: slow}
profiles:
  smoke: {workloads: [sieve], trials: 2, sample: {every: 10ms}}
`

func TestOptionFaults(t *testing.T) {
	cases := []Options{
		{Set: []string{"trials"}}, {Set: []string{"=5"}}, {Set: []string{"trials="}}, {Set: []string{"trials=ten"}}, {Set: []string{"trails=5"}},
		{Set: []string{"sample.evry=5ms"}}, {Set: []string{"sample.every=5"}}, {Set: []string{"cores=[1, 64]"}}, {Set: []string{"cores=[1"}},
		{Set: []string{"profiles.smoke=1"}}, {Set: []string{"timeout=&a 5s"}}, {Set: []string{"a.b.c.d.e=1"}}, {Set: []string{"trials=1\n2"}},
		{Set: []string{"trials=# 5"}}, {Set: []string{"trials=a: b: c"}}, {Set: []string{"trials=010", "seed=-1"}}, {Set: []string{"question=né \xff"}},
		{Set: []string{"exclude=[{cores: 4}]"}}, {Set: []string{"workloads=[seive]"}}, {Set: []string{"claims=1"}},
		{Set: []string{"claims=[{says: S., metric: wall_s, compare: {processes: goroutine}}]"}}, {Set: []string{"controls=maybe"}},
		{Set: []string{"trials.max=5"}}, {Set: []string{"trials={min: 2, max: 5}", "trials.step=0"}}, {Set: []string{"order=sequential", "trials.max=40"}},
		{Set: []string{"workloads.0.segment=4096"}}, {Set: []string{"workloads.sieve.segment=4096"}}, {Set: []string{"workloads.0=sieve"}},
		{Set: []string{"models.0.processes=4"}}, {Set: []string{"cores.1=4"}}, {Set: []string{"sample.metrics.0=cpu"}}, {Set: []string{"trials.0=1"}},
		{Set: []string{"exclude.model=threads"}}, {Set: []string{"controls.0=aa"}}, {Set: []string{"workloads.0.a.b.c=1"}},
		{Profile: "smok"}, {Profile: "none", Set: []string{"x=1"}},
		{Filter: " "}, {Filter: "sieve"}, {Filter: "workload:"}, {Filter: "workload:seive"}, {Filter: "workload:(sieve OR"}, {Filter: "workload:(sieve bus)"},
		{Filter: "(cores:1"}, {Filter: "cores:1)"}, {Filter: "cores:1 OR"}, {Filter: "OR cores:1"}, {Filter: "cors:1"}, {Filter: "cores:3"}, {Filter: "cores:one"},
		{Filter: `model:"gorou`}, {Filter: "model:x* -size:2MiB"}, {Filter: "-*"}, {Filter: "cores:1 cores:2"}, {Filter: "cores:AND"}, {Filter: ":1"},
		{Filter: strings.Repeat("(", 60)}, {Filter: strings.Repeat("x", 5000)}, {Filter: "model:日本 AND cors:2"},
	}
	var b strings.Builder
	for _, opt := range cases {
		e, err := Load(Source{File: "test.yaml", Text: []byte(optional)}, testCatalogue(4), opt)
		if err == nil {
			_, err = e.Plan()
		}
		var faults Faults
		if !errors.As(err, &faults) {
			t.Errorf("%+v: got %v", opt, err)
			continue
		}
		for _, f := range faults {
			if f.Line != 0 || f.Col < 1 || !strings.HasPrefix(f.File, "--") {
				t.Errorf("%+v: %+v is not about the option", opt, f)
			}
		}
		fmt.Fprintf(&b, "%v\n\n", err)
	}
	golden(t, filepath.Join("testdata", "options.want"), b.String())
}

func TestSetAndProfile(t *testing.T) {
	type changed struct {
		Trials, Cells int
		Sample        Sample
	}
	for _, c := range []struct {
		opt  Options
		want changed
	}{
		{Options{}, changed{10, 1 + 4 + 2*9, Sample{0.05, []string{"cpu"}}}},
		{Options{Profile: "smoke"}, changed{2, 1 + 4, Sample{0.01, []string{"cpu"}}}},
		{Options{Profile: "smoke", Set: []string{"trials=3", "sample.metrics=[rss]"}}, changed{3, 1 + 4, Sample{0.01, []string{"rss"}}}},
		{Options{Set: []string{"cores={powers_of_two: max}", "exclude=[{model: processes}]", "trials=3", "trials=4"}}, changed{4, 3 + 3*6, Sample{0.05, []string{"cpu"}}}},
	} {
		p := planOf(t, optional, c.opt)
		if diff := cmp.Diff(c.want, changed{p.Trials, len(p.Cells), p.Sample}); diff != "" {
			t.Errorf("%+v: %s", c.opt, diff)
		}
	}
}

// TestRulesOutliveProfiles: a profile may leave out the workload that a rule is
// about; a rule of its own still has to match.
func TestRulesOutliveProfiles(t *testing.T) {
	text := "question: Q?\nworkloads: [sieve, matmul]\nmodels: [goroutines, threads]\ncores: [1, 2]\n" +
		"exclude:\n  - {workload: matmul, n: 128, cores: 2}\n  - {model: threads, workload: sieve}\n" +
		"override:\n  - {where: {workload: matmul}, set: {n: 64}}\nprofiles:\n  smoke: {workloads: [sieve]}\n"
	if p := planOf(t, text, Options{Profile: "smoke"}); len(p.Cells) != 2 {
		t.Error(show(p))
	}
	if p := planOf(t, text, Options{Set: []string{"models=[goroutines]"}}); len(p.Cells) != 3 {
		t.Error(show(p))
	}
}

// TestProfilesForOtherMachines: how many CPUs there are matters to what is run,
// whatever else the file holds; what is wrong on any machine is always told.
func TestProfilesForOtherMachines(t *testing.T) {
	const head = "question: Q?\nworkloads: [sieve]\nmodels: [goroutines, processes]\n"
	big := head + "cores: [1, 2]\nprofiles:\n  list: {cores: [64]}\n  powers: {cores: {powers_of_two: 64}, exclude: [{cores: 16}]}\n" +
		"  open: {cores: {from: 4, to: max}}\n  range: {cores: {from: 1, to: 64}, override: [{where: {cores: 33}, set: {timeout: 5m}}]}\n" +
		"  skip: {cores: {list: [64], when_missing: skip}}\n  include: {include: [{workload: sieve, model: threads, cores: 64}]}\n" +
		"  claims:\n    cores: [1, 64]\n    claims: [{says: S., metric: wall_s, compare: {processes: goroutines}, where: {cores: 64}}]\n"
	small := head + "cores: [1, 64]\nprofiles: {small: {cores: [1]}, short: {trials: 2}}\n"
	for _, c := range []struct {
		text    string
		opt     Options
		on2     string // what the fault says on 2 CPUs; on 64 there is none
		on64too bool
	}{
		{text: big},
		{text: big, opt: Options{Set: []string{"trials=3"}}},
		{text: big, opt: Options{Profile: "list"}, on2: "6:18: cores: 64 cores are asked for; this machine has 2 usable CPUs (with profile list)"},
		{text: big, opt: Options{Profile: "list", Set: []string{"cores=[2]"}}},
		{text: big, opt: Options{Profile: "powers"}, on2: "64 cores"},
		{text: big, opt: Options{Profile: "range"}, on2: "64 cores"},
		{text: big, opt: Options{Profile: "skip"}, on2: "no cell is left to run (with profile skip)"},
		{text: big, opt: Options{Profile: "include"}, on2: "64 cores"},
		{text: big, opt: Options{Profile: "claims"}, on2: "64 cores"},
		{text: big, opt: Options{Profile: "open"}, on2: "cores: 4 cores are asked for; this machine has 2 usable CPUs (with profile open)"},
		{text: small, on2: "4:12: cores: 64 cores are asked for; this machine has 2 usable CPUs\n"},
		{text: small, opt: Options{Profile: "small"}},
		{text: small, opt: Options{Profile: "short"}, on2: "this machine has 2 usable CPUs\n"},
		{text: small, opt: Options{Set: []string{"cores=[2]"}}},
		{text: small, opt: Options{Set: []string{"trials=2"}}, on2: "this machine has 2 usable CPUs\n"},
		{text: head + "cores: [1]\nprofiles: {big: {cores: [64, many]}}\n", on2: `found "many" (with profile big)`, on64too: true},
		{text: head + "cores: [1]\nprofiles: {big: {cores: [64], exclude: [{cores: 32}]}}\n", on2: "no cell has cores 32 (with profile big)", on64too: true},
	} {
		for _, cpus := range []int{2, 64} {
			want := c.on2
			if cpus == 64 && !c.on64too {
				want = ""
			}
			_, err := Load(Source{File: "test.yaml", Text: []byte(c.text)}, testCatalogue(cpus), c.opt)
			faults, _ := err.(Faults)
			switch {
			case want == "" && err != nil, want != "" && (len(faults) != 1 || !strings.Contains(err.Error(), want)):
				t.Errorf("%d CPUs, %+v: got\n%v\nwant %q of\n%s", cpus, c.opt, err, want, c.text)
			}
		}
	}
}

func TestExactBytes(t *testing.T) {
	e, err := Load(Source{File: "dir/my-question.yaml", Text: []byte(optional)}, testCatalogue(4), Options{Set: []string{"trials=3"}})
	if err != nil {
		t.Fatal(err)
	}
	if string(e.Text) != optional || e.Name != "my-question" || e.Trials != 3 {
		t.Errorf("name %q, trials %d, text changed %v", e.Name, e.Trials, string(e.Text) != optional)
	}
}

func TestFilter(t *testing.T) {
	all := len(planOf(t, optional, Options{}).Cells)
	for filter, want := range map[string]func(Cell) bool{
		"":               func(Cell) bool { return true },
		"*":              func(Cell) bool { return true },
		"workload:sieve": func(c Cell) bool { return c.Workload == "sieve" },
		"workload:bus":   func(c Cell) bool { return c.Workload == "triad" },
		"workload:s*e":   func(c Cell) bool { return c.Workload == "sieve" },
		"model:*es":      func(c Cell) bool { return strings.HasSuffix(c.Model, "es") },
		"-cores:1":       func(c Cell) bool { return c.Cores != 1 },
		"--cores:1":      func(c Cell) bool { return c.Cores == 1 },
		"size:1MiB":      func(c Cell) bool { return c.Params["size"] == "1048576" },
		"workers:4x":     func(c Cell) bool { return c.Workers == 4*c.Cores },
		"model:(goroutines OR processes) AND cores:2": func(c Cell) bool { return c.Model != Sequential && c.Cores == 2 },
		"cores:2 OR size:64KiB model:processes":       func(c Cell) bool { return c.Cores == 2 || c.Params["size"] == "65536" && c.Model == Processes },
		"-(cores:2 OR model:processes)":               func(c Cell) bool { return c.Cores != 2 && c.Model != Processes },
		`model:"goroutines" -workload:"bus"`:          func(c Cell) bool { return c.Model == Goroutines && c.Workload != "triad" },
	} {
		p := planOf(t, optional, Options{Filter: filter})
		kept := map[string]bool{}
		for _, c := range p.Cells {
			kept[c.ID] = true
		}
		n := 0
		for _, c := range planOf(t, optional, Options{}).Cells {
			if want(c) != kept[c.ID] {
				t.Errorf("%q: %s %s on %d cores: kept is %v", filter, c.Label, c.Model, c.Cores, kept[c.ID])
			}
			if want(c) {
				n++
			}
		}
		if n == 0 || n == all && strings.Contains(filter, ":") {
			t.Errorf("%q: keeps %d of %d cells: this case cannot fail", filter, n, all)
		}
	}
}

func FuzzLoad(f *testing.F) {
	for _, dir := range []string{"good", "bad"} {
		for _, file := range files(f, dir) {
			b, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			if len(b) < 4000 {
				f.Add(b)
			}
		}
	}
	for _, name := range Embedded() {
		src, _ := ReadEmbedded(name)
		f.Add(src.Text)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		src := Source{File: "fuzz.yaml", Text: b}
		e, err := Load(src, testCatalogue(4), Options{})
		if err != nil {
			faults, ok := err.(Faults)
			if !ok {
				t.Fatalf("not Faults: %v", err)
			}
			checkFaults(t, faults)
			_ = err.Error()
			return
		}
		if e.grid.size() > 20_000 {
			return // slow, and nothing new
		}
		again, err := Load(src, testCatalogue(4), Options{})
		if err != nil {
			t.Fatal(err)
		}
		one, err1 := e.Plan()
		two, err2 := again.Plan()
		if !reflect.DeepEqual(one, two) || err1 != nil || err2 != nil {
			t.Fatalf("two plans of one file: %v, %v\n%s", err1, err2, cmp.Diff(one, two))
		}
	})
}

func FuzzFilter(f *testing.F) {
	for _, s := range []string{"workload:sieve model:(goroutines OR processes) -cores:1", "*", "-(a:b OR c:\"d e\")", "a:*b*", "((((", "AND OR", "--x:y"} {
		f.Add(s)
	}
	e, err := Load(Source{File: "test.yaml", Text: []byte(optional)}, testCatalogue(4), Options{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e.Options.Filter = s
		p, err := e.Plan()
		if err == nil {
			if len(p.Cells) == 0 {
				t.Error("a plan without cells")
			}
			return
		}
		faults, ok := err.(Faults)
		if !ok || len(faults) == 0 {
			t.Fatalf("not Faults: %v", err)
		}
		for _, one := range faults {
			if one.Col < 1 || one.Col > len([]rune(s))+1 || one.String() == "" {
				t.Errorf("no position in %q: %+v", s, one)
			}
		}
	})
}
