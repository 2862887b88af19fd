package work

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// siblings is the process that plays the workers of this process: the prober, the one that is
// probed, or both. It ends when no more can be asked of it: also when its creator is dead.
type siblings struct {
	pid            int
	prober, victim *dialogue // nil: not played by it
}

// dialogue is a pipe for requests and one for answers, a line each.
type dialogue struct {
	requests *os.File
	answers  *bufio.Reader
	file     *os.File // of answers
}

const longestLine = 512

// nobody is the user that owns nothing, by custom of every Linux; the prober of another user is one below.
const nobody = 65534

const canaryName = "FORKLORE_CANARY"

// startSiblings starts the process and lets each part of it say who it is.
func startSiblings(hardening string, prober, victim, locked bool) (*siblings, error) {
	var s siblings
	files := []uintptr{0, 1, 2}
	var theirs []*os.File
	for part, played := range []bool{prober, victim} {
		if !played {
			continue
		}
		d, in, out, err := newDialogue()
		if err != nil {
			return nil, errors.Join(err, s.end())
		}
		theirs = append(theirs, in, out)
		defer in.Close()
		defer out.Close()
		if part == 0 {
			s.prober = d
		} else {
			s.victim = d
		}
	}
	files[0], files[1] = theirs[0].Fd(), theirs[1].Fd()
	for _, f := range theirs[2:] {
		files = append(files, f.Fd())
	}
	environ, err := newSecret()
	argument, err2 := newSecret()
	if err := errors.Join(err, err2); err != nil {
		return nil, errors.Join(err, s.end())
	}
	user, err := credential(hardening, victim)
	if err != nil {
		return nil, errors.Join(err, s.end())
	}
	args := []string{"trialhost", siblingRole, partsOf(prober, victim), strconv.FormatBool(locked), strconv.FormatBool(victim && hardening == hardeningNonDumpable), argument}
	s.pid, err = syscall.ForkExec("/proc/self/exe", args, &syscall.ProcAttr{
		Env: append(os.Environ(), canaryName+"="+environ), Files: files, Sys: &syscall.SysProcAttr{Credential: user},
	})
	if err != nil {
		return nil, errors.Join(noSibling(err, user), s.end())
	}
	return &s, nil
}

func partsOf(prober, victim bool) string {
	switch {
	case prober && victim:
		return partBoth
	case prober:
		return partProber
	}
	return partVictim
}

// credential returns whom the process is to be. As root it must not stay root.
func credential(hardening string, victim bool) (*syscall.Credential, error) {
	root := unix.Geteuid() == 0
	if !root && hardening == hardeningOtherUser {
		return nil, Unavailable{Reason: fmt.Sprintf("hardening other_user takes processes of two users, which root alone can start, and this is user %d: run forklore as root, as in a container", unix.Geteuid())}
	}
	if !root {
		return nil, nil
	}
	id := uint32(nobody)
	if hardening == hardeningOtherUser && !victim {
		id--
	}
	return &syscall.Credential{Uid: id, Gid: id}, nil
}

// noSibling names what is in the way of a process of another user.
func noSibling(err error, user *syscall.Credential) error {
	if user == nil {
		return StartShortage(fmt.Errorf("start the process that plays the workers: %w", err))
	}
	err = fmt.Errorf("start the process that plays the workers as user %d: %w", user.Uid, err)
	switch {
	case errors.Is(err, unix.EPERM):
		return Unavailable{Reason: err.Error() + ": it takes the capabilities CAP_SETUID and CAP_SETGID: give them, or run forklore as an ordinary user"}
	case errors.Is(err, unix.EINVAL):
		return Unavailable{Reason: err.Error() + ": this user namespace does not map it, see /proc/self/uid_map: map it, or run forklore as an ordinary user"}
	case errors.Is(err, unix.EACCES):
		return Unavailable{Reason: err.Error() + ": it must be allowed to execute trialhost: chmod o+rx it, and mount its file system without noexec"}
	}
	return StartShortage(err)
}

func newDialogue() (d *dialogue, in, out *os.File, err error) {
	in, requests, err := os.Pipe()
	if err != nil {
		return nil, nil, nil, StartShortage(fmt.Errorf("make a pipe of requests: %w", err))
	}
	answers, out, err := os.Pipe()
	if err != nil {
		return nil, nil, nil, errors.Join(StartShortage(fmt.Errorf("make a pipe of answers: %w", err)), in.Close(), requests.Close())
	}
	return &dialogue{requests, bufio.NewReaderSize(answers, longestLine), answers}, in, out, nil
}

// ask sends a request and returns the line that answers it.
func (d *dialogue) ask(request string) (string, error) {
	if _, err := d.requests.WriteString(request + "\n"); err != nil {
		return "", err
	}
	line, err := d.answers.ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("no answer to %q: %w", request, err)
	}
	return strings.TrimSuffix(line, "\n"), nil
}

// end tells the process to end and reaps it.
func (s *siblings) end() error {
	var faults []error
	for _, d := range []*dialogue{s.prober, s.victim} {
		if d != nil {
			faults = append(faults, d.requests.Close(), d.file.Close())
		}
	}
	if s.pid == 0 {
		return errors.Join(faults...)
	}
	var status syscall.WaitStatus
	_, err := syscall.Wait4(s.pid, &status, 0, nil)
	for err == syscall.EINTR {
		_, err = syscall.Wait4(s.pid, &status, 0, nil)
	}
	if err == nil && status != 0 {
		err = fmt.Errorf("the process that plays the workers (pid %d) ended with wait status %#x", s.pid, int(status))
	}
	return errors.Join(append(faults, err)...)
}

// newSecret returns 32 random bytes in hexadecimal.
func newSecret() (string, error) {
	var secret [secretSize]byte
	if _, err := unix.Getrandom(secret[:], 0); err != nil {
		return "", fmt.Errorf("make a secret: %w", err)
	}
	return fmt.Sprintf("%x", secret), nil
}

const secretSize = 32
