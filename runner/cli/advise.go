package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/spf13/cobra"

	"forklore/experiments"
	"forklore/metrics/digest"
	"forklore/metrics/record"
	"forklore/plots/report"
	"forklore/runner"
	"forklore/runner/host"
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

var errUnadvised = errors.New("there is no model to advise")

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
