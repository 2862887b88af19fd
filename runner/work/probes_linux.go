package work

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// finding is what a probe comes to.
type finding int

const (
	untestable finding = iota - 1 // nothing can be said here
	no
	yes
)

// probe is one thing that a worker may try to do to its sibling.
type probe struct {
	measure, title, doc string
	try                 func(*encounter) (finding, error)
}

// probes are tried in this order: what may be read tells what ptrace should do.
var probes = []probe{
	{"can_read_pointer", "read memory through a pointer", "a plain pointer to the sibling's secret reads the secret: one address space", reads("pointer", memoryOf)},
	{"can_read_vm_readv", "read memory: process_vm_readv", "process_vm_readv(2) reads the sibling's secret", attaches("vm_readv")},
	{"can_read_proc_mem", "read memory: /proc/PID/mem", "/proc/PID/mem reads the sibling's secret", attaches("proc_mem")},
	{"can_ptrace", "attach as a debugger and read", "PTRACE_SEIZE, PTRACE_INTERRUPT and PTRACE_PEEKDATA read the sibling's secret", (*encounter).ptrace},
	{"can_read_environ", "read the environment", "/proc/PID/environ, or os.Getenv in one process, has the secret that the sibling was started with", reads("environ", func(f facts) string { return f.environ })},
	{"can_read_cmdline", "read the command line", "/proc/PID/cmdline, or os.Args in one process, has the secret that the sibling was started with", reads("cmdline", func(f facts) string { return f.cmdline })},
	{"can_use_descriptor", "use an open file by its number", "pread of the number of the sibling's open file reads its secret: one table of descriptors", reads("descriptor", memoryOf)},
	{"can_reopen_descriptor", "reopen an open file: /proc/PID/fd", "/proc/PID/fd/N opens the sibling's file, and reads its secret", reads("reopen", memoryOf)},
	{"can_write_memory", "change memory", "a byte of the sibling's secret is changed, as the sibling sees, and put back: through a pointer in one process, else by process_vm_writev(2)", (*encounter).write},
	{"can_kill", "send a signal", "kill(PID, 0) may signal the sibling's process", does("kill")},
	{"can_exhaust_descriptors", "use up its descriptors", "the prober opens files up to RLIMIT_NOFILE, lowered to 64, and the sibling can open none", exhausts("use_descriptors", "open", unix.EMFILE)},
	{"can_exhaust_memory", "use up its address space", "the prober maps memory up to RLIMIT_AS, lowered to about 1 GiB more than it has, and the sibling cannot map 256 MiB", exhausts("use_memory", "allocate", unix.ENOMEM)},
	{"can_exhaust_threads", "use up its processes and threads", "the prober starts processes, which count as threads do, up to RLIMIT_NPROC, lowered for both to a few more than their user has, and the sibling can start none", (*encounter).exhaustTasks},
}

const yamaScope = "yama_ptrace_scope"

func isolationMeasures() []Measure {
	var list []Measure
	for _, p := range probes {
		list = append(list, Measure{Name: p.measure, Title: p.title, Doc: p.doc, Less: true, Merge: MergeMax})
	}
	return append(list, Measure{Name: yamaScope, Title: "kernel.yama.ptrace_scope", Doc: "setting of the kernel: above 0 siblings may not trace each other or read each other's memory; absent without Yama", Merge: MergeMax})
}

func memoryOf(f facts) string { return f.memory }

// reply is what a part answers: data, or that it was done, or why not.
type reply struct {
	data  string
	errno unix.Errno // 0: not refused
	lacks string     // why it cannot be tested
}

// words says why a reply grants nothing.
func (r reply) words() string {
	switch {
	case r.lacks != "":
		return r.lacks
	case r.errno != 0:
		return r.errno.Error()
	}
	return "it was refused"
}

// refusals are the errors by which a kernel keeps one from the other, or from what is not there.
var refusals = []unix.Errno{unix.EPERM, unix.EACCES, unix.ENOENT, unix.ESRCH, unix.EFAULT, unix.EBADF, unix.EIO, unix.ENXIO, unix.ESPIPE, unix.EISDIR, unix.EINVAL}

func readReply(line string) (reply, error) {
	kind, rest, _ := strings.Cut(line, " ")
	switch kind {
	case answerData:
		return reply{data: rest}, nil
	case answerDone:
		return reply{}, nil
	case answerLacks:
		return reply{lacks: rest}, nil
	case answerErrno:
		if n, err := strconv.Atoi(rest); err == nil && n > 0 {
			return reply{errno: unix.Errno(n)}, nil
		}
	}
	return reply{}, errors.New(strings.TrimPrefix(line, answerError+" "))
}

