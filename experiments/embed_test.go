package experiments

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestEmbedded(t *testing.T) {
	want := []string{"allocation", "c-threads", "cpu-bound", "durable-writes", "io-wait", "memory-bound", "node-threads", "python-threads", "quick"}
	if diff := cmp.Diff(want, Embedded()); diff != "" {
		t.Error(diff)
	}
	if _, ok := ReadEmbedded("nothing"); ok {
		t.Error("found a file that is not shipped")
	}
	for _, name := range Embedded() {
		for _, cpus := range []int{1, 2, 3, 64, 255} {
			for _, profile := range []string{"", "smoke", "thorough"} {
				checkShipped(t, name, cpus, profile)
			}
		}
	}
}

func checkShipped(t *testing.T, name string, cpus int, profile string) {
	t.Helper()
	src, _ := ReadEmbedded(name)
	e, err := Load(src, testCatalogue(cpus), Options{Profile: profile})
	if err != nil {
		t.Errorf("%s on %d CPUs, profile %q:\n%v", name, cpus, profile, err)
		return
	}
	p, err := e.Plan()
	if err != nil {
		t.Errorf("%s on %d CPUs, profile %q: %v", name, cpus, profile, err)
		return
	}
	if e.Name != name || !strings.HasSuffix(e.Question, "?") || len(e.Analysis) < 200 || len(e.Tags) == 0 {
		t.Errorf("%s: lacks a name, question, analysis or tags", name)
	}
	if n := len(p.Claims); n < 3 {
		t.Errorf("%s: only %d claims", name, n)
	}
	if on := p.Controls.AA && p.Controls.Canary; on != (profile == "thorough" || profile == "" && name != "quick") {
		t.Errorf("%s, profile %q: controls are %+v", name, profile, p.Controls)
	}
	if profile == "" && cpus > 1 {
		for _, c := range p.Claims {
			if c.Kind == ClaimCompare && len(p.Pairs(c)) == 0 {
				t.Errorf("%s on %d CPUs: claim %s has no cells", name, cpus, c.ID)
			}
		}
	}
	if !slices.Equal(e.Profiles, []string{"smoke", "thorough"}) {
		t.Errorf("%s: profiles are %q", name, e.Profiles)
	}
	if cpus >= 2 && len(p.Cells) < 3 {
		t.Errorf("%s on %d CPUs, profile %q: only %d cells", name, cpus, profile, len(p.Cells))
	}
	if d := p.Estimate(); name == "quick" && profile == "" && d > 40*time.Second {
		t.Errorf("quick is estimated at %s; make run promises less", d)
	}
	if d := p.Estimate(); profile == "smoke" && cpus <= 3 && d > time.Minute {
		t.Errorf("%s: its smoke profile is estimated at %s", name, d)
	}
}
