package cli

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"forklore/metrics/digest"
	"forklore/metrics/record"
	"forklore/plots"
	"forklore/plots/report"
)

func reportCommand() *cobra.Command {
	var o plots.Options
	var print, compare bool
	var page string
	cmd := &cobra.Command{
		Use:   "report DIR...",
		Short: "Rebuild everything that is derived from a run's raw files",
		Long: `Rebuilds the derived CSVs, charts, report.md and report.html of each results
folder from manifest.json, trials.csv and samples.csv alone, byte for byte.
With --compare it puts two runs side by side instead, as Markdown on standard
output or, with --html, as one page; the charts are those in their folders.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case compare && (print || o.Formats != nil):
				return usage(errors.New("--compare shows the charts that the folders hold; draw them with report --print or --format first"))
			case compare:
				return sideBySide(cmd.OutOrStdout(), args, page)
			case page != "":
				return usage(errors.New("--html names the page of --compare; without it, report.html stands in each folder"))
			}
			for _, f := range o.Formats {
				if !slices.Contains(plots.Formats, f) {
					return usage(fmt.Errorf("there is no format %q; there are %s", f, strings.Join(plots.Formats, ", ")))
				}
			}
			if print {
				o.DPI = plots.PrintDPI
			}
			for _, dir := range args {
				r, err := rebuild(dir, o)
				if err != nil {
					return err
				}
				fmt.Fprintln(cmd.OutOrStdout(), r.Report)
			}
			return nil
		},
	}
	cmd.Flags().StringSliceVar(&o.Formats, "format", nil, "formats of the charts beside png, which is always there: svg, pdf")
	cmd.Flags().BoolVar(&print, "print", false, "draw the PNGs for print, at 300 dpi")
	cmd.Flags().BoolVar(&compare, "compare", false, "put two runs side by side: report --compare A B")
	cmd.Flags().StringVar(&page, "html", "", "write the comparison to this file as one page")
	return cmd
}

// sideBySide compares two folders, in Markdown on w or as a page.
func sideBySide(w io.Writer, dirs []string, page string) error {
	if len(dirs) != 2 {
		return usage(fmt.Errorf("--compare takes two results folders, A and B; there are %d", len(dirs)))
	}
	var runs [2]report.Run
	for i, dir := range dirs {
		d, err := load(dir)
		if err != nil {
			return err
		}
		runs[i] = report.Run{Digest: d, Dir: dir}
	}
	if page != "" {
		if err := report.WriteCompared(runs[0], runs[1], page); err != nil {
			return err
		}
		_, err := fmt.Fprintln(w, page)
		return err
	}
	text, err := report.Compared(runs[0], runs[1], ".")
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, text)
	return err
}

// rebuilt is what a reader wants to know first.
type rebuilt struct {
	Answer string         // one paragraph
	Report string         // path
	Digest *digest.Digest // what both say
}

// load digests a results folder.
func load(dir string) (*digest.Digest, error) {
	folder, err := record.Open(dir)
	if err != nil {
		return nil, err
	}
	debug.SetMemoryLimit(digest.MemoryLimit) // a million rows leave garbage that need not pile up
	d, err := digest.Load(folder.Dir)
	if err != nil {
		return nil, fmt.Errorf("digest %s: %w", dir, err)
	}
	return d, nil
}

// rebuild derives everything from the raw files in dir.
func rebuild(dir string, o plots.Options) (rebuilt, error) {
	d, err := load(dir)
	if err != nil {
		return rebuilt{}, err
	}
	if err := d.WriteDerived(dir); err != nil {
		return rebuilt{}, err
	}
	o.Charts = d.Manifest.Charts
	drawn, err := plots.Render(d, dir, o)
	if err != nil {
		return rebuilt{}, fmt.Errorf("draw the charts of %s: %w", dir, err)
	}
	if err := report.Write(d, drawn, dir); err != nil {
		return rebuilt{}, err
	}
	if err := report.WriteHTML(d, drawn, dir); err != nil {
		return rebuilt{}, err
	}
	return rebuilt{Answer: report.Answer(d), Report: filepath.Join(dir, report.File), Digest: d}, nil
}
