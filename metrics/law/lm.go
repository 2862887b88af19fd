package law

import "math"

// most is the largest number of parameters; fixed, so that a fit allocates
// nothing and ten thousand resamples stay cheap.
const most = 3

type vector [most]float64

// model returns the value at x and its derivatives by the parameters.
type model func(p *vector, x float64) (f float64, grad vector)

// problem is a bounded weighted least-squares problem: minimise the sum of
// w (y - f(p, x))^2 over lo <= p <= hi. A parameter with lo = hi is fixed.
type problem struct {
	f       model
	x, y, w []float64
	lo, hi  vector
	size    int     // parameters in use
	enough  float64 // relative fall in the squared error at which to stop; 0 means 1e-14

	rows []vector // scaled Jacobian, followed by one damping row a parameter
	rhs  []float64
}

// solve runs Levenberg's and Marquardt's method as a trust-region method (More
// 1978, the design of MINPACK's lmder) from p: the damping of each step is the
// least that keeps it within a radius, measured in units of the columns of the
// Jacobian so that the units of the parameters do not matter. Steps are cut at
// the bounds; a parameter on a bound that wants to leave the box is held for
// the step. It returns the solution and its squared error, and whether it
// converged within the given number of steps.
func (q *problem) solve(p vector, steps int) (vector, float64, bool) {
	q.clip(&p)
	rss := q.rss(&p)
	var scale vector
	radius, enough := 0.0, max(q.enough, 1e-14)
	for range steps {
		free := q.linearise(&p, &scale)
		if radius == 0 {
			// As long as p itself: MINPACK's 100 times that throws NIST's MGH10
			// into another valley, 0.1 to 10 times find its solution.
			if radius = q.length(&p, &scale); radius == 0 {
				radius = 1
			}
		}
		before := rss
		for try := 0; rss == before; try++ {
			step := q.step(free, &scale, radius)
			next := p
			for j := range q.size {
				next[j] += step[j]
			}
			q.clip(&next)
			if next == p || try == 100 || radius < 1e-16*q.length(&p, &scale) {
				return p, rss, true
			}
			for j := range q.size {
				step[j] = next[j] - p[j]
			}
			promise := q.predicted(&step, rss)
			if math.Abs(promise) <= enough*rss {
				return p, rss, true
			}
			got := q.rss(&next)
			length := q.length(&step, &scale)
			switch gain := (rss - got) / promise; {
			case !(got < rss && gain > 0.25): // a cut step may promise a rise
				radius = min(radius, length) / 4
			case gain > 0.75:
				radius = max(radius, 2*length)
			}
			if got < rss {
				p, rss = next, got
			}
		}
	}
	return p, rss, false
}

// predicted returns the fall in the squared error that the linear model
// promises of a step.
func (q *problem) predicted(step *vector, rss float64) float64 {
	for i := range q.rows {
		e := q.rhs[i] - q.rows[i].times(step)
		rss -= e * e
	}
	return rss
}

func (q *problem) length(p, scale *vector) float64 {
	var s float64
	for j := range q.size {
		s += p[j] * p[j] * scale[j] * scale[j]
	}
	return math.Sqrt(s)
}

func (q *problem) clip(p *vector) {
	for j := range q.size {
		p[j] = min(max(p[j], q.lo[j]), q.hi[j])
	}
}

func (q *problem) rss(p *vector) (ss float64) {
	for i, x := range q.x {
		if q.w[i] == 0 {
			continue
		}
		f, _ := q.f(p, x)
		d := q.y[i] - f
		ss += q.w[i] * d * d
	}
	if math.IsNaN(ss) {
		return math.Inf(1)
	}
	return ss
}

// linearise fills rows and rhs at p, and says which parameters may move.
func (q *problem) linearise(p, scale *vector) (free [most]bool) {
	q.rows, q.rhs = q.rows[:0], q.rhs[:0]
	var down, norm vector // minus half the gradient; squared column norms
	for i, x := range q.x {
		f, g := q.f(p, x)
		root := math.Sqrt(q.w[i])
		r := root * (q.y[i] - f)
		for j := range q.size {
			g[j] *= root
			down[j] += g[j] * r
			norm[j] += g[j] * g[j]
		}
		q.rows, q.rhs = append(q.rows, g), append(q.rhs, r)
	}
	for j := range q.size {
		scale[j] = max(scale[j], math.Sqrt(norm[j]))
		free[j] = q.lo[j] < q.hi[j] &&
			!(p[j] <= q.lo[j] && down[j] <= 0) && !(p[j] >= q.hi[j] && down[j] >= 0)
	}
	return free
}

// step returns the longest damped step within the radius, to a tenth.
func (q *problem) step(free [most]bool, scale *vector, radius float64) vector {
	step := leastSquares(q.rows, q.rhs, free, q.size)
	if q.length(&step, scale) <= 1.1*radius {
		return step
	}
	// Too long: bisect log mu. The length falls as mu rises.
	lo, hi := -80.0, 80.0
	for range 40 {
		mid := (lo + hi) / 2
		step = q.damped(free, scale, math.Exp(mid))
		length := q.length(&step, scale)
		if length > 1.1*radius {
			lo = mid
		} else if length < 0.9*radius {
			hi = mid
		} else {
			break
		}
	}
	return step
}

// damped solves the linear problem with a damping row for each parameter below
// the Jacobian: the normal equations would square its condition.
func (q *problem) damped(free [most]bool, scale *vector, mu float64) vector {
	n := len(q.x)
	rows, rhs := append(q.rows[:n], vector{}, vector{}, vector{}), append(q.rhs[:n], 0, 0, 0)
	for j := range q.size {
		rows[n+j][j] = math.Sqrt(mu) * scale[j]
	}
	return leastSquares(rows, rhs, free, q.size)
}

// leastSquares returns the s that minimises |rows s - rhs|, 0 where not free.
// It changes neither.
func leastSquares(rows []vector, rhs []float64, free [most]bool, size int) (s vector) {
	var r [most][most]float64 // R of the QR decomposition
	var z vector              // Q' rhs
	var inv [most]vector      // Q = rows * inv, column by column
	for j := range size {
		if !free[j] {
			continue
		}
		var c vector // column j of Q in terms of the columns of rows
		c[j] = 1
		for k := range j {
			if !free[k] || r[k][k] == 0 {
				continue
			}
			r[k][j] = dot(rows, &inv[k], &c)
			for m := range size {
				c[m] -= r[k][j] * inv[k][m]
			}
		}
		length := math.Sqrt(dot(rows, &c, &c))
		if length == 0 || math.IsNaN(length) {
			continue
		}
		r[j][j] = length
		for m := range size {
			inv[j][m] = c[m] / length
		}
		for i := range rows {
			z[j] += rows[i].times(&inv[j]) * rhs[i]
		}
	}
	for j := range size { // s = inv z
		for k := range size {
			s[k] += inv[j][k] * z[j]
		}
	}
	return s
}

func (v *vector) times(u *vector) float64 { return v[0]*u[0] + v[1]*u[1] + v[2]*u[2] }

// dot returns the inner product of rows*a and rows*b.
func dot(rows []vector, a, b *vector) (s float64) {
	for i := range rows {
		s += rows[i].times(a) * rows[i].times(b)
	}
	return s
}
