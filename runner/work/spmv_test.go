package work

import "testing"

func init() {
	cheap["spmv"] = map[string]string{"grid": "30"}
}

// Every element of the product by the five-point formula on the grid.
func TestSpMVIsTheLaplacian(t *testing.T) {
	for _, grid := range []int{4, 5, 33, 90, 91, 200} {
		k := newKernel(t, "spmv", map[string]string{"grid": itoa(grid)}, Env{Slots: 1}).(*spmv)
		x := func(r, c int) float64 {
			return smallInteger((r+grid)%grid*grid + (c+grid)%grid)
		}
		for i := range k.blocks + 1 { // the first block again
			if _, err := k.Do(t.Context(), Task{Lo: i, Hi: i + 1}); err != nil {
				t.Fatal(err)
			}
			for j, got := range *k.y.of(0) {
				p := int(i%k.blocks*k.rows) + j
				r, c := p/grid, p%grid
				if want := 4*x(r, c) - x(r-1, c) - x(r+1, c) - x(r, c-1) - x(r, c+1); got != want {
					t.Fatalf("grid %d: y[%d] = %v, want %v", grid, p, got, want)
				}
			}
		}
	}
}

func TestSpMVRowsAreCompressed(t *testing.T) {
	k := newKernel(t, "spmv", map[string]string{"grid": "20"}, Env{Slots: 1}).(*spmv)
	for row := range 400 {
		lo, hi := k.starts[row], k.starts[row+1]
		if hi-lo != 5 {
			t.Fatalf("row %d has %d entries, want 5", row, hi-lo)
		}
		for e := lo + 1; e < hi; e++ {
			if k.columns[e] <= k.columns[e-1] {
				t.Errorf("row %d: columns %v are not sorted", row, k.columns[lo:hi])
			}
		}
	}
}

func TestSpMVBlocks(t *testing.T) {
	for _, c := range []struct{ grid, blocks, rows int64 }{{4, 1, 16}, {90, 1, 8100}, {91, 2, 4140}, {512, 32, 8192}} {
		if blocks, rows := spmvBlocks(c.grid); blocks != c.blocks || rows != c.rows {
			t.Errorf("grid %d: %d blocks of %d rows, want %d of %d", c.grid, blocks, rows, c.blocks, c.rows)
		}
	}
}
