package host

import (
	"fmt"
	"math"
	"os"
	"slices"
	"time"

	"forklore/runner/work"
)

// supervisor is the crew of all workers where one of them fails on purpose: child processes,
// which it may lose. What they have done is in the ledger.
type supervisor struct {
	exposure
	job     Job
	ledger  *ledger
	page    *os.File
	mail    *mailbox // of results that go through a pipe; else nil
	wards   []*ward
	notices chan notice
	silence silence
	doors   *listeners  // of a server; else nil
	stop    func() bool // a server's load is over

	detected int64 // ns: when it knew of the strike; 0: it does not
	restarts int
	gaveUp   bool  // nobody got on any more
	haltNS   int64 // when a server's load was seen to be over; 0: it is not
	endNS    int64 // of the round
	lossy    bool  // a process died, and with it what it knew of itself
}

// maxRestarts bounds how often one share is given to a new process.
const maxRestarts = 5

// newSupervisor starts the children.
func newSupervisor(x exposure, job Job, shared *page, page *os.File, doors *listeners) (*supervisor, error) {
	s := &supervisor{exposure: x, job: job, page: page, doors: doors, ledger: newLedger(shared.more, job.ledgered(), job.Workers),
		stop: func() bool { return shared.stop.Load() != 0 }, notices: make(chan notice, 4*job.Processes)}
	if x.pipe {
		var err error
		if s.mail, err = openMailbox(s.ledger); err != nil {
			return s, work.Shortage(err)
		}
	}
	for p := range job.Processes {
		w := &ward{index: p, job: job.child(p)}
		s.wards = append(s.wards, w)
		if err := s.start(w); err != nil {
			return s, err
		}
	}
	return s, nil
}

func (s *supervisor) Ready() ([]Process, error) {
	var procs []Process
	for len(procs) < len(s.wards) {
		n := <-s.notices
		switch {
		case n.died:
			n.ward.dead = true
			return nil, n.ward.why()
		case len(n.answer.Ready) == 0:
			return nil, n.ward.disorder("before it was ready")
		}
		procs = append(procs, n.answer.Ready...)
		n.ward.cpu = familyCPU(n.ward.remote.process.Pid)
	}
	slices.SortFunc(procs, func(a, b Process) int { return a.Rank - b.Rank })
	return procs, nil
}

func (s *supervisor) Open() error {
	s.silence.begin(s.ledger, Now())
	for _, w := range s.wards {
		if err := w.remote.Open(); err != nil {
			return err
		}
		w.open = true
	}
	return nil
}

// lookEvery is how often the supervisor looks whether somebody is silent. Death it is told at once.
const lookEvery = 10 * time.Millisecond

// Report looks after the workers until the round is over.
func (s *supervisor) Report() (Report, error) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	var err error
	for err == nil && !s.over() {
		select {
		case n := <-s.notices:
			err = s.take(n)
		case <-tick.C:
			s.look(Now())
		}
	}
	if err == nil {
		err = s.finish()
	}
	if err != nil {
		return Report{}, err
	}
	return s.report(), nil
}

// over reports whether nothing more will come. A server's round lasts as long as its load, whoever is dead.
func (s *supervisor) over() bool {
	if s.serves && !s.stop() {
		return false
	}
	return s.gaveUp || !slices.ContainsFunc(s.wards, func(w *ward) bool { return !w.reported && !w.dead })
}

func (s *supervisor) take(n notice) error {
	w := n.ward
	switch {
	case n.from != w.remote:
		return nil
	case n.died:
		return s.bury(w, n.ns)
	case n.answer.Ready != nil: // it came in place of another
		s.silence.forgive(w.job.Rank, w.job.Slots)
		if s.serves && s.struckIn(w) { // whether a request comes its way is for the kernel to say
			s.ledger.head.again.CompareAndSwap(0, Now())
		}
		w.open = true
		return w.remote.Open()
	case n.answer.Report != nil:
		w.reported = true
		w.spent = w.spent.plus(n.answer.Report.Spent)
		return nil
	}
	return w.disorder("while it worked")
}

