package work

import (
	"slices"
	"testing"
)

// As STREAM validates itself: after a known number of items every element must
// hold what the recurrence says, and the inputs must be as they were, but for
// the elements that copy and add mark.
func TestTriadValues(t *testing.T) {
	for op, formula := range map[string]func(b, c, q float64) float64{
		"copy":  func(b, _, _ float64) float64 { return b },
		"scale": func(b, _, q float64) float64 { return q * b },
		"add":   func(b, c, _ float64) float64 { return b + c },
		"triad": func(b, c, q float64) float64 { return b + q*c },
	} {
		for _, array := range []string{"1024", "524288", "600000", "1572864"} {
			t.Run(op+" "+array, func(t *testing.T) { checkTriad(t, op, array, formula) })
		}
	}
}

func checkTriad(t *testing.T, op, array string, formula func(b, c, q float64) float64) {
	k := newKernel(t, "triad", map[string]string{"size": array, "op": op}, Env{Slots: 1}).(*triad)
	items := k.blocks + 1 // the first block twice
	if _, err := k.Do(t.Context(), Task{Lo: 0, Hi: items}); err != nil {
		t.Fatal(err)
	}
	var marked []int64
	for p := range int64(16) {
		if op == "copy" || op == "add" {
			marked = append(marked, (p+1)*k.length/16-1)
		}
	}
	s := k.arrays.of(0)
	for n, a := range s.a {
		block, j := int64(n)/k.length, int64(n)%k.length
		q := float64(3 + block)
		if block == 0 {
			q = float64(3 + k.blocks)
		}
		b, c := float64(j%1021), float64(j%509)
		if slices.Contains(marked, j) {
			b += q
		}
		if a != formula(b, c, q) || s.b[n] != b || s.c != nil && s.c[n] != c {
			t.Fatalf("element %d: a=%v b=%v, want a=%v b=%v", n, a, s.b[n], formula(b, c, q), b)
		}
	}
}

// A block that is not worked on must show in the sum, with every op.
func TestTriadShowsABlockLeftOut(t *testing.T) {
	for _, op := range []string{"copy", "scale", "add", "triad"} {
		raw := map[string]string{"size": "1024", "op": op}
		right := sumOf(t, "triad", raw, 2)
		k := newKernel(t, "triad", raw, Env{Slots: 1}).(*triad)
		worked := false
		run := k.op.run
		k.op.run = func(a, b, c []float64, q float64) {
			if !worked {
				run(a, b, c, q)
			}
			worked = true
		}
		if sum, err := k.Do(t.Context(), Task{Lo: 0, Hi: 2}); err != nil || sum == right {
			t.Errorf("%s: the sum is the same though the second item did nothing: %v", op, err)
		}
	}
}

func TestTriadBlocks(t *testing.T) {
	for _, c := range []struct{ size, blocks, length int64 }{
		{1 << 10, 1, 128},
		{512 << 10, 1, 65536},
		{512<<10 + 8, 2, 32768},
		{16 << 20, 32, 65536},
	} {
		blocks, length := triadBlocks(c.size)
		if blocks != c.blocks || length != c.length {
			t.Errorf("%d bytes: %d blocks of %d, want %d of %d", c.size, blocks, length, c.blocks, c.length)
		}
	}
}

// STREAM's own table: bytes an element of copy, scale, add and triad.
func TestTriadBytes(t *testing.T) {
	kind, _ := Lookup("triad")
	for op, bytes := range map[string]int64{"copy": 16, "scale": 16, "add": 24, "triad": 24} {
		if got := kind.ItemByte(Params{"size": "16777216", "op": op}); got != bytes*65536 {
			t.Errorf("%s: STREAM counts %d bytes an element; got %d for 65536", op, bytes, got)
		}
	}
}
