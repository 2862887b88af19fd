package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"forklore/experiments"
	"forklore/metrics/digest"
	"forklore/plots"
	"forklore/runner"
	"forklore/runner/host"
)

// runFlags are the options of run.
type runFlags struct {
	choice
	results string
	quiet   bool
	json    bool
	strict  bool

	words []string                                       // that reproduce the run; nil: those of run
	say   func(runner.Outcome, rebuilt, io.Writer) error // tells what came of a run; nil: the answer and the verdicts
}

func runCommand() *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "run FILE|NAME...",
		Short: "Run experiments: measure, digest, draw, report",
		Long: `Runs each experiment and writes a folder results/EXPERIMENT/TIME-HOST with
trials.csv, samples.csv, summary.csv, charts and report.md. Ctrl-C once ends
the run after the trial at hand; twice kills it. What was measured is kept
either way, and forklore resume goes on with the rest.`,
		Args:              cobra.ArbitraryArgs,
		ValidArgsFunction: completeExperiments,
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.run(cmd.Context(), args, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f.flags(cmd)
	cmd.Flags().StringVar(&f.results, "results", "results", "folder that results are written below")
	f.output(cmd)
	return cmd
}

// output adds the flags about what is told.
func (f *runFlags) output(cmd *cobra.Command) {
	cmd.Flags().BoolVarP(&f.quiet, "quiet", "q", false, "no progress")
	cmd.Flags().BoolVar(&f.json, "json", false, "print what came of each run as one JSON object a line")
	cmd.Flags().BoolVar(&f.strict, "strict", false, "exit 4 when a claim is reversed or a gate is broken")
}

func (f *runFlags) run(ctx context.Context, words []string, stdout, stderr io.Writer) error {
	list, err := f.load(words, stderr)
	if err != nil {
		return err
	}
	program, err := host.Find()
	if err != nil {
		return err
	}
	ctx, stop, done := interrupts(ctx, stderr)
	defer done()
	worst := exitOK
	for i, l := range list {
		if i > 0 && closed(stop) {
			return &coded{exitInterrupted, errTold}
		}
		code, err := f.one(ctx, l, program, stop, stdout, stderr)
		if err != nil {
			return err
		}
		worst = max(worst, code)
		if code == exitInterrupted {
			break
		}
	}
	if worst != exitOK {
		return &coded{worst, errTold}
	}
	return nil
}

// one runs one experiment and rebuilds everything that is derived from it.
func (f *runFlags) one(ctx context.Context, l loaded, program string, stop <-chan struct{}, stdout, stderr io.Writer) (int, error) {
	show := newDisplay(stderr, f.quiet, l.Name)
	if !f.quiet {
		fmt.Fprintf(stderr, "%s: %s x %s, %s\n", l.Name, plots.Count(len(l.plan.Cells), "cell"), plots.Count(l.plan.Trials, "trial"), estimate(l.plan))
	}
	tellDropped(stderr, l)
	out, err := runner.Run(ctx, runner.Config{
		Experiment: l.Experiment, Plan: l.plan, Program: program, Root: f.results,
		Command: f.command(l), Commit: commit(), Stop: stop,
		Progress: show.progress, OnTick: show.tick,
	})
	show.close()
	return f.finish(out, err, stdout, stderr)
}

// tellDropped says what of the grid is not run.
func tellDropped(stderr io.Writer, l loaded) {
	cells := 0
	for _, d := range l.plan.Dropped {
		if d.Cell.Control == "" {
			cells++
			continue
		}
		fmt.Fprintf(stderr, "note: no %s control: %s\n", d.Cell.Control, d.Because)
	}
	if cells > 0 {
		fmt.Fprintf(stderr, "note: %s of the grid not run; forklore plan and the report say why\n", plots.Count(cells, "cell"))
	}
}

