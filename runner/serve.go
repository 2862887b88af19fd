package runner

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"time"

	"forklore/experiments"
	"forklore/metrics/record"
	"forklore/runner/host"
	"forklore/runner/load"
	"forklore/runner/work"
)

// served is one iteration of a server under load: what the load generator saw, and what its process
// took over its whole life, which is no noise.
type served struct {
	load.Result
	plan      load.Plan
	totalCPUS float64
	begunNS   int64 // its first request; 0 of a search, which has many windows
}

// from is when the work of an iteration began: with the gate, or a server's with the first request, for until then
// there is only the start of the load generator.
func (a *attempt) from(i int) int64 {
	if i < len(a.served) {
		return max(a.dones[i].GateNS, a.served[i].begunNS)
	}
	return a.dones[i].GateNS
}

// server returns the workload of a cell that is a server under load.
func server(c experiments.Cell) (kind work.Kind, serves bool) {
	kind, err := work.Lookup(c.Workload)
	return kind, err == nil && c.Command == nil && kind.Server != nil
}

// iteration opens the gate and waits for the end of one iteration.
func (a *attempt) iteration(ctx context.Context) (host.Done, error) {
	if kind, serves := server(a.cell); serves {
		return a.underLoad(ctx, kind)
	}
	if err := a.tree.Open(time.Duration(a.cell.DurationS * float64(time.Second))); err != nil {
		return host.Done{}, err
	}
	return a.tree.Done(ctx)
}

// underLoad opens the gate of a server, lets a load generator send its requests, and halts the
// server once the generator has its answers and is gone. A server that dies meanwhile takes the
// generator with it.
func (a *attempt) underLoad(ctx context.Context, kind work.Kind) (host.Done, error) {
	plan := a.loadPlan(kind)
	plan.Addr = fmt.Sprintf("127.0.0.1:%d", a.tree.Port())
	cpus, own := a.generatorCPUs()
	plan.Spin = own
	if err := a.tree.Open(0); err != nil {
		return host.Done{}, err
	}
	g, err := load.Start(a.Program, cpus, plan)
	if err != nil {
		return host.Done{}, err
	}
	sending, stop := context.WithCancel(ctx)
	defer stop()
	var seen served
	var failed error
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		seen.Result, failed = g.Wait(sending)
		seen.totalCPUS = g.CPUS()
		a.tree.Halt()
	}()
	d, err := a.tree.Done(ctx)
	stop()
	<-gone
	if err == nil { // else the generator was stopped for that
		err = failed
	}
	if err == nil {
		if plan.Mode != load.Search {
			seen.begunNS = seen.FromNS - int64(plan.Warmup)
		}
		seen.plan = plan
		a.served = append(a.served, seen)
	}
	return d, err
}

// Times of a load generator. A request may take longer than the whole trial, up to ten seconds, so that a
// server that falls behind shows it in its latency and not in errors.
const (
	warmupShare   = 5 // the duration divided by it is sent before what is measured
	longestWarmup = time.Second
	leastPatience = 2 * time.Second // with one request
	mostPatience  = 10 * time.Second
)

// loadPlan is what the load generator is asked to do in the next iteration. The schedule depends on
// the block, and is the same for all its cells.
func (a *attempt) loadPlan(kind work.Kind) load.Plan {
	of := kind.Load(work.Alone(a.cell.Params))
	duration := time.Duration(a.cell.DurationS * float64(time.Second))
	p := load.Plan{
		Path: of.Path, Connections: of.Connections,
		Mode: load.Closed, Duration: duration, Warmup: min(duration/warmupShare, longestWarmup),
		Seed:     a.plan.Seed + uint64(a.row.Block)<<32 + uint64(len(a.dones)),
		Timeout:  max(leastPatience, min(2*duration, mostPatience), 2*of.Limit),
		Quantile: of.Quantile, Limit: of.Limit,
	}
	switch {
	case a.closed:
	case of.Search:
		p.Mode, p.Rate = load.Search, min(a.capacity, load.MaxRate)
		p.Duration, p.Warmup = duration/load.SearchSteps, p.Warmup/load.SearchSteps
	case of.Share > 0:
		p.Mode, p.Rate = load.Open, min(of.Share*a.capacity, load.MaxRate)
	}
	a.expectFaults(&p)
	return p
}

