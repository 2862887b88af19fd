package host

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"

	"forklore/runner/work"
)

// AuditCPU is a reading beside the measures of faults: the CPU seconds that it took the host to do
// again what had been delivered. They are no part of the work.
const AuditCPU = "audit_cpu_s"

// Measure tells what became of the items, and how fast the fault was known and mended. Of a
// round in which nothing was lost the runner compares the sum of all results, as of any trial; where
// something was, what was delivered is done again here and compared one by one.
func (s *supervisor) Measure() ([]Reading, error) {
	if s.serves {
		return s.measureServer(), nil
	}
	whole := s.ledger.tally(0, s.job.Items)
	wrong := func(int64) bool { return false }
	corrupted, audit := 0, 0.0
	if whole.lost > 0 {
		before := ownRusage()
		bad, err := s.redo()
		if err != nil {
			return nil, err
		}
		after := ownRusage()
		audit = after.UserS + after.SysS - before.UserS - before.SysS
		wrong, corrupted = func(i int64) bool { return bad[i] }, len(bad)
	}
	return s.told(map[string]float64{
		AuditCPU:           audit,
		"spared_share":     s.spared(wrong),
		"lost_items":       float64(whole.lost),
		"duplicated_items": float64(whole.twice),
		"corrupted_items":  float64(corrupted),
	}), nil
}

// StruckNS is a reading beside the measures of faults: when the victim of a server was struck, by CLOCK_MONOTONIC. What
// became of the requests since is known to the clients alone.
const StruckNS = "struck_ns"

// measureServer tells what a server's own side knows.
func (s *supervisor) measureServer() []Reading {
	values := map[string]float64{"duplicated_items": float64(s.ledger.tally(0, int64(len(s.ledger.entries))).twice)}
	if struck := s.ledger.ranks[s.victim].struck.Load(); struck != 0 {
		values[StruckNS] = float64(struck)
	}
	return s.told(values)
}

// told adds to values what is known of the strike, and leaves out what is not.
func (s *supervisor) told(values map[string]float64) []Reading {
	if s.mail != nil {
		values["torn_records"] = float64(s.mail.torn())
	}
	struck := s.ledger.ranks[s.victim].struck.Load()
	values["detect_s"] = since(struck, s.detected)
	if s.supervised {
		values["recover_s"] = since(struck, s.ledger.head.again.Load())
		values["restarts"] = float64(s.restarts)
	}
	var all []Reading
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if v := values[name]; !math.IsNaN(v) {
			all = append(all, Reading{Name: name, Value: v})
		}
	}
	return all
}

// since is the time between two moments in seconds: NaN where one of them never was.
func since(from, to int64) float64 {
	if from == 0 || to == 0 {
		return math.NaN()
	}
	return float64(to-from) / 1e9
}

// spared is the share of the others' items that were delivered right.
func (s *supervisor) spared(wrong func(int64) bool) float64 {
	var due, right int64
	for rank := range s.ledger.ranks {
		if rank == s.victim {
			continue
		}
		lo, hi := share(s.job.Items, s.job.Workers, rank)
		due += hi - lo
		for i := lo; i < hi; i++ {
			if s.ledger.entries[i].count.Load() > 0 && !wrong(i) {
				right++
			}
		}
	}
	return float64(right) / float64(due)
}

// redo does again what was delivered, in the host, and returns the items whose result differs.
func (s *supervisor) redo() (map[int64]bool, error) {
	kernel, err := s.job.kernel()
	if err != nil {
		return nil, fmt.Errorf("set up %s to check its results: %w", s.job.Workload, err)
	}
	ctx := context.Background()
	if p, ok := kernel.(work.Preparer); ok {
		if err := p.Prepare(ctx, 0); err != nil {
			return nil, err
		}
	}
	bad := map[int64]bool{}
	for i := range s.job.Items {
		if s.ledger.entries[i].count.Load() == 0 {
			continue
		}
		sum, err := kernel.Do(ctx, work.Task{Lo: i, Hi: i + 1})
		if err != nil {
			return nil, err
		}
		if sum != s.ledger.entries[i].sum {
			bad[i] = true
		}
	}
	if c, ok := kernel.(work.Closer); ok {
		return bad, c.Close()
	}
	return bad, nil
}

// kernel makes the job's workload for one worker.
func (j Job) kernel() (work.Kernel, error) {
	kind, err := work.Lookup(j.Workload)
	if err != nil {
		return nil, err
	}
	params, err := kind.Parse(j.Params)
	if err != nil {
		return nil, err
	}
	return kind.New(params, work.Env{Slots: 1, Workers: 1, Locked: j.Locked, Dir: j.Dir})
}