// finish rebuilds what is derived from a run that has ended, however it did, and
// tells the answer.
func (f *runFlags) finish(out runner.Outcome, err error, stdout, stderr io.Writer) (int, error) {
	for _, w := range out.Warnings {
		fmt.Fprintln(stderr, "warning: "+w)
	}
	if err != nil && out.Trials == 0 {
		return exitFault, err
	}
	answer, derived := rebuild(out.Dir, plots.Options{})
	switch {
	case err != nil && derived != nil:
		return exitFault, fmt.Errorf("%w\nonce that is mended, forklore resume %s goes on, and forklore report %s makes the report of what there is", err, out.Dir, out.Dir)
	case err != nil:
		return exitFault, fmt.Errorf("%w\nonce that is mended, forklore resume %s goes on", err, out.Dir)
	case derived != nil:
		return exitFault, fmt.Errorf("%w\nwhat was measured is safe; once that is mended, forklore report %s makes the report", derived, out.Dir)
	}
	say := f.say
	if say == nil {
		say = f.tell
	}
	if err := say(out, answer, stdout); err != nil {
		return exitFault, err
	}
	switch {
	case out.Interrupted:
		fmt.Fprintf(stderr, "interrupted after %d trials; they are in %s; forklore resume %s goes on\n", out.Trials, out.Dir, out.Dir)
		return exitInterrupted, nil
	case out.Failed > 0:
		fmt.Fprintln(stderr, failures(out)+"; the report says which and why")
		return exitTrials, nil
	}
	if err := strictly(f.strict, answer.Digest); err != nil {
		fmt.Fprintln(stderr, "forklore: "+err.Error())
		return exitClaims, nil
	}
	return exitOK, nil
}

// failures says how many trials yield no number. One that the system has no room for
// is told apart from one that went wrong.
func failures(out runner.Outcome) string {
	skipped := "were skipped, because the system lacks or limits what they need"
	if out.Skipped == 1 {
		skipped = "was skipped, because the system lacks or limits what it needs"
	}
	switch wrong := out.Failed - out.Skipped; {
	case out.Skipped == 0:
		return fmt.Sprintf("%d of %d trials failed", wrong, out.Trials)
	case wrong == 0:
		return fmt.Sprintf("%d of %d trials %s", out.Skipped, out.Trials, skipped)
	default:
		return fmt.Sprintf("%d of %d trials failed, %d %s", wrong, out.Trials, out.Skipped, skipped)
	}
}

func (f *runFlags) tell(out runner.Outcome, answer rebuilt, stdout io.Writer) error {
	if f.json {
		return json.NewEncoder(stdout).Encode(map[string]any{
			"dir": out.Dir, "report": answer.Report, "trials": out.Trials, "failed": out.Failed - out.Skipped, "skipped": out.Skipped,
			"interrupted": out.Interrupted, "warnings": append([]string{}, out.Warnings...),
		})
	}
	fmt.Fprintln(stdout, strings.TrimSpace(answer.Answer))
	if len(answer.Digest.Verdicts()) > 0 {
		if err := printVerdicts(stdout, []*digest.Digest{answer.Digest}, "text"); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(stdout, answer.Report)
	return err
}

// command returns the words that reproduce the run.
func (f *runFlags) command(l loaded) []string {
	if f.words != nil {
		return f.words
	}
	words := []string{"forklore", "run", l.File}
	if strings.HasPrefix(l.File, "embedded:") {
		words[2] = l.Name
	}
	if f.options.Profile != "" {
		words = append(words, "--profile", f.options.Profile)
	}
	for _, s := range f.options.Set {
		words = append(words, "--set", s)
	}
	if f.options.Filter != "" {
		words = append(words, "--filter", f.options.Filter)
	}
	return words
}

// commit returns the source's revision as the linker recorded it.
func commit() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return ""
}

func completeExperiments(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	names, err := os.ReadDir("experiments")
	var list []string
	if err == nil {
		for _, n := range names {
			if name, ok := strings.CutSuffix(n.Name(), ".yaml"); ok {
				list = append(list, name)
			}
		}
	}
	for _, name := range experiments.Embedded() {
		if !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	return list, cobra.ShellCompDirectiveDefault
}
