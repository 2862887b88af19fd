package runner

import (
	"strings"
	"testing"

	"forklore/experiments"
	"forklore/metrics/record"
	"forklore/runner/host"
	"forklore/runner/load"
	"forklore/runner/work"
)

// faultyServers is an experiment on servers one of whose workers fails. Its requests wait: one core has time for
// all of them.
func faultyServers(models, faults string) string {
	return `
question: What do clients see?
workloads:
  - {use: http, handler: downstream, wait: 2ms, load: 50%, connections: 8, duration: 200ms, faults: {` + faults + `, supervised: [false, true], victim: -1, patience: 150ms}}
models: [` + models + `]
cores: [1]
workers: [3]
trials: 1
`
}

// Whatever strikes a server, its trial ends in order. Looked after, every request is answered; else what is in other
// processes goes on, and what is in the victim's does not.
func TestServerFaults(t *testing.T) {
	for models, faults := range map[string][]string{
		"goroutines, hybrid": {"fault: [none, recovered, kill, deadlock]"},
		"threads, processes": {
			"fault: [none, recovered, panic, nil, maps, stack, exit, segv, kill, oom, loop, deadlock, descriptors, lock]",
			"fault: [none, pipe], deliver: pipe",
		},
	} {
		for _, f := range faults {
			t.Run(models+"/"+f, func(t *testing.T) {
				out, rows := run(t, campaignOf(t, faultyServers(models, f)))
				values := measured(t, out.Dir)
				for _, r := range rows {
					t.Run(r.Model+" "+r.Params, func(t *testing.T) {
						if r.Status != record.OK {
							t.Fatalf("%s: %s", r.Status, r.Detail)
						}
						checkFaultyServer(t, r, values[r.Trial])
					})
				}
			})
		}
	}
	if left := serverProcesses(t); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func checkFaultyServer(t *testing.T, r record.Trial, m map[string]float64) {
	t.Helper()
	params := map[string]string{}
	for _, word := range strings.Fields(r.Params) {
		name, value, _ := strings.Cut(word, "=")
		params[name] = value
	}
	fault, supervised := params["fault"], params["supervised"] == "true"
	_, detected := m["detect_s"]
	_, resent := m["resent_items"]
	switch {
	case m["corrupted_items"] != 0 || !(m["outage_s"] > 0) || resent != supervised:
		t.Errorf("measured %v", m)
	case detected && fault == work.FaultNone, !detected && (work.Fatal(fault) || fault == work.FaultRecovered):
		t.Errorf("a strike was detected: %v; measured %v", detected, m)
	case fault == work.FaultNone && m["lost_items"]+m["duplicated_items"] != 0:
		t.Errorf("without a fault requests were lost: %v", m)
	case supervised && (m["lost_items"] != 0 || m["spared_share"] != 1):
		t.Errorf("requests were lost in spite of the supervisor: %v", m)
	case fault == work.FaultPipe && m["torn_records"] != 1:
		t.Errorf("a record was cut short, found were %v", m["torn_records"])
	}
	if died := work.Fatal(fault); supervised && died && !(m["restarts"] >= 1 && m["recover_s"] >= m["detect_s"]) {
		t.Errorf("what died was not replaced: %v", m)
	}
	if supervised || fault == work.FaultNone {
		return
	}
	switch spared := m["spared_share"]; {
	case fault == work.FaultLock:
		if spared > 0.9 {
			t.Errorf("others went on without the lock: %v", m)
		}
	case fault == work.FaultDescriptors: // a process that has none left answers, with an error
		if apart := r.Model == experiments.Processes; apart && spared == 0 || !apart && spared > 0.5 {
			t.Errorf("descriptors are of a process: %v", m)
		}
	case fault == work.FaultRecovered || r.Model == experiments.Processes:
		if spared < 0.5 {
			t.Errorf("others were not spared: %v", m)
		}
	case r.Model != experiments.Hybrid && (fault == work.FaultKill || fault == work.FaultPanic || fault == work.FaultExit):
		if spared > 0.5 || m["lost_items"] < 1 {
			t.Errorf("others in the victim's process were spared: %v", m)
		}
	}
}

// Only loads that do not wait for the server show what its death costs.
func TestServerFaultsRefuse(t *testing.T) {
	for _, l := range []string{"closed", "max"} {
		cfg := campaignOf(t, strings.Replace(faultyServers("processes", "fault: kill"), "load: 50%", "load: ["+l+", 50%]", 1))
		if d := cfg.Plan.Dropped; len(d) != 1 || !strings.Contains(d[0].Because, "use a load that is a share of the capacity") {
			t.Errorf("load %s: %+v", l, d)
		}
	}
}

// A fault that did not strike, or a request without an answer in spite of a supervisor, makes the trial wrong.
func TestServerFaultsAreProven(t *testing.T) {
	for name, c := range map[string]struct {
		supervised, fault string
		told              []host.Reading
		errors            load.Errors
		want              string
	}{
		"struck":              {"false", work.FaultKill, []host.Reading{{Name: host.StruckNS, Value: 1}}, load.Errors{Refused: 3}, ""},
		"looked after":        {"true", work.FaultKill, []host.Reading{{Name: host.StruckNS, Value: 1}}, load.Errors{}, ""},
		"no fault":            {"true", work.FaultNone, nil, load.Errors{}, ""},
		"struck too late":     {"false", work.FaultKill, []host.Reading{{Name: host.StruckNS, Value: 3}}, load.Errors{}, "struck after the measured time"},
		"nothing happened":    {"false", work.FaultKill, nil, load.Errors{}, "the fault kill did not strike"},
		"lost nevertheless":   {"true", work.FaultKill, []host.Reading{{Name: host.StruckNS, Value: 1}}, load.Errors{Cut: 1, First: "x"}, "1 requests were never answered although the workers were looked after, the first: x"},
		"a wrong body, still": {"false", work.FaultKill, []host.Reading{{Name: host.StruckNS, Value: 1}}, load.Errors{Wrong: 1, First: "x"}, "1 answers had another body"},
	} {
		a := &attempt{row: record.NewTrial(), readings: [][]host.Reading{c.told},
			cell:   experiments.Cell{Workload: "http", Iterations: 1, Params: map[string]string{"fault": c.fault, "supervised": c.supervised, "patience": "300ms"}},
			dones:  []host.Done{{Report: host.Report{Finishes: []host.Finish{{Items: 10}}}}},
			served: []served{{Result: load.Result{Done: 10, Errors: c.errors, ToNS: 2}}}}
		a.row.Status = record.OK
		a.prove()
		if ok := a.row.Status == record.OK; ok != (c.want == "") || !strings.Contains(a.row.Detail, c.want) {
			t.Errorf("%s: %s: %s", name, a.row.Status, a.row.Detail)
		}
	}
}
