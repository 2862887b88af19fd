package report

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"text/tabwriter"

	"forklore/experiments"
	"forklore/metrics/digest"
	"forklore/plots"
)

// adviser puts an advice into words for a terminal.
type adviser struct {
	*digest.Digest
	*digest.Advice
	musts []experiments.Must
	strings.Builder
}

// Advise says in plain words what a run speaks for: which model, by how much, how sure that
// is, what it costs and what would change the answer.
func Advise(d *digest.Digest, a *digest.Advice, musts []experiments.Must) string {
	w := &adviser{Digest: d, Advice: a, musts: musts}
	w.headline()
	w.sure()
	w.costs()
	w.changes()
	return w.String()
}

func (w *adviser) line(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }

// best is the model that is advised, or the one that looks best.
func (w *adviser) best() *digest.Candidate { return &w.Models[max(w.Lean, 0)] }

func (w *adviser) taken() []string {
	var names []string
	for _, i := range w.Take {
		names = append(names, w.Models[i].Model)
	}
	return names
}

func (w *adviser) headline() {
	required := ""
	if len(w.musts) > 0 {
		var words []string
		for _, m := range w.musts {
			words = append(words, m.Text)
		}
		required = " that meets " + strings.Join(words, " and ")
	}
	cores := plots.Count(w.Cores, "core")
	within := "differences within " + plots.Given(100*w.Margin, "") + " % count as none"
	switch w.Outcome {
	case digest.NoModel:
		if required == "" {
			required = " that was run to its end"
		}
		w.line("There is no model%s, on %s:", required, cores)
		for i := range w.Models {
			w.line("- %s: %s", w.Models[i].Model, strings.Join(w.unmet(&w.Models[i]), "; "))
		}
	case digest.Open:
		which := "between " + listed(w.taken())
		if len(w.Take) == 1 {
			which = "it may be " + w.best().Model
		}
		w.line("Not decided which model%s to take, on %s: %s.", required, cores, which)
		for _, why := range strings.Split(w.Why, "; ") {
			if why != "" {
				w.line("- %s", why)
			}
		}
		w.slower()
	case digest.Equal:
		if w.Lean >= 0 {
			w.line("Take %s, on %s: no model%s is faster by a difference that you would notice, and it needs the least memory of those that are as fast: %s.", w.best().Model, cores, required, listed(w.taken()))
		} else {
			w.line("Take any of %s, on %s: between them there is no difference that you would notice (%s).", listed(w.taken()), cores, within)
		}
	case digest.Decided:
		w.line("Take %s, on %s: it is the %s model%s.", w.best().Model, cores, map[bool]string{true: "only", false: "fastest"}[w.Fit == 1], required)
	}
	w.against()
}

// slower names the models that are out of the question although nothing else is decided.
func (w *adviser) slower() {
	var names []string
	for i := range w.Fit {
		if w.Broken == "" && w.Models[i].Relation == digest.Better {
			names = append(names, w.Models[i].Model)
		}
	}
	if names != nil {
		w.line("Out of the question, since %s is surely faster: %s.", w.Models[0].Model, listed(names))
	}
}

// against says by how much the answer is ahead of the next and of the last.
func (w *adviser) against() {
	if w.Outcome != digest.Decided {
		return
	}
	var fit []*digest.Candidate
	for i := 1; i < w.Fit; i++ {
		if w.Models[i].Against != nil {
			fit = append(fit, &w.Models[i])
		}
	}
	if w.best().Model == experiments.Sequential {
		w.line("That is one worker, with nothing beside it.")
	}
	if len(fit) == 0 {
		return
	}
	said := fmt.Sprintf("It is %s as fast as %s, the next", rangeText(*fit[0].Against), fit[0].Model)
	if last := fit[len(fit)-1]; len(fit) > 1 {
		said += fmt.Sprintf(", and %s as fast as %s, the last", rangeText(*last.Against), last.Model)
	}
	w.line("%s (ratios of throughput with their 95 %% intervals).", said)
}

