package affinity

import (
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"
)

func TestStart(t *testing.T) {
	if !Has {
		t.Skip("this system has no affinity")
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before := Get()
	var within []int
	if err := Start(before[:1], func() error { within = Get(); return nil }); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(within, before[:1]) || !slices.Equal(Get(), before) {
		t.Errorf("bound to %v within, %v after; want %v and %v", within, Get(), before[:1], before)
	}
	own := errors.New("own")
	if err := Start(before[:1], func() error { return own }); err != own || !slices.Equal(Get(), before) {
		t.Errorf("a start that fails gave %v, and left %v", err, Get())
	}
	if err := Start(nil, func() error { within = Get(); return nil }); err != nil || !slices.Equal(within, before) {
		t.Errorf("no CPUs to bind to: %v, %v", within, err)
	}
	err := Start([]int{1023}, func() error { t.Error("started without a CPU"); return nil })
	var bad *Error
	if !errors.As(err, &bad) || !strings.Contains(err.Error(), "bind to CPUs [1023], of which none may be used: ") {
		t.Errorf("a CPU that is not there: %v", err)
	}
}

// Where threads end meanwhile the others are bound all the same.
func TestSetAll(t *testing.T) {
	if !Has {
		t.Skip("this system has no affinity")
	}
	before := Get()
	defer func() {
		if err := SetAll(before); err != nil {
			t.Error(err)
		}
	}()
	if err := SetAll(before[:1]); err != nil {
		t.Fatal(err)
	}
	got := make(chan []int)
	for range 4 {
		go func() {
			runtime.LockOSThread() // a thread that ends with its goroutine
			got <- Get()
		}()
	}
	for range 4 {
		if cpus := <-got; !slices.Equal(cpus, before[:1]) {
			t.Errorf("a thread may run on %v, want %v", cpus, before[:1])
		}
	}
}
