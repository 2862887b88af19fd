package work

import "testing"

// As STREAM validates itself: after a known number of items every element must
// hold what the recurrence says, and the inputs must be as they were.
func TestTriadValues(t *testing.T) {
	for _, array := range []string{"1024", "524288", "600000", "1572864"} {
		k := newKernel(t, "triad", map[string]string{"size": array}, Env{Slots: 1}).(*triad)
		items := k.blocks + 1 // the first block twice
		if _, err := k.Do(t.Context(), Task{Lo: 0, Hi: items}); err != nil {
			t.Fatal(err)
		}
		s := k.arrays.of(0)
		for n, a := range s.a {
			block, j := int64(n)/k.length, int64(n)%k.length
			q := float64(3 + block)
			if block == 0 {
				q = float64(3 + k.blocks)
			}
			b, c := float64(j%1021), float64(j%509)
			if a != b+q*c || s.b[n] != b || s.c[n] != c {
				t.Fatalf("array %s, element %d: a=%v b=%v c=%v, want a=%v b=%v c=%v", array, n, a, s.b[n], s.c[n], b+q*c, b, c)
			}
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
	kind, _ := Lookup("triad")
	if got := kind.ItemByte(Params{"size": "16777216"}); got != 24*65536 {
		t.Errorf("STREAM counts 24 bytes an element; got %d for 65536", got)
	}
}
