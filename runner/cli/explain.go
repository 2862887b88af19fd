package cli

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"forklore/experiments"
	"forklore/metrics/digest"
	"forklore/metrics/record"
	"forklore/plots"
	"forklore/runner"
	"forklore/runner/link"
	"forklore/runner/work"
)

// subject is something that explain knows a page about.
type subject struct {
	kind  string // "workload", "link", "key"...
	name  string
	print func(io.Writer)
}

func explainCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "explain NAME...",
		Short: "Say what a workload, parameter, link, model, metric, chart, key of experiment files or shipped experiment is",
		Long: `Explain prints the page of a workload (definition, source, unit, what it
stresses and what it does not say, parameters, what it measures), or of a parameter, link, model,
metric, chart, key of experiment files or shipped experiment. A key inside another is found by
its own name too: compare is claims.compare. A name with more than one meaning shows all of
them; workload:sieve or key:cores asks for one.`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: completeSubjects,
		RunE: func(cmd *cobra.Command, args []string) error {
			for i, name := range args {
				if i > 0 {
					fmt.Fprintln(cmd.OutOrStdout())
				}
				if err := explain(cmd.OutOrStdout(), name); err != nil {
					return usage(err)
				}
			}
			return nil
		},
	}
}

func completeSubjects(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, s := range subjects() {
		names = append(names, s.name)
	}
	slices.Sort(names)
	return slices.Compact(names), cobra.ShellCompDirectiveNoFileComp
}

// explain prints every page of that name.
func explain(w io.Writer, name string) error {
	kind, bare, narrowed := strings.Cut(name, ":")
	if !narrowed {
		kind, bare = "", name
	}
	found := 0
	var names []string
	for _, s := range subjects() {
		if !s.called(bare) || kind != "" && s.kind != kind {
			if kind == "" || s.kind == kind {
				names = append(names, s.name)
			}
			continue
		}
		if found++; found > 1 {
			fmt.Fprintln(w)
		}
		fmt.Fprintf(w, "%s %s\n", s.kind, s.name)
		s.print(w)
	}
	switch {
	case found > 0:
		return nil
	case len(names) == 0:
		return fmt.Errorf("there is nothing of the kind %q to explain; there are workload, companion, parameter, link, model, metric, chart, key and experiment", kind)
	case slices.Contains(listNames(), bare):
		return fmt.Errorf("%q is not one thing but a list: forklore list %s shows it", bare, bare)
	}
	near := link.Nearest(bare, names)
	return fmt.Errorf("nothing is named %q; near to it: %s; forklore list shows the names", bare, strings.Join(near[:min(3, len(near))], ", "))
}

// called tells whether a subject goes by a name: a key inside another by its own, too.
func (s subject) called(name string) bool {
	return s.name == name || s.kind == "key" && strings.HasSuffix(s.name, "."+name)
}

// subjects lists everything that has a page.
func subjects() []subject {
	var all []subject
	for _, k := range work.Kinds() {
		all = append(all, subject{"workload", k.Name, func(w io.Writer) { explainWorkload(w, k) }})
	}
	for _, c := range work.Companions() {
		all = append(all, subject{"companion", c.Name, func(w io.Writer) { explainCompanion(w, c) }})
	}
	all = append(all, paramSubjects()...)
	for _, k := range link.Kinds() {
		all = append(all, subject{"link", k.Name, func(w io.Writer) { explainLink(w, k) }})
	}
	for _, e := range listModels() {
		all = append(all, subject{"model", e.Name, func(w io.Writer) { indented(w, e.Text) }})
	}
	all = append(all, metricSubjects()...)
	for _, c := range plots.Charts() {
		all = append(all, subject{"chart", c.Name, func(w io.Writer) { indented(w, c.Question) }})
	}
	for _, k := range experiments.Keys() {
		all = append(all, subject{"key", k.Name, func(w io.Writer) { explainKey(w, k) }})
	}
	for _, e := range listExperiments() {
		all = append(all, subject{"experiment", e.Name, func(w io.Writer) { explainExperiment(w, e) }})
	}
	return all
}

// paramSubjects are the parameters of workloads and of what goes beside them, each name once.
func paramSubjects() []subject {
	pages := map[string][]string{} // of a name, each meaning once
	takers := map[string][]string{}
	kinds := work.Kinds()
	for _, c := range work.Companions() {
		kinds = append(kinds, work.Kind{Name: c.Name, Params: c.Params})
	}
	for _, k := range kinds {
		for _, p := range k.Params {
			page := fmt.Sprintf("%s\n  %s; %s unless given", p.Doc, p.Allowed(), p.Usual())
			if !slices.Contains(pages[p.Name], page) {
				pages[p.Name] = append(pages[p.Name], page)
			}
			takers[p.Name+page] = append(takers[p.Name+page], k.Name)
		}
	}
	var all []subject
	for _, name := range slices.Sorted(maps.Keys(pages)) {
		all = append(all, subject{"parameter", name, func(w io.Writer) {
			for _, page := range pages[name] {
				indented(w, "of "+strings.Join(takers[name+page], ", ")+":")
				indented(w, strings.Split("  "+strings.ReplaceAll(page, "\n", "\n  "), "\n")...)
			}
		}})
	}
	return all
}

