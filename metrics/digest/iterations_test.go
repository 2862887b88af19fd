package digest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"forklore/experiments"
	"forklore/metrics/record"

	"github.com/google/go-cmp/cmp"
)

// iterate makes a folder whose trials have the given iterations.csv.
func iterate(t *testing.T, iterations int, rows string) string {
	t.Helper()
	c := cell(experiments.Goroutines, 1)
	c.Iterations = iterations
	dir := fake{cells: []experiments.Cell{c}, trials: 6}.write(t)
	if rows == "" {
		return dir
	}
	if err := os.WriteFile(filepath.Join(dir, record.IterationsFile), []byte("trial,iteration,wall_s\n"+rows), 0o666); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestIterationsAreRead(t *testing.T) {
	d := load(t, iterate(t, 3, "2,1,0.5\n2,2,0.25\n1,1,4\n2,3,0.125\n2,3,9\n2,4,\n99,1,1\n1,2,-1\n"))
	want := []Iterated{
		{Cell: 0, Trial: 1, Step: 1, Number: []int{1}, WallS: []float64{4}},
		{Cell: 0, Trial: 2, Step: 1, Number: []int{1, 2, 3}, WallS: []float64{0.5, 0.25, 0.125}},
	}
	if diff := cmp.Diff(want, d.Iterations); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if !strings.Contains(strings.Join(d.Warnings, "\n"), "4 rows of iterations.csv without a row") {
		t.Errorf("warnings %q", d.Warnings)
	}
}

func TestIterationsAreFewInMemory(t *testing.T) {
	for _, n := range []int{199, 200, 201, 400, 401, 12_345} {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "1,%d,%d\n", i+1, i+1)
		}
		got := load(t, iterate(t, n, b.String())).Iterations[0]
		if len(got.Number) > maxPoints || n >= maxPoints && len(got.Number) < maxPoints/2 {
			t.Errorf("%d iterations: %d kept", n, len(got.Number))
		}
		for k, number := range got.Number {
			if number != 1+k*got.Step || got.WallS[k] != float64(number) {
				t.Fatalf("%d iterations: the one at %d is %d with %g, step %d", n, k, number, got.WallS[k], got.Step)
			}
		}
		if last := got.Number[len(got.Number)-1]; last+got.Step <= n {
			t.Errorf("%d iterations: the last kept is %d, step %d", n, last, got.Step)
		}
	}
}

func TestMissingIterations(t *testing.T) {
	const words = "there is no iterations.csv"
	if w := load(t, iterate(t, 3, "")).Warnings; !strings.Contains(strings.Join(w, "\n"), words) {
		t.Errorf("warnings %q", w)
	}
	d := load(t, iterate(t, 1, ""))
	if d.Iterations != nil || strings.Contains(strings.Join(d.Warnings, "\n"), words) {
		t.Errorf("iterations %v, warnings %q", d.Iterations, d.Warnings)
	}
}
