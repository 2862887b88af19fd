package host

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// told is all that came of a trial of a command.
type commandTrial struct {
	procs    []Process
	done     Done
	readings []Reading
	end      End
	err      error
}

// runCommand takes a command through a whole trial.
func runCommand(t *testing.T, c Command, limit time.Duration) commandTrial {
	t.Helper()
	if c.Dir == "" {
		c.Dir = t.TempDir()
	}
	j := Job{Workload: "program", Workers: 2, Items: 10, Dir: c.Dir, Command: &c}
	trial, err := Start(Options{Program: program, Job: j, Checksum: true, Token: t.Name() + fmt.Sprint(time.Now().UnixNano())})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	var r commandTrial
	r.err = func() error {
		if r.procs, err = trial.Ready(ctx); err != nil {
			return err
		}
		if err := trial.Open(0); err != nil {
			return err
		}
		if r.done, err = trial.Done(ctx); err != nil {
			return err
		}
		r.readings, err = trial.Measure(ctx)
		return err
	}()
	if r.err != nil {
		r.end = trial.Abort(ctx.Err() != nil)
	} else {
		r.end, r.err = trial.Stop(ctx)
	}
	if err := syscall.Kill(-trial.PID(), 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("the process group of the trial is still there: %v", err)
	}
	return r
}

func shell(script string) Command { return Command{Argv: []string{"sh", "-c", script}} }

func gated(script string) Command {
	c := shell(script)
	c.Gate = true
	return c
}

const long = time.Minute

// A plain program is timed from exec to exit, and what it prints is kept apart.
func TestPlainCommand(t *testing.T) {
	r := runCommand(t, Command{Argv: []string{"sh", "-c", `echo "sum $A"; pwd; echo "$GOMAXPROCS$FORKLORE_PROTOCOL" >&2; exit 3`, "name"},
		Env: []string{"A=5"}, Exit: 3}, long)
	if r.err != nil {
		t.Fatal(r.err)
	}
	f := r.done.Finishes
	if len(f) != 1 || f[0].Items != Untold || f[0].NS <= r.done.GateNS || len(r.procs) != 1 || r.procs[0].Role != RoleHost {
		t.Errorf("finishes %+v after gate %d, processes %+v", f, r.done.GateNS, r.procs)
	}
	lines := strings.Split(r.end.Stdout, "\n")
	if len(lines) != 3 || lines[0] != "sum 5" || strings.TrimSpace(r.end.Output) != "" {
		t.Errorf("stdout %q, stderr %q", r.end.Stdout, r.end.Output)
	}
	if r.end.StdoutSum != sha256.Sum256([]byte(r.end.Stdout)) || r.end.StdoutB != int64(len(r.end.Stdout)) {
		t.Errorf("%d bytes with checksum %x", r.end.StdoutB, r.end.StdoutSum)
	}
}

// The CPU of a plain program is that of all the processes that it waits for.
func TestPlainCommandsCPU(t *testing.T) {
	burn := `i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done`
	r := runCommand(t, shell("sh -c '"+burn+"' & sh -c '"+burn+"' & wait"), long)
	if r.err != nil {
		t.Fatal(r.err)
	}
	tree := r.end.UserS + r.end.SysS
	if r.done.Spent.CPUS < 0.5*tree || r.done.Spent.CPUS > tree {
		t.Errorf("the program used %v s of CPU, the tree %v s", r.done.Spent.CPUS, tree)
	}
}

