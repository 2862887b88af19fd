package link

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// patience is how long a test waits for what must come: far longer than it
// takes, and shorter than the test binary's own limit.
const patience = 60 * time.Second

// everyLink runs a test for each link.
func everyLink(t *testing.T, test func(t *testing.T, k Kind)) {
	for _, k := range Kinds() {
		t.Run(k.Name, func(t *testing.T) { test(t, k) })
	}
}

// open makes a fabric, or skips the test where the system does not allow it.
func open(t *testing.T, p Plan, ranks int) Fabric {
	t.Helper()
	f, err := Open(p, ranks, t.TempDir())
	if u := (Unavailable{}); errors.As(err, &u) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for range 2 { // a second time does no harm
			if err := f.Close(); err != nil {
				t.Errorf("close the fabric: %v", err)
			}
		}
	})
	return f
}

// An act is what every rank of a test does. Its ranks are those of a chain:
// each talks to the next and to the one before.
type act func(c Comm, s scene) error

// scene is a contract test's stage: it also goes to child processes.
type scene struct {
	Plan  Plan
	Ranks int
	Act   string
	Count int // messages in each direction
}

var acts = map[string]act{
	"echo":   echo,
	"chain":  chain,
	"duplex": duplex,
	"exact":  exact,
	"listen": listen,
	"pour":   pour,
}

// chained returns the channels of a chain of ranks, both ways.
func chained(ranks int) (pairs []Pair) {
	for r := range ranks - 1 {
		pairs = append(pairs, Pair{r, r + 1}, Pair{r + 1, r})
	}
	return pairs
}

// echo has rank 0 send to rank 1, which sends back: lengths go through all that
// are special.
func echo(c Comm, s scene) error {
	buffer := make([]byte, s.Plan.Max)
	for k := range s.Count {
		if c.Rank() == 0 {
			if err := c.Send(1, message(s, 0, 1, k)); err != nil {
				return err
			}
			if err := expect(c, s, 1, k, buffer); err != nil {
				return err
			}
		}
		if c.Rank() == 1 {
			if err := expect(c, s, 0, k, buffer); err != nil {
				return err
			}
			if err := c.Send(0, message(s, 1, 0, k)); err != nil {
				return err
			}
		}
	}
	return nil
}

// chain passes many messages from the first rank to the last, as fast as each
// can: all channels fill up.
func chain(c Comm, s scene) error {
	buffer := make([]byte, s.Plan.Max)
	for k := range s.Count {
		if c.Rank() > 0 {
			if err := expect(c, s, c.Rank()-1, k, buffer); err != nil {
				return err
			}
		}
		if c.Rank() < c.Size()-1 {
			if err := c.Send(c.Rank()+1, message(s, c.Rank(), c.Rank()+1, k)); err != nil {
				return err
			}
		}
	}
	return nil
}

// duplex has every rank send to its neighbours and receive from them at the
// same time: in one goroutine each, which is all that a Comm allows.
func duplex(c Comm, s scene) error {
	var peers []int
	for _, peer := range []int{c.Rank() - 1, c.Rank() + 1} {
		if peer >= 0 && peer < c.Size() {
			peers = append(peers, peer)
		}
	}
	rounds := func(act func(peer, k int) error) error {
		for k := range s.Count {
			for _, peer := range peers {
				if err := act(peer, k); err != nil {
					return err
				}
			}
		}
		return nil
	}
	var sent, received error
	var both sync.WaitGroup
	both.Go(func() {
		sent = rounds(func(peer, k int) error { return c.Send(peer, message(s, c.Rank(), peer, k)) })
	})
	both.Go(func() {
		buffer := make([]byte, s.Plan.Max)
		received = rounds(func(peer, k int) error { return expect(c, s, peer, k, buffer) })
	})
	both.Wait()
	return errors.Join(sent, received)
}

// exact has both ranks send one message before they receive: the room that
// every link promises.
func exact(c Comm, s scene) error {
	buffer := make([]byte, s.Plan.Max)
	peer := 1 - c.Rank()
	for k := range s.Count {
		if err := c.Send(peer, message(s, c.Rank(), peer, k)); err != nil {
			return err
		}
		if err := expect(c, s, peer, k, buffer); err != nil {
			return err
		}
	}
	return nil
}

