package work

import (
	"encoding/binary"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

const executorRole = "executor"

func init() { roles[executorRole] = beExecutor }

// beExecutor is the life of a process that a processTeam created: args are its label and
// the steps of a task. It takes the time, signals, does the tasks whose numbers it
// reads, and ends when no more can come: also when its creator is dead, as nobody
// else holds the other end of the pipe. (The signal that the kernel offers for
// that, PR_SET_PDEATHSIG, comes when the creating thread ends, and threads of Go
// may end sooner than the process.) The pipes block and know nothing of Go's
// poller, whose set-up would belong to no executor.
func beExecutor(args []string) int {
	var first unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &first)
	const usage = 2 // what a panic exits with, too: answers have bits that make this unlikely
	if len(args) != 2 || len(args[0]) != 8 {
		fmt.Fprintln(os.Stderr, "executor is what workloads start trialhost as; see forklore --help")
		return usage
	}
	label := binary.LittleEndian.Uint64([]byte(args[0]))
	var message [signalSize]byte
	binary.NativeEndian.PutUint64(message[0:], uint64(first.Sec))
	binary.NativeEndian.PutUint64(message[8:], uint64(first.Nsec))
	binary.NativeEndian.PutUint64(message[16:], label)
	if _, err := unix.Write(1, message[:]); err != nil {
		return usage
	}
	steps, err := strconv.Atoi(args[1])
	if err != nil {
		return usage
	}
	for word := message[:8]; readFull(0, word); {
		task := int64(binary.NativeEndian.Uint64(word))
		binary.NativeEndian.PutUint64(word, chain(task, steps))
		if _, err := unix.Write(1, word); err != nil {
			return usage
		}
	}
	return int(answer(label))
}

// readFull fills buf, or tells that no more comes.
func readFull(fd int, buf []byte) bool {
	for len(buf) > 0 {
		n, err := unix.Read(fd, buf)
		if err == unix.EINTR {
			continue
		}
		if err != nil || n == 0 {
			return false
		}
		buf = buf[n:]
	}
	return true
}
