package work

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

// processTeam is a team of processes. All of them read their orders from one pipe
// and write their signals to another, so closing the first tells all to end, and the end of the
// second tells that all are gone.
type processTeam struct {
	image   string
	args    []string // without the label
	attr    syscall.ProcAttr
	lives   []life
	created int
	settled int // how many have signalled
	raw     []byte

	// Ends of the pipes, ours first: each open from the first creation to dismiss, but
	// the executors' ends only until settle. 0: closed.
	orders, signals             int
	ordersTheirs, signalsTheirs int
}

// A signal is the clock of an executor's first instruction as the kernel gives
// it, two words, then its label.
const signalSize = 24

// newProcessTeam makes a team whose executors run image: this program, or one that keeps to
// the same protocol.
func newProcessTeam(lives []life, image string, steps int) *processTeam {
	return &processTeam{
		image: image,
		args:  []string{image, executorRole, "", strconv.Itoa(steps)},
		attr:  syscall.ProcAttr{Env: os.Environ()},
		lives: lives,
		raw:   make([]byte, len(lives)*signalSize),
	}
}

// newProcessTeams finds the program that executors run, or makes it.
func newProcessTeams(static bool, steps int) (*teams, error) {
	image, closeImage := "", func() error { return nil }
	if static {
		file, err := openBareImage()
		if err != nil {
			return nil, err
		}
		image, closeImage = pathOf(file), sync.OnceValue(file.Close)
	} else {
		var err error
		if image, err = os.Executable(); err != nil {
			return nil, fmt.Errorf("find the program that is to be started again: %w", err)
		}
	}
	return &teams{
		of:    func(lives []life) servants { return newProcessTeam(lives, image, steps) },
		close: closeImage,
	}, nil
}

func (t *processTeam) create(i int, label uint64, stamp bool) error {
	if t.created == 0 {
		if err := t.open(); err != nil {
			return err
		}
	}
	l := &t.lives[i]
	*l = life{label: label}
	t.args[2] = string(binary.LittleEndian.AppendUint64(nil, label))
	if stamp {
		l.created = monotonic()
	}
	pid, err := syscall.ForkExec(t.image, t.args, &t.attr)
	if err != nil {
		return StartShortage(fmt.Errorf("create process %d of %d: %w", i+1, len(t.lives), err))
	}
	l.pid = pid
	t.created = i + 1
	return nil
}

// open makes the pipes of executors to come.
func (t *processTeam) open() error {
	var down, up [2]int
	if err := unix.Pipe2(down[:], unix.O_CLOEXEC); err != nil {
		return StartShortage(fmt.Errorf("make the pipe of orders: %w", err))
	}
	t.ordersTheirs, t.orders = down[0], down[1]
	if err := unix.Pipe2(up[:], unix.O_CLOEXEC); err != nil {
		return StartShortage(fmt.Errorf("make the pipe of signals: %w", err))
	}
	t.signals, t.signalsTheirs = up[0], up[1]
	t.attr.Files = []uintptr{uintptr(t.ordersTheirs), uintptr(t.signalsTheirs), 2}
	return nil
}

func (t *processTeam) settle() error {
	if t.settled == t.created {
		return nil
	}
	closeFD(&t.ordersTheirs, &t.signalsTheirs)
	raw := t.raw[:t.created*signalSize]
	if err := t.read(raw); err != nil {
		return fmt.Errorf("wait for the signals of %d processes: %w", t.created, err)
	}
	for ; len(raw) > 0; raw = raw[signalSize:] {
		label := binary.NativeEndian.Uint64(raw[16:])
		i := numberOf(label)
		if i >= t.created {
			return fmt.Errorf("a process signals as number %d of %d", i, t.created)
		}
		t.lives[i].echo = label
		t.lives[i].first = int64(binary.NativeEndian.Uint64(raw))*1e9 + int64(binary.NativeEndian.Uint64(raw[8:]))
	}
	t.settled = t.created
	return nil
}

// read fills buf from the pipe of signals. Writes as short as these are never
// torn, so the words of two executors do not mix.
func (t *processTeam) read(buf []byte) error {
	for len(buf) > 0 {
		if err := t.listen(); err != nil {
			return err
		}
		n, err := unix.Read(t.signals, buf)
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return err
		case n == 0:
			return errors.New("all have ended before they said a word")
		default:
			buf = buf[n:]
		}
	}
	return nil
}

// listen waits for a word. The pipe does not end while any executor lives, so when nothing comes it
// looks for one that has died.
func (t *processTeam) listen() error {
	const patience = 1000 // ms
	for {
		fds := [1]unix.PollFd{{Fd: int32(t.signals), Events: unix.POLLIN}}
		n, err := unix.Poll(fds[:], patience)
		if n > 0 || err != nil && err != unix.EINTR {
			return err
		}
		for i := range t.created {
			if err == nil && t.lives[i].isDead() {
				return fmt.Errorf("process %d (pid %d) has ended before it was told to", i, t.lives[i].pid)
			}
		}
	}
}

// isDead tells whether the process can be reaped, and leaves that to others.
func (l *life) isDead() bool {
	var info unix.Siginfo
	err := unix.Waitid(unix.P_PID, l.pid, &info, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, nil)
	return err == nil && info.Signo != 0
}

// dismiss reaps every process that was created, whatever went wrong before.
func (t *processTeam) dismiss() error {
	closeFD(&t.orders, &t.ordersTheirs, &t.signalsTheirs)
	var faults []error
	for i := range t.created {
		faults = append(faults, t.lives[i].reap(i))
	}
	closeFD(&t.signals)
	t.created, t.settled = 0, 0
	return errors.Join(faults...)
}

// reap waits for the process and takes what it returned.
func (l *life) reap(i int) error {
	var status syscall.WaitStatus
	_, err := syscall.Wait4(l.pid, &status, 0, nil)
	for err == syscall.EINTR {
		_, err = syscall.Wait4(l.pid, &status, 0, nil)
	}
	if err != nil {
		return fmt.Errorf("wait for the end of process %d (pid %d): %w", i, l.pid, err)
	}
	l.code = uint32(status.ExitStatus())
	switch want := answer(l.label); {
	case status.Signaled():
		return fmt.Errorf("process %d (pid %d) was killed by %s", i, l.pid, unix.SignalName(status.Signal()))
	case l.code != want:
		return fmt.Errorf("process %d (pid %d) ended with status %d instead of %d", i, l.pid, l.code, want)
	}
	return nil
}

func (t *processTeam) order(_ int, task int64) error {
	_, err := unix.Write(t.orders, binary.NativeEndian.AppendUint64(t.raw[:0], uint64(task)))
	return err
}

func (t *processTeam) result(int) (uint64, error) {
	if err := t.settle(); err != nil {
		return 0, err
	}
	word := t.raw[:8]
	err := t.read(word)
	return binary.NativeEndian.Uint64(word), err
}

func closeFD(fds ...*int) {
	for _, fd := range fds {
		if *fd > 0 {
			_ = unix.Close(*fd) // a pipe: nothing is lost
			*fd = 0
		}
	}
}

// monotonic is the clock that processes have in common.
func monotonic() int64 {
	var ts unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts) // every Linux has it
	return ts.Nano()
}
