package work

import (
	"errors"
	"testing"

	"forklore/runner/link"
)

// An item's result is what came back: words made from those that went there.
func TestPingpongSum(t *testing.T) {
	kind, _ := Lookup("pingpong")
	for _, size := range []int{1, 64, 10000} {
		var want uint64
		for i := range int64(10) {
			want += mix(i, sealSum(sealSum(uint64(i), size), size))
		}
		raw := map[string]string{"size": itoa(size)}
		for _, raw["encoding"] = range []string{"raw", "binary", "gob", "json"} {
			newTalkers(t, kind, raw, 1, 1).want(t, Round{Items: 10}, 10, want)
		}
	}
}

// Every 16th round trip of each pair is timed, and told once.
func TestPingpongTimesEverySixteenth(t *testing.T) {
	kind, _ := Lookup("pingpong")
	w := newTalkers(t, kind, nil, 4)
	for _, c := range []struct{ items, want int64 }{{2 * 16 * 5, 5}, {2 * 15, 0}, {2 * 33, 2}} {
		if _, _, err := w.run(Round{Items: c.items}); err != nil {
			t.Fatal(err)
		}
		for rank, p := range w.peers {
			hist := p.(Measurer).Measure(w.slots[rank]).Hists["rtt_s"]
			if rank%2 != 0 {
				if hist != nil {
					t.Errorf("rank %d, which answers, has a histogram", rank)
				}
				continue
			}
			var n int64
			for _, b := range hist.Buckets() {
				n += b.Count
			}
			if n != c.want {
				t.Errorf("rank %d timed %d round trips in %d items, want %d", rank, n, c.items, c.want)
			}
		}
	}
}

func encodedMailOf(t *testing.T, encoding string, size int64) *encodedMail {
	t.Helper()
	l, err := newEncodedMail(encoding, size)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// The plan's longest message holds the longest letter.
func TestEnvelopesFit(t *testing.T) {
	for _, encoding := range []string{"binary", "gob", "json"} {
		for _, size := range []int64{1, 2, 3, 4, 100, 65536, 1 << 20} {
			l := encodedMailOf(t, encoding, size)
			for _, item := range []int64{1<<62 - 1, 0, -1 << 62} {
				l.envelope.Reset()
				if err := l.encode(letter{Item: item, Payload: l.out}); err != nil {
					t.Fatal(err)
				}
				if n := l.envelope.Len(); n > envelopeLen(encoding, size) {
					t.Errorf("%s: %d bytes become %d, %d are planned", encoding, size, n, envelopeLen(encoding, size))
				}
			}
		}
	}
}

// A message that says it is another item's is no message of this one.
func TestEncodedMailIsChecked(t *testing.T) {
	for _, encoding := range []string{"binary", "gob", "json"} {
		f, err := link.Open(link.Plan{Link: "channel", Pairs: []link.Pair{{From: 0, To: 1}}, Max: 1000}, 2, "")
		if err != nil {
			t.Fatal(err)
		}
		j, err := f.Join()
		if err != nil {
			t.Fatal(err)
		}
		from, to := encodedMailOf(t, encoding, 10), encodedMailOf(t, encoding, 10)
		if err := errors.Join(from.send(j.Comm(0), 1, 5), to.recv(j.Comm(1), 0, 5)); err != nil {
			t.Error(err)
		}
		if err := errors.Join(from.send(j.Comm(0), 1, 5), to.recv(j.Comm(1), 0, 6)); err == nil {
			t.Errorf("%s: item 5 was taken for item 6", encoding)
		}
		if err := j.Comm(0).Send(1, []byte("no letter")); err != nil {
			t.Fatal(err)
		}
		if err := to.recv(j.Comm(1), 0, 7); err == nil {
			t.Errorf("%s: rubbish was decoded", encoding)
		}
	}
}
