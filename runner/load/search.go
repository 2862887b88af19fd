package load

import (
	"fmt"
	"math"
	"slices"
)

// SearchSteps is how many rates a Search tries. The first ones double or halve the rate
// until one meets the objective and the next greater one does not; each of the others halves the
// ratio of these two on a scale of logarithms. A first rate of up to twice the answer
// leaves six of those: the answer is then known to 1.1 %; one of up to four times, to 2.2 %.
const SearchSteps = 8

// leastAchieved is the share of the offered rate that a server must keep up with.
const leastAchieved = 0.99

// search finds the greatest rate that meets the objective. try offers one rate. The result is that
// of the best step, with the counts of all. A server that is slower for a moment makes the
// answer smaller, never greater.
func search(p Plan, try func(rate float64) (Result, error)) (Result, error) {
	var best, last, all Result
	met, missed := 0.0, math.Inf(1) // the greatest rate that did and the least that did not
	rate := p.Rate
	for range SearchSteps {
		r, err := try(rate)
		if err != nil {
			return all, err
		}
		s := judge(p, rate, r)
		all.add(r)
		all.Steps = append(all.Steps, s)
		if last = r; s.Missed == "" {
			met, best = rate, r
		} else {
			missed = rate
		}
		if rate = between(met, missed); rate > p.mostRate() {
			break
		}
	}
	if met == 0 {
		best = last
	}
	best.Done, best.Errors, best.Reopened, best.Resent = all.Done, all.Errors, all.Reopened, all.Resent
	best.Steps = all.Steps
	if met > 0 {
		best.MaxRate = best.Offered
	}
	best.Saturated = spoilt(all.Steps, met, missed)
	return best, nil
}

// between returns the rate to try next.
func between(met, missed float64) float64 {
	switch {
	case met == 0:
		return missed / 2
	case math.IsInf(missed, 1):
		return met * 2
	}
	return math.Sqrt(met * missed)
}

// judge tells whether a window met the objective. What may be on its way when the window ends is
// not held against the server: what comes within the limit, and no more than there are
// connections. A step must be much longer than the limit to tell a server that falls behind.
func judge(p Plan, rate float64, r Result) Step {
	s := Step{Rate: rate, Offered: r.Offered, Achieved: r.Achieved, Quantile: r.Latency.Quantile(p.Quantile), Errors: r.Errors.Total(), Spoilt: r.Saturated}
	onTheWay := min(float64(p.Connections), rate*p.Limit.Seconds()) / p.Duration.Seconds()
	switch {
	case s.Errors > 0:
		s.Missed = fmt.Sprintf("%d errors, the first: %s", s.Errors, r.Errors.First)
	case r.Measured == 0:
		s.Missed = "no request fell into the step: make it longer"
	case s.Quantile > p.Limit:
		s.Missed = fmt.Sprintf("the %g quantile of latency is %v, more than %v", p.Quantile, s.Quantile, p.Limit)
	case s.Achieved+onTheWay < leastAchieved*s.Offered:
		s.Missed = fmt.Sprintf("%.0f of %.0f requests/s were answered, less than %g %%", s.Achieved, s.Offered, 100*leastAchieved)
	}
	return s
}

// spoilt returns why one of the two steps on either side of the answer is about the generator.
func spoilt(steps []Step, met, missed float64) string {
	i := slices.IndexFunc(steps, func(s Step) bool { return s.Spoilt != "" && (s.Rate == met || s.Rate == missed) })
	if i < 0 {
		return ""
	}
	return fmt.Sprintf("at %.0f requests/s %s", steps[i].Rate, steps[i].Spoilt)
}

// add adds the counts of another window.
func (r *Result) add(o Result) {
	r.Done += o.Done
	r.Reopened += o.Reopened
	r.Resent += o.Resent
	e, f := &r.Errors, o.Errors
	e.Refused += f.Refused
	e.Cut += f.Cut
	e.TimedOut += f.TimedOut
	e.Status += f.Status
	e.Garbled += f.Garbled
	e.Wrong += f.Wrong
	if e.First == "" {
		e.First = f.First
	}
}
