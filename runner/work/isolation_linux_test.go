package work

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"forklore/runner/link"
)

// isolated sets up a trial of the workload. It skips the test where the system lacks what it takes.
func isolated(t *testing.T, hardening string, layout ...int) *talkers {
	t.Helper()
	kind, err := Lookup("isolation")
	if err != nil {
		t.Fatal(err)
	}
	ps, err := kind.Parse(map[string]string{"hardening": hardening})
	if err != nil {
		t.Fatal(err)
	}
	env := Env{}
	for _, slots := range layout {
		env.Workers += slots
	}
	if len(layout) > 1 {
		env.Processes = len(layout)
	}
	w, plan := &talkers{}, kind.Links(ps, env.Workers)
	if w.fabric, err = link.Open(plan, env.Workers, t.TempDir()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.close(t) })
	joint, err := w.fabric.Join() // the judge and the keeper may be one process: those who are probed are not
	if err != nil {
		t.Fatal(err)
	}
	w.joints = append(w.joints, joint)
	for _, env.Slots = range layout {
		p, err := kind.Peer(ps, env)
		if errors.As(err, &Unavailable{}) {
			t.Skip(err)
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := p.(Closer).Close(); err != nil {
				t.Error(err)
			}
		})
		for slot := range env.Slots {
			w.peers, w.slots, w.comms = append(w.peers, p), append(w.slots, slot), append(w.comms, joint.Comm(env.Rank+slot))
		}
		env.Rank += env.Slots
	}
	return w
}

// findings runs a round and returns what was found.
func findings(t *testing.T, w *talkers, items int64) map[string]float64 {
	t.Helper()
	if n, _, err := w.run(Round{Items: items}); n != items || err != nil {
		t.Fatalf("%d items of %d, %v", n, items, err)
	}
	values := map[string]float64{}
	for rank, p := range w.peers {
		for name, v := range p.(Measurer).Measure(w.slots[rank]).Values {
			if _, told := values[name]; told {
				t.Errorf("%s is told by two workers", name)
			}
			values[name] = v
		}
	}
	return values
}

// confined tells whether Yama, of which this machine may have any setting, keeps siblings apart by itself.
func confined() bool {
	scope, err := strconv.Atoi(sysctl("kernel/yama/ptrace_scope"))
	return err == nil && scope > 0
}

// What the models differ in is certain whatever the system: it has to come out so.
func TestIsolationFindsWhatTheKernelKeepsApart(t *testing.T) {
	one := map[string]float64{"can_read_pointer": 1, "can_use_descriptor": 1, "can_write_memory": 1, "can_read_environ": 1,
		"can_read_cmdline": 1, "can_ptrace": 0, "can_exhaust_descriptors": 1, "can_exhaust_memory": 1, "can_exhaust_threads": 1, "can_kill": 1, "can_read_vm_readv": 1}
	two := map[string]float64{"can_read_pointer": 0, "can_use_descriptor": 0, "can_exhaust_descriptors": 0, "can_exhaust_memory": 0}
	with := func(base map[string]float64, more map[string]float64) map[string]float64 {
		m := maps.Clone(base)
		maps.Copy(m, more)
		return m
	}
	reach := []string{"can_read_vm_readv", "can_read_proc_mem", "can_ptrace", "can_read_environ", "can_reopen_descriptor", "can_write_memory"}
	all := func(v float64) map[string]float64 {
		m := map[string]float64{}
		for _, name := range reach {
			m[name] = v
		}
		return m
	}
	oneUser := map[string]float64{"can_kill": 1, "can_exhaust_threads": 1}
	open := with(with(two, all(1)), oneUser)
	if confined() {
		open = with(with(two, oneUser), map[string]float64{"can_read_vm_readv": 0, "can_read_proc_mem": 0, "can_ptrace": 0, "can_write_memory": 0})
	}
	closed := with(two, all(0))
	for _, c := range []struct {
		hardening string
		layout    []int
		want      map[string]float64
	}{
		{hardeningNone, []int{2}, with(one, map[string]float64{"can_read_proc_mem": 1, "can_reopen_descriptor": 1})},
		{hardeningNonDumpable, []int{2}, one},
		{hardeningNone, []int{3}, one},
		{hardeningNone, []int{1, 1}, open},
		{hardeningNone, []int{2, 2}, open},
		{hardeningNonDumpable, []int{1, 1}, with(closed, oneUser)},
		{hardeningOtherUser, []int{1, 1}, with(closed, map[string]float64{"can_kill": 0, "can_exhaust_threads": 0})},
		{hardeningOtherUser, []int{2, 2}, closed},
	} {
		t.Run(fmt.Sprint(c.hardening, c.layout), func(t *testing.T) {
			w := isolated(t, c.hardening, c.layout...)
			got := findings(t, w, 3)
			t.Log(got)
			for name, want := range c.want {
				if v, ok := got[name]; ok && v != want {
					t.Errorf("%s is %v, want %v", name, v, want)
				}
			}
			for _, sure := range []string{"can_read_pointer", "can_use_descriptor", "can_kill", "can_exhaust_descriptors", "can_read_cmdline"} {
				if _, ok := got[sure]; !ok {
					t.Errorf("%s can be tested on every system, and is absent", sure)
				}
			}
			if again := w.peers[0].(Measurer).Measure(0); len(again.Values) > 0 {
				t.Errorf("told twice: %v", again)
			}
		})
	}
}

