package work

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"forklore/runner/link"
)

func init() { describe("isolation", isolationKind) }

func isolationKind() Kind {
	return Kind{
		Name:    "isolation",
		Summary: "what a worker can read or disturb of its sibling: secrets, descriptors, limits",
		Doc: `Definition: an item is one attempt of each probe by worker 0 on the last worker;
any between them are idle. The sibling holds a new secret of 32 random bytes for each item in
its memory and in an open file without a name, and others since its start in its
environment and its command line. What is read counts only if it is the secret: bytes that
were read elsewhere are a no. What is written (one byte, put back at once) counts if the
sibling sees it. What is used up counts if the sibling then asks in vain. Limits are lowered in the
two processes alone; that of processes and threads (RLIMIT_NPROC) counts those of a user wherever
they are, and is lowered to a few more than the user has, for the moments in which one is started.
Both are played by processes of trialhost made for the trial: by two goroutines of one
process where the model has its workers in one, else by two processes. Nobody else is
probed: where to look is told by the sibling itself, and a process outside the trial's own group
is refused. A trial that runs as root makes them processes of user 65534 (nobody), without
capabilities, since root may read everything; otherwise they are of the user's own.
hardening none is what two processes of one user are by default. non_dumpable: the
sibling has called prctl(PR_SET_DUMPABLE, 0). other_user: it has user 65534 and the
prober 65533, which takes root. Workers of one process have one user, so that other_user is
refused there.
A measure is 1 where the probe succeeded in some item of the trial, 0 where the kernel
refused it or what it did had no effect, absent where it cannot be tested: the kernel
lacks the call, /proc is not mounted, a limit is not enforced or already lower than the probe
takes, other processes of the user start and end too often, or a filter of system calls (seccomp) forbids the call even on oneself.
yama_ptrace_scope is the setting of that name, absent without Yama: above 0 only
descendants' memory may be read or traced, which siblings are not.
Source: ptrace(2), section "Ptrace access mode checking"; process_vm_readv(2); proc(5); getrlimit(2).
Unit: attempts of all probes; not bytes.
Stresses: nothing: its time says nothing.
Does not say: what crafted attacks on the kernel or on caches reach; what namespaces, Landlock,
seccomp or a virtual machine add; what a worker does to all by dying.`,
		Item: "one attempt of every probe",
		Params: []Param{
			{Name: "hardening", Type: "choice", Default: hardeningNone, Choices: []string{hardeningNone, hardeningNonDumpable, hardeningOtherUser}, Doc: "what keeps the prober from its sibling beside the model"},
		},
		ItemOps:  func(Params) int64 { return int64(len(probes)) },
		Measures: isolationMeasures(),
		Peer:     newIsolation,
		Links: func(_ Params, workers int) link.Plan {
			p := link.Plan{Link: "pipe", Max: longestLine}
			if workers > 1 {
				p.Pairs = []link.Pair{{From: 0, To: workers - 1}, {From: workers - 1, To: 0}}
			}
			return p
		},
		Refuse: func(ps Params, l Layout) string {
			switch {
			case l.Workers == 1:
				return "one worker has no sibling; give it workers: 2 or more"
			case l.Processes <= 1 && ps.String("hardening") == hardeningOtherUser:
				return "workers of one process have one user"
			}
			return ""
		},
		Spawns: true,
	}
}

const (
	hardeningNone        = "none"
	hardeningNonDumpable = "non_dumpable"
	hardeningOtherUser   = "other_user"
)

// over ends the keeper's part of a round.
const over = "over"

// isolation is the workers of one process. They probe nobody themselves: they tell the siblings what to do,
// and judge what came of it.
type isolation struct {
	hardening string
	rank      int
	siblings  *siblings
	found     map[string]float64 // since it was last asked for
	lacks     map[string]string  // why a probe could not be tried, by its measure
}

func newIsolation(ps Params, env Env) (Peer, error) {
	k := &isolation{hardening: ps.String("hardening"), rank: env.Rank, found: map[string]float64{}, lacks: map[string]string{}}
	probes, held := env.Rank == 0, env.Rank+env.Slots == env.Workers
	if !probes && !held {
		return k, nil
	}
	var err error
	k.siblings, err = startSiblings(k.hardening, probes, held, env.Locked)
	return k, err
}

func (k *isolation) Close() error {
	if k.siblings == nil {
		return nil
	}
	s := k.siblings
	k.siblings = nil
	return s.end()
}

func (k *isolation) Measure(slot int) Readings {
	if k.rank+slot != 0 || len(k.found)+len(k.lacks) == 0 {
		return Readings{}
	}
	r := Readings{Values: k.found, Notes: k.lacks}
	k.found, k.lacks = map[string]float64{}, map[string]string{}
	return r
}

