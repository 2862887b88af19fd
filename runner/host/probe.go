package host

import (
	"fmt"

	"forklore/runner/work"
)

// probe takes a probe's part in a process of the trial: the host has its event loop, and workers in
// processes of their own have the priority that it asks for.
func (s *served) probe(job Job) error {
	c, own, ok := work.Beside(job.Beside)
	if !ok || c.Name != work.Probe {
		return nil
	}
	own, err := c.Parse(own)
	if err != nil {
		return err
	}
	if s.role == RoleWorker {
		return lower(int(own.Int("probe_nice")))
	}
	s.loop, err = work.NewEventLoop(own, !job.Pool, Now)
	return err
}

// inLine returns the event loop that the one worker of a plain loop turns; else nil.
func (s *served) inLine(job Job) *work.EventLoop {
	if job.Pool {
		return nil
	}
	return s.loop
}

// startLoop puts the loop to sleep on its own thread, once all workers are ready.
func (s *served) startLoop(job Job) error {
	if s.loop == nil || s.inLine(job) != nil {
		return nil
	}
	return s.loop.Start()
}

func (s *served) beginLoop(gate int64) error {
	if s.loop == nil {
		return nil
	}
	s.used = ownRusage()
	return s.loop.Begin(gate)
}

// endLoop books the loop's ticks up to the last finish. Where the workers are in other processes its
// CPU is added to theirs, as it is in theirs where they share a process.
func (s *served) endLoop(r *Report) error {
	if s.loop == nil {
		return nil
	}
	var last int64
	for _, f := range r.Finishes {
		last = max(last, f.NS)
	}
	if err := s.loop.End(last); err != nil {
		return err
	}
	if s.supervises() {
		now := ownRusage()
		r.Spent.CPUS += now.UserS + now.SysS - s.used.UserS - s.used.SysS
	}
	return nil
}

// lower lowers the priority of this process by so many steps and reads it back.
func lower(steps int) error {
	if steps == 0 {
		return nil
	}
	before := niceness()
	if before+steps > lowest {
		return work.Unavailable{Reason: fmt.Sprintf("probe_nice %d: forklore itself runs at nice %d, and nothing is lower than %d: start it at %d or less",
			steps, before, lowest, lowest-steps)}
	}
	if err := setNiceness(before + steps); err != nil {
		return work.Unavailable{Reason: fmt.Sprintf("probe_nice %d: the system does not let a worker lower its priority: %v", steps, err)}
	}
	return nil
}

// lowest is the lowest priority that there is, in Unix's way of counting.
const lowest = 19
