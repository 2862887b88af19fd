package digest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"forklore/experiments"
	"forklore/metrics/record"
)

// fake is a results folder written from known distributions.
type fake struct {
	cells   []experiments.Cell
	trials  int
	warmup  int
	ended   string
	change  func(*record.Trial)                   // last word on a row
	samples func(t *record.Trial) []record.Sample // nil: none
	skip    map[int]bool                          // trials without a row
	bare    bool                                  // headers alone
}

func cell(model string, workers int) experiments.Cell {
	processes := 1
	if model == experiments.Processes {
		processes = workers
	}
	return experiments.Cell{
		ID: fmt.Sprintf("%s-%d", model, workers), Workload: "sieve", Label: "sieve", Params: map[string]string{"segment": "64", "n": "9"},
		Model: model, ModelLabel: model, Cores: workers, Workers: workers, Processes: processes,
		Schedule: experiments.Static, Scaling: experiments.Strong, Items: 1000, Iterations: 1, TimeoutS: 60,
		Placement: experiments.Placement{Policy: "compact", SMT: "avoid", NUMA: "any", Runner: "spare"},
	}
}

func threeCells() []experiments.Cell {
	return []experiments.Cell{cell(experiments.Sequential, 1), cell(experiments.Goroutines, 1), cell(experiments.Goroutines, 2), cell(experiments.Processes, 2)}
}

func (f fake) write(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	folder := &record.Folder{Dir: dir}
	ended := f.ended
	if ended == "" {
		ended = "complete"
	}
	m := &record.Manifest{Name: "fake", Question: "Does it?", Ended: ended, Plan: experiments.Plan{
		Cells: f.cells, Trials: f.trials, Warmup: f.warmup, Order: "blocks", Sample: experiments.Sample{EveryS: 0.1}}}
	if err := record.WriteManifest(folder.Manifest(), m); err != nil {
		t.Fatal(err)
	}
	j, err := folder.Journal(record.Contents{})
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	number := 0
	for block := 1; block <= f.warmup+f.trials && !f.bare; block++ {
		for i, c := range f.cells {
			number++
			row := f.row(c, rng)
			row.Trial, row.Block, row.Position, row.Warmup = number, block, i+1, block <= f.warmup
			if f.change != nil {
				f.change(&row)
			}
			if f.skip[number] {
				continue
			}
			var samples []record.Sample
			if f.samples != nil {
				samples = f.samples(&row)
			}
			if err := j.Append(&row, record.Rows{Samples: samples}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// row makes a trial of c: one second of work, shared out perfectly, times a
// noise of a few per cent.
func (f fake) row(c experiments.Cell, rng *rand.Rand) record.Trial {
	t := record.NewTrial()
	t.Cell, t.Workload, t.Label, t.Params = c.ID, c.Workload, c.Label, paramText(c.Params)
	t.Model, t.ModelLabel, t.Cores, t.Workers, t.Processes = c.Model, c.ModelLabel, c.Cores, c.Workers, c.Processes
	t.Schedule, t.Scaling, t.Iterations, t.Items = c.Schedule, c.Scaling, c.Iterations, float64(c.Items)
	t.Status, t.Checksum, t.CPUs = record.OK, "00000000000000ff", fmt.Sprintf("0-%d", c.Cores-1)
	t.WallS = math.Round(1e6*math.Exp(0.03*rng.NormFloat64())/float64(c.Workers)) / 1e6
	t.FirstS, t.ItemsDone = t.WallS, t.Items
	t.CPUS, t.CPUWorkS, t.RusageS = t.WallS*float64(c.Workers), t.WallS*float64(c.Workers), t.WallS*float64(c.Workers)
	t.MemHighB, t.MemBaseB = 5e6*float64(c.Processes), 4e6*float64(c.Processes)
	t.ForeignCPUS, t.Samples, t.LateTicks = 0, 10, 0
	return t
}

func load(t testing.TB, dir string) *Digest {
	t.Helper()
	d, err := Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// edit changes one file of a folder by hand.
func edit(t testing.TB, dir, file string, change func(string) string) {
	t.Helper()
	path := filepath.Join(dir, file)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(change(string(data))), 0o666); err != nil {
		t.Fatal(err)
	}
}
