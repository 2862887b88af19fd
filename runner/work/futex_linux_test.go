package work

import (
	"os"
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"
	"unsafe"
)

// The layouts of processes in which the locks are tried: one worker in each, and
// several in each, which share a thread's processor.
var crowds = map[string][]int{"processes": {1, 1, 1}, "hybrid": {2, 2}}

// A guarded pair at the beginning of shared memory.
type (
	mutexPair struct {
		lock futexMutex
		pair guardedPair
	}
	rwPair struct {
		lock futexRWMutex
		pair guardedPair
	}
)

func init() {
	forkedJobs["mutex"] = func(c *forked) forkedResult {
		m := viewOf[mutexPair](c.shared, 0)
		return c.hammer(func(n int64) (torn uint64) {
			m.lock.Lock()
			torn = addSlowly(&m.pair, n)
			m.lock.Unlock()
			return torn
		})
	}
	forkedJobs["rwmutex"] = func(c *forked) forkedResult {
		m := viewOf[rwPair](c.shared, 0)
		return c.hammer(func(n int64) (torn uint64) {
			if n%4 == 0 {
				m.lock.Lock()
				torn = addSlowly(&m.pair, n)
				m.lock.Unlock()
				return torn
			}
			m.lock.RLock()
			first := m.pair.first
			dawdle(n)
			torn = (first ^ atomic.LoadUint64(&m.pair.first)) | (first ^ atomic.LoadUint64(&m.pair.second))
			m.lock.RUnlock()
			return torn
		})
	}
	forkedJobs["stuck"] = func(c *forked) forkedResult {
		c.gate()
		viewOf[futexMutex](c.shared, 0).Lock()
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
}

// addSlowly is a critical section in which others get to run, as happens to one
// that is preempted: on a single processor there is no contention without it.
func addSlowly(p *guardedPair, n int64) (torn uint64) {
	torn = p.first ^ p.second
	p.first++
	dawdle(n)
	p.second++
	return torn
}

func dawdle(n int64) {
	if n%8 == 0 {
		yieldProcessor()
		runtime.Gosched()
	}
}

// hammer calls section for every item in every worker, all at once.
func (c *forked) hammer(section func(n int64) (torn uint64)) forkedResult {
	var torn atomic.Uint64
	c.gate()
	c.each(func(int) {
		for n := range c.Items {
			torn.Or(section(n))
		}
	})
	r := forkedResult{Items: c.Items * int64(c.Slots)}
	if torn.Load() != 0 {
		r.Broken = "two workers were in the critical section at once"
	}
	return r
}

func TestFutexMutexExcludesProcesses(t *testing.T) {
	for name, layout := range crowds {
		t.Run(name, func(t *testing.T) {
			const each = 10_000
			list, shared := inProcesses(t, layout, forkedTask{Job: "mutex", Size: 4096, Items: each}, nil)
			m := viewOf[mutexPair](shared, 0)
			checkPair(t, m.pair, itemsOf(list))
			if m.lock.state.Load() != mutexFree {
				t.Errorf("the lock is left in state %d", m.lock.state.Load())
			}
		})
	}
}

func TestFutexRWMutexExcludesProcesses(t *testing.T) {
	for name, layout := range crowds {
		t.Run(name, func(t *testing.T) {
			const each = 8_000
			list, shared := inProcesses(t, layout, forkedTask{Job: "rwmutex", Size: 4096, Items: each}, nil)
			m := viewOf[rwPair](shared, 0)
			checkPair(t, m.pair, itemsOf(list)/4)
			if m.lock != (futexRWMutex{}) {
				t.Errorf("the lock is left as %+v", &m.lock)
			}
		})
	}
}

func checkPair(t *testing.T, p guardedPair, want int64) {
	t.Helper()
	if p.first != uint64(want) || p.second != uint64(want) || want == 0 {
		t.Errorf("%d sections counted as %d and %d", want, p.first, p.second)
	}
}

// A goroutine asleep in a futex must not keep the others of its process from
// running, even if there is a processor for one alone.
func TestFutexWaitHandsOffTheProcessor(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	_, shared := sharedMemory(t, 4096)
	m := viewOf[futexMutex](shared, 0)
	m.Lock()
	inside, got := 1, make(chan int)
	go func() {
		m.Lock()
		inside++
		m.Unlock()
		got <- inside
	}()
	pollUntil(t, "the mutex is awaited", func() bool { return m.state.Load() == mutexAwaited })
	inside++
	m.Unlock()
	if n := <-got; n != 3 || m.state.Load() != mutexFree {
		t.Errorf("3 sections were counted as %d, and the mutex is left in state %d", n, m.state.Load())
	}
}

// A writer that waits for a reader goes before readers that come after it.
func TestFutexRWMutexLetsWritersIn(t *testing.T) {
	var rw futexRWMutex
	var order atomic.Int32
	rw.RLock()
	ends := make(chan int32, 2)
	go func() {
		rw.Lock()
		number := order.Add(1)
		rw.Unlock()
		ends <- number
	}()
	pollUntil(t, "the writer waits", func() bool { return rw.readerWait.Load() == 1 })
	go func() {
		rw.RLock()
		order.Add(1)
		rw.RUnlock()
		ends <- 0
	}()
	pollUntil(t, "the second reader waits", func() bool { return rw.readerCount.Load() == 2-rwMaxReaders })
	if order.Load() != 0 {
		t.Fatal("the second reader went past the writer")
	}
	rw.RUnlock()
	if a, b := <-ends, <-ends; a+b != 1 {
		t.Errorf("the writer was number %d to get in", a+b)
	}
	if rw != (futexRWMutex{}) {
		t.Errorf("the lock is left as %+v", &rw)
	}
}

// Readers are let in side by side: both hold the lock here at once.
func TestFutexRWMutexSharesReaders(t *testing.T) {
	var rw futexRWMutex
	rw.RLock()
	rw.RLock()
	if n := rw.readerCount.Load(); n != 2 {
		t.Errorf("%d readers hold the lock, want 2", n)
	}
	rw.RUnlock()
	rw.RUnlock()
	if rw != (futexRWMutex{}) {
		t.Errorf("the lock is left as %+v", &rw)
	}
}

func TestFutexSemCountsAcrossGoroutines(t *testing.T) {
	var s futexSem
	const takers, each = 4, 500
	ended := make(chan bool)
	for range takers {
		go func() {
			for range each {
				s.acquire()
			}
			ended <- true
		}()
	}
	pollUntil(t, "somebody waits", func() bool { return s.waiters.Load() > 0 })
	for left := int32(takers * each); left > 0; left -= 5 {
		s.release(5)
	}
	for range takers {
		<-ended
	}
	if s != (futexSem{}) {
		t.Errorf("left over: %+v", &s)
	}
}

// What the doc says of a process that is killed within the lock: it stays locked.
func TestFutexMutexOfAKilledProcessStaysLocked(t *testing.T) {
	file, shared := sharedMemory(t, 4096)
	p := startForked(t, t.Context(), forkedTask{Job: "stuck", Slots: 1, Workers: 1, Processes: 1, Size: 4096}, file)
	p.line(t)
	p.pass.Write([]byte{0})
	if line, err := p.report.ReadString('\n'); err == nil {
		t.Fatalf("the process lives and says %q", line)
	}
	if got := viewOf[futexMutex](shared, 0).state.Load(); got != mutexHeld {
		t.Errorf("the mutex is in state %d, want %d", got, mutexHeld)
	}
}

// The words of a lock and what it protects lie together, as in a struct of Go's.
func TestGuardedPairsFitALine(t *testing.T) {
	if n := unsafe.Sizeof(rwPair{}); n > 64 {
		t.Errorf("the lock and its pair take %d bytes", n)
	}
}
