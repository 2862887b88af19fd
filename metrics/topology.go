package metrics

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"forklore/metrics/record"
)

const cpuDir = "sys/devices/system/cpu/"

// Topology reads the layout of the CPUs from sysfs. With an error it still
// holds what could be read: CPUs of unknown layout are cores of their own in
// package 0 and node 0.
func (s FS) Topology() (record.Topology, error) {
	online, err := s.onlineCPUs()
	if err != nil {
		return record.Topology{}, err
	}
	nodes, nodeErr := s.nodeOf()
	t := record.Topology{Offline: s.offlineCPUs()}
	cores := map[[2]int]string{} // package and core number to the siblings that own the number
	var errs []error
	for _, n := range online {
		cpu, err := s.cpu(n, cores)
		if err != nil {
			errs = append(errs, err)
		}
		cpu.Node = nodes[n]
		t.CPUs = append(t.CPUs, cpu)
	}
	count(&t, nodeErr == nil)
	t.Caches = s.caches(online[0])
	return t, firstOf(errs, nodeErr)
}

// firstOf reports one failure for all CPUs: they fail alike, and 64 equal
// sentences help nobody.
func firstOf(errs []error, nodeErr error) error {
	if len(errs) > 1 {
		errs[0] = fmt.Errorf("%w (and %d more CPUs)", errs[0], len(errs)-1)
		errs = errs[:1]
	}
	return errors.Join(append(errs, nodeErr)...)
}

// onlineCPUs falls back on /proc/stat, which also sandboxes without sysfs have.
func (s FS) onlineCPUs() ([]int, error) {
	list, err := s.cpus(cpuDir + "online")
	if err == nil && len(list) > 0 {
		return list, nil
	}
	stat, statErr := s.read("proc/stat")
	if statErr != nil {
		return nil, errors.Join(err, statErr)
	}
	for line := range strings.Lines(stat) {
		name, _, _ := strings.Cut(line, " ")
		if n, err := strconv.Atoi(strings.TrimPrefix(name, "cpu")); err == nil && strings.HasPrefix(name, "cpu") {
			list = append(list, n)
		}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("no CPU in /%sonline nor in /proc/stat", cpuDir)
	}
	return list, nil
}

// offlineCPUs leaves out numbers that are only possible: a virtual machine that
// may grow to 240 CPUs lists them all as offline.
func (s FS) offlineCPUs() []int {
	offline, err := s.cpus(cpuDir + "offline")
	if err != nil {
		return nil
	}
	present, err := s.cpus(cpuDir + "present")
	if err != nil {
		return offline
	}
	var list []int
	for _, n := range offline {
		if slices.Contains(present, n) {
			list = append(list, n)
		}
	}
	return list
}

// cpu reads one CPU's place. core_id may repeat within a package, once per die
// or cluster, so a number that other siblings own is moved up until it is free.
func (s FS) cpu(n int, cores map[[2]int]string) (record.CPU, error) {
	dir := fmt.Sprintf("%scpu%d/topology/", cpuDir, n)
	pkg, errP := s.integer(dir + "physical_package_id")
	core, errC := s.integer(dir + "core_id")
	siblings, errS := s.cpus(dir + "core_cpus_list")
	if errS != nil { // the name before Linux 5.3
		siblings, errS = s.cpus(dir + "thread_siblings_list")
	}
	if errS != nil || !slices.Contains(siblings, n) {
		siblings = []int{n}
	}
	if errC != nil {
		core = n
	}
	// -1 is the kernel's "unknown" on some ARM machines.
	pkg, core = max(pkg, 0), max(core, 0)
	owner := FormatCPUList(siblings)
	for cores[[2]int{pkg, core}] != "" && cores[[2]int{pkg, core}] != owner {
		core++
	}
	cores[[2]int{pkg, core}] = owner
	cpu := record.CPU{CPU: n, Package: pkg, Core: core, Thread: slices.Index(siblings, n)}
	for _, err := range []error{errP, errC, errS} {
		if err != nil {
			return cpu, err
		}
	}
	return cpu, nil
}

// nodeOf maps CPUs to NUMA nodes; a kernel without NUMA has no such files.
func (s FS) nodeOf() (map[int]int, error) {
	const dir = "sys/devices/system/node/"
	nodes := map[int]int{}
	for _, name := range s.names(dir) {
		id, err := strconv.Atoi(strings.TrimPrefix(name, "node"))
		if err != nil || !strings.HasPrefix(name, "node") {
			continue
		}
		cpus, err := s.cpus(dir + name + "/cpulist")
		if err != nil {
			return nodes, err
		}
		for _, n := range cpus {
			nodes[n] = id
		}
	}
	if len(nodes) == 0 {
		return nodes, fmt.Errorf("no NUMA node with CPUs in /%s", strings.TrimSuffix(dir, "/"))
	}
	return nodes, nil
}

// count fills the totals. Nodes without CPUs, which hold memory only, do not
// count: no worker can run there.
func count(t *record.Topology, knowNodes bool) {
	packages, nodes, cores := map[int]bool{}, map[int]bool{}, map[[2]int]bool{}
	for _, c := range t.CPUs {
		packages[c.Package] = true
		nodes[c.Node] = true
		cores[[2]int{c.Package, c.Core}] = true
	}
	t.Packages, t.Cores = len(packages), len(cores)
	t.SMT = len(cores) < len(t.CPUs)
	if knowNodes {
		t.Nodes = len(nodes)
	}
}

func (s FS) caches(cpu int) []record.Cache {
	var caches []record.Cache
	for i := 0; ; i++ {
		dir := fmt.Sprintf("%scpu%d/cache/index%d/", cpuDir, cpu, i)
		level, err := s.integer(dir + "level")
		if err != nil {
			return caches
		}
		c := record.Cache{Level: level}
		c.Type, _ = s.read(dir + "type")
		c.LineB, _ = s.integer(dir + "coherency_line_size")
		if text, err := s.read(dir + "size"); err == nil {
			c.SizeB = cacheSize(text)
		}
		shared, _ := s.cpus(dir + "shared_cpu_list")
		c.Shared = len(shared)
		caches = append(caches, c)
	}
}

// cacheSize reads "32K" or "8M"; 0 when it is neither.
func cacheSize(text string) int64 {
	unit := int64(1)
	if digits, ok := strings.CutSuffix(text, "K"); ok {
		text, unit = digits, 1<<10
	} else if digits, ok := strings.CutSuffix(text, "M"); ok {
		text, unit = digits, 1<<20
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0
	}
	return n * unit
}
