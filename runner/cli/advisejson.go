package cli

import (
	"maps"
	"math"

	"forklore/metrics/digest"
)

// adviceJSON is the answer for a program.
func adviceJSON(a *digest.Advice, dir, file string) map[string]any {
	var models []map[string]any
	for i := range a.Models {
		c := &a.Models[i]
		m := map[string]any{"model": c.Model, "trials": c.N, "meets": len(c.Unmet) == 0 && len(c.Unclear) == 0,
			"unmet": append([]string{}, c.Unmet...), "unclear": append([]string{}, c.Unclear...)}
		for name, q := range map[string]digest.Quantity{"throughput_items_per_s": c.Speed, "memory_B": c.Memory, "cpu_per_item_s": c.CPU, "start_s": c.Start} {
			m[name] = number(q.Median, q.Lo, q.Hi)
		}
		if c.Against != nil {
			m["slower"], m["relation"] = number(c.Against.Primary.Estimate, c.Against.Primary.Lo95, c.Against.Primary.Hi95), c.Relation
		}
		models = append(models, m)
	}
	answer := map[string]any{"outcome": a.Outcome, "cores": a.Cores, "margin": a.Margin, "models": models, "dir": dir, "report": file, "broken": a.Broken, "why": a.Why}
	take := []string{}
	for _, i := range a.Take {
		take = append(take, a.Models[i].Model)
	}
	answer["take"] = take
	if a.Lean >= 0 && (a.Outcome == digest.Decided || a.Outcome == digest.Equal) {
		answer["model"] = a.Models[a.Lean].Model
	}
	if a.Trials > 0 {
		answer["trials_needed"] = a.Trials
	}
	var shifts []map[string]any
	for _, s := range a.Shifts {
		shifts = append(shifts, shiftJSON(s))
	}
	answer["changes"] = append([]map[string]any{}, shifts...)
	return answer
}

func shiftJSON(s digest.Shift) map[string]any {
	m := map[string]any{"kind": s.Kind, "model": s.Model, "slower": number(s.Speed.Estimate, s.Speed.Lo95, s.Speed.Hi95)}
	maps.DeleteFunc(m, func(_ string, v any) bool { return v == nil })
	switch s.Kind {
	case digest.ShiftMemory:
		m["less_memory"] = number(s.Gain.Estimate, s.Gain.Lo95, s.Gain.Hi95)
	case digest.ShiftStart:
		m["items"] = s.Items
	case digest.ShiftCores:
		m["cores"] = s.Cores
	case digest.ShiftRequirement:
		m["unmet"] = s.Unmet
	}
	return m
}

// number is an estimate with its interval: null where it is absent.
func number(estimate, lo, hi float64) any {
	finite := func(v float64) any {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil
		}
		return v
	}
	if finite(estimate) == nil {
		return nil
	}
	return map[string]any{"estimate": estimate, "ci95_lo": finite(lo), "ci95_hi": finite(hi)}
}
