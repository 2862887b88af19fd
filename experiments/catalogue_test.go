package experiments

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// testCatalogue is a host of n CPUs with the workloads that the shipped
// experiments use.
func testCatalogue(n int) Catalogue {
	metrics := []string{"wall_s", "throughput_items_per_s", "throughput_B_per_s", "cpu_work_s", "cpu_per_item_s", "cpu_share",
		"mem_per_worker_B", "mem_growth_B", "pss_done_B", "cold_s", "spawn_s", "imbalance"}
	return Catalogue{CPUs: n, Metrics: metrics, Charts: []string{"trials", "speedup", "phases", "memory", "cpu-timeline", "memory-timeline"}, Workloads: []WorkloadSpec{
		{Name: "sieve", Summary: "primes per segment", Params: []ParamSpec{intParam("segment", "65536", 1, 1<<24)}},
		{Name: "matmul", Summary: "blocked matrix product", Params: []ParamSpec{intParam("n", "128", 1, 4096), intParam("block", "64", 1, 1024)}},
		{Name: "sha256", Summary: "hash of private buffers", Params: []ParamSpec{bytesParam("size", "65536")}},
		{Name: "montecarlo", Summary: "Gaussian pairs", Params: []ParamSpec{intParam("pairs", "65536", 1, 1<<30)}},
		{Name: "triad", Summary: "STREAM triad", Params: []ParamSpec{bytesParam("size", "16777216")}},
		{Name: "trees", Summary: "binary trees", Params: []ParamSpec{intParam("depth", "14", 1, 30)}},
		{Name: "wait", Summary: "CPU, then waiting", Params: []ParamSpec{timeParam("cpu", "50µs"), timeParam("wait", "5ms")}},
		{Name: "fsync", Summary: "append and fsync", Params: []ParamSpec{bytesParam("size", "4096")}},
	}, Companions: []CompanionSpec{
		{Name: "beat", Measures: []string{"missed_beats"}, Params: []CompanionParam{
			{"rate", intParam("beat_rate", "60", 1, 1000)}, {"length", timeParam("beat_length", "1ms")}}},
		{Name: "accidents", Short: "accident", Params: []CompanionParam{{"accident", intParam("accident", "0", 0, 9)}, {"after", timeParam("accidents_after", "0s")}}},
	}}
}

func intParam(name, def string, lo, hi int64) ParamSpec {
	return ParamSpec{name, def, fmt.Sprintf("a whole number from %d to %d", lo, hi), func(s string) (string, error) {
		v, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return "", fmt.Errorf("%q is not a whole number", s)
		}
		if v < lo || v > hi {
			return "", fmt.Errorf("%s is out of range", s)
		}
		return strconv.FormatInt(v, 10), nil
	}}
}

func bytesParam(name, def string) ParamSpec {
	return ParamSpec{name, def, "bytes with a unit, 1B to 1GiB", func(s string) (string, error) {
		for _, u := range []struct {
			unit string
			n    int64
		}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"B", 1}, {"", 1}} {
			digits, ok := strings.CutSuffix(s, u.unit)
			if v, err := strconv.ParseInt(digits, 10, 64); ok && err == nil && v > 0 && v <= 1<<30/u.n {
				return strconv.FormatInt(v*u.n, 10), nil
			}
		}
		return "", fmt.Errorf("%q is not a number of bytes", s)
	}}
}

func timeParam(name, def string) ParamSpec {
	return ParamSpec{name, def, "a duration from 0s to 1m", func(s string) (string, error) {
		d, err := time.ParseDuration(s)
		if err != nil || d < 0 || d > time.Minute {
			return "", fmt.Errorf("%q is not a duration in range", s)
		}
		return d.String(), nil
	}}
}
