// Package plots draws a digest. One file is one chart: its Table holds all
// arithmetic and is written as the CSV twin, its Draw sees nothing but that
// table and the theme.
package plots

import (
	"fmt"
	"slices"
	"strings"

	"forklore/metrics/digest"
)

// Chart answers one question with one picture.
type Chart struct {
	Name     string // file name, and the word in an experiment's charts
	Question string // what the reader learns from it, as a question
	Order    int    // reading order in the report; equal numbers go by name

	// Table does the arithmetic. It returns an [Absent] error when the digest
	// lacks what the chart shows.
	Table func(*digest.Digest) (Table, error)

	// Draw puts a table that Table returned on a sheet.
	Draw func(*Sheet, Table)
}

// Absent is why a chart is not drawn, in one sentence without a full stop.
type Absent string

func (a Absent) Error() string { return string(a) }

var registry = map[string]Chart{}

// register adds a chart. It is called from the init function of the chart's
// own file; a duplicate or incomplete chart is our own bug.
func register(c Chart) {
	if c.Name == "" || c.Question == "" || c.Table == nil || c.Draw == nil {
		panic(fmt.Sprintf("plots: chart %q lacks a name, question, table or drawing", c.Name))
	}
	if _, ok := registry[c.Name]; ok {
		panic(fmt.Sprintf("plots: chart %q is registered twice", c.Name))
	}
	registry[c.Name] = c
}

// Charts returns every chart in reading order.
func Charts() []Chart {
	all := make([]Chart, 0, len(registry))
	for _, c := range registry {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b Chart) int {
		if a.Order != b.Order {
			return a.Order - b.Order
		}
		return strings.Compare(a.Name, b.Name)
	})
	return all
}

// Names returns the names of every chart in reading order.
func Names() []string {
	var names []string
	for _, c := range Charts() {
		names = append(names, c.Name)
	}
	return names
}

// Lookup returns the chart of that name; its error lists the known ones.
func Lookup(name string) (Chart, error) {
	if c, ok := registry[name]; ok {
		return c, nil
	}
	return Chart{}, fmt.Errorf("unknown chart %q: known are %s", name, strings.Join(Names(), ", "))
}
