package digest

import (
	"errors"
	"fmt"
	"math"
	"os"

	"forklore/experiments"
	"forklore/metrics/record"
)

// maxFailures bounds the memory that a run of failures can take.
const maxFailures = 10_000

// MemoryLimit is what a program that digests a run of any size should give to
// debug.SetMemoryLimit: a million trials take about 300 MB, and without a
// limit the garbage of their summary may double that.
const MemoryLimit = 448 << 20

// Load digests the results folder dir. It holds one float64 for each ok trial
// and metric, never whole rows: a million trials take about 300 MB. What is
// wrong with single rows is a warning; an error means that there is nothing to
// digest. The same files give the same Digest.
func Load(dir string) (*Digest, error) {
	folder, err := record.Open(dir)
	if err != nil {
		return nil, err
	}
	manifest, err := record.ReadManifest(folder.Manifest())
	if err != nil {
		return nil, err
	}
	l, err := loadTrials(folder, manifest)
	if err != nil {
		return nil, err
	}
	d := l.digest()
	l.loadLines(folder.Samples(), d)
	l.loadIterations(folder.Iterations(), d)
	l.loadMeasures(folder.Measures(), d)
	l.loadDists(folder.Histograms(), d)
	d.gate()
	d.Warnings = append(l.warnings(d), d.flags()...)
	return d, nil
}

// loadTrials reads the rows once, and a second time in the rare case that a
// sequential trial came after others and proved them wrong.
func loadTrials(folder *record.Folder, manifest *record.Manifest) (*loader, error) {
	proof := &record.Proof{}
	for {
		before := proof.Overturned
		l := newLoader(manifest, proof)
		if err := l.loadRows(folder.Trials()); err != nil {
			return nil, err
		}
		if proof.Overturned == before {
			return l, nil
		}
	}
}

// loader is a Digest in the making.
type loader struct {
	manifest *record.Manifest
	proof    *record.Proof
	cells    []*gather // the plan's, then those that only rows know
	planned  int
	byID     map[string]int
	trials   record.Set // numbers of all rows
	failures []Failure
	rows     int
	tally    tally
	noise    noiseLog
}

// gather is a Cell in the making. A column stays nil until a value comes.
type gather struct {
	*experiments.Cell
	rows, warmup   int
	trials, blocks []int
	columns        [][]float64
	failed         map[string]int
	dealt          float64 // items of the last ok trial
	short          bool
}

func newLoader(manifest *record.Manifest, proof *record.Proof) *loader {
	l := &loader{manifest: manifest, proof: proof, byID: map[string]int{}, planned: len(manifest.Plan.Cells)}
	l.noise.cpus = len(manifest.Machine.Topology.CPUs)
	for i := range manifest.Plan.Cells {
		c := &manifest.Plan.Cells[i]
		l.byID[c.ID] = i
		l.cells = append(l.cells, &gather{Cell: c})
	}
	return l
}

func (l *loader) loadRows(path string) error {
	for t, err := range record.ReadTrials(path) {
		if err != nil {
			if !l.tally.fault(err) {
				return err
			}
			continue
		}
		l.row(t)
	}
	return nil
}

func (l *loader) row(t *record.Trial) {
	l.rows++
	l.trials.Add(t.Trial)
	c := l.cell(t)
	c.rows++
	status, detail := t.Status, t.Detail
	if ok, want := l.proof.Check(t); !ok {
		status, detail = record.Wrong, fmt.Sprintf("its checksum is %s, that of the same work elsewhere %s", t.Checksum, want)
		l.tally.disagree++
	}
	if status != record.OK {
		l.fail(c, t, status, detail)
	}
	switch {
	case t.Warmup:
		c.warmup++
	case status == record.OK:
		c.add(t, l.manifest.Plan.Trials)
		l.tally.watch(c, t)
		l.noise.watch(c.Cell, t)
	default:
		if c.failed == nil {
			c.failed = map[string]int{}
		}
		c.failed[status]++
	}
}

