package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"forklore/experiments"
	"forklore/plots"
)

func planCommand() *cobra.Command {
	var c choice
	var asJSON, order bool
	cmd := &cobra.Command{
		Use:               "plan FILE|NAME...",
		Short:             "Show the cells, what was dropped and why, and how long it will take",
		ValidArgsFunction: completeExperiments,
		RunE: func(cmd *cobra.Command, args []string) error {
			list, err := c.load(args, cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			for _, l := range list {
				if asJSON {
					err = json.NewEncoder(cmd.OutOrStdout()).Encode(l.plan)
				} else {
					err = printPlan(cmd.OutOrStdout(), l, order)
				}
				if err != nil {
					return err
				}
			}
			return nil
		},
	}
	c.flags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the plan as JSON")
	cmd.Flags().BoolVar(&order, "order", false, "print every trial in the order it will run")
	return cmd
}

func printPlan(w io.Writer, l loaded, order bool) error {
	p := l.plan
	fmt.Fprintf(w, "%s\n%s: %s x %s", l.Question, l.Name, plots.Count(len(p.Cells), "cell"), plots.Count(p.Trials, "trial"))
	if p.Warmup > 0 {
		fmt.Fprintf(w, " after %d warm-up", p.Warmup)
	}
	fmt.Fprintf(w, ", order %s, seed %d, plan %s, %s\n\n", p.Order, p.Seed, p.Hash, estimate(p))
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "cell\tworkload\tparameters\tmodel\tcores\tworkers\tprocesses\tschedule\twork")
	for _, c := range p.Cells {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%d\t%d\t%d\t%s\t%s\n", c.ID, c.Label, c.ParamText(), c.ModelLabel, c.Cores, c.Workers, c.Processes, c.Schedule, amount(c))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	printCommands(w, p)
	if len(p.Dropped) > 0 {
		fmt.Fprintf(w, "\ndropped:\n")
		for _, d := range p.Dropped {
			fmt.Fprintf(w, "  %s: %s\n", cellTitle(d.Cell), d.Because)
		}
	}
	if order {
		fmt.Fprintf(w, "\norder:\n")
		for s := range p.Steps() {
			fmt.Fprintf(w, "  %d  block %d  %s%s\n", s.Trial, s.Block, cellTitle(p.Cells[s.Cell]), map[bool]string{true: "  (warm-up)"}[s.Warmup])
		}
	}
	return nil
}

// printCommands shows the programs that cells run, each once, word by word.
func printCommands(w io.Writer, p *experiments.Plan) {
	told := map[string]bool{}
	for _, c := range p.Cells {
		if c.Command == nil {
			continue
		}
		if len(told) == 0 {
			fmt.Fprintf(w, "\ncommands:\n")
		}
		if line := fmt.Sprintf("  %s, %s: %q\n", c.Workload, c.ModelLabel, c.Command.Argv); !told[line] {
			told[line] = true
			fmt.Fprint(w, line)
		}
	}
}

// estimate says how long a plan will take, and on what guess.
func estimate(p *experiments.Plan) string {
	text := fmt.Sprintf("about %v", rough(p.Estimate()))
	if p.Adaptive != nil {
		text = "at most " + text
	}
	if p.Guessed() {
		text += " if a trial of counted items takes a second"
	}
	return text
}

// amount says how much work a trial of the cell does.
func amount(c experiments.Cell) string {
	text := fmt.Sprintf("%d items", c.Items)
	switch {
	case c.DurationS > 0:
		text = fmt.Sprintf("%g s", c.DurationS)
	case c.AutoS > 0:
		text = fmt.Sprintf("items for %g s", c.AutoS)
	}
	if c.Scaling == experiments.Weak {
		text += " a worker"
	}
	if c.Iterations > 1 {
		text += fmt.Sprintf(" x %d", c.Iterations)
	}
	return text
}

func validateCommand() *cobra.Command {
	var c choice
	cmd := &cobra.Command{
		Use:               "validate FILE|NAME...",
		Short:             "Check experiment files and run nothing",
		ValidArgsFunction: completeExperiments,
		RunE: func(cmd *cobra.Command, args []string) error {
			list, err := c.load(args, io.Discard)
			if err != nil {
				return err
			}
			for _, l := range list {
				fmt.Fprintf(cmd.OutOrStdout(), "%s: ok, %s\n", l.File, plots.Count(len(l.plan.Cells), "cell"))
			}
			return nil
		},
	}
	c.flags(cmd)
	return cmd
}
