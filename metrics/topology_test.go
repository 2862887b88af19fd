package metrics

import (
	"slices"
	"strings"
	"testing"

	"forklore/metrics/record"

	"github.com/google/go-cmp/cmp"
)

func TestTopology(t *testing.T) {
	xeonCaches := []record.Cache{
		{Level: 1, Type: "Data", SizeB: 48 << 10, LineB: 64, Shared: 2},
		{Level: 1, Type: "Instruction", SizeB: 32 << 10, LineB: 64, Shared: 2},
		{Level: 2, Type: "Unified", SizeB: 1280 << 10, LineB: 64, Shared: 2},
		{Level: 3, Type: "Unified", SizeB: 24 << 20, LineB: 64, Shared: 32},
	}
	for _, c := range []struct {
		machine                string
		cpus                   int
		offline                []int
		packages, cores, nodes int
		smt                    bool
		some                   []record.CPU // a few of the CPUs
		caches                 []record.Cache
		err                    string
	}{
		{machine: "xeon", cpus: 64, packages: 2, cores: 32, nodes: 2, smt: true, caches: xeonCaches, some: []record.CPU{
			{CPU: 0}, {CPU: 15, Core: 15}, {CPU: 16, Package: 1, Core: 0, Node: 1},
			{CPU: 32, Core: 0, Thread: 1}, {CPU: 63, Package: 1, Core: 15, Node: 1, Thread: 1}}},
		{machine: "container", cpus: 8, packages: 1, cores: 4, nodes: 1, smt: true,
			some: []record.CPU{{CPU: 3, Core: 1, Thread: 1}}},
		{machine: "offline", cpus: 6, offline: []int{4, 5}, packages: 1, cores: 4, nodes: 1, smt: true,
			some: []record.CPU{{CPU: 6, Core: 2, Thread: 1}}},
		{machine: "hybrid", cpus: 2, packages: 1, cores: 2, nodes: 1},
		{machine: "arm", cpus: 4, packages: 1, cores: 4, err: "no NUMA node",
			some: []record.CPU{{CPU: 0, Core: 0}, {CPU: 1, Core: 1}, {CPU: 2, Core: 2}, {CPU: 3, Core: 3}}},
		{machine: "empty", cpus: 2, packages: 1, cores: 2,
			err: "read /sys/devices/system/cpu/cpu0/topology/physical_package_id: no such file or directory (and 1 more CPUs)"},
	} {
		t.Run(c.machine, func(t *testing.T) {
			got, err := fixture(t, c.machine).Topology()
			if (err != nil) != (c.err != "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("error %v, want one with %q", err, c.err)
			}
			for _, cpu := range c.some {
				if !slices.Contains(got.CPUs, cpu) {
					t.Errorf("no %+v in %+v", cpu, got.CPUs)
				}
			}
			if len(got.CPUs) != c.cpus {
				t.Errorf("%d CPUs, want %d", len(got.CPUs), c.cpus)
			}
			got.CPUs = nil
			want := record.Topology{Offline: c.offline, Packages: c.packages, Cores: c.cores, Nodes: c.nodes, SMT: c.smt, Caches: got.Caches}
			if c.caches != nil {
				want.Caches = c.caches
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("topology (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTopologyOfNothing(t *testing.T) {
	if got, err := (FS{Root: t.TempDir()}).Topology(); err == nil || len(got.CPUs) > 0 {
		t.Errorf("topology of an empty root = %+v, %v, want an error", got, err)
	}
}
