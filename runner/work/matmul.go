package work

import "context"

func init() { describe("matmul", matmulKind) }

func matmulKind() Kind {
	return Kind{
		Name:    "matmul",
		Summary: "dense matrix product: floating point over inputs that a process's workers share",
		Doc: `Definition: C = A*B for n x n matrices of float64; item i computes 8 rows of C,
rows 8i to 8i+7 modulo n, at 2*8*n*n floating-point operations. A and B hold
whole numbers from -8 to 7 made from their indices, so every sum is exact and the
checksum does not depend on the order of operations or on fused instructions.
Source: own kernel, blocked for registers (4 x 2) and for the first-level cache
(256 columns of A at a time). gonum's Dgemm costs the binary only 20 KB, but it
starts GOMAXPROCS goroutines of its own on large matrices: a second, hidden
concurrency model under the one that is measured. Tested against the
triple loop and against a product in closed form.
Unit: groups of 8 rows; not bytes.
Stresses: floating-point units, and the cache that holds B (8*n*n bytes: 2 MiB by
default). The goroutines of a process share one A and one B; worker processes
make a copy each, in setup time and in memory.
Does not say: how fast a tuned BLAS is; there are no vector instructions in it.`,
		Item: "8 rows of a matrix product",
		Params: []Param{
			{Name: "n", Type: "int", Default: "512", Min: 8, Max: 8192, Doc: "rows and columns of the matrices"},
		},
		New: newMatmul,
	}
}

const (
	matmulRows  = 8   // rows of C in an item
	matmulPanel = 256 // columns of A taken at a time: 8 rows of them are 16 KiB
)

type matmul struct {
	n    int
	a    []float64 // row by row
	bt   []float64 // B column by column, so that inner products run along memory
	rows slots[[]float64]
}

func newMatmul(ps Params, env Env) (Kernel, error) {
	n := int(ps.Int("n"))
	k := &matmul{n: n, a: make([]float64, n*n), bt: make([]float64, n*n), rows: newSlots[[]float64](env)}
	for i := range k.a {
		k.a[i] = smallInteger(i)
		k.bt[i] = smallInteger(i + len(k.a))
	}
	return k, nil
}

// smallInteger returns a whole number from -8 to 7: products of 8192 of them
// add up to less than 2^53, so float64 holds every partial sum exactly.
func smallInteger(i int) float64 { return float64(scramble(uint64(i))>>60) - 8 }

func (k *matmul) Prepare(_ context.Context, slot int) error {
	rows := make([]float64, matmulRows*k.n)
	for i := range rows { // touched here, before the gate
		rows[i] = 1
	}
	*k.rows.of(slot) = rows
	return nil
}

func (k *matmul) Do(ctx context.Context, t Task) (uint64, error) {
	rows := *k.rows.of(t.Slot)
	return sumItems(ctx, t, func(i int64) (uint64, error) {
		k.multiply(firstRow(i, k.n), rows)
		var result uint64
		for j, c := range rows {
			result += uint64(int64(c)) * uint64(2*j+1) // odd weights: a swap of two entries shows
		}
		return result, nil
	})
}

// firstRow returns the first of the rows that item i computes.
func firstRow(i int64, n int) int { return int(i%int64(n)) * matmulRows % n }

// multiply sets rows, 8 x n, to rows first to first+7 of A*B, modulo n.
func (k *matmul) multiply(first int, rows []float64) {
	clear(rows)
	for lo := 0; lo < k.n; lo += matmulPanel {
		hi := min(lo+matmulPanel, k.n)
		for j := 0; j < k.n; j += 2 {
			j1 := min(j+1, k.n-1) // an odd n computes its last column twice
			b0, b1 := k.bt[j*k.n+lo:j*k.n+hi], k.bt[j1*k.n+lo:j1*k.n+hi]
			for r := 0; r < matmulRows; r += 4 {
				k.tile(first+r, lo, hi, b0, b1, rows[r*k.n+j:], j1-j)
			}
		}
	}
}

// tile adds to 4 x 2 entries of C, n apart from row to row and step apart in a
// row, the products of rows row to row+3 of A, columns lo to hi, with b0 and b1.
func (k *matmul) tile(row, lo, hi int, b0, b1, c []float64, step int) {
	a0, a1 := k.row(row, lo, hi), k.row(row+1, lo, hi)
	a2, a3 := k.row(row+2, lo, hi), k.row(row+3, lo, hi)
	var c00, c01, c10, c11, c20, c21, c30, c31 float64
	// Equal lengths, told to the compiler: no bounds check in the loop.
	a1, a2, a3, b0, b1 = a1[:len(a0)], a2[:len(a0)], a3[:len(a0)], b0[:len(a0)], b1[:len(a0)]
	for p, x := range a0 {
		y, z := b0[p], b1[p]
		c00, c01 = c00+x*y, c01+x*z
		c10, c11 = c10+a1[p]*y, c11+a1[p]*z
		c20, c21 = c20+a2[p]*y, c21+a2[p]*z
		c30, c31 = c30+a3[p]*y, c31+a3[p]*z
	}
	n := k.n
	c[0], c[n], c[2*n], c[3*n] = c[0]+c00, c[n]+c10, c[2*n]+c20, c[3*n]+c30
	if step > 0 {
		c[1], c[n+1], c[2*n+1], c[3*n+1] = c[1]+c01, c[n+1]+c11, c[2*n+1]+c21, c[3*n+1]+c31
	}
}

// row returns columns lo to hi of row i modulo n of A.
func (k *matmul) row(i, lo, hi int) []float64 {
	at := i % k.n * k.n
	return k.a[at+lo : at+hi]
}
