package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"forklore/plots"
)

// shownFailures bounds the table; trials.csv has them all.
const shownFailures = 50

func failed(p *page) {
	ok, others := p.okTrials()
	if ok == 0 && len(p.Failures) == 0 && len(others) == 0 {
		p.para("There was no measured trial.")
		return
	}
	if len(p.Failures) == 0 && len(others) == 0 {
		p.para(fmt.Sprintf("Nothing: all %s ended ok.", plots.Count(ok, "measured trial")))
		return
	}
	var parts []string
	for _, status := range slices.Sorted(maps.Keys(others)) {
		parts = append(parts, fmt.Sprintf("%d %s", others[status], status))
	}
	p.para(fmt.Sprintf("Measured trials: %d ok, %s. Failed trials enter no statistic.", ok, strings.Join(parts, ", ")))
	var rows [][]string
	for _, f := range p.Failures[:min(len(p.Failures), shownFailures)] {
		rows = append(rows, []string{fmt.Sprint(f.Trial), fmt.Sprint(f.Block), text(f.Title), text(f.Status), text(f.Detail), logLink(f.Log)})
	}
	if len(rows) == 0 {
		return
	}
	p.table(9, []string{"trial", "block", "cell", "status", "detail", "log"}, rows)
	if more := len(p.Failures) - shownFailures; more > 0 {
		p.para(fmt.Sprintf("%s more: see the column `status` of [trials.csv](trials.csv).", plots.Count(more, "trial")))
	}
}

// logLink links a log by a name that can only be a file of log/.
func logLink(name string) string {
	name = strings.TrimPrefix(name, "log/")
	if name == "" {
		return ""
	}
	for _, r := range name {
		if !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_", r) {
			return text(name)
		}
	}
	return fmt.Sprintf("[%s](log/%s)", text(name), name)
}
