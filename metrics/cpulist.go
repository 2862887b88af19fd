package metrics

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// maxCPU bounds the numbers of a CPU list: far above the 8192 of the largest
// kernels, and low enough that a damaged range cannot eat the memory.
const maxCPU = 1 << 16

// ParseCPUList reads the kernel's list format, "0-3,8", into sorted distinct
// CPU numbers. Empty text is an empty list. The stride form "0-6:2/4" of some
// kernel parameters never occurs in the files that we read and is an error.
func ParseCPUList(text string) ([]int, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil, nil
	}
	var list []int
	for part := range strings.SplitSeq(text, ",") {
		lo, hi, isRange := strings.Cut(part, "-")
		first, err := cpuNumber(lo)
		last := first
		if err == nil && isRange {
			last, err = cpuNumber(hi)
		}
		if err != nil || last < first {
			return nil, fmt.Errorf("CPU list %q: %q is neither a CPU number nor a range like 0-3", text, part)
		}
		for n := first; n <= last; n++ {
			list = append(list, n)
		}
	}
	slices.Sort(list)
	return slices.Compact(list), nil
}

func cpuNumber(text string) (int, error) {
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		return 0, err
	}
	if n >= maxCPU {
		return 0, fmt.Errorf("CPU number %d is not below %d", n, maxCPU)
	}
	return int(n), nil
}

// FormatCPUList prints CPU numbers in the kernel's list format, sorted, runs
// joined: "0-3,8". It is the inverse of [ParseCPUList].
func FormatCPUList(cpus []int) string {
	list := slices.Compact(slices.Sorted(slices.Values(cpus)))
	var b strings.Builder
	for i := 0; i < len(list); {
		j := i
		for j+1 < len(list) && list[j+1] == list[j]+1 {
			j++
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.Itoa(list[i]))
		if j > i {
			b.WriteString("-" + strconv.Itoa(list[j]))
		}
		i = j + 1
	}
	return b.String()
}