// message returns message k from one rank to another: its length and every byte
// follow from those numbers.
func message(s scene, from, to, k int) []byte {
	seed := uint64(from)<<48 | uint64(to)<<32 | uint64(k)
	n := s.Plan.Max
	if !s.Plan.Fixed && k%3 > 0 {
		n = 1 + int(scrambled(seed)%uint64(s.Plan.Max))
	}
	m := make([]byte, n+8)
	for at := 0; at < n; at += 8 {
		binary.LittleEndian.PutUint64(m[at:], scrambled(seed+uint64(at)<<20))
	}
	return m[:n]
}

// scrambled is one step of SplitMix64.
func scrambled(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// expect receives message k of a rank, and no other.
func expect(c Comm, s scene, from, k int, buffer []byte) error {
	n, err := c.Recv(from, buffer)
	if err != nil {
		return err
	}
	if want := message(s, from, c.Rank(), k); !bytes.Equal(buffer[:n], want) {
		return fmt.Errorf("message %d from rank %d to %d: got %d bytes %.16x, want %d bytes %.16x", k, from, c.Rank(), n, buffer[:n], len(want), want)
	}
	return nil
}

// stages are the ways to run all ranks of a scene.
var stages = []struct {
	name   string
	across bool
	play   func(t *testing.T, s scene)
}{
	{"goroutines", false, func(t *testing.T, s scene) { playHere(t, s, false) }},
	{"threads", false, func(t *testing.T, s scene) { playHere(t, s, true) }},
	{"processes", true, func(t *testing.T, s scene) { playProcesses(t, s, 1) }},
	{"hybrid", true, func(t *testing.T, s scene) { playProcesses(t, s, 2) }},
}

// Order, integrity and wholeness of messages of every length, in both
// directions at once and with full channels.
func TestContract(t *testing.T) {
	everyLink(t, func(t *testing.T, k Kind) {
		for _, stage := range stages {
			if stage.across && !k.Across {
				continue
			}
			for _, size := range []int{1, 7, 4096, longest(k)} {
				if stage.name == "hybrid" && size < 4096 {
					continue // the kernel's objects are the same as between processes
				}
				for _, s := range scenes(k, size) {
					name := fmt.Sprintf("%s/%dB/fixed=%t/%s", stage.name, size, s.Plan.Fixed, s.Act)
					t.Run(name, func(t *testing.T) { stage.play(t, s) })
				}
			}
		}
	})
}

// longest is the longest message that the contract is held to: for queues with
// a limit what a system allows that nobody has tuned.
func longest(k Kind) int {
	if k.Name == "mqueue" || k.Name == "sysv_mq" {
		return 8192
	}
	return 1 << 20
}

func scenes(k Kind, size int) (list []scene) {
	for _, fixed := range []bool{false, true} {
		for _, s := range []scene{
			{Act: "echo", Ranks: 2, Count: min(300, 3+(1<<20)/size)},
			{Act: "chain", Ranks: 3, Count: min(1000, 3+(4<<20)/size)},
			{Act: "duplex", Ranks: 3, Count: min(300, 3+(1<<20)/size)},
			{Act: "exact", Ranks: 2, Count: 50},
		} {
			if s.Act == "exact" && size > 4096 {
				continue
			}
			s.Plan = Plan{Link: k.Name, Max: size, Fixed: fixed, Pairs: chained(s.Ranks)}
			if s.Act == "chain" {
				s.Plan.Pairs = []Pair{{0, 1}, {1, 2}}
			}
			list = append(list, s)
		}
	}
	return list
}

// playHere runs all ranks in this process.
func playHere(t *testing.T, s scene, locked bool) {
	t.Helper()
	f := open(t, s.Plan, s.Ranks)
	j, err := f.Join()
	if err != nil {
		t.Fatal(err)
	}
	if err := playRanks(j, s, 0, s.Ranks, locked); err != nil {
		t.Fatal(err) // some may still be at it
	}
	for range 2 {
		if err := j.Close(); err != nil {
			t.Errorf("close the joint: %v", err)
		}
	}
}

// playRanks runs ranks [lo, hi) in this process and waits for them.
func playRanks(j Joint, s scene, lo, hi int, locked bool) error {
	faults := make(chan error, hi-lo)
	for rank := lo; rank < hi; rank++ {
		go func() {
			if locked {
				runtime.LockOSThread()
			}
			faults <- acts[s.Act](j.Comm(rank), s)
		}()
	}
	var errs []error
	limit := time.After(patience)
	for range hi - lo {
		select {
		case err := <-faults:
			errs = append(errs, err)
		case <-limit:
			return errors.Join(append(errs, fmt.Errorf("not all ranks have ended after %v", patience))...)
		}
	}
	return errors.Join(errs...)
}

func TestWrongMessagesAreErrors(t *testing.T) {
	everyLink(t, func(t *testing.T, k Kind) {
		bothFramings(t, func(t *testing.T, fixed bool) {
			f := open(t, Plan{Link: k.Name, Pairs: chained(2), Max: 100, Fixed: fixed}, 3)
			j, err := f.Join()
			if err != nil {
				t.Fatal(err)
			}
			c := j.Comm(0)
			for _, bad := range []struct {
				to, length int
				want       string
			}{{1, 0, "0 bytes"}, {1, 101, "101 bytes"}, {2, 5, "no such channel"}, {0, 5, "no such channel"}, {-1, 5, "no such channel"}, {9, 5, "no such channel"}} {
				if err := c.Send(bad.to, make([]byte, bad.length)); err == nil || !strings.Contains(err.Error(), bad.want) {
					t.Errorf("%d bytes to rank %d: %v, want %q", bad.length, bad.to, err, bad.want)
				}
			}
			if _, err := c.Recv(2, make([]byte, 100)); err == nil {
				t.Error("received from a rank without a channel")
			}
			if err := c.Send(1, make([]byte, 100)); err != nil {
				t.Error(err)
			}
			if n, err := j.Comm(1).Recv(0, make([]byte, 99)); err == nil {
				t.Errorf("a message of 100 bytes was received into 99: %d", n)
			}
			if err := j.Close(); err != nil {
				t.Error(err)
			}
		})
	})
}

func bothFramings(t *testing.T, test func(t *testing.T, fixed bool)) {
	for _, fixed := range []bool{false, true} {
		t.Run(fmt.Sprintf("fixed=%t", fixed), func(t *testing.T) { test(t, fixed) })
	}
}

// A rank goes to one process, and what is left goes back with the fabric.
func TestRanksAreGivenOnce(t *testing.T) {
	everyLink(t, func(t *testing.T, k Kind) {
		before := descriptors(t)
		f := open(t, Plan{Link: k.Name, Pairs: chained(3), Max: 10}, 3)
		if k.Across {
			s, err := f.Share(1, 2)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := f.Share(1, 3); err == nil {
				t.Error("rank 1 was shared twice")
			}
			if _, err := f.Join(); err == nil {
				t.Error("a shared rank was joined")
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		} else if _, err := f.Share(1, 2); err == nil {
			t.Error("shared across processes")
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
		if _, err := f.Join(); err == nil {
			t.Error("a closed fabric was joined")
		}
		if after := descriptors(t); after != before {
			t.Errorf("%d descriptors, %d before", after, before)
		}
	})
}

// Workers that have nobody to talk to need no link.
func TestNoPairsNeedNothing(t *testing.T) {
	everyLink(t, func(t *testing.T, k Kind) {
		before := descriptors(t)
		f := open(t, Plan{Link: k.Name, Max: 1}, 3)
		for rank := range 3 {
			s, err := f.Share(rank, rank+1)
			if err != nil || len(s.Files) > 0 {
				t.Fatalf("rank %d shares %v, %v", rank, s, err)
			}
			j, err := Join(Plan{Link: k.Name, Max: 1}, 3, rank, rank+1, s)
			if err != nil {
				t.Fatal(err)
			}
			if c := j.Comm(rank); c.Rank() != rank || c.Size() != 3 {
				t.Errorf("rank %d of %d, want %d of 3", c.Rank(), c.Size(), rank)
			}
			if err := j.Close(); err != nil {
				t.Error(err)
			}
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
		if after := descriptors(t); after != before {
			t.Errorf("%d descriptors, %d before", after, before)
		}
	})
}

// descriptors counts this process's open descriptors, on systems that list
// them.
func descriptors(t *testing.T) int {
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Log(err)
	}
	return len(list)
}

func TestMessagesDoNotAllocate(t *testing.T) {
	everyLink(t, func(t *testing.T, k Kind) {
		bothFramings(t, func(t *testing.T, fixed bool) {
			f := open(t, Plan{Link: k.Name, Pairs: chained(2), Max: 64, Fixed: fixed}, 2)
			j, err := f.Join()
			if err != nil {
				t.Fatal(err)
			}
			a, b, message, buffer := j.Comm(0), j.Comm(1), make([]byte, 64), make([]byte, 64)
			if n := testing.AllocsPerRun(50, func() {
				err = errors.Join(err, a.Send(1, message))
				_, fault := b.Recv(0, buffer)
				err = errors.Join(err, fault)
			}); n > 0 {
				t.Errorf("%v allocations a message", n)
			}
			if err := errors.Join(err, j.Close()); err != nil {
				t.Error(err)
			}
		})
	})
}
