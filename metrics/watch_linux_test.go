package metrics

import (
	"math"
	"os"
	"runtime"
	"testing"
	"time"

	"forklore/metrics/record"

	"github.com/shirou/gopsutil/v3/process"
	"golang.org/x/sys/unix"
)

// The CPU of a sample lies between what the process itself says just before it
// and what wait4 says after its end, give or take 1 % + 1 ms.
func TestCPUAgainstRusage(t *testing.T) {
	c := spawn(t, "burn 150")
	w := Watch([]Proc{{c.pid(), "worker"}}, Options{Every: 10 * time.Millisecond})
	w.Start()
	self := c.act()
	got := w.Stop(now())
	last := samplesOf(got, c.pid())
	cpu := last[len(last)-1].CPUS
	handle, err := process.NewProcess(int32(c.pid()))
	if err != nil {
		t.Fatal(err)
	}
	times, err := handle.Times()
	if err != nil {
		t.Fatal(err)
	}
	r := c.finish()
	total := float64(r.Utime.Nano()+r.Stime.Nano()) / 1e9
	if cpu < self*0.99-0.001 || cpu > total*1.01+0.001 {
		t.Errorf("sampled CPU %.6f s, the process says %.6f s before and wait4 %.6f s after", cpu, self, total)
	}
	if g := times.User + times.System; math.Abs(g-cpu) > 0.021+0.01*cpu { // user and system each lose up to 10 ms
		t.Errorf("gopsutil says %.3f s of CPU, the clock %.6f s", g, cpu)
	}
	if got.CPUSource != "clock" {
		t.Errorf("CPU source %q", got.CPUSource)
	}
}

func TestMemoryAgainstTouched(t *testing.T) {
	c := spawn(t, "touch")
	w := Watch([]Proc{{c.pid(), "worker"}}, Options{})
	c.act()
	got := w.Stop(now())
	rows := samplesOf(got, c.pid())
	if len(rows) != 2 {
		t.Fatalf("%d samples, want the two phase readings", len(rows))
	}
	for name, rise := range map[string]float64{
		"RSS":         rows[1].RSSB - rows[0].RSSB,
		"PSS":         rows[1].PSSB - rows[0].PSSB,
		"phase PSS":   got.PSSDoneB - got.PSSReadyB,
		"peak of RSS": got.RSSPeakB - rows[0].RSSB,
		"peak of PSS": got.PSSPeakB - got.PSSReadyB,
	} {
		if math.Abs(rise-touchB) > 0.02*touchB {
			t.Errorf("%s rose by %.0f B, the child touched %d B", name, rise, touchB)
		}
	}
	if got.USSDoneB < touchB || got.USSDoneB > got.PSSDoneB {
		t.Errorf("private memory %.0f B, want at least %d B and at most the PSS of %.0f B", got.USSDoneB, touchB, got.PSSDoneB)
	}
	if peak := status(t, c.pid(), "VmHWM"); peak < touchB {
		t.Errorf("high-water mark %.0f B", peak)
	}
}

// status is a line of /proc/PID/status: what the kernel itself says.
func status(t *testing.T, pid int, key string) float64 {
	t.Helper()
	text, err := FS{}.read(procFile(pid, "status"))
	if err != nil {
		t.Fatal(err)
	}
	return value(text, key)
}

// A big parent must not show in its children, as it does in their ru_maxrss.
func TestSwollenParent(t *testing.T) {
	read := func() Readings {
		c := spawn(t, "idle")
		got := Watch([]Proc{{c.pid(), "worker"}}, Options{}).Stop(0)
		t.Logf("RSS peak %.0f B, PSS %.0f B, ru_maxrss %d kB", got.RSSPeakB, got.PSSDoneB, c.finish().Maxrss)
		return got
	}
	slim := read()
	mem, err := touched(400 << 20)
	if err != nil {
		t.Skip(err)
	}
	defer unix.Munmap(mem)
	swollen := read()
	for name, pair := range map[string][2]float64{
		"RSS peak": {slim.RSSPeakB, swollen.RSSPeakB}, "PSS done": {slim.PSSDoneB, swollen.PSSDoneB},
		"USS done": {slim.USSDoneB, swollen.USSDoneB}, "PSS peak": {slim.PSSPeakB, swollen.PSSPeakB},
	} {
		if math.Abs(pair[0]-pair[1]) > 4<<20 {
			t.Errorf("%s of an idle child: %.0f B, under a parent of 400 MB %.0f B", name, pair[0], pair[1])
		}
	}
}

