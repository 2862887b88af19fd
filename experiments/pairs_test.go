package experiments

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// brief names a cell by what its pair may differ in.
func briefCell(c Cell) string {
	s := fmt.Sprintf("%s %s %d/%d %s", c.Label, c.ModelLabel, c.Cores, c.Workers, c.Schedule)
	if c.Iterations > 1 {
		s += fmt.Sprintf(" x%d", c.Iterations)
	}
	return s
}

func pairsOf(p *Plan, pairs []Pair) []string {
	var out []string
	for _, one := range pairs {
		out = append(out, briefCell(p.Cells[one.Left])+" : "+briefCell(p.Cells[one.Right]))
	}
	return out
}

func TestPairs(t *testing.T) {
	const head = "question: Q?\nworkloads: [{use: matmul, n: [64, 128], label: mul}, sieve]\nmodels: [sequential, goroutines, processes]\n" +
		"cores: [1, 2]\nworkers: [1x, 2x]\ncontrols: true\n"
	for _, c := range []struct {
		name, extra, claim string
		want               []string
	}{
		{"models", "", "compare: {processes: goroutines}, where: {n: 64, workers: 1x}", []string{
			"mul n=64 processes 1/1 static : mul n=64 goroutines 1/1 static", "mul n=64 processes 2/2 static : mul n=64 goroutines 2/2 static"}},
		{"the baseline has no cores", "", "compare: {sequential: goroutines}, where: {workload: sieve, cores: 2}", []string{
			"sieve sequential 1/1 static : sieve goroutines 2/2 static", "sieve sequential 1/1 static : sieve goroutines 2/4 static"}},
		{"workers follow cores", "", "compare: {axis: cores, left: 2, right: 1}, where: {workload: sieve, model: goroutines}", []string{
			"sieve goroutines 2/2 static : sieve goroutines 1/1 static", "sieve goroutines 2/4 static : sieve goroutines 1/2 static"}},
		{"as many workers where there are not as many per core", "exclude: [{cores: 1, workers: 1x}, {cores: 2, workers: 2x}]\n",
			"compare: {axis: cores, left: 2, right: 1}, where: {workload: sieve, model: goroutines}", []string{
				"sieve goroutines 2/2 static : sieve goroutines 1/2 static"}},
		{"multiples of cores", "", "compare: {2x: 1x}, where: {workload: sieve, model: processes}", []string{
			"sieve processes 1/2 static : sieve processes 1/1 static", "sieve processes 2/4 static : sieve processes 2/2 static"}},
		{"a parameter", "", "compare: {axis: n, left: 128, right: 64}, where: {model: sequential}", []string{
			"mul n=128 sequential 1/1 static : mul n=64 sequential 1/1 static"}},
		{"a workload by the author's label", "", "compare: {sieve: mul}, where: {model: sequential}", []string{
			"sieve sequential 1/1 static : mul n=64 sequential 1/1 static", "sieve sequential 1/1 static : mul n=128 sequential 1/1 static"}},
		{"settings that differ make no pair", "override: [{where: {model: processes, cores: 1}, set: {iterations: 3}}]\n",
			"compare: {processes: goroutines}, where: {workload: sieve, workers: 1x}", []string{
				"sieve processes 2/2 static : sieve goroutines 2/2 static"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := planOf(t, head+c.extra+"claims:\n  - {says: S., metric: throughput_items_per_s, "+c.claim+"}\n", Options{})
			if diff := cmp.Diff(c.want, pairsOf(p, p.Pairs(p.Claims[0]))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestModelPairs: the pairs of a plan without claims, controls left out.
func TestModelPairs(t *testing.T) {
	p := planOf(t, "question: Q?\nworkloads: [sieve]\nmodels: [sequential, goroutines, processes, {use: hybrid, processes: [1, 2]}]\n"+
		"cores: [1, 2]\nschedule: [static, dynamic]\ncontrols: true\n", Options{})
	want := []string{
		"sieve sequential 1/1 static : sieve goroutines 1/1 static",
		"sieve processes 1/1 static : sieve goroutines 1/1 static", "sieve processes 2/2 static : sieve goroutines 2/2 static",
		"sieve hybrid processes=1 1/1 static : sieve goroutines 1/1 static", "sieve hybrid processes=1 2/2 static : sieve goroutines 2/2 static",
		"sieve hybrid processes=2 2/2 static : sieve goroutines 2/2 static",
	}
	for _, s := range want[1:] {
		want = append(want, strings.ReplaceAll(s, "static", "dynamic"))
	}
	if diff := cmp.Diff(want, pairsOf(p, p.ModelPairs())); diff != "" {
		t.Error(diff)
	}
}

// TestClaimsOutliveTheirCells: a filter, a profile, an option or a small
// machine may take away what a claim is about; the claim stays.
func TestClaimsOutliveTheirCells(t *testing.T) {
	text := "question: Q?\nworkloads: [sieve]\nmodels: [goroutines, processes]\ncores: {list: [1, 64], when_missing: skip}\n" +
		"claims:\n  - {says: S., metric: wall_s, compare: {processes: goroutines}, where: {cores: 64}}\n" +
		"  - {says: T., metric: wall_s, compare: {axis: cores, left: 64, right: 1}}\n" +
		"  - {says: U., metric: wall_s, compare: {processes: goroutines}, where: {segment: 65536}}\n" +
		"profiles:\n  smoke: {models: [threads], workloads: [matmul]}\n"
	for _, opt := range []Options{{}, {Filter: "model:processes"}, {Profile: "smoke"}, {Set: []string{"models=[sequential]"}}} {
		p := planOf(t, text, opt)
		if len(p.Claims) != 3 || len(p.Pairs(p.Claims[0])) > 0 || len(p.Pairs(p.Claims[1])) > 0 {
			t.Errorf("%+v: %d claims with pairs %v and %v", opt, len(p.Claims), p.Pairs(p.Claims[0]), p.Pairs(p.Claims[1]))
		}
		if n := len(p.Pairs(p.Claims[2])); (n == 1) != (opt.Profile+opt.Filter == "" && opt.Set == nil) {
			t.Errorf("%+v: the last claim has %d pairs", opt, n)
		}
		if diff := cmp.Diff(planOf(t, text, Options{}).Claims, p.Claims); diff != "" {
			t.Errorf("%+v changes the claims: %s", opt, diff)
		}
	}
}

func TestCovers(t *testing.T) {
	p := planOf(t, "question: Q?\nworkloads: [{use: matmul, n: [64, 128], label: mul}]\nmodels: [sequential, goroutines, {use: hybrid, label: mixed, processes: [1, 2]}]\ncores: [2, 4]\ncontrols: true\n", Options{})
	for _, c := range []struct {
		claim Claim
		want  int
	}{
		{Claim{Kind: ClaimBound}, 2 * 7},
		{Claim{Kind: ClaimBound, Where: map[string][]string{"workload": {"mul"}, "cores": {"4"}}}, 2 * 3},
		{Claim{Kind: ClaimBound, Where: map[string][]string{"workload": {"matmul"}, "n": {"128", "7"}}}, 7},
		{Claim{Kind: ClaimBound, Where: map[string][]string{"nothing": {"128"}}}, 0},
		{Claim{Kind: ClaimBound, Where: map[string][]string{"cores": nil}}, 0},
		{Claim{Kind: ClaimProportion, Where: map[string][]string{"model": {"mixed"}}}, 2 * 4},
		{Claim{Kind: ClaimScaling, Model: "mixed processes=2", Where: map[string][]string{"n": {"64"}}}, 2},
		{Claim{Kind: ClaimCompare, Axis: "model", Left: "hybrid", Right: "sequential", Where: map[string][]string{"cores": {"2"}}}, 2 * 3},
	} {
		n := 0
		for i := range p.Cells {
			if c.claim.Covers(&p.Cells[i]) {
				n++
			}
		}
		if n != c.want {
			t.Errorf("%+v covers %d cells, want %d", c.claim, n, c.want)
		}
	}
}

// TestControlCells: which cells there are, their work, and the canary's place.
func TestControlCells(t *testing.T) {
	text := "question: Q?\nworkloads: [{use: sieve, items: 95}]\nmodels: [processes, goroutines]\ncores: [1, 2, 4]\nscaling: weak\nwarmup: 1\ntrials: 3\n" +
		"exclude: [{model: processes, cores: 4}]\ncontrols: true\n"
	p := planOf(t, text, Options{})
	plain := planOf(t, text, Options{Set: []string{"controls=false"}})
	if n := len(plain.Cells); n != 5 || len(p.Cells) != n+3 {
		t.Fatal(show(p))
	}
	aa, positive, canary := p.Cells[5], p.Cells[6], p.Cells[7]
	ids := map[string]bool{}
	for _, c := range p.Cells {
		ids[c.ID] = true
	}
	if len(ids) != 8 {
		t.Error("two cells have one ID")
	}
	ref := p.Cells[3] // goroutines on 2 cores: on 4 they stand alone
	ref.ID, ref.Control = aa.ID, ControlAA
	if diff := cmp.Diff(ref, aa); diff != "" {
		t.Errorf("the A/A cell is not the reference: %s", diff)
	}
	ref.ID, ref.Control, ref.Extra = positive.ID, ControlPositive, 0.1
	if diff := cmp.Diff(ref, positive); diff != "" {
		t.Errorf("the positive control is not the reference: %s", diff)
	}
	if a, b := aa.TotalItems(0), positive.TotalItems(0); a != 190 || b != 209 {
		t.Errorf("%d items and %d with 10 %% more", a, b)
	}
	if canary.Model != Sequential || canary.Cores != 1 || canary.AutoS != 0.05 || canary.Control != ControlCanary {
		t.Errorf("canary %+v", canary)
	}
	for s := range p.Steps() {
		if (s.Position == 1) != (s.Cell == 7) {
			t.Errorf("cell %d at position %d of block %d", s.Cell, s.Position, s.Block)
		}
	}
}

func TestTotalItems(t *testing.T) {
	for _, c := range []struct {
		cell Cell
		want int64
	}{
		{Cell{Items: 100, Extra: 0.1}, 110}, {Cell{Items: 96, Extra: 0.1}, 106}, {Cell{AutoS: 1, Extra: 0.1}, 1100}, {Cell{AutoS: 1}, 1000},
		{Cell{Items: 3, Extra: 0.1}, 4}, {Cell{DurationS: 1, Extra: 0.1}, 0}, {Cell{Items: 5, Workers: 4, Scaling: Weak, Extra: 0.1}, 22},
	} {
		if got := c.cell.TotalItems(1000); got != c.want {
			t.Errorf("%+v: %d items, want %d", c.cell, got, c.want)
		}
	}
}

func TestAdaptive(t *testing.T) {
	p := planOf(t, small, Options{Set: []string{"trials.max=40"}})
	if diff := cmp.Diff(&Adaptive{Min: 10, Max: 40, Step: 5, Precision: 0.02}, p.Adaptive); diff != "" || p.Trials != 40 {
		t.Errorf("%d trials: %s", p.Trials, diff)
	}
	fixed := planOf(t, small, Options{Set: []string{"trials=40"}})
	if fixed.Adaptive != nil || fixed.Hash == p.Hash || fixed.Estimate() != p.Estimate() {
		t.Errorf("hash %s and %s, estimate %s and %s", fixed.Hash, p.Hash, fixed.Estimate(), p.Estimate())
	}
	if p := planOf(t, small, Options{Set: []string{"trials.budget=7s"}}); p.Estimate().Seconds() != 7 {
		t.Errorf("a budget of 7 s is estimated at %s", p.Estimate())
	}
}
