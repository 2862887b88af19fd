package work

import "testing"

func init() {
	dataJobs["kmeans"] = []map[string]string{
		{"points": "700", "dims": "3", "clusters": "5", "rounds": "4"},
		{"points": "3", "dims": "1", "clusters": "7", "rounds": "2"}, // most clusters stay empty
		{"points": "50", "dims": "64", "clusters": "20", "rounds": "1"},
		{"points": "101", "dims": "2", "clusters": "1", "rounds": "3"},
	}
	cheap["kmeans"] = dataJobs["kmeans"][0]
}

// Lloyd's algorithm in plain code, over points in slices of their own.
func TestKmeansAgreesWithLloyd(t *testing.T) {
	for _, raw := range dataJobs["kmeans"] {
		kind := kinds["kmeans"]
		ps, err := kind.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		members, sums := lloyd(pointsOf(ps), int(ps.Int("clusters")), int(ps.Int("rounds")))
		var result, place uint64
		for j := range members {
			result += uint64(members[j]) * (2*place + 1)
			place++
			for _, s := range sums[j] {
				result += uint64(s) * (2*place + 1)
				place++
			}
		}
		if got, want := sumOfJobs(t, kind, raw, 1), mix(0, result); got != want {
			t.Errorf("%v: sum %x, want %x", raw, got, want)
		}
	}
}

// pointsOf makes the points by the definition.
func pointsOf(ps Params) [][]int64 {
	dims, clusters := uint64(ps.Int("dims")), uint64(ps.Int("clusters"))
	points := make([][]int64, ps.Int("points"))
	for i := range points {
		t := scramble(uint64(i)) % clusters
		for d := range dims {
			random := scramble(uint64(i)*dims + d + 1)
			x := 8192 + scramble(t*dims+d)/(1<<49) + random%8192 + random/8192%8192
			points[i] = append(points[i], int64(x))
		}
	}
	return points
}

func lloyd(points [][]int64, clusters, rounds int) (members []int64, sums [][]int64) {
	centres := make([][]int64, clusters)
	for j := range centres {
		centres[j] = points[j*len(points)/clusters]
	}
	for range rounds {
		members, sums = make([]int64, clusters), make([][]int64, clusters)
		for j := range sums {
			sums[j] = make([]int64, len(points[0]))
		}
		for _, p := range points {
			best := 0
			for j := range centres {
				if distanceSquared(p, centres[j]) < distanceSquared(p, centres[best]) {
					best = j
				}
			}
			members[best]++
			for d, x := range p {
				sums[best][d] += x
			}
		}
		for j := range centres {
			if members[j] == 0 {
				continue
			}
			centres[j] = make([]int64, len(sums[j]))
			for d, s := range sums[j] {
				centres[j][d] = s / members[j]
			}
		}
	}
	return members, sums
}

func distanceSquared(a, b []int64) (sum int64) {
	for d := range a {
		sum += (a[d] - b[d]) * (a[d] - b[d])
	}
	return sum
}

// The definition's coordinates fit into 16 bits, so that squares and sums are exact.
func TestKmeansCoordinates(t *testing.T) {
	ps, err := kinds["kmeans"].Parse(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pointsOf(ps) {
		for _, x := range p {
			if x < 0 || x > 65535 {
				t.Fatalf("a coordinate is %d", x)
			}
		}
	}
}
