package digest

import (
	"encoding/csv"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"forklore/experiments"
	"forklore/metrics/record"
)

// world is a run whose truth is known.
type world struct {
	cells    []experiments.Cell
	blocks   int
	claims   []experiments.Claim
	controls experiments.Controls
	order    string
	noise    float64                                                    // sd of the log of every time
	wall     func(c *experiments.Cell, block int, r *rand.Rand) float64 // before noise; nil: 1 s over workers
	change   func(*record.Trial, *rand.Rand)
}

func (w world) manifest() *record.Manifest {
	m := &record.Manifest{Name: "world", Question: "What is true?", Ended: "complete"}
	m.Plan = experiments.Plan{Cells: w.cells, Trials: w.blocks, Order: w.order, Claims: w.claims, Controls: w.controls, Seed: 7}
	if m.Plan.Order == "" {
		m.Plan.Order = "blocks"
	}
	return m
}

// rows yields the trials of the run. A block shares a disturbance ten times
// the noise, which pairing must take out.
func (w world) rows(seed uint64) []record.Trial {
	r := rand.New(rand.NewPCG(seed, 99))
	var list []record.Trial
	for block := 1; block <= w.blocks; block++ {
		shared := math.Exp(10 * w.noise * r.NormFloat64())
		for i := range w.cells {
			c := &w.cells[i]
			t := fake{}.row(*c, r)
			t.Trial, t.Block, t.Position, t.Control = len(list)+1, block, i+1, c.Control
			t.WallS = 1 / float64(c.Workers)
			if w.wall != nil {
				t.WallS = w.wall(c, block, r)
			}
			if c.Control == experiments.ControlPositive {
				t.Items, t.ItemsDone, t.WallS = 1.1*t.Items, 1.1*t.ItemsDone, 1.1*t.WallS
				t.Checksum = "0000000000000110"
			}
			t.WallS *= shared * math.Exp(w.noise*r.NormFloat64())
			t.FirstS = t.WallS
			t.CPUS = t.WallS * float64(c.Workers)
			t.CPUWorkS, t.CPUSelfS, t.RusageS = t.CPUS, math.NaN(), math.NaN()
			if w.change != nil {
				w.change(&t, r)
			}
			list = append(list, t)
		}
	}
	return list
}

// digest goes through all of the pipeline but the files.
func (w world) digest(seed uint64) *Digest {
	l := newLoader(w.manifest(), &record.Proof{})
	rows := w.rows(seed)
	for i := range rows {
		l.row(&rows[i])
	}
	d := l.digest()
	d.gate()
	d.Warnings = append(l.warnings(d), d.flags()...)
	return d
}