// metricSubjects are the metrics that every trial has, and those that workloads
// take of themselves.
func metricSubjects() []subject {
	var all []subject
	add := func(m digest.Metric, of string) {
		all = append(all, subject{"metric", m.Name, func(w io.Writer) {
			text := m.Title
			if m.Unit != "" {
				text += ", in " + m.Unit
			}
			indented(w, text, m.Doc)
			if of != "" {
				indented(w, "measured by "+of)
			}
		}})
	}
	for _, m := range digest.Metrics() {
		add(m, "")
	}
	for _, m := range ownMetrics() {
		add(m.Metric, strings.Join(m.workloads, ", "))
	}
	return all
}

// ownMetric is a metric that some workloads take of themselves.
type ownMetric struct {
	digest.Metric
	of        record.Measure
	nth       int // of the metrics that the measure becomes
	workloads []string
}

func ownMetrics() []ownMetric {
	var all []ownMetric
	kinds := work.Kinds()
	for _, c := range work.Companions() {
		kinds = append(kinds, work.Kind{Name: c.Name, Measures: c.Measures})
	}
	for _, k := range kinds {
		for _, of := range runner.Measures(k) {
			for nth, m := range digest.MeasureMetrics([]record.Measure{of}) {
				i := slices.IndexFunc(all, func(o ownMetric) bool { return o.Name == m.Name })
				if i < 0 {
					i = len(all)
					all = append(all, ownMetric{Metric: m, of: of, nth: nth})
				}
				all[i].workloads = append(all[i].workloads, k.Name)
			}
		}
	}
	return all
}

func explainWorkload(w io.Writer, k work.Kind) {
	indented(w, k.Summary)
	fmt.Fprintln(w)
	indented(w, strings.Split(strings.TrimSpace(k.Doc), "\n")...)
	fmt.Fprintf(w, "\n  item: %s\n", k.Item)
	for _, p := range k.Params {
		fmt.Fprintf(w, "\n  %s: %s\n    %s; %s unless given\n", p.Name, p.Doc, p.Allowed(), p.Usual())
	}
	explainMeasures(w, k)
}

func explainMeasures(w io.Writer, k work.Kind) {
	if len(k.Measures) > 0 {
		fmt.Fprintf(w, "\n  measures of itself\n")
	}
	for _, m := range runner.Measures(k) {
		fmt.Fprintf(w, "    %s: %s\n", m.Name, m.Doc)
		if m.Hist {
			fmt.Fprintf(w, "      as metrics %s\n", strings.Join(m.Metrics(), ", "))
		}
	}
}

// explainCompanion tells the keys of a companion as files write them, and as axes where that
// is another name.
func explainCompanion(w io.Writer, c work.Companion) {
	indented(w, c.Summary)
	fmt.Fprintln(w)
	indented(w, strings.Split(strings.TrimSpace(c.Doc), "\n")...)
	for _, p := range c.Params {
		name := c.Key(p.Name)
		if name != p.Name {
			name += " (as an axis " + p.Name + ")"
		}
		fmt.Fprintf(w, "\n  %s: %s\n    %s; %s unless given\n", name, p.Doc, p.Allowed(), p.Usual())
	}
	explainMeasures(w, work.Kind{Measures: c.Measures})
}

func explainLink(w io.Writer, k link.Kind) {
	indented(w, k.Summary)
	fmt.Fprintln(w)
	indented(w, strings.Split(strings.TrimSpace(k.Doc), "\n")...)
	if !k.Across {
		fmt.Fprintln(w)
		indented(w, "works within one process alone")
	}
}

func explainKey(w io.Writer, k experiments.Key) {
	indented(w, k.Summary, "value: "+k.Type)
	switch {
	case k.Required:
		indented(w, "required")
	case k.Default != "":
		indented(w, "unless given: "+k.Default)
	}
	indented(w, "example: "+k.Example)
	for _, sub := range experiments.Keys() {
		if strings.HasPrefix(sub.Name, k.Name+".") {
			indented(w, "holds "+sub.Name+": "+sub.Summary)
		}
	}
}

func explainExperiment(w io.Writer, e entry) {
	indented(w, e.Text)
	src, ok := experiments.ReadEmbedded(e.Name)
	if !ok {
		return // it was listed a moment ago
	}
	fmt.Fprintln(w)
	indented(w, strings.Split(strings.TrimSpace(string(src.Text)), "\n")...)
}

// indented prints lines two spaces in, empty ones as they are.
func indented(w io.Writer, lines ...string) {
	for _, line := range lines {
		if line != "" {
			line = "  " + line
		}
		fmt.Fprintln(w, line)
	}
}
