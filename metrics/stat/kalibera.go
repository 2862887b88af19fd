package stat

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// Components are the variance components of a balanced nested experiment.
// Index 0 is the lowest level (iterations), the last the highest.
type Components struct {
	Mean float64   // grand mean, in the unit of the values
	S2   []float64 // mean over the groups of the variance of the means one level down, squared units
	T2   []float64 // unbiased variance component: T2[0] = S2[0], T2[i] = S2[i] - S2[i-1]/n[i-1]; may be negative
	Reps []int     // n: members of a group at each level

	Warnings []string
}

// Nested is a balanced tree of values: exactly one of its fields is set.
type Nested struct {
	Values []float64
	Groups []Nested
}

// Nest3 makes a tree of three levels, such as runs of trials of iterations.
func Nest3(y [][][]float64) Nested {
	var top Nested
	for _, g := range y {
		top.Groups = append(top.Groups, Nest2(g))
	}
	return top
}

// Nest2 makes a tree of two levels, such as trials of iterations.
func Nest2(y [][]float64) Nested {
	var top Nested
	for _, v := range y {
		top.Groups = append(top.Groups, Nested{Values: v})
	}
	return top
}

// VarianceComponents splits the variance of y over its levels (Kalibera and
// Jones 2013, section 9.4). Every group of a level needs the same number of
// members, and at least 2. A component estimated below 0 is reported as such,
// with a warning: the level adds no variance that the levels below do not.
func VarianceComponents(y Nested) (Components, error) {
	c := Components{}
	if err := c.shape(y); err != nil {
		return Components{}, fmt.Errorf("variance components: %w", err)
	}
	level := []Nested{y}
	for range len(c.Reps) - 1 { // from the top to the groups of values
		c.S2 = append(c.S2, meanVariance(level))
		var next []Nested
		for _, g := range level {
			next = append(next, g.Groups...)
		}
		level = next
	}
	c.S2 = append(c.S2, meanVariance(level))
	slices.Reverse(c.S2)
	slices.Reverse(c.Reps)
	c.Mean = y.mean()
	for i, s := range c.S2 {
		if i > 0 {
			s -= c.S2[i-1] / float64(c.Reps[i-1])
		}
		c.T2 = append(c.T2, s)
		if s <= 0 {
			c.Warnings = append(c.Warnings, fmt.Sprintf("level %d adds no variance of its own (estimate %.3g)", i+1, s))
		}
	}
	if err := finite("variance components", append(c.T2, c.Mean)...); err != nil {
		return Components{}, err
	}
	return c, nil
}

// OptimalReps returns, for every level but the highest, the number of
// repetitions that gives the most precise mean for the cost:
// sqrt(cost[i+1]/cost[i] * T2[i]/T2[i+1]) (Kalibera and Jones 2013, section
// 9.5). cost[i] is the time of one more member at level i, lowest first, one
// for each level. A result is not rounded; take the next whole number. It is 1
// where the level itself adds no variance (T2[i] <= 0), and +Inf where the
// level above adds none: then only the lower level is worth repeating.
func (c Components) OptimalReps(cost []float64) ([]float64, error) {
	if len(cost) != len(c.T2) || len(cost) == 0 {
		return nil, fmt.Errorf("optimal repetitions: %d costs for %d levels: need one for each, lowest first", len(cost), len(c.T2))
	}
	for i, v := range cost {
		if !(v > 0) || math.IsInf(v, 0) {
			return nil, &ValueError{"optimal repetitions, cost", i, v, "a number above 0"}
		}
	}
	var reps []float64
	for i := range len(cost) - 1 {
		switch {
		case c.T2[i] <= 0:
			reps = append(reps, 1)
		case c.T2[i+1] <= 0:
			reps = append(reps, math.Inf(1))
		default:
			reps = append(reps, math.Sqrt(cost[i+1]/cost[i]*c.T2[i]/c.T2[i+1]))
		}
	}
	return reps, nil
}

// shape fills Reps, highest level first, and refuses what is not balanced.
func (c *Components) shape(y Nested) error {
	level := []Nested{y}
	for {
		first := level[0]
		size := len(first.Groups) + len(first.Values)
		var next []Nested
		for _, g := range level {
			if len(g.Groups)+len(g.Values) != size || (len(g.Groups) > 0) != (len(first.Groups) > 0) || len(g.Groups) > 0 && len(g.Values) > 0 {
				return errors.New("groups of one level differ in size: leave out members until they agree")
			}
			if err := g.checkLeaf(); err != nil {
				return err
			}
			next = append(next, g.Groups...)
		}
		if size < 2 {
			return &TooFewError{"a group", size, 2}
		}
		c.Reps = append(c.Reps, size)
		if len(next) == 0 {
			return nil
		}
		level = next
	}
}

func (y Nested) checkLeaf() error {
	if len(y.Groups) > 0 {
		return nil
	}
	return checkValues("a group", y.Values, 2)
}

func (y Nested) mean() float64 {
	if len(y.Groups) == 0 {
		m, _ := meanSD(y.Values)
		return m
	}
	m, _ := meanSD(y.means())
	return m
}

// means returns what varies within the group: its values, or the means of its
// groups.
func (y Nested) means() []float64 {
	if len(y.Groups) == 0 {
		return y.Values
	}
	m := make([]float64, len(y.Groups))
	for i, g := range y.Groups {
		m[i] = g.mean()
	}
	return m
}

func meanVariance(level []Nested) (v float64) {
	for _, g := range level {
		_, sd := meanSD(g.means())
		v += sd * sd / float64(len(level))
	}
	return v
}