// write makes the results folder.
func (w world) write(t testing.TB, seed uint64) string {
	t.Helper()
	folder := &record.Folder{Dir: t.TempDir()}
	if err := record.WriteManifest(folder.Manifest(), w.manifest()); err != nil {
		t.Fatal(err)
	}
	j, err := folder.Journal(record.Contents{})
	if err != nil {
		t.Fatal(err)
	}
	rows := w.rows(seed)
	for i := range rows {
		if err := j.Append(&rows[i], record.Rows{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	return folder.Dir
}

// compares returns the claim that the left model is better in wall_s.
func compares(id, left, right string) experiments.Claim {
	return experiments.Claim{ID: id, Says: left + " beats " + right, Kind: experiments.ClaimCompare, Metric: "wall_s",
		Axis: "model", Left: left, Right: right}
}

func at(v float64) *float64 { return &v }

// usl peaks at 2.87 x, with 6.7 workers.
func usl(n float64) float64 { return n / (1 + 0.1*(n-1) + 0.02*n*(n-1)) }

// truths holds a run in which everything has a known answer: processes are 25 %
// faster than goroutines at 1 and 2 cores and 25 % slower at 4, threads are
// 1 % slower everywhere, hybrid is a bimodal arm whose mean and centre differ.
// All follow a USL whose peak is known.
func truths() world {
	w := world{blocks: 30, noise: 0.01}

	for _, n := range []int{1, 2, 4, 6, 8} {
		for _, model := range []string{experiments.Goroutines, experiments.Threads, experiments.Processes} {
			w.cells = append(w.cells, cell(model, n))
		}
	}
	w.cells = append(w.cells, cell(experiments.Hybrid, 2))
	w.wall = func(c *experiments.Cell, block int, r *rand.Rand) float64 {
		base := 1 / usl(float64(c.Workers))
		switch {
		case c.Model == experiments.Threads:
			return 1.01 * base
		case c.Model == experiments.Hybrid && r.IntN(2) == 0:
			return 2 * base
		case c.Model == experiments.Processes && c.Workers <= 2:
			return base / 1.25
		case c.Model == experiments.Processes:
			return base * 1.25
		}
		return base
	}
	w.change = func(t *record.Trial, r *rand.Rand) {
		if t.Model == experiments.Hybrid && t.Block%6 == 0 {
			t.Status, t.Detail = record.Crashed, "worker 1 died: signal: killed"
		}
	}
	where := func(c experiments.Claim, cores ...string) experiments.Claim {
		c.Where = map[string][]string{"cores": cores}
		return c
	}
	exact := compares("twice", "processes", "goroutines")
	exact.AtLeast = at(1.2)
	w.claims = []experiments.Claim{
		where(compares("faster", "processes", "goroutines"), "1", "2"),
		where(compares("slower", "processes", "goroutines"), "4"),
		compares("depends", "processes", "goroutines"),
		compares("same", "threads", "goroutines"),
		compares("bimodal", "hybrid", "goroutines"),
		where(exact, "2"),
		compares("nothing", "sequential", "goroutines"),
		{ID: "second", Says: "one core takes about a second", Kind: experiments.ClaimBound, Metric: "cpu_per_item_s",
			AtMost: at(0.01), Where: map[string][]string{"cores": {"1"}}},
		{ID: "survives", Says: "hybrids always end", Kind: experiments.ClaimProportion, Metric: "ok", AtLeast: at(0.95),
			Where: map[string][]string{"model": {"hybrid"}}},
		{ID: "scales", Says: "goroutines peak above 4 x", Kind: experiments.ClaimScaling, Model: "goroutines", Law: "usl", Quantity: "peak", AtLeast: at(4)},
		{ID: "peaks", Says: "goroutines peak below 3 x", Kind: experiments.ClaimScaling, Model: "goroutines", Law: "usl", Quantity: "peak", AtMost: at(3)},
	}
	return w
}

// read returns the rows of a CSV file as maps.
func read(t *testing.T, dir, name string) []map[string]string {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]string
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, name := range lines[0] {
			row[name] = line[i]
		}
		rows = append(rows, row)
	}
	return rows
}

func TestDerivedFilesSayTheTruth(t *testing.T) {
	dir := truths().write(t, 1)
	if err := load(t, dir).WriteDerived(dir); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"faster": Supported, "slower": Reversed, "depends": Conditional, "same": Equivalent,
		"bimodal": Inconclusive, "twice": Supported, "nothing": NoData, "second": Supported, "survives": Inconclusive,
		"scales": Reversed, "peaks": Supported}
	for _, row := range read(t, dir, record.ClaimsFile) {
		if row["part"] == "0" && row["verdict"] != want[row["claim"]] {
			t.Errorf("claim %s is %s (%s), want %s", row["claim"], row["verdict"], row["reason"], want[row["claim"]])
		}
		delete(want, row["claim"])
		if row["claim"] == "depends" && row["part"] == "0" && !strings.Contains(row["reason"], "cores: supported at 1, 2; reversed at 4, 6, 8") {
			t.Errorf("the factor is %q", row["reason"])
		}
		if row["claim"] == "bimodal" && row["trials_needed"] == "" {
			t.Error("no number of trials would decide the bimodal arm")
		}
	}
	if len(want) > 0 {
		t.Errorf("claims without a row: %v", want)
	}
	for _, row := range read(t, dir, record.ComparisonsFile) {
		if row["metric"] != "wall_s" || !strings.HasPrefix(row["left"], "processes") || !strings.HasPrefix(row["right"], "goroutines") {
			continue
		}
		truth := 1.25
		if !strings.HasSuffix(row["left"], "-1") && !strings.HasSuffix(row["left"], "-2") {
			truth = 1 / 1.25
		}
		theta := float(t, row["theta"])
		if math.Abs(theta/truth-1) > 0.01 || row["paired"] != "true" || row["n"] != "30" {
			t.Errorf("%s over %s: theta %g of %s blocks, want %g of 30 pairs", row["left"], row["right"], theta, row["n"], truth)
		}
	}
	for _, row := range read(t, dir, record.FitsFile) {
		if row["model"] != "goroutines" || row["law"] != "usl" {
			continue
		}
		for name, truth := range map[string]float64{"sigma": 0.1, "kappa": 0.02, "n_star": math.Sqrt(0.9 / 0.02), "peak": usl(math.Sqrt(0.9 / 0.02))} {
			lo, hi := float(t, row[name+"_lo"]), float(t, row[name+"_hi"])
			if truth < lo*0.98 || truth > hi*1.02 || hi/lo > 1.3 {
				t.Errorf("%s lies in [%g, %g], truth %g", name, lo, hi, truth)
			}
		}
		if row["chosen"] != "usl" {
			t.Errorf("chosen %q, want usl: %s", row["chosen"], row["says"])
		}
	}
}

