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
	size    int // parameters in use

	rows []vector // scaled Jacobian, followed by one damping row a parameter
	rhs  []float64
}

// tolerance of the relative fall in the squared error at which a fit ends.
const tolerance = 1e-14

// solve runs Levenberg's and Marquardt's method (Marquardt 1963, with the
// damping scaled by the columns of the Jacobian as in More 1978, so that the
// units of the parameters do not matter) from p. Steps are cut at the bounds;
// a parameter on a bound that wants to leave the box is held for the step. It
// returns the solution and its squared error, and whether it converged within
// the given number of steps.
func (q *problem) solve(p vector, steps int) (vector, float64, bool) {
	q.clip(&p)
	rss := q.rss(&p)
	mu, raise := 1e-3, 2.0
	var scale vector
	for range steps {
		free := q.linearise(&p, &scale)
		small := false
		for {
			next := p
			step := q.step(free, &scale, mu)
			for j := range q.size {
				next[j] += step[j]
			}
			q.clip(&next)
			if next == p {
				return p, rss, true
			}
			got := q.rss(&next)
			if got < rss {
				small = rss-got <= tolerance*rss
				p, rss = next, got
				mu, raise = max(mu/5, 1e-20), 2
				break
			}
			if mu > 1e20 {
				return p, rss, true
			}
			mu, raise = mu*raise, raise*2
		}
		if small {
			return p, rss, true
		}
	}
	return p, rss, false
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

// step solves the damped linear problem by modified Gram-Schmidt on the
// Jacobian with the damping rows below it: normal equations would square its
// condition.
func (q *problem) step(free [most]bool, scale *vector, mu float64) (step vector) {
	n, root := len(q.x), math.Sqrt(mu)
	rows, rhs := append(q.rows[:n], vector{}, vector{}, vector{}), append(q.rhs[:n], 0, 0, 0)
	for j := range q.size {
		rows[n+j][j] = root * scale[j]
	}
	q.rows, q.rhs = rows, rhs
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
