package work

import "context"

func init() { describe("spmv", spmvKind) }

func spmvKind() Kind {
	return Kind{
		Name:    "spmv",
		Summary: "sparse matrix times vector, a grid's Laplacian by rows: indirect loads, streamed once",
		Doc: `Definition: A is the Laplacian of a grid of grid x grid points that is closed at its
edges (point r*grid+c has the neighbours above, below, left and right, each modulo
grid): 4 on the diagonal, -1 for a neighbour, 5 entries a row sorted by column. It is
stored by compressed rows: float64 values, 32-bit columns, 64-bit row starts. The rows
are cut into equal blocks of 8192 or fewer; the few left over are not used. Item i
computes block i, modulo their number, of y = A*x into the worker's own block, where
x[p] is a whole number from -8 to 7 made from p. The result is made of 16 elements of
y, read back. All values are whole, so they are exact.
Source: CSR, as in SPARSKIT (Saad, 1990), and the matrix of HPCG's kind of problem;
tested against the five-point formula on the grid, which knows no matrix.
Unit: floating-point operations: a multiplication and an addition for each of 5
entries a row. Bytes count the matrix, y, and x as if each element were read once.
Stresses: memory bandwidth, once the matrix outgrows the caches (68 bytes a row: 17
MiB by default), with one load in three through an index. The goroutines of a process
share matrix and x; worker processes make a copy each.
Does not say: how irregular matrices do. Here neighbours are near or a row of the grid
away.`,
		Item: "a block of rows of a matrix times a vector",
		Params: []Param{
			{Name: "grid", Type: "int", Default: "512", Min: 4, Max: 16384, Doc: "points along a side of the grid: the matrix has grid*grid rows"},
		},
		ItemOps: func(ps Params) int64 {
			_, rows := spmvBlocks(ps.Int("grid"))
			return 10 * rows
		},
		ItemByte: func(ps Params) int64 {
			_, rows := spmvBlocks(ps.Int("grid"))
			return rows * (5*12 + 8 + 8 + 8) // entries, row start, x once, y
		},
		New: newSpMV,
	}
}

const spmvProbes = 16

type spmv struct {
	blocks, rows int64 // blocks of the matrix; rows of a block
	starts       []int64
	columns      []int32
	values       []float64
	x            []float64
	y            slots[[]float64]
}

// spmvBlocks cuts the rows of a matrix into equal blocks of at most 8192.
func spmvBlocks(grid int64) (blocks, rows int64) {
	n := grid * grid
	blocks = (n + 8191) / 8192
	return blocks, n / blocks
}

func newSpMV(ps Params, env Env) (Kernel, error) {
	grid := ps.Int("grid")
	n := grid * grid
	k := &spmv{
		starts:  make([]int64, 1, n+1),
		columns: make([]int32, 0, 5*n),
		values:  make([]float64, 0, 5*n),
		x:       make([]float64, n),
		y:       newSlots[[]float64](env),
	}
	k.blocks, k.rows = spmvBlocks(grid)
	for p := range n {
		k.x[p] = smallInteger(int(p))
		k.addRow(p, grid)
	}
	return k, nil
}

// addRow appends the entries of point p, sorted by column.
func (k *spmv) addRow(p, grid int64) {
	r, c := p/grid, p%grid
	at := func(r, c int64) int64 { return (r+grid)%grid*grid + (c+grid)%grid }
	row := [5]int64{at(r-1, c), at(r, c-1), p, at(r, c+1), at(r+1, c)}
	for i := range row { // insertion sort: at the edges neighbours change places
		for j := i; j > 0 && row[j] < row[j-1]; j-- {
			row[j], row[j-1] = row[j-1], row[j]
		}
	}
	for _, column := range row {
		value := -1.0
		if column == p {
			value = 4
		}
		k.columns = append(k.columns, int32(column))
		k.values = append(k.values, value)
	}
	k.starts = append(k.starts, int64(len(k.columns)))
}

func (k *spmv) Prepare(_ context.Context, slot int) error {
	y := make([]float64, k.rows)
	for j := range y { // touched here, before the gate
		y[j] = 1
	}
	*k.y.of(slot) = y
	return nil
}

func (k *spmv) Do(ctx context.Context, t Task) (uint64, error) {
	y := *k.y.of(t.Slot)
	return sumItems(ctx, t, func(i int64) (uint64, error) {
		k.multiply(i%k.blocks*k.rows, y)
		var result uint64
		for p := int64(1); p <= spmvProbes; p++ {
			result += uint64(int64(y[p*k.rows/spmvProbes-1])) * scramble(uint64(p))
		}
		return result, nil
	})
}

// multiply sets y to the rows of A*x from first on.
func (k *spmv) multiply(first int64, y []float64) {
	starts := k.starts[first : first+int64(len(y))+1]
	at := starts[0]
	for j := range y {
		end := starts[j+1]
		values := k.values[at:end]
		columns := k.columns[at:end]
		columns = columns[:len(values)] // equal lengths: one bounds check less
		var sum float64
		for e, value := range values {
			sum += value * k.x[columns[e]]
		}
		y[j], at = sum, end
	}
}
