package work

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

func init() { describe("fsync", fsyncKind) }

func fsyncKind() Kind {
	return Kind{
		Name:    "fsync",
		Summary: "appending to a file of one's own and making it durable",
		Doc: `Definition: an item appends size bytes made from its number to the worker's own
file in the trial's scratch folder, then calls fsync. The file's length is
checked at the end, then the file is removed.
Source: the commit of a write-ahead log (fio's fsync=1 with one job a file). The
test reads the records back.
Unit: bytes made durable.
Stresses: the file system's journal and the device's flush; the processor hardly.
All files lie on the file system of the results.
Does not say: anything that carries over to another device or file system; on
tmpfs and under some hypervisors fsync does nothing.`,
		Item: "a record appended and made durable",
		Params: []Param{
			{Name: "size", Type: "bytes", Default: "16384", Min: 8, Max: 64 << 20, Doc: "bytes appended by an item"},
		},
		ItemByte: func(ps Params) int64 { return ps.Bytes("size") },
		New:      newFsync,
	}
}

type durable struct {
	dir     string
	rank    int
	size    int64
	writers slots[writer]
}

type writer struct {
	file    *os.File
	record  []byte // whole words; the first size bytes are written
	written int64
	failed  bool
}

func newFsync(ps Params, env Env) (Kernel, error) {
	return &durable{dir: env.Dir, rank: env.Rank, size: ps.Bytes("size"), writers: newSlots[writer](env)}, nil
}

func (k *durable) Prepare(_ context.Context, slot int) error {
	path := filepath.Join(k.dir, fmt.Sprintf("fsync-%d", k.rank+slot))
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("fsync: make the worker's file: %w", inFolder(err))
	}
	w := k.writers.of(slot)
	w.file, w.record = file, make([]byte, (k.size+7)/8*8)
	return nil
}

func (k *durable) Do(ctx context.Context, t Task) (uint64, error) {
	w := k.writers.of(t.Slot)
	return sumItems(ctx, t, func(i int64) (uint64, error) {
		result := fillRecord(w.record, i)
		return result, w.append(k.size)
	})
}

// fillRecord sets the words of record to what item i writes, and returns their
// sum.
func fillRecord(record []byte, i int64) uint64 {
	base, sum := scramble(uint64(i)), uint64(0)
	for at := 0; at < len(record); at += 8 {
		word := scramble(base + uint64(at))
		binary.LittleEndian.PutUint64(record[at:], word)
		sum += word
	}
	return sum
}

// append writes size bytes of the record and waits until they are durable.
func (w *writer) append(size int64) error {
	_, err := w.file.Write(w.record[:size])
	if err == nil {
		err = w.file.Sync()
	}
	if err == nil {
		w.written += size
		return nil
	}
	w.failed = true
	return fmt.Errorf("fsync: append %d bytes after %d: %w", size, w.written, err)
}

// Close checks that each file is as long as what was written to it, and removes
// it. After a failed write the length may be anything.
func (k *durable) Close() error {
	var faults []error
	for slot := range k.writers {
		if w := k.writers.of(slot); w.file != nil {
			faults = append(faults, w.close())
			w.file = nil
		}
	}
	return errors.Join(faults...)
}

func (w *writer) close() error {
	info, err := w.file.Stat()
	if err == nil && !w.failed && info.Size() != w.written {
		err = fmt.Errorf("fsync: %s is %d bytes long; %d were written", w.file.Name(), info.Size(), w.written)
	}
	return errors.Join(err, w.file.Close(), os.Remove(w.file.Name()))
}
