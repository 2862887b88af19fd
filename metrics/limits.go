package metrics

import (
	"math"
	"strconv"
	"strings"
)

// cgroupVersion returns "v2", "v1" or "hybrid" (both are mounted).
func cgroupVersion(v2 *hierarchy, v1 []hierarchy) string {
	switch {
	case v2 != nil && len(v1) > 0:
		return "hybrid"
	case v2 != nil:
		return "v2"
	}
	return "v1"
}

// cpuLimit returns how many CPUs' worth of time the cgroup may use: the lowest
// quota from the own cgroup up to the top that can be seen, +Inf without one.
func (s FS) cpuLimit(v2 *hierarchy, v1 []hierarchy) float64 {
	limit := math.Inf(1)
	if v2 != nil {
		for _, dir := range v2.levels() {
			text, _ := s.read(dir + "/cpu.max")
			limit = min(limit, quota(strings.Fields(text)))
		}
	}
	if h := controller(v1, "cpu"); h != nil {
		for _, dir := range h.levels() {
			q, _ := s.read(dir + "/cpu.cfs_quota_us")
			p, _ := s.read(dir + "/cpu.cfs_period_us")
			limit = min(limit, quota([]string{q, p}))
		}
	}
	return limit
}

// quota divides "150000 100000"; "max" and -1 are no limit.
func quota(fields []string) float64 {
	if len(fields) != 2 {
		return math.Inf(1)
	}
	q, errQ := strconv.ParseFloat(fields[0], 64)
	p, errP := strconv.ParseFloat(fields[1], 64)
	if errQ != nil || errP != nil || q <= 0 || p <= 0 {
		return math.Inf(1)
	}
	return q / p
}

// memLimit returns the lowest memory limit on the same way up in bytes, 0
// without one.
func (s FS) memLimit(v2 *hierarchy, v1 []hierarchy) uint64 {
	limit := uint64(math.MaxUint64)
	lower := func(file string) {
		text, err := s.read(file)
		if err != nil {
			return
		}
		if n, err := strconv.ParseUint(text, 10, 64); err == nil {
			limit = min(limit, n)
		}
	}
	if v2 != nil {
		for _, dir := range v2.levels() {
			lower(dir + "/memory.max")
		}
	}
	if h := controller(v1, "memory"); h != nil {
		for _, dir := range h.levels() {
			lower(dir + "/memory.limit_in_bytes")
		}
	}
	if limit >= 1<<62 { // v1 writes "no limit" as the largest multiple of a page
		return 0
	}
	return limit
}

// throttledS sums the time for which the own cgroup and those above it were
// held back by their quotas, in seconds, over CPUs; NaN where none of them says.
func (s FS) throttledS() float64 {
	v2, v1, err := s.hierarchies()
	if err != nil {
		return math.NaN()
	}
	total := math.NaN()
	add := func(h *hierarchy, key string, perSecond float64) {
		if h == nil {
			return
		}
		for _, dir := range h.levels() {
			text, _ := s.read(dir + "/cpu.stat")
			if v, ok := number(text, key); ok {
				total = orZero(total) + v/perSecond
			}
		}
	}
	add(v2, "throttled_usec", 1e6)
	add(controller(v1, "cpu"), "throttled_time", 1e9)
	return total
}

func orZero(x float64) float64 {
	if math.IsNaN(x) {
		return 0
	}
	return x
}

// number reads "key value" lines.
func number(text, key string) (float64, bool) {
	v, ok := field(text, key, " ")
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseFloat(v, 64)
	return n, err == nil
}
