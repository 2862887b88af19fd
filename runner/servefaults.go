package runner

import (
	"fmt"
	"slices"
	"time"

	"forklore/runner/host"
	"forklore/runner/load"
	"forklore/runner/work"
)

// A client of a server that may hang has so many times the supervisor's patience, and at the least that time, in which a
// machine that is busy for a moment must not look like a fault. Where somebody looks after the workers every request must be
// answered in the end.
const (
	clientPatience      = 3
	leastClientPatience = 500 * time.Millisecond
)

// expectFaults prepares clients for a server one of whose workers is to fail.
func (a *attempt) expectFaults(p *load.Plan) {
	own, ok := work.FaultBeside(a.cell.Params)
	if !ok {
		return
	}
	p.Trace, p.Retry = true, own.Bool("supervised")
	least := leastClientPatience
	if p.Retry {
		least = p.Timeout
	}
	p.Timeout = min(max(least, clientPatience*own.Duration("patience")), load.MaxDuration)
}

// exposeServer tells a job how many requests will come: the schedule is known.
func (a *attempt) exposeServer(j *host.Job) {
	kind, serves := server(a.cell)
	if _, ok := work.FaultBeside(a.cell.Params); !ok || !serves {
		return
	}
	p := a.loadPlan(kind)
	j.Warmup, j.Requests = p.Scheduled()
	j.Apart()
}

// struckNS finds when the victim was struck.
func struckNS(told []host.Reading) (ns int64, ok bool) {
	i := slices.IndexFunc(told, func(r host.Reading) bool { return r.Name == host.StruckNS })
	if i < 0 {
		return 0, false
	}
	return int64(told[i].Value), true
}

// faultReadings is what the clients saw of a fault. Whose a request is the kernel decides when it comes: after the
// strike all are the others', so that one which is not answered was not spared.
func (a *attempt) faultReadings(r served, told []host.Reading) map[string]float64 {
	own, ok := work.FaultBeside(a.cell.Params)
	if !ok {
		return nil
	}
	hasty := func(t host.Reading) bool { return t.Name == "restarts" && t.Value > 0 }
	if own.String("fault") == work.FaultNone && slices.ContainsFunc(told, hasty) {
		a.warn("%s: the supervisor replaced processes although nothing failed: its patience, %s, is shorter than requests may take; give it more", a.cell.Workload, own.String("patience"))
	}
	from := r.FromNS
	if struck, ok := struckNS(told); ok {
		from = max(from, struck)
	}
	values := map[string]float64{
		"lost_items": float64(r.Errors.Total()), "corrupted_items": float64(r.Errors.Wrong), "outage_s": r.LongestGap.Seconds(),
	}
	if own.Bool("supervised") {
		values["resent_items"] = float64(r.Resent)
	}
	if due := r.plan.DueSince(r.Result, from); due > 0 {
		lost := 0
		for _, at := range r.Lost {
			if at >= from {
				lost++
			}
		}
		values["spared_share"] = 1 - float64(lost)/float64(due)
	}
	return values
}

// unbooked is how many answers may have gone out of which the server has no record, because it died, or hung, before it could
// make one: those of long bodies, which leave while they are made, one on each connection at the most.
func (a *attempt) unbooked() int64 {
	if !work.InjectsFault(a.cell.Params) {
		return 0
	}
	return int64(a.served[0].plan.Connections) + a.served[0].Reopened
}

// proveFault checks that a fault struck where one was asked for, and that a supervisor has left no request without an
// answer.
func (a *attempt) proveFault(failed int64, first string) {
	own, ok := work.FaultBeside(a.cell.Params)
	if !ok || own.String("fault") == work.FaultNone {
		return
	}
	struckAt, struck := struckNS(slices.Concat(a.readings...))
	switch {
	case !struck:
		a.wrong("the fault " + own.String("fault") + " did not strike while the server was under load: make the duration longer")
	case struckAt > a.served[0].ToNS:
		a.wrong("the fault " + own.String("fault") + " struck after the measured time, for the server had fallen behind: make the load smaller")
	case own.Bool("supervised") && failed > 0:
		a.wrong(fmt.Sprintf("%d requests were never answered although the workers were looked after, the first: %s", failed, first))
	}
}
