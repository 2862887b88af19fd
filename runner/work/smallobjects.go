package work

import (
	"context"
	"encoding/binary"
	"fmt"
)

func init() { describe("small_objects", smallObjectsKind) }

func smallObjectsKind() Kind {
	return Kind{
		Name:    "small_objects",
		Summary: "short-lived objects through a window of live ones: the allocator's fast path",
		Doc: `Definition: each worker holds a ring of window objects without pointers, size bytes
each, that it filled before the gate. An item allocates 1024 objects; each gets the
worker's running number in its first 8 bytes, takes the place of the oldest one in the
ring, and that one must still hold the number it got. Its result is the count of those
that did.
Source: the window of live objects is that of larson (Larson and Krishnan, ISMM 1998)
without its threads freeing for each other, which a garbage collector has no word for.
Tested against the runtime's own count of what was allocated.
Unit: bytes allocated, without what size classes add; 1024 operations an item.
Stresses: the allocator's path by size class, clearing of memory, and the collector:
sweeping mostly, since little is alive and nothing in it points anywhere. Goroutines
allocate from caches of their own and share the heap behind and its collector, worker
processes share nothing.
Does not say: what tracing costs: trees and big_live_heap have pointers.`,
		Item: "1024 objects allocated, as many dropped",
		Params: []Param{
			{Name: "size", Type: "bytes", Default: "64", Min: 8, Max: 1 << 20, Doc: "bytes of an object"},
			{Name: "window", Type: "int", Default: "1024", Min: 1, Max: 1 << 20, Doc: "live objects of each worker"},
		},
		ItemByte:  func(ps Params) int64 { return objectsAnItem * ps.Bytes("size") },
		ItemOps:   func(Params) int64 { return objectsAnItem },
		New:       newSmallObjects,
		Allocates: true,
	}
}

const objectsAnItem = 1024

type smallObjects struct {
	size, window int64
	rings        slots[objectRing]
}

type objectRing struct {
	live   [][]byte
	oldest int
	number uint64 // of the next object
}

func newSmallObjects(ps Params, env Env) (Kernel, error) {
	return &smallObjects{size: ps.Bytes("size"), window: ps.Int("window"), rings: newSlots[objectRing](env)}, nil
}

func (k *smallObjects) Prepare(_ context.Context, slot int) error {
	r := k.rings.of(slot)
	r.live = make([][]byte, k.window)
	for j := range r.live {
		r.live[j] = make([]byte, k.size)
		binary.LittleEndian.PutUint64(r.live[j], r.number)
		r.number++
	}
	return nil
}

func (k *smallObjects) Do(ctx context.Context, t Task) (uint64, error) {
	r := k.rings.of(t.Slot)
	return sumItems(ctx, t, func(int64) (uint64, error) {
		intact := r.replace(k.size)
		if intact != objectsAnItem {
			return 0, fmt.Errorf("small_objects: %d of %d objects no longer held what was written to them", objectsAnItem-intact, objectsAnItem)
		}
		return intact, nil
	})
}

// replace allocates an item's objects and returns how many of those that they
// displace were as they had been left.
func (r *objectRing) replace(size int64) (intact uint64) {
	window := uint64(len(r.live))
	for range objectsAnItem {
		object := make([]byte, size)
		binary.LittleEndian.PutUint64(object, r.number)
		if binary.LittleEndian.Uint64(r.live[r.oldest]) == r.number-window {
			intact++
		}
		r.live[r.oldest] = object
		r.number++
		if r.oldest++; r.oldest == len(r.live) {
			r.oldest = 0
		}
	}
	return intact
}
