package cli

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"forklore/metrics/digest"
	"forklore/plots"
	"forklore/plots/report"
)

// formats of a table on stdout.
var formats = []string{"text", "csv", "markdown"}

func formatFlag(cmd *cobra.Command, format *string) {
	cmd.Flags().StringVar(format, "format", "text", "text, csv or markdown")
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(formats, cobra.ShellCompDirectiveNoFileComp)) // the flag exists
}

func verdictsCommand() *cobra.Command {
	var format, page string
	var strict bool
	cmd := &cobra.Command{
		Use:   "verdicts DIR...",
		Short: "Show the claims of many runs as one table",
		Long: `Shows the claims of every results folder as one table, and with --html writes
them to one page besides, with links to the report of each run.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var ds []*digest.Digest
			var runs []report.Run
			for _, dir := range args {
				d, err := load(dir)
				if err != nil {
					return err
				}
				ds, runs = append(ds, d), append(runs, report.Run{Digest: d, Dir: dir})
			}
			if page != "" {
				if err := report.WriteVerdicts(runs, page); err != nil {
					return err
				}
			}
			if err := printVerdicts(cmd.OutOrStdout(), ds, format); err != nil {
				return err
			}
			return strictly(strict, ds...)
		},
	}
	formatFlag(cmd, &format)
	cmd.Flags().StringVar(&page, "html", "", "write the table to this file as one page, with links to each run's report")
	cmd.Flags().BoolVar(&strict, "strict", false, "exit 4 when a claim is reversed or a gate is broken")
	return cmd
}

// printVerdicts prints every column in CSV, and what a reader needs elsewhere.
func printVerdicts(w io.Writer, ds []*digest.Digest, format string) error {
	if format == "csv" {
		return printTable(w, digest.Verdicts(ds), format)
	}
	t := digest.Table{Columns: []string{"experiment", "claim", "verdict", "estimate [95 % CI]", "n", "because", "says"}}
	for _, d := range ds {
		for _, v := range d.Verdicts() {
			t.Rows = append(t.Rows, append([]string{d.Manifest.Name}, verdictRow(v)...))
		}
	}
	if len(t.Rows) == 0 {
		_, err := fmt.Fprintln(w, "no claims")
		return err
	}
	return printTable(w, t, format)
}

// verdictRow says what the data say of a claim. The estimate of a claim over
// several cells is that of each, shown by comparisons.csv.
func verdictRow(v digest.Verdict) []string {
	estimate, n := "", ""
	if len(v.Parts) == 1 && v.Parts[0].Primary.N > 0 {
		r := v.Parts[0].Primary
		n = fmt.Sprint(r.N)
		switch p := &v.Parts[0]; {
		case p.Target.Difference:
			estimate = fmt.Sprintf("%s [%s, %s]", plots.Difference(r.Estimate), plots.Digits(r.Lo95), plots.Digits(r.Hi95))
		case p.Right < 0: // no comparison
			estimate = quantity(r, p.Unit)
		default:
			estimate = ratio(r)
		}
	} else if len(v.Parts) > 1 {
		estimate = plots.Count(len(v.Parts), "part")
	}
	because := v.Reason
	if v.Trials > 0 {
		because = strings.TrimPrefix(fmt.Sprintf("%s; about %s would decide", because, plots.Count(v.Trials, "block")), "; ")
	}
	return []string{v.Claim.ID, v.Verdict, estimate, n, because, v.Claim.Says}
}

// ratio prints a ratio with its 95 % interval, and nothing where there is none.
func ratio(r digest.Range) string {
	if math.IsNaN(r.Estimate) || r.N == 0 {
		return ""
	}
	return fmt.Sprintf("%s [%s, %s]", plots.Times(r.Estimate), plots.Digits(r.Lo95), plots.Digits(r.Hi95))
}

// quantity prints an estimate in its unit with its 95 % interval, where there
// is one.
func quantity(r digest.Range, unit string) string {
	text := plots.Quantity(r.Estimate, unit)
	if !math.IsNaN(r.Lo95) {
		text += fmt.Sprintf(" [%s]", plots.Interval(r.Lo95, r.Hi95, unit))
	}
	return text
}

func compareCommand() *cobra.Command {
	var format string
	var strict bool
	cmd := &cobra.Command{
		Use:   "compare A B",
		Short: "Compare two runs: before and after, or two machines",
		Long: `Matches the cells of two results folders and shows, for each, the ratio in
favour of B with its 95 % interval, and what else differs between the runs.`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			a, err := load(args[0])
			if err != nil {
				return err
			}
			b, err := load(args[1])
			if err != nil {
				return err
			}
			return printDifference(cmd.OutOrStdout(), digest.Compare(a, b), format, strict)
		},
	}
	formatFlag(cmd, &format)
	cmd.Flags().BoolVar(&strict, "strict", false, "exit 4 when B is worse by more than the margin, both intervals wholly beyond it, or when something could not be judged")
	return cmd
}

func printDifference(w io.Writer, x *digest.Difference, format string, strict bool) error {
	if format == "csv" {
		if err := printTable(w, x.Table(), format); err != nil {
			return err
		}
	} else if err := printReadable(w, x, format); err != nil {
		return err
	}
	if strict {
		return strictDifference(x)
	}
	return nil
}

// strictDifference is the error of a comparison that found B worse, or that
// could find nothing: neither may pass for "no regression".
func strictDifference(x *digest.Difference) error {
	if n := x.Regressions(); n > 0 {
		return &coded{exitClaims, fmt.Errorf("%s in which B is worse, wholly beyond the margin", plots.Count(n, "comparison"))}
	}
	for _, g := range append(slices.Clone(x.A.Gates), x.B.Gates...) {
		switch {
		case !g.Passed:
			return &coded{exitClaims, fmt.Errorf("nothing can be judged: the gate %s is broken: %s", g.Name, g.Detail)}
		case g.Leeway > 1:
			return &coded{exitClaims, fmt.Errorf("a regression could hide: the control %s is too coarse: %s", g.Name, g.Detail)}
		}
	}
	for _, p := range x.Pairs {
		if p.Verdict == digest.NoData {
			return &coded{exitClaims, fmt.Errorf("%s cannot be judged: %s", digest.Title(x.B.Cells[p.CellB].Cell), p.Why)}
		}
	}
	if len(x.Pairs) == 0 {
		return &coded{exitClaims, errors.New("the runs have no cell in common")}
	}
	return nil
}

func printReadable(w io.Writer, x *digest.Difference, format string) error {
	for _, text := range x.Warnings {
		fmt.Fprintln(w, "note: "+text)
	}
	fmt.Fprintln(w, "trials of different runs are not paired: ratios are of geometric means, with Welch's interval")
	t := digest.Table{Columns: []string{"cell", "metric", "A", "B", "n", "B/A, above 1 is better [95 % CI]", "margin", "B is"}}
	for _, p := range x.Pairs {
		m, err := x.B.Metric(p.Metric)
		if err != nil {
			return err
		}
		t.Rows = append(t.Rows, []string{digest.Title(x.B.Cells[p.CellB].Cell), m.Title, plots.Quantity(p.MedianA, m.Unit), plots.Quantity(p.MedianB, m.Unit),
			fmt.Sprintf("%d, %d", p.NRight, p.NLeft), ratio(p.Theta), fmt.Sprintf("%.3g %%", 100*p.Margin), report.Outcome(p)})
	}
	if err := printTable(w, t, format); err != nil {
		return err
	}
	for i, only := range [][]string{x.OnlyA, x.OnlyB} {
		if len(only) > 0 {
			fmt.Fprintf(w, "\nonly in %s: %s\n", []string{"A", "B"}[i], strings.Join(only, "; "))
		}
	}
	if len(x.Differs) == 0 {
		_, err := fmt.Fprintln(w, "\nthe manifests differ in nothing that matters")
		return err
	}
	fmt.Fprintln(w)
	return printTable(w, x.ManifestTable(), format)
}

// printTable prints a table in one of the formats.
func printTable(w io.Writer, t digest.Table, format string) error {
	switch format {
	case "csv":
		c := csv.NewWriter(w)
		return c.WriteAll(append([][]string{t.Columns}, t.Rows...))
	case "markdown":
		rows := append([][]string{t.Columns, dashes(len(t.Columns))}, t.Rows...)
		for _, r := range rows {
			if _, err := fmt.Fprintf(w, "| %s |\n", strings.Join(escaped(r), " | ")); err != nil {
				return err
			}
		}
		return nil
	case "text":
		tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		for _, r := range append([][]string{t.Columns}, t.Rows...) {
			fmt.Fprintln(tw, strings.Join(r, "\t"))
		}
		return tw.Flush()
	}
	return usage(fmt.Errorf("there is no format %q; there are %s", format, strings.Join(formats, ", ")))
}

func dashes(n int) []string {
	return strings.Split(strings.TrimSuffix(strings.Repeat("--- ", n), " "), " ")
}

func escaped(row []string) []string {
	var list []string
	for _, cell := range row {
		list = append(list, strings.NewReplacer("|", `\|`, "\n", " ", "<", "&lt;").Replace(cell))
	}
	return list
}

// strictly is the verdict on the runs that --strict asks for.
func strictly(strict bool, ds ...*digest.Digest) error {
	if !strict {
		return nil
	}
	var broken []string
	for _, d := range ds {
		for _, v := range d.Verdicts() {
			if v.Verdict == digest.Reversed {
				broken = append(broken, fmt.Sprintf("%s: the claim %s is reversed", d.Manifest.Name, v.Claim.ID))
			}
		}
		for _, g := range d.Gates {
			if !g.Passed {
				broken = append(broken, fmt.Sprintf("%s: the gate %s is broken: %s", d.Manifest.Name, g.Name, g.Detail))
			}
		}
	}
	if len(broken) > 0 {
		return &coded{exitClaims, fmt.Errorf("%s", strings.Join(broken, "\n"))}
	}
	return nil
}
