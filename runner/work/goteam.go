package work

import (
	"runtime"
	"runtime/debug"
	"sync"
)

// goTeam is a team of goroutines; locked, each has a thread of its own that is
// created with it and ends with it.
type goTeam struct {
	locked    bool
	steps     int // of a task
	executors []goExecutor
	created   int
	running   sync.WaitGroup // those that have not signalled yet
	ended     sync.WaitGroup // those that have not returned yet
}

type goExecutor struct {
	*life
	team    *goTeam
	stamp   bool
	main    func()     // made once: a go statement with arguments would allocate
	orders  chan int64 // the numbers of tasks, or endOrder
	results chan uint64
	thread  threadEnd
	_       [128]byte // the kernel writes thread while a neighbour runs
}

const endOrder = -1

func newGoTeam(lives []life, locked bool, steps int) *goTeam {
	t := &goTeam{locked: locked, steps: steps, executors: make([]goExecutor, len(lives))}
	for i := range t.executors {
		e := &t.executors[i]
		e.life, e.team, e.main = &lives[i], t, e.run
		if locked {
			e.main = e.runOnThread
		}
		e.orders, e.results = make(chan int64, 1), make(chan uint64, 1)
	}
	return t
}

// allowThreads lets this process have n threads beside the runtime's own, which else
// ends the process when there are 10000.
func allowThreads(n int) {
	const usual, spare = 10000, 1000
	if n+spare > usual {
		debug.SetMaxThreads(n + spare)
	}
}

func (t *goTeam) create(i int, label uint64, stamp bool) error {
	e := &t.executors[i]
	*e.life, e.stamp = life{label: label}, stamp
	t.running.Add(1)
	t.ended.Add(1)
	t.created = i + 1
	if stamp {
		e.created = sinceEpoch()
	}
	go e.main()
	return nil
}

func (t *goTeam) settle() error {
	t.running.Wait()
	return nil
}

// dismiss waits for the last words of the executors, then for the ends of their
// threads: pthread_join does nothing else.
func (t *goTeam) dismiss() error {
	for i := range t.created {
		t.executors[i].orders <- endOrder
	}
	t.ended.Wait()
	if t.locked {
		for i := range t.created {
			t.executors[i].thread.join()
		}
	}
	t.created = 0
	return nil
}

func (t *goTeam) order(i int, task int64) error {
	t.executors[i].orders <- task
	return nil
}

func (t *goTeam) result(i int) (uint64, error) { return <-t.executors[i].results, nil }

func (e *goExecutor) run() {
	if e.stamp {
		e.first = sinceEpoch()
	}
	e.live()
}

// runOnThread returns without unlocking: that ends the thread.
func (e *goExecutor) runOnThread() {
	runtime.LockOSThread()
	if e.stamp {
		e.first = sinceEpoch()
	}
	if !e.thread.adopt() {
		go e.main()
		return
	}
	e.live()
}

func (e *goExecutor) live() {
	e.echo = e.label
	e.team.running.Done()
	for task := <-e.orders; task != endOrder; task = <-e.orders {
		e.results <- chain(task, e.team.steps)
	}
	e.code = answer(e.label)
	e.team.ended.Done()
}
