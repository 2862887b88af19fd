package plots

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"forklore/experiments"
	"forklore/metrics/digest"
)

// Place says where a cell stands in charts and tables: which panel, which
// setting within it, which series. Only what differs within the run is named.
type Place struct {
	Label   string // the panel: the workload
	Setting string // "2 cores, 8 workers, dynamic"
	Extra   string // the part of the setting besides cores and workers
	Series  string // the model
}

// Title names the cell in one line: "sieve, processes, 2 cores".
func (p Place) Title() string {
	parts := []string{p.Label, p.Series}
	if p.Setting != "" {
		parts = append(parts, p.Setting)
	}
	return strings.Join(parts, ", ")
}

// Places returns the place of every cell of the digest, in the digest's order.
func Places(d *digest.Digest) []Place {
	v := varying(d)
	places := make([]Place, len(d.Cells))
	seen := map[Place]int{}
	for i, c := range d.Cells {
		parts := []string{Count(c.Cores, "core")}
		if v.workers {
			parts = append(parts, Count(c.Workers, "worker"))
		}
		extra := v.extra(c.Cell)
		parts = append(parts, extra...)
		places[i] = Place{labelOf(c.Cell), strings.Join(parts, ", "), strings.Join(extra, ", "), v.series(c.Cell)}
		if seen[places[i]]++; seen[places[i]] > 1 {
			places[i].Setting += fmt.Sprintf(" (%d)", seen[places[i]])
		}
	}
	return places
}

// labelOf names the cell's work: its label, or its workload where a plan made
// by hand gives none.
func labelOf(c experiments.Cell) string { return cmp.Or(c.Label, c.Workload) }

// series names the model; hybrids that differ in their processes say so.
func (v variation) series(c experiments.Cell) string {
	name := cmp.Or(c.ModelLabel, c.Model)
	if v.layouts[layoutOf(c)] > 1 {
		name += fmt.Sprintf(" (%d processes)", c.Processes)
	}
	return name
}

// layout is what two hybrid cells share that differ in their processes alone.
type layout struct {
	label, series  string
	cores, workers int
}

func layoutOf(c experiments.Cell) layout {
	return layout{labelOf(c), cmp.Or(c.ModelLabel, c.Model), c.Cores, c.Workers}
}

// variation says which settings differ between the cells of a run.
type variation struct {
	workers, schedule, scaling, items, policy, smt bool

	layouts map[layout]int // how many numbers of processes each layout has
}

func varying(d *digest.Digest) variation {
	v := variation{layouts: map[layout]int{}}
	type split struct {
		layout
		processes int
	}
	seen := map[split]bool{}
	first := map[string]experiments.Cell{} // of each label
	for _, c := range d.Cells {
		if s := (split{layoutOf(c.Cell), c.Processes}); c.Model == experiments.Hybrid && !seen[s] {
			seen[s] = true
			v.layouts[s.layout]++
		}
		v.workers = v.workers || (c.Workers != c.Cores && c.Model != experiments.Sequential)
		f, ok := first[labelOf(c.Cell)]
		if !ok {
			first[labelOf(c.Cell)] = c.Cell
			continue
		}
		v.schedule = v.schedule || f.Schedule != c.Schedule
		v.scaling = v.scaling || f.Scaling != c.Scaling
		v.items = v.items || f.Items != c.Items || f.DurationS != c.DurationS
		v.policy = v.policy || f.Placement.Policy != c.Placement.Policy
		v.smt = v.smt || f.Placement.SMT != c.Placement.SMT
	}
	return v
}

// extra names the varying settings besides cores and workers.
func (v variation) extra(c experiments.Cell) []string {
	var parts []string
	add := func(when bool, text string) {
		if when && text != "" {
			parts = append(parts, text)
		}
	}
	add(v.schedule, c.Schedule)
	add(v.scaling, c.Scaling)
	if v.items && c.DurationS > 0 {
		add(true, Quantity(c.DurationS, "s"))
	} else if v.items && c.Items > 0 {
		add(true, Count(int(c.Items), "item"))
	}
	add(v.policy, c.Placement.Policy)
	add(v.smt && c.Placement.SMT == "allow", "SMT")
	return parts
}

// who identifies a cell in the rows of a CSV twin.
type who struct {
	Cell    string `csv:"cell"`
	Label   string `csv:"label"`
	Setting string `csv:"setting"`
	Model   string `csv:"model"`
	Series  string `csv:"series"`
	Cores   int    `csv:"cores"`
	Workers int    `csv:"workers"`
}

func (w who) place() Place { return Place{Label: w.Label, Setting: w.Setting, Series: w.Series} }

func (w who) title() string { return w.place().Title() }

// ReadingOrder returns the indices of the digest's cells as charts and tables
// list them: workload by workload, then cores, workers, setting and model.
func ReadingOrder(d *digest.Digest) []int {
	var order []int
	for _, e := range entries(d) {
		order = append(order, e.index)
	}
	return order
}

// entry is a cell of the digest with its place, sorted for reading.
type entry struct {
	who
	index int // in Digest.Cells
	extra string
	*digest.Cell
}

// entries returns the cells panel by panel in the digest's order of labels;
// within one by cores, workers, setting and model.
func entries(d *digest.Digest) []entry {
	labels := map[string]int{}
	places := Places(d)
	all := make([]entry, len(d.Cells))
	for i := range d.Cells {
		c := &d.Cells[i]
		p := places[i]
		if _, ok := labels[p.Label]; !ok {
			labels[p.Label] = len(labels)
		}
		all[i] = entry{who{c.ID, p.Label, p.Setting, c.Model, p.Series, c.Cores, c.Workers}, i, p.Extra, c}
	}
	slices.SortStableFunc(all, func(a, b entry) int {
		return cmp.Or(
			cmp.Compare(labels[a.who.Label], labels[b.who.Label]),
			cmp.Compare(a.who.Cores, b.who.Cores),
			cmp.Compare(a.who.Workers, b.who.Workers),
			cmp.Compare(a.Setting, b.Setting),
			cmp.Compare(modelOrder(a.who.Model), modelOrder(b.who.Model)),
			cmp.Compare(a.Series, b.Series),
		)
	})
	return all
}
