package host

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"forklore/internal/affinity"
	"forklore/runner/link"
	"forklore/runner/work"
)

// Main is the whole of trialhost. It returns the exit code.
func Main(args []string) int {
	if len(args) > 1 {
		if run, ok := work.Role(args[1]); ok { // first: it takes the time
			return run(args[2:])
		}
	}
	switch {
	case len(args) == 2 && args[1] == "version":
		fmt.Println(Version)
		return 0
	case len(args) == 2 && args[1] == "exit": // the bare start that bench compares with
		return 0
	case len(args) == 2 && (args[1] == RoleHost || args[1] == RoleWorker):
		return serve(args[1])
	}
	fmt.Fprintln(os.Stderr, "trialhost is the measured program of forklore, which starts it; see forklore --help")
	return 2
}

// served is a process of a trial, seen from inside.
type served struct {
	role     string
	wire     *wire
	commands chan string
	page     *page
	crews    []crew
	fabric   link.Fabric     // what the workers talk through, in the host; else nil
	loop     *work.EventLoop // of a probe, in the host; else nil
	used     Usage           // when its iteration began
	doors    *listeners      // of a server, in the host; else nil
	next     *atomic.Int64
	rank     int
}

func serve(role string) int {
	s, job, err := begin(role)
	if err == nil {
		err = s.drive(job)
	}
	if err == nil {
		return 0
	}
	s.fail(err)
	return 1
}

// begin adopts the inherited descriptors and reads the job.
func begin(role string) (*served, Job, error) {
	s := &served{role: role, commands: make(chan string, 4)}
	in, err := childFile(fdCommands, "commands")
	if err != nil {
		return s, Job{}, err
	}
	out, err := childFile(fdAnswers, "answers")
	if err != nil {
		return s, Job{}, err
	}
	unix.CloseOnExec(fdCommands)
	unix.CloseOnExec(fdAnswers)
	unix.CloseOnExec(fdPage)
	s.wire = &wire{in: bufio.NewReader(in), out: out}
	if role == RoleHost { // a worker is a copy of its host: it need not tell its version
		if err := s.wire.send(message{Hello: &hello{PID: os.Getpid(), Version: Version}}); err != nil {
			return s, Job{}, err
		}
	}
	if s.page, err = mapPage(fdPage); err != nil {
		return s, Job{}, err
	}
	m, err := s.wire.receive()
	if err != nil || m.Job == nil {
		return s, Job{}, fmt.Errorf("expected a job on the pipe of commands: %w", err)
	}
	if err := s.page.share(fdPage, m.Job.SharedB); err != nil {
		return s, Job{}, err
	}
	s.rank = m.Job.Rank
	go s.listen()
	return s, *m.Job, nil
}

// listen passes commands on. When the other end closes without an order to
// stop, this process is an orphan: a host takes its whole group with it.
func (s *served) listen() {
	for {
		line, err := s.wire.in.ReadString('\n')
		if err != nil {
			s.orphaned()
		}
		cmd := strings.TrimSuffix(line, "\n")
		s.commands <- cmd
		if cmd == cmdStop {
			return
		}
	}
}

func (s *served) orphaned() {
	if s.role == RoleHost {
		_ = unix.Kill(0, unix.SIGKILL) // the host leads its own process group
	}
	os.Exit(1)
}

