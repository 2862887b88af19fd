//go:build !linux

package work

// weighExecutors measures nothing: only Linux tells how much memory a process has to itself.
func weighExecutors(int, *teams, map[string]float64) error { return nil }
