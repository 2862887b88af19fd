package work

import "testing"

func TestStreamAndFanoutSums(t *testing.T) {
	for _, c := range []struct {
		kind    string
		raw     map[string]string
		size    int
		workers int
	}{
		{"stream", map[string]string{"size": "5000"}, 5000, 4},
		{"stream", map[string]string{"size": "1"}, 1, 2},
		{"fanout", nil, 100, 6},
		{"fanout", map[string]string{"groups": "2", "size": "9000"}, 9000, 8},
	} {
		kind, _ := Lookup(c.kind)
		var want uint64
		for i := range int64(100) {
			want += mix(i, sealSum(uint64(i), c.size))
		}
		newTalkers(t, kind, c.raw, c.workers).want(t, Round{Items: 100}, 100, want)
	}
}

// Every sender of a group has a channel to every receiver of it, and to no
// other worker.
func TestFanoutPairs(t *testing.T) {
	kind, _ := Lookup("fanout")
	ps, err := kind.Parse(map[string]string{"groups": "2"})
	if err != nil {
		t.Fatal(err)
	}
	pairs := kind.Links(ps, 12).Pairs
	if len(pairs) != 2*3*3 {
		t.Errorf("%d channels, want 18", len(pairs))
	}
	for _, p := range pairs {
		if p.From/6 != p.To/6 || p.From%6 >= 3 || p.To%6 < 3 {
			t.Errorf("a channel from %d to %d", p.From, p.To)
		}
	}
}
