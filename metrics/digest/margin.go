package digest

import "strings"

// Margins: the least ratio that matters, as a fraction above 1.
const (
	marginTime   = 0.05 // time, throughput, CPU and all else
	marginMemory = 0.10
	marginTail   = 0.20 // high percentiles scatter more
)

// Margin returns the margin of a metric: a ratio within [1/(1+margin),
// 1+margin] is no difference that matters. It is 10 % for memory, 20 % for
// tails (p95, p99...), 5 % for all else.
func Margin(metric string) float64 {
	switch {
	case strings.Contains(metric, "_p9") || strings.HasPrefix(metric, "p9"):
		return marginTail
	case isMemory(metric):
		return marginMemory
	}
	return marginTime
}

func isMemory(metric string) bool { return strings.HasSuffix(metric, "_B") }
