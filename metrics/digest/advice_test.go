package digest

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"forklore/experiments"
	"forklore/metrics/record"
)

// market is a run of an Ask whose truth is known: wall times and peaks by model.
type market struct {
	wall, memory, spawn map[string]float64
	blocks              int
	sampled             bool // of memory no more is known than what was sampled
	gates               []Gate
	fewer               bool // one core as well, where goroutines are the faster
	skew                bool // processes and the plain loop lose their trials in alternate blocks
}

func (k market) advise(t *testing.T, musts ...string) *Advice {
	t.Helper()
	w := world{blocks: max(k.blocks, 1), noise: 0.004}
	var models []string
	for _, m := range experiments.Models {
		if k.wall[m] == 0 {
			continue
		}
		models = append(models, m)
		n := 4
		if m == experiments.Sequential {
			n = 1
		}
		c := cell(m, n)
		if m == experiments.Hybrid {
			c.Processes = 2
		}
		w.cells = append(w.cells, c)
		if k.fewer && n > 1 {
			w.cells = append(w.cells, cell(m, 1))
		}
	}
	for j, right := range models {
		for _, left := range models[j+1:] {
			c := compares(left+"-"+right, left, right)
			c.Metric, c.Where = experiments.AskMetric, map[string][]string{"cores": {"4"}}
			w.claims = append(w.claims, c)
		}
	}
	w.wall = func(c *experiments.Cell, _ int, _ *rand.Rand) float64 {
		if c.Cores == 1 && c.Model == experiments.Goroutines {
			return 1
		}
		return k.wall[c.Model]
	}
	w.change = func(row *record.Trial, _ *rand.Rand) {
		row.MemPeakB, row.SetupS = row.MemHighB, 0.001
		slow := row.Block > 6 // processes have fewer trials in the slow half, the plain loop in the fast one
		if k.skew {
			pace := map[bool]float64{true: 8, false: 1}[slow]
			row.WallS *= pace
			lost := row.Model == experiments.Processes && row.Block <= 3 || row.Model == experiments.Sequential && row.Block >= 10
			if lost {
				row.Status = record.Timeout
			}
		}
		if k.memory[row.Model] > 0 {
			row.MemPeakB = k.memory[row.Model] * (1 + 0.001*float64(row.Block%3))
			row.MemHighB = row.MemPeakB
			if k.sampled {
				row.MemLowB, row.MemHighB, row.MemPeakB = row.MemPeakB, math.NaN(), math.NaN()
			}
		}
		row.SpawnS = 0.001 * (1 + 0.01*float64(row.Block%3))
		if k.spawn[row.Model] > 0 {
			row.SpawnS = k.spawn[row.Model]
		}
	}
	d := w.digest(11)
	d.Gates = append(d.Gates, k.gates...)
	var list []experiments.Must
	for _, s := range musts {
		m, err := experiments.ParseMust(s)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, m)
	}
	a, err := d.Advise(list)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (a *Advice) taken() string {
	var names []string
	for _, i := range a.Take {
		names = append(names, a.Models[i].Model)
	}
	return strings.Join(names, " ")
}

const mib = 1 << 20

func fastGoroutines(blocks int) market {
	return market{blocks: blocks,
		wall:   map[string]float64{"sequential": 4, "goroutines": 1, "threads": 1.3, "processes": 1.2, "hybrid": 1.4},
		memory: map[string]float64{"sequential": 4 * mib, "goroutines": 10 * mib, "threads": 5 * mib, "processes": 40 * mib, "hybrid": 20 * mib}}
}

func TestAdvice(t *testing.T) {
	same := market{blocks: 12, wall: map[string]float64{"goroutines": 1, "threads": 1, "processes": 1}, memory: map[string]float64{"goroutines": 8 * mib, "threads": 8 * mib, "processes": 30 * mib}}
	lean := market{blocks: 12, wall: map[string]float64{"goroutines": 1, "processes": 1}, memory: map[string]float64{"goroutines": 8 * mib, "processes": 30 * mib}}
	broken := fastGoroutines(12)
	broken.gates = []Gate{{Name: "aa", Detail: "1.2x"}}
	for _, c := range []struct {
		name        string
		market      market
		musts       []string
		outcome     string
		taken, lean string
		why         string
	}{
		{"the fastest", fastGoroutines(12), nil, Decided, "goroutines", "goroutines", ""},
		{"isolated", fastGoroutines(12), []string{"isolate"}, Decided, "processes", "processes", ""},
		{"sharing", fastGoroutines(12), []string{"share"}, Decided, "goroutines", "goroutines", ""},
		{"lean", fastGoroutines(12), []string{"memory<6MiB"}, Decided, "threads", "threads", ""},
		{"lean and isolated", fastGoroutines(12), []string{"isolate", "memory<6MiB"}, Decided, "sequential", "sequential", ""},
		{"nothing can", fastGoroutines(12), []string{"isolate", "memory<1MiB"}, NoModel, "", "", ""},
		{"equal", same, nil, Equal, "goroutines threads processes", "", ""},
		{"equal, one leaner", lean, nil, Equal, "goroutines processes", "goroutines", ""},
		{"too few", fastGoroutines(2), nil, Open, "", "", "2 of the 6 blocks"},
		{"a broken gate", broken, nil, Open, "", "", ""},
		{"a number of few", fastGoroutines(2), []string{"memory<6MiB"}, Open, "", "", ""},
	} {
		a := c.market.advise(t, c.musts...)
		lean := ""
		if a.Lean >= 0 {
			lean = a.Models[a.Lean].Model
		}
		names := strings.Fields(a.taken())
		want := strings.Fields(c.taken)
		slices.Sort(names)
		slices.Sort(want)
		if a.Outcome != c.outcome || c.taken != "" && !slices.Equal(names, want) || lean != c.lean || !strings.Contains(a.Why, c.why) {
			t.Errorf("%s: %s, %q, lean %q (%s); want %s, %q, lean %q (%s)", c.name, a.Outcome, a.taken(), lean, a.Why, c.outcome, c.taken, c.lean, c.why)
		}
	}
}