// bury takes note of a death. What nobody has caused on purpose is the trial's own end, unless
// somebody is there to replace the dead.
func (s *supervisor) bury(w *ward, at int64) error {
	w.dead, w.diedNS, s.lossy = true, at, true
	w.spent = w.spent.plus(Spent{CPUS: w.lifeCPU() - w.cpu})
	w.cpu = 0
	hit := s.struckIn(w)
	if hit {
		s.detect(at)
	}
	switch {
	case s.supervised && !(s.serves && s.stop()):
		s.ledger.head.lock.Free(func(owner uint32) bool { return w.holds(int(owner) - 1) })
		return s.replace(w)
	case !hit && !w.killed:
		return w.why()
	}
	return nil
}

// struckIn reports whether the fault has struck the victim, and in this ward.
func (s *supervisor) struckIn(w *ward) bool {
	return w.holds(s.victim) && s.ledger.ranks[s.victim].struck.Load() != 0
}

func (s *supervisor) detect(at int64) {
	if s.detected == 0 {
		s.detected = at
	}
}

// replace gives the share of the dead to a new process, which does what is not delivered. What
// the dead have sent and nobody has read yet is delivered.
func (s *supervisor) replace(w *ward) error {
	if w.job.Again == maxRestarts {
		f := w.why()
		f.Detail = fmt.Sprintf("gave up on a share after %d restarts: %s", maxRestarts, f.Detail)
		return f
	}
	if err := s.mail.flush(); err != nil {
		return err
	}
	w.job.Again++
	s.restarts++
	return s.start(w)
}

// look looks for the silent. A supervisor ends them, one after the other; without one the
// round ends when all who have not done their share are silent, and one was struck.
func (s *supervisor) look(now int64) {
	s.silence.look(s.ledger, now)
	if s.serves {
		s.lookServer(now)
		return
	}
	limit := s.silence.limit(s.patience)
	if limit == 0 {
		return
	}
	all := true
	for _, w := range s.wards {
		if w.dead || w.reported || w.killed {
			continue
		}
		some, whole := s.silentIn(w, limit<<w.job.Again)
		all = all && whole
		if some && s.supervised {
			s.end(w, now)
		}
	}
	if !s.supervised && all && s.ledger.ranks[s.victim].struck.Load() != 0 {
		s.gaveUp = true
		s.detect(now)
	}
}

// silentIn reports whether some of a ward's workers that have not done their share are silent, and
// whether all of them are. A ward that only has to report, or to begin, is not.
func (s *supervisor) silentIn(w *ward, limit time.Duration) (some, all bool) {
	if !w.open {
		return false, false
	}
	busy := false
	for rank := w.job.Rank; rank < w.job.Rank+w.job.Slots; rank++ {
		if s.ledger.ranks[rank].finish.Load() == 0 {
			silent := s.silence.of(rank) > limit
			some, busy = some || silent, busy || !silent
		}
	}
	return some, some && !busy
}

// lookServer looks for requests that take longer than patience. Without a supervisor they take what they take, and
// who still has one when the load is over, whose client has gone by then, is ended with the round.
func (s *supervisor) lookServer(now int64) {
	if s.haltNS == 0 && s.stop() {
		s.haltNS = now
	}
	for _, w := range s.wards {
		if w.dead || w.reported || w.killed || !w.open || s.ledger.ranks[w.job.Rank].beat.Load() == 0 ||
			s.silence.of(w.job.Rank) <= s.requestPatience()<<w.job.Again {
			continue
		}
		if s.struckIn(w) {
			s.detect(now)
		}
		if s.supervised && s.haltNS == 0 {
			s.end(w, now)
		}
	}
	s.gaveUp = s.haltNS != 0 && now-s.haltNS > 2*int64(s.patience)
}

