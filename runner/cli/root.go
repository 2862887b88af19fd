// Package cli is the command line: it wires the other packages together and
// decides nothing.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"forklore/experiments"
	"forklore/runner/host"
)

// Exit codes.
const (
	exitOK          = 0
	exitFault       = 1   // ours, or the system's
	exitUsage       = 2   // wrong words, or an invalid experiment
	exitTrials      = 3   // some trials failed
	exitClaims      = 4   // a claim refuted or a gate broken under --strict
	exitInterrupted = 130 // the user's Ctrl-C
)

// coded is an error with the exit code that it asks for. A coded error without
// text has been told already.
type coded struct {
	code int
	err  error
}

func (c *coded) Error() string { return c.err.Error() }
func (c *coded) Unwrap() error { return c.err }

func usage(err error) error {
	if err == nil {
		return nil
	}
	return &coded{exitUsage, err}
}

// errTold is the error of a command that has said what there is to say.
var errTold = errors.New("")

// Main runs the command line and returns the exit code: results go to stdout,
// everything else to stderr.
func Main(args []string, stdout, stderr io.Writer) int {
	return main(context.Background(), args, stdout, stderr)
}

func main(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	out := &sink{w: stdout}
	root := command()
	root.SetArgs(args)
	root.SetOut(out)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil && out.err != nil {
		err = fmt.Errorf("write the results to stdout: %w", out.err)
	}
	if err == nil {
		return exitOK
	}
	if text := err.Error(); text != "" {
		fmt.Fprintln(stderr, "forklore: "+strings.TrimPrefix(text, "forklore: "))
	}
	var c *coded
	var faults experiments.Faults
	switch {
	case errors.As(err, &c):
		return c.code
	case errors.As(err, &faults):
		return exitUsage
	case isUsage(err):
		fmt.Fprintln(stderr, "see forklore --help")
		return exitUsage
	}
	return exitFault
}

// sink remembers the first error of a writer, so that results that reached
// nobody are not called a success.
type sink struct {
	w   io.Writer
	err error
}

func (s *sink) Write(b []byte) (int, error) {
	n, err := s.w.Write(b)
	if s.err == nil {
		s.err = err
	}
	return n, err
}

// isUsage recognises cobra's own complaints, which have no type.
func isUsage(err error) bool {
	for _, start := range []string{"unknown command", "unknown flag", "unknown shorthand", "flag needs", "invalid argument", "accepts ", "requires ", "required flag"} {
		if strings.HasPrefix(err.Error(), start) {
			return true
		}
	}
	return false
}

func command() *cobra.Command {
	root := &cobra.Command{
		Use:   "forklore",
		Short: "Threads or processes, for this work, on these cores? Measure it.",
		Long: `forklore runs declarative experiments that compare goroutines, threads and
processes. A YAML file says which workloads, models and core counts; forklore
runs every combination in fresh processes, in seeded random order, measures
time, CPU and memory, and writes CSVs, charts and a report.

  forklore run quick            a small experiment, in under a minute
  forklore run ./mine.yaml      your own
  forklore advise --workload sieve      which model suits that, on these cores
  forklore list                 what there is to run, and with what
  forklore explain sieve        what one of these is

Exit codes: 0 ok, 1 our or the system's fault, 2 usage or an invalid
experiment, 3 some trials failed or were skipped, 4 a claim refuted or a gate broken (--strict),
130 interrupted.`,
		Version:       host.Version,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetVersionTemplate("forklore {{.Version}}\n")
	root.AddCommand(runCommand(), resumeCommand(), planCommand(), validateCommand(), reportCommand(), compareCommand(), verdictsCommand(), textbookCommand(), adviseCommand(), listCommand(), explainCommand(), schemaCommand())
	return root
}
