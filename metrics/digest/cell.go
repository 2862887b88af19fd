package digest

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"forklore/experiments"
	"forklore/metrics/record"
)

// Title returns the cell in words: "sieve, processes, 4 workers on 2 cores,
// dynamic, weak". What is usual is left out.
func Title(c experiments.Cell) string {
	words := []string{c.Label, c.ModelLabel}
	if c.Label == "" {
		words[0] = c.Workload
	}
	if c.ModelLabel == "" {
		words[1] = c.Model
	}
	switch {
	case c.Model == experiments.Sequential:
	case c.Workers == c.Cores:
		words = append(words, count(c.Cores, "core"))
	default:
		words = append(words, count(c.Workers, "worker")+" on "+count(c.Cores, "core"))
	}
	if c.Model == experiments.Hybrid {
		words = append(words, fmt.Sprintf("%d processes", c.Processes))
	}
	if c.Schedule == experiments.Dynamic {
		words = append(words, c.Schedule)
	}
	if c.Scaling == experiments.Weak {
		words = append(words, c.Scaling)
	}
	return strings.Join(words, ", ")
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// paramText writes parameters as trials.csv does: "block=64 n=256".
func paramText(params map[string]string) string {
	var words []string
	for _, name := range slices.Sorted(maps.Keys(params)) {
		words = append(words, name+"="+params[name])
	}
	return strings.Join(words, " ")
}

// cellOf rebuilds a cell from one of its rows, as far as a row knows it.
func cellOf(t *record.Trial) experiments.Cell {
	c := experiments.Cell{
		ID: t.Cell, Workload: t.Workload, Label: t.Label, Model: t.Model, ModelLabel: t.ModelLabel,
		Cores: t.Cores, Workers: t.Workers, Processes: t.Processes,
		Schedule: t.Schedule, Scaling: t.Scaling, Iterations: t.Iterations,
		Placement: experiments.Placement{Policy: "none"}, Control: t.Control,
	}
	for _, word := range strings.Fields(t.Params) {
		if name, value, ok := strings.Cut(word, "="); ok {
			if c.Params == nil {
				c.Params = map[string]string{}
			}
			c.Params[name] = value
		}
	}
	if !math.IsNaN(t.DurationS) {
		c.DurationS = t.DurationS
	}
	if !math.IsNaN(t.Items) {
		c.Items = int64(t.Items)
		if c.Scaling == experiments.Weak && c.Workers > 0 {
			c.Items /= int64(c.Workers)
		}
	}
	return c
}
