package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"forklore/experiments"
	"forklore/metrics/digest"
	"forklore/metrics/record"
	"forklore/plots/report"
	"forklore/runner"
	"forklore/runner/host"
	"forklore/runner/link"
)

// adviseFlags are the options of advise.
type adviseFlags struct {
	workload, workers, items, duration string
	profile, keep, from                string
	params, commands, cores, must      []string
	models                             []string
	yaml, json, quiet, strict          bool

	musts []experiments.Must
}

// profilesOfAdvice: standard is the experiment as it is written.
var profilesOfAdvice = []string{"smoke", "standard"}

func adviseCommand() *cobra.Command {
	var f adviseFlags
	cmd := &cobra.Command{
		Use:   "advise --workload NAME | --command 'PROGRAM...'",
		Short: "Measure which model suits one workload, and say how sure that is",
		Long: `Writes a small experiment in which every model does the same work on the same
cores, runs it, and answers in words: which model, by how much, how sure, what it
costs, and what would change the answer. It takes some minutes; --profile smoke
takes seconds and decides nothing. --yaml prints the experiment instead.

A requirement counts before speed. isolate: what befalls one worker must not reach
the others. share: workers need one memory. memory<1GiB, p99<20ms, or any metric
with < or > and a number: held against the whole 95 % interval of its median.

A program is run once for each model, with {{model}}, {{workers}}, {{cores}} and
{{items}} filled in, without a shell; --command MODEL='...' gives a model words of
its own. What it needs beyond that is written into the experiment: see --yaml and
"Programs in other languages" in the README.`,
		Example: `  forklore advise --workload sha256 --cores 4
  forklore advise --workload pingpong --param link=pipe --workers 2 --must isolate --must 'p99<1ms'
  forklore advise --command 'python3 work.py {{model}} {{workers}} {{items}}' --cores 2`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.run(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f.flags(cmd)
	return cmd
}

func (f *adviseFlags) flags(cmd *cobra.Command) {
	s := cmd.Flags()
	s.StringVar(&f.workload, "workload", "", "what the workers do: a name of forklore list workloads")
	s.StringArrayVar(&f.params, "param", nil, "a parameter of the workload, as n=512; may be repeated")
	s.StringArrayVar(&f.commands, "command", nil, "a program instead, as words with {{model}} and {{workers}}, or MODEL='words'; may be repeated")
	s.StringSliceVar(&f.cores, "cores", []string{"max"}, "cores to use; of several counts the largest is advised on, and the others are told")
	s.StringVar(&f.workers, "workers", "", "workers, as a count or a multiple of the cores: 8 or 4x; 1x unless given")
	s.StringVar(&f.items, "items", "", "how many items a trial has; unless given, as many as take half a second")
	s.StringVar(&f.duration, "duration", "", "time of a trial, instead of items")
	s.StringArrayVar(&f.must, "must", nil, "a requirement: "+experiments.MustForms+"; may be repeated")
	s.StringSliceVar(&f.models, "models", nil, "models to choose from; all that can do the work unless given")
	s.StringVar(&f.profile, "profile", "standard", "smoke or standard")
	s.StringVar(&f.keep, "keep", "results", "folder that the run is kept below")
	s.StringVar(&f.from, "from", "", "answer from this results folder of an earlier advise, as with other requirements, and measure nothing")
	s.BoolVar(&f.yaml, "yaml", false, "print the experiment and run nothing")
	s.BoolVar(&f.json, "json", false, "print the answer as one JSON object")
	s.BoolVar(&f.strict, "strict", false, "exit 4 when no model meets what is required, or nothing is decided")
	s.BoolVarP(&f.quiet, "quiet", "q", false, "no progress")
	for name, words := range map[string]func() []string{
		"workload": workloadsByName, "models": func() []string { return experiments.Models }, "profile": func() []string { return profilesOfAdvice },
		"must": func() []string { return []string{"isolate", "share", "memory<", "p99<"} },
	} {
		_ = cmd.RegisterFlagCompletionFunc(name, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) { // the flag exists
			return words(), cobra.ShellCompDirectiveNoFileComp
		})
	}
}

func workloadsByName() []string {
	var names []string
	for _, e := range listWorkloads() {
		names = append(names, e.Name)
	}
	return names
}

func (f *adviseFlags) run(ctx context.Context, stdout, stderr io.Writer) error {
	cat, err := catalogue()
	if err != nil {
		return err
	}
	if f.from != "" {
		return f.again(stdout)
	}
	ask, err := f.ask(cat)
	if err != nil {
		return usage(err)
	}
	ask, left, err := f.fitting(ask, cat)
	if err != nil {
		return usage(err)
	}
	if f.yaml {
		_, err := stdout.Write(ask.YAML())
		return err
	}
	for _, l := range left {
		fmt.Fprintln(stderr, "note: "+l)
	}
	return f.measure(ctx, ask, cat, stdout, stderr)
}

// again answers from an earlier run.
func (f *adviseFlags) again(stdout io.Writer) error {
	if f.workload != "" || len(f.commands) > 0 {
		return usage(errors.New("--from answers from what was measured already: leave --workload and --command out"))
	}
	d, err := load(f.from)
	if err != nil {
		return err
	}
	if err := f.requirements(measuredBy(d)); err != nil {
		return usage(err)
	}
	decided, err := f.answer(f.from, rebuilt{Digest: d, Report: path.Join(f.from, report.File)}, stdout)
	if err == nil && f.strict && !decided {
		return &coded{exitClaims, errUnadvised}
	}
	return err
}

// measuredBy returns the names of what a run measured.
func measuredBy(d *digest.Digest) []string {
	var names []string
	for _, m := range d.Metrics() {
		names = append(names, m.Name)
	}
	return names
}

var errUnadvised = errors.New("there is no model to advise")

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
		latency := func(name string) bool { return strings.Contains(name, "_"+m.Metric+"_") }
		switch {
		case m.Metric == "" || m.Metric == experiments.MustMemory || slices.Contains(known, m.Metric):
		case m.Quantile && slices.ContainsFunc(known, latency):
		case m.Quantile:
			faults = append(faults, fmt.Errorf("--must %s: %s measures no latency; forklore list metrics shows which workloads measure which times", m.Text, f.what()))
		default:
			near := link.Nearest(m.Metric, known)
			faults = append(faults, fmt.Errorf("--must %s: %s has no metric %s; near to it: %s; forklore list metrics shows all", m.Text, f.what(), m.Metric, strings.Join(near[:min(3, len(near))], ", ")))
		}
	}
	return errors.Join(faults...)
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
	can, cannot := map[string]bool{}, map[string]string{}
	for i := range p.Cells {
		if c := &p.Cells[i]; c.Control == "" {
			a.Top = max(a.Top, c.Cores)
		}
	}
	for i := range p.Cells {
		c := &p.Cells[i]
		if c.Control != "" || c.Model != experiments.Sequential && c.Cores != a.Top {
			continue
		}
		if can[c.Model] = c.Model != experiments.Hybrid || c.Processes < c.Workers; !can[c.Model] {
			delete(can, c.Model)
			cannot[c.Model] = "with a worker in each process it is the same as processes"
		}
	}
	for _, d := range p.Dropped {
		if cannot[d.Cell.Model] == "" {
			cannot[d.Cell.Model] = d.Because
		}
	}
	var left []string
	for _, m := range a.Models {
		if !can[m] && cannot[m] != "" {
			left = append(left, m+" is not run: "+cannot[m])
		}
	}
	a.Models = slices.DeleteFunc(slices.Clone(a.Models), func(m string) bool { return !can[m] })
	if len(a.Models) < 2 {
		return a, nil, fmt.Errorf("there is no choice: %s; %s", some(a.Models), strings.Join(left, "; "))
	}
	return a, left, nil
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

