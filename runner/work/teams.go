package work

// teams makes teams of the executors that the model works with.
type teams struct {
	of    func(lives []life) servants
	close func() error // gives back what they share
}

// newTeams prepares for each worker of this process having up to most executors,
// whose tasks take steps.
func newTeams(env Env, static bool, most, steps int) (*teams, error) {
	switch {
	case env.Processes > 0:
		return newProcessTeams(static, steps)
	case static:
		return nil, Unavailable{Reason: "a static image is a program, and this model creates no processes"}
	case env.Locked:
		if err := checkThreads(env.Slots * most); err != nil {
			return nil, err
		}
		allowThreads(env.Slots * most)
	}
	return &teams{
		of:    func(lives []life) servants { return newGoTeam(lives, env.Locked, steps) },
		close: func() error { return nil },
	}, nil
}
