package host

import (
	"runtime"
	"strings"
	"testing"
)

// Every worker has begun before the workload is set up, also where one processor runs both: its
// first instruction ends the time of creation and begins that of setup.
func TestWorkersBeginBeforeSetup(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	file, err := newPageFile(0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	page, err := mapPage(file.Fd())
	if err != nil {
		t.Fatal(err)
	}
	defer page.close()
	for _, locked := range []bool{false, true} {
		l := startLocal(Job{Workload: "no such workload", Workers: 3, Slots: 3, Locked: locked}, RoleHost, heapCounter(), page, nil, nil)
		if _, err := l.Ready(); err == nil || !strings.Contains(err.Error(), "no such workload") {
			t.Errorf("ready: %v", err)
		}
		for _, s := range l.slots {
			if s.first == 0 {
				t.Errorf("worker %d had not begun when its workload was set up (locked: %v)", s.index, locked)
			}
			close(s.begin) // lets it end
		}
		if err := l.Leave(); err != nil {
			t.Error(err)
		}
	}
}
