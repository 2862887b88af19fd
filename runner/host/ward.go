package host

import (
	"fmt"
	"math"
	"os"
)

// ward is a child process with its share of the workers, and those that came in its place.
type ward struct {
	index    int // of the process
	job      Job
	remote   *remote
	open     bool // it was told to work
	reported bool // it has done its share
	dead     bool
	killed   bool    // by the supervisor
	diedNS   int64   // when that was known
	cpu      float64 // seconds that it had used at the gate
	spent    Spent
	bye      []Usage
}

// notice is what a child says, or that it has died.
type notice struct {
	ward   *ward
	from   *remote
	answer *message
	died   bool
	ns     int64
}

// start gives a ward's share to a new process.
func (s *supervisor) start(w *ward) error {
	var links []*os.File
	if s.doors != nil {
		links = append(links, s.doors.of(w.index))
	}
	if s.mail != nil {
		links = append(links, s.mail.in) // the last one
	}
	w.job.Links = len(links)
	r, err := startRemote(w.job, s.page, links, make(chan *Fault, 3))
	if err != nil {
		return err
	}
	w.remote, w.open, w.dead, w.killed = r, false, false, false
	go s.follow(w, r)
	return nil
}

// follow passes on what a child says, and its end after that.
func (s *supervisor) follow(w *ward, r *remote) {
	for {
		select {
		case m := <-r.answers:
			s.notices <- notice{ward: w, from: r, answer: &m}
		case <-r.ended:
			at := Now()
			select {
			case m := <-r.answers:
				s.notices <- notice{ward: w, from: r, answer: &m}
			default:
			}
			s.notices <- notice{ward: w, from: r, died: true, ns: at}
			return
		}
	}
}

// why says what a ward that is dead died of: in its own words where it had some.
func (w *ward) why() *Fault {
	select {
	case f := <-w.remote.faults:
		return f
	default:
		return w.remote.death()
	}
}

func (w *ward) holds(rank int) bool { return w.job.Rank <= rank && rank < w.job.Rank+w.job.Slots }

// lifeCPU is the CPU that a dead process has used in its whole life.
func (w *ward) lifeCPU() float64 {
	if w.remote.state == nil {
		return math.NaN()
	}
	return (w.remote.state.UserTime() + w.remote.state.SystemTime()).Seconds()
}

func (w *ward) disorder(when string) error {
	return fmt.Errorf("worker %d (pid %d) answered out of order %s", w.job.Rank, w.remote.process.Pid, when)
}
