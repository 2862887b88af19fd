package link

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Sweep removes what killed hosts of earlier trials left in the kernel, and
// returns it in words: System V queues, and POSIX queues of hosts that were
// killed in the moment between making one and removing its name. It belongs at
// the start of a campaign, and after a host that did not end in order.
//
// It is careful. A queue whose owner's number is in use again stays until that
// process has ended too; so does one that another user made, or that someone in
// another PID namespace has sent to.
func Sweep() (removed []string, err error) {
	table, err := os.Open("/proc/sysvipc/msg")
	if errors.Is(err, os.ErrNotExist) {
		return sweepMqueues("/dev/mqueue")
	}
	if err != nil {
		return nil, fmt.Errorf("look for System V queues of dead hosts: %w", err)
	}
	defer table.Close()
	queues, err := readSysvTable(table)
	if err != nil {
		return nil, fmt.Errorf("look for System V queues of dead hosts: %w", err)
	}
	var errs []error
	for _, q := range queues {
		if !q.orphan(os.Geteuid(), dead) {
			continue
		}
		if err := msgctl(q.id, unix.IPC_RMID, nil); err != nil {
			errs = append(errs, fmt.Errorf("remove System V queue %d of dead process %d: %w", q.id, q.pid(), err))
			continue
		}
		removed = append(removed, fmt.Sprintf("System V queue %d of dead process %d", q.id, q.pid()))
	}
	more, err := sweepMqueues("/dev/mqueue")
	return append(removed, more...), errors.Join(append(errs, err)...)
}

// sysvQueue is a line of /proc/sysvipc/msg.
type sysvQueue struct {
	key, id, mode, lastSender, creator int
	sent                               int // when the last message was sent; 0: never
}

func (q sysvQueue) pid() int { return q.key & (1<<sysvPIDBits - 1) }

// orphan tells whether the queue is one of ours and its owner is certainly
// gone.
func (q sysvQueue) orphan(user int, dead func(pid int) bool) bool {
	foreign := q.sent != 0 && q.lastSender == 0 // a process that this namespace has no number for
	return q.key>>sysvPIDBits == sysvTag && q.mode == 0o600 && q.creator == user && !foreign && dead(q.pid())
}

// readSysvTable reads the kernel's list of queues: a line of titles, then a
// line of numbers for each.
func readSysvTable(r io.Reader) (list []sysvQueue, err error) {
	lines := bufio.NewScanner(r)
	var column map[string]int
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if column == nil {
			column = map[string]int{}
			for i, title := range fields {
				column[title] = i
			}
			continue
		}
		q, err := sysvLine(fields, column)
		if err != nil {
			return nil, fmt.Errorf("line %q: %w", lines.Text(), err)
		}
		list = append(list, q)
	}
	return list, lines.Err()
}

func sysvLine(fields []string, column map[string]int) (q sysvQueue, err error) {
	for _, c := range []struct {
		title string
		base  int
		value *int
	}{{"key", 10, &q.key}, {"msqid", 10, &q.id}, {"perms", 8, &q.mode}, {"lspid", 10, &q.lastSender}, {"cuid", 10, &q.creator}, {"stime", 10, &q.sent}} {
		i, ok := column[c.title]
		if !ok || i >= len(fields) {
			return q, fmt.Errorf("no column %q", c.title)
		}
		n, err := strconv.ParseInt(fields[i], c.base, 64)
		if err != nil {
			return q, err
		}
		*c.value = int(n)
	}
	return q, nil
}

// sweepMqueues removes the names of queues that dead processes were making.
// Where the queues' file system is not mounted nobody can list them.
func sweepMqueues(folder string) (removed []string, err error) {
	names, err := os.ReadDir(folder)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for POSIX queues of dead hosts: %w", err)
	}
	var errs []error
	for _, f := range names {
		number, ours := strings.CutPrefix(f.Name(), mqueuePrefix)
		pid, err := strconv.Atoi(number)
		if !ours || err != nil || !dead(pid) {
			continue
		}
		err = mqUnlink(f.Name())
		if errors.Is(err, unix.EACCES) || errors.Is(err, unix.EPERM) {
			continue // another user's
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("remove POSIX queue %s of dead process %d: %w", f.Name(), pid, err))
			continue
		}
		removed = append(removed, fmt.Sprintf("POSIX queue %s of dead process %d", f.Name(), pid))
	}
	return removed, errors.Join(errs...)
}

// dead tells whether no process has that number but perhaps one that has ended: the
// orphans of a run that was killed may wait long for someone to reap them.
func dead(pid int) bool {
	return pid > 0 && (errors.Is(unix.Kill(pid, 0), unix.ESRCH) || zombie(pid))
}

// zombie tells whether a process has ended with all of its threads and was not reaped.
func zombie(pid int) bool {
	folder := "/proc/" + strconv.Itoa(pid)
	stat, err := os.ReadFile(folder + "/stat")
	if err != nil {
		return false
	}
	end := bytes.LastIndexByte(stat, ')') // the name before it may hold anything
	threads, err := os.ReadDir(folder + "/task")
	return err == nil && len(threads) == 1 && bytes.HasPrefix(stat[end+1:], []byte(" Z"))
}
