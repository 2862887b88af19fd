package plots

import (
	"math"
	"strings"
	"testing"
)

func TestComparisonsWordsNameNoExtreme(t *testing.T) {
	rows := []forestRow{{Value: 3, BH: 0.2, Verdict: "unclear"}, {Value: 1.1, BH: 0.05, Verdict: "better"}, {Value: math.NaN(), BH: math.NaN(), Verdict: "no data"}}
	_, got := comparisonsWords(rows)
	if want := "In 1 of 2 comparisons p is at most 0.05"; !strings.Contains(got, want) || strings.Contains(got, "3.00") {
		t.Errorf("reading lacks %q or names the extreme: %s", want, got)
	}
	if _, got := comparisonsWords(rows[2:]); !strings.HasPrefix(got, "No comparison could be made") {
		t.Error(got)
	}
}
