package work

import "testing"

// Every row of the product against the triple loop of the definition, for
// sizes around the kernel's blocking.
func TestMatmulAgreesWithTripleLoop(t *testing.T) {
	for _, n := range []int{8, 9, 15, 64, 255, 256, 257} {
		kernel, _ := newMatmul(Params{"n": itoa(n)}, Env{Slots: 1})
		k := kernel.(*matmul)
		rows := make([]float64, matmulRows*n)
		for first := 0; first < n; first += matmulRows {
			k.multiply(first, rows)
			compareRows(t, n, first, rows, func(i, j int) float64 {
				var sum float64
				for p := range n {
					sum += k.a[i*n+p] * k.bt[j*n+p]
				}
				return sum
			})
		}
	}
}

// A[i][p] = i+p and B[p][j] = p-j give, with S1 and S2 the sums of p and of
// p*p, C[i][j] = S2 + (i-j)*S1 - i*j*n.
func TestMatmulClosedForm(t *testing.T) {
	const n = 300
	k := &matmul{n: n, a: make([]float64, n*n), bt: make([]float64, n*n)}
	for i := range n {
		for p := range n {
			k.a[i*n+p], k.bt[i*n+p] = float64(i+p), float64(p-i)
		}
	}
	rows := make([]float64, matmulRows*n)
	for first := 0; first < n; first += matmulRows {
		k.multiply(first, rows)
		compareRows(t, n, first, rows, func(i, j int) float64 {
			s1, s2 := n*(n-1)/2, (n-1)*n*(2*n-1)/6
			return float64(s2 + (i-j)*s1 - i*j*n)
		})
	}
}

func TestMatmulItemsCoverAllRows(t *testing.T) {
	for _, n := range []int{8, 64, 100, 257} {
		seen := map[int]bool{}
		for i := range int64(n) {
			for r := range matmulRows {
				seen[(firstRow(i, n)+r)%n] = true
			}
		}
		if len(seen) != n {
			t.Errorf("n=%d: items compute %d rows", n, len(seen))
		}
	}
}

func compareRows(t *testing.T, n, first int, rows []float64, want func(i, j int) float64) {
	t.Helper()
	for r := range matmulRows {
		i := (first + r) % n
		for j := range n {
			if got := rows[r*n+j]; got != want(i, j) {
				t.Fatalf("n=%d: C[%d][%d] = %v, want %v", n, i, j, got, want(i, j))
			}
		}
	}
}