// measure runs the experiment as run does, and answers.
func (f *adviseFlags) measure(ctx context.Context, a experiments.Ask, cat experiments.Catalogue, stdout, stderr io.Writer) error {
	o := experiments.Options{}
	if f.profile == "smoke" {
		o.Profile = f.profile
	}
	e, err := experiments.Load(f.source(a), cat, o)
	if err != nil {
		return err
	}
	p, err := e.Plan()
	if err != nil {
		return usage(err)
	}
	program, err := host.Find()
	if err != nil {
		return err
	}
	ctx, stop, done := interrupts(ctx, stderr)
	defer done()
	run := runFlags{results: f.keep, quiet: f.quiet, words: f.words()}
	decided := true
	run.say = func(out runner.Outcome, r rebuilt, stdout io.Writer) error {
		decided, err = f.answer(out.Dir, r, stdout)
		return err
	}
	code, err := run.one(ctx, loaded{e, p}, program, stop, stdout, stderr)
	switch {
	case err != nil:
		return err
	case code == exitOK && f.strict && !decided:
		return &coded{exitClaims, errUnadvised}
	case code != exitOK:
		return &coded{code, errTold}
	}
	return nil
}

// answer tells the advice, and whether there is one.
func (f *adviseFlags) answer(dir string, r rebuilt, stdout io.Writer) (bool, error) {
	a, err := r.Digest.Advise(f.musts)
	if err != nil {
		return false, err
	}
	decided := a.Outcome == digest.Decided || a.Outcome == digest.Equal
	if f.json {
		return decided, json.NewEncoder(stdout).Encode(adviceJSON(a, dir, r.Report))
	}
	fmt.Fprintln(stdout, strings.TrimSpace(report.Advise(r.Digest, a, f.musts)))
	if a.Outcome == digest.Open && a.Trials > 0 && a.Trials <= report.MostTrials {
		fmt.Fprintf(stdout, "\nTo go on: forklore run %s --set trials=%d\n", path.Join(dir, record.YAMLFile), a.Trials)
	}
	_, err = fmt.Fprintf(stdout, "\n%s\n", r.Report)
	return decided, err
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

// adviceJSON is the answer for a program.
func adviceJSON(a *digest.Advice, dir, file string) map[string]any {
	var models []map[string]any
	for i := range a.Models {
		c := &a.Models[i]
		m := map[string]any{"model": c.Model, "trials": c.N, "meets": len(c.Unmet) == 0 && len(c.Unclear) == 0,
			"unmet": append([]string{}, c.Unmet...), "unclear": append([]string{}, c.Unclear...)}
		for name, q := range map[string]digest.Quantity{"throughput_items_per_s": c.Speed, "memory_B": c.Memory, "cpu_per_item_s": c.CPU, "start_s": c.Start} {
			m[name] = number(q.Median, q.Lo, q.Hi)
		}
		if c.Against != nil {
			m["slower"], m["relation"] = number(c.Against.Primary.Estimate, c.Against.Primary.Lo95, c.Against.Primary.Hi95), c.Relation
		}
		models = append(models, m)
	}
	answer := map[string]any{"outcome": a.Outcome, "cores": a.Cores, "margin": a.Margin, "models": models, "dir": dir, "report": file, "broken": a.Broken, "why": a.Why}
	take := []string{}
	for _, i := range a.Take {
		take = append(take, a.Models[i].Model)
	}
	answer["take"] = take
	if a.Lean >= 0 && (a.Outcome == digest.Decided || a.Outcome == digest.Equal) {
		answer["model"] = a.Models[a.Lean].Model
	}
	if a.Trials > 0 {
		answer["trials_needed"] = a.Trials
	}
	var shifts []map[string]any
	for _, s := range a.Shifts {
		shifts = append(shifts, shiftJSON(s))
	}
	answer["changes"] = append([]map[string]any{}, shifts...)
	return answer
}

func shiftJSON(s digest.Shift) map[string]any {
	m := map[string]any{"kind": s.Kind, "model": s.Model, "slower": number(s.Speed.Estimate, s.Speed.Lo95, s.Speed.Hi95)}
	maps.DeleteFunc(m, func(_ string, v any) bool { return v == nil })
	switch s.Kind {
	case digest.ShiftMemory:
		m["less_memory"] = number(s.Gain.Estimate, s.Gain.Lo95, s.Gain.Hi95)
	case digest.ShiftStart:
		m["items"] = s.Items
	case digest.ShiftCores:
		m["cores"] = s.Cores
	case digest.ShiftRequirement:
		m["unmet"] = s.Unmet
	}
	return m
}

// number is an estimate with its interval: null where it is absent.
func number(estimate, lo, hi float64) any {
	finite := func(v float64) any {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil
		}
		return v
	}
	if finite(estimate) == nil {
		return nil
	}
	return map[string]any{"estimate": estimate, "ci95_lo": finite(lo), "ci95_hi": finite(hi)}
}
