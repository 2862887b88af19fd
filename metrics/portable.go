package metrics

import (
	"errors"

	"github.com/shirou/gopsutil/v3/cpu"
	"github.com/shirou/gopsutil/v3/host"
	"github.com/shirou/gopsutil/v3/mem"
)

var errNotLinux = errors.New("only read on Linux")

// portable fills what gopsutil knows on systems without /proc and /sys.
func (p *portrait) portable() {
	if info, err := cpu.Info(); err == nil && len(info) > 0 {
		p.m.CPUModel = info[0].ModelName
	} else {
		p.missing("cpu_model", errors.Join(errors.New("gopsutil knows no CPU"), err))
	}
	var err error
	p.m.Topology.Cores, err = cpu.Counts(false)
	p.missing("topology", errors.Join(errNotLinux, err))
	p.m.UsableCPUs, err = UsableCPUs()
	p.missing("usable_cpus", err)
	p.m.Kernel, err = host.KernelVersion()
	p.missing("kernel", err)
	if v, err := mem.VirtualMemory(); err == nil {
		p.m.MemTotalB = v.Total
	} else {
		p.missing("mem_total_B", err)
	}
	for _, field := range []string{"governor", "cpufreq_driver", "boost", "mitigations", "thp", "aslr", "cgroup", "boot_id"} {
		p.missing(field, errNotLinux)
	}
}
