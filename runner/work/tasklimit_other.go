//go:build !linux

package work

// taskLimitList says where to raise the limits on processes.
func taskLimitList() string { return " (ulimit -u)" }