func float(t *testing.T, text string) float64 {
	t.Helper()
	var v float64
	if _, err := fmt.Sscan(text, &v); err != nil {
		t.Fatalf("number %q: %v", text, err)
	}
	return v
}

func TestSameRawFilesSameDerivedBytes(t *testing.T) {
	dir := truths().write(t, 2)
	files := []string{record.SummaryFile, record.ComparisonsFile, record.FitsFile, record.ClaimsFile, record.BenchFile}
	var before map[string]string
	for range 2 {
		if err := load(t, dir).WriteDerived(dir); err != nil {
			t.Fatal(err)
		}
		now := map[string]string{}
		for _, name := range files {
			data, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			now[name] = string(data)
			if before != nil && before[name] != now[name] {
				t.Errorf("%s changed", name)
			}
			for _, word := range []string{"NaN", "Inf"} {
				if strings.Contains(now[name], word) {
					t.Errorf("%s holds %s", name, word)
				}
			}
		}
		before = now
	}
}

// TestFalsePositives: on identical arms the whole pipeline finds a difference
// in fewer than 5 % of the runs; without the margin, the adjusted grid keeps to
// its level.
func TestFalsePositives(t *testing.T) {
	const runs = 200
	shapes := map[string]func(*record.Trial, *rand.Rand){
		"normal":  nil,
		"tail":    func(t *record.Trial, r *rand.Rand) { t.WallS *= 1 + 0.1*r.ExpFloat64()*r.ExpFloat64() },
		"bimodal": func(t *record.Trial, r *rand.Rand) { t.WallS *= 1 + 0.3*float64(r.IntN(2)) },
		"drift":   func(t *record.Trial, r *rand.Rand) { t.WallS *= 1 + 0.02*float64(t.Block) },
	}
	for name, change := range shapes {
		w := world{cells: []experiments.Cell{cell(experiments.Goroutines, 2), cell(experiments.Processes, 2)}, blocks: 10, noise: 0.05,
			claims: []experiments.Claim{compares("c", "processes", "goroutines")}, change: change}
		count := map[string]int{}
		for seed := range uint64(runs) {
			d := w.digest(seed)
			count[d.Verdicts()[0].Verdict]++
			if slices.ContainsFunc(d.Comparisons(), func(c Comparison) bool { return c.Metric == "wall_s" && c.BH <= 0.05 }) {
				count["grid"]++
			}
		}
		if count["grid"] > runs*8/100 { // 5 % and two standard errors
			t.Errorf("%s: the grid has a difference in %d of %d runs", name, count["grid"], runs)
		}
		t.Logf("%-8s %v", name, count)
		if wrong := count[Supported] + count[Reversed] + count[Conditional] + count[NoData]; wrong > runs/20 {
			t.Errorf("%s: %d of %d runs found a difference that is none", name, wrong, runs)
		}
	}
}
