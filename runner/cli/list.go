package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"forklore/experiments"
	"forklore/metrics/digest"
	"forklore/plots"
	"forklore/runner/link"
	"forklore/runner/work"
)

// entry is one line of a list.
type entry struct {
	Name string `json:"name"`
	Text string `json:"text"`
	More string `json:"more,omitempty"`
}

// lists are what there is to list, in the order in which all are shown.
var lists = []struct {
	name string
	of   func() []entry
}{
	{"workloads", listWorkloads},
	{"models", listModels},
	{"links", listLinks},
	{"metrics", listMetrics},
	{"charts", listCharts},
	{"experiments", listExperiments},
}

func listCommand() *cobra.Command {
	var asJSON bool
	var names []string
	for _, l := range lists {
		names = append(names, l.name)
	}
	cmd := &cobra.Command{
		Use:       "list [" + strings.Join(names, "|") + "]...",
		Short:     "Show workloads, models, links, metrics, charts and shipped experiments",
		ValidArgs: names,
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, a := range args {
				if !slices.Contains(names, a) {
					return usage(fmt.Errorf("there is no list of %q; there are %s", a, strings.Join(names, ", ")))
				}
			}
			return printLists(cmd.OutOrStdout(), args, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the lists as one JSON object")
	return cmd
}

func printLists(w io.Writer, chosen []string, asJSON bool) error {
	all := map[string][]entry{}
	first := true
	for _, l := range lists {
		if len(chosen) > 0 && !slices.Contains(chosen, l.name) {
			continue
		}
		entries := l.of()
		all[l.name] = entries
		if asJSON {
			continue
		}
		if !first {
			fmt.Fprintln(w)
		}
		first = false
		fmt.Fprintln(w, l.name)
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		for _, e := range entries {
			fmt.Fprintf(t, "  %s\t%s\n", e.Name, e.Text)
			if e.More != "" {
				fmt.Fprintf(t, "  \t%s\n", e.More)
			}
		}
		if err := t.Flush(); err != nil {
			return err
		}
	}
	if asJSON {
		return json.NewEncoder(w).Encode(all)
	}
	return nil
}

func listWorkloads() []entry {
	var list []entry
	for _, k := range work.Kinds() {
		var params []string
		for _, p := range k.Params {
			params = append(params, fmt.Sprintf("%s=%s (%s)", p.Name, p.Default, p.Allowed()))
		}
		list = append(list, entry{k.Name, k.Summary, strings.Join(params, "; ")})
	}
	return list
}

func listModels() []entry {
	return []entry{
		{experiments.Sequential, "one worker, the plain loop, no pool: the baseline", ""},
		{experiments.Goroutines, "W goroutines in one process, GOMAXPROCS = cores", ""},
		{experiments.Threads, "the same, each worker locked to its OS thread", ""},
		{experiments.Processes, "W worker processes, GOMAXPROCS = 1 each", ""},
		{experiments.Hybrid, "P processes with W/P goroutines each", ""},
	}
}

func listLinks() []entry {
	var list []entry
	for _, k := range link.Kinds() {
		list = append(list, entry{k.Name, k.Summary, ""})
	}
	return list
}

func listMetrics() []entry {
	var list []entry
	for _, m := range digest.Metrics() {
		list = append(list, entry{m.Name, m.Doc, ""})
	}
	for _, m := range ownMetrics() {
		list = append(list, entry{m.Name, m.Doc + "; measured by " + strings.Join(m.workloads, ", "), ""})
	}
	return list
}

func listCharts() []entry {
	var list []entry
	for _, c := range plots.Charts() {
		list = append(list, entry{c.Name, c.Question, ""})
	}
	return list
}

func listExperiments() []entry {
	cat, err := catalogue()
	var list []entry
	for _, name := range experiments.Embedded() {
		src, _ := experiments.ReadEmbedded(name)
		e := entry{Name: name}
		if err == nil {
			if x, bad := experiments.Load(src, cat, experiments.Options{}); bad == nil {
				e.Text = x.Question
				if len(x.Tags) > 0 {
					e.More = "tags: " + strings.Join(x.Tags, ", ")
				}
			} else {
				e.Text = "not valid on this machine: forklore validate " + name + " says why"
			}
		}
		list = append(list, e)
	}
	return list
}
