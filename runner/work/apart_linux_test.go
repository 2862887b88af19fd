//go:build amd64 || arm64

package work

import (
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// span is memory that one worker writes all the time.
type span struct{ from, to uintptr }

func spanOf[T any](s []T) span {
	from := uintptr(unsafe.Pointer(unsafe.SliceData(s)))
	return span{from, from + uintptr(cap(s))*unsafe.Sizeof(*new(T))}
}

// In one process two workers must not write to one cache line, for in two they never do: pipe_self
// took 36 % longer for it.
func TestWorkersWriteApart(t *testing.T) {
	const line = 64
	for _, c := range []struct {
		name string
		raw  map[string]string
		of   func(held any, slot int) []span
	}{
		{"pipe_self", nil, func(held any, slot int) []span {
			p := workerOf[pipeSelf](held.(Kernel), slot)
			return []span{spanOf(p.put), spanOf(p.got)}
		}},
		{"poll", map[string]string{"fds": "1"}, func(held any, slot int) []span {
			return []span{spanOf(workerOf[polling](held.(Kernel), slot).list)}
		}},
		{"epoll", map[string]string{"fds": "1"}, func(held any, slot int) []span {
			return []span{spanOf(workerOf[epoll](held.(Kernel), slot).events)}
		}},
		{"pread", map[string]string{"size": "1B"}, func(held any, slot int) []span {
			return []span{spanOf(workerOf[pread](held.(Kernel), slot).buffer)}
		}},
		{"regexp", nil, func(held any, slot int) []span {
			m := held.(*matching).matchers.of(slot)
			return []span{spanOf(m.now), spanOf(m.then), spanOf(m.seen)}
		}},
		{"ring", nil, func(held any, slot int) []span { return []span{spanOf(held.(*ring).workers.of(slot).token)} }},
		{"barrier", nil, func(held any, slot int) []span { return []span{spanOf(*held.(*barrier).tokens.of(slot))} }},
		{"fanout", nil, func(held any, slot int) []span { return []span{spanOf(*held.(*fanout).ended.of(slot))} }},
		{"pingpong", nil, func(held any, slot int) []span {
			m := held.(*pingpong).players.of(slot).mail
			return []span{spanOf(m.out), spanOf(m.in)}
		}},
		{"kmeans", map[string]string{"clusters": "1", "dims": "1"}, func(held any, slot int) []span {
			return []span{spanOf(held.(*kmeans).sums[slot])}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			held := preparedPair(t, c.name, c.raw)
			for _, a := range c.of(held, 0) {
				for _, b := range c.of(held, 1) {
					if a.from/line <= (b.to-1)/line && b.from/line <= (a.to-1)/line {
						t.Errorf("worker 0 writes to %#x-%#x, worker 1 to %#x-%#x", a.from, a.to, b.from, b.to)
					}
				}
			}
		})
	}
}

// preparedPair sets a kernel or a peer up for two workers of one process.
func preparedPair(t *testing.T, name string, raw map[string]string) any {
	t.Helper()
	env := Env{Slots: 2, Workers: 2, Dir: t.TempDir()}
	kind, err := Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	if kind.Peer == nil {
		return newKernel(t, name, raw, env)
	}
	ps, err := kind.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	peer, err := kind.Peer(ps, env)
	if err != nil {
		t.Fatal(err)
	}
	for slot := range env.Slots {
		if err := peer.(Preparer).Prepare(t.Context(), slot); err != nil {
			t.Fatal(err)
		}
	}
	return peer
}

func TestApart(t *testing.T) {
	for _, n := range []int{0, 1, 7, 100} {
		list := apart[unix.PollFd](n)
		if len(list) != n || cap(list) != n {
			t.Errorf("%d values: length %d, capacity %d", n, len(list), cap(list))
		}
	}
}
