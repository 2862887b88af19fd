package report

import (
	"strings"
	"testing"

	"forklore/experiments"
	"forklore/metrics/digest"
)

// asked is a made-up run of an advice on two cores: processes take so many times as long as
// goroutines.
func asked(n int, slower float64) *digest.Digest {
	d := run(n, "sieve")
	for i := range d.Cells {
		c := &d.Cells[i]
		for t := range c.Trials {
			w := (1 + 0.001*float64(t%3)) / float64(c.Cores)
			if c.Model == "processes" {
				w *= slower * (1 + 0.002*float64(t%2))
			}
			c.Values["wall_s"][t], c.Values["throughput_items_per_s"][t] = w, 400/w
			c.Values["mem_high_B"][t] *= 1 + 0.001*float64(t%3)
			c.Values["spawn_s"] = append(c.Values["spawn_s"], 0.001)
			c.Values["setup_s"] = append(c.Values["setup_s"], 0.001*float64(1+i%2)+1e-6*float64(t))
		}
	}
	d.Manifest.Plan.Claims = []experiments.Claim{{ID: "p-beats-g", Says: "Processes.", Kind: experiments.ClaimCompare, Metric: experiments.AskMetric,
		Axis: "model", Left: "processes", Right: "goroutines", Where: map[string][]string{"cores": {"2"}}}}
	return d
}

func TestAdviceInWords(t *testing.T) {
	broken := asked(8, 1.5)
	broken.Gates = []digest.Gate{{Name: "aa", Detail: "1.20x"}}
	for _, c := range []struct {
		name  string
		d     *digest.Digest
		musts string
		want  []string
	}{
		{"decided", asked(8, 1.5), "", []string{"Take goroutines, on 2 cores: it is the fastest model.", "It is 1.50x [", "] as fast as processes, the next (", "p adjusted over 1 claim", "n = 8 trials"}},
		{"isolated", asked(8, 1.5), "isolate", []string{"Take processes, on 2 cores: it is the only model that meets isolate.", "Without the requirement that goroutines does not meet", "not met: isolate", "the speed of processes is 0.666x ["}},
		{"equal", asked(8, 1.001), "", []string{"Take goroutines, on 2 cores: no model is faster by a difference that you would notice", "needs the least memory", "goroutines and processes"}},
		{"open", asked(3, 1.5), "", []string{"Not decided which model to take, on 2 cores: between goroutines and processes.", "3 of the 6 blocks", "n = 3 trials"}},
		{"number open", asked(3, 1.5), "memory<1GiB", []string{"may not meet memory<1GiB: an interval needs 6 trials, and there are 3"}},
		{"none", asked(8, 1.5), "isolate memory<1MiB", []string{"There is no model that meets isolate and memory<1MiB, on 2 cores:", "- goroutines: isolate: workers share a process", "- processes: memory<1MiB: it is 16.0 MiB [", "16.0x what is allowed"}},
		{"both ways", asked(8, 1.5), "isolate share", []string{"There is no model that meets isolate and share", "share and isolate exclude each other", "shm"}},
		{"broken", broken, "", []string{"Not decided", "How sure: not at all", "- gate aa: 1.20x"}},
	} {
		var musts []experiments.Must
		for _, s := range strings.Fields(c.musts) {
			m, err := experiments.ParseMust(s)
			if err != nil {
				t.Fatal(err)
			}
			musts = append(musts, m)
		}
		a, err := c.d.Advise(musts)
		if err != nil {
			t.Fatal(err)
		}
		got := Advise(c.d, a, musts)
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: lacks %q:\n%s", c.name, want, got)
			}
		}
		for _, bad := range []string{"NaN", "n/a", "%!", "Inf", "  \n"} {
			if strings.Contains(got, bad) {
				t.Errorf("%s: holds %q:\n%s", c.name, bad, got)
			}
		}
		if testing.Verbose() {
			t.Log(c.name + "\n" + got)
		}
	}
}
