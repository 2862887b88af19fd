package load

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// simulated is a server of one worker that takes service for each request: the queue M/D/1, in
// virtual time, seen through a window as a generator sees it.
func simulated(p Plan, service time.Duration, rate float64) Result {
	w := newWindow(p, true, 0)
	a := newArrivals(p.Seed, rate)
	for due, done := a.next(), int64(0); due < w.to; due = a.next() {
		w.due(due)
		begun := max(due, done)
		done = begun + int64(service)
		w.answered(due, begun, done)
	}
	return w.result()
}

func searchPlan() Plan {
	p := goodPlan()
	p.Duration, p.Warmup, p.Connections = time.Minute, time.Second, 1
	p.Quantile, p.Limit, p.Rate = 0.99, 10*time.Millisecond, 1000
	return p
}

// meets tells whether the queue meets the objective at a rate, over many seeds.
func meets(p Plan, service time.Duration, rate float64) bool {
	ok := 0
	for p.Seed = range uint64(9) {
		if judge(p, rate, simulated(p, service, rate)).Missed == "" {
			ok++
		}
	}
	return ok > 4
}

func TestSearchFindsTheRateOfAQueue(t *testing.T) {
	p := searchPlan()
	const service = time.Millisecond
	truth := 500.0
	for rate := truth; meets(p, service, rate); rate *= 1.005 {
		truth = rate
	}
	if truth < 600 || truth > 1000 {
		t.Fatalf("the queue sustains %g/s", truth) // its capacity is 1000/s
	}
	for _, first := range []float64{1, 1.3, 2, 0.6, 3.5} { // times the truth
		p.Rate = truth * first
		r, err := search(p, func(rate float64) (Result, error) {
			return simulated(p, service, rate), nil
		})
		if err != nil || len(r.Steps) != SearchSteps || math.Abs(r.MaxRate/truth-1) > 0.05 {
			t.Errorf("from %.0f/s: found %.1f/s, want %.1f within 5 %%; %d steps, error %v", p.Rate, r.MaxRate, truth, len(r.Steps), err)
		}
	}
}

// oracle answers a search whose server sustains exactly up to a rate.
func oracle(p Plan, truth float64, tried *[]float64) func(float64) (Result, error) {
	return func(rate float64) (Result, error) {
		*tried = append(*tried, rate)
		w := newWindow(p, true, 0)
		latency := int64(p.Limit) / 2
		if rate > truth {
			latency *= 3
		}
		for i := range int64(100) {
			at := w.from + i*int64(time.Millisecond)
			w.due(at)
			w.answered(at, at, at+latency)
		}
		r := w.result()
		r.Offered, r.Achieved = rate, rate
		return r, nil
	}
}

func TestSearchHasTheResolutionThatItStates(t *testing.T) {
	p := searchPlan()
	for _, c := range []struct{ first, within float64 }{{1, 0.012}, {1.9, 0.012}, {0.6, 0.012}, {3.9, 0.023}, {0.26, 0.023}} {
		var tried []float64
		p.Rate = 1234 * c.first
		r, err := search(p, oracle(p, 1234, &tried))
		if err != nil || r.MaxRate > 1234 || r.MaxRate < 1234/(1+c.within) {
			t.Errorf("from %g times the truth: %g, want up to 1234 and less by at most %g; tried %.0f; %v", c.first, r.MaxRate, c.within, tried, err)
		}
		if r.Done != 100*SearchSteps || r.Measured != 100 || r.Latency.Quantile(1) > p.Limit {
			t.Errorf("counts are of all steps, the window of the best: %+v", r)
		}
	}
}

