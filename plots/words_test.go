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

func TestDriftWords(t *testing.T) {
	level, rising := make([]float64, 40), make([]float64, 3000)
	for i := range level {
		level[i] = 1 + 0.01*float64(i%2)
	}
	for i := range rising {
		rising[i] = 1 + 0.1*float64(i)/float64(len(rising)-1) + 0.001*float64(i%3)
	}
	for name, c := range map[string]struct {
		in   []float64
		want string
	}{
		"level":    {level, "No drift found over 40 trials (p = "},
		"rising":   {rising, "Trials drift by +10 % over the run (p < 0.0001)"},
		"few":      {level[:2], "2 trials cannot show a drift"},
		"constant": {[]float64{1, 1, 1, 1}, "4 trials cannot show a drift"},
	} {
		if got, _ := driftWords(c.in); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %q does not begin with %q", name, got, c.want)
		}
	}
}

func TestOrderWordsTurnRatesRound(t *testing.T) {
	var rows []orderRow
	for i := range 20 {
		v := 1 + 0.01*float64(i)
		slower := orderRow{Trial: 2*i + 1, Metric: wallMetric.name, Relative: v}
		rate := orderRow{Trial: 2*i + 2, Metric: itemMetric.name, Relative: 1 / v}
		rows = append(rows, slower, rate)
	}
	if got, _ := orderWords(rows); !strings.HasPrefix(got, "Trials drift by +20 %") {
		t.Errorf("a run that slows down in time and in rate: %s", got)
	}
}
