package work

import (
	"fmt"
	"slices"
)

func init() { accompany(FaultsName, faultsCompanion) }

// FaultsName is the companion that makes a worker fail, as a key of an entry of workloads.
const FaultsName = "faults"

// What may happen to a worker. The host knows how.
const (
	FaultNone        = "none"
	FaultRecovered   = "recovered"
	FaultPanic       = "panic"
	FaultNil         = "nil"
	FaultMaps        = "maps"
	FaultStack       = "stack"
	FaultExit        = "exit"
	FaultSegv        = "segv"
	FaultKill        = "kill"
	FaultOOM         = "oom"
	FaultLoop        = "loop"
	FaultDeadlock    = "deadlock"
	FaultDescriptors = "descriptors"
	FaultLock        = "lock"
	FaultPipe        = "pipe"
)

// Ways in which workers deliver their results.
const (
	DeliverLedger = "ledger"
	DeliverPipe   = "pipe"
)

func faultsCompanion() Companion {
	return Companion{
		Name:    FaultsName,
		Summary: "one worker fails at a seeded moment; what becomes of the others, and of its work?",
		Doc: `Definition: the workers of every model are in child processes of a host that only
supervises: goroutines and threads in one, processes in one each, hybrid in its P. So
the models differ in where the boundaries of processes are, and in nothing else.
Each worker does its equal share of the items, one after the other, and delivers each
result. The victim fails with the result of an item in hand, once a share of all items
is delivered that is drawn from 20 to 80 %, by the seed of the experiment and
the number of the trial; with its last item where it is ahead of the others.
  none         nothing: the price of the layout without faults
  recovered    a panic that the worker itself recovers from
  panic        a panic that nobody recovers from
  nil          a nil pointer is followed
  maps         a map is written to by several goroutines until the runtime ends the process
  stack        endless recursion, below a limit of 256 KiB on the stack
  exit         os.Exit(1)
  segv         SIGSEGV, with the default action, as in a program in C
  kill         SIGKILL
  oom          allocates until the runtime dies of a limit on the process's address space
  loop         computes for ever
  deadlock     waits for ever
  descriptors  opens files up to a limit, and keeps them; here, every item of every
               worker needs a descriptor for a moment
  lock         SIGKILL within the lock under which all workers deliver
  pipe         SIGKILL in the middle of a record in the pipe through which all deliver
Each strikes the process that holds the victim, as it would without us.
Unsupervised, the dead stay dead, and who hangs is given up once nobody has got on for
as long as patience, or 20 times an item where that is longer. Supervised, the
host restarts a process that died, or in which a worker was silent for that long and
which it therefore killed; it gives back the lock that the dead held, waits until what they had
sent is read, and the new process does what is not delivered yet. It is not struck again.
Delivered to the ledger, a result is written into shared memory under a lock that all workers
share, which knows its owner. Through the pipe, it is a record of 32 bytes with a
checksum in a pipe that all workers share, and the host writes it down.
On a server (http, at a share of its capacity) the items are its requests, and the moment is
drawn from 20 to 80 % of those that are measured: the victim fails with a request in hand that is done and not
answered, or without one where it has none while others do a twentieth of them. A panic that nobody
recovers from is in a goroutine which the handler has started, for net/http recovers from those of the handler
itself, which is recovered; the pool of the model threads does the same. Each request is booked in the
ledger, or in the pipe, before it is answered. Whose a request is the kernel decides when it comes, so
all that are due after the strike are others': spared_share is the share of them that got the right
answer. Unsupervised, a client gives up after three times the patience, and half a second at the least. Supervised, clients send
again what was cut off, as HTTP allows for requests that only read, the supervisor keeps the listening
sockets, so that who comes meanwhile waits, and a process is replaced in which a request
is in hand for longer than patience, or four times as long as the slowest so far. Then every request must be answered, or the trial is wrong.
Source: own; for supervision, Armstrong, Making reliable distributed systems in the presence
of software errors, 2003.
Unit: items.
Stresses: isolation. Without faults: nothing, but for one lock or one write an item.
Does not say: anything of faults that spread through shared data, which kernels here do not
have; of a crash of the machine or of the supervisor; how often such faults happen.
Supervised or without a fault, every item must be done exactly once and right, or the trial is
wrong. Where items were lost, its time is that of less work; cpu_s leaves out what it takes
the host to check what was delivered, by doing it again.`,
		Short: "fault",
		Params: []Param{
			{Name: "fault", Type: "choice", Default: FaultNone, Choices: []string{FaultNone, FaultRecovered, FaultPanic, FaultNil, FaultMaps, FaultStack, FaultExit,
				FaultSegv, FaultKill, FaultOOM, FaultLoop, FaultDeadlock, FaultDescriptors, FaultLock, FaultPipe}, Doc: "what happens to the victim"},
			{Name: "supervised", Type: "bool", Default: "false", Doc: "whether the host restarts what fails"},
			{Name: "victim", Type: "int", Default: "0", Min: -1, Max: 1 << 20, Doc: "number of the worker that fails, from 0; -1: drawn by the seed"},
			{Name: "patience", Type: "duration", Default: "300ms", Min: 0.01, Max: 3600, Doc: "how long a worker may be silent before it counts as hanging"},
			{Name: "deliver", Type: "choice", Default: DeliverLedger, Choices: []string{DeliverLedger, DeliverPipe}, Doc: "through what results are delivered"},
		},
		Measures: []Measure{
			{Name: "spared_share", Title: "items of other workers done right", Doc: "share of the items of all workers but the victim that were delivered with the right result; of a server, of the requests due after the strike", Merge: MergeMin},
			{Name: "lost_items", Title: "items lost", Doc: "items that were never delivered", Less: true, Merge: MergeSum},
			{Name: "duplicated_items", Title: "items delivered twice", Doc: "items that were delivered more than once; of a server, requests that were handled more than once", Less: true, Merge: MergeSum},
			{Name: "corrupted_items", Title: "items with a wrong result", Doc: "items that were delivered with a wrong result", Less: true, Merge: MergeSum},
			{Name: "torn_records", Title: "records cut short", Doc: "records of the pipe that were found incomplete, and dropped; absent without the pipe", Less: true, Merge: MergeSum},
			{Name: "detect_s", Title: "time to detect", Unit: "s", Doc: "from the strike until the host knows; of items, unsupervised, where nothing dies or hangs, until the end", Less: true, Merge: MergeMax},
			{Name: "recover_s", Title: "time to recover", Unit: "s", Doc: "from the strike until what replaced the victim's process had delivered its first item, or, of a server, was ready for requests; supervised alone", Less: true, Merge: MergeMax},
			{Name: "outage_s", Title: "longest time without an answer", Unit: "s", Doc: "longest time within what is measured in which no client of a server got a right answer", Less: true, Merge: MergeMax},
			{Name: "resent_items", Title: "requests sent again", Doc: "times that a client sent a request again that had been cut off; of servers, supervised alone", Less: true, Merge: MergeSum},
			{Name: "restarts", Title: "restarts", Doc: "processes that were started in place of others; supervised alone", Less: true, Merge: MergeSum},
		},
		Refuse: refuseFaults,
	}
}

