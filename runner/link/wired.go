package link

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"golang.org/x/sys/unix"
)

// wiring makes a link whose channels are descriptors. Two ranks are connected
// by a line with a set of descriptors at each end; Share, Join and Close are
// the same for all such links.
type wiring struct {
	duplex bool // a line carries both directions between two ranks; else each channel has its own
	width  int  // descriptors at each end of a line
	start  func(p Plan, lines int, dir string) (*loom, error)
	tie    func(p Plan, e end) (port, error)
}

// loom makes the lines of one fabric.
type loom struct {
	line  func() (a, b []int, err error) // descriptors at both ends: blocking, close-on-exec, all of them new
	words []string                       // told to every joint
	made  func() error                   // nil, or called once all lines are made
	close func() error                   // nil, or called once at the end
}

// end is one side of a line: a is the sender's where a line has one direction.
type end struct {
	fds   []int
	words []string
	line  int // its number in the plan, from 0
	a     bool
}

// port is a tied end: what a rank sends and receives through. One of them is
// nil where a line has one direction.
type port struct {
	out   sender
	in    receiver
	close func() error // nil, or gives back all but the descriptors
}

// line is a connection of two ranks and the descriptors of those ends that are
// neither shared nor joined yet.
type line struct {
	ranks [2]int // of a and b
	fds   [2][]int
}

func (w wiring) open(p Plan, ranks int, dir string) (Fabric, error) {
	f := &fabric{wiring: w, plan: p, ranks: ranks, lines: w.lines(p)}
	var err error
	if f.loom, err = w.start(p, len(f.lines), dir); err != nil {
		return nil, err
	}
	for i := range f.lines {
		l := &f.lines[i]
		if l.fds[0], l.fds[1], err = f.loom.line(); err != nil {
			return nil, errors.Join(err, f.Close())
		}
	}
	if f.loom.made != nil {
		if err := f.loom.made(); err != nil {
			return nil, errors.Join(err, f.Close())
		}
	}
	return f, nil
}

// lines returns the lines of a plan, in an order that host and child agree on.
func (w wiring) lines(p Plan) []line {
	var list []line
	have := map[Pair]bool{}
	for _, c := range p.Pairs {
		if w.duplex && have[Pair{c.To, c.From}] {
			continue
		}
		have[c] = true
		list = append(list, line{ranks: [2]int{c.From, c.To}})
	}
	return list
}

type fabric struct {
	wiring
	plan  Plan
	ranks int
	loom  *loom
	lines []line
}

// Share hands the descriptors of ranks [lo, hi) over to the caller.
func (f *fabric) Share(lo, hi int) (Share, error) {
	s := Share{Words: f.loom.words}
	err := f.take(lo, hi, func(_ int, fds []int) {
		for _, fd := range fds {
			s.Files = append(s.Files, os.NewFile(uintptr(fd), f.plan.Link))
		}
	})
	return s, err
}

// take calls use with the descriptors of each end of ranks [lo, hi), which are
// its own from then on.
func (f *fabric) take(lo, hi int, use func(side int, fds []int)) error {
	for _, l := range f.lines {
		for side, rank := range l.ranks {
			if rank >= lo && rank < hi && l.fds[side] == nil {
				return fmt.Errorf("rank %d was shared or joined before, or the fabric is closed", rank)
			}
		}
	}
	for i := range f.lines {
		l := &f.lines[i]
		for side, rank := range l.ranks {
			if rank >= lo && rank < hi {
				use(side, l.fds[side])
				l.fds[side] = nil
			}
		}
	}
	return nil
}

func (f *fabric) Join() (Joint, error) {
	var fds []int
	if err := f.take(0, f.ranks, func(_ int, own []int) { fds = append(fds, own...) }); err != nil {
		return nil, err
	}
	return f.wiring.tieAll(f.plan, f.ranks, 0, f.ranks, fds, f.loom.words)
}

func (f *fabric) Close() error {
	var errs []error
	for i := range f.lines {
		for side, fds := range f.lines[i].fds {
			errs = append(errs, closeAll(fds))
			f.lines[i].fds[side] = nil
		}
	}
	if f.loom.close != nil {
		errs = append(errs, f.loom.close())
		f.loom.close = nil
	}
	return errors.Join(errs...)
}

// join takes up inherited files. Their descriptors are duplicated: a file
// closes its own when the garbage collector finds it.
func (w wiring) join(p Plan, ranks, lo, hi int, s Share) (Joint, error) {
	var fds []int
	var errs []error
	for _, f := range s.Files {
		fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 3)
		if err == nil {
			fds = append(fds, fd)
		}
		errs = append(errs, err, f.Close())
	}
	if err := errors.Join(errs...); err != nil {
		return nil, errors.Join(err, closeAll(fds))
	}
	return w.tieAll(p, ranks, lo, hi, fds, s.Words)
}

// tieAll makes the joint of ranks [lo, hi) from their descriptors, in the order
// of take.
func (w wiring) tieAll(p Plan, ranks, lo, hi int, fds []int, words []string) (Joint, error) {
	j := &joint{lo: lo, fds: fds}
	for rank := lo; rank < hi; rank++ {
		j.comms = append(j.comms, newComm(p, rank, ranks))
	}
	for i, l := range w.lines(p) {
		for side, rank := range l.ranks {
			if rank < lo || rank >= hi {
				continue
			}
			if len(fds) < w.width {
				return nil, errors.Join(fmt.Errorf("%d descriptors are too few", len(j.fds)), j.Close())
			}
			port, err := w.tie(p, end{fds: fds[:w.width:w.width], words: words, line: i, a: side == 0})
			if err != nil {
				return nil, errors.Join(err, j.Close())
			}
			fds = fds[w.width:]
			j.add(rank, l.ranks[1-side], port)
		}
	}
	if len(fds) > 0 {
		return nil, errors.Join(fmt.Errorf("%d descriptors are %d too many", len(j.fds), len(fds)), j.Close())
	}
	return j, nil
}

type joint struct {
	lo    int
	comms []*comm
	fds   []int
	ports []func() error
}

func (j *joint) add(rank, peer int, p port) {
	c := j.comms[rank-j.lo]
	if p.out != nil {
		c.outs.set(peer, p.out)
	}
	if p.in != nil {
		c.ins.set(peer, p.in)
	}
	if p.close != nil {
		j.ports = append(j.ports, p.close)
	}
}

func (j *joint) Comm(rank int) Comm { return j.comms[rank-j.lo] }

func (j *joint) Close() error {
	var errs []error
	for _, giveBack := range slices.Backward(j.ports) {
		errs = append(errs, giveBack())
	}
	errs = append(errs, closeAll(j.fds))
	j.ports, j.fds = nil, nil
	return errors.Join(errs...)
}

func closeAll(fds []int) error {
	var errs []error
	for _, fd := range fds {
		if err := unix.Close(fd); err != nil {
			errs = append(errs, fmt.Errorf("close descriptor %d: %w", fd, err))
		}
	}
	return errors.Join(errs...)
}
