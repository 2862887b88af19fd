package work

import (
	"maps"
	"strings"
	"testing"
	"unsafe"
)

func init() { cheap["syncmap"] = map[string]string{"batch": "20", "keys": "300", "reads": "50"} }

// Sums as a Python program computes them from the definition.
var syncMapCases = []struct {
	items                       int64
	batch, keys, reads, outside string
	sum                         uint64
	stores, touched, last       uint64 // stores, keys stored to, sum of the values when one worker is done
}{
	{100, "20", "100", "50", "0", 0x567d8c31d377ec15, 972, 100, 5965955804717664381},
	{60, "32", "5000", "90", "2", 0x485f9d0d5859a54e, 192, 191, 7855008508581821313},
	{50, "8", "1", "0", "0", 0x0cff4c03e817c44e, 400, 1, 7569848039952562153},
	{40, "25", "700", "100", "1", 0xae09e0762ea3d65b, 0, 0, 0},
}

func TestSyncMapAgreesInEveryModel(t *testing.T) {
	for _, c := range syncMapCases {
		raw := map[string]string{"batch": c.batch, "keys": c.keys, "reads": c.reads, "outside": c.outside}
		if got := runHere(t, crowdedKernel(t, "syncmap", raw, 3), 3, c.items); got != c.sum {
			t.Errorf("sync.Map %v: sum %x, want %x", raw, got, c.sum)
		}
		for _, shards := range []string{"", "1", "7"} {
			raw := maps.Clone(raw)
			raw["kind"] = "locked"
			if shards != "" {
				raw["kind"], raw["shards"] = "sharded", shards
			}
			everyForm(t, "syncmap", raw, c.items, c.sum)
		}
	}
}

// What is in each kind of map in the end, after one worker has done all.
func TestSyncMapHoldsWhatWasStored(t *testing.T) {
	for _, c := range syncMapCases {
		for _, kind := range []string{"syncmap", "sharded", "locked", "shared table"} {
			raw := map[string]string{"batch": c.batch, "keys": c.keys, "reads": c.reads, "outside": c.outside, "kind": kind}
			if kind == "shared table" {
				if !hasFutex {
					continue
				}
				raw["kind"], raw["form"] = "sharded", "shared"
			}
			k := crowdedKernel(t, "syncmap", raw, 1).(*syncMap)
			if _, err := k.Do(t.Context(), Task{Lo: 0, Hi: c.items}); err != nil {
				t.Fatal(err)
			}
			var touched, sum uint64
			for key := range uint64(k.keys) {
				e, ok := k.table.load(key)
				if !ok || !e.fits(key) {
					t.Fatalf("%s: key %d has %+v, %v", kind, key, e, ok)
				}
				if sum += e.value; e.value != 0 {
					touched++
				}
			}
			if _, ok := k.table.load(uint64(k.keys)); ok {
				t.Errorf("%s: there is a key too many", kind)
			}
			if touched != c.touched || sum != c.last {
				t.Errorf("%s: %d keys were stored to, their values add up to %d; want %d and %d", kind, touched, sum, c.touched, c.last)
			}
			if n, counted := k.table.stores(); counted && n != c.stores+uint64(k.keys) {
				t.Errorf("%s: %d stores were counted, want %d and %d to fill it", kind, n, c.stores, k.keys)
			}
		}
	}
}

func TestSyncMapTellsOfBrokenEntries(t *testing.T) {
	for _, kind := range []string{"syncmap", "sharded", "locked"} {
		_, ps := parsedKind(t, "syncmap", map[string]string{"kind": kind, "keys": "50", "batch": "500", "reads": "100"})
		made, err := newSyncMap(ps, Env{Slots: 1, Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		k := made.(*syncMap)
		k.table.store(7, entry{1, 2})
		if _, err := k.Do(t.Context(), Task{Lo: 0, Hi: 1}); err == nil || !strings.Contains(err.Error(), "does not fit its key") {
			t.Errorf("%s: a broken entry gives %v", kind, err)
		}
		if err := k.Close(); err == nil || !strings.Contains(err.Error(), "key 7") {
			t.Errorf("%s: a broken entry is closed with %v", kind, err)
		}
	}
}

func TestSyncMapTellsOfLostStores(t *testing.T) {
	_, ps := parsedKind(t, "syncmap", map[string]string{"kind": "sharded", "keys": "50"})
	k, err := newSyncMap(ps, Env{Slots: 1, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	k.(*syncMap).table.(shardedMap)[3].stored--
	if err := k.(Closer).Close(); err == nil || !strings.Contains(err.Error(), "50 stores were counted as 49") {
		t.Errorf("got %v", err)
	}
}

func TestSyncMapIsRefusedAcrossProcesses(t *testing.T) {
	for _, c := range []struct {
		raw     map[string]string
		model   string
		refused bool
	}{
		{nil, "goroutines", false},
		{nil, "threads", false},
		{nil, "processes", true},
		{nil, "hybrid", true},
		{map[string]string{"form": "shared"}, "goroutines", true},
		{map[string]string{"kind": "sharded"}, "processes", !hasFutex},
		{map[string]string{"kind": "locked"}, "hybrid", !hasFutex},
		{map[string]string{"kind": "locked", "form": "shared"}, "goroutines", !hasFutex},
	} {
		kind, ps := parsedKind(t, "syncmap", c.raw)
		if got := kind.Refuse(ps, Layout{Model: c.model}); (got != "") != c.refused {
			t.Errorf("%v in %s: refused with %q", c.raw, c.model, got)
		}
	}
}

// The table never fills up, whatever the numbers, and its shards lie on lines of their own.
func TestSharedTableHasRoom(t *testing.T) {
	if n := unsafe.Sizeof(tableShard{}); n != lineSize {
		t.Errorf("a shard's head takes %d bytes", n)
	}
	for _, shards := range []int64{1, 2, 7, 64, 1000, 4096} {
		counts := make([]int64, shards)
		for keys := int64(1); keys <= 1<<20; keys++ {
			n := &counts[shardOf(scramble(uint64(keys-1)), len(counts))]
			*n++
			if places := tablePlaces(keys, shards); *n*8 > places*7 {
				t.Fatalf("%d keys: one of %d shards holds %d in %d places", keys, shards, *n, places)
			}
		}
	}
}

func TestShardsDoNotAllocate(t *testing.T) {
	for _, form := range []string{"native", "shared"} {
		if form == "shared" && !hasFutex {
			continue
		}
		for _, kind := range []string{"sharded", "locked"} {
			k := crowdedKernel(t, "syncmap", map[string]string{"kind": kind, "form": form, "batch": "20"}, 1)
			ctx := t.Context()
			if n := testing.AllocsPerRun(20, func() { k.Do(ctx, Task{Lo: 1, Hi: 11}) }); n > 0 {
				t.Errorf("%s %s: %v allocations in ten items", kind, form, n)
			}
		}
	}
}
