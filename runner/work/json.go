//go:build !light

package work

import (
	"context"
	"encoding/json"
	"fmt"
)

func init() { describe("json", jsonKind) }

func jsonKind() Kind {
	return Kind{
		Name:    "json",
		Summary: "a document encoded and decoded again: reflection, strings and short-lived memory",
		Doc: `Definition: item i makes an array of records, encodes it as JSON without spaces,
decodes that into new memory and compares. Record r has the number m = i*records + r,
and the members id (1e9 + m modulo 1e9), name (8 hexadecimal digits of the finaliser
of SplitMix64 of m modulo 256), score (1000.25 + m modulo 8000), tags (three of alpha,
bravo, cable, delta, eagle, fjord, gamma, hotel: numbers m, m+1 and m+2 modulo 8) and
at (an object with x and y, 100 + m modulo 900 and 999 - m modulo 900): 107 bytes
each, whatever m. The result is made of the decoded ids, scores and lengths of names.
Source: RFC 8259; Go's encoding/json with structs and tags, tested against records
written by hand.
Unit: bytes of JSON, counted once though they are written and read.
Stresses: what services do most: reflection, conversion of numbers, small allocations.
Goroutines share a heap and its collector, processes have one each.
Does not say: how other encoders do, or documents without a schema.`,
		Item: "an array of records encoded and decoded",
		Params: []Param{
			{Name: "records", Type: "int", Default: "64", Min: 1, Max: 1e6, Doc: "records in a document"},
		},
		ItemByte:  func(ps Params) int64 { return ps.Int("records")*(jsonRecordBytes+1) + 1 },
		ItemOps:   func(ps Params) int64 { return ps.Int("records") },
		Heavy:     func(Params) bool { return true },
		New:       newJSON,
		Allocates: true,
	}
}

const jsonRecordBytes = 107

type jsonRecord struct {
	ID    int64     `json:"id"`
	Name  string    `json:"name"`
	Score float64   `json:"score"`
	Tags  []string  `json:"tags"`
	At    jsonPoint `json:"at"`
}

type jsonPoint struct {
	X int32 `json:"x"`
	Y int32 `json:"y"`
}

type encoding struct {
	names   []string
	n       int64
	tags    []string // those of number m are tags[m%8 : m%8+3]
	records slots[[]jsonRecord]
}

func newJSON(ps Params, env Env) (Kernel, error) {
	k := &encoding{n: ps.Int("records"), records: newSlots[[]jsonRecord](env)}
	for m := range uint64(256) {
		k.names = append(k.names, fmt.Sprintf("%08x", uint32(scramble(m))))
	}
	k.tags = []string{"alpha", "bravo", "cable", "delta", "eagle", "fjord", "gamma", "hotel", "alpha", "bravo"}
	return k, nil
}

func (k *encoding) Prepare(_ context.Context, slot int) error {
	records := make([]jsonRecord, k.n)
	k.fill(records, 0) // touched here, before the gate
	*k.records.of(slot) = records
	return nil
}

func (k *encoding) Do(ctx context.Context, t Task) (uint64, error) {
	records := *k.records.of(t.Slot)
	return sumItems(ctx, t, func(i int64) (uint64, error) {
		k.fill(records, i)
		document, err := json.Marshal(records)
		if err != nil {
			return 0, fmt.Errorf("json: encode %d records: %w", len(records), err)
		}
		var decoded []jsonRecord
		if err := json.Unmarshal(document, &decoded); err != nil {
			return 0, fmt.Errorf("json: decode %d bytes: %w", len(document), err)
		}
		return compareRecords(decoded, records)
	})
}

// fill makes the records of item i, in memory that is used again.
func (k *encoding) fill(records []jsonRecord, i int64) {
	for r := range records {
		m := i*int64(len(records)) + int64(r)
		records[r] = jsonRecord{
			ID:    1e9 + m%1e9,
			Name:  k.names[m%256],
			Score: 1000.25 + float64(m%8000),
			Tags:  k.tags[m%8 : m%8+3],
			At:    jsonPoint{X: int32(100 + m%900), Y: int32(999 - m%900)},
		}
	}
}

// compareRecords returns a result made of what was decoded.
func compareRecords(decoded, records []jsonRecord) (result uint64, err error) {
	if len(decoded) != len(records) {
		return 0, fmt.Errorf("json: %d records were encoded and %d decoded", len(records), len(decoded))
	}
	for r, d := range decoded {
		e := records[r]
		same := d.ID == e.ID && d.Name == e.Name && d.Score == e.Score && d.At == e.At && len(d.Tags) == len(e.Tags)
		for i := range d.Tags {
			same = same && d.Tags[i] == e.Tags[i]
		}
		if !same {
			return 0, fmt.Errorf("json: record %d was encoded from %+v and decoded as %+v", r, e, d)
		}
		result += scramble(uint64(d.ID)) + uint64(d.Score) + uint64(len(d.Name))
	}
	return result, nil
}
