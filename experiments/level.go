package experiments

import (
	"slices"
	"strings"
)

// probed begins the names of what a probe finds out.
const probed = "can_"

// Probe reports whether a metric is what a probe found, can it be done or not: load, clocks and
// drift, which spoil times, do not change that.
func Probe(metric string) bool { return strings.HasPrefix(metric, probed) }

// counted are what became of items when a worker failed.
var counted = []string{"spared_share", "lost_items", "duplicated_items", "corrupted_items", "torn_records"}

// Untimed reports whether a metric is no time and does not hang on any: what a probe found, or what
// became of items. A busy machine slows all workers, and spares none of them; of a server's requests that is not so.
func Untimed(metric string) bool { return Probe(metric) || slices.Contains(counted, metric) }

// Proportion reports whether a metric is 1 or 0 in each trial, so that a cell's level of it is the
// share of its trials: ok, and what a workload that probes calls can_...
func Proportion(metric string) bool { return metric == "ok" || Probe(metric) }

// Level reports whether a metric lies between 0 and 1 and may well be 0: a proportion, or a share that a
// workload measures, as spared_share. Two of them are compared by their difference, for there is
// no ratio to 0. The share of the cores in use is none: no trial uses no CPU.
func Level(metric string) bool {
	return Proportion(metric) || strings.HasSuffix(metric, "_share") && metric != "cpu_share"
}
