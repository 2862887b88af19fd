package report

import (
	"fmt"
	"strings"
	"time"

	"forklore/plots"
)

func reproduce(p *page) {
	m := p.Manifest
	if len(m.Command) > 0 {
		p.para("    " + oneLine(shell(m.Command)))
	}
	rows := [][]string{
		{"experiment", code(m.File)},
		{"SHA-256 of [experiment.yaml](experiment.yaml)", code(m.SHA256)},
		{"seed", fmt.Sprint(m.Plan.Seed)},
		{"plan", code(m.Plan.Hash)},
		{"forklore", strings.TrimSpace(text(m.Version) + " " + code(m.Commit))},
		{"Go", text(m.GoVersion)},
	}
	if !m.Started.IsZero() {
		rows = append(rows, []string{"started", m.Started.UTC().Format(time.RFC3339)})
	}
	if !m.Finished.IsZero() {
		rows = append(rows, []string{"took", plots.Quantity(m.Finished.Sub(m.Started).Seconds(), "s")})
	}
	p.table(9, []string{"what", "value"}, rows)
	p.para("Derived files, this one included, are rebuilt from the raw ones by `forklore report` with this folder.")
}

// shell joins words so that a shell reads the same words.
func shell(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = w
		if w == "" || strings.ContainsAny(w, " \t\n\"'`$&|;<>()*?[]#~!{}\\") {
			quoted[i] = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
	}
	return strings.Join(quoted, " ")
}