// The checksum counts attempts: the same for all models and settings, whatever was found.
func TestIsolationSum(t *testing.T) {
	var want uint64
	for i := range int64(4) {
		want += mix(i, uint64(len(probes)))
	}
	for _, layout := range [][]int{{2}, {3}, {1, 1}, {2, 2}} {
		for _, hardening := range []string{hardeningNone, hardeningNonDumpable} {
			w := isolated(t, hardening, layout...)
			w.want(t, Round{Items: 4}, 4, want)
			w.want(t, Round{Items: 0}, 0, 0)
			looks := 0
			n, _, err := w.run(Round{Items: Endless, Over: func() bool { looks++; return looks > 2 }})
			if n != 3 || err != nil {
				t.Errorf("%v, time up after 3 looks: %d items, %v", layout, n, err)
			}
			w.want(t, Round{Items: 4}, 4, want)
		}
	}
}

// tampering changes what the one that is probed tells of itself on the way.
type tampering struct {
	link.Comm
	change func(words []string)
}

func (l *tampering) Recv(from int, buffer []byte) (int, error) {
	n, err := l.Comm.Recv(from, buffer)
	words := strings.Fields(string(buffer[:n]))
	if err != nil || len(words) != 9 {
		return n, err
	}
	l.change(words)
	return copy(buffer, strings.Join(words, " ")), nil
}

// Bytes that are read elsewhere are not the secret, and a file of another number not the file.
func TestIsolationDoesNotBelieveWrongBytes(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func([]string)
		fall   []string
	}{
		{"the next bytes", func(w []string) { a, _ := strconv.Atoi(w[5]); w[5] = fmt.Sprint(a + 64) },
			[]string{"can_read_pointer", "can_read_vm_readv", "can_read_proc_mem", "can_ptrace", "can_write_memory"}},
		{"no memory", func(w []string) { w[5] = "4096" }, []string{"can_read_pointer", "can_read_vm_readv", "can_read_proc_mem", "can_ptrace", "can_write_memory"}},
		{"another file", func(w []string) { w[4] = "0" }, []string{"can_use_descriptor", "can_reopen_descriptor"}},
		{"no file", func(w []string) { w[4] = "999" }, []string{"can_use_descriptor", "can_reopen_descriptor"}},
		{"another secret", func(w []string) { w[7], w[8] = strings.Repeat("0", 64), strings.Repeat("0", 64) }, []string{"can_read_environ", "can_read_cmdline"}},
	} {
		for _, layout := range [][]int{{2}, {1, 1}} {
			w := isolated(t, hardeningNone, layout...)
			w.comms[0] = &tampering{w.comms[0], c.change}
			got := findings(t, w, 2)
			for _, name := range c.fall {
				if v, ok := got[name]; ok && v != 0 {
					t.Errorf("%s, %v: %s is %v", c.name, layout, name, v)
				}
			}
		}
	}
}

