package work

import (
	"context"
	"errors"
	"fmt"
)

func init() { describe("respawn", respawnKind) }

func respawnKind() Kind {
	return Kind{
		Name:    "respawn",
		Summary: "tasks for executors that are replaced by new ones after so many of them",
		Doc: `Definition: a worker has one executor at a time, to which it hands the items' tasks and
waits for each result. A task is that many steps of SplitMix64 from the item's
number, which is the result. An executor that has done lifetime tasks is told to end and
joined; the next item creates another one, hands it its task at once and does not wait
for its start. Executors are those of spawn: goroutines; threads that end with
them; processes of trialhost (Linux only).
A lifetime of 1 is a process for each request, as with CGI or a server that forks; a
long one is a pool, as with the MaxRequestsPerChild of a web server.
first_s, create_s and join_s mean what they do in spawn; of goroutines, one executor in 16
takes first_s and another one the others.
Source: the process-per-request servers of the CGI specification (RFC 3875) and of
Stevens, UNIX Network Programming, chapter 30. Tested against a separate
implementation.
Unit: tasks; not bytes.
Stresses: creation and end of executors against the work that they do: how long must a task
be, or how many must share an executor, before creation no longer counts?
Does not say: what a pool saves that creates its executors ahead of time, on
another core; what is lost in an executor's warm caches beyond its own start.
With a long lifetime what is left is the way of a task and back, through channels or
pipes.`,
		Item: "a task of one executor",
		Params: []Param{
			{Name: "lifetime", Type: "int", Default: "1", Min: 1, Max: 1000, Doc: "tasks that an executor does before another one takes its place"},
			{Name: "task", Type: "int", Default: "100000", Min: 0, Max: 1e9, Doc: "length of a task, in steps of SplitMix64, of some 4 ns each"},
		},
		Measures: lifeMeasures,
		New:      newRespawn,
		Spawns:   true,
	}
}

type respawning struct {
	env     Env
	teams   *teams
	workers slots[respawner]
}

// respawner is one worker and its one executor.
type respawner struct {
	chronicle
	lifetime int
	lives    []life
	team     servants
	alive    bool
	done     int  // tasks that the living executor was given
	stamped  bool // it took the time of its first instruction, which is not noted yet
	timed    bool // its creation and end are timed
}

func newRespawn(ps Params, env Env) (Kernel, error) {
	k := &respawning{env: env, workers: newSlots[respawner](env)}
	var err error
	if k.teams, err = newTeams(env, false, 1, int(ps.Int("task"))); err != nil {
		return nil, fmt.Errorf("respawn: %w", err)
	}
	for slot := range k.workers {
		w := k.workers.of(slot)
		w.chronicle, w.lives, w.lifetime = newChronicle(env), make([]life, 1), int(ps.Int("lifetime"))
		w.team = k.teams.of(w.lives)
	}
	return k, nil
}

// Prepare rehearses the creation of a process, so that what the system lacks is known before
// the gate.
func (k *respawning) Prepare(_ context.Context, slot int) error {
	w := k.workers.of(slot)
	if k.env.Processes == 0 {
		return nil
	}
	err := w.begin(0)
	if err == nil {
		err = w.team.settle()
	}
	err = errors.Join(err, w.end())
	w.take()
	return err
}

func (k *respawning) Do(ctx context.Context, t Task) (uint64, error) {
	return sumItems(ctx, t, k.workers.of(t.Slot).serve)
}

func (k *respawning) Measure(slot int) Readings { return k.workers.of(slot).take() }

// Close ends the executors that have not come to the end of their lifetime.
func (k *respawning) Close() error {
	var faults []error
	for slot := range k.workers {
		faults = append(faults, k.workers.of(slot).end())
	}
	return errors.Join(append(faults, k.teams.close())...)
}

// serve has the executor do the task of an item, a new one if none lives.
func (w *respawner) serve(item int64) (uint64, error) {
	result, err := w.hand(item)
	if err != nil || w.done == w.lifetime {
		err = errors.Join(err, w.end())
	}
	if err != nil {
		return 0, fmt.Errorf("respawn: %w", err)
	}
	return result, nil
}

func (w *respawner) hand(item int64) (uint64, error) {
	if !w.alive {
		if err := w.begin(item); err != nil {
			return 0, err
		}
	}
	w.done++
	if err := w.team.order(0, item); err != nil {
		return 0, fmt.Errorf("hand item %d to its executor: %w", item, err)
	}
	result, err := w.team.result(0)
	if err == nil && w.stamped {
		w.first(&w.lives[0])
		w.stamped = false
	}
	return result, err
}

// begin creates the executor whose first task is the item.
func (w *respawner) begin(item int64) error {
	w.alive, w.done = true, 0
	w.stamped, w.timed = w.next()
	var before int64
	if w.timed {
		before = sinceEpoch()
	}
	err := w.team.create(0, newLabel(scramble(uint64(item)), 0), w.stamped)
	if w.timed {
		w.tookToCreate(1, sinceEpoch()-before)
	}
	return err
}

// end ends and joins the executor, if one lives.
func (w *respawner) end() error {
	if !w.alive {
		return nil
	}
	w.alive = false
	var before int64
	if w.timed {
		before = sinceEpoch()
	}
	err := w.team.dismiss()
	if w.timed {
		w.tookToJoin(1, sinceEpoch()-before)
	}
	return err
}