func TestSearchThatFindsNothingSaysSo(t *testing.T) {
	p := searchPlan()
	var tried []float64
	r, err := search(p, oracle(p, 1, &tried))
	if err != nil || r.MaxRate != 0 || len(r.Steps) != SearchSteps || !strings.Contains(r.Steps[7].Missed, "0.99 quantile of latency is 15ms, more than 10ms") {
		t.Errorf("%+v, %v", r.Steps, err)
	}
	if r.Latency == nil || r.Measured != 100 {
		t.Error("no window at all: want that of the last step")
	}
	tried = nil
	p.Rate, p.Timeout = MaxRate/3, time.Second
	if r, err = search(p, oracle(p, math.Inf(1), &tried)); err != nil || len(tried) != 2 || r.MaxRate != tried[1] {
		t.Errorf("of a server without limits: %g after %g, %v", r.MaxRate, tried, err)
	}
	if _, err = search(p, func(float64) (Result, error) { return Result{}, errors.New("gone") }); err == nil {
		t.Error("an error of a step is lost")
	}
}

func TestStepIsMissedForEachPartOfTheObjective(t *testing.T) {
	p := searchPlan()
	p.Duration = time.Second
	var tried []float64
	good, _ := oracle(p, math.Inf(1), &tried)(100)
	if s := judge(p, 100, good); s.Missed != "" {
		t.Fatalf("a good step is missed: %s", s.Missed)
	}
	for part, spoil := range map[string]func(r *Result){
		"2 errors, the first: cut":           func(r *Result) { r.Errors = Errors{Cut: 2, First: "cut"} },
		"no request fell into the step":      func(r *Result) { r.Measured = 0 },
		"97 of 100 requests/s were answered": func(r *Result) { r.Achieved = 97 },
		"the 0.99 quantile of latency":       func(r *Result) { r.Latency.Record(time.Second); r.Latency.Record(time.Second) },
	} {
		r, _ := oracle(p, math.Inf(1), &tried)(100)
		spoil(&r)
		if s := judge(p, 100, r); !strings.Contains(s.Missed, part) {
			t.Errorf("missed because of %q, want %q", s.Missed, part)
		}
	}
}

// A saturated generator voids the answer where it decided it, and nowhere else.
func TestSearchIsSpoiltByTheStepsAroundItsAnswer(t *testing.T) {
	p := searchPlan()
	p.Rate = 2000
	for _, c := range []struct {
		busy   func(rate float64) bool
		spoilt bool
	}{
		{func(rate float64) bool { return rate > 1500 }, false},
		{func(rate float64) bool { return rate > 990 }, true},
		{func(rate float64) bool { return rate < 990 && rate > 970 }, true},
		{func(float64) bool { return false }, false},
	} {
		var tried []float64
		truth := oracle(p, 990, &tried)
		r, err := search(p, func(rate float64) (Result, error) {
			r, err := truth(rate)
			if c.busy(rate) {
				r.Saturated = "busy"
			}
			return r, err
		})
		if err != nil || (r.Saturated != "") != c.spoilt || !slices.ContainsFunc(r.Steps, func(s Step) bool { return s.Spoilt != "" }) && c.spoilt {
			t.Errorf("saturated: %q, want %v", r.Saturated, c.spoilt)
		}
	}
}

func TestSaturationNamesItsCause(t *testing.T) {
	fill := func(late, latency time.Duration) Result {
		r := newWindow(goodPlan(), true, 0).seen
		for range 1000 {
			r.SendLateness.Record(late)
			r.Latency.Record(latency)
		}
		r.WallS = 1
		return r
	}
	busy := fill(0, time.Millisecond)
	busy.CPUS = 0.95
	spinning, starved := busy, busy
	spinning.SpunS = 0.5
	starved.CPUS, starved.DelayS = 0.3, 0.65
	for _, c := range []struct {
		name, want string
		r          Result
	}{
		{"idle", "", fill(10*time.Microsecond, time.Millisecond)},
		{"busy", "used its CPU for 95 % of the time", busy},
		{"starved", "others had it for 65 %", starved},
		{"spinning", "", spinning},
		{"late", "late, which is above 1ms", fill(2*time.Millisecond, 5*time.Millisecond)},
		{"late beside slow answers", "", fill(2*time.Millisecond, 50*time.Millisecond)},
	} {
		got := saturation(c.r, true)
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	if got := saturation(starved, false); got != "" {
		t.Errorf("others have the CPU in a closed loop: %q", got)
	}
}
