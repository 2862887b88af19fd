package work

import "context"

func init() { describe("trees", treesKind) }

func treesKind() Kind {
	return Kind{
		Name:    "trees",
		Summary: "binary trees allocated and dropped: the allocator and the garbage collector",
		Doc: `Definition: an item allocates a perfect binary tree of the given depth, leaf by
leaf, counts its nodes by walking it, and drops it. The result is the count,
2^(depth+1) - 1.
Source: binary-trees of the Computer Language Benchmarks Game, after Boehm's
GCBench; its count is the test's reference.
Unit: trees; not bytes.
Stresses: the allocator and the garbage collector, with 16 bytes and two pointers
a node. It allocates on purpose: goroutines share a heap and a collector, worker
processes have one each, with GOMAXPROCS = 1.
Does not say: how long pauses are, nor what a large live heap costs: between two
items nothing is alive.`,
		Item: "a binary tree",
		Params: []Param{
			{Name: "depth", Type: "int", Default: "12", Min: 0, Max: 24, Doc: "levels below the root"},
		},
		New:       newTrees,
		Allocates: true,
	}
}

type trees struct{ depth int }

type node struct{ left, right *node }

func newTrees(ps Params, _ Env) (Kernel, error) { return &trees{depth: int(ps.Int("depth"))}, nil }

func (k *trees) Do(ctx context.Context, t Task) (uint64, error) {
	return sumItems(ctx, t, func(int64) (uint64, error) { return grow(k.depth).count(), nil })
}

func grow(depth int) *node {
	if depth == 0 {
		return &node{}
	}
	return &node{left: grow(depth - 1), right: grow(depth - 1)}
}

func (n *node) count() uint64 {
	if n.left == nil {
		return 1
	}
	return 1 + n.left.count() + n.right.count()
}