// Of a plain program's memory only a lower bound is known: it shows who takes too much, and not who takes
// little enough.
func TestAdviceOnSampledMemory(t *testing.T) {
	k := fastGoroutines(12)
	k.sampled = true
	a := k.advise(t, "memory<6MiB")
	for _, m := range a.Models {
		much := k.memory[m.Model] > 6*mib
		if m.Memory.Metric.Name != "mem_low_B" || (m.Unmet != nil) != much || (m.Unclear != nil) == much {
			t.Errorf("%s: %s, unmet %q, unclear %q", m.Model, m.Memory.Metric.Name, m.Unmet, m.Unclear)
		}
	}
}

// The advice for a model is how much faster it is than each other, the right way round.
func TestAdviceTurnsRatios(t *testing.T) {
	a := fastGoroutines(12).advise(t, "isolate")
	for _, c := range a.Models[1:] {
		want := map[string]float64{"sequential": 4 / 1.2, "goroutines": 1 / 1.2, "threads": 1.3 / 1.2, "hybrid": 1.4 / 1.2}[c.Model]
		if c.Against == nil || c.Against.Primary.Lo95 > want || c.Against.Primary.Hi95 < want || c.Against.Primary.Lo95 > c.Against.Primary.Estimate {
			t.Errorf("processes against %s: %+v, want %.3g", c.Model, c.Against, want)
		}
	}
	if a.Fit != 2 || a.Models[2].Unmet == nil {
		t.Errorf("%d models meet what is required: %+v", a.Fit, a.Models)
	}
}

// Whom the blocks find faster is taken, whatever the medians say.
func TestAdviceFollowsTheBlocks(t *testing.T) {
	k := fastGoroutines(12)
	k.skew = true
	a := k.advise(t, "isolate")
	if a.Outcome != Decided || a.Models[0].Model != "processes" {
		t.Errorf("%s: %s first, %s", a.Outcome, a.Models[0].Model, a.Why)
	}
	if a.Models[0].Speed.Median > a.Models[1].Speed.Median {
		t.Error("the medians do not say otherwise; the test is about nothing")
	}
}

func (a *Advice) shift(kind, model string) *Shift {
	for i := range a.Shifts {
		if a.Shifts[i].Kind == kind && a.Shifts[i].Model == model {
			return &a.Shifts[i]
		}
	}
	return nil
}

func TestWhatWouldChangeTheAdvice(t *testing.T) {
	k := fastGoroutines(12)
	k.spawn = map[string]float64{"processes": 0.011}
	a := k.advise(t, "isolate")
	if s := a.shift(ShiftRequirement, "goroutines"); s == nil || s.Speed.Hi95 > 1 {
		t.Errorf("without the requirement: %+v", a.Shifts)
	}
	if s := a.shift(ShiftRequirement, "threads"); s != nil {
		t.Errorf("threads would be no better: %+v", s)
	}
	if s := a.shift(ShiftMemory, "sequential"); s == nil || s.Gain.Lo95 < 9 || s.Gain.Hi95 > 11 {
		t.Errorf("for memory: %+v", a.Shifts)
	}
	// 10 ms later, and (4 - 1.2) s / 1000 items a piece sooner: 3.6 items.
	if s := a.shift(ShiftStart, "sequential"); s == nil || s.Items != 4 {
		t.Errorf("for the start: %+v", s)
	}
	k.fewer = true
	if s := k.advise(t, "isolate").shift(ShiftCores, "goroutines"); s != nil {
		t.Errorf("a model that is excluded wins on one core: %+v", s)
	}
	k.wall["goroutines"] = 1.5 // and 1 on one core
	if s := k.advise(t).shift(ShiftCores, "goroutines"); s == nil || s.Cores != 1 || s.Speed.Hi95 > 1 {
		t.Errorf("on one core: %+v", s)
	}
	if s := fastGoroutines(2).advise(t).Shifts; s != nil {
		t.Errorf("an open answer has shifts: %+v", s)
	}
}
