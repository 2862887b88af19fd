package work

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
)

func init() { describe("spawn", spawnKind) }

func spawnKind() Kind {
	return Kind{
		Name:    "spawn",
		Summary: "creating, parking, ending and joining k executors of the model's kind",
		Doc: `Definition: an item creates k executors, one after the other, and waits until each
has signalled that it runs; they park; all are told to end, and joined. An executor
is given a label made from the item's number and its own; it signals with the label
and returns the exclusive or of the label's bytes. An item's result is made of all
labels that came back and of all that was returned.
What is created follows the model.
  sequential, goroutines: goroutines.
  threads: goroutines that lock themselves to a thread and return without
    unlocking, which ends the thread. Joined is who has returned and whose thread the
    kernel has taken away, as with pthread_join (elsewhere than on Linux: who has
    returned). Go may give an executor a thread that was idle; since each ends with
    its executor, one is created for each in the mean.
  processes, hybrid (Linux only): processes of trialhost itself, with the start of Go's
    runtime, or with image: static of a program of 300 bytes without any runtime:
    it tells what of that is the kernel's fork and exec. They are created by
    syscall.ForkExec (clone with CLONE_VFORK and CLONE_VM, then exec), told to end by
    the close of a pipe that all of them read, and joined by wait4.
first_s is taken by the executor itself: a goroutine's first act; a thread's first once
the goroutine is locked to it; what main does first in trialhost, and the static program's
first system call (CLOCK_MONOTONIC, handed back with the signal). Of goroutines one item
in 16 takes these times, and another one create_s and join_s: a clock costs a tenth
of a goroutine's life.
pss_each_B and uss_each_B are the slopes, by Theil and Sen, of PSS and USS (smaps_rollup) over
k/4, k/2, 3k/4 and k parked executors, of the process in which they live, or of all that they
are. The trial's first worker measures them once: goroutines and threads before the gate,
while none has left memory to the next; processes after the first iteration. They
are absent where the growth is no clear line: under 64 KiB, or bent by more than a
quarter. Goroutines take a k of several hundred.
Source: lat_proc of lmbench (McVoy and Staelin, 1996) and the process tests of
will-it-scale; testdata/c/spawn.c is the same in C. Tested against a separate
implementation, the kernel's lists of threads and children, and an assembler.
Unit: executors; not bytes.
Stresses: creation and end of tasks in Go's scheduler and in the kernel.
Does not say: what memory the kernel itself takes for a task (its stack, its page
tables), what an executor costs while it works, or what reuse saves: see respawn.
As executors come and go between two samples, a trial's memory and threads are
only told where a cgroup counts them. The weighing creates k more: compare cpu_work_s, not
what counts the whole trial (cpu_s, page faults, context switches).`,
		Item: "a life cycle of k executors",
		Params: []Param{
			{Name: "k", Type: "int", Default: "16", Min: 1, Max: 1000, Doc: "executors that exist at the same time, of each worker"},
			{Name: "image", Type: "choice", Default: "self", Choices: []string{"self", "static"}, Doc: "program of a process: trialhost, or a bare one without a runtime"},
		},
		ItemOps: func(ps Params) int64 { return ps.Int("k") },
		Measures: append(slices.Clone(lifeMeasures),
			Measure{Name: "pss_each_B", Title: "memory of an executor (PSS)", Unit: "B", Less: true, Merge: MergeMean,
				Doc: "growth of the proportional set size with each parked executor"},
			Measure{Name: "uss_each_B", Title: "memory of an executor (USS)", Unit: "B", Less: true, Merge: MergeMean,
				Doc: "growth of the unique set size with each parked executor"}),
		New:    newSpawn,
		Refuse: refuseSpawn,
		Spawns: true,
	}
}

func refuseSpawn(ps Params, l Layout) string {
	switch {
	case ps.String("image") != "static":
		return ""
	case l.Model != "processes" && l.Model != "hybrid":
		return "a static image is a program, and the model " + l.Model + " creates no processes; image: self works in it"
	case runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64":
		return "a static image exists for amd64 and arm64, not for " + runtime.GOARCH
	}
	return ""
}

type spawning struct {
	k       int
	teams   *teams
	env     Env
	workers slots[spawner]
}

// spawner is one worker.
type spawner struct {
	chronicle
	lives  []life
	team   team
	weight map[string]float64 // memory of an executor, until it is asked for; nil: not measured yet
}

func newSpawn(ps Params, env Env) (Kernel, error) {
	k := &spawning{k: int(ps.Int("k")), env: env, workers: newSlots[spawner](env)}
	var err error
	if k.teams, err = newTeams(env, ps.String("image") == "static", k.k, 0); err != nil {
		return nil, fmt.Errorf("spawn: %w", err)
	}
	for slot := range k.workers {
		w := k.workers.of(slot)
		w.chronicle, w.lives = newChronicle(env), make([]life, k.k)
		w.team = k.teams.of(w.lives)
	}
	return k, nil
}

// Prepare rehearses the creation of processes, so that what the system lacks is known before
// the gate. Goroutines and threads are weighed now.
func (k *spawning) Prepare(_ context.Context, slot int) error {
	w := k.workers.of(slot)
	if k.env.Processes > 0 {
		_, err := w.round(-1)
		w.take()
		return err
	}
	return k.weigh(slot)
}

// Measure weighs processes after the first iteration: none comes or goes now.
func (k *spawning) Measure(slot int) Readings {
	w := k.workers.of(slot)
	if k.env.Processes > 0 && w.weight == nil {
		_ = k.weigh(slot) // without it there is no weight to read
	}
	r := w.take()
	maps.Copy(r.Values, w.weight)
	clear(w.weight)
	return r
}

// weigh measures the memory of an executor, if this is the trial's first worker.
func (k *spawning) weigh(slot int) (err error) {
	w := k.workers.of(slot)
	w.weight = map[string]float64{}
	if k.env.Rank+slot > 0 {
		return nil
	}
	return weighExecutors(k.k, k.teams, w.weight)
}

// Close gives back what the teams share. Each item has joined its executors.
func (k *spawning) Close() error { return k.teams.close() }

func (k *spawning) Do(ctx context.Context, t Task) (uint64, error) {
	return sumItems(ctx, t, k.workers.of(t.Slot).round)
}

// round is the life cycle of an item's executors.
func (w *spawner) round(item int64) (uint64, error) {
	firsts, calls := w.next()
	var begin, made, settled, end int64
	if calls {
		begin = sinceEpoch()
	}
	err := w.createAll(scramble(uint64(item)), firsts)
	if calls {
		made = sinceEpoch()
	}
	if err == nil {
		err = w.team.settle()
	}
	if calls {
		settled = sinceEpoch()
	}
	if err = errors.Join(err, w.team.dismiss()); err != nil {
		return 0, fmt.Errorf("spawn: %w", err)
	}
	if calls {
		end = sinceEpoch()
		w.tookToCreate(len(w.lives), made-begin)
		w.tookToJoin(len(w.lives), end-settled)
	}
	return w.proof(firsts), nil
}

func (w *spawner) createAll(base uint64, stamp bool) error {
	for i := range w.lives {
		if err := w.team.create(i, newLabel(base, i), stamp); err != nil {
			return err
		}
	}
	return nil
}

// proof is the result of an item: it has what every executor sent and returned.
func (w *spawner) proof(firsts bool) (sum uint64) {
	for i := range w.lives {
		l := &w.lives[i]
		sum += l.proof(i)
		if firsts {
			w.first(l)
		}
	}
	return sum
}
