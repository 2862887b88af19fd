package load

// CPUS is the CPU time that the generator's process took over its whole life, in seconds; after Wait alone.
func (g *Generator) CPUS() float64 {
	s := g.cmd.ProcessState
	if s == nil {
		return 0
	}
	return (s.UserTime() + s.SystemTime()).Seconds()
}
