package work

import (
	"slices"
	"sync"
	"testing"
)

func init() {
	cheap["gups"] = map[string]string{"size": "100KB"}
}

// The numbers of HPCC's stream, as its definition has them: shifted left, with
// 0x7 xored in when the number was negative as a signed one.
func hpccStream(n int) []uint64 {
	stream := []uint64{1}
	for len(stream) <= n {
		last := stream[len(stream)-1]
		next := last * 2
		if int64(last) < 0 {
			next ^= 7
		}
		stream = append(stream, next)
	}
	return stream
}

func TestGupsStart(t *testing.T) {
	k := newKernel(t, "gups", map[string]string{"size": "1024"}, Env{Slots: 1}).(*gups)
	stream := hpccStream(40 * 8192)
	for i := range int64(40) {
		if got := k.start(i); got != stream[i*8192] {
			t.Errorf("item %d starts after %#x, want %#x", i, got, stream[i*8192])
		}
	}
	// The stream comes back to its start after HPCC's PERIOD, and not after a
	// seventh of it.
	const period = 1317624576693539401
	if got := xToThe(period); got != 1 {
		t.Errorf("after a period the stream is at %#x", got)
	}
	if xToThe(period/7) == 1 {
		t.Error("the stream is back after a seventh of its period")
	}
}

// xToThe returns number n of the stream, by square and multiply.
func xToThe(n uint64) uint64 {
	power, square := uint64(1), uint64(2)
	for ; n > 0; n /= 2 {
		if n%2 == 1 {
			power = gupsTimes(power, square)
		}
		square = gupsTimes(square, square)
	}
	return power
}

// Every word of a table that several workers update at once must be what
// updates made one after the other leave.
func TestGupsTables(t *testing.T) {
	const items, words = 24, 4096
	stream := hpccStream(items * 8192)
	want := make([]uint64, words)
	for j := range want {
		want[j] = uint64(j)
	}
	for _, r := range stream[1:] {
		want[r%words] ^= r
	}
	kind, _ := Lookup("gups")
	for name, layout := range layouts {
		raw := map[string]string{"size": "65535", "table": "shared"} // rounded down to 32 KiB
		crew := crewOf(t, kind, raw, layout)
		var workers sync.WaitGroup
		for w, member := range crew {
			workers.Go(func() {
				each := int64(items / len(crew))
				if _, err := member.Do(t.Context(), Task{Lo: int64(w) * each, Hi: int64(w+1) * each, Slot: member.slot}); err != nil {
					t.Error(err)
				}
			})
		}
		workers.Wait()
		table := crew[0].Kernel.(*gups).tables.of(0).words
		if !slices.Equal(table, want) {
			t.Errorf("%s: the shared table is wrong", name)
		}
	}
	k := newKernel(t, "gups", map[string]string{"size": "32768"}, Env{Slots: 1}).(*gups)
	if _, err := k.Do(t.Context(), Task{Lo: 0, Hi: items}); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(k.tables.of(0).words, want) {
		t.Error("the private table is wrong")
	}
}

func TestGupsCloseFindsALostUpdate(t *testing.T) {
	kind, _ := Lookup("gups")
	for _, table := range []string{"private", "shared"} {
		ps, err := kind.Parse(map[string]string{"size": "1024", "table": table})
		if err != nil {
			t.Fatal(err)
		}
		made, err := kind.New(ps, Env{Slots: 1, Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		k := made.(*gups)
		prepare(t, k, 0)
		if _, err := k.Do(t.Context(), Task{Lo: 0, Hi: 3}); err != nil {
			t.Fatal(err)
		}
		k.tables.of(0).words[5] ^= 1 << 40
		if err := k.Close(); err == nil {
			t.Errorf("%s: a table with a wrong word was closed without an error", table)
		}
	}
}
