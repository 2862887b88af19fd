package runner

import (
	"context"
	"fmt"
	"math"

	"forklore/experiments"
)

// searchPlain is search for a program whose own start is in every time: one item tells what
// that takes.
func (c *campaign) searchPlain(ctx context.Context, cell experiments.Cell, aim float64) (float64, error) {
	start := math.Inf(1)
	for range 3 { // the first one may have to be read from disk
		wall, err := c.time(ctx, cell, 1)
		if err != nil {
			return 0, err
		}
		start = math.Min(start, wall)
	}
	if start > aim/2 {
		return 0, fmt.Errorf("items: auto could not be calibrated: a program that takes %.3g s for one item cannot be given items for %.3g s; give a number of items, or a greater time: items: {auto: %.0fs}",
			start, aim, math.Ceil(4*start))
	}
	n := int64(2)
	for range tries {
		wall, err := c.time(ctx, cell, n)
		if err != nil {
			return 0, err
		}
		next, enough := more(n, wall, start, aim)
		if enough {
			return float64(next), nil
		}
		if next > math.MaxInt64/64 {
			break
		}
		n = next
	}
	return 0, errNoTime
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
