package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"forklore/experiments"
	"forklore/metrics/digest"
	"forklore/plots"
	"forklore/runner/link"
	"forklore/runner/work"
)

// entry is one line of a list.
type entry struct {
	Name  string `json:"name"`
	Text  string `json:"text"`
	More  string `json:"more,omitempty"`  // a second line, where that is asked for
	Group string `json:"group,omitempty"` // a heading above it and its neighbours

	brief string // instead of Text, where no second lines are asked for
	minor bool   // left out there
}

// lists are what there is to list, in the order in which all are shown.
var lists = []struct {
	name string
	of   func() []entry
}{
	{"workloads", listWorkloads},
	{"companions", listCompanions},
	{"models", listModels},
	{"links", listLinks},
	{"metrics", listMetrics},
	{"charts", listCharts},
	{"keys", listKeys},
	{"experiments", listExperiments},
}

func listNames() []string {
	var names []string
	for _, l := range lists {
		names = append(names, l.name)
	}
	return names
}

func listCommand() *cobra.Command {
	var asJSON, long bool
	names := listNames()
	cmd := &cobra.Command{
		Use:   "list [" + strings.Join(names, "|") + "]...",
		Short: "Show workloads, what goes beside them, models, links, metrics, charts, keys of experiment files and shipped experiments",
		Long: `List shows the names of all that there is, one line each; forklore explain NAME
tells all about one of them. With --long, workloads come with their parameters, keys with
their values, and each quantile of a distribution is a metric of its own.`,
		ValidArgs: names,
		RunE: func(cmd *cobra.Command, args []string) error {
			var chosen []string
			for _, a := range args {
				if slices.Contains(names, a+"s") {
					a += "s"
				}
				if !slices.Contains(names, a) {
					return usage(fmt.Errorf("there is no list of %q; there are %s", a, strings.Join(names, ", ")))
				}
				chosen = append(chosen, a)
			}
			return printLists(cmd.OutOrStdout(), chosen, asJSON, long)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the lists as one JSON object, with all that --long shows")
	cmd.Flags().BoolVarP(&long, "long", "l", false, "show parameters, values and every single metric as well")
	return cmd
}

func printLists(w io.Writer, chosen []string, asJSON, long bool) error {
	all := map[string][]entry{}
	first := true
	for _, l := range lists {
		if len(chosen) > 0 && !slices.Contains(chosen, l.name) {
			continue
		}
		all[l.name] = l.of()
		if asJSON {
			continue
		}
		if !first {
			fmt.Fprintln(w)
		}
		first = false
		fmt.Fprintln(w, l.name)
		printList(w, all[l.name], long)
	}
	if asJSON {
		return json.NewEncoder(w).Encode(all)
	}
	return nil
}

// printList prints one list, its texts below each other over all its groups.
func printList(w io.Writer, entries []entry, long bool) {
	if !long {
		entries = slices.DeleteFunc(slices.Clone(entries), func(e entry) bool { return e.minor })
	}
	width, group := 0, ""
	for _, e := range entries {
		width = max(width, len(e.Name))
	}
	for _, e := range entries {
		if e.Group != group {
			group = e.Group
			fmt.Fprintf(w, "  -- %s\n", group)
		}
		text := e.Text
		if !long && e.brief != "" {
			text = e.brief
		}
		fmt.Fprintln(w, strings.TrimRight(fmt.Sprintf("  %-*s  %s", width, e.Name, text), " "))
		if long && e.More != "" {
			fmt.Fprintf(w, "  %-*s    %s\n", width, "", e.More)
		}
	}
}

func listWorkloads() []entry {
	var list []entry
	for _, g := range work.Groups() {
		for _, name := range g.Names {
			k, err := work.Lookup(name)
			if err != nil {
				continue // the group was made of those that are there
			}
			var params []string
			for _, p := range k.Params {
				params = append(params, paramLine(p.Name, p))
			}
			list = append(list, entry{Name: k.Name, Text: k.Summary, More: strings.Join(params, "; "), Group: g.Title})
		}
	}
	return list
}

func paramLine(name string, p work.Param) string {
	return fmt.Sprintf("%s=%s (%s)", name, p.Usual(), p.Allowed())
}

func listCompanions() []entry {
	var list []entry
	for _, c := range work.Companions() {
		var params []string
		for _, p := range c.Params {
			params = append(params, paramLine(c.Key(p.Name), p))
		}
		list = append(list, entry{Name: c.Name, Text: c.Summary, More: strings.Join(params, "; ")})
	}
	return list
}

func listModels() []entry {
	return []entry{
		{Name: experiments.Sequential, Text: "one worker, the plain loop, no pool: the baseline"},
		{Name: experiments.Goroutines, Text: "W goroutines in one process, GOMAXPROCS = cores"},
		{Name: experiments.Threads, Text: "the same, each locked to an OS thread; GOMAXPROCS = workers, if they are more, for the kernel to schedule"},
		{Name: experiments.Processes, Text: "W worker processes, GOMAXPROCS = 1 each"},
		{Name: experiments.Hybrid, Text: "P processes with W/P goroutines each"},
	}
}

func listLinks() []entry {
	var list []entry
	for _, k := range link.Kinds() {
		list = append(list, entry{Name: k.Name, Text: k.Summary})
	}
	return list
}

func listMetrics() []entry {
	var list []entry
	for _, m := range digest.Metrics() {
		list = append(list, entry{Name: m.Name, Text: m.Doc, Group: "of every trial"})
	}
	for _, m := range ownMetrics() {
		e := entry{Name: m.Name, Text: m.Doc + "; measured by " + strings.Join(m.workloads, ", "), Group: "of single workloads"}
		if m.nth > 0 {
			e.minor = true
		} else if m.of.Hist {
			e.brief = "median, and so on to " + m.of.Metrics()[len(m.of.Metrics())-1] + ": " + m.of.Doc + "; measured by " + strings.Join(m.workloads, ", ")
		}
		list = append(list, e)
	}
	return list
}

func listCharts() []entry {
	var list []entry
	for _, c := range plots.Charts() {
		list = append(list, entry{Name: c.Name, Text: c.Question})
	}
	return list
}

func listKeys() []entry {
	var list []entry
	for _, k := range experiments.Keys() {
		e := entry{Name: k.Name, Text: k.Summary, More: k.Type}
		if k.Default != "" {
			e.More += "; " + k.Default + " unless given"
		}
		list = append(list, e)
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
					e.brief = e.Text + "  [" + strings.Join(x.Tags, ", ") + "]"
				}
			} else {
				e.Text = "not valid on this machine: forklore validate " + name + " says why"
			}
		}
		list = append(list, e)
	}
	return list
}
