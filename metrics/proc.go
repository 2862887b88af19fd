package metrics

import (
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
)

// Rollup is the memory of a process with shared pages told apart, in bytes.
type Rollup struct {
	RSSB float64
	PSSB float64 // shared pages counted by the share: sums over processes are right
	USSB float64 // private pages alone
}

// Rollup reads /proc/PID/smaps_rollup. The kernel walks the page tables for it
// and holds the process's memory map meanwhile: milliseconds per gigabyte.
func (s FS) Rollup(pid int) (Rollup, error) {
	name := procFile(pid, "smaps_rollup")
	text, err := s.read(name)
	if err != nil {
		return Rollup{}, err
	}
	r := Rollup{
		RSSB: value(text, "Rss"),
		PSSB: value(text, "Pss"),
		USSB: value(text, "Private_Clean") + value(text, "Private_Dirty"),
	}
	if math.IsNaN(r.PSSB) { // empty while the process exits
		return Rollup{}, fmt.Errorf("read /%s: no Pss line", name)
	}
	return r, nil
}

// FDs counts the open descriptors of a process.
func (s FS) FDs(pid int) (int, error) {
	names, err := s.unsorted(procFile(pid, "fd"))
	return len(names), err
}

// RunDelay returns, for every thread of the processes, the seconds that it was
// runnable but waited for a CPU. Processes that are gone are left out; nil means
// that nothing could be read.
func (s FS) RunDelay(pids []int) map[int]float64 {
	var delays map[int]float64
	for _, pid := range pids {
		tids, _ := s.unsorted(procFile(pid, "task"))
		for _, name := range tids {
			text, err := s.read(procFile(pid, "task/"+name+"/schedstat"))
			fields := strings.Fields(text) // ns on a CPU, ns waiting for one, turns
			if err != nil || len(fields) != 3 {
				continue
			}
			tid, errT := strconv.Atoi(name)
			ns, errN := strconv.ParseUint(fields[1], 10, 64)
			if errT != nil || errN != nil {
				continue
			}
			if delays == nil {
				delays = map[int]float64{}
			}
			delays[tid] = float64(ns) / 1e9
		}
	}
	return delays
}

func procFile(pid int, name string) string { return "proc/" + strconv.Itoa(pid) + "/" + name }

// unsorted lists a directory without the sorting and the stat of os.ReadDir.
func (s FS) unsorted(dir string) ([]string, error) {
	f, err := os.Open(s.path(dir))
	if err != nil {
		return nil, fileError(dir, err)
	}
	defer f.Close()
	names, err := f.Readdirnames(-1)
	if err != nil && err != io.EOF {
		return nil, fileError(dir, err)
	}
	return names, nil
}

// value reads "Key:   123 kB" in bytes, or "Key: 123" as it is; NaN if absent.
func value(text, key string) float64 {
	v, ok := field(text, key, ":")
	if !ok {
		return math.NaN()
	}
	unit := 1.0
	if digits, ok := strings.CutSuffix(v, " kB"); ok {
		v, unit = strings.TrimSpace(digits), 1024
	}
	n, err := strconv.ParseFloat(v, 64)
	if err != nil {
		return math.NaN()
	}
	return n * unit
}
