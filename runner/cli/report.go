package cli

import (
	"fmt"
	"path/filepath"
	"runtime/debug"

	"github.com/spf13/cobra"

	"forklore/metrics/digest"
	"forklore/metrics/record"
	"forklore/plots"
	"forklore/plots/report"
)

func reportCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "report DIR...",
		Short: "Rebuild everything that is derived from a run's raw files",
		Long: `Rebuilds summary.csv, charts and report.md of each results folder from
manifest.json, trials.csv and samples.csv alone, byte for byte.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, dir := range args {
				r, err := rebuild(dir)
				if err != nil {
					return err
				}
				fmt.Fprintln(cmd.OutOrStdout(), r.Report)
			}
			return nil
		},
	}
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
func rebuild(dir string) (rebuilt, error) {
	d, err := load(dir)
	if err != nil {
		return rebuilt{}, err
	}
	if err := d.WriteDerived(dir); err != nil {
		return rebuilt{}, err
	}
	drawn, err := plots.Render(d, dir, plots.Options{Charts: d.Manifest.Charts})
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