// Nobody is probed who is not of the trial's own process group.
func TestIsolationRefusesStrangers(t *testing.T) {
	for _, pid := range []string{"1", "0", "-1", fmt.Sprint(os.Getppid()), "4194304"} {
		if n, _ := strconv.Atoi(pid); n > 1 {
			if group, err := unix.Getpgid(n); err == nil && group == unix.Getpgrp() {
				continue // started from a shell without job control
			}
		}
		for _, layout := range [][]int{{2}, {1, 1}} {
			w := isolated(t, hardeningNone, layout...)
			w.comms[0] = &tampering{w.comms[0], func(words []string) { words[1] = pid }}
			if n, _, err := w.run(Round{Items: 1}); err == nil || !strings.Contains(err.Error(), "is none of this trial") {
				t.Errorf("process %s, %v: %d items, %v", pid, layout, n, err)
			}
			if err := w.comms[0].Send(w.comms[0].Size()-1, []byte(over)); err != nil {
				t.Error(err)
			}
		}
	}
}

// A process whose creator dies ends by itself, and Close leaves none.
func TestIsolationLeavesNothing(t *testing.T) {
	s, err := startSiblings(hardeningNone, true, true, false)
	if errors.As(err, &Unavailable{}) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	line, err := s.victim.ask("renew")
	if w := strings.Fields(line); err != nil || len(w) != 9 || w[1] != fmt.Sprint(s.pid) {
		t.Fatalf("%q, %v; its pid is %d", line, err, s.pid)
	}
	if unix.Geteuid() == 0 {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.pid))
		for _, want := range []string{"Uid:\t65534\t65534\t65534\t65534\n", "Gid:\t65534\t65534\t65534\t65534\n", "Groups:\t \n", "CapEff:\t0000000000000000\n", "CapPrm:\t0000000000000000\n"} {
			if err != nil || !bytes.Contains(status, []byte(want)) {
				t.Errorf("started as root, it has no line %q: %v\n%s", want, err, status)
			}
		}
	}
	if err := s.end(); err != nil {
		t.Fatal(err)
	}
	if err := unix.Kill(s.pid, 0); err != unix.ESRCH {
		t.Errorf("process %d after its end: %v", s.pid, err)
	}
}

func TestIsolationRefuses(t *testing.T) {
	kind, _ := Lookup("isolation")
	for _, c := range []struct {
		hardening string
		layout    Layout
		want      string
	}{
		{hardeningNone, Layout{Model: "sequential", Workers: 1, Processes: 1}, "one worker has no sibling; give it workers: 2 or more"},
		{hardeningOtherUser, Layout{Model: "threads", Workers: 2, Processes: 1}, "workers of one process have one user"},
		{hardeningOtherUser, Layout{Model: "processes", Workers: 2, Processes: 2}, ""},
		{hardeningNone, Layout{Model: "goroutines", Workers: 2, Processes: 1}, ""},
	} {
		ps, err := kind.Parse(map[string]string{"hardening": c.hardening})
		if err != nil {
			t.Fatal(err)
		}
		if got := kind.Refuse(ps, c.layout); got != c.want {
			t.Errorf("%+v: %q, want %q", c, got, c.want)
		}
	}
}

// A user who is not root is told what another user takes, and may do all else.
func TestIsolationWithoutRoot(t *testing.T) {
	if unix.Geteuid() != 0 {
		if _, err := credential(hardeningOtherUser, true); !errors.As(err, &Unavailable{}) {
			t.Errorf("other_user without root: %v", err)
		}
		return
	}
	for hardening, want := range map[string]uint32{hardeningNone: 65534, hardeningNonDumpable: 65534, hardeningOtherUser: 65533} {
		c, err := credential(hardening, false)
		if err != nil || c.Uid != want || c.Gid != want || len(c.Groups) > 0 || c.NoSetGroups {
			t.Errorf("%s: %+v, %v", hardening, c, err)
		}
	}
}