// cell returns the cell of a row. A cell that the plan lacks is made from the
// row, so that no row is lost.
func (l *loader) cell(t *record.Trial) *gather {
	i, ok := l.byID[t.Cell]
	if !ok {
		i = len(l.cells)
		l.byID[t.Cell] = i
		c := cellOf(t)
		l.cells = append(l.cells, &gather{Cell: &c})
	}
	return l.cells[i]
}

func (l *loader) fail(c *gather, t *record.Trial, status, detail string) {
	l.tally.failed(status, t.Warmup)
	if len(l.failures) == maxFailures {
		return
	}
	l.failures = append(l.failures, Failure{
		Trial: t.Trial, Block: t.Block, Cell: t.Cell, Title: Title(*c.Cell),
		Status: status, Detail: detail, Log: t.Log,
	})
}

// maxHint keeps a plan that promises much from taking memory for it.
const maxHint = 1 << 12

func (c *gather) add(t *record.Trial, planned int) {
	n := len(c.trials)
	hint := min(max(planned, n+1), maxHint)
	if c.columns == nil {
		c.columns = make([][]float64, len(metrics))
		c.trials, c.blocks = make([]int, 0, hint), make([]int, 0, hint)
	}
	c.trials, c.blocks = append(c.trials, t.Trial), append(c.blocks, t.Block)
	c.dealt = t.Items
	c.short = c.short || !(t.DurationS > 0) && t.ItemsDone < t.Items*float64(t.Iterations)
	for i, m := range metrics {
		v := m.Of(t)
		column := c.columns[i]
		if column == nil {
			if math.IsNaN(v) {
				continue
			}
			column = nans(n, hint)
		}
		if math.IsInf(v, 0) {
			v = math.NaN()
		}
		c.columns[i] = append(column, v)
	}
}

func nans(n, room int) []float64 {
	list := make([]float64, n, max(n+1, room))
	for i := range list {
		list[i] = math.NaN()
	}
	return list
}

// digest turns what was gathered into the Digest.
func (l *loader) digest() *Digest {
	d := &Digest{Manifest: *l.manifest, Failures: l.failures, Rows: l.rows, derived: &derived{},
		Noise: l.noise.list, noisy: l.noise.noisy}
	longest, used := 0, 0
	for _, g := range l.cells {
		longest = max(longest, len(g.trials))
		if g.rows > 0 {
			used++
		}
	}
	d.Cells = make([]Cell, 0, used)
	absent := nans(longest, longest) // one for all columns without a value
	for k, g := range l.cells {
		l.cells[k] = nil // what was gathered goes as what is kept comes
		if g.rows == 0 {
			continue
		}
		c := Cell{Cell: *g.Cell, Trials: g.trials, Blocks: g.blocks, Failed: g.failed, Warmup: g.warmup, dealt: g.dealt, short: g.short,
			Values: make(map[string][]float64, len(metrics))}
		n := len(g.trials)
		for i, m := range metrics {
			switch {
			case g.columns != nil && g.columns[i] != nil:
				c.Values[m.Name] = g.columns[i]
			case !rare[m.Name]:
				c.Values[m.Name] = absent[:n:n]
			}
		}
		if c.Control != "" {
			d.Controls = append(d.Controls, c)
		} else {
			d.Cells = append(d.Cells, c)
		}
	}
	l.cells = nil
	return d
}

// loadLines adds the lines of the samples; a run without the file, or with an
// empty one, has none.
func (l *loader) loadLines(path string, d *Digest) {
	switch info, err := os.Stat(path); {
	case errors.Is(err, os.ErrNotExist):
		l.tally.noSamples = l.manifest.Plan.Sample.EveryS > 0
		return
	case err == nil && info.Size() == 0:
		l.tally.emptySamples = true
		return
	}
	b := newLineBuilder(d, l.manifest.Plan.Sample.EveryS)
	strange := record.Set{}
	for s, err := range record.ReadSamples(path) {
		if err != nil {
			if !l.tally.aside(err) {
				break
			}
			continue
		}
		if s.Trial < 0 || !l.trials.Has(s.Trial) {
			l.tally.strangeSamples++
			if s.Trial >= 0 && strange.Add(s.Trial) {
				l.tally.strangeTrials++
			}
			continue
		}
		b.add(s)
	}
	d.Lines = b.end()
	l.tally.apart = b.apart
}
