package work

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

func init() { describe("misbehave", misbehaveKind) }

func misbehaveKind() Kind {
	return Kind{
		Name:    "misbehave",
		Summary: "fails on purpose, in the way it is told: tests the supervision of workers",
		Doc: `Definition: item number at does what how says; all others, and all under how =
none, give their number as the result.
  panic         panics
  exit          ends the process with status 3
  silent        ends the process with status 0, saying nothing
  kill          sends its own process SIGKILL
  hang          sleeps for ever, whatever the context says
  spin          computes for ever, whatever the context says
  error         returns an error
  wrong         from item at on, results depend on the layout of the workers
  stdout        prints rubbish to stdout and stderr, then goes on
  oom           allocates 64 MiB at a time until it is killed, or limit is reached: an error
  leak          leaves a child in a session of its own behind, for a minute at most
  setuperror    New returns an error
  setuppanic    New panics
  sleepsetup    New never returns
  sleepprepare  Prepare never returns
Source: own. Unit: items; not bytes. Stresses: supervision.
Does not say: anything of speed.`,
		Item: "one addition, or a fault",
		Params: []Param{
			{Name: "how", Type: "choice", Default: "none", Choices: []string{
				"none", "panic", "exit", "silent", "kill", "hang", "spin", "error", "wrong", "stdout", "oom",
				"leak", "setuperror", "setuppanic", "sleepsetup", "sleepprepare",
			}, Doc: "what goes wrong"},
			{Name: "at", Type: "int", Default: "0", Min: 0, Max: 1e15, Doc: "number of the item where it does"},
			{Name: "limit", Type: "bytes", Default: "1073741824", Min: 1 << 26, Max: 1 << 40, Doc: "most memory that oom takes"},
		},
		New:    newMisbehave,
		Hidden: true,
	}
}

type misbehave struct {
	how   string
	at    int64
	limit int64
	env   Env
}

func newMisbehave(ps Params, env Env) (Kernel, error) {
	k := &misbehave{how: ps.String("how"), at: ps.Int("at"), limit: ps.Bytes("limit"), env: env}
	switch k.how {
	case "setuperror":
		return nil, errors.New("misbehave: an error in setup, as asked for")
	case "setuppanic":
		panic("misbehave: a panic in setup, as asked for")
	case "sleepsetup":
		sleepForever()
	}
	return k, nil
}

func (k *misbehave) Prepare(context.Context, int) error {
	if k.how == "sleepprepare" {
		sleepForever()
	}
	return nil
}

func (k *misbehave) Do(ctx context.Context, t Task) (uint64, error) {
	return sumItems(ctx, t, func(i int64) (uint64, error) {
		if i == k.at {
			if err := k.fault(); err != nil {
				return 0, err
			}
		}
		if k.how == "wrong" && i >= k.at {
			return uint64(i) + k.skew(t.Slot), nil
		}
		return uint64(i), nil
	})
}

// skew is what a wrong item's result is off by: it differs from one layout of
// workers to another, and from one worker to the next.
func (k *misbehave) skew(slot int) uint64 {
	return uint64(1 + k.env.Rank + slot + k.env.Slots<<32)
}

// fault does what was asked for. It returns where the fault lets it.
func (k *misbehave) fault() error {
	switch k.how {
	case "panic":
		panic("misbehave: a panic, as asked for")
	case "exit":
		os.Exit(3)
	case "silent":
		os.Exit(0)
	case "kill":
		if err := syscall.Kill(os.Getpid(), syscall.SIGKILL); err != nil {
			return fmt.Errorf("misbehave: kill itself: %w", err)
		}
		sleepForever() // the signal may take a moment
	case "hang":
		sleepForever()
	case "spin":
		for x := uint64(1); x != 0; x |= scramble(x) {
		}
	case "error":
		return errors.New("misbehave: an error, as asked for")
	case "stdout":
		return printRubbish()
	case "oom":
		return exhaust(k.limit)
	case "leak":
		return leaveChild()
	}
	return nil
}

// sleepForever sleeps, and not in an empty select: the runtime would end a
// process whose goroutines are all blocked.
func sleepForever() {
	for {
		time.Sleep(time.Hour)
	}
}

// printRubbish writes what no reader of a protocol should choke on: bytes that
// are no UTF-8, a line without an end, something like an answer.
func printRubbish() error {
	const rubbish = "ready\n{\"sum\":0}\n\x00\xff\xfe not for you \x1b[2J\nno end of line"
	_, err := os.Stdout.WriteString(rubbish)
	_, err2 := os.Stderr.WriteString(rubbish)
	return errors.Join(err, err2)
}

// exhaust takes memory and keeps it, up to limit bytes.
func exhaust(limit int64) error {
	const step = 64 << 20
	var held [][]byte
	for taken := int64(0); taken+step <= limit; taken += step {
		chunk := make([]byte, step)
		for at := 0; at < step; at += 4096 {
			chunk[at] = 1
		}
		held = append(held, chunk)
	}
	return fmt.Errorf("misbehave: took %d MiB of memory and was not killed: nothing limits it below %d bytes", len(held)*64, limit)
}

// leaveChild starts a process that no signal to the process group reaches.
func leaveChild() error {
	child := exec.Command("sleep", "60")
	child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := child.Start(); err != nil {
		return fmt.Errorf("misbehave: leave a child behind: %w", err)
	}
	return child.Process.Release()
}
