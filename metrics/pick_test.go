package metrics

import (
	"strings"
	"testing"

	"forklore/metrics/record"
)

func TestPickCPUs(t *testing.T) {
	for _, c := range []struct {
		machine, usable   string
		n                 int
		policy, smt, numa string
		want              string
	}{
		{"xeon", "0-63", 1, "compact", "avoid", "any", "0"},
		{"xeon", "0-63", 4, "", "", "", "0-3"},
		{"xeon", "0-63", 16, "compact", "avoid", "any", "0-15"},
		{"xeon", "0-63", 20, "compact", "avoid", "any", "0-19"},     // the other socket before siblings
		{"xeon", "0-63", 33, "compact", "avoid", "any", "0-32"},     // no core is left: a sibling
		{"xeon", "0-63", 4, "compact", "allow", "any", "0-1,32-33"}, // both threads of two cores
		{"xeon", "0-63", 4, "scatter", "avoid", "any", "0-1,16-17"},
		{"xeon", "0-63", 5, "scatter", "avoid", "any", "0-2,16-17"},
		{"xeon", "0-63", 4, "scatter", "allow", "any", "0,16,32,48"},
		{"xeon", "0-63", 34, "scatter", "avoid", "any", "0-32,48"},
		{"xeon", "0-63", 64, "scatter", "avoid", "any", "0-63"},
		{"xeon", "0-63", 16, "compact", "avoid", "local", "0-15"},
		{"xeon", "0-63", 32, "compact", "avoid", "local", "0-15,32-47"},
		{"xeon", "1-63", 16, "compact", "avoid", "local", "1-15,32"},         // node 0 has 15 first threads and one lone sibling: 16 cores
		{"xeon", "2-31", 16, "compact", "avoid", "local", "16-31"},           // node 0 is too small
		{"xeon", "0-3,32-35,16-23", 6, "compact", "avoid", "local", "16-21"}, // node 0 would need siblings
		{"xeon", "32-63", 2, "compact", "avoid", "any", "32-33"},             // only siblings are ours: they come first
		{"offline", "0-3,6-7", 4, "compact", "avoid", "any", "0-3"},
		{"offline", "0-3,6-7", 5, "compact", "avoid", "any", "0-3,6"},
		{"offline", "2-3,6-7", 2, "compact", "avoid", "any", "2-3"},
		{"offline", "2-3,6-7", 2, "compact", "allow", "any", "2,6"},
		{"container", "0-7", 4, "compact", "avoid", "any", "0,2,4,6"},
		{"container", "0-7", 5, "compact", "avoid", "any", "0-2,4,6"},
		{"container", "0-7", 4, "compact", "allow", "any", "0-3"},
		{"hybrid", "0-1", 2, "scatter", "avoid", "local", "0-1"},
		{"hybrid", "0-1", 2, "none", "avoid", "any", ""},
		{"arm", "0-3", 3, "compact", "avoid", "any", "0-2"},
		{"empty", "0-1", 2, "compact", "avoid", "local", "0-1"},
		{"", "3,5", 1, "compact", "avoid", "any", "3"}, // nothing known
	} {
		name := strings.Join([]string{c.machine, c.usable, c.policy, c.smt, c.numa, c.want}, " ")
		t.Run(name, func(t *testing.T) {
			got, err := PickCPUs(topologyOf(t, c.machine), list(t, c.usable), c.n, c.policy, c.smt, c.numa)
			if err != nil || FormatCPUList(got) != c.want {
				t.Errorf("picked %q, %v, want %q", FormatCPUList(got), err, c.want)
			}
			if c.policy != "none" && len(got) != c.n {
				t.Errorf("picked %d CPUs, want %d", len(got), c.n)
			}
		})
	}
}

func TestPickCPUsRefuses(t *testing.T) {
	for _, c := range []struct {
		machine, usable   string
		n                 int
		policy, smt, numa string
		want              string
	}{
		{"hybrid", "0-1", 3, "compact", "avoid", "any", "pick 3 CPUs: this process may use 2 (0-1)"},
		{"hybrid", "0-1", 3, "none", "avoid", "any", "pick 3 CPUs: this process may use 2 (0-1)"},
		{"hybrid", "0-1", 0, "compact", "avoid", "any", "at least 1"},
		{"xeon", "0-63", 33, "compact", "avoid", "local", "node 0 has 32 (0-15,32-47), node 1 has 32 (16-31,48-63)"},
		{"hybrid", "0-1", 1, "tight", "avoid", "any", `placement "tight" is unknown: use compact, scatter, none`},
		{"hybrid", "0-1", 1, "compact", "no", "any", `smt "no" is unknown: use avoid, allow`},
		{"hybrid", "0-1", 1, "compact", "avoid", "near", `numa "near" is unknown: use any, local`},
	} {
		got, err := PickCPUs(topologyOf(t, c.machine), list(t, c.usable), c.n, c.policy, c.smt, c.numa)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("picked %v, error %v, want one with %q", got, err, c.want)
		}
	}
}

// Four nodes in two packages: scatter visits packages in turn, and within a
// package its nodes in turn.
func TestPickCPUsNodesWithinPackages(t *testing.T) {
	var top record.Topology
	for n := range 16 {
		top.CPUs = append(top.CPUs, record.CPU{CPU: n, Package: n / 8, Core: n % 8, Node: n / 4})
	}
	got, err := PickCPUs(top, list(t, "0-15"), 6, "scatter", "avoid", "any")
	if err != nil || FormatCPUList(got) != "0-1,4,8-9,12" {
		t.Errorf("picked %v, %v", got, err)
	}
}

func TestUsableCPUs(t *testing.T) {
	got, err := UsableCPUs()
	if err != nil || len(got) == 0 {
		t.Errorf("UsableCPUs() = %v, %v", got, err)
	}
}

// topologies keeps what topologyOf has read: unpacking a big machine for every
// row would take most of this package's test time.
var topologies = map[string]record.Topology{"": {}}

func topologyOf(t *testing.T, machine string) record.Topology {
	t.Helper()
	if _, ok := topologies[machine]; !ok {
		topologies[machine], _ = fixture(t, machine).Topology()
	}
	return topologies[machine]
}

func list(t *testing.T, text string) []int {
	t.Helper()
	cpus, err := ParseCPUList(text)
	if err != nil {
		t.Fatal(err)
	}
	return cpus
}
