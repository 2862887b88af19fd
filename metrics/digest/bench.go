package digest

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode"

	"forklore/metrics/record"
)

// benchUnits are the metrics of bench.txt with their units there. An op is one
// trial. sec/op and B/op are what go test's own ns/op and B/op become when
// benchstat reads them, so that both can stand in one table.
var benchUnits = []struct{ metric, unit, better string }{
	{"wall_s", "sec/op", "lower"},
	{"throughput_items_per_s", "items/s", "higher"},
	{"throughput_B_per_s", "B/s", "higher"},
	{"cpu_s", "cpu-sec/op", "lower"},
	{"mem_peak_B", "peak-B/op", "lower"},
	{"mem_high_B", "high-B/op", "lower"},
	{"alloc_B", "B/op", "lower"},
}

// WriteBench writes every ok, measured trial of the question's cells in the
// Go benchmark format (golang.org/design/14313-benchmark-format) to path, one
// line a trial, for benchstat.
func (d *Digest) WriteBench(path string) error {
	return record.WriteWith(path, func(w io.Writer) error {
		b := bufio.NewWriter(w)
		d.benchHead(b)
		seen := map[string]int{}
		for i := range d.Cells {
			name := benchName(&d.Cells[i])
			if seen[name]++; seen[name] > 1 { // cells that differ in what the name leaves out
				name = strings.TrimSuffix(name, benchSuffix(&d.Cells[i])) + "/cell=" + benchWord(d.Cells[i].ID) + benchSuffix(&d.Cells[i])
			}
			for k := range d.Cells[i].Trials {
				d.Cells[i].benchLine(b, name, k)
			}
		}
		return b.Flush()
	})
}

// benchHead writes the configuration lines. A value is one line, never empty.
func (d *Digest) benchHead(w io.Writer) {
	m := &d.Manifest
	for _, line := range [][2]string{
		{"goos", m.Machine.OS}, {"goarch", m.Machine.Arch}, {"cpu", m.Machine.CPUModel},
		{"experiment", m.Name}, {"host", m.Machine.Host}, {"kernel", m.Machine.Kernel},
		{"go", m.GoVersion}, {"forklore", m.Version}, {"commit", m.Commit},
	} {
		if text := strings.Join(strings.FieldsFunc(line[1], func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }), " "); text != "" {
			fmt.Fprintf(w, "%s: %s\n", line[0], text)
		}
	}
	for _, u := range benchUnits {
		if d.has(u.metric) {
			fmt.Fprintf(w, "Unit %s better=%s\n", u.unit, u.better)
		}
	}
	fmt.Fprintln(w)
}

// benchName returns BenchmarkSieve/n=256/model=goroutines/cores=2/workers=2-2.
func benchName(c *Cell) string {
	workload := []rune(benchWord(c.Workload))
	workload[0] = unicode.ToUpper(workload[0])
	var b strings.Builder
	b.WriteString("Benchmark" + string(workload))
	if !strings.HasPrefix(c.Label, c.Workload) && c.Label != "" {
		b.WriteString("/label=" + benchWord(c.Label))
	}
	for _, name := range slices.Sorted(maps.Keys(c.Params)) {
		b.WriteString("/" + benchWord(name) + "=" + benchWord(c.Params[name]))
	}
	model := c.ModelLabel
	if model == "" {
		model = c.Model
	}
	fmt.Fprintf(&b, "/model=%s/cores=%d/workers=%d", benchWord(model), c.Cores, c.Workers)
	if c.Schedule != "" {
		b.WriteString("/schedule=" + benchWord(c.Schedule))
	}
	return b.String() + benchSuffix(c)
}

// benchSuffix ends a name as go test does: with the CPUs that it may use.
func benchSuffix(c *Cell) string { return fmt.Sprintf("-%d", c.Cores) }

// benchWord returns text without what the format gives a meaning to.
func benchWord(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsControl(r) || r == '/' || r == '=' || r == unicode.ReplacementChar {
			return '_'
		}
		return r
	}, text)
	if text == "" {
		return "_"
	}
	return text
}

func (c *Cell) benchLine(w io.Writer, name string, trial int) {
	var b strings.Builder
	for _, u := range benchUnits {
		if values := c.Values[u.metric]; trial < len(values) && !math.IsNaN(values[trial]) {
			b.WriteString(" " + Number(values[trial]) + " " + u.unit)
		}
	}
	if b.Len() > 0 {
		fmt.Fprintf(w, "%s 1%s\n", name, b.String())
	}
}
