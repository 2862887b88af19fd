//go:build !linux

package work

func newProcessTeams(bool, int) (*teams, error) {
	return nil, Unavailable{Reason: "processes as executors need Linux: a process that signals as its first act, and ends with its creator"}
}
