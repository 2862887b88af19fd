package experiments

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"
)

// Plan writes the grid out: the cells in the declared order, without those
// that the filter leaves out, and the dropped ones with their reasons. It
// depends on nothing but the file, the options and the catalogue. Its error is
// a [Faults] where the filter names what no cell has.
func (e *Experiment) Plan() (*Plan, error) {
	x := e.grid.expand()
	x.name()
	keep, faults := parseFilter(e.Options.Filter)
	if faults == nil {
		faults = keep.check(e.grid, x.points)
	}
	if faults != nil {
		return nil, faults
	}
	p := &Plan{Seed: e.Seed, Trials: e.Trials, Warmup: e.Warmup, Order: e.Order, Sample: e.Sample,
		Claims: e.Claims, Controls: e.Controls, Adaptive: e.Adaptive}
	for _, d := range x.dropped {
		if keep.test(&d.point) {
			p.Dropped = append(p.Dropped, Dropped{d.Cell, d.because})
		}
	}
	p.Cells = make([]Cell, 0, len(x.points))
	seen := make(map[string]bool, len(x.points))
	for i := range x.points {
		one := &x.points[i]
		if !keep.test(one) {
			continue
		}
		one.ID = one.Cell.hash()
		if seen[one.ID] {
			p.Dropped = append(p.Dropped, Dropped{one.Cell, "the same cell is in the plan already"})
			continue
		}
		seen[one.ID] = true
		p.Cells = append(p.Cells, one.Cell)
	}
	for i := range p.Dropped {
		p.Dropped[i].Cell.ID = p.Dropped[i].Cell.hash()
	}
	if len(p.Cells) == 0 {
		return nil, Faults{keep.fault(1, fmt.Sprintf("none of the %d cells is left", len(x.points)), "loosen the filter; forklore plan lists the cells")}
	}
	p.addControls(e.Controls, e.grid)
	p.Hash = p.hash()
	return p, nil
}

// name gives cells their labels: the workload's, with the parameters (and the
// amount of work) that vary among the cells of that label; the hybrid's with
// its number of processes where that varies. The filter changes no label.
func (x *expansion) name() {
	v := variation{}
	for i := range x.points {
		p := &x.points[i]
		for k, value := range p.Params {
			v.see("w "+p.base, k, value)
		}
		v.see("w "+p.base, "=work", p.work())
		v.see("m "+p.ModelLabel, "=processes", strconv.Itoa(p.Processes))
	}
	vary := v.parameters()
	for i := range x.points {
		v.label(&x.points[i], vary)
	}
	for i := range x.dropped {
		v.label(&x.dropped[i].point, vary)
	}
}

// variation holds, for a group and a key, the value if there is one only.
type variation map[string]map[string]*seen

// parameters returns, for each group of workloads, the keys that vary.
func (v variation) parameters() map[string][]string {
	out := map[string][]string{}
	for group, keys := range v {
		for _, k := range slices.Sorted(maps.Keys(keys)) {
			if keys[k].vary && k[0] != '=' {
				out[group] = append(out[group], k)
			}
		}
	}
	return out
}

type seen struct {
	value string
	vary  bool
}

func (v variation) see(group, key, value string) {
	if v[group] == nil {
		v[group] = map[string]*seen{}
	}
	if s := v[group][key]; s == nil {
		v[group][key] = &seen{value: value}
	} else if s.value != value {
		s.vary = true
	}
}

func (v variation) varies(group, key string) bool {
	s := v[group][key]
	return s != nil && s.vary
}

func (v variation) label(p *point, vary map[string][]string) {
	group := "w " + p.base
	p.Label = p.base
	for _, k := range vary[group] {
		if value, ok := p.Params[k]; ok {
			p.Label += " " + k + "=" + value
		}
	}
	if v.varies(group, "=work") {
		p.Label += " " + p.work()
	}
	if p.Model == Hybrid && v.varies("m "+p.ModelLabel, "=processes") {
		p.ModelLabel = fmt.Sprintf("%s processes=%d", p.ModelLabel, p.Processes)
	}
}

// work says how much a trial does.
func (c *Cell) work() string {
	switch {
	case c.DurationS > 0:
		return "duration=" + seconds(c.DurationS)
	case c.AutoS > 0:
		return "auto=" + seconds(c.AutoS)
	}
	return "items=" + strconv.FormatInt(c.Items, 10)
}

func seconds(s float64) string {
	return brief(time.Duration(s * float64(time.Second)).Round(time.Microsecond))
}

