package host

import (
	"bytes"
	"strconv"

	"golang.org/x/sys/unix"
)

// residentPeak returns VmHWM in bytes, or 0 where it can't be read. It counts
// from exec, unlike ru_maxrss, which a child inherits from its parent.
func residentPeak() float64 {
	return peakIn(readProc("/proc/self/status"))
}

func peakIn(status []byte) float64 {
	_, rest, ok := bytes.Cut(status, []byte("\nVmHWM:"))
	if !ok {
		return 0
	}
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	kib, err := strconv.ParseFloat(string(bytes.TrimSpace(bytes.TrimSuffix(line, []byte("kB")))), 64)
	if err != nil {
		return 0
	}
	return kib * 1024
}

// readProc reads a small file by three bare system calls: os.ReadFile costs a
// worker twice as much.
func readProc(name string) []byte {
	fd, err := unix.Open(name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	defer unix.Close(fd)
	buf := make([]byte, 4096)
	n, err := unix.Read(fd, buf)
	if err != nil {
		return nil
	}
	return buf[:n]
}

// affinity returns the CPUs that the calling thread may run on, in order.
func affinity() []int {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return nil
	}
	cpus := make([]int, 0, set.Count())
	for c := 0; len(cpus) < set.Count(); c++ {
		if set.IsSet(c) {
			cpus = append(cpus, c)
		}
	}
	return cpus
}

// setAffinity binds the calling thread, and what it starts, to the CPUs.
func setAffinity(cpus []int) error {
	var set unix.CPUSet
	for _, c := range cpus {
		set.Set(c)
	}
	return unix.SchedSetaffinity(0, &set)
}

// HasAffinity tells whether this system can bind a trial to CPUs.
const HasAffinity = true
