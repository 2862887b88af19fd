package experiments

import (
	"time"

	"gopkg.in/yaml.v3"
)

const (
	minBudget = time.Second
	maxBudget = 30 * 24 * time.Hour
)

// adaptive reads trials as a mapping: the run decides how many there are.
func (r *reader) adaptive(n *yaml.Node) {
	r.e.Adaptive = &Adaptive{}
	before := len(r.faults)
	r.group(n, "trials.", nil)
	a := r.e.Adaptive
	if len(r.faults) == before && a.Min > a.Max {
		r.fault(n, "trials: min %d is more than max %d", a.Min, a.Max).Remedy = "write the smaller one as min"
	}
	r.e.Trials = a.Max
}

func (r *reader) adaptiveMin(n *yaml.Node)  { r.e.Adaptive.Min = r.blocks(n, "trials.min", 2) }
func (r *reader) adaptiveMax(n *yaml.Node)  { r.e.Adaptive.Max = r.blocks(n, "trials.max", 2) }
func (r *reader) adaptiveStep(n *yaml.Node) { r.e.Adaptive.Step = r.blocks(n, "trials.step", 1) }

func (r *reader) blocks(n *yaml.Node, what string, least uint64) int {
	v, _ := r.whole(n, what, least, maxTrials)
	return int(v)
}

func (r *reader) adaptivePrecision(n *yaml.Node) {
	r.e.Adaptive.Precision, _ = r.share(n, "trials.precision", 0.001, 1)
}

func (r *reader) adaptiveBudget(n *yaml.Node) {
	r.e.Adaptive.BudgetS, _ = r.span(n, "trials.budget", minBudget, maxBudget)
}