// refused says what a refusal is: a no, or a call that the kernel does not have.
func (t *encounter) refused(r reply) (finding, error) {
	switch {
	case r.lacks != "":
		return t.untestable(r.lacks), nil
	case r.errno == unix.ENOSYS:
		return t.untestable("the kernel does not have the call"), nil
	case slices.Contains(refusals, r.errno):
		return no, nil
	}
	return no, fmt.Errorf("an error that is no refusal: %w", r.errno)
}

// untestable remembers why a probe says nothing here.
func (t *encounter) untestable(because string) finding {
	t.lacks = because
	return untestable
}

func (r reply) granted() bool { return r.lacks == "" && r.errno == 0 }

// reads is a probe that succeeds if what it reads is the secret.
func reads(request string, secret func(facts) string) func(*encounter) (finding, error) {
	return func(t *encounter) (finding, error) {
		r, err := t.probe(request)
		switch {
		case err != nil:
			return no, err
		case !r.granted():
			return t.refused(r)
		case r.data == secret(t.victim):
			return yes, nil
		}
		return no, nil
	}
}

// does is a probe that succeeds if the kernel lets it.
func does(request string) func(*encounter) (finding, error) {
	return func(t *encounter) (finding, error) {
		r, err := t.probe(request)
		if err != nil || r.granted() {
			return yes, err
		}
		return t.refused(r)
	}
}

// attaches is reads of what takes the right to trace.
func attaches(request string) func(*encounter) (finding, error) {
	return func(t *encounter) (finding, error) {
		what, err := reads(request, memoryOf)(t)
		t.traceable = t.traceable || what == yes
		return what, err
	}
}

// ptrace asks the kernel for the same right as the probes before it: that it alone is refused
// between two processes is a filter's doing.
func (t *encounter) ptrace() (finding, error) {
	what, err := reads("ptrace", memoryOf)(t)
	if err == nil && what == no && t.traceable && !t.together {
		return t.untestable("the memory may be read by other calls that ask for the same right: a filter of system calls (seccomp) forbids ptrace"), nil
	}
	return what, err
}

// write has a byte changed, asks the sibling what it sees, and has the byte put back.
func (t *encounter) write() (finding, error) {
	r, err := t.probe("write")
	if err != nil {
		return no, err
	}
	if !r.granted() {
		return t.refused(r)
	}
	seen, err := t.sees()
	if err != nil {
		return no, err
	}
	if back, err := t.prober.ask("put_back"); err != nil || back != answerDone {
		return no, fmt.Errorf("put the byte back: %s, %v", back, err)
	}
	after, err := t.sees()
	switch {
	case err != nil:
		return no, err
	case after != t.victim.memory:
		return no, errors.New("the sibling's secret is not what it was, after the byte was put back")
	case seen == t.victim.memory:
		return no, nil
	case seen[2:] == t.victim.memory[2:]:
		return yes, nil
	}
	return no, errors.New("more than one byte of the sibling's secret has changed")
}

// sees asks the sibling for the secret that it has now.
func (t *encounter) sees() (string, error) {
	line, err := t.told("show")
	if err != nil {
		return "", err
	}
	r, err := readReply(line)
	if err == nil && len(r.data) != 2*secretSize {
		err = fmt.Errorf("the one that is probed shows %q", line)
	}
	return r.data, err
}

// exhausts is a probe that succeeds if the sibling asks in vain for what the prober has used up.
func exhausts(use, request string, shortage unix.Errno) func(*encounter) (finding, error) {
	return func(t *encounter) (what finding, err error) {
		before, err := t.wants(request)
		if err != nil || !before.granted() {
			return t.untestable(fmt.Sprintf("the sibling could not %s before anything was used up: %s", request, before.words())), err
		}
		line, err := t.prober.ask(use)
		if err != nil {
			return no, err
		}
		defer func() {
			if back, err2 := t.prober.ask("release"); err2 != nil || back != answerDone {
				err = errors.Join(err, fmt.Errorf("give back what was used up: %s, %v", back, err2))
			}
		}()
		r, err := readReply(line)
		if err != nil || !r.granted() {
			return t.untestable("the limit could not be used up: " + r.words()), err
		}
		after, err := t.wants(request)
		switch {
		case err != nil || after.granted():
			return no, err
		case after.errno == shortage:
			return yes, nil
		}
		return no, fmt.Errorf("the sibling asks in vain, but for another reason: %w", after.errno)
	}
}

func (t *encounter) wants(request string) (reply, error) { return asked(t.told, request) }

// asked is what comes of asking a part.
func asked(ask func(string) (string, error), request string) (reply, error) {
	line, err := ask(request)
	if err != nil {
		return reply{}, err
	}
	return readReply(line)
}