// slackServed is how many times the slowest request so far one may take: a busy server is slow, and does not hang.
const slackServed = 4

// requestPatience is how long a request may be in hand.
func (s *supervisor) requestPatience() time.Duration {
	limit := s.patience
	for i := range s.ledger.ranks {
		limit = max(limit, slackServed*time.Duration(s.ledger.ranks[i].longest.Load()))
	}
	return limit
}

// end ends a ward that hangs.
func (s *supervisor) end(w *ward, now int64) {
	if s.struckIn(w) {
		s.detect(now)
	}
	w.killed = true
	w.remote.kill()
}

// finish ends a round: who still hangs is killed, and what was sent is read.
func (s *supervisor) finish() error {
	s.endNS = Now()
	for _, w := range s.wards {
		if !w.reported && !w.dead {
			w.killed = true
			w.remote.kill()
		}
	}
	for slices.ContainsFunc(s.wards, func(w *ward) bool { return w.killed && !w.dead }) {
		if err := s.take(<-s.notices); err != nil {
			return err
		}
	}
	if err := s.mail.flush(); err != nil {
		return err
	}
	if at := s.ledger.head.noticed.Load(); at != 0 {
		s.detect(at)
	}
	if !s.serves { // whose end is that of the load, and tells nothing
		s.detect(s.endNS)
	}
	return nil
}

// report tells of each rank what the ledger says. A rank that did not come to its end ends when its
// death was known, or with the round.
func (s *supervisor) report() Report {
	var r Report
	for _, w := range s.wards {
		for rank := w.job.Rank; rank < w.job.Rank+w.job.Slots; rank++ {
			f := Finish{Rank: rank, NS: s.ledger.ranks[rank].finish.Load(), Items: s.ledger.ranks[rank].done.Load()}
			if !s.serves {
				lo, hi := share(s.job.Items, s.job.Workers, rank)
				t := s.ledger.tally(lo, hi)
				f.Items, f.Sum = t.items, t.sum
			}
			if f.NS == 0 && w.dead && !w.killed {
				f.NS = w.diedNS
			} else if f.NS == 0 {
				f.NS = s.endNS
			}
			r.Finishes = append(r.Finishes, f)
		}
		r.Spent = r.Spent.plus(w.spent)
	}
	if s.lossy { // the dead take with them what their collector and allocator did
		nan := math.NaN()
		r.Spent = Spent{r.Spent.CPUS, nan, nan, nan, nan}
	}
	return r
}

// Leave orders those who live to end.
func (s *supervisor) Leave() error {
	for _, w := range s.wards {
		if !w.dead {
			if err := w.remote.Leave(); err != nil && !s.struckIn(w) {
				return err
			}
		}
	}
	return nil
}

// Gone waits for them. Where one has died nobody knows what all of them used.
func (s *supervisor) Gone() ([]Usage, error) {
	used := []Usage{ownUsage()}
	for slices.ContainsFunc(s.wards, func(w *ward) bool { return !w.dead }) {
		n := <-s.notices
		switch {
		case n.died:
			n.ward.dead = true
			if n.ward.bye == nil && s.struckIn(n.ward) { // its fault took its time
				s.lossy = true
				continue
			}
			if n.ward.bye == nil {
				return nil, n.ward.why()
			}
			used = append(used, n.ward.bye...)
		case n.answer.Bye != nil:
			n.ward.bye = n.answer.Bye
		}
	}
	s.mail.close()
	if s.doors != nil {
		_ = s.doors.close() // which this process does with all it has in a moment
	}
	if s.lossy {
		return nil, nil
	}
	return used, nil
}

func (s *supervisor) kill() {
	for _, w := range s.wards {
		if w.remote != nil {
			w.remote.kill()
		}
	}
}

func (s *supervisor) wait(limit time.Duration) {
	for _, w := range s.wards {
		if w.remote != nil {
			w.remote.wait(limit)
		}
	}
}