// A program that speaks the protocol tells set-up from work, and its result.
func TestGatedCommand(t *testing.T) {
	r := runCommand(t, gated(`echo "hello $FORKLORE_PROTOCOL"; echo ready; while read word; do echo "$word"; echo result items=7 sum=x1 took_s=1.5 sent_B=3; done`), long)
	if r.err != nil {
		t.Fatal(r.err)
	}
	if len(r.procs) != 2 {
		t.Fatalf("processes %+v", r.procs)
	}
	p, f := r.procs[1], r.done.Finishes
	if p.SpawnNS == 0 || p.FirstNS < p.SpawnNS || p.ReadyNS < p.FirstNS || r.done.GateNS < p.ReadyNS || p.Role != RoleWorker {
		t.Errorf("%+v before the gate at %d", p, r.done.GateNS)
	}
	if len(f) != 1 || f[0].Items != 7 || f[0].Sum != sumOf("x1") || f[0].NS < r.done.GateNS {
		t.Errorf("finishes %+v", f)
	}
	if want := []Reading{{Name: "took_s", Value: 1.5}, {Name: "sent_B", Value: 3}}; len(r.readings) != 2 || r.readings[0].Name != want[0].Name || r.readings[1].Value != 3 {
		t.Errorf("readings %+v, want %+v", r.readings, want)
	}
	if len(r.end.Usages) != 1 || r.end.Usages[0].HWMB <= 0 || p.HWMB <= 0 {
		t.Errorf("memory %+v, at readiness %v", r.end.Usages, p.HWMB)
	}
	if !strings.HasPrefix(r.end.Stdout, "hello 1\nready\ngo\nresult items=7") {
		t.Errorf("stdout %q", r.end.Stdout)
	}
}

// What goes wrong with a program is one failure with its reason, and nothing of it is left.
func TestCommandFaults(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "plain.txt"), []byte("text"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "rubbish"), []byte("\x7fELFnothing"), 0o777); err != nil {
		t.Fatal(err)
	}
	short := 700 * time.Millisecond
	for name, c := range map[string]struct {
		command Command
		limit   time.Duration
		status  string
		detail  []string
	}{
		"missing":         {Command{Argv: []string{"no-such-program"}, Env: []string{"PATH=/here:/there"}}, long, StatusSkipped, []string{"there is no program no-such-program in PATH /here:/there"}},
		"missing, gated":  {Command{Argv: []string{"no-such-program"}, Gate: true, Install: "apt-get install it"}, long, StatusSkipped, []string{"no-such-program in PATH ", ": apt-get install it"}},
		"missing, path":   {Command{Argv: []string{"./program"}, Dir: dir}, long, StatusSkipped, []string{"there is no program ./program in " + dir}},
		"not executable":  {Command{Argv: []string{"./plain.txt"}, Dir: dir}, long, StatusSkipped, []string{"plain.txt is not executable"}},
		"no program":      {Command{Argv: []string{"./rubbish"}, Dir: dir}, long, StatusCrashed, []string{"start ./rubbish: ", "exec format error"}},
		"code":            {shell("echo first >&2; echo because >&2; exit 4"), long, StatusWrong, []string{"sh (pid ", "exited with code 4 instead of 0: because"}},
		"signal":          {shell("kill -SEGV $$"), long, StatusCrashed, []string{"was killed by SIGSEGV"}},
		"hangs":           {shell("sleep 100"), short, StatusTimeout, []string{"time was up before its work was done"}},
		"ignores SIGTERM": {shell("trap '' TERM; sh -c 'trap \"\" TERM; while :; do sleep 1; done'"), short, StatusTimeout, []string{"time was up"}},
		"forks away":      {shell(`setsid sleep 100 & until [ "$(cat /proc/$!/comm)" = sleep ]; do :; done; exit 0`), long, StatusCrashed, []string{"left behind, now killed: sleep (pid "}},
		"leaves a child":  {shell(`sleep 100 & until [ "$(cat /proc/$!/comm)" = sleep ]; do :; done; exit 0`), long, StatusCrashed, []string{"left behind, now killed: sleep (pid "}},

		"never ready":          {gated("sleep 100"), short, StatusTimeout, []string{"time was up before sh had said ready"}},
		"ends before ready":    {gated("echo no module >&2; exit 1"), long, StatusCrashed, []string{"exited with code 1 before it had said ready: no module"}},
		"ends well unready":    {gated("exit 0"), long, StatusCrashed, []string{"exited with code 0 before it had said ready"}},
		"closes stdout":        {gated("exec >&-; sleep 100"), long, StatusCrashed, []string{"closed its stdout before it had said ready"}},
		"skips":                {gated("echo skip this build has a lock; exit 0"), long, StatusSkipped, []string{"sh: this build has a lock"}},
		"result before go":     {gated("echo result items=1; sleep 100"), long, StatusCrashed, []string{"said result before it had said ready"}},
		"ready twice":          {gated("echo ready; read go; echo ready; sleep 100"), long, StatusCrashed, []string{"said ready before it had said its result"}},
		"gone at the gate":     {gated("echo ready; exit 0"), long, StatusCrashed, []string{"exited with code 0 before it "}},
		"no result":            {gated("echo ready; read go; exit 0"), long, StatusCrashed, []string{"exited with code 0 before it had said its result"}},
		"dies at work":         {gated("echo ready; read go; kill -KILL $$"), long, StatusCrashed, []string{"was killed by SIGKILL before it had said its result"}},
		"garbage result":       {gated("echo ready; read go; echo result seventeen; read end; exit 0"), long, StatusCrashed, []string{`said a result that is none: "seventeen" is not name=value`}},
		"garbage items":        {gated("echo ready; read go; echo result items=-5; read end; exit 0"), long, StatusCrashed, []string{`items="-5" is not a count`}},
		"garbage value":        {gated("echo ready; read go; echo result a_s=NaN; read end; exit 0"), long, StatusCrashed, []string{`a_s="NaN" is not a finite number`}},
		"value twice":          {gated("echo ready; read go; echo result a=1 a=1; read end; exit 0"), long, StatusCrashed, []string{`"a" is given twice`}},
		"two results":          {gated("echo ready; read go; echo result items=1; echo result items=1; read end; exit 0"), long, StatusCrashed, []string{"said result out of turn"}},
		"code at the end":      {gated("echo ready; read go; echo result; read end; exit 5"), long, StatusWrong, []string{"exited with code 5 instead of 0"}},
		"will not end":         {gated("echo ready; read go; echo result; read end; sleep 100"), short, StatusTimeout, []string{"time was up before it had stopped"}},
		"leaves a child, gate": {gated("echo ready; read go; echo result; sleep 100 & until [ \"$(cat /proc/$!/comm)\" = sleep ]; do :; done; read end; exit 0"), long, StatusCrashed, []string{"left behind, now killed: sleep (pid "}},
		"child holds stdout":   {gated("sleep 100 & exit 2"), long, StatusCrashed, []string{"exited with code 2 before it had said ready"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := runCommand(t, c.command, c.limit)
			f := (*Failure)(nil)
			if !errors.As(r.err, &f) {
				t.Fatalf("got %v, want a Failure", r.err)
			}
			if f.Status != c.status || slices.ContainsFunc(c.detail, func(want string) bool { return !strings.Contains(f.Detail, want) }) {
				t.Errorf("got %s: %s\nwant %s: %q", f.Status, f.Detail, c.status, c.detail)
			}
		})
	}
}

