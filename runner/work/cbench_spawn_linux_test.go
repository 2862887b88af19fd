package work

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// BenchmarkSpawnAgainstC reports how many executors a second one worker creates and joins,
// as a share of what C does: the median of the rounds, the least and the greatest. In each
// round Go and C run one after the other, so that what slows the machine down for a
// while slows both.
func BenchmarkSpawnAgainstC(b *testing.B) {
	if os.Getenv("FORKLORE_C_BENCH") != "1" {
		b.Skip("compares with C for a minute: set FORKLORE_C_BENCH=1")
	}
	program, image := spawnTwin(b)
	for _, c := range []struct{ model, image, how, k string }{
		{"goroutines", "self", "threads", "16"},
		{"threads", "self", "threads", "1"},
		{"threads", "self", "threads", "16"},
		{"processes", "static", "vfork", "1"},
		{"processes", "static", "vfork", "16"},
		{"processes", "static", "posix_spawn", "16"},
		{"processes", "static", "fork", "16"},
		{"processes", "self", "vfork", "16"},
	} {
		b.Run(c.model+"-"+c.image+"/C-"+c.how+"/"+c.k, func(b *testing.B) {
			s := newSpawner(b, "spawn", map[string]string{"k": c.k, "image": c.image}, spawnEnvs[c.model])
			k, _ := strconv.ParseFloat(c.k, 64)
			var ratios, rates []float64
			for range spawnRounds {
				ours := k * spawnRate(b, s)
				ratios = append(ratios, ours/twinRate(b, program, c.how, c.k, image))
				rates = append(rates, ours)
			}
			slices.Sort(ratios)
			slices.Sort(rates)
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(middle(rates), "go/s")
			b.ReportMetric(middle(ratios), "go/c")
			b.ReportMetric(ratios[0], "go/c-min")
			b.ReportMetric(ratios[len(ratios)-1], "go/c-max")
		})
	}
}

const (
	spawnRounds = 10
	spawnRound  = 300 * time.Millisecond
)

// spawnTwin compiles the C program and puts the bare image, which both start, into a file.
func spawnTwin(b *testing.B) (program, image string) {
	gcc, err := exec.LookPath("gcc")
	if err != nil {
		b.Skip(err)
	}
	content, err := bareImage(runtime.GOARCH)
	if err != nil {
		b.Skip(err)
	}
	program, image = filepath.Join(b.TempDir(), "spawn"), filepath.Join(b.TempDir(), "bare")
	if out, err := exec.Command(gcc, "-O2", "-pthread", "-o", program, "testdata/c/spawn.c").CombinedOutput(); err != nil {
		b.Fatalf("compile the C twin: %v\n%s", err, out)
	}
	if err := os.WriteFile(image, content, 0o755); err != nil {
		b.Fatal(err)
	}
	return program, image
}

// spawnRate returns the items a second that one worker does, dealt one by one.
func spawnRate(b *testing.B, k Kernel) float64 {
	begin := time.Now()
	for i := int64(0); ; i++ {
		if _, err := k.Do(context.Background(), Task{Lo: i, Hi: i + 1}); err != nil {
			b.Fatal(err)
		}
		if d := time.Since(begin); d >= spawnRound {
			return float64(i+1) / d.Seconds()
		}
	}
}

func twinRate(b *testing.B, program, how, k, image string) float64 {
	seconds := strconv.FormatFloat(spawnRound.Seconds(), 'f', -1, 64)
	out, err := exec.Command(program, how, seconds, k, image).Output()
	if err != nil {
		b.Fatalf("run the C twin, %s: %v", how, err)
	}
	rate, err := strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
	if err != nil {
		b.Fatalf("the C twin, %s, printed %q: %v", how, out, err)
	}
	return rate
}