// drive takes a crew through a trial, in the order of the runner's commands.
func (s *served) drive(job Job) error {
	if err := s.hire(job); err != nil {
		return err
	}
	procs, err := s.ready(job)
	if err != nil {
		return err
	}
	if err := s.wire.send(message{Ready: procs, Port: s.port()}); err != nil {
		return err
	}
	for cmd := range s.commands {
		switch {
		case cmd == cmdOpen && s.role == RoleHost:
			err = s.iterate()
		case cmd == cmdOpen:
			err = s.report()
		case cmd == cmdMeasure:
			err = s.measure()
		case cmd == cmdStop:
			return s.dismiss()
		default:
			err = fmt.Errorf("unknown command %.80q", cmd)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// hire starts the crews: the slots of this process, or its children.
func (s *served) hire(job Job) error {
	if job.Command != nil {
		s.next = heapCounter()
		s.crews = []crew{newCommand(job)}
		return nil
	}
	if s.role == RoleHost {
		if err := s.connect(job); err != nil {
			return err
		}
	}
	if err := s.probe(job); err != nil {
		return err
	}
	if s.role == RoleWorker || job.Processes == 0 {
		if s.role == RoleHost {
			job.Slots = job.Workers
			s.next = heapCounter()
		} else {
			s.next = s.page.next
		}
		l := startLocal(job, s.role, s.next, s.page, s.fabric, s.inLine(job))
		if s.doors != nil {
			l.listener = s.doors.of(0)
		}
		s.crews = []crew{l}
		return nil
	}
	s.next = s.page.next
	page := os.NewFile(fdPage, "page")
	if x, ok := job.exposure(); ok {
		supervisor, err := newSupervisor(x, job, s.page, page, s.doors)
		s.crews = []crew{supervisor}
		if err == nil && s.doors != nil && !x.supervised {
			err = s.doors.close() // as below; a supervisor keeps them, so that who connects meanwhile waits for the replacement
		}
		return err
	}
	faults := make(chan *Fault, 3*job.Processes) // at most three from each: none ever blocks
	for p := range job.Processes {
		r, err := s.startChild(job.child(p), p, page, faults)
		if err != nil {
			return err
		}
		s.crews = append(s.crews, r)
	}
	if s.doors != nil {
		return s.doors.close() // when the last worker is gone nobody may be left to listen
	}
	return nil
}

// startChild starts worker process p with what it inherits besides the page.
func (s *served) startChild(share Job, p int, page *os.File, faults chan *Fault) (*remote, error) {
	if s.doors == nil {
		return startSharing(share, s.fabric, page, faults)
	}
	share.Links = 1
	return startRemote(share, page, []*os.File{s.doors.of(p)}, faults)
}

// port is where a server listens, or 0.
func (s *served) port() int {
	if s.doors == nil {
		return 0
	}
	return s.doors.port
}

// heapCounter returns a counter on a cache line of its own.
func heapCounter() *atomic.Int64 {
	padded := new(struct {
		_ [64]byte
		n atomic.Int64
		_ [64]byte
	})
	return &padded.n
}

func (s *served) ready(job Job) ([]Process, error) {
	var procs []Process
	if job.Processes > 0 && s.role == RoleHost {
		procs = append(procs, Process{PID: os.Getpid(), Role: RoleHost, CPUs: affinity.Get(), Nice: niceness()})
	}
	for _, c := range s.crews {
		p, err := c.Ready()
		if err != nil {
			return nil, err
		}
		procs = append(procs, p...)
	}
	if err := s.startLoop(job); err != nil {
		return nil, err
	}
	if procs[0].Slots == 0 {
		procs[0].HWMB = residentPeak()
	}
	return procs, nil
}

// iterate runs one iteration and sends what came of it.
func (s *served) iterate() error {
	s.next.Store(0)
	d := Done{GateNS: Now()}
	err := s.beginLoop(d.GateNS)
	if err != nil {
		return err
	}
	if d.Report, err = s.work(); err != nil {
		return err
	}
	d.MergedNS = Now()
	if err := s.endLoop(&d.Report); err != nil {
		return err
	}
	return s.wire.send(message{Done: &d})
}

// report runs one iteration of a worker process, whose host keeps the clock.
func (s *served) report() error {
	r, err := s.work()
	if err != nil {
		return err
	}
	return s.wire.send(message{Report: &r})
}

// work opens the gate of every crew, then merges their reports.
func (s *served) work() (Report, error) {
	for _, c := range s.crews {
		if err := c.Open(); err != nil {
			return Report{}, err
		}
	}
	var all Report
	for _, c := range s.crews {
		r, err := c.Report()
		if err != nil {
			return Report{}, err
		}
		all.Finishes = append(all.Finishes, r.Finishes...)
		all.Spent = all.Spent.plus(r.Spent)
	}
	return all, nil
}

// measure asks every crew for what its workers measured.
func (s *served) measure() error {
	all := []Reading{}
	for _, c := range s.crews {
		r, err := c.Measure()
		if err != nil {
			return err
		}
		all = append(all, r...)
	}
	if s.loop != nil {
		all = append(all, readings(-1, s.loop.Measure())...)
	}
	return s.wire.send(message{Measured: &all})
}

// dismiss ends the crews in order and tells what each process used.
func (s *served) dismiss() error {
	for _, c := range s.crews {
		if err := c.Leave(); err != nil {
			return err
		}
	}
	used := []Usage{}
	for _, c := range s.crews {
		u, err := c.Gone()
		if err != nil {
			return err
		}
		used = append(used, u...)
	}
	if s.loop != nil {
		if err := s.loop.Leave(); err != nil {
			return err
		}
	}
	if err := s.closeLinks(); err != nil {
		return err
	}
	if s.supervises() {
		used = append([]Usage{ownUsage()}, used...)
	}
	return s.wire.send(message{Bye: used})
}

// supervises tells whether the workers are in other processes, which speak for themselves.
func (s *served) supervises() bool {
	_, yes := s.crews[0].(*remote)
	return yes
}

// closeLinks removes what the links leave in the system.
func (s *served) closeLinks() error {
	if s.fabric == nil {
		return nil
	}
	if err := s.fabric.Close(); err != nil {
		return fmt.Errorf("close the links: %w", err)
	}
	return nil
}

// fail names what went wrong to whoever asked, and takes the children along.
func (s *served) fail(err error) {
	var f *Fault
	if !errors.As(err, &f) {
		err = work.Shortage(err)
		f = &Fault{PID: os.Getpid(), Rank: -1, Detail: err.Error()}
		if s.role == RoleWorker {
			f.Rank = s.rank
		}
		f.Lacks = errors.As(err, &work.Unavailable{})
		f.Echo = s.role == RoleWorker && isEcho(err)
	}
	if s.wire == nil {
		fmt.Fprintln(os.Stderr, "trialhost: "+f.Detail)
		return
	}
	_ = s.wire.send(message{Fault: f}) // nobody is left to tell if this fails
	for _, c := range s.crews {
		if m, ok := c.(mortal); ok {
			m.kill()
		}
	}
	for _, c := range s.crews {
		if m, ok := c.(mortal); ok {
			m.wait(5 * time.Second)
		}
	}
	_ = s.closeLinks() // nobody is left to tell
}