// Every tick that was due is taken or counted as late, times are those of the
// readings, and every kind of row is there.
func TestTicks(t *testing.T) {
	const every = 10 * time.Millisecond
	c := spawn(t, "burn 120")
	w := Watch([]Proc{{c.pid(), "worker"}}, Options{Every: every, Trial: 7})
	begin := now()
	w.Start()
	c.act()
	before := now()
	got := w.Stop(begin)
	due := int((before - begin) / int64(every))
	if got.Ticks < 1 || got.Ticks+got.Late < due-1 || got.Ticks > due+1 {
		t.Errorf("%d ticks and %d late, %d were due", got.Ticks, got.Late, due)
	}
	if !(got.TickS > 0) || !(got.SelfCPUS > 0) || got.SelfCPUS > float64(before-begin)/1e9 {
		t.Errorf("a tick took %v s, all of them %v s of CPU", got.TickS, got.SelfCPUS)
	}
	if !(got.ThreadsMax >= 1) || !(got.FDsMax >= 3) {
		t.Errorf("threads %v, descriptors %v", got.ThreadsMax, got.FDsMax)
	}
	roles := map[string]int{}
	for _, s := range got.Samples {
		roles[s.Role]++
		if s.Trial != 7 {
			t.Fatalf("sample of trial %d", s.Trial)
		}
		if !(s.RSSB > 0) || !(s.CPUS > 0) {
			t.Errorf("a %s sample without numbers: %+v", s.Role, s)
		}
	}
	for _, role := range []string{"worker", "machine", "runner"} {
		if roles[role] != got.Ticks+2 {
			t.Errorf("%d %s samples in %d ticks and 2 phases", roles[role], role, got.Ticks)
		}
	}
	rows := samplesOf(got, c.pid())
	if rows[0].TS >= 0 || rows[len(rows)-1].TS <= 0.05 {
		t.Errorf("first reading at %v s, last at %v s after 120 ms of work", rows[0].TS, rows[len(rows)-1].TS)
	}
	for i := 1; i < len(rows); i++ {
		if a, b := rows[i-1], rows[i]; b.TS <= a.TS || b.CPUS < a.CPUS {
			t.Errorf("time or CPU of the process went backwards: %+v, then %+v", a, b)
		}
	}
}

// The threads of a sample are those that gopsutil and /proc/PID/status count,
// for a process with more than one: ours.
func TestThreadsAgainstStatus(t *testing.T) {
	stop := make(chan struct{})
	ready := make(chan struct{})
	for range 3 {
		go func() {
			runtime.LockOSThread()
			ready <- struct{}{}
			<-stop
		}()
	}
	defer close(stop)
	for range 3 {
		<-ready
	}
	pid := os.Getpid()
	handle, err := process.NewProcess(int32(pid))
	if err != nil {
		t.Fatal(err)
	}
	for range 100 { // the runtime may start a thread between two of the readings
		before, _ := handle.NumThreads()
		got, ok := threadCount(pid)
		if int32(status(t, pid, "Threads")) != before {
			continue
		}
		if !ok || got != int(before) || got < 4 {
			t.Errorf("%d threads (%v), gopsutil and status count %d", got, ok, before)
		}
		return
	}
	t.Skip("the number of threads never stood still")
}

func TestOnlyTheMetricsAskedFor(t *testing.T) {
	c := spawn(t, "idle")
	r := newReader([]Proc{{c.pid(), "worker"}}, Options{Metrics: []string{"rss"}, Now: now})
	r.tick()
	for _, s := range r.rows.since(0) {
		if !math.IsNaN(s.CPUS) || !math.IsNaN(s.PSSB) || !math.IsNaN(s.Threads) || !(s.RSSB > 0) {
			t.Errorf("%+v, want nothing but RSS", s)
		}
	}
}

