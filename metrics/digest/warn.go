package digest

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"forklore/metrics/record"
)

const (
	minN        = 6    // ok trials below which no interval for the median exists at 95 %
	maxForeign  = 0.05 // share of the trial's CPU time that others may take
	maxLate     = 0.05 // share of ticks that may be late
	maxGap      = 0.01 // relative gap between two authorities of CPU time,
	maxGapS     = 1e-3 // and the absolute one that is allowed besides
	shownFaults = 5    // faults of files that are quoted
)

// tally counts what the warnings say, in passing.
type tally struct {
	ok             int // measured trials that ended ok
	disagree       int
	failures       map[string]int
	failedWarmups  int
	foreign        int
	worstForeign   float64
	ticks, late    float64
	gaps           int
	worstGap       float64 // relative
	misplaced      int
	unplaced       int // no affinity was read back though it was planned
	faults         []string
	faultsAll      int
	noSamples      bool
	emptySamples   bool
	versions       []string // of the rows, in the order in which they came
	strangeSamples int
	strangeTrials  int
	apart          int
	noIterations   bool
	noMeasures     bool
	noDists        bool
	unreadable     []string // files beside the trials that could not be read to their end, and why
	oddSpans       int
	oddMeasures    int
	oddIterations  int
}

// fault counts a reader's error and reports whether reading goes on.
func (y *tally) fault(err error) bool {
	var f *record.Fault
	if !errors.As(err, &f) {
		return false
	}
	if y.faultsAll++; len(y.faults) < shownFaults {
		y.faults = append(y.faults, f.Error())
	}
	return true
}

// aside counts an error of reading a file beside the trials, which may be lost without
// them, and reports whether reading goes on.
func (y *tally) aside(err error) bool {
	if y.fault(err) {
		return true
	}
	y.unreadable = append(y.unreadable, err.Error())
	return false
}

func (y *tally) failed(status string, warmup bool) {
	if warmup {
		y.failedWarmups++
		return
	}
	if y.failures == nil {
		y.failures = map[string]int{}
	}
	y.failures[status]++
}

// watch looks at one ok, measured trial.
func (y *tally) watch(c *gather, t *record.Trial) {
	y.ok++
	if t.Version != "" && len(y.versions) < shownFaults && !slices.Contains(y.versions, t.Version) {
		y.versions = append(y.versions, t.Version)
	}
	if share := ratio(t.ForeignCPUS, t.WallS*float64(t.Cores)); share > maxForeign {
		y.foreign++
		y.worstForeign = max(y.worstForeign, share)
	}
	if !math.IsNaN(t.Samples) && !math.IsNaN(t.LateTicks) {
		y.ticks += t.Samples
		y.late += t.LateTicks
	}
	if gap := max(cpuGap(t.CPUS, t.CPUSelfS), cpuGap(t.CPUS, t.RusageS)); gap > 0 {
		y.gaps++
		y.worstGap = max(y.worstGap, gap)
	}
	if c.Placement.Policy == "none" || c.Placement.Policy == "" {
		return
	}
	switch n, ok := cpuCount(t.CPUs); {
	case t.CPUs == "":
		y.unplaced++
	case !ok || n != c.Cores:
		y.misplaced++
	}
}

// cpuGap returns the gap between two CPU times relative to a, or 0 where it is
// within bounds or one is absent.
func cpuGap(a, b float64) float64 {
	if gap := math.Abs(a - b); gap > maxGap*a+maxGapS {
		return ratio(gap, max(a, maxGapS))
	}
	return 0
}

// cpuCount counts the CPUs of a list like "0-3,8".
func cpuCount(list string) (n int, ok bool) {
	for part := range strings.SplitSeq(list, ",") {
		from, to, isRange := strings.Cut(part, "-")
		a, err := strconv.Atoi(from)
		if err != nil {
			return 0, false
		}
		b := a
		if isRange {
			if b, err = strconv.Atoi(to); err != nil || b < a {
				return 0, false
			}
		}
		n += b - a + 1
	}
	return n, true
}

