package law

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Choice is a comparison of laws fitted to the same trials.
type Choice struct {
	Fits  []Fitted // by AICc, the least first
	Delta float64  // how much worse, in AICc, the best fit that is another law; 0 where there is none
	Clear bool     // Delta is at least 2, or every fit came out as one law
	Says  string   // the finding in words
}

// clearly is the difference of AICc from which one law is preferred (Burnham
// and Anderson 2002, section 2.6).
const clearly = 2

// Compare fits several laws and ranks them by AICc over the trials. Laws that
// came out as the same, simpler law count as one. The seed of the resamples is
// the same for each.
func Compare(laws []string, d Data, o Options) (Choice, error) {
	if len(laws) == 0 {
		return Choice{}, fmt.Errorf("comparison of laws: none given: need some of %q", Names)
	}
	var c Choice
	for _, law := range laws {
		f, err := Fit(law, d, o)
		if err != nil {
			return Choice{}, err
		}
		c.Fits = append(c.Fits, f)
	}
	// Among equals, the fit that was asked for by its own name comes first.
	slices.SortStableFunc(c.Fits, func(a, b Fitted) int {
		return cmp.Or(cmp.Compare(a.AICc, b.AICc), cmp.Compare(refitted(a), refitted(b)))
	})
	c.decide()
	return c, nil
}

func (c *Choice) decide() {
	best := c.Fits[0]
	other := slices.IndexFunc(c.Fits, func(f Fitted) bool { return f.Law != best.Law })
	if other < 0 {
		c.Clear, c.Says = true, fmt.Sprintf("every fit is the %s law", best.Law)
		return
	}
	second := c.Fits[other]
	if math.IsInf(second.AICc, 1) {
		c.Says = fmt.Sprintf("cannot distinguish %s from %s: %d trials are too few for AICc", best.Law, second.Law, best.Trials)
		return
	}
	c.Delta = second.AICc - best.AICc
	c.Clear = c.Delta >= clearly
	c.Says = fmt.Sprintf("cannot distinguish %s from %s: AICc differ by %.2g", best.Law, second.Law, c.Delta)
	if c.Clear {
		c.Says = fmt.Sprintf("%s describes the trials better than %s: AICc differ by %.3g", best.Law, second.Law, c.Delta)
	}
}

func refitted(f Fitted) int {
	if f.Law != f.Asked {
		return 1
	}
	return 0
}