// refuseFaults says where a worker cannot be made to fail.
func refuseFaults(k Kind, ps, own Params, l Layout) string {
	fault, pipe := own.String("fault"), own.String("deliver") == DeliverPipe
	switch {
	case !hasFutex:
		return "faults need the shared locks, limits and signals of Linux"
	case k.Peer != nil:
		return "faults strike workers with an equal share of the items each, and those of " + k.Name + " work on each other's: use a workload without links"
	case k.Shared != nil || k.Spawns:
		return "what workers of " + k.Name + " share or start would be left behind half done: use a workload whose workers share nothing, such as sieve"
	case l.FixedTime && k.Server == nil:
		return "lost items can be counted only of a known number: write items in place of duration"
	case l.Model == "sequential" || l.Workers < 2:
		return "with one worker there are no others to be spared: ask for two workers or more, and not for the model sequential"
	case k.Server != nil && k.Load(ps).Share == 0:
		return "clients that wait for an answer before they ask again do not see what a dead server costs: use a load that is a share of the capacity, such as 60%"
	case l.Dynamic && k.Server == nil:
		return "whose items are lost must be known before: use schedule: static"
	case l.Iterations > 1:
		return "a worker fails once in a trial: use iterations: 1"
	case own.Int("victim") >= int64(l.Workers):
		return fmt.Sprintf("there is no worker %d among %d, they count from 0", own.Int("victim"), l.Workers)
	case fault == FaultPipe && !pipe:
		return "the fault pipe strikes in the pipe: add deliver: pipe"
	case fault == FaultLock && pipe:
		return "the fault lock strikes in the lock of the ledger: use deliver: ledger"
	}
	return ""
}

// FaultBeside returns the parameters of the faults beside a cell's work; ok is false where there are none. The fault
// itself may be none.
func FaultBeside(cell Params) (own Params, ok bool) {
	c, own, ok := Beside(cell)
	return own, ok && c.Name == FaultsName
}

// InjectsFault tells whether the parameters of a cell make a worker fail.
func InjectsFault(cell Params) bool {
	own, ok := FaultBeside(cell)
	return ok && own.String("fault") != FaultNone
}

// MayLose tells whether items may be lost in a cell without that it is wrong.
func MayLose(cell Params) bool { return InjectsFault(cell) && !cell.Bool("supervised") }

// Fatal tells whether a fault is the end of the process that it strikes.
func Fatal(fault string) bool {
	return !slices.Contains([]string{FaultNone, FaultRecovered, FaultLoop, FaultDeadlock, FaultDescriptors}, fault)
}
