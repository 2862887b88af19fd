package work

import "testing"

func init() {
	cheap["sort"] = map[string]string{"keys": "500"}
}

// heapSort is the sort of Williams (1964), which shares no idea with quicksort.
func heapSort(keys []uint64) {
	sift := func(root, n int) {
		for child := 2*root + 1; child < n; root, child = child, 2*child+1 {
			if child+1 < n && keys[child+1] > keys[child] {
				child++
			}
			if keys[root] >= keys[child] {
				return
			}
			keys[root], keys[child] = keys[child], keys[root]
		}
	}
	for root := len(keys)/2 - 1; root >= 0; root-- {
		sift(root, len(keys))
	}
	for n := len(keys) - 1; n > 0; n-- {
		keys[0], keys[n] = keys[n], keys[0]
		sift(0, n)
	}
}

func TestSortItems(t *testing.T) {
	for _, n := range []int{16, 17, 1000} {
		var want uint64
		for i := range 4 {
			keys := make([]uint64, n)
			var result uint64
			for j := range keys {
				keys[j] = scramble(uint64(i*n + j))
				result += keys[j]
			}
			heapSort(keys)
			for p := range 16 {
				result += keys[p*n/16] * scramble(uint64(p))
			}
			want += mix(int64(i), result)
		}
		if got := sumOf(t, "sort", map[string]string{"keys": itoa(n)}, 4); got != want {
			t.Errorf("%d keys: items sum to %x, want %x", n, got, want)
		}
	}
}

func TestCheckKeys(t *testing.T) {
	for name, c := range map[string]struct {
		keys []uint64
		sum  uint64
		ok   bool
	}{
		"sorted":       {[]uint64{1, 2, 2, 9}, 14, true},
		"out of order": {[]uint64{1, 9, 2, 2}, 14, false},
		"a key lost":   {[]uint64{1, 2, 2, 2}, 14, false},
	} {
		if err := checkKeys(c.keys, c.sum); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}
