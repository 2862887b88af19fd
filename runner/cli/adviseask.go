package cli

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"forklore/experiments"
	"forklore/metrics/digest"
	"forklore/runner/link"
)

// measuredBy returns the names of what a run measured.
func measuredBy(d *digest.Digest) []string {
	var names []string
	for _, m := range d.Metrics() {
		names = append(names, m.Name)
	}
	return names
}

// ask turns the words into a question, and reports all that is wrong with them at once.
func (f *adviseFlags) ask(cat experiments.Catalogue) (experiments.Ask, error) {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	a := experiments.Ask{Workload: f.workload, Params: f.params, Cores: f.cores, Workers: f.workers, Items: f.items, Duration: f.duration, Says: shown(f.words())}
	switch {
	case f.workload == "" && len(f.commands) == 0:
		fault("name what is to be done: --workload NAME (forklore list workloads shows them) or --command 'PROGRAM...'")
	case f.workload != "" && len(f.commands) > 0:
		fault("--workload and --command exclude each other")
	case len(f.commands) > 0:
		var err error
		a.Commands, err = f.programs()
		faults = append(faults, err)
	}
	if f.items != "" && f.duration != "" {
		fault("--items and --duration exclude each other: a trial is so much work, or so much time")
	}
	for _, p := range f.params {
		if name, value, ok := strings.Cut(p, "="); !ok || name == "" || value == "" || strings.ContainsAny(value, "[{,\n") {
			fault("--param %s is not a name and one value, as in --param n=512", p)
		}
	}
	if len(f.commands) > 0 && len(f.params) > 0 {
		fault("--param belongs to --workload; write what a program is told into its words")
	}
	for _, m := range f.models {
		if !slices.Contains(experiments.Models, m) {
			fault("--models: there is no model %q; there are %s", m, strings.Join(experiments.Models, ", "))
		}
	}
	if !slices.Contains(profilesOfAdvice, f.profile) {
		fault("--profile: there is no profile %q; there are %s", f.profile, strings.Join(profilesOfAdvice, ", "))
	}
	known := slices.Clone(cat.Metrics)
	if i := slices.IndexFunc(cat.Workloads, func(s experiments.WorkloadSpec) bool { return s.Name == f.workload }); i >= 0 {
		known = append(known, cat.Workloads[i].Measures...)
	} else if f.workload != "" {
		near := link.Nearest(f.workload, workloadsByName())
		fault("--workload: there is no workload %q; near to it: %s; forklore list workloads shows all", f.workload, strings.Join(near[:min(3, len(near))], ", "))
		return a, errors.Join(faults...)
	}
	faults = append(faults, f.requirements(known))
	return a, errors.Join(faults...)
}

// requirements reads what --must asks for. A number must be one that is measured.
func (f *adviseFlags) requirements(known []string) error {
	var faults []error
	for _, text := range f.must {
		m, err := experiments.ParseMust(text)
		if err != nil {
			faults = append(faults, fmt.Errorf("--must: %w", err))
			continue
		}
		f.musts = append(f.musts, m)
		times := quantiles(m, known)
		switch {
		case m.Metric == "" || m.Metric == experiments.MustMemory || slices.Contains(known, m.Metric):
		case len(times) == 1:
		case len(times) > 1:
			faults = append(faults, fmt.Errorf("--must %s: %s measures several times: %s; name one of them instead of %s", m.Text, f.what(), strings.Join(times, ", "), m.Metric))
		case m.Quantile:
			faults = append(faults, fmt.Errorf("--must %s: %s measures no latency; forklore list metrics shows which workloads measure which times", m.Text, f.what()))
		default:
			near := link.Nearest(m.Metric, known)
			faults = append(faults, fmt.Errorf("--must %s: %s has no metric %s; near to it: %s; forklore list metrics shows all", m.Text, f.what(), m.Metric, strings.Join(near[:min(3, len(near))], ", ")))
		}
	}
	return errors.Join(faults...)
}

