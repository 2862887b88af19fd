package work

// roles are what trialhost can be besides a host and a worker: what the processes run that a
// workload creates itself. The key is the first word of the command line, the rest
// of which the role gets; it returns the exit code. The file of a workload adds
// its role from init.
var roles = map[string]func(args []string) int{}

// Role returns the role of that name. Whoever starts one runs the program that it
// runs in itself, so main has to ask here before it does anything else.
func Role(name string) (run func(args []string) int, ok bool) {
	run, ok = roles[name]
	return run, ok
}