// hash returns c and 12 hex digits of SHA-256 over the cell in JSON, ID left
// out. The letter keeps spreadsheets from reading a number.
func (c Cell) hash() string {
	c.ID = ""
	b, err := json.Marshal(&c)
	if err != nil {
		panic("experiments: cell: " + err.Error()) // plain data: a NaN of ours
	}
	sum := sha256.Sum256(b)
	return "c" + hex.EncodeToString(sum[:6])
}

// hash covers what decides which trials are run in which order.
func (p *Plan) hash() string {
	h := sha256.New()
	fmt.Fprintf(h, "%d %d %d %s\n", p.Seed, p.Trials, p.Warmup, p.Order)
	if p.Adaptive != nil {
		fmt.Fprintf(h, "%+v\n", *p.Adaptive)
	}
	for _, c := range p.Cells {
		h.Write([]byte(c.ID))
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// Steps yields every trial in the order in which it is run. In blocks, each
// block holds one trial of every cell in a random order that is decided by the
// seed and the block's number alone, so that more trials only add blocks; the
// canary comes before them. Warm-up blocks come first and are numbered with the
// others. In sequential order a cell's trials follow each other, its warm-ups
// first, and Block is the trial's number within the cell.
func (p *Plan) Steps() iter.Seq[Step] {
	return func(yield func(Step) bool) {
		trial, blocks := 0, p.Warmup+p.Trials
		if p.Order == "sequential" {
			for cell := range p.Cells {
				for block := 1; block <= blocks; block++ {
					trial++
					if !yield(Step{trial, block, cell + 1, block <= p.Warmup, cell}) {
						return
					}
				}
			}
			return
		}
		for block := 1; block <= blocks; block++ {
			for i, cell := range p.block(uint64(block)) {
				trial++
				if !yield(Step{trial, block, i + 1, block <= p.Warmup, cell}) {
					return
				}
			}
		}
	}
}

// block returns the cells of one block in their order. A canary, which is the
// last cell of its plan, comes first and moves no other cell.
func (p *Plan) block(block uint64) []int {
	last := len(p.Cells) - 1
	if last < 0 || p.Cells[last].Control != ControlCanary {
		return shuffled(last+1, p.Seed, block)
	}
	return append([]int{last}, shuffled(last, p.Seed, block)...)
}

// shuffled is Fisher and Yates' shuffle of 0..n-1, written out so that a plan
// stays the same whatever becomes of the library's.
func shuffled(n int, seed, block uint64) []int {
	src := rand.NewPCG(seed, block)
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	for i := n - 1; i > 0; i-- {
		m := uint64(i + 1)
		v := src.Uint64()
		for v < -m%m { // the remainder of 2^64 by m would favour small numbers
			v = src.Uint64()
		}
		j := int(v % m)
		out[i], out[j] = out[j], out[i]
	}
	return out
}

// Guessed reports whether Estimate had to guess: some cell counts its items, and
// nobody knows yet how long one takes.
func (p *Plan) Guessed() bool {
	return slices.ContainsFunc(p.Cells, func(c Cell) bool { return c.DurationS == 0 && c.AutoS == 0 })
}

// Estimate returns how long the run will take. It takes a trial for as long as
// its duration, or as items: auto aims at without any gain from more workers
// (so that parallel cells end sooner), or one second where the items are
// counted; times iterations, and times workers per core under weak scaling.
// To this it adds 50 ms per trial, 5 ms per process, and three trials of
// calibration for each workload that needs it. With adaptive trials it is the
// time of the most blocks that there can be, or the budget where that is less:
// an upper end, for what the data will ask for is unknown.
func (p *Plan) Estimate() time.Duration {
	var total float64
	calibrated := map[string]bool{}
	for i := range p.Cells {
		c := &p.Cells[i]
		length := 1.0
		switch {
		case c.DurationS > 0:
			length = c.DurationS
		case c.AutoS > 0:
			length = c.AutoS
			if !calibrated[c.Label] {
				calibrated[c.Label] = true
				total += 3 * length
			}
		}
		length *= float64(c.Iterations)
		if c.Scaling == Weak && c.DurationS == 0 {
			length *= max(1, float64(c.Workers)/float64(c.Cores))
		}
		length *= 1 + c.Extra
		total += (length + 0.05 + 0.005*float64(c.Processes)) * float64(p.Trials+p.Warmup)
	}
	if p.Adaptive != nil && p.Adaptive.BudgetS > 0 {
		total = min(total, p.Adaptive.BudgetS)
	}
	const longest = 290 * 365 * 24 * 3600 // what a time.Duration can hold
	return time.Duration(min(total, longest) * float64(time.Second)).Round(time.Millisecond)
}