// A process that ends between two ticks takes its rows with it and nothing else.
func TestVanished(t *testing.T) {
	a, b := spawn(t, "idle"), spawn(t, "idle")
	r := newReader([]Proc{{a.pid(), "worker"}, {b.pid(), "worker"}}, Options{Now: now})
	r.tick()
	both := r.rssPeak
	a.kill()
	r.tick()
	rows := r.rows.since(0)
	count := map[int]int{}
	for _, s := range rows {
		count[s.PID]++
	}
	if count[a.pid()] != 1 || count[b.pid()] != 2 {
		t.Errorf("samples by process: %v, want 1 of %d and 2 of %d", count, a.pid(), b.pid())
	}
	if r.rssPeak != both || r.threadsMax < 2 {
		t.Errorf("peak RSS %v, want still %v", r.rssPeak, both)
	}
	if pss, uss, fds := r.phase(); !math.IsNaN(pss) || !math.IsNaN(uss) || !math.IsNaN(fds) {
		t.Errorf("phase sums %v %v %v over a process that is gone, want NaN", pss, uss, fds)
	}
}

func TestNothingToWatch(t *testing.T) {
	got := Watch(nil, Options{}).Stop(0)
	for _, v := range []float64{got.RSSPeakB, got.PSSPeakB, got.PSSReadyB, got.PSSDoneB, got.USSDoneB, got.ThreadsMax, got.FDsMax, got.TickS} {
		if !math.IsNaN(v) {
			t.Errorf("a number out of nothing: %+v", got)
		}
	}
}

// A sweep of PSS that took long is the last one, and says so; phases go on.
func TestDearPSS(t *testing.T) {
	c := spawn(t, "idle")
	var clock int64
	step := time.Microsecond
	r := newReader([]Proc{{c.pid(), "worker"}}, Options{Now: func() int64 { clock += int64(step); return clock }})
	pss := func() (n int) {
		clock += int64(pssEvery)
		before := len(samplesOf(Readings{Samples: r.rows.since(0)}, c.pid()))
		r.tick()
		for _, s := range samplesOf(Readings{Samples: r.rows.since(0)}, c.pid())[before:] {
			if !math.IsNaN(s.PSSB) {
				n++
			}
		}
		return n
	}
	if pss() != 1 || len(r.warnings()) > 0 {
		t.Fatalf("a cheap sweep was not taken: %v", r.warnings())
	}
	clock -= int64(pssEvery) // at once again: not due
	if pss() != 0 || len(r.warnings()) > 0 {
		t.Fatalf("a second sweep within %v, or a warning: %v", pssEvery, r.warnings())
	}
	step = 3 * time.Millisecond
	if pss() != 1 {
		t.Fatal("the dear sweep itself was not taken")
	}
	if pss() != 0 || len(r.warnings()) != 1 {
		t.Errorf("after a dear sweep: another one, or no warning: %v", r.warnings())
	}
	if v, _, _ := r.phase(); !(v > 0) {
		t.Errorf("PSS of a phase is %v", v)
	}
}

func samplesOf(r Readings, pid int) []record.Sample {
	var rows []record.Sample
	for _, s := range r.Samples {
		if s.PID == pid {
			rows = append(rows, s)
		}
	}
	return rows
}

// Processes that come and go are watched while they are there, and an end is no gap in a
// sum of the others.
func TestFollow(t *testing.T) {
	first, second := spawn(t, "touch"), spawn(t, "touch")
	var there []Proc
	w := Watch(nil, Options{Follow: func() []Proc { return there }})
	if !math.IsNaN(w.out.PSSReadyB) {
		t.Errorf("PSS of nobody is %v", w.out.PSSReadyB)
	}
	first.act()
	there = []Proc{{first.pid(), "worker"}}
	w.r.tick()
	alone := w.r.rssPeak
	second.act()
	there = append(there, Proc{second.pid(), "worker"})
	w.r.tick()
	if both := w.r.rssPeak; alone < touchB || both < alone+touchB {
		t.Errorf("RSS is %.0f B with one process and %.0f B with two of %d B", alone, both, touchB)
	}
	first.finish()
	there = there[1:]
	got := w.Stop(now())
	if !(got.PSSDoneB > touchB) || len(samplesOf(got, first.pid())) != 2 || len(samplesOf(got, second.pid())) != 2 {
		t.Errorf("PSS of the one that is left is %v; %d and %d samples", got.PSSDoneB, len(samplesOf(got, first.pid())), len(samplesOf(got, second.pid())))
	}
	if !(got.PSSPeakB > touchB) || got.RSSPeakB < 2*touchB {
		t.Errorf("peak of PSS %.0f B, of RSS %.0f B", got.PSSPeakB, got.RSSPeakB)
	}
}
