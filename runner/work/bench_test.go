package work

import (
	"context"
	"testing"
)

// BenchmarkItem is the cost of one item of each workload at its defaults.
func BenchmarkItem(b *testing.B) {
	for _, kind := range Kinds() {
		b.Run(kind.Name, func(b *testing.B) {
			k := newKernel(b, kind.Name, nil, Env{Slots: 1, Dir: b.TempDir()})
			if kind.ItemByte != nil {
				ps, err := kind.Parse(nil)
				if err != nil {
					b.Fatal(err)
				}
				b.SetBytes(kind.ItemByte(ps))
			}
			b.ReportAllocs()
			for i := int64(0); b.Loop(); i++ {
				if _, err := k.Do(context.Background(), Task{Lo: i, Hi: i + 1}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
