package report

import (
	"fmt"

	"forklore/metrics/digest"
	"forklore/metrics/stat"
	"forklore/plots"
)

// rule is one of the rules of Hoefler and Belli (Scientific Benchmarking of
// Parallel Computing Systems, SC 2015), in our words.
type rule struct {
	says  string
	check func(*page) (kept, how string)
}

const (
	yes  = "yes"
	part = "in part"
	no   = "no"
	none = "does not apply"
)

var rules = []rule{
	{"A speedup names its base and the base's absolute performance", (*page).ruleBase},
	{"What was left out is told, and why", (*page).ruleSubset},
	{"Arithmetic means for costs only, never for rates", always("medians stand for costs and for rates; a throughput is the items of a trial over its time")},
	{"Ratios are not averaged; where they must be, by the geometric mean", always("ratios are formed block by block and averaged as logarithms; the costs behind them are in the table of numbers")},
	{"Values that vary carry an interval", (*page).ruleInterval},
	{"Normality is not assumed unchecked", always("medians have order-statistic intervals; a verdict by t on logarithms needs the signed-rank or rank-sum estimate to agree")},
	{"Differences are judged by a sound test", (*page).ruleTest},
	{"Is the centre of the data what matters? Else percentiles", always("summary.csv has 5th to 95th percentiles beside the medians, and every trial is drawn")},
	{"Every factor and its levels, and the whole set-up, are documented", (*page).ruleSetup},
	{"How parallel time was taken, synchronised and summarised is told", always("one gate opens for all workers, wall time ends with the last of them, on one monotonic clock; see above")},
	{"An upper bound of performance is shown where there is one", (*page).ruleBound},
	{"Plots hold what is needed; lines join only what lies in order", always("every trial, medians and intervals; lines only over cores, workers and time")},
}

func always(how string) func(*page) (string, string) {
	return func(*page) (string, string) { return yes, how }
}

func checklist(p *page) {
	p.para("The twelve rules of Hoefler and Belli (SC 2015), held against this very run.")
	var rows [][]string
	for i, r := range rules {
		kept, how := r.check(p)
		rows = append(rows, []string{fmt.Sprint(i + 1), text(r.says), text(kept), text(how)})
	}
	p.table(9, []string{"rule", "says", "kept", "how"}, rows)
}

func (p *page) ruleBase() (kept, how string) {
	for _, s := range p.Speedups() {
		if s.Sequential != nil {
			c := &p.Cells[s.Sequential.Cell]
			return yes, fmt.Sprintf("%s, median wall time %s", p.places[s.Sequential.Cell].Title(), estimate(present(c.Values["wall_s"]), "s", -1))
		}
	}
	for _, s := range p.Speedups() {
		if s.One != nil {
			return part, "there is no sequential cell: each model is its own base, named in the chart with its time"
		}
	}
	return none, "no speedup is reported"
}

func (p *page) ruleSubset() (kept, how string) {
	most, mute := 0, 0
	for _, c := range p.Cells {
		most = max(most, c.Cores)
	}
	for _, d := range p.Manifest.Plan.Dropped {
		if d.Because == "" {
			mute++
		}
	}
	reasons := map[bool]string{true: "with its reason", false: "each with its reason"}[len(p.Manifest.Plan.Dropped) == 1]
	kept, how = yes, fmt.Sprintf("%s of the grid not run, %s", plots.Count(len(p.Manifest.Plan.Dropped), "point"), reasons)
	if mute > 0 {
		kept, how = part, fmt.Sprintf("%s of the grid not run, %d without a reason", plots.Count(len(p.Manifest.Plan.Dropped), "point"), mute)
	}
	lost := 0
	_, others := p.okTrials()
	for _, n := range others {
		lost += n
	}
	how += fmt.Sprintf("; %s not ok, in no statistic", plots.Count(lost, "trial"))
	if p.Manifest.Ended != "complete" {
		kept, how = part, how+"; the run did not come to its end, and what it did not reach is not listed"
	}
	if usable := len(p.Manifest.Machine.UsableCPUs); usable > 0 {
		how += fmt.Sprintf("; the largest cell used %d of %s", most, plots.Count(usable, "usable CPU"))
	}
	return kept, how
}

// ruleInterval counts the medians of the table of numbers.
func (p *page) ruleInterval() (kept, how string) {
	medians, sure := 0, 0
	for _, c := range p.Cells {
		for _, name := range tabled {
			values := present(c.Values[name])
			if len(values) == 0 {
				continue
			}
			medians++
			if _, err := stat.MedianInterval(values, 0.95); err == nil {
				sure++
			}
		}
	}
	how = fmt.Sprintf("%d of %s in the table of numbers with a 95 %% interval", sure, plots.Count(medians, "median"))
	switch {
	case medians == 0:
		return none, "there is no value"
	case sure == medians:
		return yes, how
	case sure > 0:
		return part, how + "; the others have too few values and show their range"
	}
	return no, how + ": ranges are shown, an interval needs six trials"
}

// fewTrials returns the least number of trials of a cell, and how many cells have
// too few for an interval.
func fewTrials(cells []digest.Cell) (least, few int) {
	for i, c := range cells {
		if i == 0 || len(c.Trials) < least {
			least = len(c.Trials)
		}
		if len(c.Trials) < 6 {
			few++
		}
	}
	return least, few
}

func (p *page) ruleTest() (kept, how string) {
	if n := len(p.Manifest.Plan.Claims); n > 0 {
		return yes, fmt.Sprintf("%s judged by intervals against margins, p adjusted by Holm", plots.Count(n, "claim"))
	}
	if n := len(p.Comparisons()); n > 0 {
		return part, fmt.Sprintf("no claim was written down before the run; %s are exploratory, p adjusted by Benjamini and Hochberg", plots.Count(n, "comparison"))
	}
	return none, "nothing is compared"
}

func (p *page) ruleSetup() (kept, how string) {
	if n := len(p.Manifest.Machine.Missing); n > 0 {
		return part, fmt.Sprintf("experiment.yaml and manifest.json have all settings; %s of the machine could not be read", plots.Count(n, "fact"))
	}
	return yes, "experiment.yaml and manifest.json have all settings, versions and the machine"
}

func (p *page) ruleBound() (kept, how string) {
	for _, c := range p.drawn {
		if c.Name == "speedup" && c.Absent == "" {
			return yes, "the ideal line is drawn in every chart of speedup"
		}
	}
	return no, "no bound is known for this run"
}