// quantiles names the metrics that a requirement such as p99<20ms may be about: times of the work, and not
// those of measuring it.
func quantiles(m experiments.Must, known []string) []string {
	if !m.Quantile {
		return nil
	}
	aside := map[string]bool{}
	for _, own := range ownMetrics() {
		if own.of.Aside {
			aside[own.Name] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(known), func(name string) bool {
		return aside[name] || !strings.HasSuffix(name, "_"+m.Metric+"_s")
	})
}

func (f *adviseFlags) what() string {
	switch {
	case f.from != "":
		return "that run"
	case f.workload == "":
		return "a program"
	}
	return f.workload
}

// programs reads the words of each model.
func (f *adviseFlags) programs() (map[string][]string, error) {
	given := map[string][]string{}
	for _, c := range f.commands {
		model, line, ok := strings.Cut(c, "=")
		if !ok || !slices.Contains(experiments.Models, model) {
			model, line = "", c
		}
		words, err := experiments.SplitWords(line)
		switch {
		case err != nil:
			return nil, fmt.Errorf("--command: %w", err)
		case len(words) == 0:
			return nil, errors.New("--command: there is no word in it")
		case given[model] != nil:
			return nil, fmt.Errorf("--command: there are two programs for %s", map[bool]string{true: "all models", false: model}[model == ""])
		case model == "" && !strings.Contains(line, "{{model}}"):
			return nil, errors.New("--command: the program is not told its model: put {{model}} (sequential, threads or processes) among its words, or give each model its own, as in --command threads='...' --command processes='...'")
		}
		given[model] = words
	}
	if all := given[""]; all != nil {
		delete(given, "")
		for _, model := range []string{experiments.Sequential, experiments.Threads, experiments.Processes} {
			if given[model] == nil {
				given[model] = all
			}
		}
	}
	return given, nil
}

// fitting finds the models that can do the work, and says why the others cannot: it plans
// the experiment with all of them, without claims.
func (f *adviseFlags) fitting(a experiments.Ask, cat experiments.Catalogue) (experiments.Ask, []string, error) {
	a.Models = experiments.Models
	if a.Commands != nil {
		a.Models = slices.DeleteFunc(slices.Clone(a.Models), func(m string) bool { return a.Commands[m] == nil })
	}
	if len(f.models) > 0 {
		a.Models = slices.DeleteFunc(slices.Clone(a.Models), func(m string) bool { return !slices.Contains(f.models, m) })
	}
	e, err := experiments.Load(f.source(a), cat, experiments.Options{})
	if err != nil {
		return a, nil, err
	}
	p, err := e.Plan()
	if err != nil {
		return a, nil, err
	}
	for i := range p.Cells {
		if c := &p.Cells[i]; c.Control == "" {
			a.Top = max(a.Top, c.Cores)
		}
	}
	cannot := map[string]string{}
	for _, d := range p.Dropped {
		if cannot[d.Cell.Model] == "" {
			cannot[d.Cell.Model] = d.Because
		}
	}
	var can, left []string
	for _, m := range a.Models {
		if because := unable(p, m, a.Top, cannot[m]); because != "" {
			left = append(left, m+" is not run: "+because)
		} else {
			can = append(can, m)
		}
	}
	if a.Models = can; len(can) < 2 {
		return a, nil, fmt.Errorf("there is no choice: %s; %s", some(can), strings.Join(left, "; "))
	}
	return a, left, nil
}

// unable says why a model has no cell on so many cores, or one that is no other than that of
// processes; dropped is the plan's reason.
func unable(p *experiments.Plan, model string, cores int, dropped string) string {
	i := slices.IndexFunc(p.Cells, func(c experiments.Cell) bool {
		return c.Control == "" && c.Model == model && (c.Cores == cores || model == experiments.Sequential)
	})
	switch {
	case i < 0 && dropped == "":
		return "it has no cell on so many cores"
	case i < 0:
		return dropped
	case model == experiments.Hybrid && p.Cells[i].Processes >= p.Cells[i].Workers:
		return "with a worker in each process it is the same as processes"
	}
	return ""
}

func some(models []string) string {
	if len(models) == 0 {
		return "no model can do this"
	}
	return "only " + models[0] + " can do this"
}

func (f *adviseFlags) source(a experiments.Ask) experiments.Source {
	here, err := os.Getwd()
	if err != nil {
		here = "."
	}
	return experiments.Source{Name: a.AskName(), File: a.AskName() + ".yaml", Text: a.YAML(), Folder: os.DirFS(here), Here: here}
}

// words are those that ask this.
func (f *adviseFlags) words() []string {
	words := []string{"forklore", "advise"}
	add := func(name string, values ...string) {
		for _, v := range values {
			if v != "" {
				words = append(words, "--"+name, v)
			}
		}
	}
	add("workload", f.workload)
	add("param", f.params...)
	add("command", f.commands...)
	add("cores", strings.Join(f.cores, ","))
	add("workers", f.workers)
	add("items", f.items)
	add("duration", f.duration)
	add("models", strings.Join(f.models, ","))
	add("must", f.must...)
	if f.profile == "smoke" {
		add("profile", f.profile)
	}
	return words
}

// shown joins words as one would type them.
func shown(words []string) string {
	var list []string
	for _, w := range words {
		list = append(list, quoted(w))
	}
	return strings.Join(list, " ")
}

// quoted puts a word into quotes where a shell would split or read it.
func quoted(word string) string {
	if strings.ContainsAny(word, " \t\n\"'<>|&;(){}$`*?#\\") {
		return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	return word
}
