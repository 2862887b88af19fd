package work

import (
	"slices"
	"testing"
)

func init() {
	dataJobs["groupby"] = []map[string]string{
		{"size": "40000", "groups": "500"},
		{"size": "32", "groups": "3"},
		{"size": "16000", "groups": "1"},
		{"size": "320000", "groups": "20000"},
	}
	cheap["groupby"] = dataJobs["groupby"][0]
}

// The same rows, grouped by a Go map, give the result of a job.
func TestGroupbyAgreesWithMap(t *testing.T) {
	for _, raw := range dataJobs["groupby"] {
		kind := kinds["groupby"]
		ps, err := kind.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		values := map[uint64][]uint64{}
		fill, words := fillRows(ps.Int("groups")), make([]uint64, 2)
		for at := range groupRows(ps) {
			fill(at, words)
			values[words[0]] = append(values[words[0]], words[1])
		}
		if int64(len(values)) > ps.Int("groups") {
			t.Errorf("%v: %d different keys", raw, len(values))
		}
		var result uint64
		for key, list := range values {
			var sum uint64
			for _, v := range list {
				sum += v
			}
			result += mix(int64(key), mix(int64(len(list)), sum)+slices.Max(list))
		}
		if got, want := sumOfJobs(t, kind, raw, 1), mix(0, result); got != want {
			t.Errorf("%v: sum %x, want %x", raw, got, want)
		}
	}
}

// The parts of any number of ranks are the whole table, each entry once, however
// far probing carried it, even around the table's end.
func TestGroupingParts(t *testing.T) {
	const size = 64
	var keys []uint64 // that want the last places, then any
	for key := uint64(1); len(keys) < 10; key++ {
		if home(key, size) >= size-2 {
			keys = append(keys, key)
		}
	}
	for key := uint64(1000); len(keys) < 42; key++ {
		keys = append(keys, key)
	}
	g := make(grouping, size)
	for _, key := range keys {
		g.add(group{key: key, count: 1})
	}
	if g[0].key == 0 {
		t.Fatal("nothing was carried around the end: the test tests nothing")
	}
	for workers := 1; workers <= size+3; workers++ {
		var seen []uint64
		for rank := range workers {
			own := make(grouping, size)
			own.merge(g.part(rank, workers))
			for e := range own.part(rank, workers) {
				seen = append(seen, e.key)
			}
			own.clear(rank, workers)
			if slices.ContainsFunc(own, func(e group) bool { return e.key != 0 }) {
				t.Errorf("rank %d of %d: cleared, but not empty", rank, workers)
			}
		}
		slices.Sort(seen)
		if !slices.Equal(seen, slices.Sorted(slices.Values(keys))) {
			t.Errorf("%d workers: the parts hold %v, want %v", workers, seen, keys)
		}
	}
}
