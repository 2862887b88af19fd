package digest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"forklore/metrics/record"

	"github.com/google/go-cmp/cmp"
)

// TestResultsReadme keeps results/README.md true: its tables are made from the
// column tables that the codecs themselves use.
func TestResultsReadme(t *testing.T) {
	path := filepath.Join("..", "..", "results", "README.md")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want := string(data)
	for name, table := range map[string]string{
		record.TrialsFile:     columnTable(record.Columns(record.TrialsFile)),
		record.SamplesFile:    columnTable(record.Columns(record.SamplesFile)),
		record.IterationsFile: columnTable(record.Columns(record.IterationsFile)),
		record.MeasuresFile:   columnTable(record.Columns(record.MeasuresFile)),
		record.HistogramsFile: columnTable(record.Columns(record.HistogramsFile)),
		record.SummaryFile:    columnTable(SummaryColumns),

		record.ComparisonsFile: columnTable(ComparisonColumns),
		record.FitsFile:        columnTable(FitColumns),
		record.ClaimsFile:      columnTable(ClaimColumns),

		"metrics": metricTable(),
	} {
		begin, end := "<!-- begin "+name+" -->\n", "<!-- end "+name+" -->\n"
		before, rest, ok := strings.Cut(want, begin)
		_, after, closed := strings.Cut(rest, end)
		if !ok || !closed {
			t.Fatalf("%s has no table between %q and %q", path, begin, end)
		}
		want = before + begin + "\n" + table + "\n" + end + after
	}
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, string(data)); diff != "" {
		t.Errorf("%s is out of date: run go test ./metrics/digest -update\n-want +got:\n%s", path, diff)
	}
}

func columnTable(columns []record.Column) string {
	var b strings.Builder
	b.WriteString("| column | type | unit | meaning |\n|---|---|---|---|\n")
	for _, c := range columns {
		name := "`" + c.Name + "`"
		if c.Key {
			name += " \\*"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", name, c.Type, c.Unit, c.Doc)
	}
	return b.String()
}

func metricTable() string {
	var b strings.Builder
	b.WriteString("| metric | unit | better | from |\n|---|---|---|---|\n")
	for _, m := range Metrics() {
		better := ""
		switch {
		case m.Less:
			better = "less"
		case strings.HasPrefix(m.Name, "throughput"):
			better = "more"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", m.Name, m.Unit, better, m.Doc)
	}
	return b.String()
}