// warnings puts the tally into words, the gravest first.
func (l *loader) warnings(d *Digest) []string {
	y := &l.tally
	var list []string
	say := func(when bool, format string, args ...any) {
		if when {
			list = append(list, fmt.Sprintf(format, args...))
		}
	}
	say(y.disagree > 0, "%s ended ok, but with another checksum than the same work elsewhere: counted as wrong, and used in no number",
		trials(y.disagree))
	failed := 0
	for _, n := range y.failures {
		failed += n
	}
	say(failed > 0, "%d of %s did not end ok: %s", failed, trials(failed+y.ok), byStatus(y.failures))
	say(y.failedWarmups > 0, "%s of the warm-up did not end ok", trials(y.failedWarmups))
	say(len(d.Failures) == maxFailures, "only the first %d failures are listed", maxFailures)
	say(l.manifest.Ended != "complete", "the run is not complete (%q): %s of %d have a row",
		l.manifest.Ended, trials(l.rows), l.planned*(l.manifest.Plan.Trials+l.manifest.Plan.Warmup))
	say(len(l.manifest.Resumed) > 0, "the run was interrupted and went on later, %s: the parts are apart in time", count(len(l.manifest.Resumed), "time"))
	l.warnFew(d, say)
	say(len(y.versions) > 1, "trials of %d versions: %s; what changed between them counts as noise", len(y.versions), strings.Join(y.versions, ", "))
	say(y.foreign > 0, "in %d of %s, others used more than %s of the trial's CPU time (wall time x cores); %s at worst: close other programs and run again",
		y.foreign, trials(y.ok), percent(maxForeign), percent(y.worstForeign))
	say(y.late > maxLate*y.ticks, "%s of the sampler's ticks came late: timelines are coarser than planned", percent(y.late/y.ticks))
	say(y.gaps > 0, "in %d of %s, two authorities for CPU time differ by more than %s + 1 ms; %s at worst",
		y.gaps, trials(y.ok), percent(maxGap), percent(y.worstGap))
	say(y.misplaced > 0, "in %d of %s, the workers did not run on as many CPUs as planned (column cpus)", y.misplaced, trials(y.ok))
	say(y.unplaced > 0, "in %d of %s, no affinity was read back: the workers may have run on any CPU", y.unplaced, trials(y.ok))
	say(y.noSamples, "there is no %s: timelines are missing", record.SamplesFile)
	say(y.emptySamples, "%s is empty, without even its header: timelines are missing", record.SamplesFile)
	say(y.strangeSamples > 0, "%d samples belong to %s without a row; they are left out", y.strangeSamples, trials(y.strangeTrials))
	say(y.apart > 0, "the samples of %s do not stand together; only the first part is shown", trials(y.apart))
	say(y.noIterations, "there is no %s: what single iterations took is not known", record.IterationsFile)
	say(y.oddIterations > 0, "%s of %s without a row, out of order or without a time; left out", count(y.oddIterations, "row"), record.IterationsFile)
	say(y.noMeasures, "there is no %s: what the workloads measured of themselves is not known", record.MeasuresFile)
	say(y.noDists, "there is no %s: the distributions that the workloads measured are not known", record.HistogramsFile)
	say(y.oddMeasures > 0, "%s of %s and %s belong to no trial or no known measure; left out", count(y.oddMeasures, "row"), record.MeasuresFile, record.HistogramsFile)
	say(y.oddSpans > 0, "%s of %s do not rise within a trial; left out", count(y.oddSpans, "span"), record.HistogramsFile)
	for _, f := range y.unreadable {
		say(true, "%s; what else this file holds is missing", f)
	}
	for _, f := range y.faults {
		say(true, "%s", f)
	}
	say(y.faultsAll > len(y.faults), "and %d more faults in the files", y.faultsAll-len(y.faults))
	return list
}

// warnFew warns of cells that the plan lacks and of cells with few trials.
func (l *loader) warnFew(d *Digest, say func(bool, string, ...any)) {
	few, least, strange := 0, minN, 0
	for i := range d.Cells {
		if n := len(d.Cells[i].Trials); n < minN {
			few++
			least = min(least, n)
		}
		if k := l.byID[d.Cells[i].ID]; k >= l.planned {
			strange++
		}
	}
	say(strange > 0 && l.planned > 0, "%d cells of %s are not in the plan of %s; they are shown as their rows describe them",
		strange, record.TrialsFile, record.ManifestFile)
	say(few > 0, "%d of %d cells have fewer than %d ok trials (the least: %d): their medians have no interval",
		few, len(d.Cells), minN, least)
}

func trials(n int) string { return count(n, "trial") }

func percent(share float64) string {
	return strconv.FormatFloat(100*share, 'g', 3, 64) + " %"
}

func byStatus(counts map[string]int) string {
	var words []string
	for _, status := range slices.Sorted(maps.Keys(counts)) {
		words = append(words, fmt.Sprintf("%d %s", counts[status], status))
	}
	return strings.Join(words, ", ")
}
