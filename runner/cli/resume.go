package cli

import (
	"context"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"forklore/runner"
	"forklore/runner/host"
)

func resumeCommand() *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "resume DIR",
		Short: "Go on with a run that was interrupted",
		Long: `Goes on with the run of a results folder that is not complete: the same plan in
the same order, and only the trials that have no row yet. It must be the same
version on the same machine, so that all trials stay comparable.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.resume(cmd.Context(), args[0], cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f.output(cmd)
	return cmd
}

func (f *runFlags) resume(ctx context.Context, dir string, stdout, stderr io.Writer) error {
	program, err := host.Find()
	if err != nil {
		return err
	}
	ctx, stop, done := interrupts(ctx, stderr)
	defer done()
	show := newDisplay(stderr, f.quiet, filepath.Base(filepath.Dir(filepath.Clean(dir))))
	out, err := runner.Resume(ctx, runner.Config{
		Program: program, Stop: stop, Progress: show.progress, OnTick: show.tick,
	}, dir)
	show.close()
	if out.Dir == "" {
		return err
	}
	if err == nil && !f.quiet {
		fmt.Fprintf(stderr, "%d trials were there, %d were missing\n", out.Kept, out.Trials-out.Kept)
	}
	code, err := f.finish(out, err, stdout, stderr)
	if err == nil && code != exitOK {
		err = &coded{code, errTold}
	}
	return err
}
