package link

import (
	"errors"
	"testing"
	"unsafe"
)

// In one process nothing that a rank writes for each message may lie on a cache line that the
// other one uses: in two processes it never does.
func TestRanksWriteApart(t *testing.T) {
	for _, name := range Names() {
		t.Run(name, func(t *testing.T) {
			p := Plan{Link: name, Pairs: []Pair{{0, 1}, {1, 0}}, Max: 64}
			f, err := Open(p, 2, t.TempDir())
			if errors.As(err, &Unavailable{}) {
				t.Skip(err)
			}
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			j, err := f.Join()
			if err != nil {
				t.Fatal(err)
			}
			defer j.Close()
			for _, a := range inUse(j.Comm(0).(*comm)) {
				for _, b := range inUse(j.Comm(1).(*comm)) {
					if (a.writes || b.writes) && a.meets(b) {
						t.Errorf("rank 0 uses %s at %#x-%#x, rank 1 %s at %#x-%#x", a.what, a.from, a.to, b.what, b.from, b.to)
					}
				}
			}
		})
	}
}

// region is memory that a rank uses for each message.
type region struct {
	what     string
	from, to uintptr
	writes   bool
}

func (r region) meets(o region) bool {
	const line = 64
	return r.from/line <= (o.to-1)/line && o.from/line <= (r.to-1)/line
}

// written is an object that a rank writes to, without the room at its end.
func written[T any](what string, p *T) region {
	from := uintptr(unsafe.Pointer(p))
	return region{what, from, from + unsafe.Sizeof(*p) - unsafe.Sizeof(apart{}), true}
}

// looked is an object that a rank looks at.
func looked[T any](what string, p *T) region {
	from := uintptr(unsafe.Pointer(p))
	return region{what, from, from + unsafe.Sizeof(*p), false}
}

func filled(what string, bytes []byte) region {
	from := uintptr(unsafe.Pointer(&bytes[0]))
	return region{what, from, from + uintptr(len(bytes)), true}
}

// inUse lists what a rank uses.
func inUse(c *comm) []region {
	list := []region{written("its comm", c)}
	for _, out := range c.outs.list {
		switch s := out.(type) {
		case *goChannel:
			list = append(list, written("a channel's sender", s))
		case *streamOut:
			list = append(list, looked("a stream's sender", s), filled("a stage", s.stage))
		case *fileOut:
			list = append(list, written("a file's sender", s), filled("the pipe's bytes", s.bytes))
		default:
			list = append(list, senderInUse(out)...)
		}
	}
	for _, in := range c.ins.list {
		switch s := in.(type) {
		case *goChannelEnd:
			list = append(list, looked("a channel's receiver", s))
		case *streamIn:
			list = append(list, written("a stream's receiver", s), filled("what is read ahead", s.ahead))
		case *fileIn:
			list = append(list, written("a file's receiver", s), filled("the pipe's bytes", s.bytes))
		default:
			list = append(list, receiverInUse(in)...)
		}
	}
	return list
}
