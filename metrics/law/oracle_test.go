package law

import (
	"encoding/csv"
	"encoding/json"
	"maps"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

type oracle struct {
	ID            string
	N, X, Y       json.RawMessage
	P             json.RawMessage
	S             [][]float64
	CSV           string
	Starts        [][]float64
	Want          json.RawMessage
	Unconstrained json.RawMessage
	Tol           float64
}

func oracles(t *testing.T) map[string]oracle {
	t.Helper()
	b, err := os.ReadFile("testdata/oracles.json")
	if err != nil {
		t.Fatal(err)
	}
	var list []oracle
	if err := json.Unmarshal(b, &list); err != nil {
		t.Fatal(err)
	}
	m := map[string]oracle{}
	for _, o := range list {
		m[o.ID] = o
	}
	return m
}

func decode[T any](t *testing.T, raw json.RawMessage) (v T) {
	t.Helper()
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func near(t *testing.T, what string, got, want, tol float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tol*math.Abs(want)) {
		t.Errorf("%s = %.10g, want %.10g (relative tolerance %g)", what, got, want, tol)
	}
}

// TestOracles runs every vector of the file that belongs to this package; one
// that no test knows fails. The others belong to metrics/stat.
func TestOracles(t *testing.T) {
	all := oracles(t)
	for _, id := range slices.Sorted(maps.Keys(all)) {
		var check func(*testing.T, oracle)
		switch family, _, _ := strings.Cut(id, "."); {
		case family == "usl":
			check = checkUSL
		case id == "nls.Misra1a":
			check = checkNLS(misra1a)
		case id == "nls.MGH10":
			check = checkNLS(mgh10)
		case id == "karpflatt.quinn":
			check = checkKarpFlatt
		case family == "nls", family == "karpflatt":
			t.Errorf("no test knows vector %s", id)
			continue
		default:
			continue
		}
		t.Run(id, func(t *testing.T) { check(t, all[id]) })
	}
}

type uslWant struct {
	Lambda       float64 `json:"lambda_"`
	Sigma, Kappa float64
	RSS          float64
	SE           *struct {
		Lambda       float64 `json:"lambda_"`
		Sigma, Kappa float64
	}
	Npeak, Xpeak, Nopt, Xlimit float64
}

func checkUSL(t *testing.T, o oracle) {
	d := o.data(t)
	f, err := Fit(USL, d, Options{Plain: true, Resamples: -1})
	if err != nil {
		t.Fatal(err)
	}
	w := decode[uslWant](t, o.Want)
	near(t, "lambda", f.Lambda, w.Lambda, o.Tol)
	near(t, "sigma", f.Sigma, w.Sigma, o.Tol)
	if math.Abs(f.Kappa-w.Kappa) > o.Tol*max(w.Kappa, 1e-9) {
		t.Errorf("kappa = %g, want %g", f.Kappa, w.Kappa)
	}
	peakN, peakX := f.Peak()
	for what, v := range map[string][2]float64{
		"rss": {f.RSS, w.RSS}, "peak N": {peakN, w.Npeak}, "peak X": {peakX, w.Xpeak},
		"knee": {f.Knee(), w.Nopt}, "limit": {f.Limit(), w.Xlimit},
	} {
		if v[1] != 0 {
			near(t, what, v[0], v[1], o.Tol)
		}
	}
	if w.SE != nil {
		near(t, "se of lambda", f.SE.Lambda, w.SE.Lambda, 10*o.Tol)
		near(t, "se of sigma", f.SE.Sigma, w.SE.Sigma, 10*o.Tol)
		near(t, "se of kappa", f.SE.Kappa, w.SE.Kappa, 10*o.Tol)
	}
	if w.Kappa == 0 && f.Law != Amdahl {
		t.Errorf("a solution with kappa = 0 is called %s, want %s", f.Law, Amdahl)
	}
	if o.Unconstrained != nil {
		checkUnconstrained(t, d, decode[uslWant](t, o.Unconstrained), o.Tol)
	}
}

// checkUnconstrained shows what the bounds are there to prevent.
func checkUnconstrained(t *testing.T, d Data, w uslWant, tol float64) {
	g := group(d, true)
	s := newSolver(USL, g, true)
	for j := range most {
		s.q.lo[j], s.q.hi[j] = math.Inf(-1), math.Inf(1)
	}
	p, _ := s.best()
	near(t, "unconstrained lambda", p[0], w.Lambda, tol)
	near(t, "unconstrained sigma", p[1], w.Sigma, tol)
	near(t, "unconstrained kappa", p[2], w.Kappa, tol)
	near(t, "unconstrained rss", s.q.rss(&p), w.RSS, tol)
}

func (o oracle) data(t *testing.T) (d Data) {
	t.Helper()
	if o.CSV == "" {
		return Data{N: decode[[]float64](t, o.N), X: decode[[]float64](t, o.X)}
	}
	f, err := os.Open("testdata/" + o.CSV)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		n, err1 := strconv.ParseFloat(row[0], 64)
		x, err2 := strconv.ParseFloat(row[1], 64)
		if err1 != nil || err2 != nil {
			t.Fatalf("row %q", row)
		}
		d.N, d.X = append(d.N, n), append(d.X, x)
	}
	return d
}

func misra1a(p *vector, x float64) (float64, vector) {
	e := math.Exp(-p[1] * x)
	return p[0] * (1 - e), vector{1 - e, p[0] * x * e}
}

func mgh10(p *vector, x float64) (float64, vector) {
	d := x + p[2]
	e := math.Exp(p[1] / d)
	return p[0] * e, vector{e, p[0] * e / d, -p[0] * e * p[1] / (d * d)}
}

// checkNLS solves NIST's problems from both of NIST's starts: they test the
// solver beyond what the laws ask of it.
func checkNLS(f model) func(*testing.T, oracle) {
	return func(t *testing.T, o oracle) {
		w := decode[struct {
			B, SE []float64
			RSS   float64
		}](t, o.Want)
		x, y := decode[[]float64](t, o.X), decode[[]float64](t, o.Y)
		q := problem{f: f, x: x, y: y, w: slices.Repeat([]float64{1}, len(x)), size: len(w.B)}
		for j := range q.size {
			q.lo[j], q.hi[j] = math.Inf(-1), math.Inf(1)
		}
		for _, start := range o.Starts {
			var p vector
			copy(p[:], start)
			p, rss, ok := q.solve(p, 2000)
			if !ok {
				t.Errorf("from %v: no convergence", start)
			}
			near(t, "rss", rss, w.RSS, o.Tol)
			for j, b := range w.B {
				near(t, "b"+strconv.Itoa(j+1), p[j], b, o.Tol)
			}
			if w.SE == nil {
				continue
			}
			s := solver{q: q}
			free := [most]bool{true, true}
			se := s.errors(p, free, rss/float64(len(x)-len(w.B)))
			for j, want := range w.SE {
				near(t, "se of b"+strconv.Itoa(j+1), se[j], want, o.Tol)
			}
		}
	}
}

func checkKarpFlatt(t *testing.T, o oracle) {
	p, want := decode[[]float64](t, o.P), decode[[][]float64](t, o.Want)
	for i, speedups := range o.S {
		for j, s := range speedups {
			got, err := KarpFlatt(s, p[j])
			if err != nil || math.Abs(got-want[i][j]) > o.Tol {
				t.Errorf("speedup %g on %g: %g (%v), want %g", s, p[j], got, err, want[i][j])
			}
		}
	}
}
