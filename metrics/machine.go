package metrics

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"os"
	"runtime"
	"strconv"
	"strings"

	"forklore/metrics/record"
)

// Machine describes the computer. It never fails: what cannot be read is empty,
// with the reason in Missing under the field's JSON name. Take it before the
// runner pins itself: the affinity mask is part of it.
func (s FS) Machine() record.Machine {
	p := portrait{FS: s, m: record.Machine{
		OS: runtime.GOOS, Arch: runtime.GOARCH, PageB: os.Getpagesize(), Missing: map[string]string{},
	}}
	if s.live() {
		p.m.Host, _ = os.Hostname()
	}
	if s.live() && runtime.GOOS != "linux" {
		p.portable()
		return p.m
	}
	p.kernel()
	p.processor()
	p.frequency()
	p.memory()
	p.cgroup()
	return p.m
}

// portrait is a Machine in the making.
type portrait struct {
	FS
	m record.Machine
}

func (p *portrait) missing(field string, err error) {
	if err != nil {
		p.m.Missing[field] = err.Error()
	}
}

// text returns a file's content, or notes why the field stays empty.
func (p *portrait) text(field, file string) string {
	v, err := p.read(file)
	p.missing(field, err)
	return v
}

func (p *portrait) kernel() {
	if p.m.Host == "" {
		p.m.Host = p.text("host", "proc/sys/kernel/hostname")
	}
	p.m.Kernel = p.text("kernel", "proc/sys/kernel/osrelease")
	p.m.Boot = p.text("boot_id", "proc/sys/kernel/random/boot_id")
	p.m.ASLR = p.text("aslr", "proc/sys/kernel/randomize_va_space")
	if word, ok := map[string]string{"0": "off", "1": "partial", "2": "full"}[p.m.ASLR]; ok {
		p.m.ASLR = word
	}
	p.m.THP = chosen(p.text("thp", "sys/kernel/mm/transparent_hugepage/enabled"))
	const dir = cpuDir + "vulnerabilities"
	for _, name := range p.names(dir) {
		if text, err := p.read(dir + "/" + name); err == nil {
			if p.m.Mitigations == nil {
				p.m.Mitigations = map[string]string{}
			}
			p.m.Mitigations[name] = strings.TrimSpace(text)
		}
	}
	if p.m.Mitigations == nil {
		p.missing("mitigations", fmt.Errorf("nothing to read in /%s", dir))
	}
}

// chosen returns the word in brackets of "always [madvise] never".
func chosen(text string) string {
	_, rest, ok := strings.Cut(text, "[")
	word, _, closed := strings.Cut(rest, "]")
	if !ok || !closed {
		return text
	}
	return word
}

func (p *portrait) processor() {
	cpuinfo, err := p.read("proc/cpuinfo")
	if err == nil {
		p.m.CPUModel, err = cpuModel(cpuinfo)
	}
	p.missing("cpu_model", err)
	p.m.Topology, err = p.Topology()
	p.missing("topology", err)
	p.m.UsableCPUs, err = p.allowed()
	p.missing("usable_cpus", err)
	p.m.Virtual = p.virtual(cpuinfo)
	p.m.Container = p.container()
}

// allowed reads the affinity mask that this process was given.
func (p *portrait) allowed() ([]int, error) {
	if p.live() {
		return UsableCPUs()
	}
	status, err := p.read("proc/self/status")
	if err != nil {
		return nil, err
	}
	text, ok := field(status, "Cpus_allowed_list", ":")
	if !ok {
		return nil, fmt.Errorf("no Cpus_allowed_list in /proc/self/status")
	}
	return ParseCPUList(text)
}

func (p *portrait) frequency() {
	var err error
	p.m.Governor, err = p.each("cpufreq/scaling_governor")
	p.missing("governor", err)
	p.m.Driver, err = p.each("cpufreq/scaling_driver")
	p.missing("cpufreq_driver", err)
	p.m.Boost, err = p.boost()
	p.missing("boost", err)
}

// each reads one file of every online CPU and joins the distinct values.
func (p *portrait) each(name string) (string, error) {
	var values []string
	seen := map[string]bool{}
	var first error
	for _, c := range p.m.Topology.CPUs {
		v, err := p.read(fmt.Sprintf("%scpu%d/%s", cpuDir, c.CPU, name))
		if err == nil && !seen[v] {
			seen[v] = true
			values = append(values, v)
		}
		first = cmp.Or(first, err)
	}
	if len(values) == 0 {
		return "", cmp.Or(first, errors.New("no online CPU is known"))
	}
	return strings.Join(values, ", "), nil
}

func (p *portrait) boost() (string, error) {
	words := map[string]string{"0": "off", "1": "on"}
	if v, err := p.read(cpuDir + "intel_pstate/no_turbo"); err == nil {
		words["0"], words["1"] = words["1"], words["0"]
		return words[v], nil
	}
	v, err := p.read(cpuDir + "cpufreq/boost")
	return words[v], err
}

func (p *portrait) memory() {
	text, err := p.read("proc/meminfo")
	p.missing("mem_total_B", err)
	if err != nil {
		return
	}
	total, _ := field(text, "MemTotal", ":")
	kB, err := strconv.ParseUint(strings.TrimSuffix(total, " kB"), 10, 64)
	if err != nil {
		err = fmt.Errorf("MemTotal is %q in /proc/meminfo", total)
	}
	p.missing("mem_total_B", err)
	p.m.MemTotalB = kB << 10
}

// cgroup fills version and limits. No limit is no gap: it stays 0, unnamed.
func (p *portrait) cgroup() {
	v2, v1, err := p.hierarchies()
	p.missing("cgroup", err)
	if err != nil {
		return
	}
	p.m.Cgroup = cgroupVersion(v2, v1)
	if cpus := p.cpuLimit(v2, v1); !math.IsInf(cpus, 1) {
		p.m.CgroupCPUMax = cpus
	}
	p.m.CgroupMemMaxB = p.memLimit(v2, v1)
}
