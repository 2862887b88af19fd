package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"forklore/experiments"
	"forklore/metrics/digest"
	"forklore/metrics/record"
	"forklore/plots/report"
)

func textbookCommand() *cobra.Command {
	var results, format, html, md string
	cmd := &cobra.Command{
		Use:   "textbook [DIR...]",
		Short: "Say of every sentence of the textbook what the runs say of it",
		Long: `Judges the sentences of experiments/textbook.md by the claims that quote them, in
the given results folders, or in the newest run of each shipped experiment that has
one below results. --html and --md write the page of it: each sentence, its claims,
their effects and when it is otherwise, with links to the reports. make textbook
runs the experiments first.`,
		RunE: func(cmd *cobra.Command, dirs []string) error {
			if err := pageNames(html, md); err != nil {
				return usage(err)
			}
			if len(dirs) == 0 {
				var err error
				if dirs, err = newest(results); err != nil {
					return err
				}
			}
			return textbook(cmd.OutOrStdout(), dirs, format, html, md)
		},
	}
	formatFlag(cmd, &format)
	cmd.Flags().StringVar(&html, "html", "", "write the page to this file")
	cmd.Flags().StringVar(&md, "md", "", "write the page as Markdown to this file, whose name ends in .md")
	cmd.Flags().StringVar(&results, "results", "results", "folder below which to look where no DIR is named")
	return cmd
}

// pageNames refuses names by which a page would get the other's form.
func pageNames(html, md string) error {
	switch {
	case md != "" && filepath.Ext(md) != ".md":
		return fmt.Errorf("--md: the name of %s does not end in .md", md)
	case filepath.Ext(html) == ".md":
		return fmt.Errorf("--html: the name of %s ends in .md; use --md for Markdown", html)
	}
	return nil
}

// newest finds the newest complete run of every shipped experiment about the textbook.
func newest(results string) ([]string, error) {
	var dirs []string
	for _, name := range experiments.Tagged(experiments.TextbookTag) {
		dir := filepath.Join(results, name, record.LatestLink)
		if _, err := os.Stat(dir); err == nil {
			dirs = append(dirs, dir)
		}
	}
	if dirs == nil {
		return nil, usage(fmt.Errorf("there is no run of an experiment with the tag %s below %s: name results folders, or run some with forklore run --tag %s, or all with make textbook",
			experiments.TextbookTag, results, experiments.TextbookTag))
	}
	return dirs, nil
}

func textbook(w io.Writer, dirs []string, format, html, md string) error {
	var runs []report.Run
	var ds []*digest.Digest
	for _, dir := range dirs {
		d, err := load(dir)
		if err != nil {
			return err
		}
		runs, ds = append(runs, report.Run{Digest: d, Dir: dir}), append(ds, d)
	}
	files := slices.DeleteFunc([]string{html, md}, func(file string) bool { return file == "" })
	for _, file := range files {
		if err := report.WriteTextbook(runs, file); err != nil {
			return err
		}
	}
	if err := printTable(w, sentenceTable(ds, format), format); err != nil || format != "text" {
		return err
	}
	for _, file := range files {
		fmt.Fprintln(w, file)
	}
	return nil
}

// sentenceTable has a row for each sentence; in CSV one for each claim that quotes it.
func sentenceTable(ds []*digest.Digest, format string) digest.Table {
	all := digest.Textbook(ds)
	if format == "csv" {
		return digest.QuoteTable(ds, all)
	}
	t := digest.Table{Columns: []string{"", "sentence", "verdict", "why"}}
	for _, s := range all {
		t.Rows = append(t.Rows, []string{s.Label, s.Text, s.Verdict, report.Reason(&s)})
	}
	return t
}