func (k *isolation) Run(_ context.Context, c link.Comm, r Round) (items int64, sum uint64, err error) {
	switch c.Rank() {
	case 0:
		return k.judge(c, r)
	case c.Size() - 1:
		return 0, 0, k.keep(c)
	}
	return 0, 0, nil
}

// keep passes on what the judge asks of the sibling, until the end of the round.
func (k *isolation) keep(c link.Comm) error {
	buffer := make([]byte, longestLine)
	for {
		n, err := c.Recv(0, buffer)
		if err != nil {
			return err
		}
		request := string(buffer[:n])
		if request == over {
			return nil
		}
		answer, err := k.siblings.victim.ask(request)
		if err != nil {
			return fmt.Errorf("isolation: ask the one that is probed to %s: %w", request, err)
		}
		if err := c.Send(0, []byte(answer)); err != nil {
			return err
		}
	}
}

// judge has every probe tried for each item. The result of an item is the number of attempts, whatever came
// of them.
func (k *isolation) judge(c link.Comm, r Round) (items int64, sum uint64, err error) {
	if scope, err := strconv.Atoi(sysctl("kernel/yama/ptrace_scope")); err == nil {
		k.found[yamaScope] = float64(scope)
	}
	_, _, count := r.dealt(0, 1)
	for item := int64(0); item < count && (item == 0 || !r.up()); item++ {
		attempts, err := k.attempt(c)
		if err != nil {
			return items, sum, fmt.Errorf("isolation: %w", err)
		}
		items++
		sum += mix(item, attempts)
	}
	return items, sum, c.Send(c.Size()-1, []byte(over))
}

func (k *isolation) attempt(c link.Comm) (attempts uint64, err error) {
	t := &encounter{prober: k.siblings.prober, comm: c}
	if err := t.meet(k.hardening); err != nil {
		return 0, err
	}
	for _, p := range probes {
		what, err := p.try(t)
		if err != nil {
			return attempts, fmt.Errorf("%s: %w", p.measure, err)
		}
		attempts++
		if what == untestable {
			k.lacks[p.measure] = t.lacks
			continue
		}
		k.found[p.measure] = max(k.found[p.measure], float64(what))
	}
	return attempts, nil
}

// encounter is one attempt of all probes: the prober, and the way to the one that is probed.
type encounter struct {
	prober    *dialogue
	comm      link.Comm
	victim    facts
	together  bool   // both are one process
	traceable bool   // the prober may read what takes the right to trace
	lacks     string // why the last probe that was untestable was so
}

// facts are what the one that is probed tells of itself. Secrets are in hexadecimal.
type facts struct {
	pid, uid, dumpable, fd, addr string
	memory, environ, cmdline     string
}

func (t *encounter) told(request string) (string, error) {
	last := t.comm.Size() - 1
	if err := t.comm.Send(last, []byte(request)); err != nil {
		return "", err
	}
	buffer := make([]byte, longestLine)
	n, err := t.comm.Recv(last, buffer)
	return string(buffer[:n]), err
}

// meet has a new secret made and learns where it lies. It makes sure that both are what the hardening says.
func (t *encounter) meet(hardening string) error {
	line, err := t.told("renew")
	if err != nil {
		return err
	}
	w := strings.Fields(line)
	if len(w) != 9 || w[0] != answerData {
		return fmt.Errorf("the one that is probed tells of itself %q", line)
	}
	t.victim = facts{w[1], w[2], w[3], w[4], w[5], w[6], w[7], w[8]}
	own, err := t.prober.ask("who")
	if err != nil {
		return err
	}
	me := strings.Fields(own)
	if len(me) != 3 || me[0] != answerData {
		return fmt.Errorf("the prober tells of itself %q", own)
	}
	t.together = me[1] == t.victim.pid
	dumpable := "1"
	if hardening == hardeningNonDumpable {
		dumpable = "0"
	}
	if t.victim.dumpable != dumpable || (me[2] != t.victim.uid) != (hardening == hardeningOtherUser) || me[2] == "0" {
		return fmt.Errorf("hardening %s, but the one that is probed has user %s and dumpable %s, and the prober user %s",
			hardening, t.victim.uid, t.victim.dumpable, me[2])
	}
	return nil
}

// probe has the prober do something to its sibling.
func (t *encounter) probe(name string) (reply, error) {
	line, err := t.prober.ask(strings.Join([]string{name, t.victim.pid, t.victim.addr, t.victim.fd}, " "))
	if err != nil {
		return reply{}, err
	}
	return readReply(line)
}
