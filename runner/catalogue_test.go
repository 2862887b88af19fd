package runner

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"forklore/experiments"
	"forklore/metrics/digest"
	"forklore/metrics/record"
	"forklore/runner/host"
)

// catalogueOf is what the reader knows on a machine with that many CPUs.
func catalogueOf(cpus int) experiments.Catalogue {
	cat := Catalogue([]string{"capability", "verdicts"}, cpus) // of the charts, those that shipped files name
	for _, m := range digest.Metrics() {
		cat.Metrics = append(cat.Metrics, m.Name)
	}
	return cat
}

// The shipped experiments must be right for the real workloads, on small and
// on large machines, under every profile.
func TestShippedExperiments(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the kernels of the kernel are workloads on Linux alone")
	}
	for _, name := range experiments.Embedded() {
		for _, cpus := range []int{1, 2, 3, 6, 64, 255} {
			for _, profile := range []string{"", "smoke", "thorough"} {
				t.Run(fmt.Sprintf("%s/%d/%s", name, cpus, profile), func(t *testing.T) { checkShipped(t, name, cpus, profile) })
			}
		}
	}
}

func checkShipped(t *testing.T, name string, cpus int, profile string) {
	src, _ := experiments.ReadEmbedded(name)
	e, err := experiments.Load(src, catalogueOf(cpus), experiments.Options{Profile: profile})
	if err != nil {
		t.Fatal(err)
	}
	p, err := e.Plan()
	if err != nil {
		t.Fatal(err)
	}
	if e.Name != name || !strings.HasSuffix(e.Question, "?") || len(e.Analysis) < 200 || len(e.Tags) == 0 {
		t.Error("lacks a name, question, analysis or tags")
	}
	if !slices.Equal(e.Profiles, []string{"smoke", "thorough"}) {
		t.Errorf("profiles are %q", e.Profiles)
	}
	clocked := name != "isolation" && name != "stability" && name != "server-faults" // which find out what can be done, and what is lost, however long it takes
	if on := p.Controls.AA && p.Controls.Canary; on != (clocked && (profile == "thorough" || profile == "" && name != "quick")) {
		t.Errorf("controls are %+v", p.Controls)
	}
	if len(p.Claims) < 3 {
		t.Errorf("only %d claims", len(p.Claims))
	}
	if cpus > 1 {
		checkClaimsHaveCells(t, p)
	}
	checkSize(t, p, name, cpus, profile)
}

// A claim without cells would end in "no data", in whichever profile.
func checkClaimsHaveCells(t *testing.T, p *experiments.Plan) {
	for _, c := range p.Claims {
		covers := func(cell experiments.Cell) bool { return c.Covers(&cell) }
		switch {
		case c.Kind == experiments.ClaimCompare && len(p.Pairs(c)) > 0:
		case c.Kind != experiments.ClaimCompare && slices.ContainsFunc(p.Cells, covers):
		default:
			t.Errorf("claim %s has no cells", c.ID)
		}
	}
}

// make run promises less than a minute, make results some minutes for each
// experiment on two CPUs, and a smoke test some seconds.
func checkSize(t *testing.T, p *experiments.Plan, name string, cpus int, profile string) {
	d := p.Estimate()
	if cpus == 2 && len(p.Cells) < 3 {
		t.Errorf("only %d cells", len(p.Cells))
	}
	switch {
	case name == "quick" && profile == "" && d > 40*time.Second, profile == "smoke" && cpus <= 3 && d > 20*time.Second:
		t.Errorf("estimated at %s", d)
	case name != "quick" && profile == "" && cpus == 2 && d > 8*time.Minute:
		t.Errorf("estimated at %s: make results is for runs of some minutes", d)
	}
}

// Nobody's machine may be asked for thousands of processes.
func TestShippedExperimentsSpareLargeMachines(t *testing.T) {
	for _, name := range experiments.Embedded() {
		src, _ := experiments.ReadEmbedded(name)
		e, err := experiments.Load(src, catalogueOf(64), experiments.Options{})
		if err != nil {
			continue // told by TestShippedExperiments
		}
		p, err := e.Plan()
		if err != nil {
			continue
		}
		for _, c := range p.Cells {
			if c.Model == experiments.Processes && c.Processes > 16*64 {
				t.Errorf("%s: %d processes", name, c.Processes)
			}
		}
	}
}

// The host can't import the words of trials.csv; they must be the same.
func TestStatusesAreTheSameWords(t *testing.T) {
	for ours, theirs := range map[string]string{
		host.StatusCrashed: record.Crashed, host.StatusTimeout: record.Timeout, host.StatusOOM: record.OOM, host.StatusKilled: record.Killed,
	} {
		if ours != theirs {
			t.Errorf("host says %q, record says %q", ours, theirs)
		}
	}
}
