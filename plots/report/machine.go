package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"forklore/plots"
)

func machine(p *page) {
	m := p.Manifest.Machine
	t := m.Topology
	var rows [][]string
	add := func(name, value string) {
		if value = text(value); value != "" {
			rows = append(rows, []string{name, value})
		}
	}
	number := func(name string, n int) {
		if n > 0 {
			add(name, fmt.Sprint(n))
		}
	}
	add("host", m.Host)
	add("CPU", m.CPUModel)
	number("usable CPUs", len(m.UsableCPUs))
	number("online CPUs", len(t.CPUs))
	number("packages", t.Packages)
	number("physical cores", t.Cores)
	number("NUMA nodes", t.Nodes)
	if len(t.CPUs) > 0 {
		add("SMT", map[bool]string{true: "on", false: "off or absent"}[t.SMT])
	}
	for _, c := range t.Caches {
		add(fmt.Sprintf("L%d %s cache", c.Level, strings.ToLower(text(c.Type))),
			fmt.Sprintf("%s, shared by %s", plots.Quantity(float64(c.SizeB), "B"), plots.Count(c.Shared, "CPU")))
	}
	if m.MemTotalB > 0 {
		add("memory", plots.Quantity(float64(m.MemTotalB), "B"))
	}
	p.kernel(add)
	if len(rows) == 0 {
		p.para("Nothing is known of it.")
		return
	}
	p.table(9, []string{"what", "value"}, rows)
	var missing []string
	for _, name := range slices.Sorted(maps.Keys(m.Missing)) {
		missing = append(missing, code(name)+": "+text(m.Missing[name]))
	}
	if len(missing) > 0 {
		p.para("Not known:")
		p.list(missing)
	}
}

// kernel adds what the operating system decides.
func (p *page) kernel(add func(name, value string)) {
	m := p.Manifest.Machine
	add("system", strings.Join(strings.Fields(m.OS+" "+m.Kernel+" "+m.Arch), " "))
	add("frequency", strings.Join(strings.Fields(m.Driver+" "+m.Governor), " "))
	add("boost", m.Boost)
	add("transparent huge pages", m.THP)
	add("ASLR", m.ASLR)
	add("control groups", m.Cgroup)
	if m.CgroupCPUMax > 0 {
		add("CPU limit", plots.Digits(m.CgroupCPUMax)+" CPUs")
	}
	if m.CgroupMemMaxB > 0 {
		add("memory limit", plots.Quantity(float64(m.CgroupMemMaxB), "B"))
	}
	add("container", m.Container)
	add("virtual machine", m.Virtual)
	add("CPU vulnerabilities", mitigations(m.Mitigations))
}

// mitigations names the vulnerabilities that cost something or are open, and
// counts those that the CPU does not have.
func mitigations(of map[string]string) string {
	var parts []string
	spared := 0
	for _, name := range slices.Sorted(maps.Keys(of)) {
		if strings.EqualFold(strings.TrimSpace(of[name]), "not affected") {
			spared++
			continue
		}
		parts = append(parts, name+": "+of[name])
	}
	if spared > 0 {
		parts = append(parts, fmt.Sprintf("%d not affected", spared))
	}
	return strings.Join(parts, "; ")
}