// A program that floods its stdout is read to the end, and little of it is kept.
func TestCommandFloods(t *testing.T) {
	flood := `head -c 20000000 /dev/zero | tr '\0' x; echo; echo last`
	for _, c := range []Command{shell(flood), gated("echo ready; read go; " + flood + "; echo result items=1; read end; exit 0")} {
		r := runCommand(t, c, long)
		if r.err != nil {
			t.Fatal(r.err)
		}
		if r.end.StdoutB < 20_000_000 || len(r.end.Stdout) > headBytes+tailBytes+64 || !strings.Contains(r.end.Stdout, "bytes left out") || !strings.Contains(r.end.Stdout, "\nlast\n") {
			t.Errorf("%d bytes were read, %d kept", r.end.StdoutB, len(r.end.Stdout))
		}
	}
}

// A program is one process of many: all of them are found, and their memory and CPU with them.
func TestFamily(t *testing.T) {
	burn := `i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done`
	r := runCommand(t, gated("sleep 100 & A=$!; echo ready; read go; sh -c '"+burn+"'; echo result; read end; kill $A; wait"), long)
	if r.err != nil {
		t.Fatal(r.err)
	}
	if len(r.end.Usages) != 2 {
		t.Errorf("memory of %+v, want that of two processes", r.end.Usages)
	}
	if tree := r.end.UserS + r.end.SysS; r.done.Spent.CPUS < 0.5*tree || r.done.Spent.CPUS > tree+0.02 {
		t.Errorf("%v s of CPU between gate and result, %v s in all", r.done.Spent.CPUS, tree)
	}
}
