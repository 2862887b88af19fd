package runner

import (
	"context"
	"fmt"
	"math"

	"forklore/experiments"
)

// choosePlain is choose for a program whose own start is in every time: one item tells what
// that takes.
func (c *campaign) choosePlain(ctx context.Context, cell experiments.Cell, g group) calibration {
	start := math.Inf(1)
	for range 3 { // the first one may have to be read from disk
		wall, err := c.time(ctx, cell, 1)
		if err != nil {
			return calibration{err: err}
		}
		start = math.Min(start, wall)
	}
	if start > g.aim/2 {
		return calibration{err: fmt.Errorf("items: auto could not be calibrated: a program that takes %.3g s for one item cannot be given items for %.3g s; give a number of items, or a greater time: items: {auto: %.0fs}",
			start, g.aim, math.Ceil(4*start))}
	}
	n := int64(2)
	for range tries {
		wall, err := c.time(ctx, cell, n)
		if err != nil {
			return calibration{err: err}
		}
		next, enough := more(n, wall, start, g.aim)
		if enough {
			return calibration{items: c.round(g, float64(next))}
		}
		if next > math.MaxInt64/64 {
			break
		}
		n = next
	}
	return calibration{err: errNoTime}
}

// more says how many items to time after n of them took wall seconds, start of which would
// pass without any; enough, when they are as many as take aim seconds.
func more(n int64, wall, start, aim float64) (next int64, enough bool) {
	work := wall - start
	switch {
	case work >= (aim-start)/3:
		return max(1, int64(float64(n)*(aim-start)/work)), true
	case work <= start/4: // as good as nothing
		return 16 * n, false
	}
	return int64(float64(n) * min(16, max(2, (aim-start)/2/work))), false
}
