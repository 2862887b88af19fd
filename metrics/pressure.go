package metrics

import (
	"math"
	"strconv"
	"strings"
)

// PressureS returns the seconds since boot in which some task of the machine
// stood still for want of a resource: "cpu", "io" or "memory". NaN where the
// kernel keeps no pressure stall information.
func (s FS) PressureS(resource string) float64 {
	text, err := s.read("proc/pressure/" + resource)
	if err != nil {
		return math.NaN()
	}
	for line := range strings.Lines(text) {
		rest, ok := strings.CutPrefix(line, "some ")
		if !ok {
			continue
		}
		_, total, _ := strings.Cut(rest, "total=")
		if us, err := strconv.ParseUint(strings.TrimSpace(total), 10, 64); err == nil {
			return float64(us) / 1e6
		}
	}
	return math.NaN()
}

// swapPages returns the pages swapped in and out since boot.
func (s FS) swapPages() float64 {
	text, err := s.read("proc/vmstat")
	if err != nil {
		return math.NaN()
	}
	in, okIn := number(text, "pswpin")
	out, okOut := number(text, "pswpout")
	if !okIn || !okOut {
		return math.NaN()
	}
	return in + out
}

// userHz is the unit of /proc/stat: 100 on every architecture that Go runs on,
// whatever the kernel's own clock.
const userHz = 100

// machineCPU reads the first line of /proc/stat: seconds for which all CPUs
// together were busy with our system's work, and seconds stolen by the
// hypervisor. Guests are part of user time already; waiting for IO is idle.
func (s FS) machineCPU() (busyS, stealS float64) {
	text, err := s.read("proc/stat")
	line, _, _ := strings.Cut(text, "\n")
	f := strings.Fields(line)
	if err != nil || len(f) < 8 || f[0] != "cpu" {
		return math.NaN(), math.NaN()
	}
	var v [9]float64 // user nice system idle iowait irq softirq steal
	for i := 1; i < len(f) && i < len(v); i++ {
		if v[i], err = strconv.ParseFloat(f[i], 64); err != nil {
			return math.NaN(), math.NaN()
		}
	}
	stealS = v[8] / userHz
	if len(f) < 9 { // before Linux 2.6.11
		stealS = math.NaN()
	}
	return (v[1] + v[2] + v[3] + v[6] + v[7]) / userHz, stealS
}
