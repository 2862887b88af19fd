package host

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"forklore/runner/work"
)

func TestMessagesRoundTrip(t *testing.T) {
	report := Report{Finishes: []Finish{{1, 2, 3, 1<<63 + 5}, {Rank: 9}}, Spent: Spent{0.1, 2, 1e-9, 4, 1e12}}
	for _, m := range []message{
		{Hello: &hello{PID: 7, Version: "v1 \"odd\"\nname"}},
		{Job: &Job{Workload: "sieve", Params: work.Params{"b": "x y", "a": ""}, Workers: 3, Processes: 2, Locked: true, Pool: true,
			Dynamic: true, Items: UntilStopped, MaxProcs: 4, Dir: "/a dir", Rank: 5, Slots: 6, SharedB: 7, Links: 8, Words: []string{"a b", ""}, Beside: work.Params{"c": "y z"},
			Command: &Command{Argv: []string{"sh", "-c", "a b"}, Env: []string{"A=b"}, Dir: "/d d", Gate: true, Exit: 3, Install: "by hand"}}},
		{Measured: &[]Reading{{Rank: 1, Name: "moved_B", Value: 2.5}, {Rank: 1, Name: "can_x", Note: "no \"call\""}, {Rank: 2, Name: "rtt_s", Buckets: []work.Bucket{{LoNS: 1, HiNS: 2, Count: 3}}}}},
		{Measured: new([]Reading)},
		{Job: &Job{}},
		{Port: 8080, Ready: []Process{{PID: 1, Role: RoleHost, Rank: 2, Slots: 3, SpawnNS: 9, FirstNS: 4, ReadyNS: 5, CPUs: []int{0, 64}, MaxProcs: 6, Nice: -7, HWMB: 7.5}, {Role: ""}}},
		{Report: &report},
		{Done: &Done{GateNS: -1, MergedNS: 1 << 62, Report: report}},
		{Bye: []Usage{{1, 0.25, 3, 4096}}},
		{Bye: []Usage{}},
		{Fault: &Fault{PID: 1, Rank: -1, Detail: "line\nline", Signal: 9, Wrong: true, Lacks: true, Echo: true}},
	} {
		line := string(m.encode()) + "\n"
		if strings.Count(line, "\n") != 1 {
			t.Errorf("%q is more than a line", line)
		}
		got, err := decode(line)
		if err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(m, got); diff != "" {
			t.Errorf("%s: -sent +received:\n%s", line, diff)
		}
	}
}

// Whatever a workload writes on the wrong descriptor, decoding says no and does
// not run wild.
func FuzzDecode(f *testing.F) {
	for _, line := range []string{"", "\n", "hello", `"hello" "v" 1`, `"ready" 999999999`, `"ready" 0`, `"done" 1 2 3`, `"report" -1`, `"bye" 1 1 NaN 1 1`, `"job" "a" "b" 1`} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		m, err := decode(line)
		if err != nil {
			return
		}
		again, err := decode(string(m.encode()))
		if err != nil {
			t.Fatalf("%q decodes, but what it encodes to does not: %v", line, err)
		}
		if string(again.encode()) != string(m.encode()) {
			t.Fatalf("%q is another message the second time", line)
		}
	})
}
