package cli

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"forklore/experiments"
	"forklore/metrics/record"
	"forklore/plots"
	"forklore/runner"
)

// everyUpdate is the least time between two updates: progress must not be
// part of what is measured.
const everyUpdate = 500 * time.Millisecond

// display shows how far a run is: a bar on a terminal, lines elsewhere.
type display struct {
	w     io.Writer
	quiet bool
	name  string
	bar   *progressbar.ProgressBar
	began time.Time

	mu       sync.Mutex
	said     time.Time
	headline string
	kept     int // trials that a resumed run had already
}

func newDisplay(w io.Writer, quiet bool, name string) *display {
	return &display{w: w, quiet: quiet, name: name, began: time.Now()}
}

func onTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb"
}

func (d *display) progress(p runner.Progress) {
	if d.quiet {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.bar == nil && onTerminal(d.w) {
		d.bar = progressbar.NewOptions(max(p.Total, 1), progressbar.OptionSetWriter(d.w), progressbar.OptionThrottle(everyUpdate),
			progressbar.OptionShowCount(), progressbar.OptionSetPredictTime(true), progressbar.OptionFullWidth(),
			progressbar.OptionUseANSICodes(true), progressbar.OptionSetDescription(d.name))
	}
	if d.bar != nil {
		d.draw(p)
		return
	}
	d.print(p)
}

// draw updates the bar.
func (d *display) draw(p runner.Progress) {
	d.headline = title(p)
	if p.Total > 0 && d.bar.GetMax() != p.Total {
		d.bar.ChangeMax(p.Total)
	}
	if p.Phase == runner.Finished || p.Phase == runner.Kept {
		_ = d.bar.Add(1)
		return
	}
	d.bar.Describe(d.headline)
}

// tick shows what the trial at hand uses.
func (d *display) tick(cpus, rssB float64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.bar == nil || time.Since(d.said) < everyUpdate {
		return
	}
	d.said = time.Now()
	d.bar.Describe(fmt.Sprintf("%s  %.1f CPUs %s", d.headline, cpus, plots.Quantity(rssB, "B")))
}

// print writes a line, at most two a second but for failures and the last.
func (d *display) print(p runner.Progress) {
	failed := p.Row != nil && p.Row.Status != record.OK
	last := p.Phase == runner.Finished && p.Step.Trial == p.Total
	if p.Phase == runner.Kept {
		d.kept++
		return
	}
	if p.Phase == runner.Running || !failed && !last && time.Since(d.said) < everyUpdate {
		return
	}
	d.said = time.Now()
	if p.Row == nil {
		fmt.Fprintf(d.w, "%s: %s\n", d.name, title(p))
		return
	}
	outcome := plots.Quantity(p.Row.WallS, "s")
	if failed {
		outcome = p.Row.Status + ": " + p.Row.Detail
	}
	fmt.Fprintf(d.w, "%s: %d/%d %s: %s%s\n", d.name, p.Step.Trial, p.Total, title(p), outcome, d.remaining(p))
}

func (d *display) remaining(p runner.Progress) string {
	left := p.Total - p.Step.Trial
	if left == 0 {
		return ""
	}
	each := time.Since(d.began) / time.Duration(max(1, p.Step.Trial-d.kept))
	return fmt.Sprintf(" (about %v left)", rough(each*time.Duration(left)))
}

func (d *display) close() {
	if d.bar != nil {
		_ = d.bar.Finish()
		fmt.Fprintln(d.w)
	}
}

func title(p runner.Progress) string {
	if p.Cell == nil {
		return p.Phase
	}
	if p.Phase == runner.Building || p.Phase == runner.Calibrating || p.Phase == runner.Proving {
		return p.Phase + " " + p.Cell.Label
	}
	return cellTitle(*p.Cell)
}

func cellTitle(c experiments.Cell) string {
	text := fmt.Sprintf("%s %s, %s", c.Label, c.ModelLabel, plots.Count(c.Cores, "core"))
	if c.Workers != c.Cores {
		text += ", " + plots.Count(c.Workers, "worker")
	}
	return text
}

// rough rounds a time to what an estimate can promise.
func rough(d time.Duration) time.Duration {
	switch {
	case d < 10*time.Second:
		return d.Round(time.Second)
	case d < 10*time.Minute:
		return d.Round(5 * time.Second)
	default:
		return d.Round(time.Minute)
	}
}
