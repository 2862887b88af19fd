package work

import (
	"math"
	"testing"
)

func init() {
	dataJobs["stencil"] = []map[string]string{
		{"side": "37", "steps": "6"},
		{"side": "1", "steps": "3"},
		{"side": "4", "steps": "1"},
		{"side": "200", "steps": "3"}, // rows longer than the shortest message
	}
	cheap["stencil"] = dataJobs["stencil"][0]
}

// The loop over the whole grid, without slabs or blocks.
func TestStencilAgreesWithLoop(t *testing.T) {
	for _, raw := range dataJobs["stencil"] {
		kind := kinds["stencil"]
		ps, err := kind.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		n := int(ps.Int("side")) + 2
		old, now := make([][]float64, n), make([][]float64, n)
		for y := range n {
			for x := range n {
				old[y] = append(old[y], float64(scramble(uint64(y*n+x))>>40))
			}
			now[y] = append(now[y], old[y]...)
		}
		for range ps.Int("steps") {
			for y := 1; y < n-1; y++ {
				for x := 1; x < n-1; x++ {
					now[y][x] = (old[y-1][x] + old[y+1][x] + (old[y][x-1] + old[y][x+1])) / 4
				}
			}
			old, now = now, old
		}
		var result uint64
		for y := 1; y < n-1; y++ {
			for x := 1; x < n-1; x++ {
				result += math.Float64bits(old[y][x]) * uint64(2*(y*n+x)+1)
			}
		}
		if got, want := sumOfJobs(t, kind, raw, 1), mix(0, result); got != want {
			t.Errorf("%v: sum %x, want %x", raw, got, want)
		}
	}
}

// Jacobi's iteration shrinks sin(pi*x/(n+1))*sin(pi*y/(n+1)), with cold borders, by
// cos(pi/(n+1)) a step.
func TestStencilShrinksEigenvector(t *testing.T) {
	const n = 30
	s := slab{rows: n, width: n + 2}
	wave := func(y, x int) float64 {
		return math.Sin(math.Pi*float64(x)/(n+1)) * math.Sin(math.Pi*float64(y)/(n+1))
	}
	for i := range s.grids {
		s.grids[i] = make([]float64, (n+2)*(n+2))
	}
	for y := 1; y <= n; y++ {
		for x := 1; x <= n; x++ {
			s.grids[0][y*(n+2)+x] = wave(y, x)
		}
	}
	s.step(s.grids[0], s.grids[1])
	s.step(s.grids[1], s.grids[2])
	shrunk := math.Pow(math.Cos(math.Pi/(n+1)), 2)
	for y := 1; y <= n; y++ {
		for x := 1; x <= n; x++ {
			if got, want := s.grids[2][y*(n+2)+x], shrunk*wave(y, x); math.Abs(got-want) > 1e-14 {
				t.Fatalf("cell %d,%d is %v, want %v", y, x, got, want)
			}
		}
	}
}