// sure says what the answer rests on.
func (w *adviser) sure() {
	if len(w.Models) == 0 {
		return
	}
	least, most := w.Models[0].N, w.Models[0].N
	for _, c := range w.Models {
		least, most = min(least, c.N), max(most, c.N)
	}
	n := fmt.Sprint(least)
	if most > least {
		n += fmt.Sprintf(" to %d", most)
	}
	switch {
	case w.Outcome == digest.NoModel:
		w.line("\nHow sure: n = %s trials of each model.", n)
	case w.Broken != "":
		w.line("\nHow sure: not at all, for what must hold before a number counts does not; n = %s trials of each model.", n)
		for _, g := range w.Gates {
			if !g.Passed {
				w.line("- gate %s: %s", g.Name, g.Detail)
			}
		}
	case w.Outcome == digest.Open:
		w.line("\nHow sure: n = %s trials of each model%s.", n, w.more())
	case w.Fit == 1:
		w.line("\nHow sure: it is the only model left; the intervals of its numbers lie wholly within what is required. n = %s trials of each model.", n)
	default:
		w.line("\nHow sure: two estimators agree on every verdict that this rests on, with p adjusted over %s (Holm); n = %s trials of each model; %s.",
			plots.Count(len(w.Verdicts()), "claim"), n, w.gates())
	}
}

// gates names the conditions of trust that hold.
func (w *adviser) gates() string {
	var names []string
	for _, g := range w.Gates {
		switch {
		case g.Passed && g.Leeway > 1:
			names = append(names, fmt.Sprintf("%s (which leaves %.3gx open)", g.Name, g.Leeway))
		case g.Passed:
			names = append(names, g.Name)
		}
	}
	if names == nil {
		return "no control was run"
	}
	return "gates that hold: " + listed(names)
}

// MostTrials is how many trials one may be asked to run for a decision.
const MostTrials = 1000

// more says how many trials would decide.
func (w *adviser) more() string {
	switch {
	case w.Trials == 0:
		return ""
	case w.Trials > MostTrials:
		return fmt.Sprintf("; more than %d would be needed: the difference is too small for this machine, or it was not quiet", MostTrials)
	}
	return fmt.Sprintf("; about %d would decide it, with a chance of 80 %%, if the estimates are true", w.Trials)
}

// costs is the table of what each model takes.
func (w *adviser) costs() {
	if len(w.Models) == 0 {
		return
	}
	w.line("")
	tw := tabwriter.NewWriter(&w.Builder, 0, 0, 2, ' ', 0)
	memory := "peak memory"
	if w.Models[0].Memory.Metric.Name == "mem_low_B" { // of a plain program no more is known
		memory = "peak memory, at least"
	}
	header := []string{"model", w.By.Title, w.Models[0].Model + " against it", memory, "CPU per item", "start"}
	for _, m := range w.numbers() {
		if m.Metric != experiments.MustMemory { // it has a column
			header = append(header, m.Text)
		}
	}
	if len(w.musts) > 0 {
		header = append(header, "requirements")
	}
	fmt.Fprintln(tw, strings.Join(header, "\t"))
	for i := range w.Models {
		c := &w.Models[i]
		slower := ""
		if c.Against != nil && c.Against.Primary.N > 0 {
			slower = rangeText(*c.Against)
		}
		row := []string{c.Model, quantityText(c.Speed), slower, quantityText(c.Memory), quantityText(c.CPU), quantityText(c.Start)}
		for k, m := range w.numbers() {
			if m.Metric != experiments.MustMemory {
				row = append(row, quantityText(c.Numbers[k]))
			}
		}
		fmt.Fprintln(tw, strings.TrimRight(strings.Join(append(row, w.met(c)), "\t"), "\t"))
	}
	_ = tw.Flush() // to a builder
}

// met says whether a model meets what is required.
func (w *adviser) met(c *digest.Candidate) string {
	switch {
	case c.Unmet != nil:
		return "not met: " + briefly(c.Unmet)
	case c.Unclear != nil:
		return "open: " + briefly(c.Unclear)
	case len(w.musts) > 0:
		return "met"
	}
	return ""
}

