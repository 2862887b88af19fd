package work

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

func init() { describe("touch", touchKind) }

func touchKind() Kind {
	return Kind{
		Name:    "touch",
		Summary: "memory of a known size, held to the end: checks the accounting of memory",
		Doc: `Definition: a worker's first item maps size bytes of anonymous memory outside
Go's heap, in small pages where the system can be asked for them, and writes one
byte in each; the mapping stays until the kernel is closed. Other items do
nothing. An item's result is its number.
Source: own; the test reads the process's resident pages.
Unit: items; not bytes.
Stresses: page faults, once.
Does not say: anything of the work that follows.`,
		Item: "the first: size bytes touched; others: nothing",
		Params: []Param{
			{Name: "size", Type: "bytes", Default: "67108864", Min: 4096, Max: 64 << 30, Doc: "bytes that each worker touches"},
		},
		New:    newTouch,
		Hidden: true,
	}
}

type touch struct {
	size     int
	mappings slots[[]byte]
}

func newTouch(ps Params, env Env) (Kernel, error) {
	return &touch{size: int(ps.Bytes("size")), mappings: newSlots[[]byte](env)}, nil
}

func (k *touch) Do(ctx context.Context, t Task) (uint64, error) {
	mapping := k.mappings.of(t.Slot)
	return sumItems(ctx, t, func(i int64) (uint64, error) {
		if *mapping != nil {
			return uint64(i), nil
		}
		var err error
		*mapping, err = mapSmallPages(k.size)
		for at := 0; at < len(*mapping); at += 4096 { // the smallest page there is
			(*mapping)[at] = 1
		}
		return uint64(i), err
	})
}

// mapSmallPages maps size bytes that no huge page will back: one would round
// the memory in use up to 2 MiB.
func mapSmallPages(size int) ([]byte, error) {
	mapping, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return nil, fmt.Errorf("touch: map %d bytes: %w: ask for a smaller size", size, err)
	}
	adviseSmallPages(mapping)
	return mapping, nil
}

func (k *touch) Close() error {
	var faults []error
	for slot := range k.mappings {
		if mapping := k.mappings.of(slot); *mapping != nil {
			faults = append(faults, unix.Munmap(*mapping))
			*mapping = nil
		}
	}
	return errors.Join(faults...)
}
