package work

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

func init() {
	cheap["json"] = map[string]string{"records": "5"}
}

// A record written by hand, from the definition.
func recordByHand(m int64) string {
	words := strings.Fields("alpha bravo cable delta eagle fjord gamma hotel")
	return fmt.Sprintf(`{"id":1%09d,"name":"%08x","score":%d.25,"tags":["%s","%s","%s"],"at":{"x":%d,"y":%d}}`,
		m%1e9, scramble(uint64(m%256))&0xffffffff, 1000+m%8000, words[m%8], words[(m+1)%8], words[(m+2)%8], 100+m%900, 999-m%900)
}

func TestJSONDocument(t *testing.T) {
	const records = 7
	k := newKernel(t, "json", map[string]string{"records": itoa(records)}, Env{Slots: 1}).(*encoding)
	kind, _ := Lookup("json")
	for _, i := range []int64{0, 1, 200, 1142, 1e8, 1<<40 + 3} {
		var byHand []string
		for r := range int64(records) {
			byHand = append(byHand, recordByHand(i*records+r))
		}
		want := "[" + strings.Join(byHand, ",") + "]"
		k.fill(*k.records.of(0), i)
		got, err := json.Marshal(*k.records.of(0))
		if err != nil || string(got) != want {
			t.Errorf("item %d: %v\n got %s\nwant %s", i, err, got, want)
		}
		if bytes := kind.ItemByte(Params{"records": itoa(records)}); int64(len(want)) != bytes {
			t.Errorf("item %d: %d bytes by hand, ItemByte says %d", i, len(want), bytes)
		}
	}
}

// A decoder that drops or alters anything must be found out.
func TestJSONCompare(t *testing.T) {
	k := newKernel(t, "json", map[string]string{"records": "3"}, Env{Slots: 1}).(*encoding)
	records := *k.records.of(0)
	k.fill(records, 4)
	for name, alter := range map[string]func(r *jsonRecord){
		"id":    func(r *jsonRecord) { r.ID++ },
		"name":  func(r *jsonRecord) { r.Name = r.Name[1:] },
		"score": func(r *jsonRecord) { r.Score = 0 },
		"tags":  func(r *jsonRecord) { r.Tags = nil },
		"a tag": func(r *jsonRecord) { r.Tags = []string{r.Tags[0], r.Tags[0], r.Tags[2]} },
		"at":    func(r *jsonRecord) { r.At.Y-- },
	} {
		decoded := append([]jsonRecord(nil), records...)
		if _, err := compareRecords(decoded, records); err != nil {
			t.Fatalf("equal records differ: %v", err)
		}
		alter(&decoded[1])
		if _, err := compareRecords(decoded, records); err == nil {
			t.Errorf("a change of %s was not seen", name)
		}
	}
	if _, err := compareRecords(records[:2], records); err == nil {
		t.Error("a lost record was not seen")
	}
}