// briefly names requirements without their reasons.
func briefly(list []string) string {
	var names []string
	for _, s := range list {
		name, _, _ := strings.Cut(s, ":")
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

// numbers are the requirements that are numbers.
func (w *adviser) numbers() []experiments.Must {
	return slices.DeleteFunc(slices.Clone(w.musts), func(m experiments.Must) bool { return m.Metric == "" })
}

// unmet says which requirements a model does not meet, and numbers by how much.
func (w *adviser) unmet(c *digest.Candidate) []string {
	list := slices.Clone(c.Unmet)
	for k, m := range w.numbers() {
		i := slices.Index(list, m.Text)
		if i < 0 {
			continue
		}
		q, ratio := c.Numbers[k], ""
		switch {
		case m.AtMost != nil && *m.AtMost > 0:
			ratio = ", " + plots.Times(q.Median / *m.AtMost) + " what is allowed"
		case m.AtLeast != nil && q.Median > 0:
			ratio = ", " + plots.Times(q.Median / *m.AtLeast) + " what is asked for"
		}
		list[i] += ": it is " + quantityText(q) + ratio
	}
	return list
}

func quantityText(q digest.Quantity) string {
	if math.IsNaN(q.Median) {
		return ""
	}
	s := plots.Quantity(q.Median, q.Metric.Unit)
	if !math.IsNaN(q.Lo) {
		s += " [" + plots.Bounds(q.Median, q.Lo, q.Hi, q.Metric.Unit, ", ") + "]"
	}
	return s
}

// changes says what would lead to another answer.
func (w *adviser) changes() {
	var notes []string
	for _, s := range w.Shifts {
		notes = append(notes, w.change(s))
	}
	if w.Outcome == digest.Decided || w.Outcome == digest.Equal {
		if slices.ContainsFunc(w.musts, func(m experiments.Must) bool { return m.Share }) {
			notes = append(notes, "If workers need only some pages in common, processes can map them, as the links and deliveries named shm and shared do: then leave share out.")
		}
		notes = append(notes, "The answer is about this work on this machine; with other parameters or another number of workers, ask again.")
	}
	if w.Outcome == digest.NoModel && slices.ContainsFunc(w.musts, func(m experiments.Must) bool { return m.Share }) && slices.ContainsFunc(w.musts, func(m experiments.Must) bool { return m.Isolate }) {
		notes = append(notes, "share and isolate exclude each other but for pages that processes map on purpose, as the links and deliveries named shm and shared do: leave share out, and take processes.")
	}
	if notes == nil {
		return
	}
	w.line("\nWhat would change the answer:")
	for _, n := range notes {
		w.line("- %s", n)
	}
}

func (w *adviser) change(s digest.Shift) string {
	best := w.best().Model
	ratio := func(r digest.Range) string { return plots.Times(r.Estimate) + interval(r, plots.Digits) }
	switch s.Kind {
	case digest.ShiftRequirement:
		return fmt.Sprintf("Without the requirement that %s does not meet (%s), it would be the faster: the speed of %s is %s of its own.", s.Model, strings.Join(s.Unmet, "; "), best, ratio(s.Speed))
	case digest.ShiftMemory:
		if s.Speed.Estimate <= 1+w.Margin {
			return fmt.Sprintf("If memory matters: %s takes less by a factor of %s, at about the same speed.", s.Model, ratio(s.Gain))
		}
		much := "a factor of " + plots.Times(s.Speed.Estimate) + " in"
		if s.Speed.Estimate < 2 {
			much = fmt.Sprintf("%.3g %% of", 100*(s.Speed.Estimate-1))
		}
		return fmt.Sprintf("If memory matters more than %s speed: %s takes less by a factor of %s, and is slower by a factor of %s.", much, s.Model, ratio(s.Gain), ratio(s.Speed))
	case digest.ShiftStart:
		return fmt.Sprintf("If workers are started anew for less than about %s items: %s is ready earlier.", plots.Digits(s.Items), s.Model)
	case digest.ShiftCores:
		return fmt.Sprintf("On %s %s is faster: the speed of %s is %s of its own there.", plots.Count(s.Cores, "core"), s.Model, best, ratio(s.Speed))
	}
	return ""
}

// listed joins words: "a", "a and b", "a, b and c".
func listed(words []string) string {
	switch n := len(words); n {
	case 0:
		return ""
	case 1:
		return words[0]
	default:
		return strings.Join(words[:n-1], ", ") + " and " + words[n-1]
	}
}