func TestIsolationReplies(t *testing.T) {
	for _, c := range []struct {
		line string
		want finding
		err  bool
	}{
		{"errno 1", no, false}, {"errno 13", no, false}, {"errno 38", untestable, false}, {"lacks it", untestable, false},
		{"errno 24", no, true}, // too many open files says nothing of the sibling
	} {
		r, err := readReply(c.line)
		if err != nil {
			t.Fatal(err)
		}
		met := &encounter{}
		if what, err := met.refused(r); what != c.want || (err != nil) != c.err || (met.lacks != "") != (what == untestable) {
			t.Errorf("%s: %v, %v, because %q", c.line, what, err, met.lacks)
		}
	}
	for _, line := range []string{"", "errno", "errno x", "error something broke", "nonsense"} {
		if r, err := readReply(line); err == nil {
			t.Errorf("%q: %+v", line, r)
		}
	}
	var names []string
	for _, m := range isolationMeasures() {
		names = append(names, m.Name)
	}
	if slices.Sort(names); len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Errorf("twice: %v", names)
	}
}

// Where a filter of system calls forbids what the kernel would not, the answer is not no.
func TestIsolationKnowsAFilter(t *testing.T) {
	type pair struct {
		prober, victim *siblings
		filter, err    error
	}
	made := make(chan pair)
	go func() {
		runtime.LockOSThread() // and never unlocked: the filter ends with the thread, but for those it starts
		if err := forbid(unix.SYS_PROCESS_VM_READV, unix.SYS_PTRACE); err != nil {
			made <- pair{filter: err}
			return
		}
		prober, err := startSiblings(hardeningNone, true, false, false)
		victim, err2 := startSiblings(hardeningNone, false, true, false)
		made <- pair{prober, victim, nil, errors.Join(err, err2)}
	}()
	p := <-made
	if p.filter != nil {
		t.Skip("no filter: ", p.filter)
	}
	if p.err != nil {
		t.Fatal(p.err)
	}
	filteredFindings(t, p.prober, p.victim)
}

func filteredFindings(t *testing.T, prober, victim *siblings) {
	defer func() {
		if err := errors.Join(prober.end(), victim.end()); err != nil {
			t.Error(err)
		}
	}()
	line, err := victim.victim.ask("renew")
	w := strings.Fields(line)
	if err != nil || len(w) != 9 {
		t.Fatal(line, err)
	}
	where := " " + strings.Join([]string{w[1], w[5], w[4]}, " ")
	for request, want := range map[string]string{
		"pointer": answerErrno, "vm_readv": answerLacks, "ptrace": answerErrno, "write": answerLacks, "proc_mem": answerData + " " + w[6],
	} {
		if confined() && request == "proc_mem" {
			continue
		}
		got, err := prober.prober.ask(request + where)
		if request == "pointer" && strings.HasPrefix(got, answerData) && got != answerData+" "+w[6] {
			continue // the same address is mapped in both, and holds something else
		}
		if err != nil || !strings.HasPrefix(got, want) {
			t.Errorf("%s: %q, %v; want %s", request, got, err, want)
		}
	}
	e := &encounter{prober: prober.prober, victim: facts{pid: w[1], fd: w[4], addr: w[5], memory: w[6]}}
	for _, traceable := range []bool{false, true} {
		e.traceable = traceable
		if what, err := e.ptrace(); err != nil || (what == untestable) != traceable {
			t.Errorf("ptrace refused, while the sibling can be read (%v): %v, %v", traceable, what, err)
		}
	}
}

// forbid has the kernel answer EPERM to system calls of this thread and its children.
func forbid(calls ...uint32) error {
	filter := []unix.SockFilter{{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0}} // the call's number
	for i, nr := range calls {
		filter = append(filter, unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: nr, Jt: uint8(len(calls) - i)})
	}
	filter = append(filter,
		unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
		unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)})
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	return unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&program)), 0, 0)
}