// generatorCPUs are those that the trial may not use, where there are any: own then. Else the generator shares
// those of the server, and the report must say so.
func (a *attempt) generatorCPUs() (cpus []int, own bool) {
	if len(a.cpus) == 0 {
		a.warn("%s: the load generator may run on any CPU, beside the server: placement.policy none binds neither of them", a.cell.Workload)
		return nil, false
	}
	if rest := without(a.usable, a.cpus); len(rest) > 0 {
		return rest, true
	}
	a.warn("%s on %s: no CPU is left for the load generator, which takes its part of the server's: rates are lower, and latencies longer, than with one of its own, for every model; cells with fewer cores have none of that",
		a.cell.Workload, cores(a.cell.Cores))
	return a.cpus, false
}

func cores(n int) string {
	if n == 1 {
		return "1 core"
	}
	return fmt.Sprintf("%d cores", n)
}

// servedReadings is what the generator saw in the last iteration, as readings of the trial.
func (a *attempt) servedReadings(d host.Done, told []host.Reading) []host.Reading {
	r := a.served[len(a.served)-1]
	values := map[string]float64{
		work.MeasureOffered: r.Offered, work.MeasureAchieved: r.Achieved, work.MeasureErrors: float64(r.Errors.Total()),
		work.MeasureSaturated: 0,
	}
	if r.WallS > 0 {
		values[work.MeasureGenerator] = (r.CPUS - r.SpunS) / r.WallS
	}
	if r.MaxRate > 0 {
		values[work.MeasureMaxRate] = r.MaxRate
	}
	if g, ok := gini(a.shares(d)); ok {
		values[work.MeasureGini] = g
	}
	if r.Saturated != "" {
		values[work.MeasureSaturated] = 1
		a.saturated(r.Saturated)
	}
	maps.Copy(values, a.faultReadings(r, told))
	var list []host.Reading
	for name, v := range values {
		list = append(list, host.Reading{Name: name, Value: v})
	}
	for name, h := range map[string]*work.Histogram{work.MeasureLatency: r.Latency, work.MeasureService: r.Service, work.MeasureLateness: r.SendLateness} {
		list = append(list, host.Reading{Name: name, Buckets: h.Buckets()})
	}
	return list
}

// saturated remembers that a trial is about its load generator: one example for the report.
func (a *attempt) saturated(why string) {
	if a.voided++; a.voided == 1 {
		a.voidedWhy = fmt.Sprintf("%s, %s, %s: %s", a.cell.Label, a.cell.ModelLabel, cores(a.cell.Cores), why)
	}
}

// shares are the requests that each worker process has handled, or each thread of the pool: nil where one
// handles all.
func (a *attempt) shares(d host.Done) []float64 {
	if a.cell.Model != experiments.Threads && len(a.procs) < 3 { // the host and one worker process
		return nil
	}
	of := map[int]int{} // the first rank of a rank's process
	for _, p := range a.procs {
		for rank := p.Rank; rank < p.Rank+p.Slots && a.cell.Model != experiments.Threads; rank++ {
			of[rank] = p.Rank
		}
	}
	sums, order := map[int]float64{}, []int{}
	for _, f := range d.Finishes {
		who, ok := of[f.Rank]
		if !ok {
			who = f.Rank
		}
		if _, met := sums[who]; !met {
			order = append(order, who)
		}
		sums[who] += float64(f.Items)
	}
	var list []float64
	for _, who := range order {
		list = append(list, sums[who])
	}
	return list
}

// proveServed checks that the server handled as many requests as were answered. It may have handled those
// whose client saw an error, too: it answered in vain.
func (a *attempt) proveServed() {
	var handled, answered, failed, resent int64
	var first string
	for i, d := range a.dones {
		for _, f := range d.Finishes {
			handled += f.Items
		}
		r := a.served[i]
		answered, failed, resent = answered+r.Done, failed+r.Errors.Total(), resent+r.Resent
		first = cmp.Or(first, r.Errors.First)
		if r.Errors.Wrong > 0 {
			a.wrong(fmt.Sprintf("%d answers had another body than they must, the first: %s", r.Errors.Wrong, r.Errors.First))
			return
		}
	}
	a.row.ItemsDone = float64(handled)
	a.fillAmounts(float64(handled))
	switch {
	case answered == 0:
		a.row.Status, a.row.Detail = record.Crashed, "no request was answered: "+cmp.Or(first, "the duration is too short for one")
	case handled < answered-a.unbooked() || handled > answered+failed+resent:
		a.wrong(fmt.Sprintf("the server handled %d requests, its clients got %d answers and %d errors, and sent %d requests again", handled, answered, failed, resent))
	default:
		a.proveFault(failed, first)
	}
}

// generatorCPUS is what load generators took while the gate was open.
func (a *attempt) generatorCPUS() (s float64) {
	for _, r := range a.served {
		s += r.totalCPUS
	}
	return s
}
